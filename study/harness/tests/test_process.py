import os
import signal
import sys
import time
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.process import TICK, Failed, Process, cpu_of, ended_in, memory_in, tree

STAT = "7 (a b) c) S 1 7 7 0 -1 4194304 9 0 0 0 5 3 20 10 20 0 1 0 100 0 0"
ROLLUP = "00400000-7fff rollup\nRss:    2048 kB\nPss:     512 kB\nPss_Dirty: 9 kB\n"
CHILD = "import subprocess, sys; child = subprocess.Popen(['sleep', '60']); "
READY = "print('x: ready', file=sys.stderr, flush=True); child.wait()"


def is_alive(pid: int) -> bool:
    """An orphan whose new parent has not yet asked for its end is dead all the same."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def children_time() -> float:
    times = os.times()
    return times.children_user + times.children_system


class Parts(unittest.TestCase):
    def test_the_time_of_dead_children_is_read_behind_a_name_with_spaces(self) -> None:
        self.assertAlmostEqual(ended_in(STAT), 30 * TICK)

    def test_the_time_of_a_process_is_what_it_says_itself(self) -> None:
        before = time.process_time()
        self.assertTrue(before <= cpu_of(os.getpid()) - children_time() <= time.process_time())

    def test_a_process_that_is_gone_has_had_none(self) -> None:
        self.assertEqual(cpu_of(2**22 + 1), 0.0)

    def test_memory_is_told_in_bytes(self) -> None:
        self.assertEqual(memory_in(ROLLUP), 2048 * 1024)


class Processes(unittest.TestCase):
    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_python(self, code: str) -> Process:
        return Process([sys.executable, "-c", code], self.folder)

    def test_a_word_within_another_is_not_said(self) -> None:
        with self.run_python("import sys; print('already', file=sys.stderr)") as process:
            self.assertRaisesRegex(Failed, "already", process.await_ready)

    def test_it_is_watched_with_its_children_and_ended_with_them(self) -> None:
        with self.run_python(CHILD + READY) as process:
            process.await_ready()
            family = tree(process.pid)
            self.assertEqual(len(family), 2)
            self.assertGreater(process.rss(), 2**20)
            self.assertGreater(process.cpu(), 0)
        self.assertEqual([pid for pid in family if is_alive(pid)], [])

    def test_one_that_ends_before_it_is_ready_tells_its_last_words(self) -> None:
        with self.assertRaisesRegex(Failed, "not ready: .*no such port"):
            self.run_python("raise SystemExit('no such port')").await_ready()

    def test_one_that_is_stopped_is_ended_all_the_same(self) -> None:
        with self.run_python(CHILD + READY) as process:
            process.await_ready()
            process.signal(signal.SIGSTOP)
            self.assertTrue(is_alive(process.pid))
        self.assertFalse(is_alive(process.pid))

    def test_a_program_that_is_not_there_is_a_failure(self) -> None:
        with self.assertRaisesRegex(Failed, "not started"):
            Process(["no-such-program"], self.folder)
