import unittest
import xml.etree.ElementTree as xml
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import plots, subjects
from harness.tests import samples


class Plots(unittest.TestCase):
    def test_each_plot_is_an_svg_with_text_and_the_same_bytes_again(self) -> None:
        with TemporaryDirectory() as one, TemporaryDirectory() as other:
            for folder in (one, other):
                plots.write(Path(folder), samples.results())
            for name in plots.PLOTS:
                with self.subTest(name):
                    file = Path(one) / f"{name}.svg"
                    self.assertTrue(xml.parse(file).getroot().tag.endswith("svg"))
                    self.assertIn("<text", file.read_text())
                    self.assertEqual(file.read_bytes(), (Path(other) / f"{name}.svg").read_bytes())

    def test_all_have_a_plot_but_those_that_a_table_tells_better(self) -> None:
        self.assertEqual(set(samples.results()) - set(plots.PLOTS), {"code", "errors"})

    def test_where_nothing_was_measured_nothing_is_drawn(self) -> None:
        with TemporaryDirectory() as folder:
            plots.write(Path(folder), {"spawn": samples.results()["spawn"]})
            self.assertEqual([file.name for file in Path(folder).iterdir()], ["spawn.svg"])

    def test_subjects_that_share_a_plot_differ_in_more_than_colour(self) -> None:
        for kinds in (subjects.SINGLE, subjects.FIVES):
            styles = [plots.STYLES[subject.key] for subject in kinds]
            self.assertEqual(len({marker for _, marker, _ in styles}), len(kinds))
            self.assertEqual(len({hatch for *_, hatch in styles}), len(kinds))
            self.assertEqual(len({colour for colour, *_ in styles}), len(kinds))
