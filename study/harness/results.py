"""Results as plain data: rows of rounds, kept as JSON, and the median that tables and plots show."""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any

from harness import paths
from harness.process import Failed

Row = dict[str, Any]
NUMBERS = re.compile(r"\[\s+[-+\d.e]+(?:,\s+[-+\d.e]+)*\s+\]")
Results = dict[str, dict[str, Any]]
"""By the name of the experiment: its rows, its machine, its scale."""


class Rows:
    """One row for each subject and shape; each round adds what it has measured."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Any, ...], Row] = {}

    def measure(self, work: Callable[[], dict[str, Any]], **shape: Any) -> None:
        """Does a round's work. A subject that fails is told of, and the others go on."""
        row = self._rows.setdefault(tuple(shape.values()), {**shape, "rounds": [], "failed": None})
        if row["failed"]:
            return
        try:
            row["rounds"].append(work())
        except Failed as why:
            row["failed"] = str(why).replace(f"{paths.ROOT}/", "")
        except OSError as error:
            row["failed"] = error.strerror or type(error).__name__

    def all(self) -> list[Row]:
        return list(self._rows.values())


def values(row: Row, figure: str) -> list[float]:
    """What the rounds have measured; empty if the subject has failed, for half a median is none."""
    return [] if row["failed"] else [one[figure] for one in row["rounds"] if one.get(figure) is not None]


def middle(row: Row, figure: str) -> float | None:
    """The median of the rounds."""
    found = values(row, figure)
    return median(found) if found else None


def pick(rows: Iterable[Row], **shape: Any) -> list[Row]:
    """The rows of this shape."""
    return [row for row in rows if all(row.get(name) == value for name, value in shape.items())]


def distinct(rows: Iterable[Row], *names: str) -> list[tuple[Any, ...]]:
    """The shapes that occur, in the order of their first row."""
    return list(dict.fromkeys(tuple(row[name] for name in names) for row in rows))


def write(folder: Path, name: str, result: dict[str, Any]) -> None:
    """One file for each experiment."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(text_of(result))


def text_of(result: dict[str, Any]) -> str:
    """As JSON, a list of numbers in one line."""
    text = json.dumps(rounded(result), indent=1, ensure_ascii=False)
    return NUMBERS.sub(lambda found: " ".join(found[0].split()), text) + "\n"


def rounded(value: Any) -> Any:
    """Six digits are more than any of these figures is sure of."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    return [rounded(part) for part in value] if isinstance(value, list | tuple) else value


def read(folder: Path) -> Results:
    """All that are there."""
    return {file.stem: json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))}
