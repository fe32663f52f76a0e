//! From a configuration to a server that listens and dials.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use protocols::Lines;
use reactor::{Endpoint, Limits, Net, Peer, PortId, Reactor, ServerTls};

use super::admission::MOST_STRANGERS;
use super::{Herd, Neighbour, Neighbours, Providers, Rules, ServerProtocol, expiry};
use crate::config::{self, Config, PeerMode, ServerConfig};
use crate::link::{PeerProtocol, Proof, dial};
use crate::paper::{self, Correspondent, Correspondents, MOST_IN_FLIGHT};
use crate::traffic_log::TrafficLog;

/// A client waits for its next line and for its end, its question for its turn, for an answer, and for a provider.
const TIMERS_PER_LINK: usize = 5;

/// How long the links may take to finish at a stop. The disk is waited for half a second at least, and all together
/// takes five (the specification, section 9).
const STOP_LINKS: Duration = Duration::from_millis(4_500);

/// Where a server listens.
#[derive(Clone, Debug)]
pub struct Ports {
    /// For clients.
    pub clients: SocketAddr,
    /// What clients speak, if not plain lines.
    pub client_tls: Option<ServerTls>,
    /// For neighbours, if it has any; in `paper` mode they come to the other one.
    pub peers: Option<SocketAddr>,
}

impl Rules {
    /// The operator's.
    pub fn of(config: &Config) -> Rules {
        Rules {
            max_clock_skew: config.herd.max_clock_skew,
            line: config.limits.line,
            line_time: config.limits.line_time,
            idle: config.limits.idle,
            places_time: config.places.timeout,
            clients: config.limits.connections,
            descriptors: None,
            clients_per_address: config.limits.connections_per_address,
            lines_per_second: config.limits.lines_per_second,
            queries_per_second: config.limits.queries_per_second,
            neighbour_queue: config.limits.neighbour_queue,
        }
    }
}

impl Herd {
    /// The server that `config` describes, with what it was given.
    pub fn configured(
        config: &Config,
        server: &ServerConfig,
        proof: impl Into<Proof>,
        providers: Providers,
        traffic: TrafficLog,
    ) -> Herd {
        let rules = Rules::of(config);
        let neighbours = neighbours(config.peers.mode, &server.neighbours, rules.neighbour_queue);
        let Providers { desk, agent } = providers;
        Herd { agent, ..Herd::new(&*server.name, neighbours, proof, desk, traffic, rules) }
    }
}

/// The neighbours of a server that talks to them in this `mode`, and keeps at most `queue` bytes for each.
pub(crate) fn neighbours(mode: PeerMode, all: &[config::Neighbour], queue: usize) -> Neighbours {
    let linked = |n: &config::Neighbour| Neighbour::new(&*n.name, Endpoint::new(&n.host, n.peer_port), queue);
    let on_paper = |n: &config::Neighbour| Correspondent::new(&*n.name, &n.host, n.client_port, queue);
    match mode {
        PeerMode::Links => Neighbours::new(all.iter().map(linked).collect()),
        PeerMode::Paper => Neighbours::on_paper(Correspondents::new(all.iter().map(on_paper).collect())),
    }
}

/// The reactor's bounds, as the operator sets them.
pub fn limits(config: &Config) -> Limits {
    let defaults = Limits::default();
    // Clients have a bound of their own; as many again may linger; neighbours and providers need room.
    let with_each = match config.peers.mode {
        PeerMode::Links => 4,
        PeerMode::Paper => MOST_IN_FLIGHT,
    };
    let links = (config.limits.connections.saturating_add(config.places.max_in_flight))
        .saturating_mul(2)
        .saturating_add(with_each * config.servers.len() + MOST_STRANGERS);
    Limits {
        links,
        timers: defaults.timers.max(links.saturating_mul(TIMERS_PER_LINK)),
        write_buffer: config.limits.write_buffer,
        high_water: (config.limits.write_buffer / 4).min(64 * 1024),
        stop_timeout: STOP_LINKS,
        ..defaults
    }
}

/// Listens for clients and neighbours, and dials those it is to be linked with; a stop will write what is not on disk.
/// Says where it listens for clients.
///
/// # Errors
///
/// The net's, if it cannot listen.
pub fn open(reactor: &mut Reactor<Herd>, net: &mut impl Net, ports: &Ports) -> io::Result<SocketAddr> {
    let client = |herd: &mut Herd, peer: Peer| {
        let client = herd.admit(peer)?;
        Some(Lines::new(ServerProtocol::new(&herd.rules, client)))
    };
    let clients = match &ports.client_tls {
        None => reactor.listen(net, ports.clients, client),
        Some(tls) => reactor.listen_tls(net, ports.clients, tls, client),
    };
    let (port, clients) = clients.map_err(|error| at(ports.clients, &error))?;
    reactor.app.listening.clients = Some(port);
    if let Some(peers) = ports.peers {
        reactor.app.listening.peers =
            Some(open_peers(reactor, net, peers).map_err(|error| at(peers, &error))?);
    }
    reactor.on_stop(|cx| cx.app.journal.hurry(&mut cx.reactor));
    reactor.enter(net, |cx| {
        let count = cx.app.neighbours.iter().len();
        (0..count).for_each(|place| dial(cx, place));
        paper::start(cx);
        expiry::watch(cx);
    });
    Ok(clients)
}

/// Listens for neighbours.
fn open_peers(reactor: &mut Reactor<Herd>, net: &mut impl Net, at: SocketAddr) -> io::Result<PortId> {
    let peer =
        |herd: &mut Herd, peer| herd.admits_stranger(peer).then(|| Lines::new(PeerProtocol::new(herd, peer)));
    let opened = match reactor.app.proof.clone() {
        Proof::Key(_) | Proof::Nothing => reactor.listen(net, at, peer),
        Proof::Certificate(tls) => reactor.listen_tls(net, at, &tls.server, peer),
    };
    opened.map(|(port, _)| port)
}

/// The same error, with the address it is about.
fn at(address: SocketAddr, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{address}: {error}"))
}
