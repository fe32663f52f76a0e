//! Records on their way to the disk.

use crate::store::Record;

/// Copies of records: one commit's. Its buffers are kept for the next.
#[derive(Debug, Default)]
pub struct Batch {
    lines: Vec<u8>,
    entries: Vec<Entry>,
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
    }

    /// Forgets all records.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.entries.clear();
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
            (&self.lines[entry.id_start..entry.id_end], line)
        })
    }

    /// Whether it holds a record of the client `id`. It looks at all of them.
    pub fn holds(&self, id: &[u8]) -> bool {
        self.iter().any(|(other, _)| other == id)
    }
}
