//! What has become of the rows of an import.

use super::BadRow;

/// How many bad rows of one input are named; the rest is counted.
const NAMED: usize = 5;

/// What has become of the rows of one input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// Rows that are places.
    pub places: u64,
    /// Rows that are none.
    pub skipped: u64,
    /// Where each of the first is that are none, and why.
    pub first: Vec<(Position, BadRow)>,
}

/// Where a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// It begins on this line, counted from 1.
    Line(u64),
    /// It is the Feature of this number, counted from 1, of a text that may be all on one line.
    Feature(u64),
}

impl Tally {
    pub(super) fn skip(&mut self, at: Position, why: BadRow) {
        self.skipped += 1;
        if self.first.len() < NAMED {
            self.first.push((at, why));
        }
    }
}

/// What all inputs together have made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Places of the new gazetteer.
    pub places: u64,
    /// Places that a later row with the same identifier has replaced.
    pub replaced: u64,
}
