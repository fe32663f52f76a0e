//! Of two AT lines exactly one supersedes the other, by the specification's rule (section 6), and a record
//! keeps every byte.
//!
//! The input: lines; the first four that are AT lines are compared with each other.

use herd::command::{AtLine, Command};
use herd::store::Record;

pub(crate) fn check(input: &[u8]) {
    let lines = input.split(|byte| *byte == b'\n').take(12);
    let ats: Vec<AtLine<'_>> = lines.filter_map(at_line).take(4).collect();
    let (mut record, mut scratch) = (None, Vec::new());
    for at in &ats {
        check_record(at, &mut record, &mut scratch);
        check_order(at, &ats);
    }
}

pub(crate) fn at_line(line: &[u8]) -> Option<AtLine<'_>> {
    match Command::parse(line) {
        Ok(Command::At(at)) => Some(at),
        _ => None,
    }
}

/// Whether the first is to replace the second, said once more: by time, server, location, difference, and
/// the text of the time.
pub(crate) fn is_newer(a: &AtLine<'_>, b: &AtLine<'_>) -> bool {
    let rank = |at: &AtLine<'_>| {
        let parts = [at.server, at.location.as_bytes(), at.difference, at.time.as_bytes()];
        (value(at.time.as_bytes()), parts.map(<[u8]>::to_vec))
    };
    rank(a) > rank(b)
}

/// A time as something that is ordered as it is: its digits before the point, padded, and those behind it.
fn value(text: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut parts = text.splitn(2, |byte| *byte == b'.');
    let (whole, fraction) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let kept = fraction.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
    let zeros = vec![b'0'; 18_usize.saturating_sub(whole.len())];
    ([&zeros, whole].concat(), fraction[..kept].to_vec())
}

fn cut_to_nanos((whole, mut fraction): (Vec<u8>, Vec<u8>)) -> (Vec<u8>, Vec<u8>) {
    fraction.truncate(9);
    while fraction.pop_if(|digit| *digit == b'0').is_some() {}
    (whole, fraction)
}

fn check_order(a: &AtLine<'_>, ats: &[AtLine<'_>]) {
    for b in ats {
        let (wins, loses) = (a.supersedes(b), b.supersedes(a));
        assert!(!(wins && loses), "each supersedes the other");
        let is_same = without_id(a) == without_id(b);
        assert_eq!(wins || loses, !is_same, "one of two different lines is the newer");
        assert_eq!(wins, is_newer(a, b));
        let is_after = value(a.time.as_bytes()) > cut_to_nanos(value(b.time.as_bytes()));
        assert_eq!(a.time.is_after(b.time.nanos()), is_after);
        for c in ats.iter().filter(|c| b.supersedes(c)) {
            assert!(!wins || a.supersedes(c), "what is newer than the newer is newer");
        }
    }
}

fn without_id<'a>(at: &AtLine<'a>) -> [&'a [u8]; 4] {
    [at.server, at.difference, at.location.as_bytes(), at.time.as_bytes()]
}

/// A record is the line that it was made of, in a buffer of its own or in that of another.
fn check_record(at: &AtLine<'_>, before: &mut Option<Record>, scratch: &mut Vec<u8>) {
    let fresh = Record::new(at);
    let record = before.get_or_insert_with(|| fresh.clone());
    record.overwrite(at, scratch);
    let mut printed = Vec::new();
    at.write_to(&mut printed);
    for record in [record, &fresh] {
        assert_eq!(record.line(), printed);
        assert_eq!(record.as_at_line(), *at);
        assert_eq!((record.id(), record.location(), record.time()), (at.id, at.location, at.time));
        assert_eq!(record.time().as_bytes(), at.time.as_bytes());
    }
}
