//! Open loops: when lines are sent, and from when their latency counts.

use super::*;

fn at(rate: u64) -> Plan {
    Plan { connections: 4, in_flight: 8, pace: Pace::Open(rate), ..plan() }
}

#[test]
fn the_rate_is_kept_exactly() {
    let mut rig = Rig::new(at(500));
    assert_eq!(rig.answer(), 1, "the first is due at once");
    for millisecond in 1..1_000 {
        rig.pass(MILLISECOND);
        assert_eq!(rig.answer(), usize::from(millisecond % 2 == 0), "{millisecond} ms");
    }
    rig.pass(SECOND);
    assert_eq!(rig.answer(), 0, "the time is over");
    let results = rig.results();
    assert_eq!((results.iamat.sent, results.iamat.answered, results.unsent), (500, 500, 0));
    assert_eq!(results.generator_late_us.unwrap().max, 0.0);
    assert_eq!(results.iamat.latency_us.max, 0.0);
    assert_eq!((results.rate, results.duration_s), (Some(500), 1.0));
}

#[test]
fn lines_are_dealt_to_the_connections_in_turn() {
    let mut rig = Rig::new(at(1_000));
    rig.pass(7 * MILLISECOND);
    let places: Vec<usize> = rig.take_lines().into_iter().map(|(place, _)| place).collect();
    assert_eq!(places, [0, 0, 1, 1, 2, 2, 3, 3]);
}

/// A server that answers after a millisecond each, but not during the second that begins after two of them.
fn stalling(pace: Pace) -> Results {
    let span = Span::For { warm_up: Duration::ZERO, duration: 10 * SECOND };
    let mut rig = Rig::new(Plan { pace, span, ..plan() });
    rig.answer_for(2_000);
    rig.pass(SECOND);
    rig.answer_for(8_010);
    rig.results()
}

#[test]
fn a_server_that_stands_still_is_seen_by_everybody_who_comes_meanwhile() {
    let results = stalling(Pace::Open(500));
    assert_eq!((results.iamat.answered, results.unsent), (5_000, 0), "what was due was sent, if late");
    let latency = results.iamat.latency_us;
    // 500 lines came due within that second, and as many again while those were caught up with, at two for each
    // that comes: one in five waited, from a second down to nothing.
    assert!(latency.p99 > 900_000.0, "{latency:?}");
    assert!((450_000.0..550_000.0).contains(&latency.p90), "{latency:?}");
    assert!(latency.p50 < 2_000.0, "{latency:?}");
    assert_eq!(results.generator_late_us.unwrap().max, 0.0, "it is the server who was late");
}

#[test]
fn a_closed_loop_does_not_see_it_but_once() {
    let latency = stalling(Pace::Closed).iamat.latency_us;
    assert!(is_near(latency.p99_9, 1_000.0), "{latency:?}");
    assert!(latency.max > 990_000.0, "{latency:?}");
}

#[test]
fn what_is_due_while_a_connection_is_full_is_sent_when_there_is_room() {
    let mut rig = Rig::new(Plan { pace: Pace::Open(100), ..plan() });
    rig.pass(95 * MILLISECOND);
    let first = rig.take_lines();
    let reply = rig.reply(&first[0].1);
    rig.feed(0, &reply);
    let lines = rig.take_lines();
    assert_eq!((first.len(), lines.len()), (1, 1), "there is room for one at a time");
    let reply = rig.reply(&lines[0].1);
    rig.feed(0, &reply);
    let latency = rig.results().iamat.latency_us;
    assert!(
        is_near(latency.min, 85_000.0) && is_near(latency.max, 95_000.0),
        "due at 10 and 0 ms: {latency:?}"
    );
}

#[test]
fn what_was_due_and_never_sent_is_counted() {
    let mut rig = Rig::new(Plan { pace: Pace::Open(100), ..plan() });
    rig.pass(2 * SECOND);
    assert_eq!((rig.results().iamat.sent, rig.results().unsent), (1, 99));
}

#[test]
fn the_same_seed_sends_the_same_lines() {
    let lines = |seed| {
        let mut rig = Rig::new(Plan { seed, clients: 1_000, ..at(500) });
        rig.pass(SECOND);
        rig.take_lines()
    };
    assert!(lines(1).len() > 30);
    assert_eq!(lines(1), lines(1));
    assert_ne!(lines(1), lines(2));
}
