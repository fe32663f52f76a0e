"""A central server in front of one database, as the paper's LAMP is, beside one server and five of the herd."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial

from harness import bench
from harness.process import Process
from harness.results import Row, Rows
from harness.scale import Scale
from harness.servers import Five, alone
from harness.subjects import ALWAYS, HERD, LAMP_EVERY, LAMP_SECOND, Subject

Running = tuple[list[str], list[Process]]
"""Where updates go, and who works on them."""


@contextmanager
def one(subject: Subject) -> Iterator[Running]:
    """A server without neighbours."""
    with alone(subject) as server:
        yield [server.address], [server.process]


@contextmanager
def five(subject: Subject) -> Iterator[Running]:
    """A herd; each update goes to one of them, and reaches all."""
    with Five(subject) as herd:
        yield herd.addresses(), herd.processes()


Start = Callable[[Subject], AbstractContextManager[Running]]
# The subject, how many servers of it, and the path of its updates where they are HTTP.
RIVALS: tuple[tuple[Subject, int, Start, str | None], ...] = (
    (LAMP_EVERY, 1, one, "/"),
    (LAMP_SECOND, 1, one, "/"),
    (ALWAYS, 1, one, None),
    (HERD, 1, one, None),
    (ALWAYS, 5, five, None),
    (HERD, 5, five, None),
)


RATE = 500
"""Updates a second that each of them can carry, LAMP with a third of its core."""


def run(scale: Scale) -> list[Row]:
    """One update of each connection at a time, as a browser or a phone would send them."""
    rows = Rows()
    for _ in range(scale.few_rounds):
        for subject, servers, start, http in RIVALS:
            load = bench.Load(in_flight=1, http=http)
            work = partial(updates, subject, start, load, scale)
            rows.measure(work, subject=subject.key, servers=servers)
    return rows.all()


def updates(subject: Subject, start: Start, load: bench.Load, scale: Scale) -> bench.Figures:
    """All of its processes together."""
    with start(subject) as (addresses, processes):
        bench.report_of(addresses, load, 0.0, min(1.0, scale.longest_warm_up))
        most = bench.measure(addresses, load, scale.warm_up, scale.long_sample, processes)
        paced = bench.report_of(addresses, replace(load, rate=RATE), scale.warm_up, scale.long_sample)
        return most | {f"paced_{name}": value for name, value in bench.figures_of(paced).items()}
