"""Draws the two architectures of the study from the code they are about.

    python3 study/draw.py           writes docs/study/architecture-twisted.svg and architecture-herd.svg
    python3 study/draw.py --check   writes nothing; says whether they are what this would write

Where things stand is laid by hand. What they are called is not: a name that is drawn is looked up in the file that is
drawn below it, the code that an arrow stands for in the file where it should be, and what the code lists, such as the
steps of a turn, is read from there. What is not found ends the drawing.
"""

import sys

from drawing import herd_drawing, twisted_drawing
from drawing.symbols import ROOT

FOLDER = ROOT / "docs" / "study"
DRAWINGS = {"architecture-twisted.svg": twisted_drawing.draw, "architecture-herd.svg": herd_drawing.draw}


def main(arguments: list[str]) -> int:
    drawn = {FOLDER / name: draw() for name, draw in DRAWINGS.items()}
    if arguments == ["--check"]:
        stale = [path.name for path, svg in drawn.items() if not path.is_file() or path.read_text("utf-8") != svg]
        for name in stale:
            print(f"docs/study/{name} is not what study/draw.py draws; run it", file=sys.stderr)
        return 1 if stale else 0
    for path, svg in drawn.items():
        path.write_text(svg, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
