//! The room that the log keeps free for the records where both are on one disk.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::private_file::folder_of;

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
        let room = self.records.as_ref().and_then(|records| room(records, log.dev()));
        room.is_some_and(|(free, least)| free < least.saturating_add(more))
    }
}

/// The bytes that are free on the disk of the records, and those that are to be kept free; `None` if it is not this
/// `device`, or does not say how large it is.
fn room(records: &Path, device: u64) -> Option<(u64, u64)> {
    let (folder, about) = (fs::metadata(folder_of(records)).ok()?, fs::metadata(records));
    let taken = about.map_or(0, |about| about.blocks() * BLOCK);
    let disk = rustix::fs::statvfs(folder_of(records)).ok()?;
    let part = (disk.f_blocks.saturating_mul(disk.f_frsize) / PART).min(MOST);
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    (folder.dev() == device && disk.f_blocks > 0).then(|| (free, part.saturating_add(taken)))
}
