//! What goes over the wire, and what it costs.

use crate::Talk;
use crate::support::{Probe, When};

/// Bytes that TLS 1.3 adds to a record: its inner type and its tag.
const ADDED: usize = 17;
const RECORD: usize = 16 * 1024;

#[test]
fn one_turns_writes_become_one_record() {
    let mut talk = Talk::client(Probe::new("a"));
    for part in [&b"one"[..], b"two", b"three"] {
        talk.write(part);
    }
    talk.carry();
    assert_eq!(talk.peer.heard, b"onetwothree");
    assert_eq!(talk.peer.take_records(), [11 + ADDED]);
}

#[test]
fn a_full_share_becomes_four_records_and_one_write() {
    let mut talk = Talk::client(Probe::new("a"));
    let writes = talk.world.reactor.counters().writes;
    talk.write(&[7; 4 * RECORD]);
    talk.carry();
    assert_eq!(talk.peer.take_records(), [RECORD + ADDED; 4]);
    assert_eq!(talk.world.reactor.counters().writes - writes, 1);
}

#[test]
fn a_full_outbox_is_sealed_share_by_share_over_the_turns() {
    let mut talk = Talk::client(Probe::new("a"));
    let all: Vec<u8> = (0..=250).cycle().take(1 << 20).collect();
    talk.write(&all);
    let mut turns = 0;
    while talk.peer.heard.len() < all.len() {
        talk.world.turn();
        turns += 1;
        talk.up();
        assert!(talk.peer.take_records().len() <= 4 && turns <= 16);
    }
    assert!(talk.peer.heard == all, "in order");
    assert!(!talk.world.reactor.is_busy());
}

/// What is sealed for somebody who does not read is bounded, and the rest stays in the outbox.
#[test]
fn nothing_more_is_sealed_for_whoever_does_not_read() {
    let mut talk = Talk::client(Probe::new("a"));
    let (remote, conn) = (talk.remote, talk.conn());
    talk.world.remote(remote).set_room(10);
    talk.write(&[7; 1 << 20]);
    talk.world.settle();
    let buffered = talk.world.enter(|cx| cx.peers.buffered(conn));
    assert_eq!(buffered, (1 << 20) - 4 * RECORD);
    assert!(!talk.world.reactor.is_busy(), "it waits for the edge");
    talk.world.remote(remote).set_room(usize::MAX);
    talk.carry();
    assert_eq!(talk.peer.heard.len(), 1 << 20);
}

#[test]
fn law_5_takes_of_every_length_lose_and_double_nothing() {
    for most in [1, 2, 3, 5, 7, 100, 16_405, 16_406, 16_407, 65_000] {
        let mut talk = Talk::client(Probe::new("a"));
        let (remote, length) = (talk.remote, if most < 100 { 300 } else { 100_000 });
        let all: Vec<u8> = (0..=250).cycle().take(length).collect();
        talk.world.remote(remote).take_at_most(most);
        talk.write(&all);
        let conn = talk.conn();
        talk.world.enter(|cx| cx.peers.lose(conn));
        talk.carry();
        assert!(talk.peer.heard == all, "{most} at a time");
        assert!(talk.peer.is_left, "{most} at a time");
        assert_eq!(talk.log().last().unwrap(), "a lost: closed");
    }
}

#[test]
fn in_steady_state_a_request_costs_one_read_one_write_and_one_turn() {
    let mut talk = Talk::server(|probe| probe.on(When::Data, |cx| cx.transport.write(b"answer")));
    talk.say(b"warm up");
    let before = talk.world.reactor.counters().clone();
    for _ in 0..100 {
        talk.peer.say(b"request");
        talk.down();
        talk.world.settle();
        talk.up();
    }
    let after = talk.world.reactor.counters();
    assert_eq!((after.reads - before.reads, after.writes - before.writes), (100, 100));
    assert_eq!(after.turns - before.turns, 100);
    assert!(talk.peer.heard.ends_with(&b"answer".repeat(100)));
}

#[test]
fn new_keys_are_agreed_on_meanwhile() {
    let mut talk = Talk::server(|probe| probe.on(When::Data, |cx| cx.transport.write(b"answer")));
    for _ in 0..3 {
        talk.peer.renew_keys();
        talk.say(b"request");
    }
    assert_eq!(talk.peer.heard, b"answer".repeat(3));
}
