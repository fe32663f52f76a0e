import unittest
from typing import Any

from harness.bench import Gauge, Load, between, figures_of
from harness.process import Failed

LATENCY = {"p50": 100.0, "p99": 200.0, "p99_9": 300.0}
KIND = {"answered": 10, "wrong": 0, "refused": 0, "per_second": 5.0, "latency_us": LATENCY}


def report(**changes: Any) -> dict[str, Any]:
    counts = {
        "generator_cpu": 0.5,
        "duration_s": 1.0,
        "unsent": 0,
        "lost_connections": 0,
        "failed_connects": 0,
    }
    return {"iamat": KIND | changes, "whatsat": None} | counts


class Bench(unittest.TestCase):
    def test_both_kinds_of_lines_count_and_each_has_its_latencies(self) -> None:
        both = report() | {"whatsat": KIND | {"per_second": 1.0, "latency_us": LATENCY | {"p99": 900.0}}}
        figures = figures_of(both)
        self.assertEqual((figures["per_second"], figures["answered"]), (6.0, 20))
        self.assertEqual((figures["p99"], figures["whatsat_p99"]), (200.0, 900.0))
        self.assertNotIn("whatsat_p99", figures_of(report()))

    def test_wrong_replies_and_silence_are_failures(self) -> None:
        for changes, why in (
            ({"wrong": 1}, "1 wrong"),
            ({"refused": 2}, "2 refusals"),
            ({"per_second": 0}, "nothing"),
        ):
            with self.assertRaisesRegex(Failed, why):
                figures_of(report(**changes))

    def test_lost_connections_are_a_failure(self) -> None:
        with self.assertRaisesRegex(Failed, "3 connections lost, 0 not made"):
            figures_of(report() | {"lost_connections": 3})

    def test_a_load_says_only_what_it_has(self) -> None:
        self.assertNotIn("--rate", Load().arguments())
        self.assertEqual(Load(rate=5, http="/").arguments()[-4:], ["--rate", "5", "--http", "/"])

    def test_readings_lie_on_a_line_and_the_window_has_only_its_own(self) -> None:
        gauge = Gauge([])
        gauge._seen = [(0.0, 0.0), (10.0, 0.0), (20.0, 5.0), (30.0, 5.0)]
        self.assertEqual([between(gauge._seen, moment) for moment in (-1, 15, 25, 99)], [0.0, 2.5, 5.0, 5.0])
        self.assertAlmostEqual(gauge.processors(10.0, 10.0), 0.5)
        self.assertAlmostEqual(gauge.processors(21.0, 9.0), 0.0)
