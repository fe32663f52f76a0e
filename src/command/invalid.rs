//! Why a line is no command. The client only gets its line back after `? `; this is for the log.

use std::error::Error;
use std::fmt;

/// What is wrong with a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Invalid {
    /// Nothing but white space.
    Empty,
    /// The first word is no command.
    Word,
    /// The first word is one of HTTP: whoever speaks it here was told to by somebody else.
    Http,
    /// Too few or too many fields for the command.
    FieldCount,
    /// The location is not ISO 6709, or not on the globe.
    Location,
    /// The time is not a decimal of 1 to 18 digits and perhaps a fraction.
    Time,
    /// The difference is not a sign, digits, a point and nine digits.
    Difference,
    /// The radius is not a decimal greater than 0 and at most 50.
    Radius,
    /// The bound is not a whole number from 1 to 20.
    Bound,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Invalid::Empty => "the line is empty",
            Invalid::Word => "the first word is not IAMAT, AT or WHATSAT",
            Invalid::Http => "the first word is of HTTP, which is not spoken here",
            Invalid::FieldCount => "the number of fields is wrong",
            Invalid::Location => "the location is not a signed latitude and longitude in decimal degrees",
            Invalid::Time => "the time is not a decimal with 1 to 18 digits before the point",
            Invalid::Difference => "the difference is not a sign, digits, a point and nine digits",
            Invalid::Radius => "the radius is not a decimal number greater than 0 and at most 50",
            Invalid::Bound => "the bound is not a whole number from 1 to 20",
        })
    }
}

impl Error for Invalid {}
