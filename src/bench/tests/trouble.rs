//! Connections that are lost, servers that are not there, and loads that report each client once.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use super::*;

#[test]
fn a_connection_that_is_lost_is_dialled_again_and_the_others_go_on() {
    let mut rig = Rig::new(Plan { connections: 2, in_flight: 2, ..plan() });
    rig.answer_for(100);
    let before = rig.take_lines();
    rig.net.remotes().next().unwrap().reset(ErrorKind::ConnectionReset);
    rig.pass(Duration::ZERO);
    let (_, line) = before.iter().find(|(place, _)| *place == 1).unwrap();
    let reply = rig.reply(line);
    rig.feed(1, &reply);
    assert_eq!((before.len(), rig.take_lines().len()), (4, 1), "the other connection goes on");
    rig.pass(150 * MILLISECOND);
    assert_eq!(rig.net.dialled().len(), 3, "it is dialled again");
    let again = rig.take_lines();
    assert_eq!(again.iter().filter(|(place, _)| *place == 2).count(), 2, "and used: {again:?}");
    let results = rig.results();
    assert_eq!((results.lost_connections, results.per_target[0].lost_connections), (1, 1));
    assert_eq!(results.failed_connects, 0);
}

#[test]
fn a_server_that_is_not_there_stops_nobody() {
    let targets = vec![target(1), target(2)];
    let mut rig = Rig::started(Plan { targets, connections: 2, ..plan() }, false);
    rig.net.remotes().next().unwrap().refuse(ErrorKind::ConnectionRefused);
    rig.net.remotes().nth(1).unwrap().answer();
    rig.pass(Duration::ZERO);
    for _ in 0..900 {
        rig.pass(MILLISECOND);
        rig.answer();
        for remote in rig.net.remotes().filter(|remote| remote.is_dialled()) {
            remote.refuse(ErrorKind::ConnectionRefused);
        }
    }
    let results = rig.results();
    assert_eq!([0, 1].map(|place| results.per_target[place].answered), [0, 900]);
    assert!((3..12).contains(&results.failed_connects), "with pauses: {}", results.failed_connects);
    assert_eq!(results.lost_connections, 0, "none was made");
}

#[test]
fn lines_that_are_due_while_a_connection_is_down_are_not_sent() {
    let mut rig = Rig::new(Plan { pace: Pace::Open(100), in_flight: 8, ..plan() });
    rig.pass(5 * MILLISECOND);
    rig.answer();
    rig.net.answer_dials(false);
    rig.net.remotes().next().unwrap().reset(ErrorKind::ConnectionReset);
    rig.pass(495 * MILLISECOND);
    assert_eq!(rig.results().unsent, 50, "from 10 ms to 500 ms");
    rig.net.answer_dials(true);
    rig.net.last_dialled().answer();
    rig.pass(5 * MILLISECOND);
    assert_eq!(rig.take_lines().len(), 0, "they are not made up for");
    rig.answer_for(600);
    let results = rig.results();
    assert_eq!((results.iamat.sent, results.iamat.answered, results.unsent), (50, 50, 50));
    assert!(results.iamat.latency_us.max < 6_000.0, "{:?}", results.iamat.latency_us);
}

#[test]
fn a_report_that_was_lost_on_its_way_may_be_known_or_not() {
    for has_come in [false, true] {
        let questions = Questions { per_million: 500_000, ..plan().questions };
        let mut rig = Rig::new(Plan { in_flight: 4, clients: 4, questions, ..plan() });
        rig.answer_for(50);
        for (_, line) in rig.take_lines() {
            if has_come {
                rig.reply(&line);
            }
        }
        rig.net.remotes().next().unwrap().reset(ErrorKind::ConnectionReset);
        rig.pass(200 * MILLISECOND);
        rig.answer_for(200);
        let whatsat = rig.results().whatsat.unwrap();
        assert!(whatsat.answered > 100 && whatsat.wrong == 0, "{whatsat:?}");
    }
}

fn once(clients: u32, hold: Duration) -> Plan {
    Plan { connections: 3, in_flight: 4, clients, span: Span::Once { hold }, ..plan() }
}

#[test]
fn each_client_is_reported_once_and_the_load_is_over() {
    let mut rig = Rig::new(once(100, Duration::ZERO));
    let mut ids = BTreeSet::new();
    for _ in 0..50 {
        rig.pass(MILLISECOND);
        for (place, line) in rig.take_lines() {
            assert!(ids.insert(line.split(' ').nth(1).unwrap().to_owned()), "{line}");
            let reply = rig.reply(&line);
            rig.feed(place, &reply);
        }
    }
    assert_eq!(ids.len(), 100);
    assert_eq!((rig.results().iamat.answered, rig.net.open()), (100, 0));
    assert!((0.008..0.02).contains(&rig.results().duration_s), "{}", rig.results().duration_s);
}

#[test]
fn a_report_that_went_down_with_its_connection_is_made_again() {
    let mut rig = Rig::new(once(30, Duration::ZERO));
    rig.answer_for(1);
    rig.net.remotes().next().unwrap().reset(ErrorKind::ConnectionReset);
    rig.pass(200 * MILLISECOND);
    rig.answer_for(20);
    assert_eq!((rig.known.len(), rig.results().iamat.answered), (30, 30));
    assert_eq!(rig.results().lost_connections, 1);
    assert_eq!(rig.net.open(), 0, "it is over");
}

#[test]
fn connections_are_held_for_as_long_as_was_said() {
    let mut rig = Rig::new(Plan { connections: 100, in_flight: 1, ..once(100, 5 * SECOND) });
    for _ in 0..10 {
        rig.answer_for(1);
    }
    assert_eq!(rig.known.len(), 100);
    assert!(rig.reactor.app.is_holding());
    assert_eq!(rig.reactor.app.connected(), 100);
    rig.pass(4_900 * MILLISECOND);
    assert_eq!(rig.net.open(), 100);
    rig.pass(200 * MILLISECOND);
    assert_eq!(rig.net.open(), 0);
}

#[test]
fn servers_that_are_silent_for_long_end_it() {
    let mut rig = Rig::new(once(30, Duration::ZERO));
    rig.pass(9 * SECOND);
    assert_eq!(rig.net.open(), 3);
    rig.pass(3 * SECOND);
    assert_eq!((rig.net.open(), rig.results().iamat.answered), (0, 0));
}

#[test]
fn the_last_replies_are_waited_for_but_not_for_ever() {
    let mut rig = Rig::new(Plan { in_flight: 4, ..plan() });
    rig.pass(1_500 * MILLISECOND);
    assert_eq!(rig.answer(), 4);
    let results = rig.results();
    assert_eq!((results.iamat.answered, rig.net.open()), (4, 0), "and then it is over");
    assert!(is_near(results.iamat.latency_us.p50, 1_500_000.0));
    assert_eq!(results.timeline.len(), 0, "they came after the end");

    let mut rig = Rig::new(Plan { in_flight: 4, ..plan() });
    rig.pass(10_900 * MILLISECOND);
    assert_eq!(rig.net.open(), 1);
    rig.pass(200 * MILLISECOND);
    assert_eq!((rig.net.open(), rig.results().iamat.sent, rig.results().iamat.answered), (0, 4, 0));
}
