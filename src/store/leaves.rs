//! What one bucket holds, sixty-four times as fine: computed when it is asked for, never kept.

use xxhash_rust::xxh3::xxh3_64;

use super::{Record, hash_of};

/// How many leaves a bucket has. Of a million records, a leaf holds some fifteen.
pub const LEAVES: usize = COUNT as usize;

const COUNT: u8 = 64;

/// Clients of a bucket that are compared together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Leaf(u8);

impl Leaf {
    /// The leaf of the client `id` in its bucket: other bits of the same hash.
    pub fn of(id: &[u8]) -> Leaf {
        let [.., leaf, _, _] = xxh3_64(id).to_be_bytes();
        Leaf(leaf % COUNT)
    }

    /// The leaf of this number, if there is one.
    pub fn new(number: u8) -> Option<Leaf> {
        (number < COUNT).then_some(Leaf(number))
    }

    /// Its number.
    pub fn number(self) -> u8 {
        self.0
    }

    /// All of them, in order.
    pub fn all() -> impl Iterator<Item = Leaf> {
        (0..COUNT).map(Leaf)
    }
}

/// The XOR of the hashes of all lines of each leaf of a bucket; zero where there are none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaves([u64; LEAVES]);

impl Default for Leaves {
    /// Of a bucket that holds nothing.
    fn default() -> Leaves {
        Leaves([0; LEAVES])
    }
}

impl Leaves {
    /// Of the bucket that holds these records.
    pub fn of<'a>(records: impl Iterator<Item = &'a Record>) -> Leaves {
        let mut leaves = Leaves::default();
        for record in records {
            leaves.0[usize::from(Leaf::of(record.id()).0)] ^= hash_of(record.line());
        }
        leaves
    }

    /// What a leaf holds.
    pub fn get(&self, leaf: Leaf) -> u64 {
        self.0[usize::from(leaf.0)]
    }

    /// Notes what a leaf holds.
    pub fn set(&mut self, leaf: Leaf, hash: u64) {
        self.0[usize::from(leaf.0)] = hash;
    }

    /// The leaves that hold something, and something else than those of `other`.
    pub fn lacking_in(&self, other: &Leaves) -> LeafSet {
        let is_lacking = |leaf: &Leaf| ![0, other.get(*leaf)].contains(&self.get(*leaf));
        LeafSet(Leaf::all().filter(is_lacking).fold(0, |set, leaf| set | 1 << leaf.0))
    }
}

/// Some leaves of a bucket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeafSet(u64);

impl LeafSet {
    /// All of them.
    pub const ALL: LeafSet = LeafSet(u64::MAX);

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the client `id` of this bucket lies in one of them.
    pub fn covers(self, id: &[u8]) -> bool {
        self == LeafSet::ALL || self.0 >> Leaf::of(id).0 & 1 == 1
    }

    /// Without the first of them.
    #[must_use]
    pub fn without_first(self) -> LeafSet {
        LeafSet(self.0 & self.0.wrapping_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::store::{BUCKETS, Bucket};

    #[test]
    fn leaves_are_the_same_in_every_version_and_no_bits_of_the_bucket() {
        // The hash of "kiwi" is dfed6e7b19f6132e; 0xf6 & 0x3f.
        assert_eq!(Leaf::of(b"kiwi").number(), 0x36);
        let ids = (0..300 * BUCKETS).map(|number| number.to_string().into_bytes());
        let of_one_bucket = ids.filter(|id| Bucket::of(id) == Bucket::of(b"kiwi"));
        let leaves: BTreeSet<Leaf> = of_one_bucket.map(|id| Leaf::of(&id)).collect();
        assert!(leaves.len() > LEAVES / 2, "{leaves:?}");
    }

    #[test]
    fn a_leaf_is_lacking_if_it_holds_something_else() {
        let leaves = |hashes: &[(u8, u64)]| {
            let mut leaves = Leaves::default();
            hashes.iter().for_each(|(number, hash)| leaves.set(Leaf::new(*number).unwrap(), *hash));
            leaves
        };
        let (ours, theirs) = (leaves(&[(0, 1), (1, 1), (63, 1)]), leaves(&[(0, 1), (1, 2), (2, 1)]));
        assert_eq!(ours.lacking_in(&theirs), LeafSet(1 << 63 | 1 << 1));
        assert_eq!(theirs.lacking_in(&ours), LeafSet(1 << 2 | 1 << 1));
        assert!(ours.lacking_in(&ours).is_empty());
        assert_eq!(ours.lacking_in(&theirs).without_first(), LeafSet(1 << 63));
        assert_eq!(Leaf::new(64), None);
    }

    #[test]
    fn a_set_covers_the_clients_of_its_leaves() {
        let leaf = LeafSet(1 << Leaf::of(b"kiwi").0);
        assert!(leaf.covers(b"kiwi") && LeafSet::ALL.covers(b"kiwi"));
        assert!(!leaf.without_first().covers(b"kiwi") && leaf.without_first().is_empty());
        assert!(!LeafSet(!leaf.0).covers(b"kiwi"));
    }
}
