//! The step that takes whoever waits at the ports.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use super::Reactor;
use super::calls::guarded;
use crate::endpoint::Peer;
use crate::layer::{ServerTls, Tls};
use crate::link::{Link, Phase};
use crate::net::{ConnId, Net, PortId, is_exhaustion};
use crate::port::Port;
use crate::protocol::{ErasedFactory, ErasedProtocol, Input};
use crate::tally::tally;
use crate::time::Time;

impl<A: 'static> Reactor<A> {
    /// Opens a port and tells its factory.
    pub(super) fn open_port(
        &mut self,
        net: &mut impl Net,
        id: PortId,
        at: SocketAddr,
        tls: Option<ServerTls>,
        mut factory: Box<dyn ErasedFactory<A>>,
    ) -> io::Result<SocketAddr> {
        let opened = match self.is_stopping() {
            true => Err(io::Error::other("the reactor is stopping")),
            false => net.listen(at, id),
        };
        let contain = self.contain_panics;
        let told = guarded(contain, || match &opened {
            Ok(at) => factory.opened(&mut self.app, *at),
            Err(error) => factory.failed(&mut self.app, error),
        });
        if opened.is_ok() {
            self.ports.insert(Port { id, factory, tls });
        }
        self.count_panic(told);
        opened
    }

    pub(super) fn close_port(&mut self, net: &mut impl Net, id: PortId) {
        let Some(mut port) = self.ports.remove(id) else { return };
        net.close_port(id);
        self.core.ports.retire(id.0);
        self.incoming.retain(|other| *other != id);
        self.resting.retain(|other| *other != id);
        let contain = self.contain_panics;
        let told = guarded(contain, || port.factory.closed(&mut self.app));
        self.count_panic(told);
    }

    /// Connections that a port accepts from now on speak this TLS. A plain port stays plain.
    pub(super) fn renew_tls(&mut self, id: PortId, tls: ServerTls) {
        if let Some(old) = self.ports.get_mut(id).and_then(|port| port.tls.as_mut()) {
            *old = tls;
        }
    }

    pub(super) fn on_incoming(&mut self, id: PortId) {
        if !self.incoming.contains(&id) && !self.resting.contains(&id) {
            self.incoming.push(id);
        }
    }

    pub(super) fn accept(&mut self, net: &mut impl Net) {
        if self.core.is_swamped() {
            return;
        }
        if self.rest_until <= self.core.now {
            self.end_rest();
        }
        for id in std::mem::take(&mut self.incoming) {
            self.accept_from(net, id);
        }
    }

    /// Accepts until nobody waits, or the port has had its share of the turn.
    fn accept_from(&mut self, net: &mut impl Net, id: PortId) {
        let share = self.core.limits.accepts_per_turn;
        let mut failures = 0;
        for _ in 0..share {
            if self.ports.get_mut(id).is_none() {
                return;
            }
            let conn = ConnId(self.core.conns.issue());
            match net.accept(id, conn) {
                Ok(address) => self.welcome(net, id, conn, Peer::at(address)),
                Err(error) => {
                    self.core.conns.retire(conn.0);
                    match error.kind() {
                        io::ErrorKind::WouldBlock => return,
                        _ if is_exhaustion(&error) => return self.rest(id, &error),
                        _ => failures += 1, // it was gone before it was accepted
                    }
                    if failures == share {
                        return self.rest(id, &error); // or the port itself is out of order
                    }
                }
            }
        }
        self.on_incoming(id);
    }

    /// Gives an accepted connection a protocol, or closes it.
    fn welcome(&mut self, net: &mut impl Net, port: PortId, conn: ConnId, peer: Peer) {
        match self.build(port, peer) {
            Some(protocol) => {
                self.core.counters.accepted += 1;
                self.wires.insert(conn, peer, self.core.now);
                self.links.insert(Link::accepted(conn, protocol));
                self.greet(net, port, conn, peer);
            }
            None => {
                self.core.counters.refused += 1;
                net.close(conn);
                self.core.conns.retire(conn.0);
            }
        }
    }

    fn build(&mut self, port: PortId, peer: Peer) -> Option<Box<dyn ErasedProtocol<A>>> {
        if self.links.len() >= self.core.limits.links {
            self.refuse_link(peer);
            return None;
        }
        let contain = self.contain_panics;
        let (app, ports) = (&mut self.app, &mut self.ports);
        let port = ports.get_mut(port)?;
        match guarded(contain, || port.factory.build(app, peer)) {
            Ok(built) => built,
            Err(message) => {
                self.core.counters.panics += 1;
                log::error!("{peer} was refused: its factory panicked: {message}");
                None
            }
        }
    }

    /// Counts that there are too many links for one with `whom`.
    pub(super) fn refuse_link(&mut self, whom: impl fmt::Display) {
        let most = self.core.limits.links;
        let refused = &mut self.core.counters.links_refused;
        if tally(refused) {
            log::warn!("{whom} refused: Limits::links ({most}) reached ({refused} so far)");
        }
    }

    /// Begins TLS with somebody who was accepted, if the port speaks it.
    fn greet(&mut self, net: &mut impl Net, port: PortId, conn: ConnId, peer: Peer) {
        let Some(tls) = self.ports.get_mut(port).and_then(|port| port.tls.clone()) else {
            return self.opened(conn, peer);
        };
        let by = self.core.now + tls.within.unwrap_or(self.core.limits.handshake_timeout);
        match Tls::server(&tls, self.core.wall_clock, by) {
            Ok(tls) => self.begin_handshake(conn, tls),
            Err(error) => self.tls_failed(net, conn, error),
        }
    }

    /// The connection is there: tells its protocol.
    pub(super) fn opened(&mut self, id: ConnId, peer: Peer) {
        if let Some(link) = self.links.get_mut(id) {
            link.phase = Phase::Open;
        }
        if let Some(wire) = self.wires.get_mut(id) {
            wire.made = true;
            wire.peer = peer;
            wire.heard = self.core.now;
        }
        self.hear(id, Input::Made);
    }

    /// Descriptors have run out. Trying again at once would spin, and no new edge will come for
    /// those who wait already: so try again when a link has closed, or after a while.
    fn rest(&mut self, port: PortId, error: &io::Error) {
        let pauses = &mut self.core.counters.accept_pauses;
        if tally(pauses) {
            log::warn!("accepting rests: {error} ({pauses} times so far)");
        }
        self.rest_until = self.core.now + self.core.limits.accept_pause;
        self.resting.push(port);
    }

    pub(super) fn end_rest(&mut self) {
        self.rest_until = Time::NEVER;
        for port in std::mem::take(&mut self.resting) {
            self.on_incoming(port);
        }
    }
}
