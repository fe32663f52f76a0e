//! A digest in lines: `DIGEST 0a3:0123456789abcdef ...`, and `DIGEST` alone at the end.

use super::Refusal;
use super::words::{ascend, read_bucket, read_pair};
use crate::buggify::{Point, fires};
use crate::store::{Bucket, Digest};

/// Pairs to a line: some 1,300 bytes.
const PAIRS: usize = 64;
/// `0a3:0123456789abcdef`.
const PAIR: usize = 20;

/// Hands `digest` to `each`, line by line, without line ends.
pub fn print_digest(digest: &Digest, mut each: impl FnMut(&[u8])) {
    let pairs = Bucket::all().map(|bucket| (bucket, digest.get(bucket)));
    let pairs: Vec<(Bucket, u64)> = pairs.filter(|(_, hash)| *hash != 0).collect();
    let to_a_line = if fires(Point::ShortDigestLines) { 1 } else { PAIRS };
    for pairs in pairs.chunks(to_a_line) {
        let mut line = String::from("DIGEST");
        for (bucket, hash) in pairs {
            line += &format!(" {:03x}:{hash:016x}", bucket.number());
        }
        each(line.as_bytes());
    }
    each(b"DIGEST");
}

/// Puts a digest together again.
#[derive(Debug, Default)]
pub struct DigestReader {
    digest: Digest,
    last: Option<Bucket>,
}

impl DigestReader {
    /// Reads the next line. The digest, if it was the last.
    ///
    /// # Errors
    ///
    /// [`Refusal::Digest`] and [`Refusal::Descending`].
    pub fn read(&mut self, line: &[u8]) -> Result<Option<Digest>, Refusal> {
        let pairs = line.strip_prefix(b"DIGEST").ok_or(Refusal::Digest)?;
        if pairs.is_empty() {
            return Ok(Some(std::mem::take(&mut self.digest)));
        }
        let pairs = pairs.strip_prefix(b" ").ok_or(Refusal::Digest)?;
        if pairs.len() > PAIRS * (PAIR + 1) - 1 {
            return Err(Refusal::Digest);
        }
        pairs.split(|&byte| byte == b' ').try_for_each(|pair| self.note(pair))?;
        Ok(None)
    }

    fn note(&mut self, pair: &[u8]) -> Result<(), Refusal> {
        let (bucket, hash) = read_pair(pair).ok_or(Refusal::Digest)?;
        let bucket = read_bucket(bucket).ok_or(Refusal::Digest)?;
        ascend(&mut self.last, bucket)?;
        self.digest.set(bucket, hash);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::BUCKETS;

    fn lines(digest: &Digest) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        print_digest(digest, |line| lines.push(line.to_vec()));
        lines
    }

    fn read(lines: &[&[u8]]) -> Result<Option<Digest>, Refusal> {
        let mut reader = DigestReader::default();
        lines.iter().try_fold(None, |_, line| reader.read(line))
    }

    fn digest(hashes: impl IntoIterator<Item = (u16, u64)>) -> Digest {
        let mut digest = Digest::default();
        for (number, hash) in hashes {
            digest.set(Bucket::new(number).unwrap(), hash);
        }
        digest
    }

    #[test]
    fn buckets_that_are_empty_are_not_told() {
        assert_eq!(lines(&Digest::default()), [b"DIGEST"]);
        let two = digest([(0x3ff, 1), (0x0a3, 0x0123_4567_89ab_cdef)]);
        assert_eq!(lines(&two), [&b"DIGEST 0a3:0123456789abcdef 3ff:0000000000000001"[..], &b"DIGEST"[..]]);
    }

    #[test]
    fn a_full_digest_is_told_in_lines_of_sixty_four() {
        let full = digest((0..1024).map(|number| (number, u64::MAX)));
        let lines = lines(&full);
        assert_eq!(lines.len(), BUCKETS / 64 + 1);
        assert_eq!(lines.iter().map(|line| line.len() + 1).sum::<usize>(), 17 * 7 + BUCKETS * (PAIR + 1));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let hash = "0000000000000001";
        for pairs in [
            " ".to_owned(),
            format!("  0a3:{hash}"),
            format!(" 0a3:{hash} "),
            format!(" 0A3:{hash}"),
            format!(" 0a:{hash}"),
            format!(" 0a3:{}", "0".repeat(16)),
            format!(" 400:{hash}"),
            format!(" fff:{hash}"),
            format!(" 0a3 {hash}"),
            format!(" 0a3:{hash}0"),
            format!(" +a3:{hash}"),
            format!("0a3:{hash}"),
            (0..65).map(|number| format!(" {number:03x}:{hash}")).collect(),
        ] {
            let line = format!("DIGEST{pairs}");
            assert_eq!(read(&[line.as_bytes()]), Err(Refusal::Digest), "{line}");
        }
    }

    #[test]
    fn buckets_ascend_over_all_lines_so_there_are_never_too_many() {
        let pair = |number: u16| format!("DIGEST {number:03x}:0000000000000001").into_bytes();
        for (first, then) in [(5, 4), (5, 5), (1023, 0)] {
            assert_eq!(read(&[&pair(first), &pair(then)]), Err(Refusal::Descending));
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read(hashes in prop::collection::btree_map(0..1024_u16, any::<u64>(), 0..300)) {
            let digest = digest(hashes);
            let lines = lines(&digest);
            let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(read(&lines), Ok(Some(digest)));
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..100), text in "DIGEST[ :0-9a-f]{0,60}") {
            let _ = DigestReader::default().read(&bytes);
            let _ = DigestReader::default().read(text.as_bytes());
            let _ = DigestReader::default().read(&[b"DIGEST ", &bytes[..]].concat());
        }
    }
}
