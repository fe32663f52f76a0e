//! What is to be sent: all of the buckets that differ, until it is known of which leaves.

use std::vec;

use super::leaf_lines::{ASKED, print_question, read_leaves};
use super::{Refusal, Walk};
use crate::buggify::{Point, fires};
use crate::planted::{Planted, is_planted};
use crate::store::{Bucket, Digest, LeafSet, Leaves, Store};

/// A bucket with no more records than this is sent whole: to ask would cost about as much.
const FEW: usize = 8;

/// The records of a bucket that are to be sent.
#[derive(Debug)]
pub struct Part {
    /// The bucket.
    pub bucket: Bucket,
    /// How many of its places, from the first: the records that come later are news, and told as such.
    pub places: usize,
    leaves: LeafSet,
    /// How often a record of it had left memory, if all were there.
    departures: Option<u64>,
}

impl Part {
    /// All of `bucket`.
    fn whole(bucket: Bucket, store: &Store) -> Part {
        let departures = store.is_whole(bucket).then(|| store.departures(bucket));
        Part { bucket, places: store.slots(bucket).len(), leaves: LeafSet::ALL, departures }
    }

    /// Whether all records that it was made for are in memory, and where they were.
    pub fn is_in_memory(&self, store: &Store) -> bool {
        self.departures == Some(store.departures(self.bucket))
    }

    fn is_empty(&self, store: &Store) -> bool {
        self.places == 0 && store.is_whole(self.bucket)
    }

    /// Whether this record of the bucket is to be sent.
    pub fn covers(&self, id: &[u8]) -> bool {
        self.leaves.covers(id)
    }

    /// To the leaves that differ from `theirs`.
    fn narrow(&mut self, theirs: &Leaves, store: &Store) {
        if !self.is_in_memory(store) {
            return;
        }
        let ours = Leaves::of(store.slots(self.bucket).take(self.places).flatten());
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
        let parts = buckets.iter().map(|&bucket| Part::whole(bucket, store));
        let parts: Vec<Part> = parts.filter(|part| !part.is_empty(store)).collect();
        let are_many =
            |part: &&Part| part.is_in_memory(store) && (part.places > FEW || fires(Point::LeavesOfFew));
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
