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
