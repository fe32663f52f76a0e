//! What a store holds, in a few kilobytes, so that two servers can see where they differ.

use xxhash_rust::xxh3::xxh3_64;

/// How many buckets clients are sorted into. Where a million are known, a comparison takes 22 kB if nothing differs,
/// 24 kB for one record and 2.1 MB for a thousand. Twice as many buckets would make that 43 kB, 45 kB and 1.8 MB, half
/// as many 11 kB, 14 kB and 3.1 MB (`cargo run --release --example resync_cost`).
pub const BUCKETS: usize = COUNT as usize;

const COUNT: u16 = 1024;

/// The hash of a line: XXH3, 64 bits. Every server of every version must have the same one, for it is what
/// neighbours compare and what stands beside a line on disk.
pub fn hash_of(line: &[u8]) -> u64 {
    xxh3_64(line)
}

/// Clients that are compared together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Bucket(u16);

impl Bucket {
    /// The bucket of the client `id`.
    pub fn of(id: &[u8]) -> Bucket {
        let [.., high, low] = xxh3_64(id).to_be_bytes();
        Bucket(u16::from_be_bytes([high, low]) % COUNT)
    }

    /// The bucket of this number, if there is one.
    pub fn new(number: u16) -> Option<Bucket> {
        (number < COUNT).then_some(Bucket(number))
    }

    /// Its number.
    pub fn number(self) -> u16 {
        self.0
    }

    /// All of them, in order.
    pub fn all() -> impl Iterator<Item = Bucket> {
        (0..COUNT).map(Bucket)
    }

    pub(super) fn first() -> Bucket {
        Bucket(0)
    }

    /// The one after it; the first after the last.
    pub(super) fn next(self) -> Bucket {
        Bucket((self.0 + 1) % COUNT)
    }

    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The XOR of the hashes of all lines of each bucket; zero where there are none.
///
/// It costs two hashes to keep when a line is replaced, however many there are. Two stores with different lines
/// have equal digests with a probability of about 2^-64; the next report of the client ends it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Digest(Vec<u64>);

impl Default for Digest {
    /// Of a store that holds nothing.
    fn default() -> Digest {
        Digest(vec![0; BUCKETS])
    }
}

impl Digest {
    /// What a bucket holds.
    pub fn get(&self, bucket: Bucket) -> u64 {
        self.0[bucket.index()]
    }

    /// Notes what a bucket holds.
    pub fn set(&mut self, bucket: Bucket, hash: u64) {
        self.0[bucket.index()] = hash;
    }

    /// Adds a line's hash to its bucket, or takes it away again.
    pub fn toggle(&mut self, bucket: Bucket, hash: u64) {
        self.0[bucket.index()] ^= hash;
    }

    /// The buckets in which the two differ, in order.
    pub fn differing(&self, other: &Digest) -> Vec<Bucket> {
        let pairs = Bucket::all().zip(self.0.iter().zip(&other.0));
        pairs.filter(|(_, (ours, theirs))| ours != theirs).map(|(bucket, _)| bucket).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_the_same_in_every_version() {
        // python3: xxhash.xxh3_64_hexdigest(b"kiwi"), likewise of the line.
        assert_eq!(format!("{:016x}", hash_of(b"kiwi")), "dfed6e7b19f6132e");
        assert_eq!(format!("{:016x}", hash_of(b"AT Ball +0.000000000 kiwi +1-1 5")), "380a498c8430d360");
    }

    #[test]
    fn a_line_that_is_toggled_twice_leaves_nothing() {
        let mut digest = Digest::default();
        let bucket = Bucket::of(b"kiwi");
        digest.toggle(bucket, 7);
        digest.toggle(bucket, 9);
        assert_eq!(digest.differing(&Digest::default()), [bucket]);
        digest.toggle(bucket, 7);
        digest.toggle(bucket, 9);
        assert_eq!(digest, Digest::default());
    }

    #[test]
    fn numbers_name_buckets_and_nothing_else_does() {
        assert!(Bucket::all().all(|bucket| Bucket::new(bucket.number()) == Some(bucket)));
        assert_eq!(Bucket::new(1024), None);
    }
}
