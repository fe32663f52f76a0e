"""The tables of docs/study.md, as Markdown, from rows of results."""

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from harness import subjects
from harness.results import Results, Row, distinct, middle, pick, values

NONE = "–"
Cells = Sequence[str]
Show = Callable[[float], str]


def grid(head: Cells, rows: Sequence[Cells], texts: int = 1) -> str:
    """A table of Markdown; the first columns are text, the others numbers."""
    rule = ["---"] * texts + ["--:"] * (len(head) - texts)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)) + "\n"


def whole(value: float) -> str:
    """With commas between thousands."""
    return f"{value:,.0f}"


def micros(value: float) -> str:
    """Microseconds, to three digits."""
    return whole(value) if value >= 100 else f"{value:.3g}"


def millis(value: float) -> str:
    """Microseconds as milliseconds."""
    return micros(value / 1000)


def percent(share: float) -> str:
    return f"{share:.0%}"


def cell(row: Row, figure: str, show: Show) -> str:
    """The median."""
    found = middle(row, figure)
    return NONE if found is None else show(found)


def spread(row: Row, figure: str, show: Show) -> str:
    """The median, with the least and the most in brackets."""
    found = values(row, figure)
    if not found:
        return NONE
    if len(found) == 1:
        return show(found[0])
    return f"{show(median(found))} ({show(min(found))}–{show(max(found))})"


def least(row: Row, figure: str, show: Show) -> str:
    """Of all rounds, for what none of them may lack."""
    found = values(row, figure)
    return show(min(found)) if found else NONE


def failures(rows: Sequence[Row], asked: Callable[[Row], str]) -> str:
    """Below a table: who could not do what, and why."""
    told = [f"{title(row)}, {asked(row)}: {row['failed']}." for row in rows if row["failed"]]
    return "".join(f"\nFailed: {line}\n" for line in told)


def title(row: Row) -> str:
    """What the subject is called."""
    return subjects.title(row["subject"])


def throughput(rows: list[Row]) -> str:
    head = [
        "server",
        "connections × lines",
        "lines/s",
        "CPU µs a line",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "load's CPU",
    ]
    body = [
        [
            title(row),
            shape(row),
            spread(row, "per_second", whole),
            spread(row, "cpu_us", micros),
            *(cell(row, name, millis) for name in ("p50", "p99", "p99_9")),
            cell(row, "generator", percent),
        ]
        for row in by(rows, "connections", "in_flight")
    ]
    return grid(head, body, 2) + failures(rows, shape)


def shape(row: Row) -> str:
    return f"{row['connections']} × {row['in_flight']}"


def by(rows: list[Row], *names: str) -> list[Row]:
    """In order of their shape, the subjects side by side."""
    shapes = distinct(rows, *names)
    return sorted(rows, key=lambda row: shapes.index(tuple(row[name] for name in names)))


def latency(rows: list[Row]) -> str:
    head = [
        "server",
        "lines/s due",
        "answered/s",
        "never sent",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "load late, p99 ms",
        "CPU share",
    ]
    body = [
        [
            title(row),
            whole(row["rate"]),
            cell(row, "per_second", whole),
            cell(row, "unsent", whole),
            *(spread(row, name, millis) for name in ("p50", "p99", "p99_9")),
            cell(row, "late_p99", millis),
            cell(row, "processors", percent),
        ]
        for row in by(rows, "rate")
    ]
    return grid(head, body) + failures(rows, lambda row: f"{row['rate']:,} lines/s")


def whatsat(rows: list[Row]) -> str:
    head = ["server", "lines/s", "CPU µs a line", "load's CPU", "IAMAT p50 ms", "p99 ms", "WHATSAT p50 ms", "p99 ms"]
    figures = ("p50", "p99", "whatsat_p50", "whatsat_p99")
    body = [
        [
            title(row),
            spread(row, "per_second", whole),
            spread(row, "cpu_us", micros),
            cell(row, "generator", percent),
            *(cell(row, name, millis) for name in figures),
        ]
        for row in rows
    ]
    return grid(head, body) + failures(rows, lambda row: f"{row['share']:.0%} WHATSAT")


def memory(rows: list[Row]) -> str:
    sizes = [connections for (connections,) in distinct(rows, "connections")]
    head = ["server", "empty, MiB", *(f"{size:,} connections: bytes each" for size in sizes)]
    body = []
    for (subject,) in distinct(rows, "subject"):
        own = pick(rows, subject=subject)
        empty = cell(own[0], "rss_empty", lambda size: f"{size / 2**20:.1f}")
        body.append([title(own[0]), empty, *(cell(row, "rss_each", whole) for row in own)])
    return grid(head, body) + failures(rows, lambda row: f"{row['connections']:,} connections")


def spawn(rows: list[Row]) -> str:
    head = ["server", "start to first reply, ms", "runs"]
    body = [[title(row), spread(row, "first_us", millis), str(len(row["rounds"]))] for row in rows]
    return grid(head, body) + failures(rows, lambda row: "start")


def five(rows: list[Row]) -> str:
    head = [
        "five servers",
        "updates at once",
        "answered/s",
        "known to all/s",
        "alike in all",
        "CPU µs each",
        "CPU µs each at 200/s",
        "all know: p50 ms",
        "p99 ms",
    ]
    body = [
        [
            title(row),
            cell(row, "answered", whole),
            cell(row, "per_second", whole),
            spread(row, "all_per_second", whole),
            least(row, "alike", percent),
            spread(row, "cpu_us", micros),
            spread(row, "leisure_cpu_us", micros),
            spread(row, "all_know_p50", millis),
            spread(row, "all_know_p99", millis),
        ]
        for row in rows
    ]
    return grid(head, body) + failures(rows, lambda row: "five")


def trouble(rows: list[Row]) -> str:
    phases = ("before", "during", "after")
    head = [
        "five servers",
        "one of them is",
        *(f"p99 ms {phase}" for phase in phases),
        "descriptors held",
        "of what it missed it knows",
    ]
    body = [
        [
            title(row),
            row["trouble"],
            *(cell(row, f"{phase}_p99", millis) for phase in phases),
            cell(row, "descriptors", whole),
            knows(row),
        ]
        for row in by(rows, "trouble")
    ]
    return grid(head, body, 2) + failures(rows, lambda row: row["trouble"])


def knows(row: Row) -> str:
    """Afterwards, of those that were reported to another meanwhile."""
    return f"{cell(row, 'known_again', whole)} of {cell(row, 'missed', whole)}"


def clients(rows: list[Row]) -> str:
    numbers = [clients for (clients,) in distinct(rows, "clients")]
    head = [
        "server",
        *(f"{number:,} clients: bytes each" for number in numbers),
        *(f"{number:,}: CPU µs a line" for number in numbers),
    ]
    body = []
    for (subject,) in distinct(rows, "subject"):
        own = pick(rows, subject=subject)
        each = [cell(row, "rss_each", whole) for row in own]
        body.append([title(own[0]), *each, *(cell(row, "cpu_us", micros) for row in own)])
    return grid(head, body) + failures(rows, lambda row: f"{row['clients']:,} clients")


def code(rows: list[Row]) -> str:
    says = {"herd": "herd, the same function", "herd-all": "herd, everything"}
    head = ["server", "lines of code", "files", "of what it stands on"]
    body = [
        [
            (subjects.TITLES | says)[row["subject"]],
            *(cell(row, figure, whole) for figure in ("lines", "files", "under")),
        ]
        for row in rows
    ]
    return grid(head, body) + failures(rows, lambda row: "files")


def central(rows: list[Row]) -> str:
    head = ["servers", "of what", "updates/s", "CPU µs an update", "at 500/s: p50 ms", "p99 ms"]
    body = [
        [
            str(row["servers"]),
            title(row),
            spread(row, "per_second", whole),
            spread(row, "cpu_us", micros),
            *(spread(row, f"paced_{name}", millis) for name in ("p50", "p99")),
        ]
        for row in rows
    ]
    return grid(head, body, 2) + failures(rows, lambda row: f"{row['servers']} servers")


def errors(rows: list[Row]) -> str:
    head = ["server", "the handler", "who asked", "another client", "the process"]
    figures = ("asker", "other", "process")
    body = [[title(row), FAILURES[row["failure"]], *(told(row, figure) for figure in figures)] for row in rows]
    return grid(head, body, 5) + failures(rows, lambda row: row["failure"])


FAILURES = {
    "fail": "fails at once",
    "later": "fails in a delayed call",
    "refused": "has not thought of a service that refuses",
}


def told(row: Row, figure: str) -> str:
    """What the last round has seen."""
    return NONE if row["failed"] else row["rounds"][-1][figure]


def machine(results: Results) -> str:
    """What all experiments ran on; several values where they ran at several times."""
    facts = [flat(result["machine"]) for result in results.values()]
    names = dict.fromkeys(name for each in facts for name in each)
    told = {name: dict.fromkeys(str(each.get(name, NONE)) for each in facts) for name in names}
    return grid(["", ""], [[name, ", ".join(sorted(given))] for name, given in told.items()], 2)


def flat(facts: dict[str, Any]) -> dict[str, Any]:
    """The versions beside the other facts, those that are missing left out."""
    versions = {name: version for name, version in facts["versions"].items() if version}
    own = {name.replace("_", " "): value for name, value in facts.items() if name != "versions"}
    return own | versions


TABLES: dict[str, Callable[[list[Row]], str]] = {
    "throughput": throughput,
    "latency": latency,
    "whatsat": whatsat,
    "memory": memory,
    "spawn": spawn,
    "five": five,
    "trouble": trouble,
    "clients": clients,
    "code": code,
    "central": central,
    "errors": errors,
}
"""Each by the name of its experiment."""
