//! Signals, and the log that is left: the specification, sections 7 and 9, with real processes.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::common::{Herd, eventually};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::Signal;

/// Queries that fit into one read, whose replies do not fit into the server's memory for them, but that a slow machine
/// answers within the five seconds of a stop.
const MANY: usize = 200;

#[test]
fn a_stop_answers_what_is_in_hand() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut herd = Herd::of_one(&[]);
        let mut client = herd.client("Welsh");
        let at = client.ask("IAMAT a +34.068930-118.445127 5");
        client.send("WHATSAT a 50 20\n".repeat(MANY));
        assert_eq!(client.line().unwrap(), at.as_bytes());
        herd.process("Welsh").signal(signal);
        let replies = String::from_utf8(client.rest()).unwrap();
        assert_eq!(1 + replies.lines().filter(|line| *line == at).count(), MANY);
        assert!(replies.ends_with("}\n\n"));
        assert_eq!(herd.process("Welsh").end().code(), Some(0));
        assert!(herd.log("Welsh").contains(" * stopping\n"));
    }
}

#[test]
fn a_stopping_server_takes_nobody_in() {
    let mut herd = Herd::of_one(&[]);
    let (port, busy) = (herd.port("Welsh"), deaf_client(&herd)); // it keeps the server from ending at once
    herd.process("Welsh").signal(Signal::TERM);
    eventually("it says so", || herd.said("Welsh").contains("Welsh: stopping\n"));
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "the port is closed");
    drop(busy);
    assert_eq!(herd.process("Welsh").end().code(), Some(0));
}

#[test]
fn a_client_that_does_not_read_does_not_keep_a_stop_from_ending() {
    let mut herd = Herd::of_one(&[]);
    let _deaf = deaf_client(&herd);
    herd.process("Welsh").signal(Signal::TERM);
    assert_eq!(herd.process("Welsh").end().code(), Some(0));
}

/// A client that has asked for more than fits between it and the server, and does not read it.
fn deaf_client(herd: &Herd) -> crate::common::Client {
    let mut client = herd.client("Welsh");
    client.ask("IAMAT a +34.068930-118.445127 5");
    client.send("WHATSAT a 50 20\n".repeat(50 * MANY));
    assert!(client.line().is_some());
    client
}

#[test]
fn the_log_has_every_line_in_and_out() {
    let mut herd = Herd::of_one(&[]);
    let mut client = herd.client("Welsh");
    let at = client.ask("IAMAT kiwi +34.068930-118.445127 5");
    let places = client.whatsat("kiwi 5 1");
    client.send(b"\xff\t\\\r\n");
    client.line();
    let peer = client.stream().local_addr().unwrap();
    herd.process("Welsh").signal(Signal::TERM);
    herd.process("Welsh").end();

    let log = herd.log("Welsh");
    let told = |direction: &str, text: &[u8]| format!("{direction} {peer} {}", escaped(text));
    for line in [
        told("<", b"IAMAT kiwi +34.068930-118.445127 5"),
        told(">", at.as_bytes()),
        told("<", b"WHATSAT kiwi 5 1"),
        told(">", places.as_bytes()),
        told("<", b"\xff\t\\"),
        told(">", b"? \xff\t\\") + r" \(the first word is not IAMAT, AT or WHATSAT)",
        "* stopping".to_owned(),
    ] {
        assert!(log.lines().any(|logged| logged[28..] == line), "{line}\nis not in\n{log}");
    }
    log.lines().for_each(|line| assert!(begins_with_a_time(line), "{line}"));
}

/// As the log has it: quotes are no trouble there.
fn escaped(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string().replace("\\\"", "\"").replace("\\'", "'")
}

/// `2026-11-23T02:37:43.392014Z `
fn begins_with_a_time(line: &str) -> bool {
    let digits_as_nines = |c: char| if c.is_ascii_digit() { '9' } else { c };
    line.chars().take(28).map(digits_as_nines).collect::<String>() == "9999-99-99T99:99:99.999999Z "
}

#[test]
fn the_log_has_what_becomes_of_the_neighbours() {
    let mut herd = Herd::new();
    herd.start("Welsh");
    let noted = |herd: &Herd, what: &str| eventually(what, || herd.log("Welsh").contains(what));
    noted(
        &herd,
        " * neighbour Alford: cannot connect: Connection refused (os error 111); dialling again in ",
    );
    herd.start("Alford");
    noted(&herd, " * neighbour Alford: up\n");
    noted(&herd, " * neighbour Alford is heard\n");
    herd.kill("Alford");
    noted(&herd, " * neighbour Alford is no longer heard: ");
    herd.stranger("Welsh").send("x\n");
    noted(&herd, " is refused: not a hello of this version\n");
}

#[test]
fn without_traffic_the_log_has_notices_alone() {
    let mut herd = Herd::of_one(&["--set=log.traffic=false"]);
    herd.client("Welsh").ask("IAMAT kiwi +1-1 5");
    herd.process("Welsh").signal(Signal::TERM);
    herd.process("Welsh").end();
    assert!(herd.log("Welsh").lines().all(|line| line[28..].starts_with("* ")), "{}", herd.log("Welsh"));
    assert!(herd.log("Welsh").contains("stopping"));
}

#[test]
fn a_hangup_opens_the_log_anew() {
    let mut herd = Herd::of_one(&[]);
    herd.client("Welsh").ask("before");
    eventually("it is logged", || herd.log("Welsh").contains("? before"));
    fs::rename(herd.path("data/Welsh.log"), herd.path("moved.log")).unwrap();
    herd.process("Welsh").signal(Signal::HUP);
    eventually("there is a new log", || herd.path("data/Welsh.log").exists());
    assert_eq!(herd.client("Welsh").ask("after"), "? after");
    eventually("it is logged", || herd.log("Welsh").contains("? after"));
    let moved = fs::read_to_string(herd.path("moved.log")).unwrap();
    assert!(moved.contains("? before") && !moved.contains("? after"));
    assert!(!herd.log("Welsh").contains("? before"));
}

#[test]
fn a_hangup_reads_the_configuration_again() {
    let mut herd = Herd::of_one(&[]);
    let good = fs::read_to_string(herd.path("herd.toml")).unwrap();
    fs::write(herd.path("herd.toml"), format!("{good}limits.line = 100\n")).unwrap();
    herd.process("Welsh").signal(Signal::HUP);
    let changed = " * the configuration is read again: changed: limits.line\n";
    eventually("it is read", || herd.log("Welsh").contains(changed));
    let mut client = herd.client("Welsh");
    assert_eq!(client.ask(&"x".repeat(101)), format!("? {}", "x".repeat(64)));
    assert_eq!(client.rest(), b"", "it is closed");
}

#[test]
fn a_hangup_keeps_listeners_and_connections_and_its_bounds_hold_for_newcomers() {
    let mut herd = Herd::of_one(&[]);
    let mut old = herd.client("Welsh");
    assert_eq!(old.ask("before"), "? before");
    let good = fs::read_to_string(herd.path("herd.toml")).unwrap();
    fs::write(herd.path("herd.toml"), format!("{good}limits.connections_per_address = 1\n")).unwrap();
    herd.process("Welsh").signal(Signal::HUP);
    eventually("it is read", || herd.log("Welsh").contains("the configuration is read again"));
    assert_eq!(old.ask("after"), "? after");
    assert_eq!(herd.client("Welsh").rest(), b"", "the bound for its address is reached");
    let refused = "refused: limits.connections_per_address (1) reached (1 so far)";
    eventually("it is said", || herd.said("Welsh").contains(refused));
    eventually("how long turns take is said, too", || herd.log("Welsh").contains(" turns, half within "));
    drop(old);
    eventually("there is room again", || {
        let client = herd.client("Welsh");
        let is_sent = std::io::Write::write_all(&mut client.stream(), b"x\n").is_ok();
        client.finish_if_open();
        is_sent && { client }.rest() == b"? x\n"
    });
}

#[test]
fn a_hangup_refuses_a_bad_configuration_whole() {
    let mut herd = Herd::of_one(&[]);
    let good = fs::read_to_string(herd.path("herd.toml")).unwrap();
    fs::write(herd.path("herd.toml"), format!("{good}limits.line = 20\nlimits.lines = 1\n")).unwrap();
    herd.process("Welsh").signal(Signal::HUP);
    eventually("it is refused", || {
        herd.log("Welsh").contains("the old one stays: herd.toml:8: limits.lines")
    });
    let mut client = herd.client("Welsh");
    assert_eq!(client.ask("a line of more than twenty bytes"), "? a line of more than twenty bytes");
    assert_eq!(client.ask("and another"), "? and another");
}

#[test]
fn a_log_that_is_full_makes_room() {
    let herd = Herd::of_one(&["--set=log.max_size=2000"]);
    let mut client = herd.client("Welsh");
    let mut number = 0;
    eventually("there are older logs", || {
        number += 1;
        client.ask(&format!("line {number}"));
        herd.path("data/Welsh.log.2").exists()
    });
    let older = || fs::metadata(herd.path("data/Welsh.log.1")).ok(); // missing for a moment while logs are renamed
    eventually("the one before is there", || older().is_some());
    assert!(older().unwrap().len() <= 2000);
}

#[test]
fn a_log_that_nobody_reads_holds_up_neither_a_start_nor_a_stop() {
    let mut herd = Herd::new();
    fs::create_dir(herd.path("data")).unwrap();
    mknodat(CWD, herd.path("data/Welsh.log"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    herd.start("Welsh");
    assert!(herd.client("Welsh").ask("IAMAT kiwi +1-1 5").starts_with("AT Welsh "));
    eventually("it is said", || herd.said("Welsh").contains("cannot write data/Welsh.log: nobody reads it"));
    herd.process("Welsh").signal(Signal::TERM);
    assert_eq!(herd.process("Welsh").end().code(), Some(0));
}

#[test]
fn a_hangup_moves_the_log_and_says_what_has_become_of_records_and_key() {
    let mut herd = Herd::of_one(&[]);
    let said = |herd: &Herd, what: &str| eventually(what, || herd.said("Welsh").contains(what));
    said(&herd, "data/herd.key did not exist: made a new herd's key");
    let toml = fs::read_to_string(herd.path("herd.toml")).unwrap();
    fs::write(herd.path("herd.toml"), format!("log.dir = \"logs\"\n{toml}")).unwrap();
    fs::remove_file(herd.path("data/Welsh.redb")).unwrap();
    fs::remove_file(herd.path("data/herd.key")).unwrap();
    herd.process("Welsh").signal(Signal::HUP);
    said(&herd, "data/Welsh.redb was removed while it was in use; it is put back with all that it held");
    said(&herd, "data/herd.key is missing, and a server that starts now makes another; this server keeps");
    assert!(herd.client("Welsh").ask("IAMAT kiwi +1-1 5").starts_with("AT Welsh "));
    let log = herd.path("logs/Welsh.log");
    eventually("the log has moved", || fs::read_to_string(&log).unwrap_or_default().contains(" IAMAT kiwi "));
    fs::write(herd.path("data/herd.key"), "0".repeat(64)).unwrap();
    fs::set_permissions(herd.path("data/herd.key"), fs::Permissions::from_mode(0o600)).unwrap();
    herd.process("Welsh").signal(Signal::HUP);
    said(&herd, "data/herd.key holds another key; this server keeps");
}
