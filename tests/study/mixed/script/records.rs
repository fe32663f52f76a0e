//! What is remembered of a client: which of two reports is the newer, and who may tell (the specification, sections 3
//! to 6).

use super::{Case, say};

const QUESTION: &[u8] = b"WHATSAT kiwi 10 1";

pub(super) fn cases() -> Vec<Case> {
    [unknown(), reports(), strangers(), news(), malformed_news()].into_iter().flatten().collect()
}

fn unknown() -> Vec<Case> {
    vec![
        say(&[QUESTION]),
        say(&[b"IAMAT kiwi +1-1 5", b"WHATSAT KIWI 10 1", b"WHATSAT kiwi. 10 1"]),
        say(&[b"IAMAT kiwi +1-1 nan", QUESTION]),
    ]
}

/// Two reports to one server.
fn reports() -> Vec<Case> {
    let pairs: [[&[u8]; 2]; 6] = [
        [b"IAMAT kiwi +1-1 5", b"IAMAT kiwi +2-2 6"],
        [b"IAMAT kiwi +1-1 5", b"IAMAT kiwi +2-2 4"],
        [b"IAMAT kiwi +1-1 5", b"IAMAT kiwi +2-2 5"],
        [b"IAMAT kiwi +2-2 5", b"IAMAT kiwi +1-1 5"],
        [b"IAMAT kiwi +1-1 1479413884.392014450", b"IAMAT kiwi +2-2 1479413884.392014451"],
        [b"IAMAT kiwi +1-1 1479413884.392014451", b"IAMAT kiwi +2-2 1479413884.392014450"],
    ];
    pairs.into_iter().map(|[one, other]| say(&[one, other, QUESTION])).collect()
}

/// Whoever is no neighbour tells what a neighbour would.
fn strangers() -> Vec<Case> {
    vec![
        say(&[b"AT Ball +1.000000000 kiwi +1-1 5", QUESTION]),
        say(&[b"IAMAT kiwi +1-1 5", b"AT Ball +1.000000000 kiwi +2-2 6", QUESTION]),
    ]
}

/// Two reports told by a neighbour.
fn news() -> Vec<Case> {
    let pairs: [[&[u8]; 2]; 9] = [
        [b"AT Ball +1.000000000 kiwi +1-1 5", b"AT Ball +1.000000000 kiwi +2-2 6"],
        [b"AT Ball +1.000000000 kiwi +1-1 5", b"AT Ball +1.000000000 kiwi +2-2 4"],
        [b"AT Ball +1.000000000 kiwi +1-1 5", b"AT Alford +1.000000000 kiwi +2-2 5"],
        [b"AT Alford +1.000000000 kiwi +1-1 5", b"AT Ball +1.000000000 kiwi +2-2 5"],
        [b"AT Ball +1.000000000 kiwi +1-1 5", b"AT Ball +1.000000000 kiwi +2-2 5"],
        [b"AT Ball +1.000000000 kiwi +1-1 5", b"AT Ball +2.000000000 kiwi +1-1 5"],
        [b"AT Ball +1.000000000 kiwi +1-1 5", b"AT Ball +1.000000000 kiwi +1-1 5.0"],
        [
            b"AT Ball +1.000000000 kiwi +1-1 1479413884.392014450",
            b"AT Ball +1.000000000 kiwi +2-2 1479413884.392014451",
        ],
        [b"IAMAT kiwi +1-1 5", b"AT Alford +1.000000000 kiwi +2-2 5"],
    ];
    pairs.into_iter().map(|[one, other]| say(&[one, other, QUESTION]).by_a_neighbour()).collect()
}

/// What a neighbour tells that is not as it should be.
fn malformed_news() -> Vec<Case> {
    let lines: [&[u8]; 13] = [
        b"AT Nobody +1.000000000 kiwi +1-1 5",
        b"  AT\tBall  +1.000000000 kiwi +1-1 5\r",
        b"AT Ball +1.000000000 kiwi +1-1 9999999999",
        b"AT Ball +1.0 kiwi +1-1 5",
        b"AT Ball 1.000000000 kiwi +1-1 5",
        b"AT Ball x kiwi +1-1 5",
        b"AT Ball +1.000000000 kiwi +91-1 5",
        b"AT Ball +1.000000000 kiwi 1-1 5",
        b"AT Ball +1.000000000 kiwi +1-1 5e0",
        b"AT Ball +1.000000000 kiwi +1-1 x",
        b"AT Ball +1.000000000 kiwi +1-1 5 6",
        b"AT Ball +1.000000000 kiwi\xff +1-1 5",
        "AT Ball +1.000000000 kiwi\u{a0} +1-1 5".as_bytes(),
    ];
    lines.into_iter().map(|line| say(&[line, QUESTION]).by_a_neighbour()).collect()
}
