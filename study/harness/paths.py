"""Where things are in the repository."""

from pathlib import Path

STUDY = Path(__file__).resolve().parent.parent
ROOT = STUDY.parent
PAGE = ROOT / "docs" / "study.md"
RESULTS = STUDY / "results"
# Made by a build or a run, and in nobody's way.
MADE = ROOT / "target" / "study"
BINARIES = ROOT / "target" / "dist"
PYTHON = MADE / "python" / "bin" / "python"
PYPY = MADE / "pypy" / "bin" / "python"
