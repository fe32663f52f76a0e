//! The hosts of a simulated herd: a server on each, and one for all clients.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use reactor::sim::{HostId, Node, Runner, SimNet, World};
use reactor::{AppCx, Endpoint, Limits, Random, Reactor, Time, Turn};

use super::history::History;
use super::load::{self, Load};
use super::places::{Mood, Service};
use super::storage::Storage;
use super::watch::Watch;
use crate::config::Config;
use crate::herd::{Herd, LinkState, Neighbour, Neighbours, Ports, Rules, limits, open};
use crate::key::HerdKey;
use crate::places::{ApiKey, Desk, DeskBounds, GoogleLegacy, Web};
use crate::store::Store;
use crate::traffic_log::TrafficLog;

const CLIENT_PORT: u16 = 12000;
const PEER_PORT: u16 = 12100;
const SERVICE_PORT: u16 = 80;

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
    Places(Box<Reactor<Service>>),
}

impl Member {
    fn node(&self) -> &dyn Node {
        match self {
            Member::Server(reactor) => &**reactor,
            Member::Clients(reactor) => &**reactor,
            Member::Places(reactor) => &**reactor,
        }
    }
}

impl Node for Member {
    fn turn(&mut self, net: &mut SimNet<'_>) -> io::Result<Turn> {
        match self {
            Member::Server(reactor) => Node::turn(&mut **reactor, net),
            Member::Clients(reactor) => Node::turn(&mut **reactor, net),
            Member::Places(reactor) => Node::turn(&mut **reactor, net),
        }
    }

    fn is_busy(&self) -> bool {
        self.node().is_busy()
    }

    fn next_timer(&self) -> Option<Time> {
        self.node().next_timer()
    }
}

/// A simulated herd.
pub struct Cluster {
    runner: Runner<Member>,
    servers: Vec<HostId>,
    clients: HostId,
    /// The last report of each client.
    last: Vec<Vec<u8>>,
    storage: Storage,
}

impl Cluster {
    /// Boots every server of the topology, one host for all clients, which nothing befalls, and, with a
    /// `service`, one for the service of places that the servers ask instead of their own gazetteer.
    ///
    /// # Errors
    ///
    /// The simulated net's.
    pub fn new(world: World, topology: &Topology, service: Option<Mood>, seed: u64) -> io::Result<Cluster> {
        let count = topology.names.len();
        let mut random = Random::seeded(seed);
        let storage = Storage::drawn(count, random.split());
        let mut runner = Runner::new(world, booting(topology, service, storage.clone(), random)?);
        let servers = (0..count).map(|_| runner.add_host()).collect();
        let clients = runner.add_bystander();
        if service.is_some() {
            runner.add_host();
        }
        Ok(Cluster { runner, servers, clients, last: Vec::new(), storage })
    }

    /// The network.
    pub fn world(&self) -> &World {
        self.runner.world()
    }

    /// The virtual clock.
    pub fn now(&self) -> Time {
        self.world().now()
    }

    /// The disks of the servers, and how they keep records.
    pub fn storage(&self) -> &Storage {
        &self.storage
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
            Member::Clients(_) | Member::Places(_) => None,
        })
    }

    /// Questions to which the servers that run found no places.
    pub fn failed_questions(&self) -> u64 {
        self.herds().map(|(_, herd)| herd.desk.counters().failed).sum()
    }

    /// Requests of the servers that run over a connection that had carried another.
    pub fn reused(&self) -> u64 {
        self.herds().map(|(_, herd)| herd.agent.counters().reused).sum()
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
            Member::Server(_) | Member::Places(_) => None,
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

    /// Whether every server runs and all hold the same, so far as their digests say.
    pub fn agrees(&self) -> bool {
        let mut digests = self.stores().map(|(_, store)| store.digest());
        let first = digests.next();
        self.herds().count() == self.servers.len() && digests.all(|other| Some(other) == first)
    }

    /// Whether the server of this name still is its first process.
    pub fn has_survived(&self, name: &str) -> bool {
        self.herds().any(|(host, herd)| herd.name == name && self.world().process(host) == Some(0))
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

/// Boots whatever runs on a host: the servers come first, then the clients, then the service.
fn booting(
    topology: &Topology,
    service: Option<Mood>,
    mut storage: Storage,
    mut random: Random,
) -> io::Result<impl FnMut(&mut SimNet<'_>, Option<Member>) -> Member + use<>> {
    let load_random = random.split();
    let count = topology.names.len();
    let named = topology.names.iter().cloned().zip((0..count).map(|place| address(place, CLIENT_PORT)));
    let mut load = Some(Load::new(named.collect(), service.is_some(), load_random));
    let web = service.map(|_| web(address(count + 1, SERVICE_PORT))).transpose()?;
    let topology = topology.clone();
    Ok(move |net: &mut SimNet<'_>, dead: Option<Member>| match (net.host().index(), service) {
        (place, _) if place < count => {
            if dead.is_some() {
                storage.crash(place); // before what is left of the process can write
            }
            drop(dead);
            let (desk, seed) = (desk(web.as_ref()), random.next_u64());
            Member::Server(Box::new(boot(net, &topology, &storage, desk, place, seed)))
        }
        (place, Some(mood)) if place > count => {
            Member::Places(Box::new(boot_service(net, mood, place, &mut random)))
        }
        _ => {
            let load = load.take().unwrap_or_else(|| Load::new(Vec::new(), false, Random::seeded(0)));
            Member::Clients(Box::new(Reactor::new(load, random.next_u64(), Limits::default())))
        }
    })
}

/// The service at an address, in the clear: there is nobody else on this network.
fn web(at: SocketAddr) -> io::Result<Web> {
    let key = ApiKey::read(b"simulated").map_err(io::Error::other)?;
    Ok(Web::new(GoogleLegacy::new(&format!("http://{at}"), key)))
}

fn desk(web: Option<&Web>) -> Desk {
    match web {
        Some(web) => Desk::new(DeskBounds::default()).with_web("google-legacy", Box::new(web.clone())),
        None => Desk::builtin(),
    }
}

fn boot_service(net: &mut SimNet<'_>, mood: Mood, place: usize, random: &mut Random) -> Reactor<Service> {
    let service = Service::new(mood, random.split());
    let mut reactor = Reactor::new(service, random.next_u64(), Limits::default());
    let factory = |_: &mut Service, _| Some(Service::protocol());
    if let Err(error) = reactor.listen(net, address(place, SERVICE_PORT), factory) {
        panic!("a simulated host has its ports to itself: {error}");
    }
    reactor
}

fn boot(
    net: &mut SimNet<'_>,
    topology: &Topology,
    storage: &Storage,
    desk: Desk,
    place: usize,
    seed: u64,
) -> Reactor<Herd> {
    let rules = topology.rules.clone();
    let neighbour = |&place: &usize| {
        let at = Endpoint::from(address(place, PEER_PORT));
        Neighbour::new(&*topology.names[place], at, rules.neighbour_queue)
    };
    let neighbours = Neighbours::new(topology.links[place].iter().map(neighbour).collect());
    let key = HerdKey::new(&[7; 32]);
    let traffic = TrafficLog::off();
    let mut herd = Herd::new(&*topology.names[place], neighbours, key, desk, traffic, rules);
    (herd.journal, herd.store, _) = storage.open(place, &topology.names[place]);
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
