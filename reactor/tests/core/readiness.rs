//! Laws 6 and 9: what is delivered, and when a link is read and written.

use std::io;

use crate::support::{Probe, When, World, secs};
use reactor::testing::Call;

const READ_BUFFER: usize = 64 * 1024;

#[test]
fn law_6_nothing_is_delivered_after_lose_or_abort() {
    for abort in [false, true] {
        let mut world = World::new();
        let (_, remote) = world.link(Probe::new("a").on(When::Data, move |cx| {
            if abort {
                cx.transport.abort_connection();
            } else {
                cx.transport.lose_connection();
            }
            assert!(!cx.transport.is_reading() && cx.transport.is_disconnecting());
        }));
        world.remote(remote).feed(&vec![0; 2 * READ_BUFFER]);
        world.turn();
        if !abort {
            world.remote(remote).feed(b"more");
        }
        world.settle();
        let end = if abort { "a lost: aborted" } else { "a lost: closed" };
        assert_eq!(world.log(), ["a made", "a data 65536 bytes", end]);
    }
}

#[test]
fn law_6_a_paused_link_is_not_read_and_hears_resumed_before_any_newer_byte() {
    let mut world = World::new();
    let (conn, remote) = world.link(Probe::new("a").on(When::Data, |cx| cx.transport.pause_reading()));
    world.remote(remote).feed(b"one");
    world.settle();
    world.remote(remote).feed(b"two");
    world.settle();
    assert_eq!(world.remote(remote).unread(), 3, "the bytes wait in the peer's socket");
    assert_eq!(world.log(), ["a made", "a data one"]);
    assert!(!world.enter(|cx| cx.peers.is_reading(conn)));
    world.enter(|cx| cx.peers.resume_reading(conn));
    world.settle();
    assert_eq!(world.log(), ["a resumed", "a data two"]);
}

#[test]
fn law_6_an_end_that_comes_during_a_pause_is_told_after_it() {
    let mut world = World::new();
    let (conn, remote) = world.link(Probe::new("a").on(When::Made, |cx| cx.transport.pause_reading()));
    world.remote(remote).feed(b"last words");
    world.remote(remote).close();
    world.pass(secs(60));
    assert_eq!(world.log(), ["a made"]);
    world.enter(|cx| cx.peers.resume_reading(conn));
    world.settle();
    let expected = ["a resumed", "a data last words", "a read_closed", "a lost: closed by the peer"];
    assert_eq!(world.log(), expected);
}

#[test]
fn law_6_pausing_again_before_the_resume_took_effect_keeps_it_paused() {
    let mut world = World::new();
    let (conn, remote) = world.link(Probe::new("a"));
    world.log();
    world.at(conn, |_, cx| {
        cx.transport.pause_reading();
        cx.transport.resume_reading();
        cx.transport.pause_reading();
    });
    world.remote(remote).feed(b"x");
    world.turn();
    world.remote(remote).feed(b"y");
    world.settle();
    assert_eq!(world.log(), ["a data x"]);
    world.at(conn, |_, cx| {
        cx.transport.resume_reading();
        cx.transport.pause_reading();
        cx.transport.resume_reading();
    });
    world.settle();
    assert_eq!(world.log(), ["a resumed", "a data y"]);
}

#[test]
fn law_9_a_full_read_is_followed_by_another_without_a_new_edge() {
    let mut world = World::new();
    let (_, remote) = world.link(Probe::new("a"));
    world.remote(remote).feed(&vec![0; 2 * READ_BUFFER + 1]);
    world.settle();
    assert_eq!(world.remote(remote).unread(), 0);
    assert_eq!(world.net.calls(Call::Read), 3, "the third was short, so there is no fourth");
}

#[test]
fn law_9_after_a_short_read_the_next_edge_is_waited_for() {
    let mut world = World::new();
    let (_, remote) = world.link(Probe::new("a"));
    world.log();
    for _ in 0..10 {
        world.remote(remote).feed(b"ping");
        world.settle();
    }
    assert_eq!(world.log().len(), 10);
    assert_eq!(world.net.calls(Call::Read), 10);
}

#[test]
fn law_9_reads_cut_anywhere_and_spurious_edges_lose_nothing() {
    let mut world = World::new();
    let (_, remote) = world.link(Probe::new("a"));
    world.log();
    world.remote(remote).cut_reads([1, 0, 2, 0, 0, 3]);
    world.remote(remote).feed(b"abcdefghi");
    world.remote(remote).stir();
    world.settle();
    world.remote(remote).stir();
    world.settle();
    world.remote(remote).fail_next(Call::Read, io::ErrorKind::Interrupted);
    world.remote(remote).fail_next(Call::Read, io::ErrorKind::WouldBlock);
    world.remote(remote).feed(b"j");
    world.settle();
    assert_eq!(world.log(), ["a data a", "a data bc", "a data def", "a data ghi", "a data j"]);
}

#[test]
fn law_9_an_announced_end_is_read_to_its_end() {
    let mut world = World::new();
    let (_, remote) = world.link(Probe::new("a"));
    world.log();
    world.remote(remote).cut_reads([1, 2]);
    world.remote(remote).feed(b"abcdef");
    world.remote(remote).close();
    world.settle();
    let expected = ["a data a", "a data bc", "a data def", "a read_closed", "a lost: closed by the peer"];
    assert_eq!(world.log(), expected);
    assert_eq!(world.net.calls(Call::Read), 4);
}

#[test]
fn law_9_a_write_that_was_not_taken_waits_for_the_edge() {
    let mut world = World::new();
    let (conn, remote) = world.link(Probe::new("a"));
    world.remote(remote).set_room(2);
    world.write(conn, b"abcdef");
    world.settle();
    assert_eq!(world.net.calls(Call::Write), 1, "a short write says that there is no room");
    world.write(conn, b"gh");
    world.settle();
    assert_eq!(world.net.calls(Call::Write), 1);
    world.remote(remote).set_room(usize::MAX);
    world.settle();
    assert_eq!(world.net.calls(Call::Write), 2);
    assert_eq!(world.remote(remote).sent(), b"abcdefgh");
    world.remote(remote).fail_next(Call::Write, io::ErrorKind::Interrupted);
    world.write(conn, b"ij");
    world.settle();
    assert_eq!(world.remote(remote).sent(), b"abcdefghij");
}

#[test]
fn law_9_an_idle_reactor_asks_the_net_nothing_but_to_wait() {
    let mut world = World::new();
    world.serve(|probe| probe);
    let guest = world.guest();
    world.remote(guest).feed(b"x");
    world.settle();
    let before = world.net.log().len();
    for _ in 0..10 {
        world.patient_turn();
    }
    assert_eq!(world.net.last_wait(), None, "for ever");
    assert!(world.net.log()[before..].iter().all(|line| line.starts_with("Poll")));
}
