//! Unsigned decimals: the one number grammar of the herd's lines.
//!
//! The specification judges times, locations and radii as exact decimals of any number of digits. So a
//! decimal stays text and is only compared: nothing is rounded, and a long one costs no memory.

use std::cmp::Ordering;

/// Numbers of so many digits are all below 2^64.
const SAFE_DIGITS: usize = 19;

/// Digits, or digits, a point and digits; no sign, no exponent, nothing before or after.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal<'a> {
    /// The part before the point; `u64::MAX` if it is greater than that.
    pub(crate) whole: u64,
    /// How many digits it has, at least one, leading zeros and all.
    pub(crate) whole_digits: usize,
    /// The digits after the point; empty if, and only if, there is no point.
    pub(crate) fraction: &'a [u8],
}

impl<'a> Decimal<'a> {
    /// Reads all of `text`.
    #[inline]
    pub(crate) fn parse(text: &'a [u8]) -> Option<Self> {
        let (decimal, rest) = Self::split(text)?;
        rest.is_empty().then_some(decimal)
    }

    /// Reads the decimal at the start of `text`, as far as it goes, and gives the rest.
    /// `5.` is no decimal, and not a `5` with a rest either.
    pub(crate) fn split(text: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (whole, whole_digits) = leading_number(text)?;
        let rest = &text[whole_digits..];
        let Some(after_point) = rest.strip_prefix(b".") else {
            return Some((Self { whole, whole_digits, fraction: &[] }, rest));
        };
        let (fraction, rest) = split_digits(after_point)?;
        Some((Self { whole, whole_digits, fraction }, rest))
    }

    /// Compares the exact value with a small whole number (anything below `u64::MAX`).
    pub(crate) fn cmp_whole(&self, number: u64) -> Ordering {
        self.whole.cmp(&number).then_with(|| trim_zeros(self.fraction).len().cmp(&0))
    }
}

/// A fraction without its trailing zeros: two such are in numeric order when they are in byte order.
pub(crate) fn trim_zeros(fraction: &[u8]) -> &[u8] {
    let end = fraction.iter().rposition(|&digit| digit != b'0').map_or(0, |last| last + 1);
    &fraction[..end]
}

/// The number that the text begins with, `u64::MAX` if it is greater than that, and how many digits it has.
fn leading_number(text: &[u8]) -> Option<(u64, usize)> {
    let (mut number, mut digits) = (0_u64, 0);
    while let Some(&byte @ b'0'..=b'9') = text.get(digits) {
        let digit = u64::from(byte - b'0');
        number = match digits {
            0..SAFE_DIGITS => number * 10 + digit,
            _ => number.saturating_mul(10).saturating_add(digit),
        };
        digits += 1;
    }
    (digits > 0).then_some((number, digits))
}

/// One digit or more, and the rest.
fn split_digits(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut end = 0;
    while let Some(eight) = text[end..].first_chunk() {
        match leading_digits(*eight) {
            8 => end += 8,
            some => return (end + some > 0).then(|| text.split_at(end + some)),
        }
    }
    end += text[end..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    (end > 0).then(|| text.split_at(end))
}

/// How many of the eight bytes are digits until one is not. The digits, and they alone, differ from `0` by
/// less than ten; adding 0x76 carries all others into the high bit.
fn leading_digits(eight: [u8; 8]) -> usize {
    const ONES: u64 = u64::MAX / 0xff;
    let values = u64::from_le_bytes(eight) ^ (ONES * 0x30);
    let others = (((values & (ONES * 0x7f)) + ONES * 0x76) | values) & (ONES * 0x80);
    (others.trailing_zeros() / 8) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_are_needed_on_both_sides_of_a_point() {
        for good in "0|007|5.0|00.00|18446744073709551616|1.00000000000000000000000000001".split('|') {
            assert!(Decimal::parse(good.as_bytes()).is_some(), "{good}");
        }
        for bad in "|.|.5|5.|+5|-5|5e0|5.5.5| 5|5 |5,5|nan|inf|0x5|٥".split('|') {
            assert!(Decimal::parse(bad.as_bytes()).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_split_stops_at_the_first_byte_that_is_no_part_of_it() {
        let (decimal, rest) = Decimal::split(b"34.068930-118.445127").unwrap();
        assert_eq!((decimal.whole, decimal.whole_digits), (34, 2));
        assert_eq!([decimal.fraction, rest], [&b"068930"[..], b"-118.445127"]);
        assert!(Decimal::split(b"5.-1").is_none());
    }

    #[test]
    fn comparison_with_a_whole_number_is_exact() {
        let cmp = |text: &str, number| Decimal::parse(text.as_bytes()).unwrap().cmp_whole(number);
        assert_eq!(cmp("50", 50), Ordering::Equal);
        assert_eq!(cmp("0050.000", 50), Ordering::Equal);
        assert_eq!(cmp("50.00000000000000000000000000000000000000001", 50), Ordering::Greater);
        assert_eq!(cmp("49.99999999999999999999999999999999999999999", 50), Ordering::Less);
        assert_eq!(cmp("99999999999999999999999999999999999999999999", 50), Ordering::Greater);
        assert_eq!(cmp("0.00", 0), Ordering::Equal);
    }

    proptest! {
        #[test]
        fn digits_end_where_something_else_is(text in prop::collection::vec(prop_oneof![9 => b'0'..=b'9', 1 => any::<u8>()], 0..40)) {
            let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
            prop_assert_eq!(split_digits(&text).map(|(digits, _)| digits.len()), Some(digits).filter(|n| *n > 0));
        }
    }
}
