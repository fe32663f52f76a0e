//! What a client says about itself.

use crate::command::Invalid;
use crate::command::Location;
use crate::command::Timestamp;

/// The fields of `IAMAT id location time` (the paper, 3.3), borrowed from the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Report<'a> {
    /// The client: any non-empty run of bytes that are not white space.
    pub id: &'a [u8],
    /// Where it is.
    pub location: Location<'a>,
    /// When it was there.
    pub time: Timestamp<'a>,
}

impl<'a> Report<'a> {
    /// Reads the three fields that follow the command word.
    ///
    /// # Errors
    ///
    /// [`Invalid::Location`] or [`Invalid::Time`].
    pub fn parse([id, location, time]: [&'a [u8]; 3]) -> Result<Self, Invalid> {
        let location = Location::parse(location).ok_or(Invalid::Location)?;
        let time = Timestamp::parse(time).ok_or(Invalid::Time)?;
        Ok(Self { id, location, time })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wrong_field_is_named() {
        assert!(Report::parse([b"kiwi", b"+1-1", b"5"]).is_ok());
        assert_eq!(Report::parse([b"kiwi", b"1-1", b"x"]), Err(Invalid::Location));
        assert_eq!(Report::parse([b"kiwi", b"+1-1", b"x"]), Err(Invalid::Time));
    }
}
