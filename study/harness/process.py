"""Servers as processes: started on a core, watched through /proc, ended by their id."""

import os
import re
import select
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

TICK = 1 / os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
# The servers' core and the load's; with one core alone they are the same.
SERVERS, LOAD = CORES[0], CORES[-1]


class Failed(Exception):
    """A subject that cannot do what is asked of it: told in the results, in one line."""


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """What is started meanwhile inherits the core. Pinning it afterwards would miss its first threads."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Process:
    """A running command with all its children; `with` ends it."""

    def __init__(
        self,
        command: list[str],
        folder: Path,
        ready: str = "ready",
        core: int = SERVERS,
        environment: dict[str, str] | None = None,
    ) -> None:
        self._lines: deque[str] = deque(maxlen=20)
        self._word, self._ready = re.compile(rf"\b{re.escape(ready)}\b"), threading.Event()
        self._is_said = self._is_asked = False
        self.started_ns = time.time_ns()
        try:
            with on_core(core):
                self._child = subprocess.Popen(
                    command,
                    cwd=folder,
                    env=os.environ | (environment or {}),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    text=True,
                    errors="replace",
                    start_new_session=True,
                )
        except OSError as error:
            raise Failed(f"not started: {error.strerror}") from error
        self.pid = self._child.pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        """Takes in what is said, so that nobody waits for a full pipe."""
        assert self._child.stderr
        for line in self._child.stderr:
            self._lines.append(line.strip())
            if self._word.search(line):
                self._is_said = True
                self._ready.set()
        self._ready.set()  # it has ended: there is nothing more to wait for
        self._child.stderr.close()

    def await_ready(self, seconds: float = 60) -> "Process":
        """Until it says the word, as that it listens."""
        if not self._ready.wait(seconds) or not self._is_said:
            self.end()
            raise Failed(f"not ready: {self.last_words()}")
        return self

    def last_words(self) -> str:
        """The last line that it has said."""
        return self._lines[-1] if self._lines else "nothing said"

    def signal(self, number: signal.Signals) -> None:
        """To the process itself."""
        self._child.send_signal(number)

    def cpu(self) -> float:
        """Seconds of the processor that it and its children have had."""
        return sum(map(cpu_of, tree(self.pid)))

    def rss(self) -> int:
        """Bytes of memory; what several of its processes share is counted for each."""
        return sum(map(memory_of, tree(self.pid)))

    def descriptors(self) -> int:
        """Open files and sockets of the process itself."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def threads(self) -> int:
        """Of the process itself."""
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def state(self) -> str:
        """How it fares, where something has failed."""
        if self._child.poll() is None:
            return f"the server runs, with {self.threads()} threads"
        return f"the server has ended: {self.last_words()}"

    def fate(self) -> str:
        """Whether it still runs, as far as a second tells."""
        try:
            return f"ended with {self._child.wait(1)}"
        except subprocess.TimeoutExpired:
            return "lives"

    def ask_to_end(self) -> None:
        """A process that is stopped has to go on, or it would not hear. One that has ended is left alone, and nobody
        is asked twice: our server would take it for haste.
        """
        if self._is_asked:
            return
        self._is_asked = True
        for number in (signal.SIGTERM, signal.SIGCONT):
            self._child.send_signal(number)

    def end(self, seconds: float = 20) -> None:
        """Asks it to end; kills it, and what it leaves behind, if it does not."""
        family = tree(self.pid)
        self.ask_to_end()
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
        for pid in family[1:]:
            kill_if_left(pid, family)
        self._reader.join(seconds)

    def kill(self) -> None:
        """As a power cut would: without asking."""
        self._child.kill()
        self._child.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


def tree(pid: int) -> list[int]:
    """The process and all its descendants, itself first."""
    found = [pid]
    for parent in found:
        found.extend(children(parent))
    return found


def children(pid: int) -> list[int]:
    """Those that the threads of a process have started and that still run."""
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
        texts = [Path(f"/proc/{pid}/task/{task}/children").read_text() for task in tasks]
    except OSError:
        return []
    return [int(child) for text in texts for child in text.split()]


def cpu_of(pid: int) -> float:
    """Its seconds of the processor, with those of the children that have ended."""
    try:
        return time.clock_gettime(clock_of(pid)) + ended_in(Path(f"/proc/{pid}/stat").read_text())
    except OSError:
        return 0.0


def clock_of(pid: int) -> int:
    """As clock_getcpuclockid(3) gives it: to the nanosecond, where /proc counts in hundredths of a second."""
    return ~pid << 3 | 2


def ended_in(stat: str) -> float:
    """proc_pid_stat(5): cutime and cstime are the fields 16 and 17; the second may hold spaces."""
    fields = stat.rpartition(")")[2].split()
    return sum(map(int, fields[13:15])) * TICK


def memory_of(pid: int) -> int:
    """Resident bytes."""
    try:
        return memory_in(Path(f"/proc/{pid}/smaps_rollup").read_text())
    except OSError:
        return 0


def memory_in(rollup: str) -> int:
    """proc_pid_smaps(5): in kB, and exact where /proc/PID/status may lag behind."""
    line = next(line for line in rollup.splitlines() if line.startswith("Rss:"))
    return int(line.split()[1]) * 1024


def kill_if_left(pid: int, family: list[int]) -> None:
    """A descendant that outlived its parent. Its id may be another's by now, so its session is asked first."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if os.getsid(pid) in family:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            select.select([handle], [], [], 5)
    except ProcessLookupError:
        pass
    finally:
        os.close(handle)
