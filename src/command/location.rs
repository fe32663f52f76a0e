//! Where a client is: ISO 6709 decimal degrees.
//!
//! From the specification, section 3: latitude then longitude, each with an explicit sign, nothing between
//! and nothing after. Digits, at least one before a point; a point needs digits after it. No exponent, no
//! altitude, no trailing slash. Latitude lies within 90 and longitude within 180, both ends included,
//! whatever the number of digits.

use crate::command::decimal::Decimal;

/// A location as a client wrote it, found to be one.
///
/// ```
/// use herd::command::Location;
///
/// let location = Location::parse(b"+34.068930-118.445127").unwrap();
/// assert_eq!(location.latitude(), 34.06893);
/// assert_eq!(location.longitude(), -118.445127);
/// assert_eq!(Location::parse(b"34.068930-118.445127"), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Location<'a> {
    text: &'a [u8],
}

impl<'a> Location<'a> {
    /// Reads a location; `None` if `text` is not exactly one, or names no point on the globe.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let longitude = strip_degrees(text, 90)?;
        let rest = strip_degrees(longitude, 180)?;
        rest.is_empty().then_some(Self { text })
    }

    /// The location that was parsed before, from a copy of its text: spares a second parse.
    pub(crate) fn assume_valid(text: &'a [u8]) -> Self {
        debug_assert!(Self::parse(text).is_some());
        Self { text }
    }

    /// The text it was read from.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.text
    }

    /// Degrees north of the equator, from -90 to 90.
    pub fn latitude(&self) -> f64 {
        number(self.halves().0)
    }

    /// Degrees east of Greenwich, from -180 to 180.
    pub fn longitude(&self) -> f64 {
        number(self.halves().1)
    }

    /// Latitude and longitude, each with its sign. The longitude begins at the last sign there is.
    fn halves(&self) -> (&'a [u8], &'a [u8]) {
        let split = self.text.iter().rposition(|byte| matches!(byte, b'+' | b'-')).unwrap_or(0);
        self.text.split_at(split)
    }
}

/// Takes a sign and at most `limit` degrees off the start of `text` and gives the rest.
fn strip_degrees(text: &[u8], limit: u64) -> Option<&[u8]> {
    let (b'+' | b'-', unsigned) = text.split_first()? else { return None };
    let (degrees, rest) = Decimal::split(unsigned)?;
    degrees.cmp_whole(limit).is_le().then_some(rest)
}

/// The nearest `f64`. What `Decimal` lets through is always ASCII and always a number, so nothing is ever
/// replaced.
fn number(text: &[u8]) -> f64 {
    String::from_utf8_lossy(text).parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_location(text: &str) -> bool {
        Location::parse(text.as_bytes()).is_some()
    }

    #[test]
    fn two_signed_decimals_and_nothing_else() {
        let good = "+34.068930-118.445127|+0+0|-0-0|+0034.5+0000180.0|-90.000-180|\
            +1.00000000000000000001+1";
        for good in good.split('|') {
            assert!(is_location(good), "{good}");
        }
        let bad = "|+|+1|+1+|1+1|+1,+1|+1 +1|+1+1/|+1+1+1|+1.+1|+.1+1|+1+.1|+1+1.|++1+1|+1--1|+1e1+1|\
            +nan+1|+1+inf|34.06-118.44|+1\u{2212}1|+34.068930N118.445127W";
        for bad in bad.split('|') {
            assert!(!is_location(bad), "{bad}");
        }
    }

    #[test]
    fn the_ends_are_inside_and_anything_beyond_them_is_not() {
        let good = "+90+180|-90-180|+90.0000000000000000000000000000-180.0|\
            +89.99999999999999999999999999-179.9";
        for good in good.split('|') {
            assert!(is_location(good), "{good}");
        }
        let bad = "+90.0000000000000000000000000000000001+0|-90.1+0|+91+0|\
            +0+180.0000000000000000000000000000000001|+0-181|+100+0|+18446744073709551616+0|\
            +0+340282366920938463463374607431768211456";
        for bad in bad.split('|') {
            assert!(!is_location(bad), "{bad}");
        }
    }

    #[test]
    fn numbers_are_read_on_demand() {
        let location = Location::parse(b"-0034.500+0007.25").unwrap();
        assert_eq!((location.latitude(), location.longitude()), (-34.5, 7.25));
        assert_eq!(location.as_bytes(), b"-0034.500+0007.25");
    }

    /// Whether a decimal is within a limit, by comparing integers of equal width.
    fn is_within(text: &str, limit: u32) -> bool {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        format!("{whole:0>30}{fraction:0<30}") <= format!("{limit:0>30}{:0<30}", "")
    }

    fn degrees() -> impl Strategy<Value = String> {
        prop_oneof![
            "[0-9]{1,3}(\\.[0-9]{1,9})?",
            "0{0,9}(90|180|89|179)(\\.(0{1,20}1?|9{1,20}))?",
            "[0-9]{1,30}"
        ]
    }

    proptest! {
        #[test]
        fn bounds_agree_with_long_integers(lat in degrees(), lng in degrees(), signs in "[+-]{2}") {
            let (lat_text, lng_text) = (format!("{}{lat}", &signs[..1]), format!("{}{lng}", &signs[1..]));
            let text = [&lat_text[..], &lng_text].concat();
            let location = Location::parse(text.as_bytes());
            let float = |half: &str| half.parse::<f64>().unwrap();
            prop_assert_eq!(location.is_some(), is_within(&lat, 90) && is_within(&lng, 180));
            if let Some(location) = location {
                prop_assert_eq!(location.latitude(), float(&lat_text));
                prop_assert_eq!(location.longitude(), float(&lng_text));
                prop_assert!(location.latitude().abs() <= 90.0 && location.longitude().abs() <= 180.0);
            }
        }

        #[test]
        fn never_panics(text in "[-+.0-9eE/, ]{0,20}") {
            let _ = Location::parse(text.as_bytes());
        }
    }
}
