//! One server in `paper` mode, with the test as its neighbours and as everybody else.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reactor::testing::{MockNet, RemoteId};
use reactor::{Limits, Reactor, WallTime};

use super::{Correspondent, Correspondents, LOOK_UP_EVERY, MOST_IN_FLIGHT, PaperCounters, TELL_TIME};
use crate::herd::{Herd, Neighbours, Ports, Rules, open};
use crate::link::Proof;
use crate::places::Desk;
use crate::traffic_log::TrafficLog;

const CLIENTS: ([u8; 4], u16) = ([10, 0, 0, 4], 12004);
const ALFORD: [u8; 4] = [10, 0, 0, 1];
const STRANGER: [u8; 4] = [10, 0, 0, 9];
const KIWI: &str = "AT Alford +0.000000000 kiwi +1-1 5";

/// Welsh, whose neighbours are Alford, at an address, and Ball, which has a name.
struct World {
    reactor: Reactor<Herd>,
    net: MockNet,
}

impl World {
    fn new() -> World {
        World::with(Rules::default())
    }

    fn with(rules: Rules) -> World {
        let queue = rules.neighbour_queue;
        let alford = Correspondent::new("Alford", "10.0.0.1", 12000, queue);
        let ball = Correspondent::new("Ball", "ball.test", 12001, queue);
        let neighbours = Neighbours::on_paper(Correspondents::new(vec![alford, ball]));
        let (desk, log) = (Desk::builtin(), TrafficLog::off());
        let herd = Herd::new("Welsh", neighbours, Proof::Nothing, desk, log, rules);
        let mut world = World { reactor: Reactor::new(herd, 1, Limits::default()), net: MockNet::new() };
        world.net.set_addresses("ball.test", [IpAddr::from([10, 0, 0, 2])]);
        world.net.set_wall_clock(WallTime::from_unix_nanos(1_000_000_000));
        let ports = Ports { clients: CLIENTS.into(), client_tls: None, peers: None };
        open(&mut world.reactor, &mut world.net, &ports).unwrap();
        world.settle();
        world
    }

    fn settle(&mut self) {
        self.net.settle(&mut self.reactor).unwrap();
    }

    fn pass(&mut self, time: Duration) {
        self.net.pass(&mut self.reactor, time).unwrap();
    }

    /// Somebody comes from this address, says something and closes his side: what he gets.
    fn visit(&mut self, from: [u8; 4], words: &str) -> String {
        let visitor = self.net.dial_in_from(CLIENTS.into(), SocketAddr::from((from, 40_000)));
        self.net.remote(visitor).feed(words.as_bytes());
        self.net.remote(visitor).close();
        self.settle();
        assert!(self.net.remote(visitor).has_ended(), "{words}");
        String::from_utf8(self.net.remote(visitor).take_sent()).unwrap()
    }

    fn knows(&self, id: &str) -> bool {
        self.reactor.app.store.get(id.as_bytes()).is_some()
    }

    /// All that was dialled so far: where, and whom it reaches.
    fn dialled(&self) -> Vec<(SocketAddr, RemoteId)> {
        self.net.dialled().iter().map(|dialled| (dialled.to, dialled.remote)).collect()
    }

    /// Whoever is dialled from here on answers.
    fn neighbours_answer(&mut self) {
        self.net.answer_dials(true);
    }

    /// What neighbours were told, each with where it was told.
    fn told(&mut self) -> Vec<(SocketAddr, String)> {
        let dialled = self.dialled().into_iter();
        dialled
            .map(|(to, remote)| (to, String::from_utf8(self.net.remote(remote).sent().to_vec()).unwrap()))
            .collect()
    }

    /// The neighbours close whatever we have closed.
    fn neighbours_close(&mut self) {
        for (_, remote) in self.dialled() {
            let remote = self.net.remote(remote);
            if remote.has_ended() && remote.is_open() {
                remote.close();
            }
        }
        self.settle();
    }

    fn correspondent(&self, place: usize) -> &Correspondent {
        self.reactor.app.neighbours.paper().unwrap().iter().nth(place).unwrap()
    }

    fn counters(&self) -> PaperCounters {
        self.reactor.app.neighbours.paper().unwrap().counters()
    }
}

fn at(last: u8, port: u16) -> SocketAddr {
    ([10, 0, 0, last], port).into()
}

#[test]
fn each_update_goes_to_each_neighbours_clients_port_over_a_connection_of_its_own() {
    let mut world = World::new();
    world.neighbours_answer();
    let reply = world.visit(STRANGER, "IAMAT kiwi +1-1 0.5\nIAMAT kea +1-1 0.5\n");
    let lines: Vec<String> = reply.lines().map(|line| format!("{line}\n")).collect();
    assert_eq!(lines.len(), 2, "{reply}");
    let expected = [(1, 12000, 0), (2, 12001, 0), (1, 12000, 1), (2, 12001, 1)];
    let mut told = world.told();
    told.sort_by_key(|(to, line)| (line.clone() != lines[0], to.port()));
    assert_eq!(told, expected.map(|(host, port, line)| (at(host, port), lines[line].clone())));
    assert_eq!(world.counters().told, 0, "it is not known yet whether they have read it");
    world.neighbours_close();
    assert_eq!(world.counters(), PaperCounters { told: 4, ..PaperCounters::default() });
    assert_eq!(world.net.open(), 0, "and nothing lingers");
}

#[test]
fn news_from_a_neighbours_address_is_taken_without_an_answer_and_told_to_all_but_its_origin() {
    let mut world = World::new();
    world.neighbours_answer();
    assert_eq!(world.visit(ALFORD, &format!("{KIWI}\n")), "");
    assert!(world.knows("kiwi"));
    assert_eq!(world.told(), [(at(2, 12001), format!("{KIWI}\n"))]);
    let of_holiday = "AT Holiday +0.000000000 kea +1-1 5\n";
    assert_eq!(world.visit([10, 0, 0, 2], of_holiday), "", "Ball is at the address of its name");
    assert_eq!(world.told()[1..], [(at(1, 12000), of_holiday.into()), (at(2, 12001), of_holiday.into())]);
    let herd = &world.reactor.app.counters;
    assert_eq!((herd.news, herd.old_news, herd.invalid), (2, 0, 0));
}

#[test]
fn what_is_known_already_or_older_is_not_passed_on() {
    let mut world = World::new();
    world.neighbours_answer();
    let older = KIWI.replace(" 5", " 4.9");
    assert_eq!(world.visit(ALFORD, &format!("{KIWI}\n{KIWI}\n{older}\n")), "");
    assert_eq!((world.told().len(), world.reactor.app.counters.old_news), (1, 2));
}

#[test]
fn a_stranger_tells_no_news() {
    let mut world = World::new();
    world.neighbours_answer();
    assert_eq!(world.visit(STRANGER, &format!("{KIWI}\n")), format!("? {KIWI}\n"));
    assert!(!world.knows("kiwi") && world.told().is_empty());
    assert_eq!(world.reactor.app.counters.invalid, 1);
}

#[test]
fn a_neighbour_that_makes_no_sense_or_is_ahead_of_time_gets_what_a_client_gets() {
    let mut world = World::new();
    let malformed = "AT Alford 0.5 kiwi +1-1 5";
    let too_new = "AT Alford -1.000000000 kiwi +1-1 9999999999";
    for line in [malformed, too_new] {
        assert_eq!(world.visit(ALFORD, &format!("{line}\n")), format!("? {line}\n"));
    }
    assert!(!world.knows("kiwi"));
    let reply = world.visit(ALFORD, "IAMAT kea +1-1 0.5\n");
    assert!(reply.starts_with("AT Welsh +0.5"), "who comes from there may be a client, too: {reply}");
}

#[test]
fn names_are_looked_up_again_and_one_that_fails_stays_where_it_was() {
    let mut world = World::new();
    let line = |id: &str| format!("AT Alford +0.000000000 {id} +1-1 5\n");
    let (old, new) = ([10, 0, 0, 2], [10, 0, 0, 7]);
    world.net.set_addresses("ball.test", [IpAddr::from(new)]);
    assert_eq!(world.visit(old, &line("before")), "");
    world.pass(LOOK_UP_EVERY);
    assert_eq!(world.visit(new, &line("after")), "");
    assert_eq!(world.visit(old, &line("late")), format!("? {}", line("late")));
    world.net.fail_next(reactor::testing::Call::Resolve, std::io::ErrorKind::TimedOut);
    world.pass(LOOK_UP_EVERY);
    assert_eq!(world.visit(new, &line("still")), "");
    assert_eq!(["before", "after", "late", "still"].map(|id| world.knows(id)), [true, true, false, true]);
}

#[test]
fn an_update_for_a_neighbour_that_is_down_is_lost_and_later_ones_arrive() {
    let mut world = World::new();
    world.visit(STRANGER, "IAMAT lost +1-1 0.5\n");
    for (_, remote) in world.dialled() {
        world.net.remote(remote).refuse(std::io::ErrorKind::ConnectionRefused);
    }
    world.settle();
    assert_eq!(world.counters(), PaperCounters { lost: 2, ..PaperCounters::default() });
    world.neighbours_answer();
    world.visit(STRANGER, "IAMAT told +1-1 0.5\n");
    world.neighbours_close();
    assert_eq!(world.counters(), PaperCounters { told: 2, lost: 2, ..PaperCounters::default() });
    let told: String = world.told().into_iter().map(|(_, line)| line).collect();
    assert!(told.contains(" told ") && !told.contains(" lost "), "{told}");
}

#[test]
fn law_7_so_many_connections_and_so_many_bytes_wait_for_a_neighbour_and_the_newest_stay() {
    let line = "AT Welsh +0.000000000 id-000 +1-1 1";
    let mut world = World::with(Rules { neighbour_queue: 10 * (line.len() + 1), ..Rules::default() });
    let reports = |from: usize, to: usize| -> String {
        (from..to).map(|n| format!("IAMAT id-{n:03} +1-1 1\n")).collect()
    };
    world.visit(STRANGER, &reports(0, MOST_IN_FLIGHT));
    let state = |world: &World| {
        let alford = world.correspondent(0);
        (alford.in_flight(), alford.waiting(), alford.counters.dropped)
    };
    assert_eq!(state(&world), (MOST_IN_FLIGHT, 0, 0));
    world.visit(STRANGER, &reports(MOST_IN_FLIGHT, MOST_IN_FLIGHT + 15));
    assert_eq!(state(&world), (MOST_IN_FLIGHT, 10, 5));
    assert_eq!(world.dialled().len(), 2 * MOST_IN_FLIGHT);

    world.neighbours_answer();
    for (_, remote) in world.dialled() {
        world.net.remote(remote).answer();
    }
    while world.correspondent(0).in_flight() > 0 {
        world.settle();
        world.neighbours_close();
    }
    let told = u64::try_from(MOST_IN_FLIGHT + 10).unwrap();
    assert_eq!(
        world.correspondent(0).counters,
        PaperCounters { told, dropped: 5, ..PaperCounters::default() }
    );
    let told: String = world.told().into_iter().map(|(_, line)| line).collect();
    assert!(!told.contains("id-032") && !told.contains("id-036"), "the oldest that waited are dropped");
    assert!(told.contains("id-031") && told.contains("id-037") && told.contains("id-046"), "{told}");
}

#[test]
fn law_7_a_neighbour_that_takes_an_update_and_does_not_close_is_waited_for_so_long() {
    let mut world = World::new();
    world.neighbours_answer();
    world.visit(STRANGER, "IAMAT kiwi +1-1 0.5\n");
    assert_eq!(world.correspondent(0).in_flight(), 1);
    world.pass(TELL_TIME);
    assert_eq!(world.correspondent(0).in_flight(), 0);
    assert_eq!((world.counters().lost, world.net.open()), (2, 0));
}

#[test]
fn law_7_a_neighbour_that_is_never_reached_is_waited_for_so_long() {
    let mut world = World::new();
    world.visit(STRANGER, "IAMAT kiwi +1-1 0.5\n");
    world.pass(Duration::from_millis(1_999));
    assert_eq!(world.counters().lost, 0);
    world.pass(Duration::from_millis(1));
    assert_eq!((world.counters().lost, world.net.open()), (2, 0));
}

#[test]
fn a_neighbour_that_does_not_take_us_for_one_is_counted() {
    let mut world = World::new();
    world.neighbours_answer();
    world.visit(STRANGER, "IAMAT kiwi +1-1 0.5\n");
    let (_, alford) = world.dialled()[0];
    world.net.remote(alford).feed(b"? AT Welsh");
    world.neighbours_close();
    assert_eq!(world.counters(), PaperCounters { told: 1, refused: 1, ..PaperCounters::default() });
}

#[test]
fn law_5_a_neighbour_that_takes_a_byte_at_a_time_gets_the_whole_line() {
    let mut world = World::new();
    world.visit(STRANGER, "IAMAT kiwi +1-1 0.5\n");
    for (_, remote) in world.dialled() {
        world.net.remote(remote).take_at_most(1);
        world.net.remote(remote).answer();
    }
    world.settle();
    world.neighbours_close();
    assert!(world.told().iter().all(|(_, line)| line == "AT Welsh +0.500000000 kiwi +1-1 0.5\n"));
    assert_eq!(world.counters().told, 2);
}

#[test]
fn a_stop_ends_what_is_on_its_way() {
    let mut world = World::new();
    world.visit(STRANGER, "IAMAT kiwi +1-1 0.5\n");
    world.reactor.enter(&world.net, |cx| cx.reactor.stop());
    world.settle();
    assert_eq!((world.counters().lost, world.reactor.connections()), (2, 0));
}

/// At one of Ball's two addresses connections are taken and nothing more.
#[test]
fn an_address_that_does_not_read_costs_an_update_and_the_next_goes_to_another() {
    let mut world = World::new();
    world.net.set_addresses("ball.test", [2, 3].map(|last| IpAddr::from([10, 0, 0, last])));
    world.neighbours_answer();
    for time in [5, 6] {
        world.visit(ALFORD, &format!("AT Alford +0.000000000 kiwi +1-1 {time}\n"));
        world.pass(TELL_TIME);
    }
    let dialled: Vec<SocketAddr> = world.dialled().into_iter().map(|(to, _)| to).collect();
    assert_eq!(dialled, [at(2, 12001), at(3, 12001)]);
    assert_eq!(world.counters().lost, 2);
}

/// The time that a connection may take begins once the name is looked up.
#[test]
fn a_name_that_takes_long_to_look_up_costs_no_update() {
    let mut world = World::new();
    world.neighbours_answer();
    world.net.hold_answers(true);
    world.visit(ALFORD, &format!("{KIWI}\n"));
    world.pass(Duration::from_secs(10));
    assert_eq!((world.dialled().len(), world.counters().lost), (0, 0));
    world.net.hold_answers(false);
    world.settle();
    assert_eq!(world.told(), [(at(2, 12001), format!("{KIWI}\n"))]);
}
