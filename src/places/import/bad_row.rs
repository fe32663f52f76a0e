//! Rows that are no places.

use std::{error, fmt};

use super::super::gazetteer::Unfit;

/// The longest row in bytes. The longest of GeoNames, with all its names of a capital, has some 20,000.
pub(super) const LONGEST_ROW: usize = 64 * 1024;

/// Why a row is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadRow {
    /// It has more than 65,536 bytes.
    TooLong,
    /// It is not UTF-8.
    NotUtf8,
    /// It has not as many columns as it should.
    Columns {
        /// How many it has.
        found: usize,
        /// How many it should have.
        expected: usize,
    },
    /// This field is not a number.
    NotANumber(&'static str),
    /// It is not JSON from this byte of the row on, counted from 1.
    NotJson(usize),
    /// It is JSON, but not a GeoJSON Feature with the properties of an Overture place.
    NotAFeature,
    /// It is a Feature that is not a point.
    NotAPoint,
    /// It has no identifier.
    NoIdentifier,
    /// It does not fit into a gazetteer.
    Unfit(Unfit),
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadRow::TooLong => write!(f, "longer than {LONGEST_ROW} bytes"),
            BadRow::NotUtf8 => f.write_str("not UTF-8"),
            BadRow::Columns { found, expected } => write!(f, "{found} columns instead of {expected}"),
            BadRow::NotANumber(field) => write!(f, "the {field} is not a number"),
            BadRow::NotJson(byte) => write!(f, "not JSON from byte {byte} on"),
            BadRow::NotAFeature => f.write_str("not a GeoJSON Feature with the properties of a place"),
            BadRow::NotAPoint => f.write_str("not a point"),
            BadRow::NoIdentifier => f.write_str("no identifier"),
            BadRow::Unfit(unfit) => unfit.fmt(f),
        }
    }
}

impl error::Error for BadRow {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            BadRow::Unfit(unfit) => Some(unfit),
            _ => None,
        }
    }
}

/// The number in `text`, which may have a sign, a point and an exponent; `inf` and `nan`, which Rust reads as
/// well, are none.
pub(super) fn number(text: &str, field: &'static str) -> Result<f64, BadRow> {
    let is_plain = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    let number = text.parse().ok().filter(|_| text.bytes().all(is_plain));
    number.ok_or(BadRow::NotANumber(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_digits_with_a_sign_a_point_and_an_exponent() {
        for (text, value) in [("-118.44", -118.44), ("+3", 3.0), ("1e-5", 1e-5), (".5", 0.5)] {
            assert_eq!(number(text, "latitude"), Ok(value));
        }
        for text in ["", "-", "inf", "nan", "-infinity", "1,5", " 1", "0x1", "e5", "34N"] {
            assert_eq!(number(text, "latitude"), Err(BadRow::NotANumber("latitude")), "{text}");
        }
    }
}
