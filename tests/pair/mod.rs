//! Two servers in one process, each with a network of its own, and the cable between them.

#![allow(dead_code, reason = "every test program uses its own part of it")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use herd::herd::{Herd, Neighbour, Neighbours, Ports, Rules, open};
use herd::key::HerdKey;
use herd::places::Desk;
use herd::traffic_log::TrafficLog;
use reactor::testing::{MockNet, RemoteId};
use reactor::{Limits, Reactor};

/// What a server keeps for a neighbour that is slow.
pub(crate) const QUEUE: usize = 100_000;
pub(crate) const STEP: Duration = Duration::from_millis(500);
pub(crate) const ALFORD: usize = 0;
pub(crate) const BALL: usize = 1;

pub(crate) fn clients_at(server: usize) -> SocketAddr {
    ([127, 0, 0, 1], 12000 + u16::try_from(server).unwrap()).into()
}

pub(crate) fn peers_at(server: usize) -> SocketAddr {
    ([127, 0, 0, 1], 12100 + u16::try_from(server).unwrap()).into()
}

pub(crate) struct Server {
    pub(crate) reactor: Reactor<Herd>,
    pub(crate) net: MockNet,
    /// As many of those that it dialled were looked at.
    pub(crate) dialled: usize,
}

impl Server {
    pub(crate) fn new(place: usize) -> Server {
        let names = ["Alford", "Ball"];
        let neighbour = Neighbour::new(names[1 - place], peers_at(1 - place).into(), QUEUE);
        let (key, neighbours) = (HerdKey::new(&[1; 32]), Neighbours::new(vec![neighbour]));
        let rules = Rules { neighbour_queue: QUEUE, ..Rules::default() };
        let herd = Herd::new(names[place], neighbours, key, Desk::builtin(), TrafficLog::off(), rules);
        Server {
            reactor: Reactor::new(herd, place as u64, Limits::default()),
            net: MockNet::new(),
            dialled: 0,
        }
    }

    pub(crate) fn open(&mut self, place: usize) -> io::Result<()> {
        let ports = Ports { clients: clients_at(place), client_tls: None, peers: Some(peers_at(place)) };
        open(&mut self.reactor, &mut self.net, &ports).map(drop)
    }

    /// Turns until all is quiet; a poll that fails is tried again.
    pub(crate) fn settle(&mut self) {
        while self.net.settle(&mut self.reactor).is_err() {}
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        while self.net.pass(&mut self.reactor, time).is_err() {}
    }

    pub(crate) fn is_listening(&self, at: SocketAddr) -> bool {
        self.net.listening().contains(&at)
    }
}

/// A stream between the two: both ends of it, and who dialled.
#[derive(Clone, Copy)]
pub(crate) struct Stream {
    pub(crate) dialler: usize,
    pub(crate) ends: [RemoteId; 2],
}

/// Two servers, and the cable between them.
pub(crate) struct Pair {
    pub(crate) servers: [Server; 2],
    pub(crate) streams: Vec<Stream>,
}

impl Pair {
    pub(crate) fn new() -> Pair {
        Pair { servers: [ALFORD, BALL].map(Server::new), streams: Vec::new() }
    }

    pub(crate) fn settle(&mut self) {
        loop {
            self.servers.iter_mut().for_each(Server::settle);
            let (joined, carried) = (self.join(), self.carry());
            if !joined && !carried {
                return;
            }
        }
    }

    pub(crate) fn pass(&mut self, steps: usize) {
        for _ in 0..steps {
            self.servers.iter_mut().for_each(|server| server.pass(STEP));
            self.settle();
        }
    }

    /// Joins whoever dials to whom it dials; says whether anybody did.
    pub(crate) fn join(&mut self) -> bool {
        let mut joined = false;
        for dialler in [ALFORD, BALL] {
            let dialled = self.servers[dialler].net.dialled()[self.servers[dialler].dialled..].to_vec();
            self.servers[dialler].dialled += dialled.len();
            for dialled in dialled {
                joined |= self.join_one(dialler, dialled.to, dialled.remote);
            }
        }
        joined
    }

    pub(crate) fn join_one(&mut self, dialler: usize, to: SocketAddr, from: RemoteId) -> bool {
        let [one, other] = &mut self.servers;
        let (here, there) = if dialler == ALFORD { (one, other) } else { (other, one) };
        let end = here.net.remote(from);
        if !end.is_dialled() {
            return false; // the call itself has failed
        }
        if !there.is_listening(to) {
            end.refuse(io::ErrorKind::ConnectionRefused);
            return true;
        }
        end.answer();
        self.streams.push(Stream { dialler, ends: [from, there.net.dial_in(to)] });
        true
    }

    /// Carries what was sent to the other end; says whether that was anything.
    pub(crate) fn carry(&mut self) -> bool {
        let mut carried = false;
        for Stream { dialler, ends } in self.streams.clone() {
            let [one, other] = &mut self.servers;
            let (here, there) = if dialler == ALFORD { (one, other) } else { (other, one) };
            carried |= carry(&mut here.net, ends[0], &mut there.net, ends[1]);
            carried |= carry(&mut there.net, ends[1], &mut here.net, ends[0]);
        }
        carried
    }

    /// A client comes to a server, if that listens.
    pub(crate) fn client(&mut self, server: usize) -> Option<RemoteId> {
        let is_listening = self.servers[server].is_listening(clients_at(server));
        let client = is_listening.then(|| self.servers[server].net.dial_in(clients_at(server)));
        self.settle();
        client
    }

    pub(crate) fn say(&mut self, server: usize, client: Option<RemoteId>, text: &str) {
        let remote = client.map(|client| self.servers[server].net.remote(client));
        if let Some(remote) = remote.filter(|remote| remote.is_open()) {
            remote.feed(text.as_bytes());
        }
        self.settle();
    }

    pub(crate) fn heard(&mut self, server: usize, client: Option<RemoteId>) -> String {
        let sent = client.map(|client| self.servers[server].net.remote(client).sent().to_vec());
        String::from_utf8(sent.unwrap_or_default()).unwrap()
    }

    pub(crate) fn knows(&self, server: usize, client: &str) -> Option<&[u8]> {
        Some(self.servers[server].reactor.app.store.get(client.as_bytes())?.line())
    }
}

pub(crate) fn carry(from: &mut MockNet, here: RemoteId, to: &mut MockNet, there: RemoteId) -> bool {
    let (bytes, has_ended) = (from.remote(here).take_sent(), from.remote(here).has_ended());
    let there = to.remote(there);
    if !there.is_open() {
        return false;
    }
    if !bytes.is_empty() {
        there.feed(&bytes);
    }
    if has_ended {
        there.close();
    }
    has_ended || !bytes.is_empty()
}
