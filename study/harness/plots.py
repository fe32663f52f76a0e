"""The plots, as SVG. Subjects differ in marker or hatch as well as in colour, so that grey print will do."""

from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from harness.results import Results, Row, distinct, middle, pick, values
from harness.subjects import title

# Okabe and Ito's colours, which people see apart who do not see red and green apart; with their marker and hatch.
STYLES: dict[str, tuple[str, str, str]] = {
    "herd-bare": ("#0072B2", "o", ""),
    "herd": ("#56B4E9", "s", "///"),
    "herd-paper": ("#CC79A7", "P", "++"),
    "herd-always": ("#0072B2", "h", "--"),
    "twisted": ("#D55E00", "^", "..."),
    "twisted-lasting": ("#E69F00", "*", "\\\\\\"),
    "twisted-pypy": ("#E69F00", "v", "\\\\\\"),
    "node": ("#009E73", "D", "xxx"),
    "threads": ("#CC79A7", "X", "++"),
    "lamp-1": ("#D55E00", "<", "oo"),
    "lamp-2": ("#E69F00", ">", "**"),
}
SETTINGS: Any = {
    "svg.hashsalt": "herd",  # ids in the file are the same from run to run
    "svg.fonttype": "none",  # text stays text: to be searched, and read aloud
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
}
PLAIN = FuncFormatter(lambda value, _: f"{value:,.10g}")
LEVELS = (("p50", "|"), ("p99", "o"), ("p99_9", "D"))


def write(folder: Path, results: Results) -> None:
    """One SVG for each plot that there are results for."""
    folder.mkdir(parents=True, exist_ok=True)
    with rc_context(SETTINGS):
        for name, plot in PLOTS.items():
            if name in results:
                save(plot(results[name]["rows"]), folder / f"{name}.svg")


def save(figure: Figure, file: Path) -> None:
    """Without a date, so that the same results give the same bytes."""
    figure.savefig(file, format="svg", metadata={"Date": None})
    # matplotlib leaves spaces at the ends of lines, which git complains of.
    file.write_text("".join(line.rstrip() + "\n" for line in file.read_text().splitlines()))


def panels(columns: int, rows: int = 1, height: float = 3.0, shared: bool = False) -> tuple[Figure, list[Axes]]:
    """Axes side by side, as wide as a page."""
    figure = Figure(figsize=(8.0, height * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharex=shared, sharey=shared)
    return figure, list(chain.from_iterable(axes))


def subjects(rows: Sequence[Row]) -> list[str]:
    """In the order of the results."""
    return [subject for (subject,) in distinct(rows, "subject")]


def logarithmic(axes: Axes, axis: str) -> None:
    """Plain numbers, along the height closer together than at the powers of ten."""
    chosen = axes.xaxis if axis == "x" else axes.yaxis
    axes.set(**{f"{axis}scale": "log"})
    chosen.set_major_locator(LogLocator(subs=(1, 2, 5) if axis == "y" else (1,)))
    chosen.set_major_formatter(PLAIN)
    chosen.set_minor_formatter(NullFormatter())


def bars(axes: Axes, rows: Sequence[Row], figure: str, label: str, unit: float = 1.0) -> None:
    """One bar for each row, from the top down, with the least and the most of its rounds."""
    for place, row in enumerate(rows):
        found = [value / unit for value in values(row, figure)]
        height = (middle(row, figure) or 0) / unit
        colour, _, hatch = STYLES[row["subject"]]
        axes.barh(place, height, color=colour, hatch=hatch, edgecolor="white", height=0.75)
        if found:
            axes.plot([min(found), max(found)], [place, place], color="black", linewidth=1.2, solid_capstyle="butt")
            axes.annotate(f" {number(height)}", (max(found), place), va="center", fontsize=8)
        else:
            axes.annotate(" failed", (0, place), va="center", fontsize=8)
    axes.set(xlabel=label, yticks=range(len(rows)), yticklabels=[title(row["subject"]) for row in rows])
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(PLAIN)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.margins(x=0.2)


def number(value: float) -> str:
    """Three digits, and no powers."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def curves(axes: Axes, rows: Sequence[Row], along: str, figure: str) -> None:
    """One line for each subject, its points where it was measured."""
    for subject in subjects(rows):
        own = [row for row in pick(rows, subject=subject) if middle(row, figure) is not None]
        colour, marker, _ = STYLES[subject]
        places, heights = [row[along] for row in own], [middle(row, figure) or 0 for row in own]
        axes.plot(places, heights, color=colour, marker=marker, markersize=5, label=title(subject))


def throughput(rows: list[Row]) -> Figure:
    shapes = distinct(rows, "connections", "in_flight")
    figure, axes = panels(2, len(shapes), 2.0)
    for place, (connections, in_flight) in enumerate(shapes):
        own = pick(rows, connections=connections, in_flight=in_flight)
        left, right = axes[2 * place], axes[2 * place + 1]
        bars(left, own, "per_second", "lines/s")
        bars(right, own, "cpu_us", "processor µs a line")
        left.set_title(f"{connections} connections × {in_flight} lines", loc="left", fontsize=9)
        right.set_yticklabels([])
    return figure


def latency(rows: list[Row]) -> Figure:
    rates = distinct(rows, "rate")
    figure, axes = panels(len(rates), 1, 3.0, shared=True)
    for own_axes, (rate,) in zip(axes, rates, strict=True):
        percentiles(own_axes, pick(rows, rate=rate))
        own_axes.set_title(f"{rate:,} lines/s", loc="left", fontsize=9)
    axes[0].invert_yaxis()
    axes[0].legend(loc="lower right")
    return figure


def percentiles(axes: Axes, rows: Sequence[Row]) -> None:
    """Three marks for each row, on a logarithmic axis."""
    for level, marker in LEVELS:
        label = level.replace("_", ".")
        found = [(middle(row, level), place, row["subject"]) for place, row in enumerate(rows)]
        known = [(value / 1000, place, STYLES[subject][0]) for value, place, subject in found if value is not None]
        times, places, colours = zip(*known, strict=True) if known else ((), (), ())
        axes.scatter(times, places, c=colours, marker=marker, s=60 if marker == "|" else 25, zorder=3)
        axes.scatter([], [], c="black", marker=marker, label=label)
    axes.set(xlabel="latency, ms", yticks=range(len(rows)), yticklabels=[title(row["subject"]) for row in rows])
    logarithmic(axes, "x")


def whatsat(rows: list[Row]) -> Figure:
    figure, (left, right) = panels(2, 1, 2.2)
    bars(left, rows, "per_second", "lines/s, of which a tenth WHATSAT")
    bars(right, rows, "whatsat_p50", "ms until a WHATSAT is answered, median", 1000)
    right.set_yticklabels([])
    return figure


def memory(rows: list[Row]) -> Figure:
    figure, (axes,) = panels(1, 1, 3.6)
    curves(axes, rows, "connections", "rss_each")
    logarithmic(axes, "x")
    logarithmic(axes, "y")
    axes.set(xlabel="connections", ylabel="bytes of the server's memory for each")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def spawn(rows: list[Row]) -> Figure:
    figure, (axes,) = panels(1, 1, 2.4)
    for place, row in enumerate(rows):
        colour, marker, _ = STYLES[row["subject"]]
        times = [time / 1000 for time in values(row, "first_us")]
        axes.plot(times, [place] * len(times), color=colour, marker=marker, linestyle="none", alpha=0.6)
    logarithmic(axes, "x")
    axes.set(xlabel="from start to first reply, ms", yticks=range(len(rows)))
    axes.set_yticklabels([title(row["subject"]) for row in rows])
    axes.invert_yaxis()
    return figure


def five(rows: list[Row]) -> Figure:
    figure, (left, middle_axes, right) = panels(3, 1, 2.0)
    bars(left, rows, "all_per_second", "updates/s to all five")
    bars(middle_axes, rows, "cpu_us", "processor µs an update")
    bars(right, rows, "all_know_p50", "ms until all know, median", 1000)
    for axes in (middle_axes, right):
        axes.set_yticklabels([])
    return figure


def trouble(rows: list[Row]) -> Figure:
    """Updates that were answered in each tenth of a second, one column for each trouble."""
    troubles, kinds = distinct(rows, "trouble"), subjects(rows)
    figure, axes = panels(len(troubles), len(kinds), 1.3, shared=True)
    for place, row in enumerate(row for kind in kinds for row in pick(rows, subject=kind)):
        story(axes[place], row)
    for place, (name,) in enumerate(troubles):
        axes[place].set_title(f"one is {name}", fontsize=9)
        axes[-len(troubles) + place].set_xlabel("seconds")
    for place, kind in enumerate(kinds):
        axes[place * len(troubles)].set_ylabel(title(kind).replace(", ", ",\n"), fontsize=8)
    figure.supylabel("answers in 0.1 s", fontsize=8)
    return figure


def story(axes: Axes, row: Row) -> None:
    """The trouble's time is grey."""
    if row["failed"] or not row["rounds"]:
        axes.text(0.5, 0.5, "failed", ha="center", transform=axes.transAxes)
        return
    parts = [row["rounds"][0][f"{phase}_timeline"] for phase in ("before", "during", "after")]
    steps = [step / 10 for step in range(sum(map(len, parts)))]
    begin, end = len(parts[0]) / 10, (len(parts[0]) + len(parts[1])) / 10
    axes.axvspan(begin, end, color="#EEEEEE")
    axes.step(steps, list(chain.from_iterable(parts)), where="post", color=STYLES[row["subject"]][0])
    axes.margins(y=0.2)
    axes.set_ylim(bottom=0)


def clients(rows: list[Row]) -> Figure:
    figure, (left, right) = panels(2, 1, 3.2)
    curves(left, rows, "clients", "rss_each")
    curves(right, rows, "clients", "cpu_us")
    for axes, label in ((left, "bytes of memory for each client"), (right, "processor µs a line")):
        logarithmic(axes, "x")
        logarithmic(axes, "y")
        axes.set(xlabel="clients known", ylabel=label)
    right.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def central(rows: list[Row]) -> Figure:
    figure, (left, right) = panels(2, 1, 2.6)
    bars(left, rows, "per_second", "updates/s")
    bars(right, rows, "cpu_us", "processor µs an update")
    left.set_yticklabels([f"{row['servers']} × {title(row['subject'])}" for row in rows])
    right.set_yticklabels([])
    return figure


PLOTS: dict[str, Callable[[list[Row]], Figure]] = {
    "throughput": throughput,
    "latency": latency,
    "whatsat": whatsat,
    "memory": memory,
    "spawn": spawn,
    "five": five,
    "trouble": trouble,
    "clients": clients,
    "central": central,
}
"""Each by the name of its experiment."""
