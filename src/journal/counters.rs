//! What a journal has done so far.

use std::fmt;

use crate::counted::Counted;

/// Commits and what became of them, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct JournalCounters {
    /// Commits that are on disk.
    pub commits: u64,
    /// Records in them.
    pub records: u64,
    /// Commits that failed, each attempt by itself.
    pub failed: u64,
    /// Commits that had not come back after five seconds, though they may have since.
    pub silent: u64,
    /// IAMATs refused because the disk failed.
    pub refused: u64,
    /// Clients whose connection was closed because their report was not on disk when it failed.
    pub closed: u64,
    /// Records that have left memory, since they are on disk.
    pub evicted: u64,
    /// Those of them that were found there again.
    pub found: u64,
    /// Times the disk failed when a record, or a bucket of them, was to be read.
    pub unread: u64,
    /// Records that were not as they were written, each time that one was met.
    pub altered: u64,
}

/// Those that are not zero, one a line.
impl fmt::Display for JournalCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let JournalCounters { commits, records, failed, silent, refused, closed, .. } = *self;
        let JournalCounters { evicted, found, unread, altered, .. } = *self;
        let all = [
            (commits, "commits"),
            (records, "records committed"),
            (failed, "commits failed"),
            (silent, "commits took more than 5 s"),
            (refused, "reports refused, for the disk failed"),
            (closed, "clients closed, for the disk failed"),
            (evicted, "records left memory"),
            (found, "evicted records found on disk again"),
            (unread, "times it could not be read"),
            (altered, "records were altered there"),
        ];
        Counted(&all).fmt(f)
    }
}
