//! Who lives in which slot: hands out keys that are never handed out again (law 3).

use slab::Slab;

use crate::net::Key;

/// The keys in use. A slot is used again after its tenant is gone, under the next serial number.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    tenants: Slab<Key>,
    /// The next serial number of each slot ever used.
    next: Vec<u32>,
}

impl Keys {
    /// A key that was never used before.
    pub(crate) fn issue(&mut self) -> Key {
        let entry = self.tenants.vacant_entry();
        let index = entry.key();
        if index == self.next.len() {
            self.next.push(0);
        }
        // There are no more slots than links and requests for them (`Limits`), far below 2^32.
        let slot = u32::try_from(index).unwrap_or(u32::MAX);
        let key = Key { slot, serial: self.next[index] };
        entry.insert(key);
        key
    }

    /// Gives the slot back, unless its serial numbers are used up: then it is never used again.
    pub(crate) fn retire(&mut self, key: Key) {
        let slot = key.slot as usize;
        if self.contains(key) && key.serial < u32::MAX {
            self.next[slot] = key.serial + 1;
            self.tenants.remove(slot);
        }
    }

    /// Whether it is in use.
    pub(crate) fn contains(&self, key: Key) -> bool {
        self.tenants.get(key.slot as usize) == Some(&key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_3_a_slot_is_used_again_but_a_key_never() {
        let mut keys = Keys::default();
        let first = keys.issue();
        keys.retire(first);
        let second = keys.issue();
        assert_eq!(first.slot, second.slot);
        assert_ne!(first, second);
        keys.retire(first); // stale: must not evict the second
        assert!(keys.tenants.contains(second.slot as usize));
    }

    #[test]
    fn a_slot_whose_serials_are_used_up_stays_empty() {
        let mut keys = Keys::default();
        let key = keys.issue();
        keys.retire(key);
        keys.next[0] = u32::MAX;
        let last = keys.issue();
        keys.retire(last);
        assert_ne!(keys.issue().slot, last.slot);
    }
}
