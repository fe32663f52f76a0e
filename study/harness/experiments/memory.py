"""What a connection takes: of a server's own memory, that is. The kernel's, for sockets, is the same for all.

Each connection has told of one client, so its record is counted with it.
"""

from functools import partial

from harness import bench
from harness.process import Process
from harness.results import Row, Rows
from harness.scale import Scale
from harness.servers import alone
from harness.subjects import SINGLE, Subject


def run(scale: Scale) -> list[Row]:
    """Each number of connections to a server that was started for it."""
    rows = Rows()
    for connections in scale.connections:
        for subject in SINGLE:
            work = partial(held, subject, connections, scale)
            rows.measure(work, subject=subject.key, connections=connections)
    return rows.all()


def held(subject: Subject, connections: int, scale: Scale) -> bench.Figures:
    """Proportional and resident size, before and with the connections."""
    with alone(subject) as server:
        before = sizes(server.process)
        with bench.hold(server.address, connections, server.seat.folder) as holder:
            holder.await_ready(scale.patience)
            now = sizes(server.process)
            threads = server.process.threads()
    grown = {f"{kind}_each": (now[kind] - before[kind]) / connections for kind in now}
    return grown | {f"{kind}_empty": size for kind, size in before.items()} | {"threads": threads}


def sizes(process: Process) -> dict[str, int]:
    """Bytes of both kinds."""
    return {"pss": process.pss(), "rss": process.rss()}
