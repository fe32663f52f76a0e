//! The specification, sections 2 to 5, against the real binary: bytes in, bytes out.
//!
//! In what is expected, `<diff>` stands for a difference: a sign, digits, a point and nine digits.

use std::time::{Duration, UNIX_EPOCH};

use crate::common::{Client, Herd};

const UCLA: &str = "+34.068930-118.445127";

/// What comes back for these bytes until the server closes, which it does once we send no more.
fn exchange(herd: &Herd, bytes: &[u8]) -> String {
    let mut client = herd.client("Welsh");
    client.send(bytes);
    client.finish();
    shown(&client.rest())
}

/// Escaped, with every difference made `<diff>`.
fn shown(bytes: &[u8]) -> String {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n').map(|line| {
        let mut fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
        if fields[0] == b"AT" && fields.len() == 6 && is_difference(fields[2]) {
            fields[2] = b"<diff>";
        }
        fields.join(&b' ')
    });
    lines.collect::<Vec<_>>().concat().escape_ascii().to_string()
}

fn is_difference(field: &[u8]) -> bool {
    let Some((b'+' | b'-', number)) = field.split_first() else { return false };
    let parts: Vec<&[u8]> = number.split(|byte| *byte == b'.').collect();
    let are_digits = parts.iter().all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit));
    parts.len() == 2 && parts[1].len() == 9 && are_digits
}

/// Each of the fields makes a valid command where the pattern has its `{}`.
fn accepts(herd: &Herd, pattern: &str, fields: &[&str]) {
    for field in fields {
        let line = pattern.replace("{}", field);
        let reply = exchange(herd, format!("{line}\n").as_bytes());
        assert!(reply.starts_with("AT Welsh <diff> "), "{line} was answered with {reply}");
    }
}

/// None of them does: the line comes back after a question mark.
fn refuses(herd: &Herd, pattern: &str, fields: &[&str]) {
    for field in fields {
        let line = pattern.replace("{}", field);
        let reply = exchange(herd, format!("{line}\n").as_bytes());
        assert_eq!(reply, format!("? {line}\n").as_bytes().escape_ascii().to_string());
    }
}

fn assert_exchanges(herd: &Herd, cases: &[(&[u8], &str)]) {
    for (sent, expected) in cases {
        assert_eq!(exchange(herd, sent), *expected, "for {}", sent.escape_ascii());
    }
}

fn now() -> u64 {
    UNIX_EPOCH.elapsed().unwrap().as_secs()
}

// Section 2.

#[test]
fn lines_end_in_lf_or_crlf_and_the_last_one_at_the_end() {
    let herd = Herd::of_one(&[]);
    assert_exchanges(
        &herd,
        &[
            (b"IAMAT a +1-1 5\nIAMAT b +1-1 5\n", r"AT Welsh <diff> a +1-1 5\nAT Welsh <diff> b +1-1 5\n"),
            (b"IAMAT a +1-1 5\r\nx\r\n", r"AT Welsh <diff> a +1-1 5\n? x\n"),
            (b"IAMAT a +1-1 5", r"AT Welsh <diff> a +1-1 5\n"),
            (b"what\nelse", r"? what\n? else\n"),
            (b"\n\r\n \n", r"? \n? \n?  \n"),
            (b"a\rb\n", r"? a\rb\n"),
            (b"", ""),
        ],
    );
}

#[test]
fn white_space_is_six_bytes_and_no_others() {
    let herd = Herd::of_one(&[]);
    assert_exchanges(
        &herd,
        &[
            (b" \tIAMAT\x0b\x0ca \r +1-1\t\t5 \n", r"AT Welsh <diff> a +1-1 5\n"),
            (b"IAMAT \xc2\xa0 +1-1 5\n", r"AT Welsh <diff> \xc2\xa0 +1-1 5\n"),
            (b"IAMAT \x85 +1-1 5\n", r"AT Welsh <diff> \x85 +1-1 5\n"),
            (b"IAMAT \x1c\x1d\x1e\x1f +1-1 5\n", r"AT Welsh <diff> \x1c\x1d\x1e\x1f +1-1 5\n"),
            (b"IAMAT \0\xff\xfe +1-1 5\n", r"AT Welsh <diff> \x00\xff\xfe +1-1 5\n"),
            (b"IAMAT\xc2\xa0a +1-1 5\n", r"? IAMAT\xc2\xa0a +1-1 5\n"),
        ],
    );
}

#[test]
fn a_stream_may_be_cut_anywhere() {
    let herd = Herd::of_one(&[]);
    let sent = b"IAMAT a +1-1 5\r\n\nWHATSAT nobody 1 1\r\nAT\nIAMAT b +1-1 5";
    let whole = exchange(&herd, sent);
    let mut client = herd.client("Welsh");
    sent.iter().for_each(|byte| client.send([*byte]));
    client.finish();
    assert_eq!(shown(&client.rest()), whole);
    assert_eq!(whole.matches(r"\n").count(), 5);
}

#[test]
fn there_is_no_greeting_and_the_connection_stays_open() {
    let herd = Herd::of_one(&[]);
    let mut client = herd.client("Welsh");
    assert_eq!(client.ask("hello"), "? hello", "the first thing that is heard");
    assert!(client.ask("IAMAT a +1-1 5").starts_with("AT Welsh "));
    assert_eq!(client.ask(""), "? ");
    assert!(client.whatsat("a 1 1").starts_with("AT Welsh "));
}

#[test]
fn replies_come_in_the_order_of_the_commands() {
    let herd = Herd::of_one(&[]);
    let commands = "IAMAT a +1-1 5\nWHATSAT a 1 1\nIAMAT b +2-2 5\nWHATSAT b 1 1\nx\nIAMAT a +3-3 6\n";
    let reply = exchange(&herd, commands.repeat(50).as_bytes());
    let first_words = reply.split(r"\n").filter(|line| line.starts_with("AT ") || line.starts_with("? "));
    let one_round = ["a +1-1 5", "a ", "b +2-2 5", "b +2-2 5", "x", "a +3-3 6"];
    let mut count = 0;
    for (line, expected) in first_words.zip(one_round.iter().cycle()) {
        assert!(line.contains(expected), "{line} instead of {expected}");
        count += 1;
    }
    assert_eq!(count, 50 * one_round.len());
}

#[test]
fn a_line_may_be_16_kib_long_and_no_longer() {
    let herd = Herd::of_one(&[]);
    let line = |length: usize| format!("IAMAT {} +1-1 5", "x".repeat(length - "IAMAT  +1-1 5".len()));
    for end in ["\n", "\r\n"] {
        let reply = exchange(&herd, format!("{}{end}", line(16_384)).as_bytes());
        assert!(reply.starts_with("AT Welsh "), "{}", &reply[..80]);
    }
    let mut client = herd.client("Welsh");
    client.send(line(16_384) + "\r"); // the end of the line is on its way
    std::thread::sleep(Duration::from_millis(50));
    client.send("\nx\n");
    assert!(client.line().unwrap().starts_with(b"AT Welsh "));
    assert_eq!(client.line().unwrap(), b"? x");

    let refused = format!("? {}\\n", &line(100)[..64]);
    assert_eq!(exchange(&herd, (line(16_385) + "\nx\n").as_bytes()), refused);
    assert_eq!(exchange(&herd, (line(16_385) + "\r\nx\n").as_bytes()), refused);
}

#[test]
fn a_line_without_an_end_is_answered_and_closed_whatever_else_comes() {
    let herd = Herd::of_one(&[]);
    let mut client = herd.client("Welsh");
    let flood = vec![b'x'; 10_000_000];
    let sender = client.stream().try_clone().unwrap();
    let reply = std::thread::scope(|scope| {
        // The server may close before all is sent.
        scope.spawn(|| drop(std::io::Write::write_all(&mut &sender, &flood)));
        client.rest()
    });
    assert_eq!(shown(&reply), format!("? {}\\n", "x".repeat(64)));
    assert_eq!(herd.client("Welsh").ask("still there"), "? still there");
}

// Section 3.

#[test]
fn an_iamat_is_answered_with_its_fields_as_they_came() {
    let herd = Herd::of_one(&[]);
    accepts(
        &herd,
        "IAMAT a {} 5",
        &[
            UCLA,
            "+0+0",
            "-0-0",
            "+90+180",
            "-90-180",
            "+90.0-180.000",
            "+0034.5+0000118.25",
            "+1.00000000000000000001-1",
        ],
    );
    refuses(
        &herd,
        "IAMAT a {} 5",
        &[
            "34.06-118.44",
            "+34.06",
            "+34.06,-118.44",
            "+34.06 -118.44",
            "+.5-1",
            "+1-.5",
            "+1.-1",
            "+1-1.",
            "+1-1/",
            "+1-1+1",
            "+1e0-1",
            "+nan-1",
            "+1-inf",
            "+90.0000000000000000001+0",
            "+91+0",
            "+0-180.00000000000000001",
            "+0+181",
            "++1-1",
            "\u{2212}1+1",
        ],
    );
    let future = (now() + 23 * 3600).to_string();
    accepts(
        &herd,
        &format!("IAMAT a {UCLA} {{}}"),
        &["0", "1479413884.392014450", "000000000000000001", "1.00000000000000000000000001", &future],
    );
    let too_far = (now() + 25 * 3600).to_string();
    refuses(
        &herd,
        &format!("IAMAT a {UCLA} {{}}"),
        &[
            "0000000000000000001",
            "1000000000000000000",
            "999999999999999999",
            "+1",
            "-1",
            "1.",
            ".1",
            "1e3",
            "nan",
            "inf",
            "1_0",
            "0x1",
            "\u{661}",
            &too_far,
        ],
    );
}

#[test]
fn the_difference_is_the_servers_clock_less_the_time() {
    let herd = Herd::of_one(&[]);
    let difference = |time: u64| {
        let reply = herd.client("Welsh").ask(&format!("IAMAT a +1-1 {time}"));
        let text = reply.split(' ').nth(2).unwrap().to_owned();
        assert!(is_difference(text.as_bytes()), "{text}");
        text.parse::<f64>().unwrap()
    };
    let now = now();
    assert!((-1.0..60.0).contains(&difference(now)));
    assert!((99.0..160.0).contains(&difference(now - 100)));
    assert!((-1001.0..-940.0).contains(&difference(now + 1000)));
}

/// The place that the herd knows for `id` after these reports.
fn place_after(client: &mut Client, id: &str, reports: &[&str]) -> String {
    for report in reports {
        assert!(client.ask(&format!("IAMAT {id} {report}")).ends_with(report), "answered as usual");
    }
    let answer = client.whatsat(&format!("{id} 1 1"));
    answer.lines().next().unwrap().split(' ').nth(4).unwrap().to_owned()
}

#[test]
fn the_newest_report_wins_by_exact_time() {
    let herd = Herd::of_one(&[]);
    let client = &mut herd.client("Welsh");
    assert_eq!(place_after(client, "a", &["+1+1 5", "+2+2 6"]), "+2+2");
    assert_eq!(place_after(client, "b", &["+1+1 6", "+2+2 5"]), "+1+1");
    assert_eq!(place_after(client, "c", &["+1+1 5", "+2+2 5"]), "+1+1");
    assert_eq!(place_after(client, "d", &["+1+1 5", "+2+2 5.0"]), "+1+1");
    let (older, newer) = ("+1+1 1479413884.392014450", "+2+2 1479413884.392014451");
    assert_eq!(place_after(client, "e", &[older, newer]), "+2+2");
    assert_eq!(place_after(client, "f", &[newer, older]), "+2+2");
    assert_eq!(place_after(client, "g", &["+1+1 9", "+2+2 10"]), "+2+2");
    assert_eq!(
        place_after(client, "h", &["+1+1 1.0000000000000000001", "+2+2 1.00000000000000000011"]),
        "+2+2"
    );
}

// Section 4.

#[test]
fn a_whatsat_wants_a_radius_up_to_50_and_a_bound_up_to_20() {
    let herd = Herd::of_one(&[]);
    herd.client("Welsh").ask(&format!("IAMAT a {UCLA} 5"));
    accepts(&herd, "WHATSAT a {} 1", &["10", "50", "50.000", "0.5", "007.25", "0.000000000000000001"]);
    refuses(
        &herd,
        "WHATSAT a {} 1",
        &["0", "0.0", "50.0000000000000000000001", "51", "-1", "+1", ".5", "5.", "1e1", "nan", "inf", "x"],
    );
    accepts(&herd, "WHATSAT a 1 {}", &["1", "20", "01"]);
    refuses(&herd, "WHATSAT a 1 {}", &["0", "21", "-1", "+1", "1.0", "1e1", "x", "99999999999999999999"]);
    refuses(&herd, "WHATSAT {} 10 5", &["nobody", "A"]);
}

#[test]
fn a_whatsat_is_answered_with_the_at_line_and_the_places() {
    let herd = Herd::of_one(&[]);
    let mut client = herd.client("Welsh");
    let at = client.ask(&format!("IAMAT a {UCLA} 5"));
    for bound in [1, 2, 20] {
        let answer = client.whatsat(&format!("a 10 {bound}"));
        let places = answer.strip_prefix(&format!("{at}\n")).unwrap();
        assert!(places.starts_with("{\n   \"html_attributions\" : ["), "{places}");
        assert!(places.ends_with("   ],\n   \"status\" : \"OK\"\n}\n\n"), "{places}");
        assert!(!places.trim_end().contains("\n\n"), "{places}");
        assert!((1..=bound).contains(&places.matches("\"place_id\" : ").count()), "{places}");
    }
    client.ask("IAMAT b -48.8767-123.3933 5"); // as far from land as can be
    let empty = client.whatsat("b 50 20");
    assert!(empty.ends_with("   \"results\" : [],\n   \"status\" : \"ZERO_RESULTS\"\n}\n\n"), "{empty}");
}

// Section 5.

#[test]
fn anything_else_comes_back_after_a_question_mark() {
    let herd = Herd::of_one(&[]);
    refuses(
        &herd,
        "{}",
        &[
            "",
            " ",
            "x",
            "GET / HTTP/1.1",
            "iamat a +1-1 5",
            "Iamat a +1-1 5",
            "whatsat a 1 1",
            "IAMAT",
            "IAMAT a",
            "IAMAT a +1-1",
            "IAMAT a +1-1 5 6",
            "WHATSAT",
            "WHATSAT a 1",
            "WHATSAT a 1 1 1",
            "AT",
            "AT Ball +0.000000000 a +1-1 5",
            "? x",
            "  kept \t as it  came \u{b}",
            "PING",
            "HELLO 1 Alford Welsh 00000000000000000000000000000000",
            "\u{0}\u{7f}\u{e9}",
        ],
    );
}

// Section 9: the limits of a connection.

#[test]
fn a_client_that_takes_too_long_is_closed() {
    let herd = Herd::of_one(&["--set=limits.idle=300ms"]);
    assert_eq!(herd.client("Welsh").rest(), b"");

    let herd = Herd::of_one(&["--set=limits.line_time=300ms"]);
    let mut client = herd.client("Welsh");
    assert_eq!(client.ask("a whole line"), "? a whole line");
    let drip = || std::io::Write::write_all(&mut client.stream(), b"x");
    crate::common::eventually("a drip does not keep the connection", || {
        std::thread::sleep(Duration::from_millis(20));
        drip().is_err()
    });
}

#[test]
fn more_clients_than_allowed_are_closed_at_once_and_the_others_served() {
    let herd = Herd::of_one(&["--set=limits.connections=3"]);
    // All stay open: a closed connection makes room for one that is not accepted yet.
    let mut open: Vec<Client> = (0..20).map(|_| herd.client("Welsh")).collect();
    let reply = |client: &mut Client| {
        client.send_if_open("x\n");
        client.line()
    };
    let replies: Vec<Vec<u8>> = open.iter_mut().filter_map(reply).collect();
    assert_eq!(replies, [b"? x"; 3]);
}
