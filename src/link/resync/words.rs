//! What lines of digests are made of: `0a3`, `0a3:0123456789abcdef`, and that they ascend.

use super::Refusal;
use crate::store::Bucket;

/// A bucket's number, in three digits.
pub(super) fn read_bucket(digits: &[u8]) -> Option<Bucket> {
    let number = read_hex(digits).filter(|_| digits.len() == 3)?;
    Bucket::new(u16::try_from(number).ok()?)
}

/// What stands before the colon, and the hash behind it. What holds nothing is not told: it is never zero.
pub(super) fn read_pair(pair: &[u8]) -> Option<(&[u8], u64)> {
    let (name, hash) = pair.split_at_checked(pair.len().checked_sub(17)?)?;
    let hash = read_hex(hash.strip_prefix(b":")?)?;
    Some((name, hash)).filter(|_| hash != 0)
}

/// At most sixteen digits, all in lower case.
pub(super) fn read_hex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |number, digit| match digit {
        b'0'..=b'9' => Some(number << 4 | u64::from(digit - b'0')),
        b'a'..=b'f' => Some(number << 4 | u64::from(digit - b'a' + 10)),
        _ => None,
    })
}

/// Makes `next` the last, which it must be beyond.
///
/// # Errors
///
/// [`Refusal::Descending`].
pub(super) fn ascend<T: Ord + Copy>(last: &mut Option<T>, next: T) -> Result<(), Refusal> {
    if *last >= Some(next) {
        return Err(Refusal::Descending);
    }
    *last = Some(next);
    Ok(())
}
