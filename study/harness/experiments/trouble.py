"""One of five is killed, stopped or slow: what the clients of the others notice, and what it has missed."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from harness import bench
from harness.client import Client, known
from harness.results import Row, Rows
from harness.scale import Scale
from harness.servers import Five, places_service, warm_up
from harness.subjects import FIVES, Subject

VICTIM = "Welsh"
# Of all five together, so modest that the slowest kind keeps up.
LOAD = bench.Load(connections=16, in_flight=64, rate=100)
# A slow one has the processor for a tenth of the time.
AT_WORK, AT_REST = 0.01, 0.09
Trouble = Callable[[Five], AbstractContextManager[None]]
PHASES = ("before", "during", "after")


def run(scale: Scale) -> list[Row]:
    """Each kind of herd meets each trouble once."""
    rows = Rows()
    with places_service() as places:
        for name, trouble in TROUBLES.items():
            for subject in FIVES:
                work = partial(one_story, subject, trouble, places, scale)
                rows.measure(work, subject=subject.key, trouble=name)
    return rows.all()


def one_story(subject: Subject, trouble: Trouble, places: int, scale: Scale) -> bench.Figures:
    """Before, during and after, as the clients of the other four see it."""
    with Five(subject, places) as five:
        warm_up(five.addresses(), subject, scale, LOAD)
        before = phase(five, scale)
        with trouble(five):
            during = phase(five, scale)
            missed = reports(five, scale.missed)
            others = size_of_others(five)
        after = phase(five, scale)
        knows = known_in_time(five.servers[VICTIM].address, missed, scale.grace)
    story = zip(PHASES, (before, during, after), strict=True)
    told = {f"{name}_{figure}": value for name, figures in story for figure, value in figures.items()}
    return told | others | {"missed": len(missed), "known_again": knows}


def phase(five: Five, scale: Scale) -> bench.Figures:
    """A steady load on all but the victim."""
    report = bench.report_of(five.addresses(but=VICTIM), LOAD, 0.0, scale.phase)
    figures = bench.figures_of(report)
    return {name: figures[name] for name in ("answered", "unsent", "p50", "p99")} | {"timeline": report["timeline"]}


def reports(five: Five, count: int) -> dict[str, bytes]:
    """Clients that the victim cannot hear of now, and the AT line of each."""
    with Client(five.addresses(but=VICTIM)[0]) as client:
        return {name: client.report(name) for name in (f"missed-{number}" for number in range(count))}


def known_in_time(address: str, missed: dict[str, bytes], seconds: float) -> int:
    """How many of them the victim knows, as soon as it knows all, or after so long."""
    end = time.monotonic() + seconds
    while (knows := known(address, missed)) < len(missed) and time.monotonic() < end:
        time.sleep(0.2)
    return knows


def size_of_others(five: Five) -> bench.Figures:
    """What waiting for the victim costs them: the most that one of them holds open."""
    others = [server.process for name, server in five.servers.items() if name != VICTIM]
    return {"descriptors": max(process.descriptors() for process in others)}


@contextmanager
def killed(five: Five) -> Iterator[None]:
    """It is gone at once, and started again later."""
    five.servers[VICTIM].process.kill()
    yield
    five.start(VICTIM)


@contextmanager
def stopped(five: Five) -> Iterator[None]:
    """It does not run, but its sockets are there: the kernel accepts for it."""
    process = five.servers[VICTIM].process
    process.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.signal(signal.SIGCONT)


@contextmanager
def slow(five: Five) -> Iterator[None]:
    """It runs for a tenth of the time."""
    process, is_over = five.servers[VICTIM].process, threading.Event()

    def drag() -> None:
        while not is_over.is_set():
            process.signal(signal.SIGSTOP)
            is_over.wait(AT_REST)
            process.signal(signal.SIGCONT)
            is_over.wait(AT_WORK)

    thread = threading.Thread(target=drag)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


TROUBLES = {"killed": killed, "stopped": stopped, "slow": slow}
