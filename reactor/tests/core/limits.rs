//! Law 7: every field of `Limits` is reached once; nothing but what it bounds comes to harm.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::support::{AT, App, Probe, THERE, When, World, millis, secs};
use reactor::testing::Call;
use reactor::{AppCx, ConnectError, Cx, Endpoint, Limits, Peer, Protocol, Sent, Signal};

fn world(change: impl FnOnce(&mut Limits)) -> World {
    let mut limits = Limits::default();
    change(&mut limits);
    World::with(limits)
}

#[test]
fn law_7_links_above_the_limit_are_closed_as_soon_as_they_are_accepted() {
    let mut world = world(|limits| limits.links = 2);
    world.serve(|probe| probe);
    let [first, _, third] = [world.guest(), world.guest(), world.guest()];
    assert_eq!(world.log(), ["s1 made", "s2 made"]);
    assert!(world.remote(third).is_gone());
    assert_eq!((world.reactor.counters().accepted, world.reactor.counters().refused), (2, 1));
    world.remote(first).close();
    world.settle();
    world.guest();
    assert_eq!(world.log().last().unwrap(), "s3 made", "there is room again");
}

#[test]
fn law_7_links_above_the_limit_are_not_dialled() {
    let mut world = world(|limits| limits.links = 1);
    world.dial(THERE, Probe::new("a"));
    world.dial(THERE, Probe::new("b"));
    world.settle();
    assert_eq!(world.log(), ["b failed: cannot connect: limit reached: links"]);
    assert_eq!(world.net.dialled().len(), 1);
    assert_eq!(world.reactor.counters().connect_failures, 1);
}

#[test]
fn law_7_above_the_high_water_mark_pressure_is_told_and_at_half_of_it_no_longer() {
    let mut world = world(|limits| limits.high_water = 8);
    let (conn, remote) = world.link(Probe::new("a"));
    world.log();
    world.remote(remote).set_room(0);
    world.write(conn, b"12345678");
    world.settle();
    assert_eq!(world.log(), [""; 0], "at the mark, not above it");
    world.write(conn, b"9");
    world.settle();
    assert_eq!(world.log(), ["a high"]);
    world.remote(remote).set_room(4);
    world.settle();
    assert_eq!(world.log(), [""; 0], "five wait, which is more than half of eight");
    world.remote(remote).set_room(1);
    world.settle();
    assert_eq!(world.log(), ["a low"]);
}

#[test]
fn law_7_every_high_is_followed_by_a_low_even_within_one_turn() {
    let mut world = world(|limits| limits.high_water = 8);
    let (conn, _) = world.link(Probe::new("a"));
    world.log();
    for _ in 0..3 {
        world.at(conn, |_, cx| {
            cx.transport.write(b"123456789");
            assert!(cx.transport.is_high());
        });
        world.settle();
        assert_eq!(world.log(), ["a high", "a low"]);
    }
}

#[test]
fn law_7_a_write_above_the_write_buffer_ends_the_connection_that_writes() {
    let mut world = world(|limits| limits.write_buffer = 8);
    let (conn, remote) = world.link(Probe::new("a"));
    world.log();
    world.at(conn, |_, cx| {
        cx.transport.write(b"12345678");
        cx.transport.write(b"9");
        assert!(cx.transport.is_disconnecting());
    });
    world.settle();
    assert_eq!(world.log(), ["a lost: does not read: its outbox is full"]);
    assert!(world.remote(remote).is_gone());
    assert_eq!(world.reactor.counters().outbox_full, 1);
}

#[test]
fn law_7_a_write_to_a_peer_above_the_write_buffer_leaves_its_stream_whole() {
    let mut world = world(|limits| limits.write_buffer = 8);
    let (conn, remote) = world.link(Probe::new("a"));
    world.enter(|cx| {
        assert_eq!(cx.peers.write(conn, b"12345"), Sent::Queued);
        assert_eq!(cx.peers.write(conn, b"6789"), Sent::Full);
        assert_eq!(cx.peers.write_sequence(conn, &[b"67", b"89"]), Sent::Full);
        assert_eq!(cx.peers.write(conn, b"678"), Sent::Queued);
        assert_eq!(cx.peers.buffered(conn), 8);
    });
    world.settle();
    assert_eq!(world.remote(remote).sent(), b"12345678");
    assert_eq!(world.reactor.counters().outbox_full, 2);
    assert_eq!(world.log(), ["a made", "a high", "a low"]);
}

#[test]
fn law_7_timers_above_the_limit_are_refused() {
    let mut world = world(|limits| limits.timers = 2);
    let timers = world.enter(|cx| [(); 3].map(|()| cx.reactor.app_later(secs(1), |cx| cx.app.say("timer"))));
    assert_eq!(world.enter(|cx| timers.map(|timer| cx.reactor.is_pending(timer))), [true, true, false]);
    assert!(!world.enter(|cx| cx.reactor.cancel(timers[2])), "it names no timer");
    world.pass(secs(1));
    assert_eq!(world.log(), ["timer", "timer"]);
    assert_eq!(world.reactor.counters().timers_refused, 1);
}

#[test]
fn law_7_what_somebody_counts_on_is_done_even_where_no_request_has_room() {
    let mut world = world(|limits| {
        limits.requests = 0;
        limits.jobs = 0;
    });
    let port = world.serve(|probe| probe);
    world.enter(|cx| {
        let reply = cx.reactor.app_reply(|cx, n: u32| cx.app.say(format!("told {n}")));
        cx.reactor.send(reply, 7);
        let done = cx.reactor.app_reply(|cx, answer| cx.app.say(format!("{answer:?}")));
        cx.reactor.defer_to_thread(|| 42, done);
        cx.reactor.close_port(port);
        cx.reactor.listen(THERE, |_: &mut App, _: Peer| None::<Probe>);
    });
    world.settle();
    assert_eq!(world.log(), ["told 7", "Err(Full)"]);
    assert_eq!(world.net.listening(), [THERE]);
    world.enter(|cx| cx.reactor.stop());
    assert!(world.has_stopped());
}

#[test]
fn law_7_nobody_is_read_while_too_many_requests_wait() {
    let mut world = world(|limits| {
        limits.requests = 1;
        limits.requests_per_turn = 1;
    });
    world.serve(|probe| probe);
    let (_, remote) = world.link(Probe::new("a"));
    world.log();
    world.enter(|cx| {
        for n in 1..=3 {
            let reply = cx.reactor.app_reply(|cx, n: u32| cx.app.say(format!("told {n}")));
            cx.reactor.send(reply, n);
        }
    });
    world.remote(remote).feed(b"x");
    world.net.dial_in(AT);
    world.settle();
    let log = world.log();
    assert_eq!(log[..2], ["told 1", "told 2"]);
    assert!(log[2].ends_with(" made") && log[3..] == ["a data x", "told 3"], "{log:?}");
    assert_eq!(world.reactor.counters().swamped, 2);
}

#[test]
fn law_7_work_on_a_thread_is_answered_even_where_no_request_has_room() {
    let mut world = world(|limits| limits.requests = 1);
    let (conn, _) = world.link(Probe::new("a"));
    world.log();
    world.enter(|cx| {
        cx.reactor.call(conn, |_: &mut Probe, cx| cx.app.say("called"));
        let done = cx.reactor.app_reply(|cx, answer| cx.app.say(format!("{answer:?}")));
        cx.reactor.defer_to_thread(|| 42, done);
    });
    world.turn();
    world.enter(|cx| cx.reactor.call(conn, |_: &mut Probe, cx| cx.app.say("called again")));
    world.settle();
    assert_eq!(world.log(), ["called", "called again", "Ok(42)"]);
}

#[test]
fn law_7_a_turn_carries_out_so_many_requests() {
    let mut world = world(|limits| limits.requests_per_turn = 2);
    let (conn, remote) = world.link(Probe::new("a"));
    world.log();
    for n in 1..=5 {
        world.at(conn, move |_, cx| cx.app.say(format!("call {n}")));
    }
    world.remote(remote).feed(b"x");
    world.turn();
    assert_eq!(world.log(), ["a data x", "call 1", "call 2"]);
    world.remote(remote).feed(b"y");
    world.turn();
    assert_eq!(world.log(), ["a data y", "call 3", "call 4"], "sockets are served in between");
    world.turn();
    assert_eq!(world.log(), ["call 5"]);
}

#[test]
fn law_7_a_turn_accepts_so_many_connections() {
    let mut world = world(|limits| limits.accepts_per_turn = 2);
    world.serve(|probe| probe);
    for _ in 0..5 {
        world.net.dial_in(AT);
    }
    for made in [2, 4, 5, 5] {
        world.turn();
        assert_eq!(world.reactor.connections(), made);
    }
    assert_eq!(world.net.calls(Call::Accept), 6, "the last of them says that nobody waits");
}

#[test]
fn law_7_accepting_rests_while_descriptors_are_out_and_does_not_spin() {
    let mut world = world(|limits| limits.accept_pause = millis(250));
    world.serve(|probe| probe);
    world.net.limit_descriptors(Some(1));
    let first = world.guest();
    world.net.dial_in(AT);
    world.net.dial_in(AT);
    world.settle();
    let accepts = world.net.calls(Call::Accept);
    for _ in 0..50 {
        world.turn();
    }
    assert_eq!(world.net.calls(Call::Accept), accepts, "it rests");
    assert_eq!(world.reactor.next_timer().unwrap().as_nanos(), 250_000_000);
    world.pass(millis(250));
    assert_eq!(world.net.calls(Call::Accept), accepts + 1, "one look when the rest is over");
    world.remote(first).close();
    world.settle();
    assert_eq!(world.reactor.connections(), 1, "the next one is taken when a link has closed");
    world.net.limit_descriptors(None);
    world.pass(millis(250));
    assert_eq!(world.reactor.connections(), 2);
    assert_eq!(world.reactor.counters().accept_pauses, 3);
    assert_eq!(world.reactor.next_timer(), None, "nothing is left of the rest");
}

#[test]
fn law_7_jobs_above_the_limit_are_refused() {
    let mut world = world(|limits| limits.jobs = 1);
    world.net.hold_answers(true);
    world.enter(|cx| {
        for n in 1..=2 {
            let done = cx.reactor.app_reply(move |cx, answer| cx.app.say(format!("{n}: {answer:?}")));
            cx.reactor.defer_to_thread(move || n, done);
        }
    });
    world.settle();
    assert_eq!(world.log(), ["2: Err(Full)"]);
    world.net.hold_answers(false);
    world.settle();
    assert_eq!(world.log(), ["1: Ok(1)"]);
    assert_eq!(world.reactor.counters().jobs_refused, 1);
}

#[test]
fn law_7_look_ups_above_the_limit_are_refused() {
    let mut world = world(|limits| limits.jobs = 1);
    world.net.set_addresses("a.test", [IpAddr::V4(Ipv4Addr::LOCALHOST)]);
    world.net.hold_answers(true);
    world.dial(Endpoint::new("a.test", 1), Probe::new("a"));
    world.dial(Endpoint::new("a.test", 1), Probe::new("b"));
    world.settle();
    assert_eq!(world.log(), ["b failed: cannot connect: limit reached: jobs"]);
    assert_eq!(world.reactor.counters().jobs_refused, 1);
}

#[test]
fn law_7_look_ups_that_are_asked_for_count_as_jobs() {
    let mut world = world(|limits| limits.jobs = 1);
    world.net.set_addresses("a.test", [IpAddr::V4(Ipv4Addr::LOCALHOST)]);
    world.net.hold_answers(true);
    for number in 0..2 {
        world.enter(|cx| {
            let done = cx.reactor.app_reply(move |cx, found: std::io::Result<Vec<IpAddr>>| {
                cx.app.say(format!(
                    "{number}: {}",
                    found.map_or_else(|e| e.to_string(), |all| all[0].to_string())
                ));
            });
            cx.reactor.resolve("a.test", done);
        });
    }
    world.settle();
    assert_eq!(world.log(), ["1: too many jobs are waiting for a thread"]);
    world.net.hold_answers(false);
    world.settle();
    assert_eq!(world.log(), ["0: 127.0.0.1"]);
    assert_eq!(world.reactor.counters().jobs_refused, 1);
}

/// The time that a connection may take begins once its name is looked up.
#[test]
fn law_7_looking_up_a_name_has_a_time_of_its_own() {
    let mut world = world(|limits| limits.lookup_timeout = secs(30));
    world.net.set_addresses("slow.test", [IpAddr::V4(Ipv4Addr::LOCALHOST)]);
    let slow = || Endpoint::new("slow.test", 1).within(secs(2));
    world.net.hold_answers(true);
    world.dial(slow(), Probe::new("a"));
    world.pass(secs(5));
    world.net.hold_answers(false);
    world.pass(millis(1_999));
    assert_eq!((world.log(), world.net.dialled().len()), (vec![], 1));
    world.pass(millis(1));
    assert_eq!(world.log(), ["a failed: cannot connect: no answer in time"]);
    assert_eq!(world.reactor.counters().slow_lookups, 1);

    world.net.hold_answers(true);
    world.dial(slow(), Probe::new("b"));
    world.pass(millis(29_999));
    assert_eq!(world.log(), [""; 0]);
    world.pass(millis(1));
    assert_eq!(world.log(), ["b failed: cannot find the host: its look-up takes too long"]);
}

/// A request that may take five seconds would never get anywhere if its host's name took six each time.
#[test]
fn what_was_looked_up_too_late_for_one_is_there_for_others_for_half_a_minute() {
    let mut world = World::new();
    world.net.set_addresses("slow.test", [IpAddr::V4(Ipv4Addr::LOCALHOST)]);
    world.net.hold_answers(true);
    let given_up = world.dial(Endpoint::new("slow.test", 1), Probe::new("a"));
    world.settle();
    world.enter(|cx| cx.peers.lose(given_up));
    world.settle();
    world.net.hold_answers(false);
    world.settle();
    assert_eq!(
        (world.log(), world.net.dialled().len()),
        (vec!["a failed: connecting was cancelled".to_owned()], 0)
    );
    world.net.hold_answers(true);
    world.dial(Endpoint::new("slow.test", 2), Probe::new("b"));
    world.dial(Endpoint::new("slow.test", 3), Probe::new("c"));
    world.pass(secs(30));
    world.dial(Endpoint::new("slow.test", 4), Probe::new("d"));
    world.settle();
    let dialled: Vec<_> = world.net.dialled().iter().map(|dialled| dialled.to.to_string()).collect();
    assert_eq!(dialled, ["127.0.0.1:2", "127.0.0.1:3"]);
}

#[test]
fn law_7_a_connection_on_its_way_has_so_long() {
    let mut world = world(|limits| limits.connect_timeout = secs(3));
    world.dial(THERE, Probe::new("silent"));
    world.dial(Endpoint::from(THERE).within(secs(5)), Probe::new("own"));
    world.pass(millis(2_999));
    assert_eq!(world.log(), [""; 0]);
    world.pass(millis(1));
    let late = "failed: cannot connect: no answer in time";
    assert_eq!(world.log(), [format!("silent {late}")]);
    world.pass(secs(2));
    assert_eq!(world.log(), [format!("own {late}")]);
    world.net.hold_answers(false);
    world.settle();
    assert_eq!((world.log().len(), world.net.open()), (0, 0), "a late answer reaches nobody");
}

#[test]
fn law_7_a_peer_has_so_long_to_close_its_side() {
    let mut world = world(|limits| limits.linger = secs(2));
    let (conn, remote) = world.link(Probe::new("a"));
    world.enter(|cx| cx.peers.lose(conn));
    world.pass(millis(1_999));
    assert_eq!(world.log(), ["a made", "a lost: closed"]);
    assert!(world.remote(remote).has_ended() && !world.remote(remote).is_gone());
    assert_eq!(world.reactor.connections(), 1, "it lingers");
    world.pass(millis(1));
    assert!(world.remote(remote).is_gone());
    assert_eq!(world.reactor.connections(), 0);
}

#[test]
fn law_7_a_stop_waits_so_long() {
    let mut world = world(|limits| limits.stop_timeout = secs(2));
    let (_, remote) = world.link(Probe::new("stubborn").on(When::Stopping, |_| {}));
    world.enter(|cx| cx.reactor.stop());
    world.pass(millis(1_999));
    assert_eq!(world.log(), ["stubborn made", "stubborn stopping"]);
    world.pass(Duration::from_millis(1));
    assert_eq!(world.log(), ["stubborn lost: cut off by the stop"]);
    assert!(world.remote(remote).is_gone() && world.has_stopped());
    assert_eq!(world.reactor.next_timer(), None, "whoever turns on, for a disk, say, does not spin");
}

/// Dials again at once, whatever becomes of it.
struct Redialler;

impl Protocol<App> for Redialler {
    fn data_received(&mut self, _: &mut Cx<'_, App, Self>, _: &[u8]) {}

    fn connect_failed(&mut self, cx: &mut AppCx<'_, App>, _: &ConnectError) {
        dial_again(cx);
    }
}

fn dial_again(cx: &mut AppCx<'_, App>) {
    cx.reactor.connect(THERE, Redialler);
}

fn answer_again(cx: &mut AppCx<'_, App>) {
    let reply = cx.reactor.app_reply(|cx, ()| answer_again(cx));
    cx.reactor.send(reply, ());
}

#[test]
fn law_7_a_stop_ends_in_time_though_there_is_always_more_to_do() {
    for busy in [dial_again, answer_again] {
        let mut world = world(|limits| limits.stop_timeout = secs(2));
        world.net.let_take(Call::Poll, secs(1));
        world.enter(busy);
        world.enter(|cx| cx.reactor.stop());
        assert_eq!([(); 3].map(|()| world.has_stopped()), [false, false, true]);
    }
}

#[test]
fn law_7_a_second_signal_ends_a_stop_though_there_is_always_more_to_do() {
    for busy in [dial_again, answer_again] {
        let mut world = World::new();
        world.enter(busy);
        world.net.signal(Signal::Terminate);
        assert_eq!([(); 3].map(|()| world.has_stopped()), [false; 3]);
        world.net.signal(Signal::Interrupt);
        assert!(world.has_stopped());
    }
}
