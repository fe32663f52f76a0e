//! A finer question and its answer: `COMPARE 0a3 1b2 ...`, `DIGEST 0a3 00:0123456789abcdef ...`.

use super::Refusal;
use super::words::{ascend, read_bucket, read_hex, read_pair};
use crate::buggify::{Point, fires};
use crate::store::{Bucket, Leaf, Leaves, Store};

/// The most buckets of a question. A bucket's leaves are some 1,300 bytes, so an answer stays below 42 kB, and
/// below the high water mark of the link.
pub(super) const ASKED: usize = 32;

/// The question about `buckets`, with a line end.
pub fn print_question(buckets: &[Bucket]) -> String {
    let mut line = String::from("COMPARE");
    for bucket in buckets {
        line += &format!(" {:03x}", bucket.number());
    }
    line + "\n"
}

/// The buckets that are asked about: at least one, and they ascend.
///
/// # Errors
///
/// [`Refusal::Question`] and [`Refusal::Descending`].
pub fn read_question(line: &[u8]) -> Result<Vec<Bucket>, Refusal> {
    let words = line.strip_prefix(b"COMPARE ").ok_or(Refusal::Question)?;
    if words.len() >= ASKED * 4 {
        return Err(Refusal::Question);
    }
    let mut last = None;
    let read = |word| {
        let bucket = read_bucket(word).ok_or(Refusal::Question)?;
        ascend(&mut last, bucket).map(|()| bucket)
    };
    words.split(|&byte| byte == b' ').map(read).collect()
}

/// Hands what the leaves of `buckets` hold to `each`, line by line, without line ends. Who cannot say it of a
/// bucket leaves it out, and is sent the whole of it.
pub fn print_leaves(buckets: &[Bucket], store: &Store, mut each: impl FnMut(&[u8])) {
    for &bucket in buckets {
        if store.is_whole(bucket) && !fires(Point::UnknownLeaves) {
            each(print_bucket(bucket, &Leaves::of(store.bucket(bucket))).as_bytes());
        }
    }
    each(b"DIGEST");
}

fn print_bucket(bucket: Bucket, leaves: &Leaves) -> String {
    let mut line = format!("DIGEST {:03x}", bucket.number());
    for leaf in Leaf::all().filter(|&leaf| leaves.get(leaf) != 0) {
        line += &format!(" {:02x}:{:016x}", leaf.number(), leaves.get(leaf));
    }
    line
}

/// A bucket, and what its leaves hold. `None`: that was all.
///
/// # Errors
///
/// [`Refusal::Digest`] and [`Refusal::Descending`].
pub fn read_leaves(line: &[u8]) -> Result<Option<(Bucket, Leaves)>, Refusal> {
    let words = line.strip_prefix(b"DIGEST").ok_or(Refusal::Digest)?;
    if words.is_empty() {
        return Ok(None);
    }
    let mut words = words.strip_prefix(b" ").ok_or(Refusal::Digest)?.split(|&byte| byte == b' ');
    let bucket = words.next().and_then(read_bucket).ok_or(Refusal::Digest)?;
    let (mut leaves, mut last) = (Leaves::default(), None);
    for pair in words {
        let (leaf, hash) = read_leaf(pair).ok_or(Refusal::Digest)?;
        ascend(&mut last, leaf)?;
        leaves.set(leaf, hash);
    }
    Ok(Some((bucket, leaves)))
}

/// `3f:0123456789abcdef`.
fn read_leaf(pair: &[u8]) -> Option<(Leaf, u64)> {
    let (leaf, hash) = read_pair(pair)?;
    let number = read_hex(leaf).filter(|_| leaf.len() == 2)?;
    Some((Leaf::new(u8::try_from(number).ok()?)?, hash))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::BUCKETS;

    fn buckets(count: usize) -> Vec<Bucket> {
        Bucket::all().take(count).collect()
    }

    #[test]
    fn a_question_has_its_bound_and_ascends() {
        assert_eq!(print_question(&buckets(3)[1..]), "COMPARE 001 002\n");
        assert_eq!(read_question(print_question(&buckets(32)).trim_end().as_bytes()), Ok(buckets(32)));
        assert_eq!(read_question(print_question(&buckets(33)).trim_end().as_bytes()), Err(Refusal::Question));
        let beyond = format!("{BUCKETS:03x}");
        for words in
            ["", " ", " 01", " 001 ", "  001", " 0A1", " +01", " 0001", "S 001", &format!(" {beyond}")]
        {
            assert_eq!(
                read_question(format!("COMPARE{words}").as_bytes()),
                Err(Refusal::Question),
                "{words}"
            );
        }
        for words in ["COMPARE 001 001", "COMPARE 002 001"] {
            assert_eq!(read_question(words.as_bytes()), Err(Refusal::Descending));
        }
    }

    #[test]
    fn leaves_that_are_empty_are_not_told() {
        let mut leaves = Leaves::default();
        assert_eq!(print_bucket(buckets(1)[0], &leaves), "DIGEST 000");
        leaves.set(Leaf::new(0x3f).unwrap(), 1);
        leaves.set(Leaf::new(0).unwrap(), 0x0123_4567_89ab_cdef);
        let line = "DIGEST 000 00:0123456789abcdef 3f:0000000000000001";
        assert_eq!(print_bucket(buckets(1)[0], &leaves), line);
    }

    #[test]
    fn the_answer_to_the_longest_question_has_its_bound() {
        let mut full = Leaves::default();
        Leaf::all().for_each(|leaf| full.set(leaf, u64::MAX));
        let line = print_bucket(buckets(1)[0], &full).len() + 1;
        assert_eq!(ASKED * line + b"DIGEST\n".len(), 41_319);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let hash = "0000000000000001";
        for words in [
            " ".to_owned(),
            " 00".to_owned(),
            " 0a3 ".to_owned(),
            format!(" 0a3:{hash}"),
            format!(" 0a3 40:{hash}"),
            format!(" 0a3 0:{hash}"),
            format!(" 0a3 000:{hash}"),
            format!(" 0a3 3F:{hash}"),
            format!(" 0a3 3f {hash}"),
            format!(" 0a3  3f:{hash}"),
            format!(" 0a3 3f:{hash} "),
            format!(" 0a3 3f:0{hash}"),
            format!(" 0a3 3f:{}", "0".repeat(16)),
        ] {
            assert_eq!(read_leaves(format!("DIGEST{words}").as_bytes()), Err(Refusal::Digest), "{words}");
        }
        for (first, then) in [("3f", "3f"), ("01", "00")] {
            let line = format!("DIGEST 0a3 {first}:{hash} {then}:{hash}");
            assert_eq!(read_leaves(line.as_bytes()), Err(Refusal::Descending));
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read(hashes in prop::collection::btree_map(0..64_u8, any::<u64>(), 0..64)) {
            let mut leaves = Leaves::default();
            hashes.iter().for_each(|(leaf, hash)| leaves.set(Leaf::new(*leaf).unwrap(), *hash));
            let line = print_bucket(buckets(4)[3], &leaves);
            prop_assert_eq!(read_leaves(line.as_bytes()), Ok(Some((buckets(4)[3], leaves))));
        }

        #[test]
        fn what_is_read_is_as_it_would_be_printed(
            question in "COMPARE( 0[0-9a-f]{2}){1,3} ?",
            answer in "DIGEST( 0[0-9a-f]{2})?( [0-4][0-9a-f]:[01]{16}){0,2} ?",
        ) {
            if let Ok(buckets) = read_question(question.as_bytes()) {
                prop_assert_eq!(print_question(&buckets), question + "\n");
            }
            if let Ok(Some((bucket, leaves))) = read_leaves(answer.as_bytes()) {
                prop_assert_eq!(print_bucket(bucket, &leaves), answer);
            }
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..100), text in "[ :0-9a-f]{0,60}") {
            for words in [&bytes[..], text.as_bytes()] {
                let _ = (read_question(words), read_leaves(words));
                let _ = read_question(&[b"COMPARE ", words].concat());
                let _ = read_leaves(&[b"DIGEST ", words].concat());
            }
        }
    }
}
