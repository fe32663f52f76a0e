"""How many lines of code the same function takes, and on how many of a framework's they stand."""

import json
import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from harness import lines, paths
from harness.process import Failed
from harness.results import Row, Rows
from harness.scale import Scale

# In the original's folder, and not the paper's.
LASTING = paths.STUDY / "twisted" / "lasting.py"
StandsOn = Callable[[], list[Path]]
# What the server with threads has of the herd: commands, and the question to Google.
SHARED = (
    "src/command/*.rs",
    "src/places/dialect.rs",
    "src/places/google_legacy.rs",
    "src/places/object.rs",
    "src/places/search.rs",
)
# What a server of the paper needs, of ours. Left out is what the originals have nothing to compare with: reading the
# configuration, links that prove themselves and resync, the journal, the log, limits, other providers.
OURS = (
    *SHARED,
    "src/bin/herd/serve.rs",
    "src/herd/flood.rs",
    "src/herd/held.rs",
    "src/herd/mod.rs",
    "src/herd/neighbour.rs",
    "src/herd/news.rs",
    "src/herd/pace.rs",
    "src/herd/queue.rs",
    "src/herd/server_protocol.rs",
    "src/herd/start.rs",
    "src/paper/*.rs",
    "src/places/web.rs",
    "src/store/mod.rs",
    "src/store/record.rs",
    "src/store/shelf.rs",
)
# Whatever of its modules is loaded once a server's are.
LOADED = """
import json, sys
sys.path.insert(0, sys.argv[1])
import server_factory, places
from twisted.internet import reactor
files = [getattr(module, "__file__", None) or "" for name, module in sys.modules.items()
         if name.split(".")[0] in ("twisted", "zope", "constantly", "automat", "incremental", "hyperlink")]
print(json.dumps([file for file in files if file.endswith(".py")]))
"""


def run(scale: Scale) -> list[Row]:
    """Nothing is measured here but text, so once is enough."""
    rows = Rows()
    for name, (patterns, stands_on) in KINDS.items():
        rows.measure(partial(lines_of, patterns, stands_on), subject=name)
    return rows.all()


def lines_of(patterns: Sequence[str], stands_on: StandsOn | None) -> dict[str, object]:
    """Of the subject itself, and of what it stands on; None where that is no text that could be counted."""
    files = matching(patterns)
    under = stands_on and stands_on()
    return {
        "lines": lines.count(files),
        "files": len(files),
        "under": under and lines.count(under),
    }


def matching(patterns: Sequence[str]) -> list[Path]:
    """The files that are no tests."""
    found = {file for pattern in patterns for file in paths.ROOT.glob(pattern) if not is_test(file)} - {LASTING}
    if not found:
        raise Failed("no such files")
    return sorted(found)


def is_test(file: Path) -> bool:
    """By name or by folder."""
    return file.stem.startswith("test") or any(part in ("tests", "test", "node_modules") for part in file.parts)


def twisted() -> list[Path]:
    """The modules of Twisted, and of what it brings in, that a server loads."""
    command = [str(paths.PYTHON), "-c", LOADED, str(paths.STUDY / "twisted")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"not loaded: {done.stderr.strip().splitlines()[-1]}")
    return [Path(file) for file in json.loads(done.stdout)]


def reactor() -> list[Path]:
    """Ours, less what only tests and the simulator use, and mio below it."""
    own = matching(("reactor/src/**/*.rs", "protocols/src/**/*.rs"))
    parts = ("sim", "testing")
    return [file for file in own if file.relative_to(paths.ROOT).parts[2] not in parts] + mio()


def mio() -> list[Path]:
    """Where cargo has put its sources."""
    command = ["cargo", "metadata", "--format-version=1", "--locked"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=paths.ROOT)
    if done.returncode != 0:
        raise Failed("cargo metadata failed")
    [manifest] = [each["manifest_path"] for each in json.loads(done.stdout)["packages"] if each["name"] == "mio"]
    return sorted((Path(manifest).parent / "src").glob("**/*.rs"))


# Node's net and http are part of its program, and no text that could be counted; so is Rust's std.
KINDS: dict[str, tuple[Sequence[str], StandsOn | None]] = {
    "twisted": (("study/twisted/*.py",), twisted),
    "node": (("study/node/*.js",), None),
    "threads": (("study/threads/src/**/*.rs", *SHARED), None),
    "herd": (OURS, reactor),
    "herd-all": (("src/**/*.rs",), reactor),
}
