//! Loads on our own servers, on the simulated network.

use std::io;
use std::net::SocketAddr;

use reactor::sim::{Faults, HostId, Node, Runner, SimNet, World};
use reactor::{Endpoint, Net, Time, Turn};

use super::*;
use crate::bench::{First, Spread, start_first, start_spread};
use crate::herd::{Herd, Neighbour, Neighbours, Ports, Rules, open};
use crate::key::HerdKey;
use crate::places::Desk;
use crate::traffic_log::TrafficLog;

/// What runs on a host.
enum Member {
    Server(Box<Reactor<Herd>>),
    Load(Box<Reactor<Load>>),
    Spread(Box<Reactor<Spread>>),
    First(Box<Reactor<First>>),
}

impl Member {
    fn node(&self) -> &dyn Node {
        match self {
            Member::Server(reactor) => &**reactor,
            Member::Load(reactor) => &**reactor,
            Member::Spread(reactor) => &**reactor,
            Member::First(reactor) => &**reactor,
        }
    }
}

impl Node for Member {
    fn turn(&mut self, net: &mut SimNet<'_>) -> io::Result<Turn> {
        match self {
            Member::Server(reactor) => Node::turn(&mut **reactor, net),
            Member::Load(reactor) => Node::turn(&mut **reactor, net),
            Member::Spread(reactor) => Node::turn(&mut **reactor, net),
            Member::First(reactor) => Node::turn(&mut **reactor, net),
        }
    }

    fn is_busy(&self) -> bool {
        self.node().is_busy()
    }

    fn next_timer(&self) -> Option<Time> {
        self.node().next_timer()
    }
}

fn address(place: usize, port: u16) -> SocketAddr {
    SocketAddr::new(HostId::nth(u16::try_from(place).unwrap()).ip(), port)
}

fn targets(count: usize) -> Vec<Target> {
    let target = |place| Target { at: address(place, 12_000).into(), name: format!("server-{place}") };
    (0..count).map(target).collect()
}

/// The `place`-th of `count` servers in a ring.
fn server(net: &mut SimNet<'_>, place: usize, count: usize) -> Member {
    server_of(net, place, &[(place + 1) % count, (place + count - 1) % count])
}

fn server_of(net: &mut SimNet<'_>, place: usize, neighbours: &[usize]) -> Member {
    let has_neighbours = !neighbours.is_empty();
    let neighbour =
        |other: &usize| Neighbour::new(format!("S{other}"), Endpoint::from(address(*other, 12_100)), 1_000);
    let neighbours = Neighbours::new(neighbours.iter().map(neighbour).collect());
    let (key, desk, traffic) = (HerdKey::new(&[7; 32]), Desk::builtin(), TrafficLog::off());
    let herd = Herd::new(format!("S{place}"), neighbours, key, desk, traffic, Rules::default());
    let mut reactor = Reactor::new(herd, 1, Limits::default());
    let ports = Ports {
        clients: address(place, 12_000),
        client_tls: None,
        peers: has_neighbours.then(|| address(place, 12_100)),
    };
    open(&mut reactor, net, &ports).unwrap();
    Member::Server(Box::new(reactor))
}

/// Runs a ring of servers and, a second later, `last`, for so long; then looks at what has become of that.
fn run<R>(
    servers: usize,
    lasting: Duration,
    last: impl Fn(&mut SimNet<'_>) -> Member + 'static,
    look: impl FnOnce(&Member) -> Option<R>,
) -> R {
    let boot = move |net: &mut SimNet<'_>, _: Option<Member>| match net.host().index() {
        place if place < servers => server(net, place, servers),
        _ => last(net),
    };
    let mut runner = Runner::new(World::new(1, Faults::none()), boot);
    for _ in 0..servers {
        let _ = runner.add_host();
    }
    runner.run_for(SECOND).unwrap();
    let host = runner.add_bystander();
    runner.run_for(lasting).unwrap();
    runner.node(host).and_then(look).unwrap_or_else(|| panic!("this is not what ran"))
}

fn loading(plan: Plan) -> Results {
    let last = move |net: &mut SimNet<'_>| {
        let mut reactor = Reactor::new(Load::new(plan.clone()), 1, Limits::default());
        reactor.on_stop(finish);
        reactor.enter(net, start);
        Member::Load(Box::new(reactor))
    };
    run(3, 5 * SECOND, last, |member| match member {
        Member::Load(reactor) => Some(reactor.app.results("load", Duration::ZERO, true)),
        _ => None,
    })
}

fn three() -> Plan {
    let questions = Questions { per_million: 200_000, ..plan().questions };
    let span = Span::For { warm_up: 50 * MILLISECOND, duration: 200 * MILLISECOND };
    Plan { targets: targets(3), connections: 6, in_flight: 4, questions, span, ..plan() }
}

#[test]
fn our_servers_answer_everything_rightly() {
    let results = loading(three());
    let (iamat, whatsat) = (results.iamat, results.whatsat.unwrap());
    assert_eq!((iamat.wrong, iamat.refused, whatsat.wrong, whatsat.refused), (0, 0, 0, 0));
    assert_eq!((iamat.sent, whatsat.sent), (iamat.answered, whatsat.answered));
    assert!(iamat.answered > 5_000 && whatsat.answered > 1_000, "{iamat:?} {whatsat:?}");
    assert!(results.per_target.iter().all(|target| target.answered > 1_500));
}

#[test]
fn a_histogram_has_every_reply_and_the_percentiles_that_are_told() {
    let iamat = loading(three()).iamat;
    let histogram = iamat.histogram.unwrap();
    assert!(histogram.is_sorted_by(|(one, _), (next, _)| one < next));
    let counts = histogram.iter().map(|(_, count)| count);
    assert_eq!(counts.clone().sum::<u64>(), iamat.answered);
    let up_to = counts.scan(0, |sum, count| {
        *sum += count;
        Some(*sum)
    });
    let p99 = up_to.zip(&histogram).find(|(sum, _)| *sum * 100 >= iamat.answered * 99).unwrap().1.0;
    assert!(is_near(iamat.latency_us.p99, p99 as f64 / 1e3));
}

#[test]
fn a_report_spreads_to_all_servers_of_a_herd() {
    let last = |net: &mut SimNet<'_>| {
        let mut reactor = Reactor::new(Spread::new(targets(5), 50), 1, Limits::default());
        reactor.enter(net, start_spread);
        Member::Spread(Box::new(reactor))
    };
    let results = run(5, 5 * SECOND, last, |member| match member {
        Member::Spread(reactor) if reactor.app.trouble().is_none() => {
            Some(reactor.app.results(Duration::ZERO))
        }
        _ => None,
    });
    assert_eq!((results.updates, results.known_by_all), (50, 50));
    assert!(results.asked > 4 * 50, "nobody knows at once: {}", results.asked);
    // Of a ring of five the farthest are two hops away; a hop takes 50 to 200 microseconds, and so do questions.
    let latency = results.latency_us;
    assert!(latency.min > 150.0 && latency.max < 2_000.0, "{latency:?}");
    assert!(results.reply_us.p50 < latency.p50);
}

#[test]
fn a_report_that_does_not_spread_is_given_up_and_counted() {
    let last = |net: &mut SimNet<'_>| {
        let mut reactor = Reactor::new(Spread::new(targets(2), 2), 1, Limits::default());
        reactor.enter(net, start_spread);
        Member::Spread(Box::new(reactor))
    };
    let results = run_apart(last);
    assert_eq!((results.updates, results.known_by_all), (2, 0));
}

/// Two servers without links.
fn run_apart(last: impl Fn(&mut SimNet<'_>) -> Member + 'static) -> crate::bench::SpreadResults {
    let boot = move |net: &mut SimNet<'_>, _: Option<Member>| match net.host().index() {
        place if place < 2 => server_of(net, place, &[]),
        _ => last(net),
    };
    let mut runner = Runner::new(World::new(1, Faults::none()), boot);
    for _ in 0..2 {
        let _ = runner.add_host();
    }
    let host = runner.add_bystander();
    runner.run_for(30 * SECOND).unwrap();
    match runner.node(host) {
        Some(Member::Spread(reactor)) => reactor.app.results(Duration::ZERO),
        _ => panic!("this is not what ran"),
    }
}

#[test]
fn a_server_is_dialled_until_it_answers() {
    let boot = move |net: &mut SimNet<'_>, _: Option<Member>| match net.host().index() {
        0 => {
            let target = Target { at: address(1, 12_000).into(), name: "late".to_owned() };
            let mut reactor = Reactor::new(First::new(target), 1, Limits::default());
            reactor.enter(net, |cx| start_first(cx, 10 * SECOND));
            Member::First(Box::new(reactor))
        }
        place => server_of(net, place, &[]),
    };
    let mut runner = Runner::new(World::new(1, Faults::none()), boot);
    let first = runner.add_bystander();
    let started = runner.world_mut().net(first).wall_clock();
    runner.run_for(SECOND).unwrap();
    let _ = runner.add_host();
    runner.run_for(SECOND).unwrap();
    let Some(Member::First(reactor)) = runner.node(first) else { panic!("this is not what ran") };
    let (dials, at) = reactor.app.found();
    let took = at.unwrap().as_unix_nanos() - started.as_unix_nanos();
    assert!((1_000_000_000..1_005_000_000).contains(&took), "{took}");
    assert!(dials > 100, "{dials}");
}
