import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import page
from harness.tests import samples

TEXT = "before\n<!-- table: spawn -->\nold\n<!-- end: spawn -->\nafter\n"


class Page(unittest.TestCase):
    def test_a_table_is_written_anew_and_the_prose_is_left(self) -> None:
        text = page.render(TEXT, samples.results())
        self.assertTrue(text.startswith("before\n<!-- table: spawn -->\n\n| server |"), text)
        self.assertTrue(text.endswith("\n<!-- end: spawn -->\nafter\n"), text)
        self.assertNotIn("old", text)

    def test_rendering_again_changes_nothing(self) -> None:
        once = page.render(page.skeleton(), samples.results())
        self.assertNotEqual(once, page.skeleton())
        self.assertEqual(page.render(once, samples.results()), once)

    def test_without_results_a_table_stays_as_it_is(self) -> None:
        self.assertEqual(page.render(TEXT, {}), TEXT)

    def test_an_unknown_table_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "no table 'swapn'"):
            page.render(TEXT.replace("spawn", "swapn"), samples.results())

    def test_a_page_that_is_not_there_is_made_with_all_tables(self) -> None:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "docs" / "study.md"
            page.write(file, samples.results())
            for name in (page.MACHINE, *page.TABLES):
                self.assertIn(f"<!-- table: {name} -->\n\n|", file.read_text())
