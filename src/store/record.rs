//! What a server knows of one client: the newest AT line about it.

use smallvec::SmallVec;

use crate::command::{AtLine, Location, Timestamp};

/// Lines up to this length lie in the record itself. Nearly all are shorter; and the record of a client is
/// found with one look into memory where a buffer of its own would take two, one after the other.
const INLINE: usize = 112;

/// An AT line, owned, and where its fields end.
///
/// A WHATSAT is answered with it byte for byte (the specification, section 4). A newer line is written over
/// the older one, so a client that keeps reporting costs no allocation.
#[derive(Clone, Debug)]
pub struct Record {
    line: SmallVec<[u8; INLINE]>,
    /// Where the word `AT` and the five fields after it end in `line`; the next begins one byte later.
    ends: [u32; 6],
    /// The time, cut to nanoseconds: spares reading its digits again.
    nanos: i128,
}

impl Record {
    /// A copy of `at`.
    pub fn new(at: &AtLine<'_>) -> Self {
        let mut record = Self { line: SmallVec::new(), ends: [0; 6], nanos: 0 };
        record.overwrite(at, &mut Vec::new());
        record
    }

    /// Becomes a copy of `at`, in the buffer it has. The line is put together in `scratch`, which grows but
    /// once, and copied in one piece.
    pub fn overwrite(&mut self, at: &AtLine<'_>, scratch: &mut Vec<u8>) {
        scratch.clear();
        at.write_to(scratch);
        self.line.clear();
        self.line.extend_from_slice(scratch);
        let mut end = narrow("AT".len());
        self.ends[0] = end;
        for (field, stored) in at.fields().iter().zip(&mut self.ends[1..]) {
            end += 1 + narrow(field.len());
            *stored = end;
        }
        self.nanos = at.time.nanos();
    }

    /// The AT line, without a line end.
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// The client it is about.
    pub fn id(&self) -> &[u8] {
        self.field(2)
    }

    /// When the client was there.
    pub fn time(&self) -> Timestamp<'_> {
        Timestamp::assume_valid(self.field(4), self.nanos)
    }

    /// Where the client was.
    pub fn location(&self) -> Location<'_> {
        Location::assume_valid(self.field(3))
    }

    /// The same line, field by field.
    pub fn as_at_line(&self) -> AtLine<'_> {
        AtLine {
            server: self.field(0),
            difference: self.field(1),
            id: self.id(),
            location: self.location(),
            time: self.time(),
        }
    }

    /// A field, counted as in [`AtLine::fields`].
    fn field(&self, index: usize) -> &[u8] {
        &self.line[self.ends[index] as usize + 1..self.ends[index + 1] as usize]
    }
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
