//! The hosts of a simulated herd: a server on each, and one for all clients.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use reactor::sim::{HostId, Node, Runner, SimNet, World};
use reactor::{AppCx, Endpoint, Limits, Random, Reactor, Time, Turn};

use super::history::History;
use super::load::{self, Load};
use super::watch::Watch;
use crate::config::Config;
use crate::herd::{Herd, LinkState, Neighbour, Neighbours, Ports, Rules, limits, open};
use crate::key::HerdKey;
use crate::places::Desk;
use crate::store::Store;
use crate::traffic_log::TrafficLog;

const CLIENT_PORT: u16 = 12000;
const PEER_PORT: u16 = 12100;

/// Which servers there are, who is linked with whom, and under which rules.
#[derive(Clone, Debug)]
pub struct Topology {
    names: Vec<String>,
    /// For each server, its neighbours' places in `names`.
    links: Vec<Vec<usize>>,
    rules: Rules,
    limits: Limits,
}

impl Topology {
    /// The operator's.
    pub fn of(config: &Config) -> Topology {
        let names: Vec<String> = config.servers.keys().cloned().collect();
        let place = |name: &String| names.iter().position(|other| other == name);
        let links = |name: &String| config.neighbours(name).iter().filter_map(|n| place(&n.name)).collect();
        let links = names.iter().map(links).collect();
        Topology { links, names, rules: Rules::of(config), limits: limits(config) }
    }
}

/// What runs on a host.
enum Member {
    Server(Box<Reactor<Herd>>),
    Clients(Box<Reactor<Load>>),
}

impl Node for Member {
    fn turn(&mut self, net: &mut SimNet<'_>) -> io::Result<Turn> {
        match self {
            Member::Server(reactor) => Node::turn(&mut **reactor, net),
            Member::Clients(reactor) => Node::turn(&mut **reactor, net),
        }
    }

    fn is_busy(&self) -> bool {
        match self {
            Member::Server(reactor) => Node::is_busy(&**reactor),
            Member::Clients(reactor) => Node::is_busy(&**reactor),
        }
    }

    fn next_timer(&self) -> Option<Time> {
        match self {
            Member::Server(reactor) => Node::next_timer(&**reactor),
            Member::Clients(reactor) => Node::next_timer(&**reactor),
        }
    }
}

/// A simulated herd.
pub struct Cluster {
    runner: Runner<Member>,
    servers: Vec<HostId>,
    clients: HostId,
    /// The last report of each client.
    last: Vec<Vec<u8>>,
}

impl Cluster {
    /// Boots every server of the topology, and one host for all clients, which nothing befalls.
    ///
    /// # Errors
    ///
    /// The simulated net's.
    pub fn new(world: World, topology: &Topology, seed: u64) -> io::Result<Cluster> {
        let mut random = Random::seeded(seed);
        let load_random = random.split();
        let count = topology.names.len();
        let addresses = (0..count).map(|place| address(place, CLIENT_PORT));
        let named = topology.names.iter().cloned().zip(addresses).collect();
        let (topology, mut dead_load) = (topology.clone(), Some(Load::new(named, load_random)));
        let mut runner = Runner::new(world, move |net, _dead| {
            let place = net.host().index();
            if place < topology.names.len() {
                return Member::Server(Box::new(boot(net, &topology, place, random.next_u64())));
            }
            let load = dead_load.take().unwrap_or_else(|| Load::new(Vec::new(), Random::seeded(0)));
            Member::Clients(Box::new(Reactor::new(load, random.next_u64(), Limits::default())))
        });
        let servers = (0..count).map(|_| runner.add_host()).collect();
        let clients = runner.add_bystander();
        Ok(Cluster { runner, servers, clients, last: Vec::new() })
    }

    /// The network.
    pub fn world(&self) -> &World {
        self.runner.world()
    }

    /// The virtual clock.
    pub fn now(&self) -> Time {
        self.world().now()
    }

    /// What the clients said and heard.
    pub fn history(&self) -> Option<&History> {
        match self.runner.node(self.clients) {
            Some(Member::Clients(reactor)) => Some(&reactor.app.history),
            _ => None,
        }
    }

    /// The stores of all servers that run.
    pub fn stores(&self) -> impl Iterator<Item = (&str, &Store)> {
        self.herds().map(|(_, herd)| (&*herd.name, &herd.store))
    }

    fn herds(&self) -> impl Iterator<Item = (HostId, &Herd)> {
        self.runner.nodes().filter_map(|(host, member)| match member {
            Member::Server(reactor) => Some((host, &reactor.app)),
            Member::Clients(_) => None,
        })
    }

    /// Clients begin to visit servers.
    pub fn start_load(&mut self) {
        self.with_clients(load::start);
    }

    /// Clients finish what they are at.
    pub fn end_load(&mut self) {
        self.with_clients(load::end);
    }

    /// Every client reports once more.
    pub fn report_once_each(&mut self) {
        self.last = self.with_clients(load::report_once_each).unwrap_or_default();
    }

    fn with_clients<R>(&mut self, f: impl FnOnce(&mut AppCx<'_, Load>) -> R) -> Option<R> {
        self.runner.enter(self.clients, |member, net| match member {
            Member::Clients(reactor) => Some(reactor.enter(net, f)),
            Member::Server(_) => None,
        })?
    }

    /// Ends all faults; what is down is booted.
    pub fn heal(&mut self) {
        self.runner.world_mut().heal_all();
    }

    /// Lets the herd run for a while, unwatched.
    ///
    /// # Errors
    ///
    /// The simulated net's.
    pub fn run_for(&mut self, lasting: Duration) -> io::Result<()> {
        self.runner.run_for(lasting).map(drop)
    }

    /// Lets the herd run until `until`, looking at the stores every so often.
    ///
    /// # Errors
    ///
    /// The simulated net's.
    pub fn watch_until(&mut self, until: Time, every: Duration, watch: &mut Watch) -> io::Result<()> {
        self.run_to(until, every, watch, |_| false).map(drop)
    }

    /// The same, but ends as soon as `is_done`; says whether it was.
    ///
    /// # Errors
    ///
    /// The simulated net's.
    pub fn run_to(
        &mut self,
        until: Time,
        every: Duration,
        watch: &mut Watch,
        is_done: impl Fn(&Cluster) -> bool,
    ) -> io::Result<bool> {
        while self.now() < until {
            self.runner.run_for(every)?;
            self.glance(watch);
            if is_done(self) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn glance(&mut self, watch: &mut Watch) {
        let Some(mut history) = self.with_clients(|cx| std::mem::take(&mut cx.app.history)) else { return };
        for (host, herd) in self.herds() {
            let process = self.world().process(host).unwrap_or(0);
            watch.glance(&herd.name, process, &herd.store, &mut history);
        }
        self.with_clients(|cx| cx.app.history = history);
    }

    /// Whether every server runs and all its links are up.
    pub fn is_linked(&self) -> bool {
        let is_up = |herd: &Herd| herd.neighbours.iter().all(|n| matches!(n.link, LinkState::Up(..)));
        self.herds().count() == self.servers.len() && self.herds().all(|(_, herd)| is_up(herd))
    }

    /// Whether every server holds the last report of every client, in the same words.
    pub fn agrees_on_the_last_reports(&self) -> bool {
        let line = |store: &Store, fields: &[u8]| {
            let id = fields.split(|&byte| byte == b' ').next()?;
            store.get(id).map(|record| record.line().to_vec()).filter(|line| line.ends_with(fields))
        };
        self.last.iter().all(|fields| {
            let mut lines = self.stores().map(|(_, store)| line(store, fields));
            let first = lines.next().flatten();
            first.is_some() && lines.all(|line| line == first)
        })
    }
}

/// Hosts get their addresses in order, so a server's is known before its host is there.
fn address(place: usize, port: u16) -> SocketAddr {
    let host = HostId::nth(u16::try_from(place).unwrap_or(u16::MAX));
    SocketAddr::new(host.ip(), port)
}

fn boot(net: &mut SimNet<'_>, topology: &Topology, place: usize, seed: u64) -> Reactor<Herd> {
    let rules = topology.rules.clone();
    let neighbour = |&place: &usize| {
        let at = Endpoint::from(address(place, PEER_PORT));
        Neighbour::new(&*topology.names[place], at, rules.neighbour_queue)
    };
    let neighbours = Neighbours::new(topology.links[place].iter().map(neighbour).collect());
    let key = HerdKey::new(&[7; 32]);
    let traffic = TrafficLog::off();
    let herd = Herd::new(&*topology.names[place], neighbours, key, Desk::builtin(), traffic, rules);
    let mut reactor = Reactor::new(herd, seed, topology.limits.clone());
    let ports = Ports {
        clients: address(place, CLIENT_PORT),
        client_tls: None,
        peers: Some(address(place, PEER_PORT)),
    };
    if let Err(error) = open(&mut reactor, net, &ports) {
        panic!("a simulated host has its ports to itself: {error}");
    }
    reactor
}
