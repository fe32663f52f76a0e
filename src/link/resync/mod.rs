//! How a neighbour comes to hold what we hold, whatever it has missed.
//!
//! ```text
//! dialler:  COMPARE
//! acceptor: DIGEST 0a3:0123456789abcdef 3ff:...   what each bucket holds, at most 64 to a line
//! acceptor: DIGEST                                that was all
//! dialler:  COMPARE 0a3 3ff ...                   finer: the leaves of buckets that differ and hold many, 32 at most
//! acceptor: DIGEST 0a3 00:0123456789abcdef ...    what each leaf holds; a bucket left out is sent whole
//! acceptor: DIGEST                                that was all; another 32 may be asked
//! dialler:  AT ...                                the records of leaves that differ, a batch of them
//! dialler:  MARK 1
//! acceptor: MARKED 1                              the next batch may come
//! dialler:  SYNCED
//! ```
//!
//! The dialler asks whenever something may have been missed: after each WELCOME, since nothing waits for a
//! neighbour that cannot be reached, and after too much has waited for one that is slow. What it costs grows
//! with the difference, not with what is known: some 22 kB of digests, and for each bucket that differs another
//! 1.3 kB and the leaves that do. News goes before batches and never waits behind more than one of them.
//!
//! A bucket of which some records lie on disk alone is not asked about finer, and left out of the answer: its leaves
//! would have to be read. When its turn comes all of it is read and sent.
//!
//! This module is pure: lines in, lines out.

mod digest_lines;
mod leaf_lines;
mod mark;
mod plan;
mod walk;
mod words;

use std::fmt;

pub use digest_lines::{DigestReader, print_digest};
pub use leaf_lines::{print_leaves, print_question, read_leaves, read_question};
pub use mark::{print_mark, read_mark};
pub use plan::Plan;
pub use walk::{BATCH, Walk};

use crate::planted::{Planted, is_planted};
use crate::store::{Bucket, Digest, Store};

/// The dialler's question.
pub const COMPARE: &[u8] = b"COMPARE";
/// The dialler's last word.
pub const SYNCED: &[u8] = b"SYNCED";

/// Why a neighbour that has proved who it is is no longer heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// A line that has no place on this link.
    Malformed,
    /// A digest, a mark or an end of what was never begun.
    Unasked,
    /// A question about buckets that cannot be read, or about too many.
    Question,
    /// A line of digests that cannot be read.
    Digest,
    /// Buckets or leaves that do not ascend, or one twice; so there are never more than there are.
    Descending,
    /// Another mark than the one that is due.
    Mark,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::Malformed => "a line that has no place between neighbours",
            Refusal::Unasked => "an answer to what was not asked",
            Refusal::Question => "a question that cannot be read",
            Refusal::Digest => "digests that cannot be read",
            Refusal::Descending => "buckets or leaves out of order",
            Refusal::Mark => "another mark than the one that is due",
        })
    }
}

impl std::error::Error for Refusal {}

/// The dialling side of it.
#[derive(Debug, Default)]
pub struct Resync {
    stage: Stage,
    /// The number of the last mark.
    mark: u64,
    tally: Tally,
}

#[derive(Debug, Default)]
enum Stage {
    /// The neighbour holds what we held when it was last compared, and has been told the news since.
    #[default]
    Idle,
    /// COMPARE is sent; what the neighbour holds is being read.
    Comparing(DigestReader),
    /// A finer question may go.
    Planning(Plan),
    /// It has gone; its answer is being read.
    Asking(Plan),
    /// A batch may go, if nothing has to be read for it.
    Sending(Walk),
    /// A bucket is being read from disk.
    Reading(Walk),
    /// A batch has gone; its mark is due.
    Marking(Walk),
}

/// What is to be sent next, once the news is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// Nothing, or not yet.
    Nothing,
    /// COMPARE.
    Compare,
    /// A finer question.
    Question,
    /// A batch, and its mark.
    Batch,
    /// SYNCED.
    Synced,
}

/// What it took until the neighbour held everything.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Records sent.
    pub records: u64,
    /// Buckets that differed.
    pub buckets: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: u64| if count == 1 { "" } else { "s" };
        let Tally { records, buckets } = *self;
        match records {
            0 => f.write_str("lacks nothing"),
            _ => write!(
                f,
                "told what it lacked: {records} record{} ({buckets} bucket{} differed)",
                plural(records),
                plural(buckets)
            ),
        }
    }
}

impl Resync {
    /// Whether nothing is under way.
    pub fn is_idle(&self) -> bool {
        matches!(self.stage, Stage::Idle)
    }

    /// What is to be sent next to a neighbour that `is_behind`: that has missed something since COMPARE was
    /// last sent. What is under way is finished first, so that each round gets somewhere.
    pub fn due(&self, is_behind: bool) -> Due {
        match &self.stage {
            Stage::Idle if is_behind => Due::Compare,
            Stage::Planning(_) => Due::Question,
            Stage::Sending(walk) if !walk.is_over() => Due::Batch,
            Stage::Sending(_) if is_behind => Due::Compare,
            Stage::Sending(_) => Due::Synced,
            _ => Due::Nothing,
        }
    }

    /// COMPARE is sent.
    pub fn compare(&mut self) {
        self.stage = Stage::Comparing(DigestReader::default());
    }

    /// Hears a line of the neighbour's.
    ///
    /// # Errors
    ///
    /// A [`Refusal`].
    pub fn hear(&mut self, line: &[u8], store: &Store) -> Result<(), Refusal> {
        match (std::mem::take(&mut self.stage), line.first_chunk()) {
            (Stage::Comparing(digests), Some(b"DIGEST")) => self.compared(digests, line, store),
            (Stage::Asking(plan), Some(b"DIGEST")) => self.answered(plan, line, store),
            (Stage::Marking(walk), Some(b"MARKED")) => self.marked(walk, line),
            (_, Some(b"DIGEST" | b"MARKED")) => Err(Refusal::Unasked),
            _ => Err(Refusal::Malformed),
        }
    }

    fn compared(&mut self, mut digests: DigestReader, line: &[u8], store: &Store) -> Result<(), Refusal> {
        match digests.read(line)? {
            None => self.stage = Stage::Comparing(digests),
            Some(theirs) => {
                let buckets = differing(store.digest(), &theirs);
                self.tally.buckets += buckets.len() as u64;
                self.go_on(Plan::new(&buckets, &theirs, store));
            }
        }
        Ok(())
    }

    fn answered(&mut self, mut plan: Plan, line: &[u8], store: &Store) -> Result<(), Refusal> {
        if plan.hear(line, store)? {
            self.go_on(plan);
        } else {
            self.stage = Stage::Asking(plan);
        }
        Ok(())
    }

    fn go_on(&mut self, plan: Plan) {
        self.stage = if plan.is_ready() { Stage::Sending(plan.walk()) } else { Stage::Planning(plan) };
    }

    fn marked(&mut self, walk: Walk, line: &[u8]) -> Result<(), Refusal> {
        if read_mark(b"MARKED", line) != Some(self.mark) {
            return Err(Refusal::Mark);
        }
        let stops = is_planted(Planted::ResyncStopsEarly);
        self.stage = Stage::Sending(if stops { Walk::default() } else { walk });
        Ok(())
    }

    /// The finer question to be sent, with a line end.
    pub fn question(&mut self) -> String {
        let Stage::Planning(mut plan) = std::mem::take(&mut self.stage) else { return String::new() };
        let question = plan.question();
        self.stage = Stage::Asking(plan);
        question
    }

    /// The bucket that is to be read from disk before the next batch may go, if any. It is being read from here on.
    pub fn reads(&mut self, store: &Store) -> Option<Bucket> {
        let Stage::Sending(walk) = &mut self.stage else { return None };
        let bucket = walk.unread(store)?;
        self.stage = Stage::Reading(std::mem::take(walk));
        Some(bucket)
    }

    /// It has been read: these are its lines. `None`: it has to be read again.
    pub fn read(&mut self, lines: Option<Vec<Vec<u8>>>, store: &Store) {
        if let Stage::Reading(walk) = &mut self.stage {
            let mut walk = std::mem::take(walk);
            lines.into_iter().for_each(|lines| walk.read(lines, store));
            self.stage = Stage::Sending(walk);
        }
    }

    /// Hands the lines of the next batch to `each`; the mark to send behind them.
    pub fn batch(&mut self, store: &Store, each: impl FnMut(&[u8])) -> u64 {
        if let Stage::Sending(mut walk) = std::mem::take(&mut self.stage) {
            self.tally.records += walk.batch(store, each);
            self.mark += 1;
            self.stage = Stage::Marking(walk);
        }
        self.mark
    }

    /// SYNCED is sent: what it took.
    pub fn synced(&mut self) -> Tally {
        self.stage = Stage::Idle;
        std::mem::take(&mut self.tally)
    }
}

fn differing(ours: &Digest, theirs: &Digest) -> Vec<Bucket> {
    let mut buckets = ours.differing(theirs);
    if is_planted(Planted::BucketForgotten) {
        buckets.pop();
    }
    buckets
}

#[cfg(test)]
mod tests;
