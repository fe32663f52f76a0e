"""What is measured: each kind of server, its name, what it can do, and how it is started."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness import paths
from harness.process import SERVERS

NAMES = ("Alford", "Ball", "Hamilton", "Holiday", "Welsh")
LINKS = (
    ("Alford", "Hamilton"),
    ("Alford", "Welsh"),
    ("Ball", "Holiday"),
    ("Ball", "Welsh"),
    ("Hamilton", "Holiday"),
)
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Seat:
    """Where one server runs, and whom it knows."""

    name: str
    clients: Mapping[str, int]
    """The ports for clients, of all servers."""
    peers: Mapping[str, int]
    """The ports for neighbours; the originals have none."""
    is_linked: bool
    places: int | None
    """The port of the stand-in for the places service."""
    folder: Path

    @property
    def port(self) -> int:
        return self.clients[self.name]


@dataclass(frozen=True)
class Subject:
    """One kind of server."""

    key: str
    title: str
    command: Callable[[Seat], list[str]]
    warm_up: float = 0.5
    """Seconds of load before anything counts: a compiler at run time needs more of them."""


def herd(*settings: str) -> Callable[[Seat], list[str]]:
    """Our server, with these settings besides its defaults."""

    def command(seat: Seat) -> list[str]:
        links = json.dumps(LINKS if seat.is_linked else [])
        ports = [f"servers.{name}.client_port={port}" for name, port in seat.clients.items()]
        ports += [f"servers.{name}.peer_port={port}" for name, port in seat.peers.items()]
        sets = [f"herd.links={links}", *ports, "limits.connections=30000", *places(seat), *settings]
        return [str(paths.BINARIES / "herd"), seat.name, "--dir", ".", *flags("--set", sets)]

    return command


def places(seat: Seat) -> list[str]:
    """The settings that send our server where the originals go."""
    if seat.places is None:
        return []
    return ["places.provider=google-legacy", f"places.base_url=http://{HOST}:{seat.places}"]


def original(*program: str, lasting: bool = False) -> Callable[[Seat], list[str]]:
    """A server with the command line that the originals share; Twisted's may keep its connections to neighbours."""

    def command(seat: Seat) -> list[str]:
        addresses = [f"{name}={HOST}:{port}" for name, port in seat.clients.items()]
        links = ",".join("-".join(link) for link in LINKS) if seat.is_linked else "none"
        asks = [] if seat.places is None else ["--places", f"http://{HOST}:{seat.places}"]
        keeps = ["--lasting"] if lasting else []
        return [*program, seat.name, *flags("--address", addresses), "--links", links, *asks, *keeps]

    return command


def lamp(flush: int) -> Callable[[Seat], list[str]]:
    """Apache, PHP and MariaDB."""

    def command(seat: Seat) -> list[str]:
        where = ["--listen", f"{HOST}:{seat.port}", "--dir", str(seat.folder), "--core", str(SERVERS)]
        return [str(paths.STUDY / "lamp" / "server"), *where, "--name", seat.name, "--flush", str(flush)]

    return command


def flags(name: str, values: list[str]) -> list[str]:
    """The flag, once for each value."""
    return [word for value in values for word in (name, value)]


TWISTED = str(paths.STUDY / "twisted")
NO_FILES = ("log.traffic=false", "store.durability=no")

BARE = Subject("herd-bare", "herd, no log, no store", herd(*NO_FILES))
HERD = Subject("herd", "herd", herd())
ALWAYS = Subject("herd-always", "herd, always on disk", herd("store.durability=always"))
PAPER = Subject("herd-paper", "herd, paper mode", herd("peers.mode=paper"))
CPYTHON = Subject("twisted", "Twisted", original(str(paths.PYTHON), TWISTED))
PYPY = Subject("twisted-pypy", "Twisted on PyPy", original(str(paths.PYPY), TWISTED), warm_up=6.0)
LASTING = Subject("twisted-lasting", "Twisted, lasting links", original(str(paths.PYTHON), TWISTED, lasting=True))
NODE = Subject("node", "Node", original("node", str(paths.STUDY / "node")), warm_up=1.5)
THREADS = Subject("threads", "threads", original(str(paths.BINARIES / "threads")))
LAMP_EVERY = Subject("lamp-1", "LAMP, each update on disk", lamp(1))
LAMP_SECOND = Subject("lamp-2", "LAMP, on disk each second", lamp(2))

SINGLE = (BARE, HERD, CPYTHON, PYPY, NODE, THREADS)
FIVES = (HERD, PAPER, CPYTHON, LASTING, NODE)
TITLES = {subject.key: subject.title for subject in (*SINGLE, *FIVES, ALWAYS, LAMP_EVERY, LAMP_SECOND)}


def title(key: str) -> str:
    """What a subject is called."""
    return TITLES[key]
