"""A whole herd of one kind: updates through all five, and how long until each of them knows."""

import time
from collections.abc import Sequence
from functools import partial

from harness import bench
from harness.client import Client
from harness.process import Failed
from harness.results import Row, Rows
from harness.scale import Scale
from harness.servers import QUIET, Five, places_service, warm_up
from harness.subjects import FIVES, Subject

LOAD = bench.Load(connections=60, in_flight=4)


def run(scale: Scale) -> list[Row]:
    """Each round starts each herd anew: what one has put off must not weigh on the next."""
    rows = Rows()
    with places_service() as places:
        for _ in range(scale.few_rounds):
            for subject in FIVES:
                rows.measure(partial(one_herd, subject, places, scale), subject=subject.key)
    return rows.all()


def one_herd(subject: Subject, places: int, scale: Scale) -> bench.Figures:
    """The five share a core; figures of the processor are their sum."""
    with Five(subject, places) as five:
        warm_up(five.addresses(), subject, scale)
        five.until_quiet(scale.patience)
        return through_all(five, scale) | {"alike": alike(five, scale.known)} | spread(five, scale)


def through_all(five: Five, scale: Scale) -> bench.Figures:
    """Updates to all five in turn, until the last of them has reached everybody.

    The originals answer first and tell their neighbours later, so what is left at the load's end counts.
    """
    before = five.cpu()
    start = time.monotonic()
    report = bench.report_of(five.addresses(), LOAD, 0.0, scale.sample)
    answered = time.monotonic() - start
    five.until_quiet(scale.patience)
    flooded = time.monotonic() - start - QUIET
    updates = report["iamat"]["answered"]
    return bench.figures_of(report) | {
        "all_per_second": updates / max(flooded, answered),
        "ebb_s": max(flooded - answered, 0.0),
        "cpu_us": (five.cpu() - before) / updates * 1e6,
    }


def alike(five: Five, count: int) -> float:
    """Of some clients of the load, the share whose record is the same in all five: who lost none of its news."""
    step = LOAD.clients // count
    clients = [f"bench-{number:08}" for number in range(0, LOAD.clients, step)]
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
