//! Going through the buckets that differ, batch by batch.

use std::vec;

use crate::buggify::{Point, fires};
use crate::store::{Bucket, Store};

/// The most bytes of a batch, line ends included; a single longer line goes alone. A live report waits behind
/// no more than this, some 400 lines.
pub const BATCH: usize = 32 * 1024;

/// The records of some buckets.
///
/// It copies none of them: they stay in their places, and are sent as they are when their turn comes. Those that
/// come later are news, and told as such.
#[derive(Debug, Default)]
pub struct Walk {
    /// Each bucket, and how many records of it are to be sent; none is empty.
    parts: vec::IntoIter<(Bucket, usize)>,
    /// The records of the first of them that have been.
    sent: usize,
}

impl Walk {
    /// Through what lies in `buckets` now.
    pub fn new(buckets: &[Bucket], store: &Store) -> Walk {
        let parts = buckets.iter().map(|&bucket| (bucket, store.bucket(bucket).len()));
        let parts: Vec<_> = parts.filter(|(_, records)| *records > 0).collect();
        Walk { parts: parts.into_iter(), sent: 0 }
    }

    /// Whether everything has been sent.
    pub fn is_over(&self) -> bool {
        self.parts.as_slice().is_empty()
    }

    /// Hands the lines of the next batch to `each`; says how many there were.
    pub fn batch(&mut self, store: &Store, mut each: impl FnMut(&[u8])) -> u64 {
        let (mut lines, mut room) = (0, BATCH);
        while let Some(&(bucket, records)) = self.parts.as_slice().first() {
            for record in store.bucket(bucket).take(records).skip(self.sent) {
                let length = record.line().len() + 1;
                let is_full = length > room || fires(Point::TinyResyncBatch);
                if lines > 0 && is_full {
                    return lines;
                }
                each(record.line());
                room = room.saturating_sub(length);
                (self.sent, lines) = (self.sent + 1, lines + 1);
            }
            self.parts.next();
            self.sent = 0;
        }
        lines
    }
}
