//! The test doubles themselves: what a test may rely on.

use std::io::{self, IoSlice};

use crate::support::{App, Probe, THERE, When, secs};
use reactor::net::{Event, Key};
use reactor::testing::{Call, Harness, MockNet};
use reactor::{ConnId, Limits, Net, Reason};

const CONN: ConnId = ConnId(Key { slot: 0, serial: 0 });

fn harness(probe: Probe) -> Harness<App> {
    Harness::new(App::default(), probe)
}

fn events(net: &mut MockNet) -> String {
    let mut events = Vec::new();
    net.poll(None, &mut events).unwrap();
    let flags = events.iter().map(|event| match event {
        Event::Ready { read, write, read_closed, .. } => {
            let flag = |is: bool, name| if is { name } else { "" };
            [flag(*read, "r"), flag(*write, "w"), flag(*read_closed, "c")].concat()
        }
        other => format!("{other:?}"),
    });
    flags.collect::<Vec<_>>().join(" ")
}

/// A net with one connection, made, whose edges were seen.
fn connected() -> MockNet {
    let mut net = MockNet::new();
    net.answer_dials(true);
    net.connect(THERE, CONN).unwrap();
    assert_eq!(events(&mut net), "w");
    net
}

#[test]
fn a_harness_plays_the_peer() {
    let mut harness = harness(Probe::new("a").on(When::Data, |cx| cx.transport.write(b"!")));
    harness.receive(b"one");
    harness.receive_slowly(b"two");
    assert_eq!(harness.take_sent(), b"!!!!");
    assert_eq!(harness.sent(), b"");
    assert!(harness.lost().is_none());
    harness.peer_closes();
    assert!(matches!(harness.lost(), Some(Reason::PeerClosed)));
    let heard = ["a made", "a data one", "a data t", "a data w", "a data o", "a read_closed"];
    assert_eq!(harness.app().log[..6], heard);
}

#[test]
fn a_harness_says_how_the_connection_broke() {
    let mut harness = harness(Probe::new("a"));
    harness.peer_resets();
    let Some(Reason::Lost(error)) = harness.lost() else { panic!("{:?}", harness.lost()) };
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(harness.ask(|_: &mut Probe, _| ()), None);
}

#[test]
fn a_harness_asks_the_protocol_and_sees_whether_it_reads() {
    let mut harness = harness(Probe::new("a"));
    assert_eq!(harness.ask(|probe: &mut Probe, _| probe.name.clone()), Some("a".to_owned()));
    assert!(harness.is_reading());
    harness.ask(|_: &mut Probe, cx| cx.transport.pause_reading());
    assert!(!harness.is_reading());
    harness.receive(b"x");
    assert_eq!(harness.app().log, ["a made"]);
}

#[test]
fn a_harness_shows_whom_the_protocol_dials_and_lets_time_pass_exactly() {
    let mut harness = harness(Probe::new("a").on(When::Made, |cx| {
        for after in [1, 2] {
            cx.reactor.call_later(secs(after), |_, cx| {
                let now = cx.reactor.now().as_nanos();
                cx.app.say(format!("{now}"));
                cx.reactor.connect(THERE, Probe::new("b"));
            });
        }
    }));
    harness.advance(secs(9));
    assert_eq!(harness.net.dialled().len(), 3, "the first is the harness's own");
    assert_eq!(harness.net.dialled()[1].to, THERE);
    assert_eq!(harness.app().log, ["a made", "1000000000", "2000000000"]);
}

#[test]
fn a_harness_takes_limits() {
    let limits = Limits { write_buffer: 3, ..Limits::default() };
    let probe = Probe::new("a").on(When::Data, |cx| cx.transport.write(b"four"));
    let mut harness = Harness::with_limits(App::default(), probe, limits);
    harness.receive(b"x");
    assert!(matches!(harness.lost(), Some(Reason::OutboxFull)));
}

#[test]
fn an_arrival_is_an_edge_only_after_a_short_read() {
    let mut net = connected();
    let mut two = [0; 2];
    net.last_dialled().feed(b"abc");
    assert_eq!(events(&mut net), "r");
    assert_eq!(net.read(CONN, &mut two).unwrap(), 2);
    net.last_dialled().feed(b"d");
    assert_eq!(events(&mut net), "", "the read was full: it is ready still");
    assert_eq!(net.read(CONN, &mut [0; 9]).unwrap(), 2);
    assert_eq!(events(&mut net), "");
    net.last_dialled().feed(b"e");
    assert_eq!(events(&mut net), "r");
}

#[test]
fn room_is_an_edge_only_after_a_short_write() {
    let mut net = connected();
    let write = |net: &mut MockNet| net.write(CONN, &[IoSlice::new(b"ab"), IoSlice::new(b"cd")]);
    net.last_dialled().set_room(7);
    assert_eq!(write(&mut net).unwrap(), 4);
    assert_eq!(events(&mut net), "");
    assert_eq!(write(&mut net).unwrap(), 3);
    assert_eq!(events(&mut net), "", "no room yet");
    net.last_dialled().set_room(usize::MAX);
    assert_eq!(events(&mut net), "w");
    net.last_dialled().take_next([1, 0]);
    assert_eq!(write(&mut net).unwrap(), 1);
    assert_eq!(events(&mut net), "w", "cut short by the test, so there is room at once");
    assert_eq!(write(&mut net).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    assert_eq!(events(&mut net), "w");
    assert_eq!(net.last_dialled().sent(), b"abcdabca");
}

#[test]
fn an_end_is_announced_once_and_comes_after_the_bytes() {
    let mut net = connected();
    net.last_dialled().feed(b"ab");
    net.last_dialled().close();
    assert_eq!(events(&mut net), "rc");
    assert_eq!(net.read(CONN, &mut [0; 9]).unwrap(), 2);
    assert_eq!(events(&mut net), "");
    assert_eq!(net.read(CONN, &mut [0; 9]).unwrap(), 0);
}

#[test]
fn calls_are_counted_and_the_nth_can_fail() {
    let mut net = connected();
    net.fail_nth(net.fallible_calls() + 2, io::ErrorKind::TimedOut);
    assert_eq!(net.read(CONN, &mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    assert_eq!(net.read(CONN, &mut [0]).unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!((net.calls(Call::Read), net.calls(Call::Connect), net.calls(Call::Write)), (2, 1, 0));
    assert_eq!(net.log().len(), 4, "{:?}", net.log());
}

#[test]
#[should_panic(expected = "which is not in use")]
fn an_id_that_was_closed_must_not_be_used() {
    let mut net = connected();
    net.close(CONN);
    let _ = net.read(CONN, &mut [0]);
}

#[test]
#[should_panic(expected = "is in use already")]
fn an_id_must_not_be_given_twice() {
    let _ = connected().connect(THERE, CONN);
}

#[test]
#[should_panic(expected = "after its end")]
fn the_end_must_be_read_once() {
    let mut net = connected();
    net.last_dialled().close();
    let _ = [net.read(CONN, &mut [0]), net.read(CONN, &mut [0])];
}

#[test]
#[should_panic(expected = "after shutdown_write")]
fn nothing_may_be_written_after_shutdown_write() {
    let mut net = connected();
    net.shutdown_write(CONN).unwrap();
    let _ = net.write(CONN, &[IoSlice::new(b"x")]);
}
