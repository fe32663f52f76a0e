//! Going through what is to be sent, batch by batch.

use std::collections::VecDeque;
use std::vec;

use super::plan::Part;
use crate::buggify::{Point, fires};
use crate::store::{Bucket, Store};

/// The most bytes of a batch, line ends included; a single longer line goes alone. A live report waits behind
/// no more than this, some 400 lines.
pub const BATCH: usize = 32 * 1024;
/// The most records that a batch goes past, sent or not: where one leaf of each bucket differs, most of a million lie
/// between those to be sent, and the loop has other things to do. This takes it a millisecond or two.
pub(super) const PASSED: usize = 16_384;

/// The records of some buckets, or of some of their leaves.
///
/// It copies none of those in memory: they stay in their places, and are sent as they are when their turn comes.
/// Of a bucket of which some have left memory all are read from disk, and copied.
#[derive(Debug, Default)]
pub struct Walk {
    parts: vec::IntoIter<Part>,
    /// The places of the first of them that it has passed.
    passed: usize,
    /// What was read from disk, and goes before the parts.
    lines: VecDeque<Vec<u8>>,
}

impl Walk {
    /// Through these parts; in none of them is there nothing to send.
    pub fn new(parts: Vec<Part>) -> Walk {
        Walk { parts: parts.into_iter(), ..Walk::default() }
    }

    /// Whether everything has been sent.
    pub fn is_over(&self) -> bool {
        self.lines.is_empty() && self.parts.as_slice().is_empty()
    }

    /// The bucket that is to be [read from disk](Walk::read) before the next batch, if any.
    pub fn unread(&self, store: &Store) -> Option<Bucket> {
        let part = self.parts.as_slice().first().filter(|_| self.lines.is_empty())?;
        (!part.is_in_memory(store)).then_some(part.bucket)
    }

    /// Takes in what the disk holds of the first part's bucket; what is in memory is newer.
    pub fn read(&mut self, on_disk: Vec<Vec<u8>>, store: &Store) {
        let Some(part) = self.parts.next() else { return };
        let in_memory = store.bucket(part.bucket);
        let in_memory =
            in_memory.filter(|record| part.covers(record.id())).map(|record| record.line().to_vec());
        self.lines.extend(in_memory);
        let is_away =
            |line: &Vec<u8>| id_of(line).is_some_and(|id| part.covers(id) && store.get(id).is_none());
        self.lines.extend(on_disk.into_iter().filter(is_away));
        self.passed = 0;
    }

    /// Hands the lines of the next batch to `each`; says how many there were: maybe none, and more in the next.
    pub fn batch(&mut self, store: &Store, mut each: impl FnMut(&[u8])) -> u64 {
        let mut batch = Room { lines: 0, bytes: BATCH, places: PASSED };
        while let Some(line) = self.lines.front() {
            if !batch.takes(line) {
                return batch.lines;
            }
            each(line);
            self.lines.pop_front();
        }
        while let Some(part) = self.parts.as_slice().first().filter(|part| part.is_in_memory(store)) {
            for record in store.slots(part.bucket).take(part.places).skip(self.passed) {
                if !batch.passes() {
                    return batch.lines;
                }
                if let Some(record) = record.filter(|record| part.covers(record.id())) {
                    if !batch.takes(record.line()) {
                        return batch.lines;
                    }
                    each(record.line());
                }
                self.passed += 1;
            }
            self.parts.next();
            self.passed = 0;
        }
        batch.lines
    }
}

/// What a batch has, and may still have.
struct Room {
    lines: u64,
    bytes: usize,
    places: usize,
}

impl Room {
    /// Whether it goes past another place.
    fn passes(&mut self) -> bool {
        let passes = self.places > 0;
        self.places = self.places.saturating_sub(1);
        passes
    }

    /// Whether this line is of the batch, too.
    fn takes(&mut self, line: &[u8]) -> bool {
        let length = line.len() + 1;
        let is_full = length > self.bytes || fires(Point::TinyResyncBatch);
        if self.lines > 0 && is_full {
            return false;
        }
        (self.lines, self.bytes) = (self.lines + 1, self.bytes.saturating_sub(length));
        true
    }
}

/// The client of an AT line.
fn id_of(line: &[u8]) -> Option<&[u8]> {
    line.split(|&byte| byte == b' ').nth(3)
}
