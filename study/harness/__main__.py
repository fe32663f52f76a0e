"""What `study/run` hands over to, once everything is installed and built."""

import argparse
import resource
import shutil
import signal
import sys
import time
from pathlib import Path

from harness import machine, page, paths, results
from harness.scale import FULL, QUICK, Scale


def main() -> None:
    arguments = parse()
    if arguments.list:
        print("\n".join(experiments()))
    elif arguments.names == ["render"]:
        render(paths.RESULTS, paths.PAGE)
    elif arguments.quick:
        measure(arguments.names, QUICK, paths.MADE / "quick")
        render(paths.MADE / "quick", paths.MADE / "quick" / "study.md")
    else:
        measure(arguments.names, FULL, paths.RESULTS)
        render(paths.RESULTS, paths.PAGE)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="study/run", description="Measures the herd beside its originals.")
    parser.add_argument("names", metavar="EXPERIMENT", nargs="*", help="only these; or: render")
    parser.add_argument("--quick", action="store_true", help="short samples, kept away from the real results")
    parser.add_argument("--list", action="store_true", help="the names of the experiments")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(experiments())
    if unknown and arguments.names != ["render"]:
        parser.error(f"no experiment {', '.join(sorted(unknown))}; there are {', '.join(experiments())}")
    return arguments


def experiments() -> list[str]:
    from harness.experiments import ALL

    return list(ALL)


def measure(names: list[str], scale: Scale, folder: Path) -> None:
    """One after another; each is written when it is over, so that an end in between loses little."""
    from harness.experiments import ALL

    prepare()
    facts = machine.facts()  # once, for the load average is the study's own afterwards
    for name in names or ALL:
        start = time.monotonic()
        rows = ALL[name](scale)
        results.write(folder, name, {"scale": scale.name, "machine": facts, "rows": rows})
        failed = sum(row["failed"] is not None for row in rows)
        say(f"{name}: {len(rows)} rows, {failed} failed, {time.monotonic() - start:.0f} s")


def prepare() -> None:
    """As many descriptors as the system gives, for all that is started; and an end by SIGTERM that ends it."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    shutil.rmtree(paths.MADE / "run", ignore_errors=True)
    paths.MADE.mkdir(parents=True, exist_ok=True)


def render(folder: Path, text: Path) -> None:
    """Plots beside the results, tables into the page: from the results alone."""
    from harness import plots

    found = results.read(folder)
    plots.write(folder, found)
    page.write(text, found)
    say(f"{len(found)} results from {folder.relative_to(paths.ROOT)} into {text.relative_to(paths.ROOT)}")


def say(what: str) -> None:
    print(f"== {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
