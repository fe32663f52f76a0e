//! Records on their way to the disk.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use crate::store::Record;

/// Copies of records: one commit's. Its buffers are kept for the next.
#[derive(Debug, Default)]
pub struct Batch {
    lines: Vec<u8>,
    entries: Vec<Entry>,
    /// Places of `entries`, found by their ids: in a turn hundreds of ids are looked for among tens of thousands.
    places: HashTable<usize>,
    hash: RandomState,
}

/// Ends are those of `lines`; a line begins where the one before it ends.
#[derive(Clone, Copy, Debug)]
struct Entry {
    end: usize,
    id_start: usize,
    id_end: usize,
}

impl Batch {
    /// Adds a copy of `record`.
    pub fn push(&mut self, record: &Record) {
        let start = self.lines.len();
        let id = record.id_range();
        self.lines.extend_from_slice(record.line());
        let (id_start, id_end) = (start + id.start, start + id.end);
        self.entries.push(Entry { end: self.lines.len(), id_start, id_end });
        let Batch { lines, entries, places, hash } = self;
        let hash_at = |place: usize| hash.hash_one(entries[place].id(lines));
        let last = entries.len() - 1;
        places.insert_unique(hash_at(last), last, |place| hash_at(*place));
    }

    /// Forgets all records.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.entries.clear();
        self.places.clear();
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Each record's id, and its line.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> {
        let mut start = 0;
        self.entries.iter().map(move |entry| {
            let line = &self.lines[std::mem::replace(&mut start, entry.end)..entry.end];
            (entry.id(&self.lines), line)
        })
    }

    /// Whether it holds a record of the client `id`.
    pub fn holds(&self, id: &[u8]) -> bool {
        self.find(id, |other| other == id)
    }

    /// Whether it holds one that `is_it`, of which those are asked that may be `id` by their hash.
    fn find(&self, id: &[u8], mut is_it: impl FnMut(&[u8]) -> bool) -> bool {
        let is_it = |place: &usize| is_it(self.entries[*place].id(&self.lines));
        self.places.find(self.hash.hash_one(id), is_it).is_some()
    }
}

impl Entry {
    fn id(self, lines: &[u8]) -> &[u8] {
        &lines[self.id_start..self.id_end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;

    #[test]
    fn an_id_is_found_among_tens_of_thousands_without_a_look_at_more_than_a_few() {
        let mut batch = Batch::default();
        for n in 0..32_768 {
            let line = format!("AT Ball +0.000000000 client-{n} +1-1 5");
            let Ok(Command::At(at)) = Command::parse(line.as_bytes()) else { panic!("{line}") };
            batch.push(&Record::new(&at));
        }
        let mut looks = 0;
        for n in (0..65_536).step_by(64) {
            let id = format!("client-{n}").into_bytes();
            let is_it = |other: &[u8]| {
                looks += 1;
                other == id
            };
            assert_eq!(batch.find(&id, is_it), n < 32_768);
        }
        assert!((512..2 * 1024).contains(&looks), "{looks} looks for 1,024 ids");
        batch.clear();
        assert!(!batch.holds(b"client-0"));
    }
}
