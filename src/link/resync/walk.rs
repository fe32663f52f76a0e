//! Going through what is to be sent, batch by batch.

use std::vec;

use super::plan::Part;
use crate::buggify::{Point, fires};
use crate::store::Store;

/// The most bytes of a batch, line ends included; a single longer line goes alone. A live report waits behind
/// no more than this, some 400 lines.
pub const BATCH: usize = 32 * 1024;
/// The most records that a batch goes past, sent or not: where one leaf of each bucket differs, most of a million lie
/// between those to be sent, and the loop has other things to do. This takes it a millisecond or two.
pub(super) const PASSED: usize = 16_384;

/// The records of some buckets, or of some of their leaves.
///
/// It copies none of them: they stay in their places, and are sent as they are when their turn comes.
#[derive(Debug, Default)]
pub struct Walk {
    parts: vec::IntoIter<Part>,
    /// The records of the first of them that it has passed.
    passed: usize,
}

impl Walk {
    /// Through these parts; in none of them is there nothing to send.
    pub fn new(parts: Vec<Part>) -> Walk {
        Walk { parts: parts.into_iter(), passed: 0 }
    }

    /// Whether everything has been sent.
    pub fn is_over(&self) -> bool {
        self.parts.as_slice().is_empty()
    }

    /// Hands the lines of the next batch to `each`; says how many there were: maybe none, and more in the next.
    pub fn batch(&mut self, store: &Store, mut each: impl FnMut(&[u8])) -> u64 {
        let (mut lines, mut room, mut left) = (0, BATCH, PASSED);
        while let Some(part) = self.parts.as_slice().first() {
            for record in store.bucket(part.bucket).take(part.records).skip(self.passed) {
                if left == 0 {
                    return lines;
                }
                if part.covers(record) {
                    let length = record.line().len() + 1;
                    let is_full = length > room || fires(Point::TinyResyncBatch);
                    if lines > 0 && is_full {
                        return lines;
                    }
                    each(record.line());
                    (room, lines) = (room.saturating_sub(length), lines + 1);
                }
                (self.passed, left) = (self.passed + 1, left - 1);
            }
            self.parts.next();
            self.passed = 0;
        }
        lines
    }
}
