//! The records of one bucket that are in memory, and how many are not.

use super::Record;

/// Slots for records. A record keeps its slot for as long as it is in memory, for others know it by that; a slot
/// that one has left is the next to be used.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelf {
    slots: Vec<Record>,
    /// The vacant slot to be used next; it says which comes after it.
    vacant: Option<u32>,
    /// Records that lie on disk alone.
    away: u32,
    /// How often a record has left.
    departures: u64,
}

impl Shelf {
    /// The slot in which `record` lies from here on.
    pub(super) fn add(&mut self, record: Record) -> u32 {
        if let Some(index) = self.vacant {
            let slot = &mut self.slots[index as usize];
            self.vacant = slot.next_vacant();
            *slot = record;
            return index;
        }
        let index = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        self.slots.push(record);
        index
    }

    /// The record in this slot leaves memory: it lies on disk alone.
    pub(super) fn send_away(&mut self, index: u32) {
        self.slots[index as usize] = Record::vacant(self.vacant);
        self.vacant = Some(index);
        self.departures += 1;
        self.away += 1;
    }

    /// A record of the bucket lies on disk alone, and never was in memory.
    pub(super) fn leave_away(&mut self) {
        self.away += 1;
    }

    /// One of those on disk is to be added again.
    pub(super) fn take_back(&mut self) {
        self.away = self.away.saturating_sub(1);
    }

    pub(super) fn is_whole(&self) -> bool {
        self.away == 0
    }

    pub(super) fn departures(&self) -> u64 {
        self.departures
    }

    pub(super) fn get(&self, index: u32) -> &Record {
        &self.slots[index as usize]
    }

    pub(super) fn get_mut(&mut self, index: u32) -> &mut Record {
        &mut self.slots[index as usize]
    }

    /// All slots, in order; the vacant ones are `None`.
    pub(super) fn slots(&self) -> impl ExactSizeIterator<Item = Option<&Record>> {
        self.slots.iter().map(|record| (!record.is_vacant()).then_some(record))
    }

    /// The record of a slot, if there is one in it; `None` behind the last slot.
    pub(super) fn slot_mut(&mut self, index: u32) -> Option<Option<&mut Record>> {
        self.slots.get_mut(index as usize).map(|record| (!record.is_vacant()).then_some(record))
    }
}
