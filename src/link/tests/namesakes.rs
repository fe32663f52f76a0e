//! Two servers of one name: both hear of it, and the newer one is refused.

use std::time::Duration;

use protocols::Lines;
use reactor::testing::{Harness, MockNet, RemoteId};
use reactor::{Limits, Reactor};

use super::super::ALIVE;
use super::{KEY, is_aborted, lines, nonce, welsh};
use crate::herd::{Hearing, Herd, Ports, open};
use crate::key::HerdKey;
use crate::link::ClientProtocol;
use crate::link::hello;

const CLIENTS: ([u8; 4], u16) = ([127, 0, 0, 1], 12004);
const PEERS: ([u8; 4], u16) = ([127, 0, 0, 1], 12104);

/// Welsh, with the test as all who call themselves Ball.
struct World {
    reactor: Reactor<Herd>,
    net: MockNet,
}

impl World {
    fn new() -> World {
        let mut world = World { reactor: Reactor::new(welsh(), 1, Limits::default()), net: MockNet::new() };
        let ports = Ports { clients: CLIENTS.into(), client_tls: None, peers: Some(PEERS.into()) };
        open(&mut world.reactor, &mut world.net, &ports).unwrap();
        world
    }

    fn say(&mut self, ball: RemoteId, line: &str) -> String {
        self.net.remote(ball).feed(format!("{line}\n").as_bytes());
        self.net.settle(&mut self.reactor).unwrap();
        String::from_utf8(self.net.remote(ball).take_sent()).unwrap()
    }

    /// Another Ball comes and proves its name; what it is told then.
    fn ball(&mut self) -> (RemoteId, String) {
        let (key, ball) = (HerdKey::new(&KEY), self.net.dial_in(PEERS.into()));
        let proof = self.say(ball, &hello::hello("Ball", "Welsh", nonce(1)));
        let meeting =
            hello::check_acceptor(&key, proof.trim_end().as_bytes(), "Ball", "Welsh", nonce(1)).unwrap();
        let told = self.say(ball, &meeting.dialler_proof(&key));
        (ball, told)
    }

    fn has_ended(&mut self, ball: RemoteId) -> bool {
        self.net.remote(ball).has_ended()
    }

    fn pass(&mut self, time: Duration) {
        self.net.pass(&mut self.reactor, time).unwrap();
    }

    fn refused(&self) -> u64 {
        self.reactor.app.counters.refused_neighbours
    }

    fn is_heard(&mut self) -> bool {
        self.reactor.app.neighbours.get_mut(0).unwrap().hearing != Hearing::Nothing
    }
}

#[test]
fn the_newer_of_two_neighbours_of_one_name_is_refused_and_told_so() {
    let mut world = World::new();
    let (older, welcome) = world.ball();
    assert_eq!(welcome, "WELCOME\n");
    for _ in 0..3 {
        world.pass(ALIVE - Duration::from_millis(1));
        assert_eq!(world.say(older, "PING"), "PONG\n");
        world.pass(ALIVE - Duration::from_millis(1));
        let (newer, told) = world.ball();
        assert_eq!((told.as_str(), world.has_ended(newer)), ("TAKEN\n", true));
        assert_eq!(world.say(older, "PING"), "PONG\n");
    }
    assert_eq!((world.refused(), world.reactor.app.strangers), (3, 0));
    assert!(world.is_heard());
}

/// Its host has lost power, say, so the old link hangs on without a word.
#[test]
fn a_neighbour_that_was_started_anew_takes_the_place_of_a_link_that_has_fallen_silent() {
    let mut world = World::new();
    let (older, _) = world.ball();
    world.pass(ALIVE);
    let (newer, told) = world.ball();
    assert_eq!((told.as_str(), world.refused()), ("WELCOME\n", 0));
    assert!(world.net.remote(older).is_gone() && !world.has_ended(newer));
    assert!(world.is_heard(), "the end of the older link is not that of the newer");
}

#[test]
fn a_neighbour_whose_link_has_ended_is_welcome_at_once() {
    let mut world = World::new();
    for is_reset in [true, false, true] {
        let (ball, told) = world.ball();
        assert_eq!(told, "WELCOME\n");
        match is_reset {
            true => world.net.remote(ball).reset(std::io::ErrorKind::ConnectionReset),
            false => world.net.remote(ball).close(),
        }
    }
    assert_eq!(world.refused(), 0);
}

#[test]
fn whoever_has_our_own_name_is_told_so_with_proof_and_not_linked() {
    let mut world = World::new();
    let welsh = world.net.dial_in(PEERS.into());
    let said = world.say(welsh, &hello::hello("Welsh", "Ball", nonce(1)));
    let judge = |line: &str| {
        let key = HerdKey::new(&KEY);
        hello::judge_acceptor(&key, line.as_bytes(), "Welsh", nonce(1), hello::Refusal::WrongProof)
    };
    assert_eq!(judge(said.trim_end()), hello::Refusal::OurName);
    assert!(world.has_ended(welsh));
    assert_eq!((world.refused(), world.reactor.app.strangers, world.is_heard()), (1, 0, false));
}

#[test]
fn a_dialler_that_is_taken_for_a_second_one_or_meets_its_own_name_gives_the_link_up() {
    let key = HerdKey::new(&KEY);
    for meets_itself in [true, false] {
        let client = Lines::new(ClientProtocol::new(0));
        let mut harness = Harness::with_limits(welsh(), client, Limits::default());
        let first = lines(&harness.take_sent()).remove(0);
        let (_, meeting) = hello::read_hello(first.as_bytes(), "Ball", nonce(2)).unwrap();
        let namesake = hello::read_namesake(first.as_bytes(), "Welsh", nonce(2)).unwrap();
        let meeting = if meets_itself { namesake } else { meeting };
        harness.receive(format!("{}\n", meeting.acceptor_proof(&key)).as_bytes());
        assert_eq!(is_aborted(&harness), meets_itself);
        if !meets_itself {
            harness.take_sent();
            harness.receive(b"TAKEN\n");
        }
        assert!(is_aborted(&harness));
        assert_eq!(harness.app().counters.refused_neighbours, 1);
    }
}
