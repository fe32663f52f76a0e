//! AT lines: a report, and which server took it when.
//!
//! The same line answers an IAMAT, opens the answer to a WHATSAT, and floods the herd (the paper, 3.4; the
//! specification, sections 3, 4 and 6). Which of two lines about one client is the newer must be one total
//! function, or the servers would never agree: it is [`AtLine::supersedes`].

use crate::command::Difference;
use crate::command::Invalid;
use crate::command::Location;
use crate::command::Report;
use crate::command::Timestamp;
use crate::planted::{Planted, is_planted};

/// `AT server difference id location time`, borrowed field by field.
///
/// Two are equal if their times are by value, and all else by text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AtLine<'a> {
    /// The name of the server that took the report.
    pub server: &'a [u8],
    /// Its clock at receipt less `time`, as [`Difference`] prints it.
    pub difference: &'a [u8],
    /// The client.
    pub id: &'a [u8],
    /// Where the client is.
    pub location: Location<'a>,
    /// When it was there.
    pub time: Timestamp<'a>,
}

impl<'a> AtLine<'a> {
    /// The line with which `server` answers `report` and passes it on.
    pub fn new(server: &'a [u8], difference: &'a [u8], report: Report<'a>) -> Self {
        let Report { id, location, time } = report;
        Self { server, difference, id, location, time }
    }

    /// Reads the five fields that follow the command word.
    ///
    /// # Errors
    ///
    /// [`Invalid::Difference`], [`Invalid::Location`] or [`Invalid::Time`].
    pub fn parse([server, difference, id, location, time]: [&'a [u8]; 5]) -> Result<Self, Invalid> {
        if !Difference::is_written(difference) {
            return Err(Invalid::Difference);
        }
        Report::parse([id, location, time]).map(|report| Self::new(server, difference, report))
    }

    /// Appends the line to `out`: single spaces, fields byte for byte, no line end.
    ///
    /// ```
    /// use herd::command::Command;
    ///
    /// let Ok(Command::At(at)) = Command::parse(b"AT\tBall  -1.000000000 kiwi +1-1 5.0 ") else { panic!() };
    /// let mut out = Vec::new();
    /// at.write_to(&mut out);
    /// assert_eq!(out, b"AT Ball -1.000000000 kiwi +1-1 5.0");
    /// ```
    pub fn write_to(&self, out: &mut Vec<u8>) {
        let fields = self.fields();
        out.reserve(fields.iter().fold("AT".len(), |length, field| length + 1 + field.len()));
        out.extend_from_slice(b"AT");
        for field in fields {
            out.push(b' ');
            out.extend_from_slice(field);
        }
    }

    /// Whether it is to replace `other`, a line about the same client.
    ///
    /// By time, then server name, then location, then difference. All but the time is compared bytewise, and
    /// only so that every server keeps the same line. For that the text of the time has the last word: `1.5`
    /// and `1.50` are one time, but two lines.
    pub fn supersedes(&self, other: &AtLine<'_>) -> bool {
        if is_planted(Planted::TiesByTimeAlone) {
            return self.time > other.time;
        }
        self.rank() > other.rank()
    }

    fn rank(&self) -> (Timestamp<'a>, [&'a [u8]; 4]) {
        (self.time, [self.server, self.location.as_bytes(), self.difference, self.time.as_bytes()])
    }

    /// What follows the word `AT`, in order.
    pub(crate) fn fields(&self) -> [&'a [u8]; 5] {
        [self.server, self.difference, self.id, self.location.as_bytes(), self.time.as_bytes()]
    }
}

/// Whether the server of this name took the report of an AT line, as [`AtLine::write_to`] writes one.
pub(crate) fn is_of(line: &[u8], server: &str) -> bool {
    line.split(|&byte| byte == b' ').nth(1) == Some(server.as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(line: &str) -> AtLine<'_> {
        let fields: Vec<&[u8]> = line.split(' ').skip(1).map(str::as_bytes).collect();
        AtLine::parse(fields.try_into().unwrap()).unwrap()
    }

    #[test]
    fn time_decides_first_and_exactly() {
        let older = parse("AT Welsh +9.000000000 kiwi +9+9 1479413884.392014450");
        let newer = parse("AT Alford +1.000000000 kiwi +1+1 1479413884.392014451");
        assert!(newer.supersedes(&older) && !older.supersedes(&newer));
    }

    #[test]
    fn ties_go_by_server_then_location_then_difference_then_the_text_of_the_time() {
        let rising = [
            "AT Alford +9.000000000 kiwi +9+9 1.50",
            "AT Ball +1.000000000 kiwi +1+1 1.5",
            "AT Ball +0.000000000 kiwi +1+2 1.5",
            "AT Ball +0.000000001 kiwi +1+2 1.5",
            "AT Ball +0.000000001 kiwi +1+2 1.50",
        ];
        for pair in rising.windows(2) {
            assert!(parse(pair[1]).supersedes(&parse(pair[0])), "{pair:?}");
            assert!(!parse(pair[0]).supersedes(&parse(pair[1])), "{pair:?}");
        }
    }

    #[test]
    fn a_wrong_difference_is_named() {
        assert_eq!(AtLine::parse([b"Ball", b"1.0", b"kiwi", b"+1-1", b"5"]), Err(Invalid::Difference));
    }

    /// Few values, so that every kind of tie comes up.
    fn lines() -> impl Strategy<Value = String> {
        "AT (Alford|Ball) [+-]0\\.00000000[01] kiwi \\+[01]-1(\\.0)? 0?[12](\\.[05]{1,2})?"
    }

    proptest! {
        #[test]
        fn of_two_different_lines_exactly_one_supersedes_the_other(a in lines(), b in lines()) {
            let (a_wins, b_wins) = (parse(&a).supersedes(&parse(&b)), parse(&b).supersedes(&parse(&a)));
            prop_assert_eq!(a_wins || b_wins, a != b);
            prop_assert!(!(a_wins && b_wins));
        }

        #[test]
        fn superseding_is_transitive(a in lines(), b in lines(), c in lines()) {
            let (a, b, c) = (parse(&a), parse(&b), parse(&c));
            prop_assert!(!(a.supersedes(&b) && b.supersedes(&c)) || a.supersedes(&c));
        }
    }
}
