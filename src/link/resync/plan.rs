//! What is to be sent: all of the buckets that differ, until it is known of which leaves.

use std::vec;

use super::leaf_lines::{ASKED, print_question, read_leaves};
use super::{Refusal, Walk};
use crate::buggify::{Point, fires};
use crate::planted::{Planted, is_planted};
use crate::store::{Bucket, Digest, LeafSet, Leaves, Record, Store};

/// A bucket with no more records than this is sent whole: to ask would cost about as much.
const FEW: usize = 8;

/// The records of a bucket that are to be sent.
#[derive(Debug)]
pub struct Part {
    /// The bucket.
    pub bucket: Bucket,
    /// How many of its records, from the first: those that come later are news, and told as such.
    pub records: usize,
    leaves: LeafSet,
}

impl Part {
    /// Whether this record of the bucket is to be sent.
    pub fn covers(&self, record: &Record) -> bool {
        self.leaves.covers(record.id())
    }

    /// To the leaves that differ from `theirs`.
    fn narrow(&mut self, theirs: &Leaves, store: &Store) {
        let ours = Leaves::of(store.bucket(self.bucket).take(self.records));
        let leaves = ours.lacking_in(theirs);
        self.leaves = if is_planted(Planted::LeafForgotten) { leaves.without_first() } else { leaves };
    }
}

/// The parts, and what there is still to ask.
#[derive(Debug)]
pub struct Plan {
    /// One for each bucket that differs and is not empty here; they ascend.
    parts: Vec<Part>,
    /// Buckets that are worth a question.
    unasked: vec::IntoIter<Bucket>,
    /// Those of the last question that the answer has not passed.
    asked: vec::IntoIter<Bucket>,
}

impl Plan {
    /// Sends what lies in `buckets` now, to somebody who holds `theirs`.
    pub fn new(buckets: &[Bucket], theirs: &Digest, store: &Store) -> Plan {
        let part = |&bucket| Part { bucket, records: store.bucket(bucket).len(), leaves: LeafSet::ALL };
        let parts: Vec<Part> = buckets.iter().map(part).filter(|part| part.records > 0).collect();
        let are_many = |part: &&Part| part.records > FEW || fires(Point::LeavesOfFew);
        let unasked = parts.iter().filter(|part| theirs.get(part.bucket) != 0).filter(are_many);
        let unasked: Vec<Bucket> = unasked.map(|part| part.bucket).collect();
        Plan { parts, unasked: unasked.into_iter(), asked: vec::IntoIter::default() }
    }

    /// Whether nothing is left to ask.
    pub fn is_ready(&self) -> bool {
        self.unasked.as_slice().is_empty()
    }

    /// The next question, with a line end.
    pub fn question(&mut self) -> String {
        let most = if fires(Point::ShortQuestion) { 1 } else { ASKED };
        let asked: Vec<Bucket> = self.unasked.by_ref().take(most).collect();
        self.asked = asked.into_iter();
        print_question(self.asked.as_slice())
    }

    /// Hears a line of the answer. Whether it was the last.
    ///
    /// # Errors
    ///
    /// [`Refusal::Digest`], [`Refusal::Descending`] and [`Refusal::Unasked`].
    pub fn hear(&mut self, line: &[u8], store: &Store) -> Result<bool, Refusal> {
        let Some((bucket, theirs)) = read_leaves(line)? else { return Ok(true) };
        self.asked.find(|&asked| asked == bucket).ok_or(Refusal::Unasked)?;
        if let Ok(place) = self.parts.binary_search_by_key(&bucket, |part| part.bucket) {
            self.parts[place].narrow(&theirs, store);
        }
        Ok(false)
    }

    /// Through all of it.
    pub fn walk(mut self) -> Walk {
        self.parts.retain(|part| !part.leaves.is_empty());
        Walk::new(self.parts)
    }
}
