"""docs/study.md: prose by hand, and tables that are written anew from the results alone, between markers:

<!-- table: NAME -->
<!-- end: NAME -->
"""

import re
from pathlib import Path

from harness.results import Results
from harness.tables import TABLES, machine

MARKERS = re.compile(r"(<!-- table: (?P<name>[\w-]+) -->\n).*?(<!-- end: (?P=name) -->)", re.DOTALL)
MACHINE = "machine"


def write(page: Path, results: Results) -> None:
    """Makes the page, with nothing but its tables, where there is none."""
    text = page.read_text() if page.exists() else skeleton()
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(render(text, results))


def render(text: str, results: Results) -> str:
    """The text with every table that there are results for; the others stay as they are."""

    def replaced(found: re.Match[str]) -> str:
        table = table_of(found["name"], results)
        return found[0] if table is None else f"{found[1]}\n{table}\n{found[3]}"

    return MARKERS.sub(replaced, text)


def table_of(name: str, results: Results) -> str | None:
    """One table; none without its results. A name that is unknown is a mistake of the page."""
    if name == MACHINE:
        return machine(results) if results else None
    if name not in TABLES:
        raise ValueError(f"there is no table {name!r}, only {MACHINE}, {', '.join(TABLES)}")
    return TABLES[name](results[name]["rows"]) if name in results else None


def skeleton() -> str:
    """A page of headings and markers."""
    sections = [
        f"## {name.capitalize()}\n\n<!-- table: {name} -->\n<!-- end: {name} -->\n" for name in (MACHINE, *TABLES)
    ]
    return "# The study: side by side with the Twisted original\n\n" + "\n".join(sections)
