//! From dialling to the last byte, and the end of the whole reactor.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::support::{AT, App, Probe, THERE, When, World, millis, secs};
use reactor::testing::Call;
use reactor::{AppCx, Endpoint, Factory, Limits, Peer, Signal};

fn ip(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))
}

#[test]
fn a_name_is_looked_up_and_its_addresses_are_tried_in_turn() {
    let mut world = World::new();
    world.net.set_addresses("five.test", [1, 2, 3].map(ip));
    world.net.fail_next(Call::Connect, io::ErrorKind::NetworkUnreachable);
    let conn = world.dial(Endpoint::new("five.test", 80), Probe::new("a"));
    world.settle();
    world.net.last_dialled().refuse(io::ErrorKind::ConnectionRefused);
    world.settle();
    world.net.last_dialled().answer();
    world.settle();
    let dialled: Vec<_> = world.net.dialled().iter().map(|dialled| (dialled.to, dialled.conn)).collect();
    assert_eq!(dialled, [1, 2, 3].map(|last| (SocketAddr::new(ip(last), 80), conn)));
    assert_eq!(world.log(), ["a made"]);
    assert_eq!(world.net.open(), 1, "the one that was refused is closed");
}

#[test]
fn the_error_of_the_last_address_is_the_answer() {
    let mut world = World::new();
    world.net.set_addresses("two.test", [1, 2].map(ip));
    world.dial(Endpoint::new("two.test", 80), Probe::new("a"));
    world.settle();
    for error in [io::ErrorKind::TimedOut, io::ErrorKind::ConnectionRefused] {
        world.net.last_dialled().refuse(error);
        world.settle();
    }
    assert_eq!(world.log(), ["a failed: cannot connect: connection refused"]);
}

#[test]
fn a_name_without_addresses_is_not_resolved() {
    let mut world = World::new();
    world.net.set_addresses("empty.test", []);
    world.dial(Endpoint::new("empty.test", 80), Probe::new("empty"));
    world.dial(Endpoint::new("nowhere.test", 80), Probe::new("nowhere"));
    world.settle();
    let log = world.log();
    assert!(log.iter().all(|line| line.contains("failed: cannot find the host")), "{log:?}");
    assert_eq!((log.len(), world.net.calls(Call::Connect)), (2, 0));
}

#[test]
fn a_connection_that_is_given_up_during_the_look_up_is_not_dialled_later() {
    let mut world = World::new();
    world.net.set_addresses("a.test", [ip(1)]);
    world.net.hold_answers(true);
    let conn = world.dial(Endpoint::new("a.test", 80), Probe::new("a"));
    world.settle();
    world.enter(|cx| cx.peers.lose(conn));
    world.settle();
    world.net.hold_answers(false);
    world.settle();
    assert_eq!(world.log(), ["a failed: connecting was cancelled"]);
    assert_eq!(world.net.calls(Call::Connect), 0);
}

#[test]
fn an_edge_before_the_connection_is_made_is_spurious() {
    let mut world = World::new();
    world.dial(THERE, Probe::new("a"));
    world.settle();
    world.net.last_dialled().stir();
    world.settle();
    assert_eq!(world.log(), [""; 0]);
    let there = world.net.last_dialled();
    there.fail_next(Call::ConnectResult, io::ErrorKind::WouldBlock);
    there.answer();
    world.settle();
    assert_eq!(world.log(), ["a made"]);
}

#[test]
fn a_listener_hears_what_becomes_of_its_port() {
    struct Ports;
    impl Factory<App> for Ports {
        type Protocol = Probe;
        fn build_protocol(&mut self, _: &mut App, _: Peer) -> Option<Probe> {
            None
        }
        fn port_opened(&mut self, app: &mut App, at: SocketAddr) {
            app.say(format!("opened {at}"));
        }
        fn listen_failed(&mut self, app: &mut App, error: &io::Error) {
            app.say(format!("failed {:?}", error.kind()));
        }
        fn port_closed(&mut self, app: &mut App) {
            app.say("closed");
        }
    }
    let mut world = World::new();
    let listen = |cx: &mut AppCx<'_, App>| cx.reactor.listen(AT, Ports);
    let port = world.enter(listen);
    world.enter(listen);
    world.settle();
    let guest = world.guest();
    assert!(world.remote(guest).is_gone(), "the factory declined");
    assert_eq!(world.reactor.counters().refused, 1);
    let late = world.net.dial_in(AT);
    world.enter(|cx| cx.reactor.close_port(port));
    world.settle();
    assert_eq!(world.log(), ["opened 127.0.0.1:7", "failed AddrInUse", "closed"]);
    assert!(world.remote(late).is_gone() && world.net.listening().is_empty());
}

#[test]
fn listening_at_once_says_where_or_why_not() {
    let mut world = World::new();
    let mut listen = |at: &str| {
        let factory = |_: &mut App, _: Peer| None::<Probe>;
        world.reactor.listen(&mut world.net, at.parse().unwrap(), factory)
    };
    let (_, at) = listen("127.0.0.1:0").unwrap();
    assert_ne!(at.port(), 0);
    assert_eq!(listen(&at.to_string()).unwrap_err().kind(), io::ErrorKind::AddrInUse);
}

#[test]
fn a_connection_that_is_gone_before_it_was_accepted_does_no_harm() {
    let mut world = World::new();
    world.serve(|probe| probe);
    let [first, second] = [world.net.dial_in(AT), world.net.dial_in(AT)];
    world.net.fail_next(Call::Accept, io::ErrorKind::ConnectionAborted);
    world.settle();
    assert_eq!(world.log(), ["s1 made"]);
    world.remote(second).feed(b"x");
    world.settle();
    assert_eq!(world.log(), ["s1 data x"]);
    assert_eq!(world.remote(first).sent(), b"");
}

#[test]
fn we_may_close_our_side_and_read_on() {
    let mut world = World::new();
    let (conn, remote) = world.link(Probe::new("a").half_open());
    world.remote(remote).take_at_most(2);
    world.at(conn, |_, cx| {
        cx.transport.write(b"the question");
        cx.transport.lose_write();
        cx.transport.write(b"too late");
    });
    world.settle();
    assert_eq!(world.remote(remote).sent(), b"the question");
    assert!(world.remote(remote).has_ended() && !world.remote(remote).is_gone());
    world.pass(secs(60));
    world.remote(remote).feed(b"the answer");
    world.remote(remote).close();
    world.settle();
    let expected = ["a made", "a data the answer", "a read_closed", "a lost: closed by the peer"];
    assert_eq!(world.log(), expected);
}

#[test]
fn the_peer_may_close_its_side_and_be_written_to() {
    let mut world = World::new();
    let (conn, remote) = world.link(Probe::new("a").half_open());
    world.remote(remote).close();
    world.pass(secs(60));
    world.write(conn, b"still here");
    world.settle();
    assert_eq!(world.remote(remote).sent(), b"still here");
    world.at(conn, |_, cx| cx.transport.lose_write());
    world.settle();
    assert_eq!(world.log(), ["a made", "a read_closed", "a lost: closed by the peer"]);
    assert!(world.remote(remote).is_gone());
}

#[test]
fn a_closed_connection_lingers_until_the_peer_has_closed_too() {
    let mut world = World::new();
    let (conn, remote) = world.link(Probe::new("a"));
    world.at(conn, |_, cx| {
        cx.transport.write(b"bye");
        cx.transport.lose_connection();
    });
    world.settle();
    assert_eq!(world.log(), ["a made", "a lost: closed"], "told at the flush");
    assert!(world.remote(remote).has_ended() && !world.remote(remote).is_gone());
    world.remote(remote).feed(&[0; 100_000]);
    world.settle();
    assert_eq!(world.remote(remote).unread(), 0, "unread bytes would reset it");
    world.remote(remote).close();
    world.settle();
    assert!(world.remote(remote).is_gone());
    assert_eq!((world.log().len(), world.reactor.connections()), (0, 0));
}

#[test]
fn a_paused_connection_can_be_closed() {
    let mut world = World::new();
    let (conn, remote) = world.link(Probe::new("a").on(When::Made, |cx| cx.transport.pause_reading()));
    world.remote(remote).feed(b"never heard");
    world.settle();
    world.remote(remote).set_room(0);
    world.at(conn, |_, cx| {
        cx.transport.write(b"bye");
        cx.transport.lose_connection();
    });
    world.settle();
    world.remote(remote).set_room(usize::MAX);
    world.remote(remote).close();
    world.settle();
    assert_eq!(world.log(), ["a made", "a lost: closed by the peer"]);
    assert_eq!(world.remote(remote).sent(), b"bye");
}

#[test]
fn what_waits_at_a_paused_connection_is_discarded_when_it_lingers() {
    let mut world = World::new();
    let (conn, remote) = world.link(Probe::new("a").on(When::Made, |cx| cx.transport.pause_reading()));
    world.remote(remote).feed(b"never heard");
    world.settle();
    world.enter(|cx| cx.peers.lose(conn));
    world.settle();
    assert_eq!(world.remote(remote).unread(), 0, "unread bytes would reset it");
    world.remote(remote).close();
    world.settle();
    assert_eq!(world.log(), ["a made", "a lost: closed"]);
    assert!(world.remote(remote).is_gone());
}

#[test]
fn a_broken_connection_says_why() {
    let mut world = World::new();
    let (_, remote) = world.link(Probe::new("reader"));
    world.remote(remote).reset(io::ErrorKind::ConnectionReset);
    world.settle();
    let (conn, remote) = world.link(Probe::new("writer"));
    world.remote(remote).fail_next(Call::Write, io::ErrorKind::BrokenPipe);
    world.write(conn, b"x");
    world.settle();
    let (conn, remote) = world.link(Probe::new("closer"));
    world.remote(remote).fail_next(Call::ShutdownWrite, io::ErrorKind::NotConnected);
    world.at(conn, |_, cx| cx.transport.lose_write());
    world.settle();
    let lost: Vec<_> = world.log().into_iter().filter(|line| line.contains("lost")).collect();
    let expected = [
        "reader lost: lost: connection reset",
        "writer lost: lost: broken pipe",
        "closer lost: lost: not connected",
    ];
    assert_eq!(lost, expected);
    assert_eq!((world.reactor.connections(), world.net.open()), (0, 0));
}

#[test]
fn silence_ends_a_connection_with_an_idle_timeout_and_traffic_prolongs_it() {
    let mut world = World::new();
    let (_, remote) =
        world.link(Probe::new("a").on(When::Made, |cx| cx.transport.set_idle_timeout(Some(secs(5)))));
    for _ in 0..10 {
        world.pass(millis(4_900));
        world.remote(remote).feed(b".");
    }
    world.pass(millis(4_999));
    assert!(world.log().iter().all(|line| !line.contains("lost")));
    world.pass(millis(1));
    assert_eq!(world.log(), ["a lost: idle for too long"]);
}

#[test]
fn an_idle_timeout_can_be_taken_back_or_shortened() {
    let mut world = World::new();
    let (conn, _) =
        world.link(Probe::new("a").on(When::Made, |cx| cx.transport.set_idle_timeout(Some(secs(5)))));
    world.at(conn, |_, cx| cx.transport.set_idle_timeout(None));
    world.pass(secs(60));
    assert_eq!(world.log(), ["a made"]);
    world.at(conn, |_, cx| cx.transport.set_idle_timeout(Some(secs(2))));
    world.pass(millis(1_999));
    assert_eq!(world.log(), [""; 0], "what was silent before does not count");
    world.pass(millis(1));
    assert_eq!(world.log(), ["a lost: idle for too long"]);
}

#[test]
fn a_deadline_is_not_prolonged_by_traffic() {
    let mut world = World::new();
    let (_, remote) = world.link(Probe::new("a").on(When::Made, |cx| {
        let by = cx.reactor.now() + secs(5);
        cx.transport.set_deadline(Some(by));
    }));
    world.log();
    for _ in 0..4 {
        world.pass(secs(1));
        world.remote(remote).feed(b".");
    }
    world.pass(secs(1));
    assert_eq!(world.log().last().unwrap(), "a lost: too slow: a deadline passed");
}

#[test]
fn work_on_a_thread_comes_back_and_its_panic_does_no_harm() {
    let mut world = World::new();
    let (conn, _) = world.link(Probe::new("a"));
    world.at(conn, |_, cx| {
        let done = cx.reactor.reply(|_, cx, answer| cx.app.say(format!("{answer:?}")));
        cx.reactor.defer_to_thread(|| 6 * 7, done);
        let done = cx.reactor.reply(|_, cx, answer: Result<(), _>| cx.app.say(format!("{answer:?}")));
        cx.reactor.defer_to_thread(|| panic!("oops"), done);
    });
    world.settle();
    assert_eq!(world.log(), ["a made", "Ok(42)", "Err(Panicked(\"oops\"))"]);
}

#[test]
fn a_stop_closes_the_ports_tells_everybody_and_drains() {
    let mut world = World::new();
    world.serve(|probe| {
        probe.on(When::Stopping, |cx| {
            cx.transport.write(b"goodbye");
            cx.transport.lose_connection();
        })
    });
    world.reactor.on_stop(|cx| cx.app.say("on_stop"));
    let guest = world.guest();
    world.remote(guest).set_room(3);
    world.dial(THERE, Probe::new("on its way"));
    world.settle();
    world.enter(|cx| cx.reactor.stop());
    world.settle();
    let expected = ["s1 made", "on_stop", "s1 stopping", "on its way failed: connecting was cancelled"];
    assert_eq!(world.log(), expected);
    assert!(world.net.listening().is_empty() && !world.has_stopped());
    world.remote(guest).set_room(usize::MAX);
    world.settle();
    assert_eq!(world.remote(guest).sent(), b"goodbye");
    world.remote(guest).close();
    world.settle();
    assert_eq!(world.log(), ["s1 lost: closed"]);
    assert!(world.has_stopped() && world.net.open() == 0);
}

#[test]
fn nothing_is_begun_after_a_stop() {
    let mut world = World::new();
    world.link(Probe::new("a").on(When::Stopping, |cx| {
        cx.reactor.connect(THERE, Probe::new("late"));
        cx.reactor.listen(AT, |_: &mut App, _: Peer| None::<Probe>);
        cx.reactor.stop();
    }));
    world.enter(|cx| cx.reactor.stop());
    world.settle();
    assert_eq!(world.log(), ["a made", "a stopping", "late failed: connecting was cancelled"]);
    assert_eq!(world.net.calls(Call::Connect), 1);
    assert!(world.net.listening().is_empty());
}

#[test]
fn a_signal_stops_and_a_second_one_cuts_off() {
    let mut world = World::new();
    world.reactor.on_signal(|cx, signal| cx.app.say(format!("{signal:?}")));
    let (_, remote) = world.link(Probe::new("a").on(When::Stopping, |_| {}));
    world.log();
    world.net.signal(Signal::Hangup);
    world.settle();
    assert_eq!(world.log(), ["Hangup"]);
    world.net.signal(Signal::Terminate);
    world.settle();
    assert_eq!(world.log(), ["Terminate", "a stopping"]);
    assert!(!world.has_stopped());
    world.net.signal(Signal::Hangup);
    world.settle();
    assert!(!world.has_stopped());
    world.net.signal(Signal::Interrupt);
    world.settle();
    assert_eq!(world.log(), ["Hangup", "Interrupt", "a lost: cut off by the stop"]);
    assert!(world.has_stopped() && world.remote(remote).is_gone());
}

#[test]
fn a_hook_that_panics_does_not_keep_a_signal_from_stopping() {
    let mut world = World::containing_panics();
    world.reactor.on_signal(|_, _| panic!("oops"));
    world.link(Probe::new("a"));
    world.net.signal(Signal::Terminate);
    world.settle();
    assert_eq!(world.log(), ["a made", "a stopping", "a lost: closed"]);
    assert_eq!(world.reactor.counters().panics, 1);
}

#[test]
fn a_poll_that_fails_is_said_to_the_caller_and_loses_nothing() {
    let mut world = World::new();
    let (_, remote) = world.link(Probe::new("a"));
    world.remote(remote).feed(b"x");
    world.net.fail_next(Call::Poll, io::ErrorKind::OutOfMemory);
    let failed = world.reactor.turn(&mut world.net, None);
    assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::OutOfMemory);
    world.settle();
    assert_eq!(world.log(), ["a made", "a data x"]);
}

#[test]
fn writes_of_one_turn_are_one_call_and_keep_their_order() {
    let mut world = World::with(Limits::default());
    let (a, remote) = world.link(Probe::new("a"));
    world.at(a, |_, cx| {
        cx.transport.write(b"one ");
        cx.transport.write_sequence(&[b"two ", b"three "]);
        write!(cx.transport, "{} ", 4);
        assert_eq!(cx.transport.buffered(), 21);
    });
    world.write(a, b"zero ");
    world.settle();
    assert_eq!(world.remote(remote).sent(), b"zero one two three 4 ");
    assert_eq!(world.net.calls(Call::Write), 1);
}
