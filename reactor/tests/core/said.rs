//! Law 7: that a bound is reached is said ever more rarely, so that nobody can fill the log with it.

use reactor::{Limits, Sent};

use crate::log_lines;
use crate::support::{AT, Probe, World, millis, secs};

/// Reaches a bound nine times, and looks at what is said of it.
#[track_caller]
fn check(bound: &str, mut reach: impl FnMut()) {
    (0..9).for_each(|_| reach());
    let said = log_lines::taken();
    assert_eq!(said.len(), 4, "{said:#?}");
    for (line, count) in said.iter().zip([1, 2, 4, 8]) {
        assert!(line.contains(bound) && line.contains(&format!("({count} ")), "{line}");
    }
}

#[test]
fn law_7_a_bound_that_is_reached_is_said_the_first_second_fourth_and_eighth_time() {
    log_lines::keep();
    let full = Limits { links: 1, write_buffer: 1, timers: 0, requests: 1, jobs: 0, ..Limits::default() };
    let mut world = World::with(full);
    world.serve(|probe| probe);
    let (conn, _) = world.link(Probe::new("a"));
    check("Limits::links", || {
        world.guest();
    });
    check("Limits::timers", || {
        world.enter(|cx| cx.reactor.app_later(secs(1), |_| {}));
    });
    check("Limits::write_buffer", || {
        assert_eq!(world.enter(|cx| cx.peers.write(conn, b"xx")), Sent::Full);
        world.turn();
    });
    check("Limits::requests", || {
        world.enter(|cx| (0..2).for_each(|_| cx.reactor.call(conn, |_: &mut Probe, _| {})));
        world.turn();
    });
    check("Limits::jobs", || {
        world.enter(|cx| cx.reactor.defer_to_thread(|| (), cx.reactor.app_reply(|_, _| {})));
        world.turn();
    });

    let mut world = World::new();
    world.serve(|probe| probe);
    world.net.limit_descriptors(Some(0));
    world.net.dial_in(AT);
    check("accepting rests", || world.pass(millis(250)));
}
