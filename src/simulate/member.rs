//! What runs on the hosts of a simulated herd, and how it is booted.

use std::io;
use std::net::SocketAddr;

use reactor::sim::{HostId, Node, SimNet};
use reactor::{Limits, Random, Reactor, Time, Turn};

use super::load::{Load, LoadPlan};
use super::places::{Mood, Service};
use super::plan::Plan;
use super::server::Server;
use super::storage::Storage;
use super::strangers::{Strangers, Target};
use super::topology::Topology;
use crate::config::{self, PeerMode};
use crate::herd::{Herd, Ports, neighbours, open};
use crate::key::HerdKey;
use crate::link::Proof;
use crate::places::{ApiKey, Desk, DeskBounds, GoogleLegacy, Web};
use crate::traffic_log::TrafficLog;

pub(super) const CLIENT_PORT: u16 = 12000;
pub(super) const PEER_PORT: u16 = 12100;
const SERVICE_PORT: u16 = 80;

/// What runs on a host.
pub(super) enum Member {
    Server(Box<Server>),
    Clients(Box<Reactor<Load>>),
    Places(Box<Reactor<Service>>),
    Strangers(Box<Reactor<Strangers>>),
}

impl Member {
    fn node(&self) -> &dyn Node {
        match self {
            Member::Server(server) => &**server,
            Member::Clients(reactor) => &**reactor,
            Member::Places(reactor) => &**reactor,
            Member::Strangers(reactor) => &**reactor,
        }
    }
}

impl Node for Member {
    fn turn(&mut self, net: &mut SimNet<'_>) -> io::Result<Turn> {
        match self {
            Member::Server(server) => server.turn(net),
            Member::Clients(reactor) => Node::turn(&mut **reactor, net),
            Member::Places(reactor) => Node::turn(&mut **reactor, net),
            Member::Strangers(reactor) => Node::turn(&mut **reactor, net),
        }
    }

    fn is_busy(&self) -> bool {
        self.node().is_busy()
    }

    fn next_timer(&self) -> Option<Time> {
        self.node().next_timer()
    }
}

/// Which hosts there are, in the order in which they are added: the servers, then these.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    pub(super) clients: usize,
    pub(super) strangers: usize,
    pub(super) service: usize,
}

impl Places {
    pub(super) fn after(servers: usize) -> Places {
        Places { clients: servers, strangers: servers + 1, service: servers + 2 }
    }
}

/// How everything is booted.
pub(super) struct Builder {
    topology: Topology,
    load: LoadPlan,
    service: Option<(Mood, Web)>,
    storage: Storage,
    random: Random,
}

impl Builder {
    pub(super) fn new(plan: &Plan, storage: Storage, random: Random) -> io::Result<Builder> {
        let at = address(Places::after(plan.topology.len()).service, SERVICE_PORT);
        let service = plan.service.map(|mood| Ok::<_, io::Error>((mood, web(at)?))).transpose()?;
        Ok(Builder { topology: plan.topology.clone(), load: plan.load.clone(), service, storage, random })
    }

    /// Boots whatever runs on this host.
    pub(super) fn boot(&mut self, net: &mut SimNet<'_>, dead: Option<Member>) -> Member {
        let (place, count) = (net.host().index(), self.topology.len());
        if dead.is_some() {
            self.storage.crash(place, net, &mut self.random); // before what is left of the process can write
        }
        drop(dead);
        let places = Places::after(count);
        match place {
            _ if place < count => Member::Server(Box::new(self.server(net, place))),
            _ if place == places.clients => Member::Clients(Box::new(self.clients())),
            _ if place == places.strangers => Member::Strangers(Box::new(self.strangers())),
            _ => Member::Places(Box::new(self.service(net, place))),
        }
    }

    fn server(&mut self, net: &mut SimNet<'_>, place: usize) -> Server {
        let Topology { names, links, mode, rules, limits } = &self.topology;
        let neighbour = |&place: &usize| config::Neighbour {
            name: names[place].clone(),
            host: address(place, PEER_PORT).ip().to_string(),
            peer_port: PEER_PORT,
            client_port: CLIENT_PORT,
        };
        let all: Vec<_> = links[place].iter().map(neighbour).collect();
        let neighbours = neighbours(*mode, &all, rules.neighbour_queue);
        let (proof, peers) = match mode {
            PeerMode::Links => (HerdKey::new(&[7; 32]).into(), Some(address(place, PEER_PORT))),
            PeerMode::Paper => (Proof::Nothing, None),
        };
        let (traffic, desk) = (TrafficLog::off(), self.desk());
        let mut herd = Herd::new(&*names[place], neighbours, proof, desk, traffic, rules.clone());
        (herd.journal, herd.store) = self.storage.open(place, &names[place]);
        let mut reactor = Reactor::new(herd, self.random.next_u64(), limits.clone());
        reactor.on_stop(|cx| cx.app.journal.hurry(&mut cx.reactor));
        let ports = Ports { clients: address(place, CLIENT_PORT), client_tls: None, peers };
        expect(open(&mut reactor, net, &ports));
        Server::new(reactor)
    }

    fn desk(&self) -> Desk {
        match &self.service {
            Some((_, web)) => {
                Desk::new(DeskBounds::default()).with_web("google-legacy", Box::new(web.clone()))
            }
            None => Desk::builtin(),
        }
    }

    fn clients(&mut self) -> Reactor<Load> {
        let addresses = (0..self.topology.len()).map(|place| address(place, CLIENT_PORT));
        let servers = self.topology.names.iter().cloned().zip(addresses).collect();
        let load = Load::new(servers, self.load.clone(), self.service.is_some(), self.random.split());
        Reactor::new(load, self.random.next_u64(), Limits::default())
    }

    fn strangers(&mut self) -> Reactor<Strangers> {
        let Topology { names, links, .. } = &self.topology;
        let target = |place: usize| Target {
            name: names[place].clone(),
            neighbours: links[place].iter().map(|&other| names[other].clone()).collect(),
            clients: address(place, CLIENT_PORT),
            peers: address(place, PEER_PORT),
        };
        let targets = (0..names.len()).map(target).collect();
        Reactor::new(Strangers::new(targets, self.random.split()), self.random.next_u64(), Limits::default())
    }

    fn service(&mut self, net: &mut SimNet<'_>, place: usize) -> Reactor<Service> {
        let mood = self.service.as_ref().map_or(Mood::Even, |(mood, _)| *mood);
        let service = Service::new(mood, self.random.split());
        let mut reactor = Reactor::new(service, self.random.next_u64(), Limits::default());
        let factory = |_: &mut Service, _| Some(Service::protocol());
        expect(reactor.listen(net, address(place, SERVICE_PORT), factory));
        reactor
    }
}

fn expect<T>(listening: io::Result<T>) {
    if let Err(error) = listening {
        panic!("a simulated host has its ports to itself: {error}");
    }
}

/// The service at an address, in the clear: there is nobody else on this network.
fn web(at: SocketAddr) -> io::Result<Web> {
    let key = ApiKey::read(b"simulated").map_err(io::Error::other)?;
    Ok(Web::new(GoogleLegacy::new(&format!("http://{at}"), key)))
}

/// Hosts get their addresses in order, so a server's is known before its host is there.
fn address(place: usize, port: u16) -> SocketAddr {
    let host = HostId::nth(u16::try_from(place).unwrap_or(u16::MAX));
    SocketAddr::new(host.ip(), port)
}
