//! What a WHATSAT asks for.

use crate::command::Invalid;
use crate::command::decimal::Decimal;

/// The farthest a query may look, in kilometres.
const MAX_RADIUS_KM: u64 = 50;
/// The most places a query may ask for.
const MAX_BOUND: usize = 20;

/// The fields of `WHATSAT id radius bound` (the paper, 3.2.3), the numbers read.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Query<'a> {
    /// The client around which to look.
    pub id: &'a [u8],
    /// How far to look, in metres: at most 50,000. Zero only if the radius is too small for an `f64`.
    pub radius_metres: f64,
    /// The most places to answer with: 1 to 20.
    pub bound: usize,
}

impl<'a> Query<'a> {
    /// Reads the three fields that follow the command word.
    ///
    /// # Errors
    ///
    /// [`Invalid::Radius`] or [`Invalid::Bound`].
    pub fn parse([id, radius, bound]: [&'a [u8]; 3]) -> Result<Self, Invalid> {
        let radius_metres = radius_metres(radius).ok_or(Invalid::Radius)?;
        let bound = whole_bound(bound).ok_or(Invalid::Bound)?;
        Ok(Self { id, radius_metres, bound })
    }
}

/// A radius in kilometres, judged exactly, in metres. The point is moved in the text, for as an `f64` 1.001
/// times 1000 is not 1001.
fn radius_metres(radius: &[u8]) -> Option<f64> {
    let decimal = Decimal::parse(radius)?;
    if decimal.cmp_whole(0).is_le() || decimal.cmp_whole(MAX_RADIUS_KM).is_gt() {
        return None;
    }
    format!("{}e3", String::from_utf8_lossy(radius)).parse().ok()
}

/// A whole number has no point; it may have leading zeros, as every number of the herd may.
fn whole_bound(bound: &[u8]) -> Option<usize> {
    let whole = Decimal::parse(bound).filter(|decimal| decimal.fraction.is_empty())?;
    usize::try_from(whole.whole).ok().filter(|bound| (1..=MAX_BOUND).contains(bound))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn metres(radius: &str) -> Option<f64> {
        radius_metres(radius.as_bytes())
    }

    #[test]
    fn radius_is_a_decimal_greater_than_0_and_at_most_50() {
        for (good, expected) in
            [("10", 10_000.0), ("50.000", 50_000.0), ("0.0005", 0.5), ("007", 7000.0), ("1.001", 1001.0)]
        {
            assert_eq!(metres(good), Some(expected), "{good}");
        }
        let bad = "|0|0.000|50.0000000000000000000000000001|51|-1|+10|1e1|.5|5.|nan|inf|1/2|\
            99999999999999999999999999";
        for bad in bad.split('|') {
            assert_eq!(metres(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_radius_too_small_for_a_float_is_still_greater_than_0() {
        assert_eq!(metres(&format!("0.{}1", "0".repeat(400))), Some(0.0));
    }

    #[test]
    fn bound_is_a_whole_number_from_1_to_20() {
        for (good, expected) in [("1", 1), ("20", 20), ("05", 5)] {
            assert_eq!(whole_bound(good.as_bytes()), Some(expected), "{good}");
        }
        for bad in "|0|00|21|+5|-5|5.0|5.|1e1|five|18446744073709551617".split('|') {
            assert_eq!(whole_bound(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn the_first_wrong_field_is_named() {
        assert_eq!(Query::parse([b"kiwi", b"x", b"x"]), Err(Invalid::Radius));
        assert_eq!(Query::parse([b"kiwi", b"1", b"x"]), Err(Invalid::Bound));
    }

    proptest! {
        #[test]
        fn metres_are_a_thousand_kilometres(metres_in: u32) {
            let metres_in = metres_in % 50_000 + 1;
            let text = format!("{}.{:03}", metres_in / 1000, metres_in % 1000);
            prop_assert_eq!(metres(&text), Some(f64::from(metres_in)));
        }
    }
}
