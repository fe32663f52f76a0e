//! What has been asked of the desk, and what it has asked, counted.

use std::fmt;
use std::time::Duration;

use crate::counted::Counted;
use crate::places::{ProviderError, Search, Searched};

/// Questions of clients: each is answered or failed, once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeskCounters {
    /// Questions.
    pub asked: u64,
    /// Those that got places, or a status that says why not.
    pub answered: u64,
    /// Those that got neither.
    pub failed: u64,
    /// Those that shared the answer to another one.
    pub merged: u64,
    /// Those that were refused a place in the queue, or had to leave it for one of a client with fewer.
    pub refused_by_queue: u64,
    /// Times that the wait in the queue was too long.
    pub expired: u64,
}

/// Those that are not zero, one a line.
impl fmt::Display for DeskCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DeskCounters { asked, answered, failed, merged, .. } = *self;
        let DeskCounters { refused_by_queue, expired, .. } = *self;
        let all = [
            (asked, "asked for"),
            (merged, "merged with one in flight"),
            (answered, "answered"),
            (failed, "failed"),
            (refused_by_queue, "refused by a full queue"),
            (expired, "expired in the queue"),
        ];
        Counted(&all).fmt(f)
    }
}

/// Calls of one source: each gets an answer or fails, once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceCounters {
    /// Calls made.
    pub calls: u64,
    /// Answers; a status such as `ZERO_RESULTS` is one.
    pub answers: u64,
    /// Answers that say that the source will not answer: a limit is reached, or access denied.
    pub refusals: u64,
    /// Calls without an answer in time.
    pub timed_out: u64,
    /// Calls that could not be made, or whose connection failed.
    pub unreachable: u64,
    /// HTTP statuses that are no answers.
    pub statuses: u64,
    /// Answers that could not be read, or say that something went wrong.
    pub rubbish: u64,
    /// Times that the source was not called because it rested.
    pub spared: u64,
    /// How long all calls took that have ended.
    pub spent: Duration,
    /// How long the longest of them took.
    pub longest: Duration,
}

impl SourceCounters {
    /// A call has ended.
    pub(super) fn count(&mut self, outcome: &Searched, took: Duration) {
        self.spent += took;
        self.longest = self.longest.max(took);
        self.refusals += u64::from(outcome.as_ref().is_ok_and(Search::is_refusal));
        *self.place(outcome) += 1;
    }

    /// Calls that have failed.
    pub(super) fn failures(&self) -> u64 {
        self.timed_out + self.unreachable + self.statuses + self.rubbish
    }

    fn place(&mut self, outcome: &Searched) -> &mut u64 {
        match outcome {
            Ok(_) => &mut self.answers,
            Err(ProviderError::TimedOut) => &mut self.timed_out,
            Err(ProviderError::Status(_)) => &mut self.statuses,
            Err(ProviderError::Unreadable(_) | ProviderError::Failed(_)) => &mut self.rubbish,
            Err(_) => &mut self.unreachable,
        }
    }
}

/// Those that are not zero, one a line, and the times if any are known.
impl fmt::Display for SourceCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SourceCounters { calls, answers, refusals, timed_out, unreachable, .. } = *self;
        let SourceCounters { statuses, rubbish, spared, spent, longest, .. } = *self;
        if longest > Duration::ZERO {
            writeln!(f, "{spent:.1?} for all calls that have ended, {longest:.1?} for the longest")?;
        }
        let all = [
            (calls, "calls"),
            (answers, "answers"),
            (refusals, "answers that were refusals"),
            (timed_out, "timed out"),
            (unreachable, "unreachable"),
            (statuses, "other statuses"),
            (rubbish, "unreadable"),
            (spared, "spared"),
        ];
        Counted(&all).fmt(f)
    }
}
