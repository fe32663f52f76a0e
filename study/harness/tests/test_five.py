import unittest

from harness.experiments.five import share_alike
from harness.process import Failed


class Alike(unittest.TestCase):
    def test_clients_that_some_do_not_know_are_not_alike(self) -> None:
        self.assertEqual(share_alike([(b"AT 1", b"AT 1"), (b"AT 1", b"? 1")]), 0.5)

    def test_clients_that_nobody_knows_do_not_count(self) -> None:
        self.assertEqual(share_alike([(b"AT 1", b"AT 1"), (b"? 1", b"? 1")]), 1.0)
        self.assertRaises(Failed, share_alike, [(b"? 1", b"? 1")])
