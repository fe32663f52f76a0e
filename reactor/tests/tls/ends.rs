//! Farewells, half-closes, truncation, and what a pause keeps.

use crate::support::{Probe, When, millis};
use crate::{AUTHORITY, IDENTITY, Peer, Serving};
use crate::{Talk, Version, at_server, proven, serving, trusting};

/// What the farewell of TLS 1.3 is long: two bytes, a type and a tag.
const FAREWELL: usize = 19;

fn half_open() -> Probe {
    Probe::new("a").half_open()
}

#[test]
fn the_farewell_comes_once_and_before_the_end() {
    let mut talk = Talk::client(Probe::new("a"));
    talk.write(b"last words");
    let conn = talk.conn();
    talk.world.enter(|cx| cx.peers.lose(conn));
    talk.carry();
    assert_eq!(talk.peer.take_records(), [10 + 17, FAREWELL]);
    assert!(talk.peer.is_left);
    let remote = talk.remote;
    assert!(talk.world.remote(remote).has_ended());
    assert_eq!(talk.log(), ["a made", "a lost: closed"]);
    talk.close(true);
    assert!(talk.peer.take_records().is_empty(), "nothing comes after it");
    assert_eq!((talk.world.net.open(), talk.world.reactor.connections()), (0, 0));
}

#[test]
fn the_farewell_is_said_where_nothing_else_was() {
    let mut talk = Talk::client(Probe::new("a").on(When::Made, |cx| cx.transport.lose_connection()));
    talk.carry();
    assert!(talk.peer.is_left);
    assert_eq!(talk.log(), ["a made", "a lost: closed"]);
}

#[test]
fn an_aborted_connection_says_no_farewell() {
    let mut talk = Talk::client(Probe::new("a"));
    talk.write(b"lost");
    let conn = talk.conn();
    talk.world.enter(|cx| cx.peers.abort(conn));
    talk.carry();
    assert!(!talk.peer.is_left);
    assert_eq!(talk.log(), ["a made", "a lost: aborted"]);
}

#[test]
fn an_end_without_a_farewell_is_a_truncation() {
    let mut talk = Talk::client(half_open());
    talk.peer.say(b"half of it");
    talk.down();
    talk.close(false);
    assert_eq!(talk.log(), ["a made", "a data half of it", "a lost: cut off: the end was not announced"]);
    assert_eq!((talk.world.reactor.counters().truncated, talk.world.net.open()), (1, 0));
}

#[test]
fn an_end_with_a_farewell_is_an_end() {
    let mut talk = Talk::client(Probe::new("a"));
    talk.peer.say(b"all of it");
    talk.close(true);
    assert_eq!(talk.log(), ["a made", "a data all of it", "a read_closed", "a lost: closed by the peer"]);
    assert!(talk.peer.is_left, "and is answered by one");
    assert_eq!((talk.world.reactor.counters().truncated, talk.world.net.open()), (0, 0));
}

/// TLS 1.3 allows it, and our peers of TLS 1.2 bear it.
#[test]
fn an_answer_may_follow_the_peers_farewell() {
    for version in [Version::Tls12, Version::Tls13] {
        let peer = Serving::new(&IDENTITY, version, &[]).peer();
        let mut talk = Talk::dialled(at_server(&trusting()), half_open(), peer);
        talk.carry();
        talk.close(true);
        assert_eq!(talk.log(), ["a made", "a read_closed"]);
        talk.write(b"the answer");
        let conn = talk.conn();
        talk.world.enter(|cx| cx.peers.lose_write(conn));
        talk.carry();
        assert_eq!(talk.peer.heard, b"the answer", "{version:?}");
        assert!(talk.peer.is_left);
        assert_eq!(talk.log(), ["a lost: closed by the peer"]);
        assert_eq!(talk.world.net.open(), 0);
    }
}

#[test]
fn reading_goes_on_after_our_own_farewell() {
    let mut talk = Talk::client(half_open());
    talk.write(b"the question");
    let conn = talk.conn();
    talk.world.enter(|cx| cx.peers.lose_write(conn));
    talk.carry();
    assert!(talk.peer.is_left);
    talk.say(b"the answer");
    talk.close(true);
    assert_eq!(talk.log(), ["a made", "a data the answer", "a read_closed", "a lost: closed by the peer"]);
}

/// The mock would not bear a write after the end.
#[test]
fn nothing_is_written_after_our_own_farewell() {
    let mut talk = Talk::client(half_open());
    let conn = talk.conn();
    talk.world.enter(|cx| cx.peers.lose_write(conn));
    talk.carry();
    talk.peer.renew_keys(); // asks for an answer
    talk.say(b"the answer");
    talk.world.remote(talk.remote).stir();
    talk.carry();
    assert_eq!(talk.log(), ["a made", "a data the answer"]);
    talk.world.remote(talk.remote).feed(b"no record, and worth an alert");
    talk.carry();
    let log = talk.log();
    assert!(log[0].starts_with("a lost: TLS: "), "{log:?}");
}

#[test]
fn law_5_what_waits_goes_out_even_if_the_peer_cuts_its_side_off_meanwhile() {
    let mut talk = Talk::client(Probe::new("a"));
    let remote = talk.remote;
    talk.world.remote(remote).set_room(100);
    talk.write(&[7; 10_000]);
    let conn = talk.conn();
    talk.world.enter(|cx| cx.peers.lose(conn));
    talk.carry();
    talk.close(false);
    assert_eq!(talk.log(), ["a made"]);
    talk.world.remote(remote).set_room(usize::MAX);
    talk.carry();
    assert_eq!(talk.peer.heard, [7; 10_000]);
    assert!(talk.peer.is_left);
    assert_eq!(talk.log(), ["a lost: closed by the peer"]);
}

#[test]
fn law_5_a_last_word_that_nobody_reads_has_its_deadline() {
    let mut talk = Talk::client(Probe::new("a"));
    talk.world.remote(talk.remote).set_room(100);
    talk.write(&[7; 10_000]);
    let conn = talk.conn();
    talk.world.enter(|cx| cx.peers.lose(conn));
    talk.world.pass(millis(10_000));
    assert_eq!(talk.log(), ["a made", "a lost: did not read its last bytes in time"]);
    assert_eq!(talk.world.net.open(), 0);
}

#[test]
fn law_6_what_comes_with_the_end_of_the_handshake_waits_for_whoever_pauses_when_made() {
    fn pausing(probe: Probe) -> Probe {
        probe.half_open().on(When::Made, |cx| cx.transport.pause_reading())
    }
    let mut talk = Talk::accepted(&proven(), Peer::client(&AUTHORITY, Version::Tls13), pausing);
    talk.down();
    talk.world.settle();
    talk.up();
    talk.peer.say(b"early"); // in one read with the end of the handshake
    talk.close(true);
    assert_eq!(talk.log(), ["a made"]);
    let conn = talk.conn();
    talk.world.enter(|cx| cx.peers.resume_reading(conn));
    talk.carry();
    assert_eq!(talk.log(), ["a resumed", "a data early", "a read_closed"]);
}

#[test]
fn law_6_a_pause_keeps_what_comes_and_the_end_in_order_and_once() {
    let mut talk = Talk::client(half_open().on(When::Data, |cx| cx.transport.pause_reading()));
    talk.peer.say(b"one");
    talk.down();
    talk.carry();
    talk.say(b"two");
    talk.close(true);
    assert_eq!(talk.log(), ["a made", "a data one"]);
    let conn = talk.conn();
    for heard in [&["a resumed", "a data two"][..], &["a resumed", "a read_closed"], &[]] {
        talk.world.enter(|cx| cx.peers.resume_reading(conn));
        talk.carry();
        assert_eq!(talk.log(), heard);
    }
}

#[test]
fn law_6_nothing_is_delivered_after_a_close_that_a_pause_went_before() {
    let mut talk = Talk::client(Probe::new("a").on(When::Data, |cx| cx.transport.pause_reading()));
    talk.say(b"one");
    talk.say(b"two");
    let conn = talk.conn();
    talk.world.enter(|cx| {
        cx.peers.lose(conn);
        cx.peers.resume_reading(conn);
    });
    talk.carry();
    assert_eq!(talk.log(), ["a made", "a data one", "a lost: closed"]);
}

#[test]
fn a_broken_record_ends_the_connection_and_the_peer_is_told() {
    let mut talk = Talk::client(Probe::new("a"));
    talk.peer.say(b"hello");
    let mut said = talk.peer.give();
    *said.last_mut().unwrap() ^= 1;
    talk.world.remote(talk.remote).feed(&said);
    talk.carry();
    assert_eq!(talk.log(), ["a made", "a lost: TLS: cannot decrypt peer's message"]);
    assert_eq!(talk.peer.error.as_deref(), Some("received fatal alert: BadRecordMac"));
    assert_eq!(talk.world.reactor.counters().handshakes_failed, 0);
}

#[test]
fn whoever_is_done_with_holds_no_more_than_the_linger() {
    let mut talk = Talk::dialled(at_server(&trusting()), Probe::new("a"), serving().peer());
    talk.carry();
    let conn = talk.conn();
    talk.world.enter(|cx| cx.peers.lose(conn));
    talk.carry();
    talk.world.pass(millis(1_000));
    assert_eq!((talk.world.net.open(), talk.world.reactor.connections()), (0, 0));
}
