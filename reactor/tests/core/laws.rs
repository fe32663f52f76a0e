//! The numbered laws of docs/architecture.md, each by name: 1 to 5 and 8. Laws 6 and 9 are in
//! `readiness.rs`, law 7 is in `limits.rs`.

use std::io;
use std::time::Duration;

use crate::support::{AT, App, Probe, THERE, When, World, millis, secs};
use reactor::testing::Call;
use reactor::{Endpoint, Limits, Sent};

const READ_BUFFER: usize = 64 * 1024;

#[test]
fn law_1_what_a_callback_asks_for_happens_after_it() {
    let mut world = World::new();
    let (_, b) = world.link(Probe::new("b"));
    let (_, a) = world.link(Probe::new("a").on(When::Data, |cx| {
        let (me, b) = (cx.transport.id(), cx.app.id("b"));
        cx.reactor.call(b, |_: &mut Probe, cx| cx.app.say("b called"));
        cx.reactor.call(me, |_: &mut Probe, cx| cx.app.say("a called"));
        let reply = cx.reactor.reply(|_, cx, n: u32| cx.app.say(format!("a told {n}")));
        cx.reactor.send(reply, 7);
        cx.reactor.call_later(Duration::ZERO, |_, cx| cx.app.say("a timer"));
        cx.transport.peers().abort(b);
        cx.transport.abort_connection();
        cx.app.say("a is done");
    }));
    world.log();
    world.remote(a).feed(b"x");
    world.settle();
    let log = world.log();
    assert_eq!(log[..2], ["a data x", "a is done"]);
    assert_eq!(
        log[2..],
        ["a timer", "b called", "a called", "a told 7", "b lost: aborted", "a lost: aborted"]
    );
    assert!(world.remote(a).is_gone() && world.remote(b).is_gone());
}

#[test]
fn law_2_made_then_data_then_lost_once_and_nothing_after() {
    let mut world = World::new();
    world.serve(|probe| probe);
    let guest = world.guest();
    world.remote(guest).feed(b"one");
    world.settle();
    world.remote(guest).feed(b"two");
    world.remote(guest).close();
    world.settle();
    world.pass(secs(100));
    let expected = ["s1 made", "s1 data one", "s1 data two", "s1 read_closed", "s1 lost: closed by the peer"];
    assert_eq!(world.log(), expected);
    assert_eq!((world.reactor.connections(), world.net.open()), (0, 0));
}

#[test]
fn law_2_made_comes_first_even_where_bytes_were_there_before() {
    let mut world = World::new();
    world.serve(|probe| probe);
    let guest = world.net.dial_in(AT);
    world.remote(guest).feed(b"early");
    world.settle();
    world.dial(THERE, Probe::new("a"));
    world.settle();
    let there = world.net.last_dialled();
    there.answer();
    there.feed(b"at once");
    there.close();
    world.settle();
    let log = world.log();
    assert_eq!(log[..2], ["s1 made", "s1 data early"]);
    assert_eq!(log[2..], ["a made", "a data at once", "a read_closed", "a lost: closed by the peer"]);
}

#[test]
fn law_2_a_connection_that_is_never_made_hears_connect_failed_alone() {
    let mut world = World::new();
    world.dial(THERE, Probe::new("refused"));
    world.settle();
    world.net.last_dialled().refuse(io::ErrorKind::ConnectionRefused);
    world.settle();
    world.net.fail_next(Call::Connect, io::ErrorKind::AddrNotAvailable);
    world.dial(THERE, Probe::new("at once"));
    world.dial(Endpoint::from(THERE).within(secs(1)), Probe::new("slow"));
    world.pass(secs(2));
    let log = world.log();
    assert_eq!(log.len(), 3, "{log:?}");
    assert!(log[0].starts_with("refused failed: cannot connect: connection refused"), "{log:?}");
    assert!(log[1].starts_with("at once failed: cannot connect: "), "{log:?}");
    assert_eq!(log[2], "slow failed: cannot connect: no answer in time");
    assert_eq!((world.reactor.connections(), world.net.open()), (0, 0));
}

#[test]
fn law_2_closing_a_connection_on_its_way_gives_it_up() {
    for abort in [false, true] {
        let mut world = World::new();
        let conn = world.dial(THERE, Probe::new("a"));
        world.settle();
        world.enter(|cx| if abort { cx.peers.abort(conn) } else { cx.peers.lose(conn) });
        world.settle();
        assert_eq!(world.log(), ["a failed: connecting was cancelled"]);
        assert_eq!((world.reactor.connections(), world.net.open()), (0, 0));
    }
}

#[test]
fn law_2_closing_a_connection_that_was_only_asked_for_gives_it_up() {
    // From every step of a turn, since the requests of some wait for the next one.
    let act = |abort: bool| {
        move |cx: &mut reactor::Cx<'_, App, Probe>| {
            let conn = cx.reactor.connect(THERE, Probe::new("b"));
            let mut peers = cx.transport.peers();
            if abort { peers.abort(conn) } else { peers.lose(conn) }
        }
    };
    for abort in [false, true] {
        for when in [When::Made, When::Data, When::High, When::Lost] {
            let mut world = World::with(Limits { high_water: 1, ..Limits::default() });
            let act = act(abort);
            let (a, remote) = world.link(Probe::new("a").on(when, act));
            world.remote(remote).feed(b"x");
            world.settle();
            world.write(a, b"xx");
            world.settle();
            world.remote(remote).reset(io::ErrorKind::ConnectionReset);
            world.settle();
            let log = world.log();
            let failed = log.iter().filter(|line| *line == "b failed: connecting was cancelled").count();
            assert_eq!(failed, 1, "{when:?}, abort {abort}: {log:?}");
            assert_eq!((world.reactor.connections(), world.net.open()), (0, 0), "{when:?}");
        }
    }
}

#[test]
fn law_2_nothing_is_heard_before_made() {
    let mut world = World::with(Limits { high_water: 1, ..Limits::default() });
    let conn = world.dial(THERE, Probe::new("a"));
    world.settle();
    world.enter(|cx| {
        cx.peers.pause_reading(conn);
        cx.peers.resume_reading(conn);
        assert_eq!(cx.peers.write(conn, b"early"), Sent::Gone);
        cx.reactor.call(conn, |_: &mut Probe, cx| cx.app.say("called"));
    });
    world.settle();
    assert!(world.log().is_empty());
    let there = world.net.last_dialled();
    there.answer();
    there.feed(b"x");
    world.settle();
    assert_eq!(world.log(), ["a made", "a data x"]);
}

#[test]
fn law_2_a_panic_ends_the_one_connection_where_panics_are_contained() {
    let mut world = World::containing_panics();
    world.serve(|probe| {
        let is_first = probe.name == "s1";
        probe.on(When::Data, move |_| assert!(!is_first, "oops"))
    });
    let guests = [world.guest(), world.guest()];
    for guest in guests {
        world.remote(guest).feed(b"x");
    }
    world.settle();
    let log = world.log();
    assert_eq!(log[2..], ["s1 data x", "s2 data x", "s1 lost: a callback panicked: oops"]);
    assert!(world.remote(guests[0]).is_gone() && !world.remote(guests[1]).is_gone());
    assert_eq!(world.reactor.counters().panics, 1);
}

#[test]
#[should_panic(expected = "oops")]
fn law_2_a_panic_is_never_hidden_where_they_are_not() {
    let mut world = World::new();
    world.link(Probe::new("a").on(When::Made, |_| panic!("oops")));
}

#[test]
fn law_3_the_id_of_a_dead_connection_reaches_nobody() {
    let mut world = World::new();
    let (old, remote) = world.link(Probe::new("old"));
    world.remote(remote).close();
    world.settle();
    let (new, remote) = world.link(Probe::new("new"));
    assert_eq!(old.0.slot, new.0.slot, "the slot is used again");
    assert_ne!(old, new);
    world.log();
    world.enter(|cx| {
        assert_eq!(cx.peers.write(old, b"x"), Sent::Gone);
        assert_eq!(cx.peers.write_sequence(old, &[b"x", b"y"]), Sent::Gone);
        assert!(!cx.peers.is_open(old) && cx.peers.buffered(old) == 0);
        cx.peers.lose(old);
        cx.peers.abort(old);
        cx.peers.pause_reading(old);
        cx.reactor.call(old, |_: &mut Probe, cx| cx.app.say("called"));
        assert!(cx.peers.is_open(new) && cx.peers.is_reading(new));
    });
    world.settle();
    assert_eq!(world.log(), [""; 0]);
    assert_eq!(world.reactor.counters().stale, 1);
    assert!(!world.remote(remote).has_ended() && world.remote(remote).sent().is_empty());
}

#[test]
fn law_3_timers_and_replies_of_a_dead_connection_are_dropped() {
    let mut world = World::new();
    let (old, remote) = world.link(Probe::new("old"));
    world.at(old, |_, cx| {
        cx.reactor.call_later(secs(1), |_, cx| cx.app.say("timer"));
        let reply = cx.reactor.reply(|_, cx, ()| cx.app.say("reply"));
        cx.reactor.app_later(secs(2), |cx| cx.reactor.send(reply, ()));
        let done = cx.reactor.reply(|_, cx, _| cx.app.say("job"));
        cx.reactor.defer_to_thread(|| 1, done);
    });
    world.net.hold_answers(true);
    world.settle();
    world.remote(remote).close();
    world.settle();
    world.net.hold_answers(false);
    world.link(Probe::new("new"));
    world.pass(secs(3));
    assert_eq!(world.log(), ["old made", "old read_closed", "old lost: closed by the peer", "new made"]);
    assert_eq!(world.reactor.counters().stale, 2, "the timer went with its owner, unheard");
    world.pass(secs(10));
    assert_eq!(world.reactor.next_timer(), None);
}

#[test]
fn law_4_each_link_is_read_once_and_written_once_a_turn() {
    let mut world = World::new();
    world.serve(|probe| {
        probe.on(When::Data, |cx| {
            for _ in 0..10 {
                cx.transport.write(b"answer");
            }
        })
    });
    let guests = [world.guest(), world.guest()];
    for guest in guests {
        world.remote(guest).feed(&vec![0; 3 * READ_BUFFER]);
    }
    for turn in 1..=3 {
        world.turn();
        assert_eq!(world.net.calls(Call::Read), 2 * turn);
        assert_eq!(world.net.calls(Call::Write), 2 * turn);
    }
    let expected = b"answer".repeat(30);
    assert!(guests.iter().all(|guest| world.net.remote(*guest).sent() == expected));
}

#[test]
fn law_4_timers_run_by_deadline_and_then_in_the_order_they_were_made() {
    let mut world = World::new();
    world.enter(|cx| {
        for (ms, name) in [(5, "c"), (3, "a"), (5, "d"), (4, "b"), (9, "later")] {
            cx.reactor.app_later(millis(ms), move |cx| cx.app.say(name));
        }
    });
    world.settle();
    world.net.advance(millis(6));
    world.turn();
    assert_eq!(world.log(), ["a", "b", "c", "d"]);
    world.patient_turn();
    assert_eq!(world.net.last_wait(), Some(millis(3)), "until the next one");
}

#[test]
fn law_4_a_long_turn_does_not_make_the_next_timer_late() {
    let mut world = World::new();
    world.enter(|cx| cx.reactor.app_later(secs(10), |_| {}));
    world.settle();
    world.net.advance(secs(4)); // what the turn took
    world.patient_turn();
    assert_eq!(world.net.last_wait(), Some(secs(6)));
}

#[test]
fn law_4_a_cancelled_timer_does_not_run() {
    let mut world = World::new();
    let timer = world.enter(|cx| cx.reactor.app_later(secs(1), |cx| cx.app.say("timer")));
    assert!(world.enter(|cx| cx.reactor.cancel(timer)));
    assert!(!world.enter(|cx| cx.reactor.cancel(timer)));
    world.pass(secs(2));
    assert!(world.log().is_empty());
}

#[test]
fn law_4_what_a_step_queues_for_an_earlier_step_waits_for_the_next_turn() {
    fn again(cx: &mut reactor::AppCx<'_, App>) {
        cx.app.say("timer");
        cx.reactor.app_later(Duration::ZERO, again);
    }
    fn ask(probe: &mut Probe, cx: &mut reactor::Cx<'_, App, Probe>) {
        cx.app.say(format!("{} call", probe.name));
        let me = cx.transport.id();
        cx.reactor.call(me, ask);
    }
    let mut world = World::new();
    let (conn, _) = world.link(Probe::new("a"));
    world.log();
    world.enter(again);
    world.at(conn, ask);
    for _ in 0..5 {
        world.log();
        world.turn();
        assert_eq!(world.log(), ["timer", "a call"]);
        assert!(world.reactor.is_busy());
    }
}

#[test]
fn law_4_a_turn_never_loops_on_its_own_output() {
    // Each Low makes it write what trips High again.
    let mut world = World::with(Limits { high_water: 4, ..Limits::default() });
    let fill = |cx: &mut reactor::Cx<'_, App, Probe>| cx.transport.write(b"123456");
    let (_, remote) = world.link(Probe::new("a").on(When::Data, fill).on(When::Low, fill));
    world.log();
    world.remote(remote).feed(b"x");
    for turn in 1..=5 {
        world.turn();
        assert_eq!(world.net.calls(Call::Write), turn);
    }
    assert_eq!(world.log()[..5], ["a data x", "a high", "a low", "a high", "a low"]);
}

#[test]
fn law_4_a_chatty_link_does_not_starve_the_others() {
    let mut world = World::new();
    world.serve(|probe| probe);
    let [chatty, modest] = [world.guest(), world.guest()];
    world.log();
    world.remote(chatty).feed(&vec![0; 4 * READ_BUFFER]);
    world.remote(modest).feed(b"please");
    world.turn();
    assert_eq!(world.log(), ["s1 data 65536 bytes", "s2 data please"]);
}

#[test]
fn law_5_write_then_lose_delivers_everything_whatever_the_short_writes() {
    let text = b"all of this, to the last byte";
    for at_most in 1..=text.len() {
        let mut world = World::new();
        let (conn, remote) = world.link(Probe::new("a"));
        world.log();
        world.remote(remote).take_at_most(at_most);
        world.remote(remote).take_next([0, 0, 1]);
        world.at(conn, move |_, cx| {
            cx.transport.write(text);
            cx.transport.lose_connection();
            cx.transport.write(b"too late");
        });
        world.settle();
        assert_eq!(world.remote(remote).sent(), text, "{at_most} at a time");
        assert!(world.remote(remote).has_ended());
        assert_eq!(world.log(), ["a lost: closed"]);
    }
}

#[test]
fn law_5_a_peer_that_does_not_read_ends_it_at_the_flush_timeout() {
    let mut world = World::new();
    let (conn, remote) = world.link(Probe::new("a"));
    world.log();
    world.remote(remote).set_room(3);
    world.at(conn, |_, cx| {
        cx.transport.write(b"abcdef");
        cx.transport.lose_connection();
    });
    world.pass(millis(9_999));
    assert!(world.log().is_empty());
    world.pass(millis(1));
    assert_eq!(world.log(), ["a lost: did not read its last bytes in time"]);
    assert_eq!(world.remote(remote).sent(), b"abc");
    assert!(world.remote(remote).is_gone());
}

#[test]
fn law_5_a_deadline_does_not_overtake_a_close() {
    let mut world = World::new();
    let (_, remote) = world.link(
        Probe::new("a")
            .on(When::Made, |cx| {
                let by = cx.reactor.now() + secs(5);
                cx.transport.set_deadline(Some(by));
            })
            .on(When::Data, |cx| {
                cx.transport.write(b"answer");
                cx.transport.lose_connection();
            }),
    );
    world.log();
    world.remote(remote).set_room(0);
    world.net.advance(secs(5));
    world.remote(remote).feed(b"question");
    world.settle();
    assert_eq!(world.log(), ["a data question"]);
    world.remote(remote).set_room(usize::MAX);
    world.settle();
    assert_eq!(world.remote(remote).sent(), b"answer");
    assert_eq!(world.log(), ["a lost: closed"]);
}

#[test]
fn law_8_the_same_seed_and_the_same_events_make_the_same_calls() {
    fn run(seed: u64) -> (Vec<String>, Vec<String>) {
        let mut world = World::new();
        world.reactor = reactor::Reactor::new(App::default(), seed, Limits::default());
        world.serve(|probe| {
            probe.on(When::Data, |cx| {
                let pause = millis(cx.reactor.random() % 1000);
                cx.reactor.call_later(pause, |_, cx| {
                    let (now, n) = (cx.reactor.now().as_nanos(), cx.reactor.random());
                    writeln!(cx.transport, "{now} {n}");
                });
            })
        });
        for _ in 0..5 {
            let guest = world.guest();
            world.remote(guest).feed(b"x");
            world.pass(millis(100));
        }
        world.pass(secs(2));
        (world.net.log().to_vec(), world.log())
    }
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).0, run(2).0);
}

#[test]
fn law_8_the_clocks_are_the_nets_and_stand_still_within_a_turn() {
    let mut world = World::new();
    world.net.set_wall_clock(reactor::WallTime::from_unix_nanos(1_000));
    world.net.advance(Duration::from_nanos(5));
    let read = world.enter(|cx| (cx.reactor.now().as_nanos(), cx.reactor.wall_clock().as_unix_nanos()));
    assert_eq!(read, (5, 1_005));
    // A wall clock that jumps back moves no timer.
    world.enter(|cx| cx.reactor.app_later(secs(1), |cx| cx.app.say("timer")));
    world.net.set_wall_clock(reactor::WallTime::from_unix_nanos(-9));
    world.pass(secs(1));
    assert_eq!(world.log(), ["timer"]);
}
