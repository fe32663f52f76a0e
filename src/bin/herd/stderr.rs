//! Standard error of a process that must never wait for whoever reads it.
//!
//! A write to a paused terminal, or to a full pipe, returns only when there is room again, if ever. A server and
//! `herd all` therefore hand their lines to a thread. What waits for that thread is bounded; lines beyond the bound are
//! dropped and counted, and the count is written as soon as there is room. The flag `O_NONBLOCK` is no alternative: it
//! belongs to the terminal or pipe, and so to every process that shares it. A regular file has no reader to wait for: it
//! is written at once, and needs no thread.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, fstat};

/// Bytes of lines that wait at most.
const MOST_WAITING: usize = 1024 * 1024;
/// How long a process that ends waits for its last lines to be written.
const LAST_LINES: Duration = Duration::from_secs(1);
/// Bytes that a pipe takes at once if it can be written at all: PIPE_BUF of POSIX.
const PIECE: usize = 512;

static STDERR: Stderr = Stderr { queue: Mutex::new(Queue::new()), changed: Condvar::new() };

/// From here on this process never waits for standard error. Lines about it begin with `name`.
pub(crate) fn never_wait(name: &str) {
    let mut queue = STDERR.queue();
    queue.name = Some(name.to_owned());
    queue.is_file = fstat(io::stderr())
        .is_ok_and(|about| FileType::from_raw_mode(about.st_mode) == FileType::RegularFile);
}

/// Writes lines: at once, or after [`never_wait`] as soon as they can be.
///
/// # Errors
///
/// Those of a write that is done at once.
pub(crate) fn write(lines: &[u8]) -> io::Result<()> {
    STDERR.write(lines)
}

/// Writes lines, as [`write`] does.
pub(crate) struct Lines;

impl Write for Lines {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        write(lines).map(|()| lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits until all lines are written; not longer than [`LAST_LINES`].
pub(crate) fn settle() {
    STDERR.finish();
}

/// Waits, when it is dropped, until all lines are written; not longer than [`LAST_LINES`].
pub(crate) struct Finish;

impl Drop for Finish {
    fn drop(&mut self) {
        STDERR.finish();
    }
}

struct Stderr {
    queue: Mutex<Queue>,
    /// There is something to write, or something was written.
    changed: Condvar,
}

impl Stderr {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&'static self, lines: &[u8]) -> io::Result<()> {
        let mut queue = self.queue();
        if queue.name.is_none() {
            drop(queue);
            return io::stderr().write_all(lines);
        }
        queue.push(lines);
        if queue.is_file || !self.has_thread(&mut queue) {
            queue.write_what_fits();
        }
        self.changed.notify_all();
        Ok(())
    }

    /// Starts the thread unless there is one. The system may refuse it, and grant it later.
    fn has_thread(&'static self, queue: &mut Queue) -> bool {
        if !queue.has_thread {
            let thread = thread::Builder::new().name("stderr".to_owned());
            queue.has_thread = thread.spawn(|| self.serve()).is_ok();
        }
        queue.has_thread
    }

    fn serve(&self) {
        let mut queue = self.queue();
        loop {
            let Some(entry) = queue.take() else {
                queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(queue);
            let is_written = io::stderr().write_all(&entry.text).is_ok();
            queue = self.queue();
            queue.done(&entry, is_written);
            self.changed.notify_all();
        }
    }

    fn finish(&self) {
        let is_busy = |queue: &mut Queue| queue.has_thread && queue.is_busy();
        // Whether the time was over first is no matter: there is nobody left to tell.
        drop(self.changed.wait_timeout_while(self.queue(), LAST_LINES, is_busy));
    }
}

/// The lines that wait.
struct Queue {
    /// `None`: lines are written at once, however long it takes.
    name: Option<String>,
    /// Standard error is a regular file.
    is_file: bool,
    waiting: VecDeque<Entry>,
    /// Bytes of `waiting`.
    bytes: usize,
    /// Lines that were dropped, and not told of yet.
    missing: u64,
    has_thread: bool,
    /// An entry is being written.
    is_writing: bool,
    /// The last write failed.
    is_failing: bool,
}

struct Entry {
    text: Vec<u8>,
    /// Lines that are missing if it is not written.
    lines: u64,
}

impl Queue {
    const fn new() -> Queue {
        Queue {
            name: None,
            is_file: false,
            waiting: VecDeque::new(),
            bytes: 0,
            missing: 0,
            has_thread: false,
            is_writing: false,
            is_failing: false,
        }
    }

    fn push(&mut self, text: &[u8]) {
        if self.bytes + text.len() > MOST_WAITING {
            self.missing += 1;
            return;
        }
        let notice = self.notice();
        for entry in notice.into_iter().chain([Entry { text: text.to_vec(), lines: 1 }]) {
            self.bytes += entry.text.len();
            self.waiting.push_back(entry);
        }
    }

    /// The line that says how many are missing, if any are.
    fn notice(&mut self) -> Option<Entry> {
        let (name, lines) = (self.name.as_deref().unwrap_or_default(), std::mem::take(&mut self.missing));
        let text =
            format!("{name}: {lines} lines before this one are missing: standard error did not take them\n");
        (lines > 0).then(|| Entry { text: text.into_bytes(), lines })
    }

    /// What is to be written next; once it is, or was tried, it is [`done`](Queue::done). A notice by itself is not
    /// tried again before the next line.
    fn take(&mut self) -> Option<Entry> {
        let entry = match self.waiting.pop_front() {
            None if self.is_failing => None,
            None => self.notice(),
            entry => entry.inspect(|entry| self.bytes -= entry.text.len()),
        };
        self.is_writing = entry.is_some();
        entry
    }

    fn done(&mut self, entry: &Entry, is_written: bool) {
        self.is_writing = false;
        self.is_failing = !is_written;
        self.missing += if is_written { 0 } else { entry.lines };
    }

    fn is_busy(&self) -> bool {
        self.is_writing || !self.waiting.is_empty() || self.missing > 0 && !self.is_failing
    }

    /// Without the thread: writes as long as that takes no time, and drops the rest.
    fn write_what_fits(&mut self) {
        while let Some(entry) = self.take() {
            let is_written = match self.is_file {
                true => io::stderr().write_all(&entry.text).is_ok(),
                false => entry.text.chunks(PIECE).all(write_if_it_fits),
            };
            self.done(&entry, is_written);
        }
    }
}

/// Writes a piece if standard error takes it at once. Another process may fill a pipe between the two calls: so this is
/// for want of a thread alone.
fn write_if_it_fits(piece: &[u8]) -> bool {
    let stderr = io::stderr();
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    let ready = poll(&mut [PollFd::new(&stderr, PollFlags::OUT)], Some(&at_once));
    ready.is_ok_and(|count| count > 0) && stderr.lock().write_all(piece).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(entry: Option<Entry>) -> String {
        entry.map(|entry| String::from_utf8(entry.text).unwrap()).unwrap_or_default()
    }

    #[test]
    fn lines_beyond_the_bound_are_counted_and_the_count_stands_where_they_are_missing() {
        let mut queue = Queue { name: Some("Welsh".to_owned()), ..Queue::new() };
        let long = vec![b'x'; MOST_WAITING - 1];
        queue.push(&long);
        ["one\n", "two\n"].iter().for_each(|line| queue.push(line.as_bytes()));
        let entry = queue.take().unwrap();
        queue.done(&entry, true);
        queue.push(b"three\n");
        assert_eq!(
            text(queue.take()),
            "Welsh: 2 lines before this one are missing: standard error did not take them\n"
        );
        assert_eq!(text(queue.take()), "three\n");
        assert!(queue.take().is_none());
    }

    #[test]
    fn a_count_is_said_without_another_line_once_one_was_written() {
        let mut queue = Queue { missing: 3, ..Queue::new() };
        assert!(queue.is_busy());
        let notice = queue.take().unwrap();
        assert!(notice.text.starts_with(b": 3 lines "));
        queue.done(&notice, false);
        assert!(queue.take().is_none() && !queue.is_busy(), "a reader that has gone is not tried for ever");
        queue.push(b"one\n");
        let notice = queue.take().unwrap();
        assert!(notice.text.starts_with(b": 3 lines "));
        queue.done(&notice, true);
        assert_eq!(text(queue.take()), "one\n");
    }
}
