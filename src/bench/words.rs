//! What the clients of a load say, and how a reply is taken apart.
//!
//! All ids, locations and times are of one width, so that a line is made by writing digits into a copy of another,
//! and what a reply must repeat is compared at once: that is what a line costs here.

use reactor::Random;

const PATTERN: &[u8; REPORT] = b"bench-00000000 +00.000000-000.000000 0000000000.000000000";
const REPORT: usize = 57;
/// The words before the digits of an id.
const ID: &[u8] = b"bench-";

const NUMBER: std::ops::Range<usize> = 6..14;
const LATITUDE: [std::ops::Range<usize>; 2] = [16..18, 19..25];
const LONGITUDE: [std::ops::Range<usize>; 2] = [26..29, 30..36];
const TIME: [std::ops::Range<usize>; 2] = [37..47, 48..57];

/// More clients than these have no id of that width.
pub(super) const MOST_CLIENTS: u32 = 100_000_000;

/// `id location time`: what an IAMAT says, and an AT line ends with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Report([u8; REPORT]);

impl Report {
    /// Where this client is, for it does not move, at `stamp`, nanoseconds since the Unix epoch.
    ///
    /// Clients are within half a degree of the paper's Los Angeles, where there are places to be found.
    pub(super) fn new(client: u32, stamp: u64) -> Report {
        let mut random = Random::seeded(u64::from(client));
        let [latitude, longitude] = [33_500_000, 117_750_000].map(|least| least + random.below(1_000_000));
        let mut text = *PATTERN;
        put(&mut text[NUMBER], u64::from(client));
        put_both(&mut text, LATITUDE, latitude, 1_000_000);
        put_both(&mut text, LONGITUDE, longitude, 1_000_000);
        put_both(&mut text, TIME, stamp, 1_000_000_000);
        Report(text)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Its id.
    pub(super) fn id(&self) -> &[u8] {
        &self.0[..NUMBER.end]
    }

    /// The client, if it is one of a load.
    pub(super) fn client(&self) -> Option<u32> {
        client(self.id())
    }

    /// Its time, in nanoseconds since the Unix epoch, if it is written as we write it.
    pub(super) fn stamp(&self) -> Option<u64> {
        let [seconds, nanos] = TIME.map(|range| number(&self.0[range]));
        seconds?.checked_mul(1_000_000_000)?.checked_add(nanos?)
    }
}

/// The client with this id.
pub(super) fn client(id: &[u8]) -> Option<u32> {
    let digits = id.strip_prefix(ID).filter(|digits| digits.len() == NUMBER.len())?;
    number(digits)?.try_into().ok()
}

/// What an AT line ends with; `None` if it does not begin as one: `AT`, a server, a difference with a sign.
pub(super) fn report_of(line: &[u8]) -> Option<Report> {
    let (head, report) = line.split_last_chunk::<REPORT>()?;
    let head = head.strip_prefix(b"AT ")?.strip_suffix(b" ")?;
    let space = memchr::memchr(b' ', head).filter(|space| *space > 0)?;
    let difference = &head[space + 1..];
    let is_number =
        difference.len() > 1 && matches!(difference[0], b'+' | b'-') && !difference.contains(&b' ');
    is_number.then_some(Report(*report))
}

/// The id that a reply is about, whatever else may be wrong with it: of `AT server difference id ..`, of
/// `? IAMAT id ..` and of `? WHATSAT id ..`.
pub(super) fn client_of(line: &[u8]) -> Option<u32> {
    let place = if line.starts_with(b"? ") { 2 } else { 3 };
    client(line.split(|byte| *byte == b' ').nth(place)?)
}

fn put_both<const N: usize>(text: &mut [u8; N], ranges: [std::ops::Range<usize>; 2], value: u64, unit: u64) {
    let [whole, part] = ranges;
    put(&mut text[whole], value / unit);
    put(&mut text[part], value % unit);
}

/// Writes the last digits of `value`, two at a time: every line has some fifty of them, and dividing is what they cost.
fn put(digits: &mut [u8], mut value: u64) {
    for pair in digits.rchunks_mut(2) {
        let two = (value % 100).to_le_bytes()[0];
        value /= 100;
        match pair {
            [tens, ones] => (*tens, *ones) = (b'0' + two / 10, b'0' + two % 10),
            rest => rest.fill(b'0' + two % 10),
        }
    }
}

/// The value of digits alone.
fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |value, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit < 10).then(|| value.checked_mul(10)?.checked_add(u64::from(digit))).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;

    const STAMP: u64 = 1_479_413_884_392_014_450;

    #[test]
    fn a_report_is_one_that_a_server_takes() {
        for client in [0, 42, MOST_CLIENTS - 1] {
            let report = Report::new(client, STAMP);
            let line = [b"IAMAT ", report.as_bytes()].concat();
            assert!(matches!(Command::parse(&line), Ok(Command::Iamat(_))), "{}", line.escape_ascii());
            assert_eq!(report.client(), Some(client));
            assert_eq!(report.stamp(), Some(STAMP));
        }
        let report = Report::new(42, STAMP);
        assert!(report.as_bytes().starts_with(b"bench-00000042 +3"));
        assert!(report.as_bytes().ends_with(b" 1479413884.392014450"));
    }

    #[test]
    fn an_at_line_ends_with_its_report() {
        let report = Report::new(7, STAMP);
        let text = report.as_bytes().escape_ascii().to_string();
        for head in ["AT Welsh +0.263873386 ", "AT b -1e-05 "] {
            assert_eq!(report_of(format!("{head}{text}").as_bytes()), Some(report), "{head}");
        }
        for head in ["AT Welsh +0.2", "AT Welsh 0.2 ", "AT  +0.2 ", "AT Welsh ", "AT Welsh + ", "? x +1 ", ""]
        {
            assert_eq!(report_of(format!("{head}{text}").as_bytes()), None, "{head}");
        }
        assert_eq!(report_of(format!("AT Welsh +1 +2 {text}").as_bytes()), None);
    }

    #[test]
    fn what_a_reply_is_about_is_found_whatever_else_it_says() {
        for line in ["AT Welsh 5 bench-00000012 x", "? IAMAT bench-00000012 +1", "? WHATSAT bench-00000012"] {
            assert_eq!(client_of(line.as_bytes()), Some(12), "{line}");
        }
        for line in ["", "AT", "? ", "AT Welsh +1 kiwi +1-1 5", "AT Welsh +1 bench-12 +1-1 5"] {
            assert_eq!(client_of(line.as_bytes()), None, "{line}");
        }
    }
}
