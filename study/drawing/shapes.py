"""Boxes, arrows and words, as SVG."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from drawing.symbols import require, require_code

SANS = "Helvetica, Arial, 'Liberation Sans', sans-serif"
MONO = "Menlo, Consolas, 'Liberation Mono', monospace"
INK, FAINT, PAPER = "#1a1a1a", "#505050", "#ffffff"

Point = tuple[float, float]


@dataclass(frozen=True)
class Kind:
    """How a box looks. Kinds differ in lightness and in border, for a grey print and an eye that sees few colours."""

    fill: str
    border: float
    dashes: str = ""
    corner: float = 0


OUTSIDE = Kind(PAPER, 1.2, "5 3", 6)
FRAME = Kind("#f5f5f5", 1, "1 3")
LIBRARY = Kind("#d3e5f5", 1)
OURS = Kind("#fff4e0", 2.2, corner=6)
STATE = Kind("#f0b860", 1, corner=6)


@dataclass
class Words:
    """One line of them."""

    x: float
    y: float
    words: str
    font: str = SANS
    size: float = 12
    bold: bool = False
    ink: str = INK

    def draw(self) -> str:
        weight = ' font-weight="bold"' if self.bold else ""
        look = f'font-family="{self.font}" font-size="{self.size}" fill="{self.ink}"{weight}'
        return f'<text x="{self.x}" y="{self.y}" {look}>{escape(self.words)}</text>'


@dataclass
class Box:
    """A thing: its name, which has to be defined in the file `of` if there is one, and what is said of it."""

    place: tuple[float, float, float, float]
    """Left, top, width and height."""
    kind: Kind
    name: str = ""
    of: str = ""
    notes: tuple[str, ...] = ()
    module: str = ""
    """Where it comes from, if that is none of our files."""

    def draw(self) -> str:
        if self.of:
            require(self.of, self.name.rpartition("::")[2])
        return "\n".join([self.shape(), *(line.draw() for line in self.words())])

    def shape(self) -> str:
        kind, (x, y, width, height) = self.kind, self.place
        dashes = f' stroke-dasharray="{kind.dashes}"' if kind.dashes else ""
        place = f'x="{x}" y="{y}" width="{width}" height="{height}" rx="{kind.corner}"'
        return f'<rect {place} fill="{kind.fill}" stroke="{INK}" stroke-width="{kind.border}"{dashes}/>'

    def words(self) -> list[Words]:
        font = SANS if self.kind in (OUTSIDE, FRAME) else MONO
        heads = [Words(0, 0, self.name, font, 13, bold=True)] if self.name else []
        files = wrapped(self.of or self.module, self.place[2] / 6)
        lines = [*heads, *(Words(0, 0, line, SANS, 10.5, ink=FAINT) for line in files)]
        lines += [Words(0, 0, note) for note in self.notes]
        for row, line in enumerate(lines):
            line.x, line.y = self.place[0] + 8, self.place[1] + 18 + 15.5 * row
        return lines


def wrapped(path: str, most: float) -> list[str]:
    """A path in lines of no more than so many characters; without the folder that the frame names."""
    lines = [""]
    for part in re.findall("[^/]+/?", re.sub("^(src|study/twisted)/", "", path)):
        if lines[-1] and len(lines[-1] + part) > most:
            lines.append("")
        lines[-1] += part
    return [line for line in lines if line]


@dataclass
class Arrow:
    """Whom one calls, or where bytes go. What stands for it in the code is looked up: a file, and words in it."""

    points: Sequence[Point]
    label: str = ""
    at: Point = (0, 0)
    code: tuple[str, str] | None = None
    later: bool = False
    both: bool = False

    def draw(self) -> str:
        if self.code:
            require_code(*self.code)
        path = " L ".join(f"{x} {y}" for x, y in self.points)
        dashes = ' stroke-dasharray="5 3"' if self.later else ""
        start = ' marker-start="url(#head)"' if self.both else ""
        look = f'fill="none" stroke="{INK}" stroke-width="1.4"{dashes}{start} marker-end="url(#head)"'
        (x, y), lines = self.at, self.label.split("\n") if self.label else []
        words = [Words(x, y + 13 * row, line, size=11.5).draw() for row, line in enumerate(lines)]
        return "\n".join([f'<path d="M {path}" {look}/>', *words])


def legend(y: float, library: str) -> list[Box | Arrow | Words]:
    """What the looks of boxes and arrows mean."""
    kinds = [(12, OUTSIDE, "outside"), (104, LIBRARY, library), (228, OURS, "the herd"), (330, STATE, "what is kept")]
    boxes = [Box((x, y, 24, 15), kind) for x, kind, _ in kinds]
    words = [Words(x + 30, y + 12, name) for x, _, name in kinds]
    arrows = [Arrow([(452, y + 8), (486, y + 8)]), Arrow([(590, y + 8), (624, y + 8)], later=True)]
    return [*boxes, *words, *arrows, Words(492, y + 12, "called at once"), Words(630, y + 12, "asked for; done later")]


def page(width: float, height: float, title: str, shapes: Sequence[Box | Arrow | Words]) -> str:
    head = (
        '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        f'orient="auto-start-reverse"><path d="M 0 1 L 9 5 L 0 9 z" fill="{INK}"/></marker></defs>'
    )
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
            f"<title>{escape(title)}</title>",
            head,
            f'<rect width="{width}" height="{height}" fill="{PAPER}"/>',
            *(shape.draw() for shape in shapes),
            "</svg>\n",
        ]
    )
