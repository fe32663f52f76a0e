"""How long a reply takes where lines come at their own pace."""

from functools import partial

from harness import bench
from harness.experiments.throughput import sample
from harness.results import Row, Rows
from harness.scale import Scale
from harness.servers import SideBySide
from harness.subjects import SINGLE

RATES = (5_000, 20_000)


def run(scale: Scale) -> list[Row]:
    """An open loop: a line is due when it is due, and its latency counts from then."""
    longer = scale.with_longer_samples()
    rows = Rows()
    with SideBySide(SINGLE, scale) as servers:
        for rate in RATES:
            load = bench.Load(in_flight=64, rate=rate)
            for _ in range(scale.few_rounds):
                for subject in SINGLE:
                    work = partial(sample, servers, subject, load, longer)
                    rows.measure(work, subject=subject.key, rate=rate)
    return rows.all()
