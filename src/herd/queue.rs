//! Lines that wait, up to so many bytes, their ends included.

use std::collections::VecDeque;

/// The lines, oldest first. What becomes of them when they are too much is for whoever fills it.
#[derive(Debug)]
pub(crate) struct Queue {
    lines: VecDeque<Box<[u8]>>,
    bytes: usize,
    most: usize,
}

impl Queue {
    /// A queue that is too long with more than `most` bytes.
    pub(crate) fn new(most: usize) -> Queue {
        Queue { lines: VecDeque::new(), bytes: 0, most }
    }

    /// Lines that wait.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Whether something has to leave.
    pub(crate) fn is_too_long(&self) -> bool {
        self.bytes > self.most
    }

    pub(crate) fn push(&mut self, line: &[u8]) {
        self.bytes += length(line);
        self.lines.push_back(line.into());
    }

    pub(crate) fn pop(&mut self) -> Option<Box<[u8]>> {
        let line = self.lines.pop_front()?;
        self.bytes -= length(&line);
        Some(line)
    }

    /// Puts a line back that was popped but not sent.
    pub(crate) fn unpop(&mut self, line: Box<[u8]>) {
        self.bytes += length(&line);
        self.lines.push_front(line);
    }

    /// All of it goes, and its room: how many lines it was.
    pub(crate) fn clear(&mut self) -> usize {
        std::mem::replace(self, Queue::new(self.most)).len()
    }
}

/// With its end, so that an empty line is not nothing.
fn length(line: &[u8]) -> usize {
    line.len() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_knows_its_bytes_whatever_comes_and_goes() {
        let mut queue = Queue::new(10);
        [b"1111", b"2222"].iter().for_each(|line| queue.push(*line));
        assert!(!queue.is_too_long());
        queue.push(b"");
        assert!(queue.is_too_long());
        let line = queue.pop().unwrap_or_default();
        assert_eq!((&*line, queue.is_too_long()), (&b"1111"[..], false));
        queue.unpop(line);
        assert!(queue.is_too_long());
        assert_eq!((queue.clear(), queue.len(), queue.is_empty(), queue.is_too_long()), (3, 0, true, false));
    }
}
