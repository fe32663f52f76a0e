//! Outgoing connections, from the request to `connection_made` or `connect_failed`.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;

use super::Reactor;
use super::calls::guarded;
use crate::cx::Parts;
use crate::endpoint::{Endpoint, Host, Peer};
use crate::link::{Dial, Link, Phase};
use crate::net::{ConnId, JobId, Net};
use crate::protocol::ErasedProtocol;
use crate::reason::ConnectError;

impl<A: 'static> Reactor<A> {
    pub(super) fn dial(
        &mut self,
        net: &mut impl Net,
        id: ConnId,
        to: Endpoint,
        protocol: Box<dyn ErasedProtocol<A>>,
    ) {
        let timeout = to.timeout.unwrap_or(self.core.limits.connect_timeout);
        let give_up = self.core.now + timeout;
        let dial = Dial { left: VecDeque::new(), trying: None, lookup: None, give_up };
        self.wires.insert(id, Peer::UNKNOWN, self.core.now);
        self.links.insert(Link::dialling(id, protocol, dial));
        self.arm(id);
        if self.links.len() > self.core.limits.links {
            return self.dial_failed(net, id, &ConnectError::LimitReached("links"));
        }
        if self.is_stopping() {
            return self.dial_failed(net, id, &ConnectError::Cancelled);
        }
        match to.host {
            Host::Addr(ip) => self.try_addresses(net, id, [SocketAddr::new(ip, to.port)].into(), None),
            Host::Name(name) => self.look_up(net, id, &name, to.port),
        }
    }

    fn look_up(&mut self, net: &mut impl Net, id: ConnId, name: &str, port: u16) {
        let Some(job) = self.core.begin_lookup(self.lookups.len()) else {
            return self.dial_failed(net, id, &ConnectError::LimitReached("jobs"));
        };
        self.lookups.insert(job, id);
        if let Some(dial) = self.dial_of(id) {
            dial.lookup = Some(job);
        }
        net.resolve(job, name, port);
    }

    pub(super) fn on_resolved(
        &mut self,
        net: &mut impl Net,
        job: JobId,
        answer: io::Result<Vec<SocketAddr>>,
    ) {
        let Some(id) = self.lookups.remove(&job) else { return };
        let Some(dial) = self.dial_of(id) else { return };
        dial.lookup = None;
        match answer {
            Ok(addresses) => self.try_addresses(net, id, addresses.into(), None),
            Err(error) => self.dial_failed(net, id, &ConnectError::Unresolved(error)),
        }
    }

    /// Tries the addresses in turn; the last one's error is the answer if none is left.
    fn try_addresses(
        &mut self,
        net: &mut impl Net,
        id: ConnId,
        mut left: VecDeque<SocketAddr>,
        mut last: Option<io::Error>,
    ) {
        while let Some(address) = left.pop_front() {
            match net.connect(address, id) {
                Ok(()) => {
                    if let Some(dial) = self.dial_of(id) {
                        dial.trying = Some(address);
                        dial.left = left;
                    }
                    return;
                }
                Err(error) => last = Some(error),
            }
        }
        let error = match last {
            Some(error) => ConnectError::Failed(error),
            None => ConnectError::Unresolved(io::ErrorKind::NotFound.into()),
        };
        self.dial_failed(net, id, &error);
    }

    /// The net says that something became of a connection on its way.
    pub(super) fn check_dial(&mut self, net: &mut impl Net, id: ConnId) {
        let Some(&mut Dial { trying: Some(address), .. }) = self.dial_of(id) else { return };
        match net.connect_result(id) {
            Ok(()) => self.dialled(id, address),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => {
                net.close(id);
                let left = self.dial_of(id).map(|dial| {
                    dial.trying = None;
                    std::mem::take(&mut dial.left)
                });
                self.try_addresses(net, id, left.unwrap_or_default(), Some(error));
            }
        }
    }

    fn dialled(&mut self, id: ConnId, address: SocketAddr) {
        if let Some(link) = self.links.get_mut(id) {
            link.phase = Phase::Open;
        }
        self.core.counters.connected += 1;
        self.made(id, Peer::at(address));
    }

    /// Gives up: the protocol hears `connect_failed`, and nothing else ever.
    pub(super) fn dial_failed(&mut self, net: &mut impl Net, id: ConnId, error: &ConnectError) {
        let Some(link) = self.links.get_mut(id) else { return };
        let protocol = link.protocol.take();
        self.core.counters.connect_failures += 1;
        self.discard(net, id);
        let Some(mut protocol) = protocol else { return };
        let Reactor { app, wires, core, contain_panics, .. } = self;
        let parts = Parts { app, wires, core };
        let told = guarded(*contain_panics, || protocol.connect_failed(parts, error));
        self.count_panic(told);
    }

    fn dial_of(&mut self, id: ConnId) -> Option<&mut Dial> {
        match &mut self.links.get_mut(id)?.phase {
            Phase::Dialling(dial) => Some(dial),
            _ => None,
        }
    }
}
