"""Handlers that fail: what becomes of the client who asked, of another one, and of the process."""

import socket
from functools import partial

from harness import paths
from harness.process import Failed, Process
from harness.results import Row, Rows
from harness.scale import Scale
from harness.servers import PORTS, new_folder
from harness.subjects import HOST

SMALL = paths.STUDY / "errors"
SERVERS = {
    "twisted": (str(paths.PYTHON), str(SMALL / "twisted_server.py")),
    "node": ("node", str(SMALL / "node_server.js")),
    "herd": (str(paths.BINARIES / "errors"),),
}
FAILURES = ("fail", "later", "refused")
# Far longer than any of them needs to answer on loopback.
SECONDS = 2.0


def run(scale: Scale) -> list[Row]:
    """Each failure meets a server that has just started."""
    rows = Rows()
    for failure in FAILURES:
        for subject, command in SERVERS.items():
            rows.measure(partial(one_failure, command, failure), subject=subject, failure=failure)
    return rows.all()


def one_failure(command: tuple[str, ...], failure: str) -> dict[str, str]:
    """Two clients are there; one of them asks for it."""
    port = next(PORTS)
    with Process([*command, f"{HOST}:{port}"], new_folder("errors")) as process:
        process.await_ready()
        with connected(port) as asker, connected(port) as other:
            if (greeting := said(other, "hello")) != "hello":
                raise Failed(f"a client is greeted with {greeting}")
            asked = said(asker, failure)
            beside = said(other, "hello")
        return {"asker": asked, "other": beside, "process": process.fate()}


def connected(port: int) -> socket.socket:
    return socket.create_connection((HOST, port), timeout=SECONDS)


def said(client: socket.socket, line: str) -> str:
    """The answer to a line, or what is there instead of one."""
    try:
        client.sendall(f"{line}\n".encode())
        return client.recv(100).decode().strip() or "closed"
    except TimeoutError:
        return "no answer"
    except ConnectionError:
        return "closed"
