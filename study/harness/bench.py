"""Calls `herd bench`, the load generator, on the core that the servers do not have."""

import bisect
import json
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness import paths
from harness.process import LOAD, Failed, Process, cpu_of, on_core, tree
from harness.subjects import flags

HERD = str(paths.BINARIES / "herd")
Figures = dict[str, Any]


@dataclass(frozen=True)
class Load:
    """What the clients do; without a rate each sends as soon as it may."""

    connections: int = 64
    in_flight: int = 16
    clients: int = 1_000
    whatsat: float = 0.0
    rate: int | None = None
    http: str | None = None

    def arguments(self) -> list[str]:
        optional = {"--rate": self.rate, "--http": self.http}
        given = {name: value for name, value in optional.items() if value is not None}
        return [*self.shape(), *words({"--whatsat": self.whatsat} | given)]

    def shape(self) -> list[str]:
        """What is asked, however it is paced."""
        return words({"--connections": self.connections, "--in-flight": self.in_flight, "--clients": self.clients})


def words(given: Mapping[str, Any]) -> list[str]:
    """Each flag and its value."""
    return [word for name, value in given.items() for word in (name, str(value))]


class Gauge:
    """How much of the processor some servers have used, seen now and then while a load runs.

    Rarely, for it shares the load's core, and what it takes there would be counted as latency.
    """

    INTERVAL = 0.1

    def __init__(self, watched: Sequence[Process]) -> None:
        # Their families are listed once: to walk through a thousand threads each time would be felt.
        self._pids = [pid for process in watched for pid in tree(process.pid)]
        self._seen: list[tuple[float, float]] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._is_over.wait(self.INTERVAL):
            self._look()

    def _look(self) -> None:
        used = sum(map(cpu_of, self._pids))
        self._seen.append((time.time(), used))

    def processors(self, start: float, seconds: float) -> float:
        """How many were busy in so many seconds from a moment on, less a twentieth at either end."""
        begin, end = start + 0.05 * seconds, start + 0.95 * seconds
        return (between(self._seen, end) - between(self._seen, begin)) / (end - begin)

    def __enter__(self) -> Self:
        self._look()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()
        self._look()


def between(seen: list[tuple[float, float]], moment: float) -> float:
    """The reading at a moment, on the straight line from the one before it to the one after it."""
    after = bisect.bisect(seen, moment, key=lambda reading: reading[0])
    if after in (0, len(seen)):
        return seen[min(after, len(seen) - 1)][1]
    (then, low), (later, high) = seen[after - 1 : after + 1]
    return low + (high - low) * (moment - then) / (later - then)


def measure(to: Sequence[str], load: Load, warm_up: float, sample: float, watched: Sequence[Process]) -> Figures:
    """A load's figures, with the processor's time that each line has cost the servers that are watched."""
    with on_core(LOAD), Gauge(watched) as gauge:
        report = report_of(to, load, warm_up, sample)
    figures = figures_of(report)
    busy = gauge.processors(report["started_unix_ns"] / 1e9, report["duration_s"])
    return figures | {"processors": busy, "cpu_us": busy / figures["per_second"] * 1e6}


def report_of(to: Sequence[str], load: Load, warm_up: float, sample: float) -> Figures:
    """What `herd bench` says of a load."""
    span = ["--warm-up", f"{1000 * warm_up:.0f}ms", "--duration", f"{1000 * sample:.0f}ms"]
    return call([*flags("--to", list(to)), *load.arguments(), *span], warm_up + sample + 60)


def figures_of(report: Figures) -> Figures:
    """Of IAMAT and WHATSAT together, those that tables and plots need. A wrong reply spoils all."""
    iamat, whatsat = report["iamat"], report["whatsat"]
    kinds = [iamat, whatsat] if whatsat else [iamat]
    total = {name: sum(kind[name] for kind in kinds) for name in ("answered", "wrong", "refused", "per_second")}
    if not total["per_second"]:
        raise Failed("nothing was answered in time")
    if total["wrong"] or total["refused"]:
        raise Failed(f"{total['wrong']} wrong replies, {total['refused']} refusals")
    if report["lost_connections"] or report["failed_connects"]:
        raise Failed(f"{report['lost_connections']} connections lost, {report['failed_connects']} not made")
    late = report.get("generator_late_us")
    left = {"unsent": report["unsent"], "late_p99": late["p99"] if late else None}
    generator = {"generator": report["generator_cpu"] / report["duration_s"]}
    return total | left | generator | percentiles(iamat, "") | percentiles(whatsat, "whatsat_")


def percentiles(kind: Figures | None, prefix: str) -> Figures:
    """Its latencies in microseconds."""
    return {f"{prefix}{name}": kind["latency_us"][name] for name in ("p50", "p99", "p99_9")} if kind else {}


def fill(to: Sequence[str], load: Load, patience: float) -> Figures:
    """Reports each client once, as fast as it is answered."""
    report = call(["fill", *flags("--to", list(to)), *load.shape()], patience)
    if report["iamat"]["answered"] < load.clients:
        raise Failed(f"only {report['iamat']['answered']} of {load.clients} clients were answered")
    return figures_of(report)


def spread(to: Sequence[str], updates: int, patience: float) -> Figures:
    """Updates one after another, each until all servers know it."""
    return call(["spread", *flags("--to", list(to)), "--updates", str(updates)], patience)


def hold(to: str, connections: int, folder: Path) -> Process:
    """Connections that have each told of one client, and are held until the process ends."""
    command = [HERD, "bench", "hold", "--to", to, "--connections", str(connections), "--for", "600s"]
    return Process(command, folder, ready=f"holding {connections}", core=LOAD)


def first(to: str, since_ns: int, folder: Path) -> subprocess.Popen[str]:
    """Dials until a first reply; started before the server, so that nothing of its start is missed."""
    command = [HERD, "bench", "first", "--to", to, "--since", str(since_ns), "--json", "-"]
    with on_core(LOAD):
        return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(running: subprocess.Popen[str], patience: float) -> Figures:
    """Waits for a command that was started; gives the JSON that it prints."""
    try:
        out, err = running.communicate(timeout=patience)
    except subprocess.TimeoutExpired as late:
        running.kill()
        running.communicate()
        raise Failed(f"not over after {late.timeout:.0f} s") from late
    return answer_of(subprocess.CompletedProcess(running.args, running.returncode, out, err))


def call(arguments: list[str], patience: float) -> Figures:
    """Runs it on the load's core until it ends; gives the JSON that it prints."""
    command = [HERD, "bench", *arguments, "--json", "-"]
    try:
        with on_core(LOAD):
            done = subprocess.run(
                command, check=False, capture_output=True, text=True, timeout=patience, cwd=paths.MADE
            )
    except subprocess.TimeoutExpired as late:
        raise Failed(f"not over after {late.timeout:.0f} s") from late
    return answer_of(done)


def answer_of(done: "subprocess.CompletedProcess[str]") -> Figures:
    """The JSON, or why there is none."""
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise Failed(f"herd bench: {said[-1] if said else f'exit status {done.returncode}'}")
    return json.loads(done.stdout)
