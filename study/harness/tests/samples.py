"""Results as a run would leave them: of each experiment a few rows, one of them failed."""

from typing import Any

from harness.results import Results, Row

MACHINE: dict[str, Any] = {
    "processor": "Some CPU",
    "cores": 2,
    "versions": {"Rust": "1.90.0", "PyPy": None},
    "commit": "0123456789ab",
}
LOAD = {
    "per_second": 50_000.0,
    "cpu_us": 19.5,
    "late_p99": 12.0,
    "processors": 0.98,
    "generator": 0.7,
    "unsent": 0,
    "p50": 1_000.0,
    "p99": 2_500.0,
    "p99_9": 9_000.0,
}


def row(subject: str, *rounds: dict[str, Any], **shape: Any) -> Row:
    return {"subject": subject, **shape, "rounds": list(rounds), "failed": None}


def failed(subject: str, **shape: Any) -> Row:
    return {"subject": subject, **shape, "rounds": [], "failed": "not ready: no such file"}


def two(*rounds: dict[str, Any], **shape: Any) -> list[Row]:
    return [row("herd", *rounds, **shape), failed("twisted", **shape)]


def results() -> Results:
    """Of all experiments."""
    phases = ("before", "during", "after")
    story = {f"{phase}_p99": 700.0 for phase in phases} | {f"{phase}_timeline": [10, 9, 10] for phase in phases}
    held = {"rss_each": 350.0, "rss_empty": 4 * 2**20}
    rows = {
        "throughput": two(LOAD, LOAD | {"per_second": 60_000.0}, connections=64, in_flight=16),
        "latency": two(LOAD, rate=5_000),
        "whatsat": two(LOAD | {"whatsat_p50": 800.0, "whatsat_p99": 900.0}, share=0.1),
        "memory": two(held, connections=100) + two(held, connections=1_000),
        "spawn": two({"first_us": 3_000.0}, {"first_us": 4_000.0}),
        "five": two(
            LOAD
            | {"answered": 1_000, "all_per_second": 900.0, "alike": 1.0, "leisure_cpu_us": 30.0}
            | {"all_know_p50": 400.0, "all_know_p99": 950.0}
        ),
        "trouble": two(story | {"descriptors": 40, "missed": 200, "known_again": 0}, trouble="killed"),
        "clients": two({"rss_each": 512.0, "cpu_us": 3.0}, clients=1_000),
        "code": [row("herd-all", {"lines": 9_000, "files": 99, "under": None}), failed("twisted")],
        "central": two(LOAD | {"paced_p50": 200.0, "paced_p99": 900.0}, servers=5),
        "errors": two({"asker": "closed", "other": "hello", "process": "lives"}, failure="later"),
    }
    return {name: {"scale": "quick", "machine": MACHINE, "rows": own} for name, own in rows.items()}
