"""What WHATSATs cost: one line of ten asks for places, which come from a stand-in for Google's service."""

from functools import partial

from harness import bench
from harness.experiments.throughput import sample
from harness.results import Row, Rows
from harness.scale import Scale
from harness.servers import SideBySide, places_service
from harness.subjects import SINGLE

SHARE = 0.1


def run(scale: Scale) -> list[Row]:
    """A closed loop; the stand-in has the load's core, not the servers'."""
    longer = scale.with_longer_samples()
    load = bench.Load(in_flight=4, whatsat=SHARE)
    rows = Rows()
    with places_service() as places, SideBySide(SINGLE, scale, places, load) as servers:
        for _ in range(scale.few_rounds):
            for subject in SINGLE:
                rows.measure(partial(sample, servers, subject, load, longer), subject=subject.key, share=SHARE)
    return rows.all()
