//! What the log is written to: a file, or what takes bytes only as they are taken from it.

use std::fs::File;
use std::io::{self, ErrorKind, Write};

use super::file::Appended;

/// An open log. Writing never waits: it was opened so.
#[derive(Debug)]
pub(super) struct Stream {
    file: File,
    /// What is left of a line that was taken in part: nothing else is written before.
    rest: Vec<u8>,
}

impl Stream {
    pub(super) fn new(file: File) -> Stream {
        Stream { file, rest: Vec::new() }
    }

    /// Appends all of `text` to a file, or nothing.
    pub(super) fn write_whole(&mut self, text: &[u8]) -> io::Result<Appended> {
        let length = self.file.metadata()?.len();
        if let Err(error) = self.file.write_all(text) {
            let _ = self.take_back(length); // the first error is the one to tell of
            return Err(error);
        }
        Ok(Appended { lines: lines(text), is_pending: false })
    }

    /// Takes back what was written of a text before its write failed: half a line would swallow the next one.
    fn take_back(&self, length: u64) -> io::Result<()> {
        if self.file.metadata()?.len() > length { self.file.set_len(length) } else { Ok(()) }
    }

    /// Takes back everything.
    pub(super) fn empty(&mut self) -> io::Result<()> {
        self.file.set_len(0)
    }

    /// Writes lines to a device or a FIFO as long as it takes them.
    pub(super) fn write(&mut self, text: &[u8]) -> io::Result<Appended> {
        let mut taken = 0;
        if self.write_rest()? {
            for line in text.split_inclusive(|byte| *byte == b'\n') {
                let length = match self.take(line) {
                    Ok(Some(length)) => length,
                    Err(error) if taken == 0 => return Err(error),
                    Ok(None) | Err(_) => break, // what was taken counts; the next write meets the error again
                };
                self.rest.extend_from_slice(&line[length..]);
                taken += 1;
                if length < line.len() {
                    break;
                }
            }
        }
        Ok(Appended { lines: taken, is_pending: !self.rest.is_empty() })
    }

    /// Whether nothing is left of the line before.
    fn write_rest(&mut self) -> io::Result<bool> {
        let rest = std::mem::take(&mut self.rest);
        let taken = if rest.is_empty() { 0 } else { self.take(&rest)?.unwrap_or(0) };
        self.rest.extend_from_slice(&rest[taken..]);
        Ok(self.rest.is_empty())
    }

    /// How many of these bytes are taken; `None`: none now.
    fn take(&mut self, bytes: &[u8]) -> io::Result<Option<usize>> {
        match self.file.write(bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) if error.kind() == ErrorKind::Interrupted => self.take(bytes),
            taken => taken.map(Some),
        }
    }
}

fn lines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_text_that_cannot_be_written_is_not_there_in_part() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let file = fs::OpenOptions::new().create(true).append(true).open(&path).unwrap();
        let mut stream = Stream::new(file);
        stream.write_whole(b"one\n").unwrap();
        fs::write(&path, "one\ntw").unwrap(); // as a disk leaves it that is full by then
        stream.take_back(4).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one\n");
    }
}
