"""From the start of a server to its first reply."""

import time
from functools import partial

from harness import bench
from harness.results import Row, Rows
from harness.scale import Scale
from harness.servers import Server, seat_alone
from harness.subjects import SINGLE, Subject

# Until `herd bench first` is up and dials: it must not be later than the quickest server.
AHEAD = 0.1


def run(scale: Scale) -> list[Row]:
    """Each kind in turn, as often as asked for."""
    rows = Rows()
    for _ in range(scale.starts):
        for subject in SINGLE:
            rows.measure(partial(start, subject), subject=subject.key)
    return rows.all()


def start(subject: Subject) -> bench.Figures:
    """Microseconds. The time that the load generator was ahead is taken off again."""
    seat = seat_alone(subject)
    since = time.time_ns()
    dialling = bench.first(f"127.0.0.1:{seat.port}", since, seat.folder)
    time.sleep(AHEAD)
    server = Server(subject, seat)
    with server.process:
        answer = bench.finish(dialling, 60)
    return {"first_us": answer["first_reply_us"] - (server.process.started_ns - since) / 1e3}
