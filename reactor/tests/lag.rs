//! How long turns take is measured, and a turn that takes too long is said with what it did.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Mutex;

use reactor::Limits;
use reactor::testing::Call;
use support::{When, World, millis, secs};

/// What was logged; one test program has one logger, and this one has one test that looks at it.
struct Log(Mutex<Vec<String>>);

static LOG: Log = Log(Mutex::new(Vec::new()));

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = record.args().to_string();
        if line.starts_with("a turn took") {
            self.0.lock().unwrap().push(line);
        }
    }

    fn flush(&self) {}
}

/// What was said of turns that took as long as those of the test that asks: others run beside it.
fn said() -> Vec<String> {
    let said = std::mem::take(&mut *LOG.0.lock().unwrap());
    said.into_iter().filter(|line| line.contains(" 80ms: ")).collect()
}

#[test]
fn a_slow_turn_is_counted_and_said_with_what_it_did_at_most_once_a_second() {
    log::set_logger(&LOG).unwrap();
    log::set_max_level(log::LevelFilter::Warn);
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
