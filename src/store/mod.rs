//! The newest record of every client that a server has heard of.
//!
//! The herd's rule of what is newer (the specification, sections 3 and 6) meets the herd's memory here, and
//! neither a socket nor a clock.

use std::hash::{BuildHasher, Hasher, RandomState};

use hashbrown::HashTable;

use crate::command::AtLine;
use crate::planted::{Planted, is_planted};

mod changes;
mod digest;
mod leaves;
mod record;

use changes::Changes;
pub use digest::{BUCKETS, Bucket, Digest, hash_of};
pub use leaves::{LEAVES, Leaf, LeafSet, Leaves};
pub use record::Record;

/// One record per client.
///
/// Records lie in buckets, by a hash of their client's id that is the same everywhere, and in a bucket in the
/// order in which the clients were first heard of; so going through them is the same in every run. The
/// [`Digest`] says of each bucket what it holds. The table of their places is only ever looked up: its order is
/// random, and so is its hash, lest a client choose ids that collide. It holds no ids of its own: finding one
/// touches only the record, which is about to be read anyway.
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
    buckets: Vec<Vec<Record>>,
    digest: Digest,
    changes: Changes,
    hash: RandomState,
    /// Where lines are put together.
    scratch: Vec<u8>,
}

/// Where a record lies.
#[derive(Clone, Copy, Debug)]
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
            buckets: vec![Vec::new(); BUCKETS],
            digest: Digest::default(),
            changes: Changes::default(),
            hash: RandomState::new(),
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

    /// Every record, bucket by bucket.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.buckets.iter().flatten()
    }

    /// The records of one bucket, in the order in which their clients were first heard of.
    pub fn bucket(&self, bucket: Bucket) -> impl ExactSizeIterator<Item = &Record> {
        self.buckets[bucket.index()].iter()
    }

    /// What each bucket holds.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// How many clients are known.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether no client is known.
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
            let record = &mut self.buckets[place.bucket.index()][place.index as usize];
            record.is_listed = false;
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
        let record = &mut self.buckets[place.bucket.index()][place.index as usize];
        self.digest.toggle(place.bucket, hash_of(record.line()));
        self.changes.note(place, record);
        Some(record)
    }

    fn overwrite(&mut self, place: Place, at: &AtLine<'_>) -> Place {
        let record = &mut self.buckets[place.bucket.index()][place.index as usize];
        let old = hash_of(record.line());
        record.overwrite(at, &mut self.scratch);
        let is_stale = is_planted(Planted::StaleDigest); // then the new line's hash goes out as it comes in
        self.digest.toggle(place.bucket, if is_stale { hash_of(record.line()) } else { old });
        place
    }

    fn insert(&mut self, at: &AtLine<'_>) -> Place {
        let (hash, bucket) = (self.hash_of(at.id), Bucket::of(at.id));
        let records = &mut self.buckets[bucket.index()];
        let place = Place { bucket, index: u32::try_from(records.len()).unwrap_or(u32::MAX) };
        records.push(Record::new(at));
        self.places.insert_unique(hash, Entry { hash, place }, |entry| entry.hash);
        place
    }

    fn at(&self, place: Place) -> &Record {
        &self.buckets[place.bucket.index()][place.index as usize]
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::command::Command;

    fn at(line: &str) -> AtLine<'_> {
        match Command::parse(line.as_bytes()) {
            Ok(Command::At(at)) => at,
            other => panic!("{other:?}"),
        }
    }

    fn line(store: &Store) -> &[u8] {
        store.get(b"kiwi").unwrap().line()
    }

    const OLD: &str = "AT Ball +1.000000000 kiwi +1-1 1479413884.392014450";
    const NEW: &str = "AT Alford +1.000000000 kiwi +2-2 1479413884.392014451";

    #[test]
    fn newest_wins_whatever_the_order_of_arrival() {
        for lines in [[OLD, NEW], [NEW, OLD]] {
            let mut store = Store::default();
            for line in lines {
                store.accept(&at(line));
            }
            assert_eq!(line(&store), NEW.as_bytes());
        }
    }

    #[test]
    fn a_report_of_equal_time_is_not_kept() {
        let mut store = Store::default();
        assert!(store.report(&at(OLD)).is_some());
        assert!(store.report(&at("AT Welsh +9.000000000 kiwi +9-9 1479413884.39201445")).is_none());
        assert!(store.report(&at("AT Welsh +9.000000000 kiwi +9-9 1479413884.39")).is_none());
        assert_eq!(line(&store), OLD.as_bytes());
        assert!(store.report(&at(NEW)).is_some());
        assert_eq!(line(&store), NEW.as_bytes());
    }

    #[test]
    fn an_at_line_of_equal_time_goes_by_the_total_order() {
        let mut store = Store::default();
        assert!(store.accept(&at(OLD)).is_some());
        let tie = "AT Welsh +1.000000000 kiwi +1-1 1479413884.392014450";
        assert!(store.accept(&at(tie)).is_some());
        assert!(store.accept(&at(OLD)).is_none());
        assert!(store.accept(&at(tie)).is_none());
        assert_eq!(line(&store), tie.as_bytes());
    }

    #[test]
    fn clients_are_told_apart() {
        let mut store = Store::default();
        assert!(store.is_empty() && store.get(b"kiwi").is_none());
        for line in [OLD, "AT Ball +0.000000000 KIWI +1-1 5", "AT Ball +0.000000000 apple +1-1 5", NEW] {
            assert!(store.accept(&at(line)).is_some());
        }
        let ids: BTreeSet<&[u8]> = store.records().map(Record::id).collect();
        assert_eq!(ids, [&b"KIWI"[..], b"apple", b"kiwi"].into());
        assert_eq!(store.len(), 3);
    }

    #[test]
    fn changes_are_listed_once_and_taken_as_they_are_now() {
        let mut store = Store::default();
        let take = |store: &mut Store, most| {
            let mut lines = Vec::new();
            let up_to = store.take_changes(most, |record| lines.push(record.line().to_vec()));
            (up_to, lines)
        };
        store.accept(&at(OLD));
        assert_eq!(take(&mut store, 9), (0, vec![]), "nobody wanted to know");
        store.keep_changes(true);
        store.accept(&at("AT Ball +0.000000000 apple +1-1 5"));
        store.accept(&at(NEW));
        store.accept(&at("AT Ball +0.000000000 apple +1-1 6"));
        assert_eq!(store.changes(), 2);
        let apple = b"AT Ball +0.000000000 apple +1-1 6".to_vec();
        assert_eq!(take(&mut store, 1), (1, vec![apple]));
        assert_eq!(take(&mut store, 9), (2, vec![NEW.as_bytes().to_vec()]));
        assert_eq!(take(&mut store, 9), (2, vec![]));
    }

    /// Few values, so that every kind of tie comes up.
    fn lines() -> impl Strategy<Value = String> {
        "AT (Alford|Ball) \\+0\\.00000000[01] (kiwi|plum) \\+[01]-1 [12](\\.[05]{1,2})?"
    }

    fn heard<'a>(lines: impl IntoIterator<Item = &'a String>) -> Store {
        let mut store = Store::default();
        for line in lines {
            store.accept(&at(line));
        }
        store
    }

    proptest! {
        #[test]
        fn stores_that_heard_the_same_lines_agree(
            lines in prop::collection::vec(lines(), 1..20),
            turn in any::<usize>(),
        ) {
            let turn = turn % lines.len();
            let one = heard(&lines);
            let other = heard(lines[turn..].iter().rev().chain(&lines[..turn]));
            prop_assert_eq!(one.len(), other.len());
            for record in one.records() {
                prop_assert_eq!(other.get(record.id()).unwrap().line(), record.line());
                prop_assert!(one.bucket(Bucket::of(record.id())).any(|other| other.id() == record.id()));
            }
            prop_assert_eq!(one.digest(), other.digest());
        }

        #[test]
        fn stores_that_differ_are_told_apart_by_their_digests(
            one in prop::collection::vec(lines(), 1..20),
            other in prop::collection::vec(lines(), 1..20),
        ) {
            let lines = |store: &Store| -> BTreeSet<Vec<u8>> {
                store.records().map(|record| record.line().to_vec()).collect()
            };
            let (one, other) = (heard(&one), heard(&other));
            let differing = one.digest().differing(other.digest());
            prop_assert_eq!(differing.is_empty(), lines(&one) == lines(&other));
            for line in lines(&one).symmetric_difference(&lines(&other)) {
                let id = line.split(|&byte| byte == b' ').nth(3).unwrap();
                prop_assert!(differing.contains(&Bucket::of(id)));
            }
        }
    }
}
