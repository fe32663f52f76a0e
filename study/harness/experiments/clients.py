"""What it costs to know more clients: memory for each, and time for each line."""

from contextlib import ExitStack
from functools import partial

from harness import bench
from harness.results import Row, Rows
from harness.scale import Scale
from harness.servers import Server, alone
from harness.subjects import SINGLE, Subject


def run(scale: Scale) -> list[Row]:
    """Each kind by itself, for a million clients take a lot of memory; it comes to know more and more."""
    rows = Rows()
    for subject in SINGLE:
        one_kind(subject, scale, rows)
    return rows.all()


def one_kind(subject: Subject, scale: Scale, rows: Rows) -> None:
    """Once it has failed it is not asked again."""
    with ExitStack() as until_end:
        started: list[tuple[Server, int]] = []
        for clients in scale.clients:
            work = partial(grow, subject, clients, started, until_end, scale)
            rows.measure(work, subject=subject.key, clients=clients)


def grow(
    subject: Subject, clients: int, started: list[tuple[Server, int]], until_end: ExitStack, scale: Scale
) -> bench.Figures:
    """Each client is told of once; then there is a load of reports of all of them."""
    if not started:
        server = until_end.enter_context(alone(subject))
        started.append((server, server.process.rss()))
    server, empty = started[0]
    load = bench.Load(clients=clients)
    bench.fill([server.address], load, scale.patience)
    each = (server.process.rss() - empty) / clients
    figures = bench.measure([server.address], load, scale.warm_up, scale.sample, [server.process])
    return figures | {"rss_each": each}
