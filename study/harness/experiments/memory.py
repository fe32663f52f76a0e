"""What a connection takes: of a server's own memory, that is. The kernel's, for sockets, is the same for all.

Each connection has told of one client, so its record is counted with it.
"""

from functools import partial

from harness import bench
from harness.process import Failed
from harness.results import Row, Rows
from harness.scale import Scale
from harness.servers import Server, alone
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
    """Resident size before and with the connections. One has been there before: code that runs for the first time
    is read in, which is no cost of a connection.

    Not the proportional size: `herd bench` shares the pages of the program with our server, and would halve them.
    """
    with alone(subject) as server:
        size_while_held(server, 1, scale)
        empty = server.process.rss()
        full, threads = size_while_held(server, connections, scale)
    return {"rss_empty": empty, "rss_each": (full - empty) / connections, "threads": threads}


def size_while_held(server: Server, connections: int, scale: Scale) -> tuple[int, int]:
    """Bytes, and threads."""
    with bench.hold(server.address, connections, server.seat.folder) as holder:
        try:
            holder.await_ready(scale.patience)
        except Failed as why:
            raise Failed(f"{why}; {server.process.state()}") from why
        return server.process.rss(), server.process.threads()
