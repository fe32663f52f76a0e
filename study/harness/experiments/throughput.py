"""How many IAMATs one server answers, and what each costs it."""

from functools import partial

from harness import bench
from harness.results import Row, Rows
from harness.scale import Scale
from harness.servers import SideBySide
from harness.subjects import SINGLE, Subject

# Connections, and lines of each that wait for their replies.
SHAPES = ((64, 1), (64, 16), (1_000, 1), (1_000, 16))


def run(scale: Scale) -> list[Row]:
    """A closed loop: each connection sends as soon as it may."""
    rows = Rows()
    with SideBySide(SINGLE, scale) as servers:
        for shape in SHAPES:
            for _ in range(scale.rounds):
                one_round(servers, shape, scale, rows)
    return rows.all()


def one_round(servers: SideBySide, shape: tuple[int, int], scale: Scale, rows: Rows) -> None:
    """All of them, one after another, so that a slow spell of the machine meets them all."""
    connections, in_flight = shape
    load = bench.Load(connections=connections, in_flight=in_flight)
    for subject in SINGLE:
        work = partial(sample, servers, subject, load, scale)
        rows.measure(work, subject=subject.key, connections=connections, in_flight=in_flight)


def sample(servers: SideBySide, subject: Subject, load: bench.Load, scale: Scale) -> bench.Figures:
    server = servers[subject]
    return bench.measure([server.address], load, scale.warm_up, scale.sample, [server.process])
