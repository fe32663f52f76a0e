//! A command is what the grammar of the specification (sections 2 to 4) says it is, and nothing else.
//!
//! The grammar is written down here once more, as plainly as it can be, without any of the code that is
//! judged. What is accepted prints, and reads back as the same.

use herd::command::{AtLine, Command, Difference, Invalid, Location, Query, Report, Timestamp};

pub(crate) fn check(line: &[u8]) {
    let parsed = Command::parse(line);
    let words: Vec<&[u8]> = words(line).collect();
    assert_eq!(parsed.err(), refusal(&words), "{}", line.escape_ascii());
    match parsed {
        Ok(Command::Iamat(report)) => check_report(&report, &words[1..]),
        Ok(Command::At(at)) => check_at(&at, &words),
        Ok(Command::Whatsat(query)) => check_query(&query, &words),
        Err(_) => {}
    }
}

/// The words of a line: runs of bytes that are not white space.
fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| b" \t\r\n\x0b\x0c".contains(byte)).filter(|word| !word.is_empty())
}

/// Why a line is no command, if it is none: what the first of its fields is that is wrong.
fn refusal(words: &[&[u8]]) -> Option<Invalid> {
    let report = |location: &[u8], time: &[u8]| match () {
        () if !is_location(location) => Some(Invalid::Location),
        () if !is_time(time) => Some(Invalid::Time),
        () => None,
    };
    match words {
        [] => Some(Invalid::Empty),
        [b"IAMAT", _, location, time] => report(location, time),
        [b"AT", _, difference, _, _, _] if !is_difference(difference) => Some(Invalid::Difference),
        [b"AT", _, _, _, location, time] => report(location, time),
        [b"WHATSAT", _, radius, _] if !is_radius(radius) => Some(Invalid::Radius),
        [b"WHATSAT", _, _, bound] if !is_bound(bound) => Some(Invalid::Bound),
        [b"WHATSAT", _, _, _] => None,
        [b"IAMAT" | b"AT" | b"WHATSAT", ..] => Some(Invalid::FieldCount),
        [b"GET" | b"POST" | b"HEAD" | b"PUT" | b"OPTIONS" | b"Host:", ..] => Some(Invalid::Http),
        _ => Some(Invalid::Word),
    }
}

/// The digits before the point and behind it, the first without the zeros in front, the second without
/// those at the end.
fn decimal(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let point = text.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = match point {
        Some(point) => (&text[..point], &text[point + 1..]),
        None => (text, &b"0"[..]),
    };
    let are_digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    if !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let (mut whole, mut fraction) = (whole, fraction);
    while let [b'0', rest @ ..] = whole {
        whole = rest;
    }
    while let [rest @ .., b'0'] = fraction {
        fraction = rest;
    }
    Some((whole, fraction))
}

/// Whether a decimal is at most `limit`, which has no zero in front.
fn is_at_most((whole, fraction): (&[u8], &[u8]), limit: &[u8]) -> bool {
    let less = (whole.len(), whole) < (limit.len(), limit);
    less || (whole == limit && fraction.is_empty())
}

fn is_location(text: &[u8]) -> bool {
    let signs = text.iter().filter(|byte| b"+-".contains(byte)).count();
    let Some(second) = text.iter().rposition(|byte| b"+-".contains(byte)) else { return false };
    let starts = text.first().is_some_and(|byte| b"+-".contains(byte));
    if signs != 2 || !starts || second == 0 {
        return false;
    }
    let within = |part, limit: &[u8]| decimal(part).is_some_and(|degrees| is_at_most(degrees, limit));
    within(&text[1..second], b"90") && within(&text[second + 1..], b"180")
}

fn is_time(text: &[u8]) -> bool {
    let before_point = text.iter().take_while(|byte| **byte != b'.').count();
    decimal(text).is_some() && before_point <= 18
}

fn is_difference(text: &[u8]) -> bool {
    let [b'+' | b'-', magnitude @ ..] = text else { return false };
    let behind_point = magnitude.iter().rev().take_while(|byte| **byte != b'.').count();
    decimal(magnitude).is_some() && behind_point == 9 && magnitude.len() > 10
}

fn is_radius(text: &[u8]) -> bool {
    decimal(text).is_some_and(|radius| radius != (b"", b"") && is_at_most(radius, b"50"))
}

fn is_bound(text: &[u8]) -> bool {
    let whole = !text.contains(&b'.');
    whole && decimal(text).is_some_and(|bound| bound.0 != b"" && is_at_most(bound, b"20"))
}

/// A client's line, and the AT line that answers it, whatever the clock says.
fn check_report(report: &Report<'_>, fields: &[&[u8]]) {
    assert_eq!([report.id, report.location.as_bytes(), report.time.as_bytes()], *fields);
    check_degrees(report.location);
    let clock = a_clock(report.time.as_bytes());
    let difference = Difference::between(clock, report.time);
    check_difference(difference.as_bytes(), clock, report.time);
    check_at_prints(&AtLine::new(b"Ball", difference.as_bytes(), *report));
}

fn check_at(at: &AtLine<'_>, words: &[&[u8]]) {
    let fields = [b"AT", at.server, at.difference, at.id, at.location.as_bytes(), at.time.as_bytes()];
    assert_eq!(fields, *words);
    check_degrees(at.location);
    check_at_prints(at);
}

/// It prints its fields with single spaces, and what it prints reads back as the same.
fn check_at_prints(at: &AtLine<'_>) {
    let mut printed = Vec::with_capacity(256);
    at.write_to(&mut printed);
    let fields = [b"AT", at.server, at.difference, at.id, at.location.as_bytes(), at.time.as_bytes()];
    assert!(printed.split(|byte| *byte == b' ').eq(fields), "{}", printed.escape_ascii());
    assert_eq!(Command::parse(&printed), Ok(Command::At(*at)));
}

fn check_query(query: &Query<'_>, words: &[&[u8]]) {
    let number = |text| str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
    assert_eq!(query.id, words[1]);
    assert_eq!(Some(query.bound as f64), number(words[3]));
    let metres = number(words[2]).map_or(f64::NAN, |kilometres| kilometres * 1000.0);
    let allowed = metres * 1e-12 + f64::MIN_POSITIVE; // below which a number has few bits
    assert!((query.radius_metres - metres).abs() <= allowed, "{} for {metres}", query.radius_metres);
    assert!((0.0..=50_000.0).contains(&query.radius_metres));
}

/// Degrees are the numbers that the text says.
fn check_degrees(location: Location<'_>) {
    let text = str::from_utf8(location.as_bytes()).unwrap_or_default();
    let second = text.rfind(['+', '-']).unwrap_or_default();
    assert_eq!(text[..second].parse(), Ok(location.latitude()));
    assert_eq!(text[second..].parse(), Ok(location.longitude()));
}

/// Any clock at all, by way of the bytes of a text.
fn a_clock(text: &[u8]) -> i64 {
    text.iter()
        .fold(1, |clock: i64, byte| clock.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add((*byte).into()))
}

/// The difference is a sign and nine decimals, and together with the time it is the clock again.
fn check_difference(text: &[u8], clock: i64, time: Timestamp<'_>) {
    assert!(is_difference(text) && Difference::is_written(text), "{}", text.escape_ascii());
    let digits = text[1..].iter().filter(|byte| **byte != b'.');
    let magnitude = digits.fold(0_i128, |number, digit| number * 10 + i128::from(digit - b'0'));
    let nanos = if text[0] == b'-' { -magnitude } else { magnitude };
    assert_eq!(nanos + time.nanos(), clock.into());
    assert!(text[0] == b'+' || nanos < 0, "zero is positive");
    assert!(text.len() == 12 || text[1] != b'0', "no zero in front");
}
