//! How long turns take is measured, and a turn that takes too long is said with what it did.

use reactor::Limits;
use reactor::testing::Call;

use crate::log_lines;
use crate::support::{When, World, millis, secs};

/// What was said of slow turns.
fn said() -> Vec<String> {
    log_lines::taken().into_iter().filter(|line| line.starts_with("a turn took")).collect()
}

#[test]
fn a_slow_turn_is_counted_and_said_with_what_it_did_at_most_once_a_second() {
    log_lines::keep();
    let mut world = World::new();
    world.serve(|probe| probe.on(When::Data, |cx| cx.transport.write(b"echo")));
    let guests = [world.guest(), world.guest()];
    let before = world.reactor.counters().lag.clone();
    assert_eq!((before.slow(), said().len()), (0, 0), "time stands still in the turns of a mock net");

    world.net.let_take(Call::Read, millis(40));
    let slow_turn = |world: &mut World| {
        guests.iter().for_each(|guest| world.remote(*guest).feed(b"hello"));
        world.turn();
    };
    slow_turn(&mut world);
    let lag = world.reactor.counters().lag.clone();
    assert_eq!((lag.slow(), lag.turns()), (1, before.turns() + 1));
    assert_eq!((lag.longest(), lag.percentile(100)), (millis(80), millis(80)));
    let work = "0 accepts, 2 reads of 10 bytes, 0 timers, 0 requests, 2 writes; 1 slow so far";
    assert_eq!(said(), [format!("a turn took 80ms: {work}")]);

    slow_turn(&mut world);
    assert_eq!((world.reactor.counters().lag.slow(), said().len()), (2, 0), "one was said just now");
    world.net.advance(secs(1));
    slow_turn(&mut world);
    let line = said().pop().unwrap();
    assert!(line.ends_with("3 slow so far"), "{line}");
}

#[test]
fn waiting_is_no_lag() {
    let mut world = World::new();
    world.net.let_take(Call::Poll, secs(5));
    world.turn();
    assert_eq!(world.reactor.counters().lag.longest(), millis(0));
}

#[test]
fn law_7_the_time_a_turn_may_take_is_the_operators() {
    let mut world = World::with(Limits { slow_turn: millis(5), ..Limits::default() });
    world.serve(|probe| probe);
    world.net.let_take(Call::Accept, millis(3));
    world.guest();
    assert_eq!(world.reactor.counters().lag.slow(), 1, "one accept, and one that finds nobody");
}

/// The net is slow to bring what has come: one event a turn, as if there were too many for one.
fn paused(input: &[u8]) -> World {
    let mut world = World::with(Limits { catch_up: secs(1), ..Limits::default() });
    world.serve(|probe| probe.on(When::Made, |cx| cx.transport.set_idle_timeout(Some(secs(4)))));
    let guest = world.guest();
    world.log();
    world.net.advance(secs(10)); // nobody has turned the reactor meanwhile
    world.remote(guest).feed(input);
    world
}

#[test]
fn after_a_pause_what_has_come_is_read_before_a_deadline_strikes() {
    let mut world = paused(b"still here");
    world.settle();
    assert_eq!(world.log(), ["s1 data still here"]);
    world.pass(millis(3_999));
    assert_eq!(world.log(), [""; 0], "the silence is counted from there");
    world.pass(millis(1));
    assert_eq!(world.log(), ["s1 lost: idle for too long"]);
}

/// More than one turn reads, from more than one peer, and a deadline that is set by the first of it.
#[test]
fn after_a_pause_all_that_has_come_is_read_before_a_timer_runs() {
    const CHUNK: usize = 64 * 1024; // what a turn reads of a link
    let mut world = World::new();
    world.serve(|probe| probe);
    let guests = [world.guest(), world.guest()];
    world.enter(|cx| _ = cx.reactor.app_later(secs(5), |cx| cx.app.say("timer")));
    world.log();
    world.net.advance(secs(10));
    guests.iter().for_each(|guest| world.remote(*guest).feed(&vec![b'x'; 3 * CHUNK + 1]));
    let mut turns = 0;
    while world.log().iter().all(|heard| heard != "timer") {
        world.turn();
        turns += 1;
    }
    assert_eq!(world.reactor.counters().bytes_in, 2 * (3 * CHUNK as u64 + 1));
    assert_eq!((turns, world.reactor.counters().catch_up_turns), (4, 3), "each is read once a turn");
}

#[test]
fn law_7_timers_do_not_wait_for_ever_while_ever_more_comes() {
    for (late, waited) in [(secs(10), secs(1)), (millis(300), millis(300)), (millis(50), millis(0))] {
        let mut world = World::with(Limits { catch_up: secs(1), ..Limits::default() });
        world.serve(|probe| probe);
        let guest = world.guest();
        world.enter(|cx| _ = cx.reactor.app_later(secs(5), |cx| cx.app.say("timer")));
        world.net.advance(secs(5) + late);
        world.log();
        let mut took = millis(0);
        loop {
            world.remote(guest).feed(b"more");
            world.turn();
            if world.log().contains(&"timer".to_owned()) {
                break;
            }
            world.net.advance(millis(10));
            took += millis(10);
        }
        assert_eq!(took, waited, "{late:?} late");
    }
}

/// Also the end of a stop waits: who has sent its last word in time is heard.
#[test]
fn after_a_pause_a_stop_hears_what_has_come_before_it_cuts_off() {
    let mut world = World::with(Limits { stop_timeout: secs(5), ..Limits::default() });
    world.serve(|probe| probe.on(When::Stopping, |_| ()));
    let guest = world.guest();
    world.enter(|cx| cx.reactor.stop());
    world.settle();
    world.log();
    world.net.advance(secs(10));
    world.remote(guest).feed(&vec![b'x'; 100_000]);
    world.settle();
    assert_eq!(world.reactor.counters().bytes_in, 100_000);
    assert!(world.log().ends_with(&["s1 lost: cut off by the stop".to_owned()]));
}
