//! One connection as the reactor sees it: its protocol, and where it is in its life.
//!
//! ```text
//! connect -> Dialling -> Securing -> Open -> Closing -> Lingering -> gone
//! accept  ---------------^
//! ```
//!
//! `Securing` is left out where there is no TLS. `connection_made` is told on the way to `Open`, and
//! `connection_lost` is told on the way from `Closing` to `Lingering`: what lingers is the socket.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;

use crate::layer::{ClientTls, Layer, ServerTls};
use crate::net::{ConnId, PortId};
use crate::protocol::{ErasedFactory, ErasedProtocol};
use crate::time::Time;

/// A connection on its way.
#[derive(Debug)]
pub(crate) struct Dial {
    /// Addresses not tried yet.
    pub(crate) left: VecDeque<SocketAddr>,
    /// Those being tried, none while the name is looked up.
    pub(crate) attempts: Vec<Attempt>,
    /// When the next address is tried, even if the others have not failed.
    pub(crate) next_attempt: Time,
    /// What the last attempt that failed said.
    pub(crate) last: Option<io::Error>,
    pub(crate) give_up: Time,
    /// TLS, and the name that the certificate must be for.
    pub(crate) tls: Option<(ClientTls, String)>,
}

/// One address being tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    /// What the net calls it: as the link, or, beside another attempt, a name of its own.
    pub(crate) socket: ConnId,
    pub(crate) address: SocketAddr,
}

/// Where a link is in its life.
#[derive(Debug)]
pub(crate) enum Phase {
    Dialling(Box<Dial>),
    /// Connected, but the protocol has not heard of it: TLS is being agreed on first, if there is any.
    Securing,
    Open,
    /// What was written goes out, until then at the latest.
    Closing(Time),
    /// Nobody listens any more; the peer may close its side, until then at the latest.
    Lingering(Time),
}

/// One connection.
pub(crate) struct Link<A> {
    pub(crate) id: ConnId,
    /// Gone once it lingers.
    pub(crate) protocol: Option<Box<dyn ErasedProtocol<A>>>,
    pub(crate) phase: Phase,
    pub(crate) layer: Layer,
    /// When its deadline is looked at next; never later than the deadline is.
    pub(crate) armed: Time,
    /// The edge of readability was reported and no read has come up short since (law 9).
    pub(crate) readable: bool,
    /// The same for writing.
    pub(crate) writable: bool,
    /// The end of the peer's bytes was announced; reads go on until one says so.
    pub(crate) end_announced: bool,
    /// The end of the peer's bytes was read.
    pub(crate) ended: bool,
    /// Our sending side is closed.
    pub(crate) write_shut: bool,
    /// It is in the queue of links to read from.
    pub(crate) queued: bool,
}

impl<A> Link<A> {
    fn new(id: ConnId, protocol: Box<dyn ErasedProtocol<A>>, phase: Phase) -> Link<A> {
        Link {
            id,
            protocol: Some(protocol),
            phase,
            layer: Layer::Plain,
            armed: Time::NEVER,
            readable: false,
            writable: true,
            end_announced: false,
            ended: false,
            write_shut: false,
            queued: false,
        }
    }

    pub(crate) fn accepted(id: ConnId, protocol: Box<dyn ErasedProtocol<A>>) -> Link<A> {
        Link::new(id, protocol, Phase::Securing)
    }

    pub(crate) fn dialling(id: ConnId, protocol: Box<dyn ErasedProtocol<A>>, dial: Dial) -> Link<A> {
        Link::new(id, protocol, Phase::Dialling(Box::new(dial)))
    }

    pub(crate) fn is_dialling(&self) -> bool {
        matches!(self.phase, Phase::Dialling(_))
    }

    /// Whether its protocol has heard of it.
    pub(crate) fn is_made(&self) -> bool {
        !matches!(self.phase, Phase::Dialling(_) | Phase::Securing)
    }
}

/// All connections, by slot.
pub(crate) struct Links<A> {
    slots: Vec<Option<Link<A>>>,
    count: usize,
}

impl<A> Links<A> {
    pub(crate) fn new() -> Links<A> {
        Links { slots: Vec::new(), count: 0 }
    }

    pub(crate) fn insert(&mut self, link: Link<A>) {
        let slot = link.id.0.slot as usize;
        if slot >= self.slots.len() {
            self.slots.resize_with(slot + 1, || None);
        }
        self.slots[slot] = Some(link);
        self.count += 1;
    }

    pub(crate) fn get_mut(&mut self, id: ConnId) -> Option<&mut Link<A>> {
        self.slots.get_mut(id.0.slot as usize)?.as_mut().filter(|link| link.id == id)
    }

    pub(crate) fn remove(&mut self, id: ConnId) -> Option<Link<A>> {
        let link = self.slots.get_mut(id.0.slot as usize)?.take_if(|link| link.id == id)?;
        self.count -= 1;
        Some(link)
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// The ids of all, by slot.
    pub(crate) fn ids(&self) -> Vec<ConnId> {
        self.slots.iter().flatten().map(|link| link.id).collect()
    }
}

/// One listening port.
pub(crate) struct Port<A> {
    pub(crate) id: PortId,
    pub(crate) factory: Box<dyn ErasedFactory<A>>,
    /// What its connections speak, if not plain bytes.
    pub(crate) tls: Option<ServerTls>,
}

/// All listening ports, by slot.
pub(crate) struct Ports<A>(Vec<Option<Port<A>>>);

impl<A> Ports<A> {
    pub(crate) fn new() -> Ports<A> {
        Ports(Vec::new())
    }

    pub(crate) fn insert(&mut self, port: Port<A>) {
        let slot = port.id.0.slot as usize;
        if slot >= self.0.len() {
            self.0.resize_with(slot + 1, || None);
        }
        self.0[slot] = Some(port);
    }

    pub(crate) fn get_mut(&mut self, id: PortId) -> Option<&mut Port<A>> {
        self.0.get_mut(id.0.slot as usize)?.as_mut().filter(|port| port.id == id)
    }

    pub(crate) fn remove(&mut self, id: PortId) -> Option<Port<A>> {
        self.0.get_mut(id.0.slot as usize)?.take_if(|port| port.id == id)
    }

    pub(crate) fn ids(&self) -> Vec<PortId> {
        self.0.iter().flatten().map(|port| port.id).collect()
    }
}
