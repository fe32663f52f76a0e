//! The time in a report: POSIX seconds as an exact decimal.
//!
//! From the specification, section 3: 1 to 18 digits, then optionally a point and 1 or more digits; no sign,
//! no exponent. It is compared as an exact decimal, for a 64-bit float cannot tell `1479413884.392014450`
//! from `...451`.

use std::cmp::Ordering;

use crate::command::decimal::{Decimal, trim_zeros};

/// The most digits a time may have before its point.
const MAX_SECOND_DIGITS: usize = 18;

const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// When a client says it was where it says: seconds since the Unix epoch, borrowed from a line.
///
/// Equality and order go by value, not by text.
///
/// ```
/// use herd::command::Timestamp;
///
/// let time = |text| Timestamp::parse(text).unwrap();
/// assert!(time(b"1479413884.392014450") < time(b"1479413884.392014451"));
/// assert_eq!(time(b"1.50"), time(b"0001.5"));
/// assert_eq!(time(b"1.50").as_bytes(), b"1.50");
/// assert_eq!(Timestamp::parse(b"1e9"), None);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Timestamp<'a> {
    text: &'a [u8],
    /// The value, cut to whole nanoseconds: settles nearly every comparison.
    seconds: u64,
    nanos: u32,
}

impl<'a> Timestamp<'a> {
    /// Reads a time; `None` if `text` is not exactly one.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let decimal = Decimal::parse(text).filter(|decimal| decimal.whole_digits <= MAX_SECOND_DIGITS)?;
        Some(Self { text, seconds: decimal.whole, nanos: first_nine(decimal.fraction) })
    }

    /// The time that was parsed before, from a copy of its text and its value: spares a second parse.
    pub(crate) fn assume_valid(text: &'a [u8], seconds: u64, nanos: u32) -> Self {
        let time = Self { text, seconds, nanos };
        debug_assert_eq!(Self::parse(text), Some(time));
        time
    }

    /// The text it was read from.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.text
    }

    /// Whole nanoseconds since the Unix epoch; digits after the ninth decimal are cut off.
    pub fn nanos(&self) -> i128 {
        i128::from(self.seconds) * NANOS_PER_SECOND + i128::from(self.nanos)
    }

    /// The same as two numbers.
    pub(crate) fn seconds_and_nanos(&self) -> (u64, u32) {
        (self.seconds, self.nanos)
    }

    /// Whether it lies after `unix_nanos`, be it by less than a nanosecond.
    #[inline]
    pub fn is_after(&self, unix_nanos: i128) -> bool {
        let nanos = self.nanos();
        nanos > unix_nanos || (nanos == unix_nanos && !self.cut_digits().is_empty())
    }

    /// What [`nanos`](Self::nanos) leaves out: the digits after the ninth decimal, without trailing zeros.
    fn cut_digits(&self) -> &'a [u8] {
        let point = self.text.iter().position(|&byte| byte == b'.');
        let tail = point.and_then(|point| self.text.get(point + 1 + 9..));
        tail.map_or(&[], trim_zeros)
    }
}

/// The first nine digits of a fraction, as nanoseconds.
fn first_nine(fraction: &[u8]) -> u32 {
    let append = |number: u32, digit: &u8| number * 10 + u32::from(digit - b'0');
    match fraction.first_chunk::<9>() {
        Some(nine) => nine.iter().fold(0, append),
        None => (fraction.len()..9).fold(fraction.iter().fold(0, append), |nanos, _| nanos * 10),
    }
}

impl Ord for Timestamp<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let whole = (self.seconds, self.nanos).cmp(&(other.seconds, other.nanos));
        whole.then_with(|| self.cut_digits().cmp(other.cut_digits()))
    }
}

impl PartialOrd for Timestamp<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Timestamp<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Timestamp<'_> {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn time(text: &str) -> Timestamp<'_> {
        Timestamp::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn one_to_eighteen_digits_and_perhaps_a_point_and_digits() {
        let good = "0|1479413884.392014450|999999999999999999|000000000000000001.0|\
            1.00000000000000000001";
        for good in good.split('|') {
            assert_eq!(time(good).as_bytes(), good.as_bytes());
        }
        for bad in "|1000000000000000000|0000000000000000001|+1|-1|1.|.1|1e3|nan|inf|1_0".split('|') {
            assert_eq!(Timestamp::parse(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn order_is_by_exact_value() {
        assert!(time("1479413884.392014450") < time("1479413884.392014451"));
        assert!(time("9.9") < time("10"));
        assert!(time("1.09") < time("1.1"));
        assert!(time(&format!("1.{}", "0".repeat(5000))) < time(&format!("1.{}1", "0".repeat(5000))));
        assert_eq!(time("1.50"), time("1.5"));
        assert_eq!(time("0001"), time("1.000"));
    }

    #[test]
    fn nanoseconds_beyond_the_ninth_digit_are_cut() {
        assert_eq!(time("1.5").nanos(), 1_500_000_000);
        assert_eq!(time("1.0000000019").nanos(), 1_000_000_001);
        assert_eq!(time("999999999999999999.999999999999").nanos(), 999_999_999_999_999_999_999_999_999);
    }

    #[test]
    fn after_is_exact_though_nanoseconds_are_cut() {
        assert!(!time("1.000000001000").is_after(1_000_000_001));
        assert!(time("1.0000000010001").is_after(1_000_000_001));
        assert!(time("1.000000002").is_after(1_000_000_001));
        assert!(!time("1.0000000010001").is_after(1_000_000_002));
    }

    /// The value times 10^40 as a decimal integer of fixed width, which orders as the value does.
    fn reference(text: &str) -> String {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        format!("{whole:0>18}{fraction:0<40}")
    }

    /// Few digits, so that ties and common prefixes are many.
    fn times() -> impl Strategy<Value = String> {
        prop_oneof!["[0-9]{1,18}(\\.[0-9]{1,40})?", "0{0,3}[01]{1,2}(\\.[09]{1,4}0{0,3})?"]
    }

    proptest! {
        #[test]
        fn order_agrees_with_long_integers((a, b) in (times(), times())) {
            prop_assert_eq!(time(&a).cmp(&time(&b)), reference(&a).cmp(&reference(&b)));
        }

        #[test]
        fn nanos_agree_with_long_integers(text in times()) {
            let nanos = &reference(&text)[..27];
            prop_assert_eq!(time(&text).nanos(), nanos.parse::<i128>().unwrap());
        }

        #[test]
        fn never_panics(text in any::<Vec<u8>>()) {
            let _ = Timestamp::parse(&text);
        }
    }
}
