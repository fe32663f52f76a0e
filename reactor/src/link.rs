//! One connection as the reactor sees it: its protocol, and where it is in its life.
//!
//! ```text
//! connect -> Dialling -> Securing -> Open -> Closing -> Lingering -> gone
//! accept  ---------------^
//! ```
//!
//! `Securing` is left out where there is no TLS. `connection_made` is told on the way to `Open`, and
//! `connection_lost` is told on the way from `Closing` to `Lingering`: what lingers is the socket.

use crate::dial::Dial;
use crate::layer::Layer;
use crate::net::ConnId;
use crate::protocol::ErasedProtocol;
use crate::slots::Tenant;
use crate::time::Time;

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
    /// The name that was dialled, if it was no address.
    pub(crate) name: Option<Box<str>>,
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
            name: None,
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

impl<A> Tenant for Link<A> {
    type Id = ConnId;

    fn id(&self) -> ConnId {
        self.id
    }

    fn slot(id: ConnId) -> u32 {
        id.0.slot
    }
}
