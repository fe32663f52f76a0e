//! The newest record of every client that a server has heard of.
//!
//! The herd's rule of what is newer (the specification, sections 3 and 6) meets the herd's memory here, and
//! neither a socket nor a clock.

use std::hash::{BuildHasher, Hasher, RandomState};

use hashbrown::HashTable;

use crate::command::AtLine;

mod record;

pub use record::Record;

/// One record per client.
///
/// Records lie in the order in which their clients were first heard of, so going through them is the same in
/// every run. The table of their places is only ever looked up: its order is random, and so is its hash, lest
/// a client choose ids that collide. It holds no ids of its own: finding one touches only the record, which
/// is about to be read anyway.
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
#[derive(Clone, Debug, Default)]
pub struct Store {
    places: HashTable<Place>,
    records: Vec<Record>,
    hash: RandomState,
    /// Where lines are put together.
    scratch: Vec<u8>,
}

/// Where the record of a client lies.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Of the client's id, so that the table can grow without a look at the records.
    hash: u64,
    index: usize,
}

impl Store {
    /// What is known of the client `id`.
    pub fn get(&self, id: &[u8]) -> Option<&Record> {
        self.place(id).map(|place| &self.records[place])
    }

    /// A client's own report, made an AT line by this server: kept only if its time is greater than the
    /// record's. The record, if it is news and so is to be passed on.
    pub fn report(&mut self, at: &AtLine<'_>) -> Option<&Record> {
        self.keep_if(at, |record| at.time > record.time())
    }

    /// A neighbour's AT line: kept only if it supersedes the record. The record, if it is news and so is to
    /// be passed on.
    pub fn accept(&mut self, at: &AtLine<'_>) -> Option<&Record> {
        self.keep_if(at, |record| at.supersedes(&record.as_at_line()))
    }

    /// Every record, in the order in which the clients were first heard of.
    pub fn records(&self) -> impl ExactSizeIterator<Item = &Record> {
        self.records.iter()
    }

    /// How many clients are known.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether no client is known.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    fn keep_if(&mut self, at: &AtLine<'_>, is_newer: impl FnOnce(&Record) -> bool) -> Option<&Record> {
        let Some(place) = self.place(at.id) else {
            self.insert(at);
            return self.records.last();
        };
        let record = &mut self.records[place];
        if !is_newer(record) {
            return None;
        }
        record.overwrite(at, &mut self.scratch);
        Some(record)
    }

    fn place(&self, id: &[u8]) -> Option<usize> {
        let is_it = |place: &Place| self.records[place.index].id() == id;
        self.places.find(self.hash_of(id), is_it).map(|place| place.index)
    }

    /// Of the bytes alone: the table compares ids whole, so their length need not be hashed as well.
    fn hash_of(&self, id: &[u8]) -> u64 {
        let mut hasher = self.hash.build_hasher();
        hasher.write(id);
        hasher.finish()
    }

    fn insert(&mut self, at: &AtLine<'_>) {
        let place = Place { hash: self.hash_of(at.id), index: self.records.len() };
        self.places.insert_unique(place.hash, place, |place| place.hash);
        self.records.push(Record::new(at));
    }
}

#[cfg(test)]
mod tests {
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
    fn clients_are_told_apart_and_listed_in_order_of_first_report() {
        let mut store = Store::default();
        assert!(store.is_empty() && store.get(b"kiwi").is_none());
        for line in [OLD, "AT Ball +0.000000000 KIWI +1-1 5", "AT Ball +0.000000000 apple +1-1 5", NEW] {
            assert!(store.accept(&at(line)).is_some());
        }
        let ids: Vec<&[u8]> = store.records().map(Record::id).collect();
        assert_eq!(ids, [&b"kiwi"[..], b"KIWI", b"apple"]);
        assert_eq!(store.len(), 3);
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
            }
        }
    }
}
