//! The time that a request is given covers all of it.

use super::*;

const TOO_LATE: &str = "no whole response in time";

fn is_aborted(world: &mut World) -> bool {
    world.server(0).is_gone()
}

#[test]
fn looking_up_the_name_counts() {
    let mut world = World::new();
    world.net.hold_answers(true);
    world.get(1, "http://slow.test/");
    world.pass(WITHIN - Duration::from_nanos(1));
    assert!(world.answers().is_empty());
    world.pass(Duration::from_nanos(1));
    assert_eq!((world.answer().as_str(), world.net.open()), (TOO_LATE, 0));
    world.net.hold_answers(false);
    world.pass(WITHIN);
    assert!(world.answers().is_empty());
}

#[test]
fn connecting_counts() {
    let mut world = World::new();
    world.net.answer_dials(false);
    world.get_all([1]);
    world.pass(WITHIN);
    assert_eq!((world.answer().as_str(), is_aborted(&mut world)), (TOO_LATE, true));
}

#[test]
fn sending_counts() {
    let mut world = World::new();
    world.net.answer_dials(false);
    world.get_all([1]);
    world.server(0).set_room(3);
    world.server(0).answer();
    world.pass(WITHIN);
    assert_eq!((world.answer().as_str(), is_aborted(&mut world)), (TOO_LATE, true));
}

#[test]
fn a_drip_does_not_prolong_it() {
    let mut world = World::new();
    world.get_all([1]);
    world.feed(0, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    for _ in 0..5 {
        assert!(world.answers().is_empty());
        world.feed(0, b".");
        world.pass(Duration::from_secs(1));
    }
    assert_eq!((world.answer().as_str(), is_aborted(&mut world)), (TOO_LATE, true));
    assert_eq!(world.counters().timed_out, 1);
}

#[test]
fn waiting_for_a_connection_counts() {
    let mut world = World::with(AgentConfig { per_origin: 1, ..AgentConfig::default() });
    world.ask(1, Request::get(SERVER).body(Vec::new()).unwrap(), WITHIN * 2);
    world.get_all([2]);
    world.pass(WITHIN);
    assert_eq!(world.answers(), [(2, TOO_LATE.to_owned())]);
    world.feed(0, OK);
    assert_eq!(world.answers(), [(1, "ok".to_owned())]);
    world.get_all([3]);
    assert_eq!(world.asked(0).matches("GET ").count(), 2, "the second was not sent, nor is it waited for");
}

#[test]
fn the_place_of_one_that_is_late_is_the_next_ones() {
    let mut world = World::with(AgentConfig { per_origin: 1, ..AgentConfig::default() });
    world.get(1, SERVER);
    world.ask(2, Request::get(SERVER).body(Vec::new()).unwrap(), WITHIN * 2);
    world.pass(WITHIN);
    assert_eq!(world.answers(), [(1, TOO_LATE.to_owned())]);
    world.feed(1, OK);
    assert_eq!(world.answers(), [(2, "ok".to_owned())]);
}

#[test]
fn no_time_at_all_is_too_little() {
    let mut world = World::new();
    world.ask(1, Request::get(SERVER).body(Vec::new()).unwrap(), Duration::ZERO);
    world.settle();
    assert_eq!(world.answer(), TOO_LATE);
    world.pass(WITHIN);
    assert_eq!(world.net.open(), 0);
}

#[test]
fn an_answer_in_time_is_the_only_one() {
    let mut world = idle();
    world.pass(WITHIN * 2);
    assert!(world.answers().is_empty());
}

#[test]
fn a_request_that_can_have_no_deadline_is_refused() {
    let mut world = World::within(Limits { timers: 1, ..Limits::default() }, AgentConfig::default());
    world.get_all([1, 2]);
    let refused = "the request was not sent: the reactor is overloaded (Limits::timers)";
    assert_eq!(world.answers(), [(2, refused.to_owned())]);
    world.pass(WITHIN);
    assert_eq!(world.answer(), TOO_LATE, "the other one has its own");
}
