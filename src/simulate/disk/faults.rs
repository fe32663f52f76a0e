//! What is wrong with a disk, and what went wrong with it so far.

use std::io;

/// What has happened to a disk, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DiskCounts {
    /// Syncs that were carried out.
    pub syncs: u64,
    /// Cuts of the power.
    pub cuts: u64,
    /// Operations that a cut made as if they had never been.
    pub forgotten: u64,
    /// Writes of which a cut left some sectors.
    pub torn: u64,
    /// Operations that failed with EIO.
    pub errors: u64,
    /// Operations that failed with ENOSPC.
    pub full: u64,
    /// Bits that turned over.
    pub flipped: u64,
}

impl DiskCounts {
    /// All faults together.
    pub fn faults(&self) -> u64 {
        let DiskCounts { syncs: _, cuts, forgotten, torn, errors, full, flipped } = self;
        cuts + forgotten + torn + errors + full + flipped
    }
}

/// What is yet to happen.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// Operations until the power goes; zero: it has.
    pub(super) power: Option<u64>,
    /// Operations until one fails, and whether all after it do.
    failure: Option<(u64, bool)>,
    pub(super) is_full: bool,
}

impl Faults {
    pub(super) fn fail_after(&mut self, operations: u64, lasting: bool) {
        self.failure = Some((operations, lasting));
    }

    pub(super) fn mend(&mut self) {
        self.failure = None;
        self.is_full = false;
    }

    /// One operation is about to be carried out, unless it fails here.
    pub(super) fn pass(&mut self, counts: &mut DiskCounts) -> io::Result<()> {
        match &mut self.power {
            Some(0) => return Err(io::Error::other("the power is gone")),
            Some(left) => *left -= 1,
            None => {}
        }
        match self.failure {
            Some((0, lasting)) => {
                self.failure = Some((0, true)).filter(|_| lasting);
                counts.errors += 1;
                Err(io::Error::other("simulated: input/output error"))
            }
            Some((left, lasting)) => {
                self.failure = Some((left - 1, lasting));
                Ok(())
            }
            None => Ok(()),
        }
    }
}
