//! The newest record of every client that a server has heard of.
//!
//! The herd's rule of what is newer (the specification, sections 3 and 6) meets the herd's memory here, and
//! neither a socket nor a clock.

use std::hash::{BuildHasher, Hasher, RandomState};

use hashbrown::HashTable;

use crate::command::AtLine;
use crate::planted::{Planted, is_planted};

mod away;
mod changes;
mod digest;
mod leaves;
mod record;
mod shelf;
#[cfg(test)]
mod tests;

use changes::Changes;
pub use digest::{BUCKETS, Bucket, Digest, hash_of};
pub use leaves::{LEAVES, Leaf, LeafSet, Leaves};
pub use record::Record;
use shelf::Shelf;

/// One record per client.
///
/// Records lie in buckets, by a hash of their client's id that is the same everywhere, and in a bucket in the
/// order in which the clients were first heard of; so going through them is the same in every run. The
/// [`Digest`] says of each bucket what it holds. The table of their places is only ever looked up: its order is
/// random, and so is its hash, lest a client choose ids that collide. It holds no ids of its own: finding one
/// touches only the record, which is about to be read anyway.
///
/// Where there is a disk, records that are on it may leave memory. The digest tells of them all the same; for who
/// asks about their clients, they have to be [brought back](Store::take_back) first.
///
/// ```
/// use herd::{command::Command, store::Store};
///
/// let mut store = Store::default();
/// let Ok(Command::At(at)) = Command::parse(b"AT Ball +0.000000000 kiwi +1-1 5") else { panic!() };
/// assert!(store.accept(&at).is_some());
/// assert!(store.accept(&at).is_none());
/// assert_eq!(store.get(b"kiwi").unwrap().line(), b"AT Ball +0.000000000 kiwi +1-1 5");
/// ```
#[derive(Clone, Debug)]
pub struct Store {
    places: HashTable<Entry>,
    /// One for each bucket.
    shelves: Vec<Shelf>,
    digest: Digest,
    changes: Changes,
    hash: RandomState,
    /// Records that should be in memory at most.
    most: usize,
    /// Records that lie on disk alone.
    away: usize,
    /// Where the next record to leave is looked for.
    hand: Place,
    /// The last byte of the number of the commit that is under way, or comes next.
    commit: u8,
    /// Where lines are put together.
    scratch: Vec<u8>,
}

/// Where a record lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Place {
    bucket: Bucket,
    index: u32,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Of the client's id, so that the table can grow without a look at the records.
    hash: u64,
    place: Place,
}

impl Default for Store {
    fn default() -> Store {
        Store {
            places: HashTable::new(),
            shelves: vec![Shelf::default(); BUCKETS],
            digest: Digest::default(),
            changes: Changes::default(),
            hash: RandomState::new(),
            most: usize::MAX,
            away: 0,
            hand: Place { bucket: Bucket::first(), index: 0 },
            commit: 0,
            scratch: Vec::new(),
        }
    }
}

impl Store {
    /// What is known of the client `id`.
    pub fn get(&self, id: &[u8]) -> Option<&Record> {
        self.find(id).map(|place| self.at(place))
    }

    /// A client's own report, made an AT line by this server: kept only if its time is greater than the
    /// record's. The record, if it is news and so is to be passed on.
    pub fn report(&mut self, at: &AtLine<'_>) -> Option<&Record> {
        let ties_win = is_planted(Planted::EqualTimeWins);
        self.keep_if(at, |record| at.time > record.time() || ties_win && at.time == record.time())
    }

    /// A neighbour's AT line: kept only if it supersedes the record. The record, if it is news and so is to
    /// be passed on.
    pub fn accept(&mut self, at: &AtLine<'_>) -> Option<&Record> {
        self.keep_if(at, |record| at.supersedes(&record.as_at_line()))
    }

    /// Every record that is in memory, bucket by bucket.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.shelves.iter().flat_map(|shelf| shelf.slots().flatten())
    }

    /// The records of one bucket that are in memory. As long as none has left, they are in the order in which their
    /// clients were first heard of.
    pub fn bucket(&self, bucket: Bucket) -> impl Iterator<Item = &Record> {
        self.slots(bucket).flatten()
    }

    /// The places of one bucket, with the records that lie there.
    pub(crate) fn slots(&self, bucket: Bucket) -> impl ExactSizeIterator<Item = Option<&Record>> {
        self.shelves[bucket.index()].slots()
    }

    /// What each bucket holds.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// How many records are in memory: without a bound, one for each client that is known.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether no record is in memory.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether changes are listed from here on, for [`Store::take_changes`].
    pub fn keep_changes(&mut self, keep: bool) {
        self.changes.keep(keep);
    }

    /// The number of the last change that was listed. A client that changes again while it is listed keeps its
    /// place.
    pub fn changes(&self) -> u64 {
        self.changes.last()
    }

    /// Hands the records that were listed first to `each`, as they are now, and lists them no more; at most
    /// `most` of them. Says up to which number changes have been taken.
    pub fn take_changes(&mut self, most: usize, mut each: impl FnMut(&Record)) -> u64 {
        for place in self.changes.take(most) {
            let record = self.shelves[place.bucket.index()].get_mut(place.index);
            record.is_listed = false;
            record.commit = self.commit;
            each(record);
        }
        self.changes.taken()
    }

    fn keep_if(&mut self, at: &AtLine<'_>, is_newer: impl FnOnce(&Record) -> bool) -> Option<&Record> {
        let place = match self.find(at.id) {
            Some(place) if !is_newer(self.at(place)) => return None,
            Some(place) => self.overwrite(place, at),
            None => self.insert(at),
        };
        let record = self.shelves[place.bucket.index()].get_mut(place.index);
        self.digest.toggle(place.bucket, hash_of(record.line()));
        self.changes.note(place, record);
        Some(record)
    }

    fn overwrite(&mut self, place: Place, at: &AtLine<'_>) -> Place {
        let record = self.shelves[place.bucket.index()].get_mut(place.index);
        let old = hash_of(record.line());
        record.overwrite(at, &mut self.scratch);
        let is_stale = is_planted(Planted::StaleDigest); // then the new line's hash goes out as it comes in
        self.digest.toggle(place.bucket, if is_stale { hash_of(record.line()) } else { old });
        place
    }

    fn insert(&mut self, at: &AtLine<'_>) -> Place {
        let (hash, bucket) = (self.hash_of(at.id), Bucket::of(at.id));
        let mut record = Record::made(at, &mut self.scratch);
        record.commit = self.commit.wrapping_sub(1);
        let place = Place { bucket, index: self.shelves[bucket.index()].add(record) };
        self.places.insert_unique(hash, Entry { hash, place }, |entry| entry.hash);
        place
    }

    fn at(&self, place: Place) -> &Record {
        self.shelves[place.bucket.index()].get(place.index)
    }

    fn find(&self, id: &[u8]) -> Option<Place> {
        let is_it = |entry: &Entry| self.at(entry.place).id() == id;
        self.places.find(self.hash_of(id), is_it).map(|entry| entry.place)
    }

    /// Of the bytes alone: the table compares ids whole, so their length need not be hashed as well.
    fn hash_of(&self, id: &[u8]) -> u64 {
        let mut hasher = self.hash.build_hasher();
        hasher.write(id);
        hasher.finish()
    }
}
