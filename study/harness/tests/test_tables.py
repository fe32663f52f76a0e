import unittest

from harness import tables
from harness.experiments import ALL
from harness.tests import samples


class Tables(unittest.TestCase):
    def test_each_experiment_has_its_table(self) -> None:
        self.assertEqual(set(tables.TABLES), set(ALL))

    def test_a_table_is_a_grid_of_equal_rows_and_tells_of_failures(self) -> None:
        for name, result in samples.results().items():
            with self.subTest(name):
                table = tables.TABLES[name](result["rows"])
                grid = [line for line in table.splitlines() if line.startswith("|")]
                self.assertEqual(len({line.count("|") for line in grid}), 1, table)
                self.assertGreaterEqual(len(grid), 4, table)
                self.assertIn("\nFailed: Twisted, ", table)
                self.assertIn("no such file", table)

    def test_the_median_stands_before_the_least_and_the_most(self) -> None:
        rounds = [{"x": value} for value in (3.0, 1.0, 2.5)]
        self.assertEqual(tables.spread(samples.row("herd", *rounds), "x", tables.micros), "2.5 (1–3)")
        self.assertEqual(tables.spread(samples.row("herd", {"x": 1234.0}), "x", tables.whole), "1,234")
        self.assertEqual(tables.spread(samples.failed("herd"), "x", tables.whole), tables.NONE)

    def test_a_subject_that_failed_in_between_shows_no_half_of_a_median(self) -> None:
        half = samples.row("herd", {"x": 1.0}) | {"failed": "closed"}
        self.assertEqual(tables.cell(half, "x", tables.whole), tables.NONE)

    def test_rows_of_one_shape_stand_together(self) -> None:
        rows = [samples.row(subject, rate=rate) for subject in ("herd", "node") for rate in (1, 2)]
        self.assertEqual([row["rate"] for row in tables.by(rows, "rate")], [1, 1, 2, 2])

    def test_facts_that_differ_between_experiments_are_all_told(self) -> None:
        results = samples.results()
        results["code"]["machine"] = samples.MACHINE | {"commit": "ba9876543210"}
        table = tables.machine(results)
        self.assertIn("| commit | 0123456789ab, ba9876543210 |", table)
        self.assertIn("| Rust | 1.90.0 |", table)
        self.assertNotIn("PyPy", table)
