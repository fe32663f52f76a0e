"""Servers that run: one alone, several kinds side by side, or five as a herd."""

import itertools
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness import bench, paths
from harness.process import LOAD, Failed, Process
from harness.scale import Scale
from harness.subjects import HOST, NAMES, Seat, Subject

# None of Google's; our server refuses an answer that has its key in it, so it is no word of an answer.
KEY = {"GOOGLE_PLACES_API_KEY": "no-key-of-googles"}
# How often five are looked at, for how long they have to rest, and the share of their core that counts as work.
LOOK, QUIET, WORK = 0.05, 0.3, 0.5
RUN = paths.MADE / "run"


def ports() -> Iterator[int]:
    """Free ones, each once: the last run's connections may still linger at a port that was used.

    They are below those that the kernel gives to whoever dials (ip_local_port_range), or a load of many
    connections would take them first.
    """
    for port in range(15_000, 32_000):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        yield port


PORTS = ports()
FOLDERS = itertools.count(1)


def new_folder(name: str) -> Path:
    """An empty one."""
    folder = RUN / f"{next(FOLDERS)}-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


class Server:
    """One server of a kind in its seat."""

    def __init__(self, subject: Subject, seat: Seat) -> None:
        self.subject, self.seat = subject, seat
        self.address = f"{HOST}:{seat.port}"
        self.process = Process(subject.command(seat), seat.folder, environment=KEY)

    def await_ready(self) -> "Server":
        self.process.await_ready()
        return self


def seat_alone(subject: Subject, places: int | None = None) -> Seat:
    """A seat without neighbours."""
    name = NAMES[0]
    folder = new_folder(subject.key)
    return Seat(name, {name: next(PORTS)}, {name: next(PORTS)}, False, places, folder)


@contextmanager
def alone(subject: Subject, places: int | None = None) -> Iterator[Server]:
    """A server without neighbours, for as long as the block lasts."""
    server = Server(subject, seat_alone(subject, places))
    with server.process:
        yield server.await_ready()


def warm_up(to: list[str], subject: Subject, scale: Scale, load: bench.Load | None = None) -> None:
    """A load that does not count, for as long as this kind needs it."""
    bench.report_of(to, load or bench.Load(), 0.0, min(subject.warm_up, scale.longest_warm_up))


class SideBySide(ExitStack):
    """Servers of several kinds that stand idle beside the one whose turn it is.

    They are warm for a load like the one to come. One that does not start raises its reason whenever it is asked for.
    """

    def __init__(
        self,
        kinds: tuple[Subject, ...],
        scale: Scale,
        places: int | None = None,
        load: bench.Load | None = None,
    ) -> None:
        super().__init__()
        self._load = load
        self._servers: dict[str, Server | Failed] = {}
        for subject in kinds:
            self._servers[subject.key] = self._start(subject, scale, places)

    def _start(self, subject: Subject, scale: Scale, places: int | None) -> Server | Failed:
        try:
            server = self.enter_context(alone(subject, places))
            warm_up([server.address], subject, scale, self._load)
        except Failed as why:
            return why
        return server

    def __getitem__(self, subject: Subject) -> Server:
        server = self._servers[subject.key]
        if isinstance(server, Failed):
            raise server
        return server


class Five(ExitStack):
    """A whole herd of one kind, in a ring, all on one core."""

    def __init__(self, subject: Subject, places: int | None = None) -> None:
        super().__init__()
        self.subject = subject
        clients = {name: next(PORTS) for name in NAMES}
        peers = {name: next(PORTS) for name in NAMES}
        folder = new_folder(subject.key)
        self._seats = {name: Seat(name, clients, peers, True, places, folder) for name in NAMES}
        self.servers: dict[str, Server] = {}
        self.callback(self._end)
        with ExitStack() as until_ready:
            until_ready.callback(self.close)
            self.start(*NAMES[:1])  # the first of ours makes the key that the others read
            self.start(*NAMES[1:])
            until_ready.pop_all()

    def start(self, *names: str) -> None:
        """Some of them side by side, for the first time or again."""
        for name in names:
            self.servers[name] = Server(self.subject, self._seats[name])
        for name in names:
            self.servers[name].await_ready()

    def _end(self) -> None:
        for process in self.processes():
            process.ask_to_end()
        for process in self.processes():
            process.end()

    def addresses(self, but: str | None = None) -> list[str]:
        """Of all, or of all but one."""
        return [server.address for name, server in self.servers.items() if name != but]

    def processes(self) -> list[Process]:
        return [server.process for server in self.servers.values()]

    def cpu(self) -> float:
        """Seconds of the processor, of all."""
        return sum(process.cpu() for process in self.processes())

    def until_quiet(self, patience: float) -> float:
        """Waits until all rest, for the originals flood long after a load; when the last of them was at work.

        What takes less than half of their core is no flood: pings, timers, our disk once a second.
        """
        start = at_work = looked = time.monotonic()
        used = self.cpu()
        while looked - start < patience:
            time.sleep(LOOK)
            before, since, looked, used = used, looked, time.monotonic(), self.cpu()
            if used - before > WORK * (looked - since):
                at_work = looked
            elif looked - at_work > QUIET:
                return at_work
        raise Failed(f"still busy {patience:.0f} s after the load")


@contextmanager
def places_service(places: int = 20) -> Iterator[int]:
    """The port of a stand-in for the places service, which shares the load's core, with so many in each answer."""
    port = next(PORTS)
    command = [str(paths.BINARIES / "places"), "--listen", f"{HOST}:{port}", "--places", str(places)]
    with Process(command, new_folder("places"), core=LOAD) as process:
        process.await_ready()
        yield port
