"""The facts without which a figure means nothing: which machine, which versions, when, how busy.

No name of a host and no path is among them.
"""

import os
import platform
import re
import subprocess
import time
from pathlib import Path

from harness import paths

# What tells a version, and the pattern that finds it in the answer.
COMMANDS = {
    "Rust": (["rustc", "--version"], r"rustc (\S+)"),
    "CPython": ([str(paths.PYTHON), "--version"], r"Python (\S+)"),
    "PyPy": ([str(paths.PYPY), "--version"], r"PyPy (\S+)"),
    "Twisted": ([str(paths.PYTHON), "-c", "import twisted; print(twisted.__version__)"], r"(\S+)"),
    "Twisted on PyPy": ([str(paths.PYPY), "-c", "import twisted; print(twisted.__version__)"], r"(\S+)"),
    "Node": (["node", "--version"], r"v(\S+)"),
    "Apache": (["apache2", "-v"], r"Apache/(\S+)"),
    "PHP": (["php", "--version"], r"PHP (\S+)"),
    "MariaDB": (["mariadbd", "--version"], r"Ver (\d\S*?)-"),
}


def facts() -> dict[str, object]:
    """All of them, as they are now."""
    return {
        "processor": processor(Path("/proc/cpuinfo").read_text()),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", "unknown"),
        "versions": {name: version(*how) for name, how in COMMANDS.items()},
        "commit": commit(),
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "load_average": round(os.getloadavg()[0], 2),
    }


def processor(cpuinfo: str) -> str:
    """The model's name, without the marks of its maker."""
    found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    return re.sub(r"\((?:R|TM)\)", "", found[1]) if found else platform.machine()


def version(command: list[str], pattern: str) -> str | None:
    """What a program calls itself; None where it is not installed."""
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(pattern, answer)
    return found[1] if found else None


def commit() -> str | None:
    """What was measured; with a plus if the sources have changes of their own. Results are no sources."""
    known = version(["git", "-C", str(paths.ROOT), "rev-parse", "--short=12", "HEAD"], r"(\S+)")
    changes = ["git", "-C", str(paths.ROOT), "status", "--porcelain", "--", ".", ":!study/results", ":!docs"]
    return known and known + ("+" if version(changes, r"(\S)") else "")
