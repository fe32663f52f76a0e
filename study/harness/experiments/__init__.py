"""The experiments, in the order in which they run: each takes a scale and gives rows of plain data."""

from collections.abc import Callable

from harness.experiments import (
    central,
    clients,
    code,
    errors,
    five,
    latency,
    memory,
    spawn,
    throughput,
    trouble,
    whatsat,
)
from harness.results import Row
from harness.scale import Scale

ALL: dict[str, Callable[[Scale], list[Row]]] = {
    "throughput": throughput.run,
    "latency": latency.run,
    "whatsat": whatsat.run,
    "memory": memory.run,
    "spawn": spawn.run,
    "five": five.run,
    "trouble": trouble.run,
    "clients": clients.run,
    "code": code.run,
    "central": central.run,
    "errors": errors.run,
}
