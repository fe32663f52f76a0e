//! Lines, their ends and their bytes, and the words that they begin with (the specification, sections 2 and 5).

use super::{Case, each, say};

const LONGEST: usize = 16_384;

pub(super) fn cases() -> Vec<Case> {
    [white_space(), bytes(), words(), lengths(), ends(), orders()].into_iter().flatten().collect()
}

fn white_space() -> Vec<Case> {
    let mut cases = vec![say(&[b"IAMAT kiwi +1-1 5", "WHATSAT\u{a0}kiwi 10 5".as_bytes()])];
    cases.extend(each(&[
        b"IAMAT kiwi +1-1 5",
        b"  IAMAT\tkiwi \x0b +1-1\x0c5 ",
        b"IAMAT kiwi +1-1 5\r",
        b"IAMAT kiwi\r+1-1 5",
        b"",
        b"\r",
        b" \t ",
        b"hello\r",
        b" hello  world ",
        "IAMAT kiwi\u{a0}s +1-1 5".as_bytes(),
        "IAMAT kiwi\u{85}s +1-1 5".as_bytes(),
        "IAMAT kiwi\u{2003}s +1-1 5".as_bytes(),
        b"IAMAT kiwi\x1cs +1-1 5",
        b"IAMAT kiwi\x1ds +1-1 5",
        b"IAMAT kiwi\x1es +1-1 5",
        b"IAMAT kiwi\x1fs +1-1 5",
        "IAMAT kiwi +1-1\u{a0}5".as_bytes(),
        "IAMAT kiwi +1-1 5\u{85}".as_bytes(),
        "\u{a0}IAMAT kiwi +1-1 5".as_bytes(),
    ]));
    cases
}

fn bytes() -> Vec<Case> {
    each(&[
        "IAMAT kiwi-キウイ +1-1 5".as_bytes(),
        "IAMAT \u{feff}kiwi +1-1 5".as_bytes(),
        b"IAMAT kiwi\0\x01\x7f +1-1 5",
        b"IAMAT kiwi\xff +1-1 5",
        b"IAMAT kiwi\xa0 +1-1 5",
        b"IAMAT kiwi\xed\xa0\x80 +1-1 5",
        b"hello \xff",
        b"hello \0",
        b"\0",
    ])
}

fn words() -> Vec<Case> {
    each(&[
        b"HELLO",
        b"?",
        b"iamat kiwi +1-1 5",
        b"IAMATkiwi +1-1 5",
        b"IAMAT",
        b"IAMAT kiwi +1-1",
        b"IAMAT kiwi +1 -1 5",
        b"IAMAT kiwi +1-1 5 6",
        b"WHATSAT kiwi 10",
        b"WHATSAT kiwi 10 5 5",
        b"AT",
        b"AT Ball +1.000000000 kiwi +1-1",
        b"GET / HTTP/1.1",
        b"POST /IAMAT HTTP/1.1",
        b"HEAD / HTTP/1.1",
        b"PUT / HTTP/1.1",
        b"OPTIONS / HTTP/1.1",
        b"Host: localhost",
        b"DELETE / HTTP/1.1",
        b"get / HTTP/1.1",
    ])
}

fn lengths() -> Vec<Case> {
    let long = |length: usize| "x".repeat(length).into_bytes();
    let full = |end: &[u8]| {
        let (start, place) = (b"IAMAT kiwi-", b" +1-1 5");
        [start, &*long(LONGEST - start.len() - place.len()), place, end].concat()
    };
    each(&[
        &long(LONGEST),
        &long(LONGEST + 1),
        &[&*long(LONGEST), b"\r"].concat(),
        &full(b""),
        &full(b"\r"),
        &full(b" "),
        &long(100_000),
    ])
}

/// A client that shuts down its sending side; a line that is empty here ends the one before.
fn ends() -> Vec<Case> {
    let shut = |lines: &[&[u8]]| say(lines).then_shut();
    vec![
        shut(&[b""]),
        shut(&[b"hello", b""]),
        shut(&[b"hello"]),
        shut(&[b"IAMAT kiwi +1-1 5", b""]),
        shut(&[b"IAMAT kiwi +1-1 5"]),
        shut(&[b"IAMAT kiwi +1-1 5", b"WHATSAT kiwi 10 5", b""]),
        shut(&[b"IAMAT kiwi +1-1 5", b"WHATSAT kiwi 10 5", b"hello"]),
        shut(&[&b"x".repeat(LONGEST + 1)]),
    ]
}

fn orders() -> Vec<Case> {
    vec![
        say(&[b"one", b"IAMAT kiwi +1-1 5", b"two", b"", b"three"]).at_once(),
        say(&[b"IAMAT kiwi +1-1 5", b"WHATSAT kiwi 10 5", b"IAMAT kiwi +1-1 6", b"hello"]).at_once(),
    ]
}
