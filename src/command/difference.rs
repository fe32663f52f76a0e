//! The difference in an AT line: the server's clock at receipt, less the time of the report.
//!
//! From the specification, section 3: an explicit sign and exactly nine decimals. It is printed digit by
//! digit into an array on the stack, for every IAMAT needs one.

use crate::command::Timestamp;
use crate::command::decimal::Decimal;

/// A sign, nineteen digits, a point and nine digits: the longest there is (an 18-digit time, a clock before
/// 1970).
const MAX_LENGTH: usize = 30;
/// The digits of each number below 100: with one look-up two of them are written.
const PAIRS: [[u8; 2]; 100] = pairs();
/// How many decimals every difference has.
const DECIMALS: usize = 9;
const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// Clock minus time in seconds, as text.
///
/// ```
/// use herd::command::{Difference, Timestamp};
///
/// let time = Timestamp::parse(b"1479413884.392014450").unwrap();
/// assert_eq!(Difference::between(1_479_413_884_655_887_836, time).as_bytes(), b"+0.263873386");
/// assert_eq!(Difference::between(1_479_413_884_392_014_450, time).as_bytes(), b"+0.000000000");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// Written from the right, hence kept at the right.
    text: [u8; MAX_LENGTH],
    start: usize,
}

impl Difference {
    /// The server's clock, in nanoseconds since the Unix epoch, less `time` (cut to whole nanoseconds).
    #[inline]
    pub fn between(clock_unix_nanos: i64, time: Timestamp<'_>) -> Self {
        let nanos = i128::from(clock_unix_nanos) - time.nanos();
        let mut difference = Self { text: [0; MAX_LENGTH], start: MAX_LENGTH };
        difference.put_magnitude(nanos.unsigned_abs());
        difference.put(if nanos < 0 { [b'-'] } else { [b'+'] });
        difference
    }

    /// The text, such as `+0.263873386`.
    pub fn as_bytes(&self) -> &[u8] {
        &self.text[self.start..]
    }

    /// Whether `text` has the form of a difference: a sign, digits, a point and nine digits.
    pub fn is_written(text: &[u8]) -> bool {
        let Some((b'+' | b'-', magnitude)) = text.split_first() else { return false };
        Decimal::parse(magnitude).is_some_and(|decimal| decimal.fraction.len() == DECIMALS)
    }

    #[inline]
    fn put_magnitude(&mut self, nanos: u128) {
        let (mut seconds, mut decimals) = split_seconds(nanos);
        for _ in 0..DECIMALS / 2 {
            self.put_pair(decimals);
            decimals /= 100;
        }
        self.put_digit(decimals); // the ninth
        self.put([b'.']);
        while seconds >= 100 {
            self.put_pair(seconds);
            seconds /= 100;
        }
        match seconds {
            0..10 => self.put_digit(seconds),
            _ => self.put_pair(seconds),
        }
    }

    /// Two digits at a time: half as many divisions, each of which waits for the one before.
    fn put_pair(&mut self, number: u64) {
        self.put(PAIRS[(number % 100) as usize]);
    }

    fn put_digit(&mut self, digit: u64) {
        self.put([PAIRS[(digit % 10) as usize][1]]);
    }

    /// Puts bytes before those already there.
    fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        self.start -= N;
        if let Some(place) = self.text[self.start..].first_chunk_mut() {
            *place = bytes;
        }
    }
}

const fn pairs() -> [[u8; 2]; 100] {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0_u8;
    while number < 100 {
        pairs[number as usize] = [b'0' + number / 10, b'0' + number % 10];
        number += 1;
    }
    pairs
}

/// Seconds, and the nanoseconds left. Dividing 128 bits takes as long as parsing the whole line, so it is
/// kept for times that are centuries away.
#[expect(
    clippy::cast_possible_truncation,
    reason = "18 digits of seconds and a 64-bit clock stay below 2^64 s"
)]
fn split_seconds(nanos: u128) -> (u64, u64) {
    let per_second = u128::from(NANOS_PER_SECOND);
    match u64::try_from(nanos) {
        Ok(nanos) => (nanos / NANOS_PER_SECOND, nanos % NANOS_PER_SECOND),
        Err(_) => ((nanos / per_second) as u64, (nanos % per_second) as u64),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn difference(clock: i64, time: &str) -> String {
        let difference = Difference::between(clock, Timestamp::parse(time.as_bytes()).unwrap());
        String::from_utf8(difference.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn sign_and_nine_decimals_are_always_there() {
        assert_eq!(difference(1_479_413_884_655_887_836, "1479413884.392014450"), "+0.263873386");
        assert_eq!(difference(1_500_000_000, "1.5"), "+0.000000000");
        assert_eq!(difference(0, "0.000000001"), "-0.000000001");
        assert_eq!(difference(10_000_000_000, "0"), "+10.000000000");
        assert_eq!(difference(1_000_000_000, "3"), "-2.000000000");
    }

    #[test]
    fn digits_of_the_time_beyond_nine_are_cut() {
        assert_eq!(difference(1_000_000_001, "1.0000000019999"), "+0.000000000");
    }

    #[test]
    fn extremes_do_not_overflow() {
        assert_eq!(difference(i64::MAX, "999999999999999999.999999999"), "-999999990776627963.145224192");
        assert_eq!(difference(i64::MIN, "999999999999999999.999999999"), "-1000000009223372036.854775807");
        assert_eq!(difference(i64::MIN, "999999999999999999.999999999").len(), MAX_LENGTH);
        assert_eq!(difference(i64::MAX, "0"), "+9223372036.854775807");
    }

    #[test]
    fn the_form_is_a_sign_digits_a_point_and_nine_digits() {
        for good in "+0.263873386|-12.000000000|+0.000000000".split('|') {
            assert!(Difference::is_written(good.as_bytes()), "{good}");
        }
        for bad in
            "|+|0.263873386|+0.26387338|+0.2638733860|+.263873386|+1|++1.000000000|+1.00000000e".split('|')
        {
            assert!(!Difference::is_written(bad.as_bytes()), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_plain_integers(clock: i64, time in "[0-9]{1,18}\\.[0-9]{9}") {
            let nanos = i128::from(clock) - time.replace('.', "").parse::<i128>().unwrap();
            let sign = if nanos < 0 { '-' } else { '+' };
            let digits = format!("{:010}", nanos.unsigned_abs());
            let (seconds, decimals) = digits.split_at(digits.len() - 9);
            let text = difference(clock, &time);
            prop_assert_eq!(&text, &format!("{sign}{seconds}.{decimals}"));
            prop_assert!(Difference::is_written(text.as_bytes()));
        }
    }
}
