"""A whole herd of one kind: how many updates the five carry, what each costs them, and how long until all know it."""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from harness import bench
from harness.client import Client
from harness.process import Failed
from harness.results import Row, Rows
from harness.scale import Scale
from harness.servers import Five, places_service, warm_up
from harness.subjects import CPYTHON, HERD, LASTING, NODE, PAPER, Subject

LOAD = bench.Load(connections=60, in_flight=4)
RATE = 200
"""Updates a second, two fifths of a core for the slowest herd."""
RUSH = {HERD: 150_000, PAPER: 4_000, CPYTHON: 1_000, LASTING: 10_000, NODE: 1_000}
"""Updates at once: work for half a second to three, and no more than what waits for a neighbour has room for."""


def run(scale: Scale) -> list[Row]:
    """Each round starts each herd anew: what one has put off must not weigh on the next."""
    rows = Rows()
    with places_service(0) as places:  # all have to ask for places; none of them has to read many
        for _ in range(scale.few_rounds):
            for subject, updates in RUSH.items():
                work = partial(one_herd, subject, round(scale.rush * updates), places, scale)
                rows.measure(work, subject=subject.key)
    return rows.all()


def one_herd(subject: Subject, updates: int, places: int, scale: Scale) -> bench.Figures:
    """The five share a core; figures of the processor are their sum."""
    with Five(subject, places) as five:
        warm_up(five.addresses(), subject, scale)
        five.until_quiet(scale.patience)
        return at_leisure(five, scale) | in_a_rush(five, updates, scale) | spread(five, scale)


def at_leisure(five: Five, scale: Scale) -> bench.Figures:
    """Updates at a rate that all kinds can carry, so that each is flooded before the next."""
    before = five.cpu()
    load = replace(LOAD, rate=RATE)
    figures = bench.figures_of(bench.report_of(five.addresses(), load, 0.0, scale.leisure))
    five.until_quiet(scale.patience)
    return {"leisure_cpu_us": (five.cpu() - before) / figures["answered"] * 1e6}


def in_a_rush(five: Five, updates: int, scale: Scale) -> bench.Figures:
    """Clients report once each, as fast as they are answered, to all five in turn.

    The originals answer first and tell their neighbours later, so what is left at the load's end counts.
    """
    before, start = five.cpu(), time.monotonic()
    figures = bench.fill(five.addresses(), replace(LOAD, clients=updates), scale.patience)
    seconds = five.until_quiet(scale.patience) - start
    return figures | {
        "all_per_second": updates / seconds,
        "cpu_us": (five.cpu() - before) / updates * 1e6,
        "alike": alike(five, updates, scale.known),
    }


def alike(five: Five, updates: int, count: int) -> float:
    """Of some of the clients, the share whose record is the same in all five: who lost none of its news."""
    clients = [f"bench-{number:08}" for number in range(0, updates, updates // count)]
    records = [held(address, clients) for address in five.addresses()]
    return share_alike(list(zip(*records, strict=True)))


def share_alike(told: Sequence[tuple[bytes, ...]]) -> float:
    """Of the clients that somebody knows: what all five say of each."""
    known = [one for one in told if any(line.startswith(b"AT ") for line in one)]
    if not known:
        raise Failed("none of the load's clients is known")
    return sum(len(set(one)) == 1 for one in known) / len(known)


def held(address: str, clients: Sequence[str]) -> list[bytes]:
    """What one server says of each."""
    with Client(address) as client:
        return [client.record(name) for name in clients]


def spread(five: Five, scale: Scale) -> bench.Figures:
    """One update after another, each followed until all five know it; and the share of those that all came to know."""
    report = bench.spread(five.addresses(), scale.updates, scale.patience)
    if not report["known_by_all"]:
        raise Failed(f"none of {scale.updates} updates reached all five")
    times = {f"all_know_{name}": report["latency_us"][name] for name in ("p50", "p99", "max")}
    return times | {"reached": report["known_by_all"] / report["updates"]}
