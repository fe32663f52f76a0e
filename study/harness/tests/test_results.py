import json
import unittest
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import results
from harness.machine import processor
from harness.process import Failed
from harness.results import Rows, middle, values


def fail() -> dict[str, float]:
    raise Failed("no such port")


def refuse() -> dict[str, float]:
    raise ConnectionRefusedError(111, "Connection refused")


class Results(unittest.TestCase):
    def test_rounds_of_one_shape_are_one_row_with_a_median(self) -> None:
        rows = Rows()
        for value in (3.0, 1.0, 2.0):
            rows.measure(partial(dict, x=value), subject="herd", rate=5)
        [row] = rows.all()
        self.assertEqual((values(row, "x"), middle(row, "x"), row["rate"]), ([3.0, 1.0, 2.0], 2.0, 5))

    def test_a_failure_is_kept_and_the_others_go_on(self) -> None:
        rows = Rows()
        rows.measure(fail, subject="herd")
        rows.measure(lambda: {"x": 1.0}, subject="herd")
        rows.measure(refuse, subject="twisted")
        rows.measure(lambda: {"x": 1.0}, subject="node")
        self.assertEqual([row["failed"] for row in rows.all()], ["no such port", "Connection refused", None])
        self.assertEqual([values(row, "x") for row in rows.all()], [[], [], [1.0]])

    def test_a_figure_that_a_round_lacks_is_none(self) -> None:
        row = {"failed": None, "rounds": [{"x": None}, {}]}
        self.assertIsNone(middle(row, "x"))

    def test_what_is_written_is_read_again_and_lists_of_numbers_take_one_line(self) -> None:
        result = {"rows": [{"timeline": [1, 2, 3], "x": 1.23456789, "names": ["a", "b"], "none": []}]}
        with TemporaryDirectory() as folder:
            results.write(Path(folder), "five", result)
            text = (Path(folder) / "five.json").read_text()
            found = results.read(Path(folder))
        self.assertIn("[ 1, 2, 3 ]", text)
        self.assertEqual(json.loads(text), found["five"])
        self.assertEqual(found["five"]["rows"][0]["x"], 1.23457)


class Machine(unittest.TestCase):
    def test_a_processor_is_named_without_the_marks_of_its_maker(self) -> None:
        self.assertEqual(processor("vendor_id\t: X\nmodel name\t: Intel(R) Xeon(R) CPU\n"), "Intel Xeon CPU")
