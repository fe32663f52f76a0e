//! What a callback may do. [`Cx`] is three disjoint borrows, so that the application can be read
//! while the transport writes:
//!
//! | field | Twisted | what it does |
//! |---|---|---|
//! | `cx.app` | `self.factory` | the user's own state, shared by all connections |
//! | `cx.transport` | `self.transport` | this connection, and through [`Transport::peers`] the others |
//! | `cx.reactor` | `reactor` | timers, connecting, listening, replies, threads, stop |
//!
//! None of the three can reach the protocols, so no callback can run inside a callback (law 1).

mod reactor_handle;
mod reply;
mod transport;

pub use reactor_handle::{ReactorHandle, Requests};
pub use reply::Reply;
pub use transport::{Peers, Transport};

use crate::net::ConnId;
use crate::requests::Core;
use crate::wires::Wires;

/// The three borrows before they are dressed for a callback.
pub(crate) struct Parts<'a, A> {
    pub(crate) app: &'a mut A,
    pub(crate) wires: &'a mut Wires,
    pub(crate) core: &'a mut Core<A>,
}

/// What a callback of a connection with the protocol `P` may use.
pub struct Cx<'a, A, P> {
    /// The application.
    pub app: &'a mut A,
    /// This connection.
    pub transport: Transport<'a>,
    /// The reactor.
    pub reactor: ReactorHandle<'a, A, P>,
}

impl<'a, A, P> Cx<'a, A, P> {
    pub(crate) fn new(parts: Parts<'a, A>, me: ConnId) -> Cx<'a, A, P> {
        let Parts { app, wires, core } = parts;
        Cx { app, transport: Transport::new(wires, me), reactor: ReactorHandle::new(core, me) }
    }

    /// The same for a protocol that this one wraps. Its timers, calls and replies come back to
    /// whatever [`Protocol::target`](crate::Protocol::target) of the wrapper names, so the two
    /// must agree.
    pub fn lend<Q>(&mut self) -> Cx<'_, A, Q> {
        Cx { app: self.app, transport: self.transport.reborrow(), reactor: self.reactor.reborrow() }
    }
}

/// What a callback of the application may use, one that belongs to no connection.
pub struct AppCx<'a, A> {
    /// The application.
    pub app: &'a mut A,
    /// The connections, by id.
    pub peers: Peers<'a>,
    /// The reactor.
    pub reactor: Requests<'a, A>,
}

impl<'a, A> AppCx<'a, A> {
    pub(crate) fn new(parts: Parts<'a, A>) -> AppCx<'a, A> {
        let Parts { app, wires, core } = parts;
        AppCx { app, peers: Peers::new(wires), reactor: Requests::new(core) }
    }
}
