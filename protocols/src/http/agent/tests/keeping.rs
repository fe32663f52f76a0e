//! Which connections are kept, and for what.

use super::*;

#[test]
fn a_connection_is_used_again() {
    let mut world = idle();
    world.get_all([1]);
    assert!(world.asked(0).starts_with("GET / HTTP/1.1\r\n"));
    world.feed(0, OK);
    assert_eq!(world.answers(), [(1, "ok".to_owned())]);
    assert_eq!((world.dialled(), world.counters().opened, world.counters().reused), (1, 1, 1));
}

#[test]
fn another_origin_gets_another_connection() {
    let mut world = idle();
    world.get(1, "http://10.0.0.1:81/");
    world.get(2, "http://10.0.0.2/");
    world.settle();
    assert_eq!(world.dialled(), 3);
}

#[test]
fn an_idle_connection_closes_itself() {
    let mut world = idle();
    world.pass(Duration::from_secs(30));
    assert!(world.server(0).has_ended());
    assert_eq!(world.counters().idle_closed, 1);
    world.get_all([1]);
    assert_eq!(world.dialled(), 2);
}

#[test]
fn a_connection_with_a_request_in_hand_is_not_idle() {
    let mut world = idle();
    world.pass(Duration::from_secs(29));
    world.ask(1, Request::get(SERVER).body(Vec::new()).unwrap(), Duration::from_secs(120));
    world.pass(Duration::from_secs(100));
    world.feed(0, OK);
    assert_eq!(world.answer(), "ok");
}

#[test]
fn further_requests_wait_in_order() {
    let mut world = World::with(AgentConfig { per_origin: 2, ..AgentConfig::default() });
    world.get_all(1..=5);
    assert_eq!(world.dialled(), 2);
    for round in [&[1, 2][..], &[3, 4], &[5]] {
        (0..round.len()).for_each(|nth| world.server(nth).feed(OK));
        world.settle();
        let answered: Vec<u32> = world.answers().into_iter().map(|(number, _)| number).collect();
        assert_eq!(answered, round);
    }
    assert_eq!(world.dialled(), 2);
}

#[test]
fn a_full_queue_refuses() {
    let mut world = World::with(AgentConfig { per_origin: 1, queue: 2, ..AgentConfig::default() });
    world.get_all(1..=4);
    let [(4, error)] = &world.answers()[..] else { panic!("the fourth is refused, and it alone") };
    assert!(error.contains("AgentConfig::queue"), "{error}");
    assert_eq!(world.counters().refused, 1);
}

#[test]
fn an_idle_connection_makes_room_for_another_origin() {
    let mut world = World::with(AgentConfig { connections: 1, ..AgentConfig::default() });
    world.get_all([1]);
    world.get(2, "http://10.0.0.2/");
    world.settle();
    assert_eq!(world.dialled(), 1);
    world.feed(0, OK);
    assert!(world.server(0).has_ended());
    assert_eq!((world.dialled(), world.counters().idle_closed), (2, 1));
    world.feed(1, OK);
    assert_eq!(world.answers().len(), 2);
}

#[test]
fn no_more_connections_stay_than_may() {
    let mut world = World::with(AgentConfig { idle_per_origin: 1, ..AgentConfig::default() });
    world.get_all(1..=3);
    (0..3).for_each(|nth| world.server(nth).feed(OK));
    world.settle();
    let ended = (0..3).filter(|nth| world.server(*nth).has_ended()).count();
    assert_eq!(ended, 2);
}

#[test]
fn a_response_that_says_close_is_the_last() {
    for response in [
        &b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"[..],
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ] {
        let mut world = World::new();
        world.get_all([1]);
        world.feed(0, response);
        assert_eq!(world.answer(), "ok");
        assert!(world.server(0).has_ended());
        world.get_all([2]);
        assert_eq!(world.dialled(), 2);
    }
}

#[test]
fn bytes_behind_a_response_end_the_connection() {
    let mut world = World::new();
    world.get_all([1]);
    world.feed(0, &[OK, b"HTTP/1.1 200 OK\r\n"].concat());
    assert_eq!(world.answer(), "ok");
    assert!(world.server(0).has_ended());
}

#[test]
fn bytes_on_an_idle_connection_end_it() {
    let mut world = idle();
    world.feed(0, b"HTTP/1.1 408 Request Timeout\r\n\r\n");
    assert!(world.server(0).is_gone());
    world.get_all([1]);
    world.feed(1, OK);
    assert_eq!(world.answer(), "ok");
}

#[test]
fn a_response_to_half_a_request_ends_the_connection() {
    let mut world = World::new();
    world.ask(1, Request::post(SERVER).body(vec![0; 100_000]).unwrap(), WITHIN);
    world.net.answer_dials(false);
    world.settle();
    world.server(0).set_room(1000);
    world.settle();
    world.server(0).answer();
    world.settle();
    world.feed(0, OK);
    assert_eq!(world.answer(), "ok");
    assert!(world.server(0).is_gone());
}

#[test]
fn a_stop_closes_what_is_idle_and_lets_the_rest_finish() {
    let mut world = idle();
    world.get(1, "http://10.0.0.2/");
    world.settle();
    world.stop();
    assert!(world.server(0).has_ended() && !world.server(1).has_ended());
    world.feed(1, OK);
    assert_eq!(world.answer(), "ok");
    assert!(world.server(1).has_ended());
}

#[test]
fn everything_is_answered_when_a_stop_cuts_off() {
    let mut world = World::with(AgentConfig { per_origin: 2, ..AgentConfig::default() });
    world.get_all(1..=2);
    world.net.answer_dials(false);
    world.get(3, "http://10.0.0.2/");
    world.get_all(4..=9);
    world.stop();
    world.get_all([10]);
    world.pass(Duration::from_secs(60));
    let mut answered: Vec<u32> = world.answers().into_iter().map(|(number, _)| number).collect();
    answered.sort_unstable();
    assert_eq!(answered, (1..=10).collect::<Vec<_>>());
    assert!(world.has_stopped());
}
