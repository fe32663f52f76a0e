//! What goes wrong, and what is tried again.

use super::*;

/// How a server ends a connection.
type End = fn(&mut Remote);

/// A connection that was used before, with request 1 on it and nothing of a response.
fn reused() -> World {
    let mut world = idle();
    world.get_all([1]);
    assert!(world.asked(0).starts_with("GET / "));
    world
}

#[test]
fn a_request_whose_used_connection_ends_goes_on_a_new_one() {
    let ends: [End; 2] = [Remote::close, |server| server.reset(RESET)];
    for end in ends {
        let mut world = reused();
        end(world.server(0));
        world.settle();
        assert_eq!(world.dialled(), 2);
        assert!(world.asked(1).starts_with("GET / HTTP/1.1\r\n"));
        world.feed(1, OK);
        assert_eq!(world.answers(), [(1, "ok".to_owned())]);
        assert_eq!(world.counters().retried, 1);
    }
}

/// Responses that say 408, whole or as far as they have come when the connection ends.
const TOO_LATE: [&str; 5] = [
    "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "HTTP/1.1 408 \r\nContent-Length: 4\r\n\r\nlate",
    "HTTP/1.1 408 Request Timeout\r\nContent-Length: 9\r\n\r\nla",
    "HTTP/1.0 408 Request Time-out\r\nConnection: close\r\n\r\n<html>",
    "HTTP/1.1 408 Request Timeout\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nl",
];

#[test]
fn a_request_whose_used_connection_was_given_up_by_the_server_goes_on_a_new_one() {
    for said in TOO_LATE {
        let mut world = reused();
        world.feed(0, said.as_bytes());
        assert!(world.server(0).is_gone(), "{said}");
        assert!(world.asked(1).starts_with("GET / HTTP/1.1\r\n"), "{said}");
        world.feed(1, OK);
        assert_eq!(world.answers(), [(1, "ok".to_owned())], "{said}");
        assert_eq!((world.dialled(), world.counters().retried), (2, 1), "{said}");
    }
    let mut world = idle();
    world.ask(1, Request::post(SERVER).body(b"{}".to_vec()).unwrap(), WITHIN);
    world.settle();
    world.feed(0, TOO_LATE[0].as_bytes());
    let asked = world.asked(1);
    assert!(asked.starts_with("POST / ") && asked.ends_with("{}"), "{asked}");
}

#[test]
fn a_new_connection_that_says_408_has_answered() {
    for used in [false, true] {
        let mut world = if used { reused() } else { World::new() };
        if used {
            world.feed(0, TOO_LATE[0].as_bytes());
        } else {
            world.get_all([1]);
        }
        world.feed(usize::from(used), TOO_LATE[1].as_bytes());
        assert_eq!(world.answers(), [(1, "late".to_owned())]);
        assert_eq!((world.dialled(), world.counters().retried), (1 + usize::from(used), used.into()));
    }
}

#[test]
fn it_is_tried_again_once() {
    let mut world = reused();
    for nth in 0..2 {
        world.server(nth).close();
        world.settle();
    }
    assert_eq!(world.answer(), "the server closed the connection without an answer");
    assert_eq!((world.dialled(), world.counters().lost), (2, 1));
}

#[test]
fn a_request_on_a_new_connection_is_not_tried_again() {
    let ends: [(End, &str); 2] = [
        (Remote::close, "the server closed the connection without an answer"),
        (|server| server.reset(RESET), "the connection broke: connection reset"),
    ];
    for (end, wanted) in ends {
        let mut world = World::new();
        world.get_all([1]);
        end(world.server(0));
        world.settle();
        assert_eq!((world.answer().as_str(), world.dialled()), (wanted, 1));
    }
}

#[test]
fn once_a_response_has_begun_nothing_is_tried_again() {
    let mut world = reused();
    world.feed(0, b"H");
    world.server(0).close();
    world.settle();
    assert_eq!((world.answer().as_str(), world.dialled()), ("the response was cut off", 1));
    assert_eq!(world.counters().truncated, 1);
}

#[test]
fn an_idle_connection_that_ends_before_it_hears_of_its_request_passes_it_on() {
    let ends: [End; 3] =
        [Remote::close, |server| server.reset(RESET), |server| server.feed(b"HTTP/1.1 408 Too Slow\r\n")];
    for end in ends {
        let mut world = idle();
        world.get(1, SERVER); // the connection is chosen, and will hear of it in the next turn,
        end(world.server(0)); // which first finds out about this
        world.settle();
        assert_eq!((world.dialled(), world.asked(0).as_str()), (2, ""));
        assert!(world.asked(1).starts_with("GET / "));
        world.feed(1, OK);
        assert_eq!(world.answers(), [(1, "ok".to_owned())]);
    }
}

#[test]
fn a_body_until_the_close_is_ended_by_it() {
    let mut world = World::new();
    world.get_all([1]);
    world.feed(0, b"HTTP/1.1 200 OK\r\n\r\nall of");
    world.feed(0, b" it");
    assert!(world.answers().is_empty());
    world.server(0).close();
    world.settle();
    assert_eq!(world.answer(), "all of it");
    assert!(world.server(0).has_ended());
}

#[test]
fn a_body_until_the_close_is_not_ended_by_a_reset() {
    let mut world = World::new();
    world.get_all([1]);
    world.feed(0, b"HTTP/1.1 200 OK\r\n\r\nall of");
    world.server(0).reset(RESET);
    world.settle();
    assert_eq!(world.answer(), "the connection broke: connection reset");
}

#[test]
fn what_comes_after_a_whole_response_is_of_no_interest() {
    let mut world = idle();
    world.server(0).reset(RESET);
    world.settle();
    assert!(world.answers().is_empty());
    assert_eq!((world.counters().failed(), world.counters().idle_closed), (0, 1));
}

#[test]
fn a_misframed_response_is_an_error_and_its_connection_gone() {
    for response in [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nok\r\n0\r\n\r\n",
        "SSH-2.0-OpenSSH_9.9\r\n\r\n",
    ] {
        let mut world = World::new();
        world.get_all([1]);
        world.feed(0, response.as_bytes());
        let error = world.answer();
        assert!(error.starts_with("the response is misframed: "), "{error}");
        assert!(world.server(0).is_gone());
        assert_eq!(world.counters().misframed, 1);
    }
}

#[test]
fn a_server_that_cannot_be_reached_is_an_error_and_the_next_request_begins() {
    let mut world = World::with(AgentConfig { per_origin: 1, ..AgentConfig::default() });
    world.net.answer_dials(false);
    world.get_all([1, 2]);
    world.server(0).refuse(io::ErrorKind::ConnectionRefused);
    world.settle();
    assert_eq!(world.answers(), [(1, "cannot connect: connection refused".to_owned())]);
    assert_eq!((world.dialled(), world.counters().unreachable), (2, 1));
    world.get(3, "http://nobody.test/");
    world.settle();
    assert!(world.answer().starts_with("cannot find the host"));
}

#[test]
fn an_address_of_the_host_that_says_nothing_or_speaks_no_http_is_tried_last_next_time() {
    for says in [&b""[..], b"220 mail.test ESMTP\r\n"] {
        let mut world = World::new();
        world.net.set_addresses("two.test", [1, 2].map(|last| [10, 0, 0, last].into()));
        for number in 1..=2 {
            world.get(number, "http://two.test/");
            world.settle();
            let nth = world.dialled() - 1;
            world.feed(nth, if number == 1 { says } else { OK });
            world.pass(WITHIN);
        }
        let dialled: Vec<_> = world.net.dialled().iter().map(|dialled| dialled.to.to_string()).collect();
        assert_eq!(dialled, ["10.0.0.1:80", "10.0.0.2:80"]);
        assert_eq!(world.answers()[1], (2, "ok".to_owned()));
    }
}

/// It is not so that each request begins to look the host up, and none waits for the answer.
#[test]
fn a_host_whose_name_takes_longer_to_look_up_than_a_request_may_is_reached_by_the_next() {
    let mut world = World::new();
    world.net.set_addresses("slow.test", [[10, 0, 0, 1].into()]);
    world.net.hold_answers(true);
    world.get(1, "http://slow.test/");
    world.pass(WITHIN);
    assert_eq!(world.answers().len(), 1, "it took too long");
    world.net.hold_answers(false);
    world.settle();
    world.net.hold_answers(true);
    world.get(2, "http://slow.test/");
    world.settle();
    world.feed(0, OK);
    assert_eq!(world.answer(), "ok");
}
