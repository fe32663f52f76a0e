//! The room that the log keeps free for the records where both are on one disk.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// Of a small disk one part in so many is kept free for new records.
const PART: u64 = 8;
/// Of a large disk at most so many bytes.
const MOST: u64 = 64 * 1024 * 1024;
/// What [`MetadataExt::blocks`] counts.
const BLOCK: u64 = 512;

/// The bytes that are kept free: as many as the file of records takes, because a commit may write every page of it anew
/// before it frees the old ones; and [`PART`] of the disk, at most [`MOST`], for new records.
#[derive(Debug, Default)]
pub(super) struct Reserve {
    /// `None`: nothing is kept free.
    records: Option<PathBuf>,
}

impl Reserve {
    pub(super) fn of(records: PathBuf) -> Reserve {
        Reserve { records: Some(records) }
    }

    /// Whether there would be too little room after another `more` bytes of `log`.
    pub(super) fn is_short(&self, log: &Metadata, more: u64) -> bool {
        let least = |records: &PathBuf| {
            let about = fs::metadata(records).ok()?;
            let disk = rustix::fs::statvfs(records).ok()?;
            // Records on another disk need no room here. Some file systems do not say how large they are.
            let is_known = about.dev() == log.dev() && disk.f_blocks > 0;
            let part = (disk.f_blocks.saturating_mul(disk.f_frsize) / PART).min(MOST);
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            is_known.then(|| (free, part.saturating_add(about.blocks() * BLOCK)))
        };
        let known = self.records.as_ref().and_then(least);
        known.is_some_and(|(free, least)| free < least.saturating_add(more))
    }
}
