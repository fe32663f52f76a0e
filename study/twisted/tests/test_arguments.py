"""The command line."""

import io
from contextlib import redirect_stderr

from twisted.trial.unittest import SynchronousTestCase

from arguments import Arguments


class ArgumentsTests(SynchronousTestCase):
    def test_a_name_is_enough(self):
        arguments = Arguments.parse(["Welsh"])
        self.assertEqual(arguments.addresses["Welsh"], ("127.0.0.1", 12004))
        self.assertEqual(arguments.neighbours(), {"Alford": ("127.0.0.1", 12000), "Ball": ("127.0.0.1", 12001)})
        self.assertEqual(arguments.places, "https://maps.googleapis.com")
        self.assertFalse(arguments.lasting)

    def test_the_links_are_a_ring(self):
        neighbours = {
            name: sorted(Arguments.parse([name]).neighbours()) for name in ["Alford", "Ball", "Hamilton", "Holiday"]
        }
        self.assertEqual(neighbours["Alford"], ["Hamilton", "Welsh"])
        self.assertEqual(neighbours["Ball"], ["Holiday", "Welsh"])
        self.assertEqual(neighbours["Hamilton"], ["Alford", "Holiday"])
        self.assertEqual(neighbours["Holiday"], ["Ball", "Hamilton"])

    def test_addresses_and_links_can_be_given(self):
        arguments = Arguments.parse(["A", "--address", "A=127.0.0.1:1", "--address", "B=::1:2", "--links", "B-A"])
        self.assertEqual(arguments.neighbours(), {"B": ("::1", 2)})

    def test_links_may_be_none(self):
        self.assertEqual(Arguments.parse(["Welsh", "--links", "none"]).neighbours(), {})

    def test_what_cannot_be_understood_ends_it(self):
        wrong = [["--links", "Welsh"], ["--links", "Welsh-Nobody"], ["--address", "Welsh=12004"], ["--address", "x"]]
        for arguments in wrong:
            with redirect_stderr(io.StringIO()) as said, self.assertRaises(SystemExit) as end:
                Arguments.parse(["Welsh", *arguments])
            self.assertEqual(end.exception.code, 2)
            self.assertIn("error: ", said.getvalue())
        with redirect_stderr(io.StringIO()), self.assertRaises(SystemExit):
            Arguments.parse(["Nobody"])
