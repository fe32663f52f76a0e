//! The commands of the herd: what one line says.
//!
//! A line is bytes, not text (the specification, section 2). It is cut into fields at white space, which is
//! exactly space, tab, CR, LF, form feed and vertical tab; each field is borrowed as it came. Command words
//! are upper case. Numbers may begin with zeros, and have neither sign nor exponent.

mod at_line;
mod decimal;
mod difference;
mod invalid;
mod location;
mod query;
mod report;
mod timestamp;

pub use at_line::AtLine;
pub(crate) use at_line::is_of;
pub use difference::Difference;
pub use invalid::Invalid;
pub use location::Location;
pub use query::Query;
pub use report::Report;
pub use timestamp::Timestamp;

/// A valid line.
///
/// ```
/// use herd::command::{Command, Invalid};
///
/// let line = b"IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1479413884.392014450\r";
/// let Ok(Command::Iamat(report)) = Command::parse(line) else { panic!() };
/// assert_eq!(report.id, b"kiwi.cs.ucla.edu");
/// assert_eq!(Command::parse(b"WHATSAT kiwi.cs.ucla.edu 51 5"), Err(Invalid::Radius));
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Command<'a> {
    /// `IAMAT id location time`: a client reports where it is.
    Iamat(Report<'a>),
    /// `AT server difference id location time`: a neighbour passes a report on.
    At(AtLine<'a>),
    /// `WHATSAT id radius bound`: somebody asks what is near a client.
    Whatsat(Query<'a>),
}

impl<'a> Command<'a> {
    /// Reads one line, with or without its line end.
    ///
    /// # Errors
    ///
    /// [`Invalid`] if it is none of the three; the specification, section 5, says what to answer.
    pub fn parse(line: &'a [u8]) -> Result<Self, Invalid> {
        let mut words = Words(line);
        match words.next().ok_or(Invalid::Empty)? {
            b"IAMAT" => Report::parse(fields(words)?).map(Command::Iamat),
            b"AT" => AtLine::parse(fields(words)?).map(Command::At),
            b"WHATSAT" => Query::parse(fields(words)?).map(Command::Whatsat),
            b"GET" | b"POST" | b"HEAD" | b"PUT" | b"OPTIONS" | b"Host:" => Err(Invalid::Http),
            _ => Err(Invalid::Word),
        }
    }
}

/// The words of a line, none of them empty: what is left of the line.
struct Words<'a>(&'a [u8]);

impl<'a> Iterator for Words<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let start = self.0.iter().position(|&byte| !is_white_space(byte))?;
        let rest = &self.0[start..];
        let (word, rest) = rest.split_at(word_length(rest));
        self.0 = rest;
        Some(word)
    }
}

/// Where the word ends that `bytes` begin with. Words are long, so eight bytes are looked at together.
fn word_length(bytes: &[u8]) -> usize {
    let mut length = 0;
    while let Some(eight) = bytes[length..].first_chunk() {
        match first_up_to_space(*eight) {
            8 => length += 8,
            end if is_white_space(eight[end]) => return length + end,
            control => length += control + 1,
        }
    }
    let end = bytes[length..].iter().position(|&byte| is_white_space(byte));
    end.map_or(bytes.len(), |end| length + end)
}

/// The place of the first byte that is not greater than a space; 8 if there is none.
///
/// Taking 0x21 from every byte at once borrows into the high bit of each that is smaller. A borrow goes on
/// into the next byte only from such a one, so the first is found rightly; bytes of 0x80 and more, which
/// have that bit already, are masked.
fn first_up_to_space(eight: [u8; 8]) -> usize {
    const ONES: u64 = u64::MAX / 0xff;
    let word = u64::from_le_bytes(eight);
    let small = word.wrapping_sub(ONES * 0x21) & !word & (ONES * 0x80);
    (small.trailing_zeros() / 8) as usize
}

/// Space; tab, LF, vertical tab, form feed, CR. (`u8::is_ascii_whitespace` leaves out the vertical tab.)
fn is_white_space(byte: u8) -> bool {
    let may_be = byte <= b' '; // Settles nearly every byte with one comparison.
    may_be && matches!(byte, b' ' | b'\t'..=b'\r')
}

/// All the words there are, if there are exactly `N`.
fn fields<'a, const N: usize>(mut words: impl Iterator<Item = &'a [u8]>) -> Result<[&'a [u8]; N], Invalid> {
    let mut fields = [&[][..]; N];
    for field in &mut fields {
        *field = words.next().ok_or(Invalid::FieldCount)?;
    }
    words.next().map_or(Ok(fields), |_| Err(Invalid::FieldCount))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn report(line: &[u8]) -> Report<'_> {
        match Command::parse(line) {
            Ok(Command::Iamat(report)) => report,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_three_commands_are_told_apart() {
        assert!(matches!(Command::parse(b"IAMAT kiwi +1-1 5"), Ok(Command::Iamat(_))));
        assert!(matches!(Command::parse(b"AT Ball +0.000000000 kiwi +1-1 5"), Ok(Command::At(_))));
        let query = Query { id: b"kiwi", radius_metres: 10_000.0, bound: 5 };
        assert_eq!(Command::parse(b"WHATSAT kiwi 10 5"), Ok(Command::Whatsat(query)));
    }

    #[test]
    fn any_run_of_the_six_white_spaces_separates() {
        let plain = report(b"IAMAT kiwi +1-1 5");
        assert_eq!(report(b" \t\x0b\x0cIAMAT\tkiwi\x0b+1-1\x0c\r 5 \r\n"), plain);
    }

    #[test]
    fn nothing_else_is_white_space() {
        for id in [
            &b"a\xa0b"[..],
            b"a\xc2\xa0b",
            b"\xc2\x85",
            b"\x85",
            b"\x1c\x1d\x1e\x1f",
            b"\0",
            b"\x08\x0e",
            b"\xff\xfe",
            "キウイ".as_bytes(),
        ] {
            let line = [b"IAMAT ", id, b" +1-1 5"].concat();
            assert_eq!(report(&line).id, id);
        }
    }

    #[test]
    fn fields_come_back_as_they_came() {
        let report = report(b"IAMAT IAMAT +0034.50-0 007.500");
        assert_eq!(report.id, b"IAMAT");
        assert_eq!(report.location.as_bytes(), b"+0034.50-0");
        assert_eq!(report.time.as_bytes(), b"007.500");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, reason) in [
            ("", Invalid::Empty),
            (" \t\r\n", Invalid::Empty),
            ("iamat kiwi +1-1 5", Invalid::Word),
            ("IAMATkiwi +1-1 5", Invalid::Word),
            ("GET / HTTP/1.1", Invalid::Http),
            ("Host: a", Invalid::Http),
            ("OPTIONS", Invalid::Http),
            ("get / HTTP/1.1", Invalid::Word),
            ("GETTING warm", Invalid::Word),
            ("Host : a", Invalid::Word),
            ("DELETE / HTTP/1.1", Invalid::Word),
            ("IAMAT", Invalid::FieldCount),
            ("IAMAT kiwi +1-1", Invalid::FieldCount),
            ("IAMAT kiwi +1-1 5 6", Invalid::FieldCount),
            ("WHATSAT kiwi 10", Invalid::FieldCount),
            ("AT Ball +0.000000000 kiwi +1-1", Invalid::FieldCount),
            ("IAMAT kiwi +91-1 5", Invalid::Location),
            ("IAMAT kiwi +1 -1", Invalid::Location),
            ("IAMAT kiwi +1-1 5e0", Invalid::Time),
            ("AT Ball 0.0 kiwi +1-1 5", Invalid::Difference),
            ("WHATSAT kiwi .5 5", Invalid::Radius),
            ("WHATSAT kiwi 5 21", Invalid::Bound),
        ] {
            assert_eq!(Command::parse(line.as_bytes()), Err(reason), "{line}");
            assert!(!reason.to_string().is_empty());
        }
    }

    fn a_word() -> impl Strategy<Value = Vec<u8>> {
        let byte = any::<u8>().prop_filter("white space", |&byte| !is_white_space(byte));
        prop::collection::vec(byte, 1..20)
    }

    /// Word by word as the definition says, a byte at a time.
    fn plain_words(line: &[u8]) -> Vec<&[u8]> {
        line.split(|&byte| is_white_space(byte)).filter(|word| !word.is_empty()).collect()
    }

    proptest! {
        #[test]
        fn words_end_where_white_space_is(line in prop::collection::vec(prop_oneof![0x08..0x24u8, any::<u8>()], 0..60)) {
            prop_assert_eq!(Words(&line).collect::<Vec<_>>(), plain_words(&line));
        }

        #[test]
        fn long_words_end_where_white_space_is(line in "[!-~]{0,20}[\\x08-\\x21][!-~]{0,20}[\\x08-\\x21][!-\u{100}]{0,20}") {
            prop_assert_eq!(Words(line.as_bytes()).collect::<Vec<_>>(), plain_words(line.as_bytes()));
        }

        #[test]
        fn never_panics(line in any::<Vec<u8>>()) {
            let _ = Command::parse(&line);
        }

        #[test]
        fn never_panics_close_to_a_command(line in "(IAMAT|AT|WHATSAT) ([-+.0-9e]{1,12} ?){2,6}") {
            let _ = Command::parse(line.as_bytes());
        }

        #[test]
        fn an_at_line_is_read_as_it_was_written(
            server in a_word(),
            id in a_word(),
            gap in "[ \t\r\n\x0b\x0c]{1,4}",
        ) {
            let fields: [&[u8]; 6] = [b"AT", &server, b"-12.000000001", &id, b"+34.06-118.44", b"1479413884"];
            let line = [gap.as_bytes(), &fields.join(gap.as_bytes()), gap.as_bytes()].concat();
            let Ok(Command::At(at)) = Command::parse(&line) else { panic!() };
            let mut written = Vec::new();
            at.write_to(&mut written);
            prop_assert_eq!(&written, &fields.join(&b' '));
            prop_assert_eq!(Command::parse(&written), Ok(Command::At(at)));
        }
    }
}
