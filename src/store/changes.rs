//! Which records have changed since somebody last took them.

use std::collections::VecDeque;

use super::{Place, Record};

/// Places of records, in the order in which they first changed. Each is listed once, so the list is never longer
/// than the store.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    is_kept: bool,
    listed: VecDeque<Place>,
    /// How many have been taken.
    taken: u64,
}

impl Changes {
    pub(super) fn keep(&mut self, keep: bool) {
        self.is_kept = keep;
    }

    pub(super) fn is_kept(&self) -> bool {
        self.is_kept
    }

    pub(super) fn note(&mut self, place: Place, record: &mut Record) {
        if self.is_kept && !std::mem::replace(&mut record.is_listed, true) {
            self.listed.push_back(place);
        }
    }

    pub(super) fn last(&self) -> u64 {
        self.taken + self.listed.len() as u64
    }

    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    pub(super) fn take(&mut self, most: usize) -> impl Iterator<Item = Place> {
        let count = most.min(self.listed.len());
        self.taken += count as u64;
        self.listed.drain(..count)
    }
}
