//! What a server knows of one client: the newest AT line about it.

use smallvec::SmallVec;

use crate::command::{AtLine, Location, Timestamp};

/// Lines up to this length lie in the record itself. Nearly all are shorter; and the record of a client is
/// found with one look into memory where a buffer of its own would take two, one after the other. With it a
/// record is 128 bytes: two lines of the cache.
const INLINE: usize = 96;

/// An AT line, owned, and where its client's id is.
///
/// A WHATSAT is answered with it byte for byte (the specification, section 4). A newer line is written over
/// the older one, so a client that keeps reporting costs no allocation.
#[derive(Clone, Debug)]
pub struct Record {
    line: SmallVec<[u8; INLINE]>,
    /// The id is `line[id_start..id_end]`, with a space on either side.
    id_start: u32,
    id_end: u32,
    /// The time, cut to nanoseconds: spares reading its digits again.
    seconds: u64,
    nanos: u32,
    /// It stands in the list of changes.
    pub(super) is_listed: bool,
    /// It has changed, or come back, since the hand of [`Store::evict`](super::Store::evict) last came by.
    pub(super) is_recent: bool,
    /// The last byte of the number of the commit that took it last. Commits 256 apart look the same; then it is
    /// taken for under way, and stays in memory for one commit more.
    pub(super) commit: u8,
}

const _: () = assert!(size_of::<Record>() == 128);

impl Record {
    /// A copy of `at`.
    pub fn new(at: &AtLine<'_>) -> Self {
        Record::made(at, &mut Vec::new())
    }

    /// The same; the line is put together in `scratch`.
    pub(super) fn made(at: &AtLine<'_>, scratch: &mut Vec<u8>) -> Self {
        let mut record = Record::vacant(None);
        record.overwrite(at, scratch);
        record
    }

    /// What lies in a slot that no record is in, and where there is another such slot.
    pub(super) fn vacant(next: Option<u32>) -> Self {
        Self {
            line: SmallVec::new(),
            id_start: next.unwrap_or(u32::MAX),
            id_end: 0,
            seconds: 0,
            nanos: 0,
            is_listed: false,
            is_recent: false,
            commit: 0,
        }
    }

    /// Whether this is no record. A line is never empty.
    pub(super) fn is_vacant(&self) -> bool {
        self.line.is_empty()
    }

    pub(super) fn next_vacant(&self) -> Option<u32> {
        (self.id_start != u32::MAX).then_some(self.id_start)
    }

    /// Becomes a copy of `at`, in the buffer it has. The line is put together in `scratch`, which grows but
    /// once, and copied in one piece.
    pub fn overwrite(&mut self, at: &AtLine<'_>, scratch: &mut Vec<u8>) {
        scratch.clear();
        at.write_to(scratch);
        self.line.clear();
        self.line.extend_from_slice(scratch);
        self.id_start = narrow("AT ".len() + at.server.len() + 1 + at.difference.len() + 1);
        self.id_end = self.id_start + narrow(at.id.len());
        (self.seconds, self.nanos) = at.time.seconds_and_nanos();
        self.is_recent = true;
    }

    /// The AT line, without a line end.
    #[inline]
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// The client it is about.
    pub fn id(&self) -> &[u8] {
        &self.line[self.id_start as usize..self.id_end as usize]
    }

    /// Where in the line the client's id is.
    pub(crate) fn id_range(&self) -> std::ops::Range<usize> {
        self.id_start as usize..self.id_end as usize
    }

    /// Whether it has changed since [`Store::take_changes`](super::Store::take_changes) last handed it over.
    pub(crate) fn is_listed(&self) -> bool {
        self.is_listed
    }

    /// When the client was there.
    pub fn time(&self) -> Timestamp<'_> {
        Timestamp::assume_valid(self.after_id().1, self.seconds, self.nanos)
    }

    /// Where the client was.
    pub fn location(&self) -> Location<'_> {
        Location::assume_valid(self.after_id().0)
    }

    /// The same line, field by field.
    pub fn as_at_line(&self) -> AtLine<'_> {
        let before_id = &self.line["AT ".len()..self.id_start as usize - 1];
        let (server, difference) = split_at_space(before_id);
        AtLine { server, difference, id: self.id(), location: self.location(), time: self.time() }
    }

    /// Location and time.
    fn after_id(&self) -> (&[u8], &[u8]) {
        split_at_space(&self.line[self.id_end as usize + 1..])
    }
}

/// What stands before the first space, and behind it.
fn split_at_space(text: &[u8]) -> (&[u8], &[u8]) {
    let space = memchr::memchr(b' ', text).unwrap_or(text.len());
    (&text[..space], text.get(space + 1..).unwrap_or_default())
}

/// Lines are bounded far below 4 GiB.
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;

    fn at(line: &[u8]) -> AtLine<'_> {
        match Command::parse(line) {
            Ok(Command::At(at)) => at,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn keeps_the_line_byte_for_byte_and_gives_back_its_fields() {
        let line = b"AT Alford +0.263873386 kiwi\xff +34.068930-118.445127 1479413884.392014450";
        let record = Record::new(&at(line));
        assert_eq!(record.line(), line);
        assert_eq!(record.as_at_line(), at(line));
        assert_eq!(record.id(), b"kiwi\xff");
        assert_eq!((record.location(), record.time()), (at(line).location, at(line).time));
    }

    #[test]
    fn overwriting_leaves_nothing_of_the_older_line_and_keeps_the_buffer() {
        let mut record =
            Record::new(&at(b"AT Hamilton -12.000000000 kiwi +34.068930-118.445127 1479413884.392014450"));
        let buffer = record.line().as_ptr();
        record.overwrite(&at(b"AT Ball +0.000000000 kiwi +0-0 1479413885"), &mut Vec::new());
        assert_eq!(record.line(), b"AT Ball +0.000000000 kiwi +0-0 1479413885");
        assert_eq!(record.as_at_line(), at(record.line()));
        assert_eq!(record.line().as_ptr(), buffer);
    }
}
