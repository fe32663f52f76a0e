//! The test plays the servers.

mod deadlines;
mod failures;
mod keeping;
mod property;
mod proxies;
mod secure;

use std::io;
use std::time::Duration;

use reactor::testing::{MockNet, Remote};
use reactor::{Limits, Reactor, Turn};

use super::*;

const SERVER: &str = "http://10.0.0.1/";
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const WITHIN: Duration = Duration::from_secs(5);
const RESET: io::ErrorKind = io::ErrorKind::ConnectionReset;

pub(super) struct App {
    agent: Agent<App>,
    /// The number of each request that was answered, and with what.
    answers: Vec<(u32, HttpResult)>,
}

/// An agent, and servers that are reached at once.
pub(super) struct World {
    net: MockNet,
    reactor: Reactor<App>,
}

impl World {
    fn new() -> World {
        World::with(AgentConfig::default())
    }

    fn with(config: AgentConfig) -> World {
        World::within(Limits::default(), config)
    }

    fn within(limits: Limits, config: AgentConfig) -> World {
        let mut net = MockNet::new();
        net.answer_dials(true);
        let app = App { agent: Agent::new(config, |app| &mut app.agent), answers: Vec::new() };
        World { net, reactor: Reactor::new(app, 1, limits) }
    }

    /// Makes request `number`; nothing happens yet.
    fn ask(&mut self, number: u32, request: Request<Vec<u8>>, within: Duration) {
        self.reactor.enter(&self.net, |cx| {
            let done = cx.reactor.app_reply(move |cx, result| cx.app.answers.push((number, result)));
            cx.app.agent.request(&mut cx.reactor, request, within, done);
        });
    }

    fn get(&mut self, number: u32, uri: &str) {
        self.ask(number, Request::get(uri).body(Vec::new()).unwrap(), WITHIN);
    }

    /// Makes requests with these numbers to one server, and lets them go.
    fn get_all(&mut self, numbers: impl IntoIterator<Item = u32>) {
        for number in numbers {
            self.get(number, SERVER);
        }
        self.settle();
    }

    fn settle(&mut self) {
        self.net.settle(&mut self.reactor).unwrap();
    }

    fn pass(&mut self, time: Duration) {
        self.net.pass(&mut self.reactor, time).unwrap();
    }

    /// The other end of the connection that was dialled as the `nth`, from 0.
    fn server(&mut self, nth: usize) -> &mut Remote {
        let remote = self.net.dialled()[nth].remote;
        self.net.remote(remote)
    }

    fn dialled(&self) -> usize {
        self.net.dialled().len()
    }

    fn feed(&mut self, nth: usize, bytes: &[u8]) {
        self.server(nth).feed(bytes);
        self.settle();
    }

    /// What was asked on a connection since this was last called.
    fn asked(&mut self, nth: usize) -> String {
        String::from_utf8(self.server(nth).take_sent()).unwrap()
    }

    /// The answers since this was last called: a body, or an error.
    fn answers(&mut self) -> Vec<(u32, String)> {
        let answers = self.reactor.app.answers.drain(..);
        let said = answers.map(|(number, result)| match result {
            Ok(response) => (number, String::from_utf8(response.into_body()).unwrap()),
            Err(error) => (number, error.to_string()),
        });
        said.collect()
    }

    fn answer(&mut self) -> String {
        let mut answers = self.answers();
        assert_eq!(answers.len(), 1, "{answers:?}");
        answers.remove(0).1
    }

    fn counters(&self) -> &AgentCounters {
        self.reactor.app.agent.counters()
    }

    /// A stop begins.
    fn stop(&mut self) {
        self.reactor.enter(&self.net, |cx| cx.reactor.stop());
        self.settle();
    }

    fn has_stopped(&mut self) -> bool {
        self.reactor.turn(&mut self.net, Some(Duration::ZERO)).unwrap() == Turn::Stopped
    }
}

/// One request, answered, on a connection that is idle now.
fn idle() -> World {
    let mut world = World::new();
    world.get_all([0]);
    world.feed(0, OK);
    assert_eq!(world.answer(), "ok");
    world.asked(0);
    world
}

#[test]
fn a_request_is_answered_with_the_response() {
    let mut world = World::new();
    let request = Request::post("http://10.0.0.1:8080/a?b").header("x-c", "d").body(b"{}".to_vec()).unwrap();
    world.ask(1, request, WITHIN);
    world.settle();
    assert_eq!(world.net.dialled()[0].to.to_string(), "10.0.0.1:8080");
    let asked = world.asked(0);
    assert!(asked.starts_with("POST /a?b HTTP/1.1\r\nHost: 10.0.0.1:8080\r\n"), "{asked}");
    assert!(asked.ends_with("\r\nx-c: d\r\n\r\n{}"), "{asked}");
    world.feed(
        0,
        b"HTTP/1.1 404 Not Found\r\nX-E: f\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nno!\r\n0\r\n\r\n",
    );
    let (_, result) = world.reactor.app.answers.remove(0);
    let response = result.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["x-e"]), (404, &"f".parse().unwrap()));
    assert_eq!(response.body(), b"no!");
}

#[test]
fn a_response_is_the_same_however_it_is_cut() {
    let response = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    for at in 1..response.len() {
        let mut world = World::new();
        world.get_all([1]);
        let (start, end) = response.split_at(at);
        world.feed(0, start);
        assert!(world.answers().is_empty());
        world.feed(0, end);
        assert_eq!(world.answer(), "ok");
        world.get_all([2]);
        assert_eq!(world.dialled(), 1, "cut at {at}");
    }
}

#[test]
fn a_head_has_no_body_whatever_it_says() {
    let mut world = World::new();
    world.ask(1, Request::head(SERVER).body(Vec::new()).unwrap(), WITHIN);
    world.settle();
    world.feed(0, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    assert_eq!(world.answer(), "");
    world.get_all([2]);
    assert_eq!(world.dialled(), 1);
}

#[test]
fn a_redirection_is_an_answer() {
    let mut world = World::new();
    world.get_all([1]);
    world.feed(0, b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.9/\r\nContent-Length: 4\r\n\r\ngone");
    assert_eq!((world.answer(), world.dialled()), ("gone".to_owned(), 1));
}

#[test]
fn what_cannot_be_asked_is_refused_and_nobody_dialled() {
    let mut world = World::new();
    for (number, uri) in (0..).zip(["ftp://10.0.0.1/", "/path", "http://me@10.0.0.1/", "http://10.0.0.1:+8/"])
    {
        world.get(number, uri);
    }
    let large = Request::post(SERVER).body(vec![0; Limits::default().write_buffer]).unwrap();
    world.ask(4, large, WITHIN);
    world.settle();
    assert_eq!(world.answers().len(), 5);
    assert_eq!((world.dialled(), world.counters().refused), (0, 5));
}

#[test]
fn no_error_and_no_debug_shows_a_key() {
    let mut world = World::new();
    let uris =
        ["http://10.0.0.1/secret?key=secret", "http://secret@10.0.0.1/?secret", "ftp://10.0.0.1/secret"];
    for (number, uri) in (0..).zip(uris) {
        world.get(number, uri);
    }
    world.settle();
    let shown = format!("{:?}", world.reactor.app.agent);
    world.server(0).reset(RESET);
    world.settle();
    let answers = format!("{:?} {:?}", world.reactor.app.answers, world.counters());
    assert!(!shown.contains("secret") && !answers.contains("secret"), "{shown} {answers}");
    assert_eq!(world.answers().len(), 3);
}

#[test]
fn the_counters_that_are_not_zero_are_said_one_a_line() {
    let mut world = idle();
    world.get(1, "ftp://10.0.0.1/");
    world.settle();
    let said = world.counters().to_string();
    assert_eq!(said, "2 requests\n1 answered\n1 refused\n1 connections\n");
    assert_eq!(world.counters().failed(), 1);
}
