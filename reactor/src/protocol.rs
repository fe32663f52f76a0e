//! What users implement: [`Protocol`] for one connection, [`Factory`] for those of a port.

use std::any::Any;
use std::io;
use std::net::SocketAddr;

use crate::cx::{AppCx, Cx, Parts};
use crate::endpoint::Peer;
use crate::net::ConnId;
use crate::reason::{ConnectError, Reason};

/// How full a link's outbox is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pressure {
    /// It has passed [`Limits::high_water`](crate::Limits::high_water): stop producing.
    High,
    /// It has sunk to half of that: go on.
    Low,
}

/// One connection's side of a conversation; Twisted's `interfaces.IProtocol`.
///
/// Every callback may do everything: write to itself and others, close itself and others, connect,
/// listen, start and cancel timers. What it asks for happens after it returns (law 1).
///
/// The order is fixed (law 2): `connection_made` once, then anything else any number of times,
/// then `connection_lost` once, then nothing. Or, for a connection that was never made,
/// `connect_failed` alone.
///
/// ```
/// use reactor::{Cx, Protocol};
///
/// /// Sends back what it is sent.
/// struct Echo;
///
/// impl Protocol<()> for Echo {
///     fn data_received(&mut self, cx: &mut Cx<'_, (), Self>, data: &[u8]) {
///         cx.transport.write(data);
///     }
/// }
/// ```
pub trait Protocol<A: 'static>: Sized + 'static {
    /// The connection is there.
    fn connection_made(&mut self, cx: &mut Cx<'_, A, Self>) {
        let _ = cx;
    }

    /// Bytes came, in order and cut anywhere. Borrowed from the reactor's read buffer.
    fn data_received(&mut self, cx: &mut Cx<'_, A, Self>, data: &[u8]);

    /// The peer has closed its sending side; it may still read. Closes the connection unless
    /// overridden (Twisted: `IHalfCloseableProtocol.readConnectionLost`).
    fn read_closed(&mut self, cx: &mut Cx<'_, A, Self>) {
        cx.transport.lose_connection();
    }

    /// Our own outbox is full, or no longer (Twisted: `pauseProducing`, `resumeProducing`).
    /// Every `High` is followed by a `Low`, unless the connection ends first.
    fn pressure(&mut self, cx: &mut Cx<'_, A, Self>, pressure: Pressure) {
        let _ = (cx, pressure);
    }

    /// Reading goes on after `resume_reading`, before any newer byte (law 6). For protocols that
    /// keep what they were given but could not deliver.
    fn resumed(&mut self, cx: &mut Cx<'_, A, Self>) {
        let _ = cx;
    }

    /// The reactor is stopping: answer what is in hand and close, within
    /// [`Limits::stop_timeout`](crate::Limits::stop_timeout). Closes unless overridden.
    fn stopping(&mut self, cx: &mut Cx<'_, A, Self>) {
        cx.transport.lose_connection();
    }

    /// The connection is gone; what is written here goes nowhere.
    fn connection_lost(&mut self, cx: &mut Cx<'_, A, Self>, reason: &Reason) {
        let _ = (cx, reason);
    }

    /// The connection was never made (Twisted: `clientConnectionFailed`).
    fn connect_failed(&mut self, cx: &mut AppCx<'_, A>, error: &ConnectError) {
        let _ = (cx, error);
    }

    /// Whom timers, calls and replies of this connection reach: a protocol that wraps another and
    /// lends it its `Cx` (see [`Cx::lend`]) names what it wraps.
    fn target(&mut self) -> &mut dyn Any {
        self
    }
}

/// Makes the protocols of a listening port; Twisted's `protocol.Factory`. Every closure
/// `FnMut(&mut A, Peer) -> Option<P>` is one.
pub trait Factory<A: 'static>: 'static {
    /// What it makes.
    type Protocol: Protocol<A>;

    /// A protocol for this peer; `None` closes the connection at once, counted as refused.
    fn build_protocol(&mut self, app: &mut A, peer: Peer) -> Option<Self::Protocol>;

    /// The port listens, at `at`.
    fn port_opened(&mut self, app: &mut A, at: SocketAddr) {
        let _ = (app, at);
    }

    /// The port could not be opened. Logged, too, if a callback had asked for it; who listens by
    /// [`Reactor::listen`](crate::Reactor::listen) is given the error.
    fn listen_failed(&mut self, app: &mut A, error: &io::Error) {
        let _ = (app, error);
    }

    /// The port is closed.
    fn port_closed(&mut self, app: &mut A) {
        let _ = app;
    }
}

impl<A: 'static, P, F> Factory<A> for F
where
    P: Protocol<A>,
    F: FnMut(&mut A, Peer) -> Option<P> + 'static,
{
    type Protocol = P;

    fn build_protocol(&mut self, app: &mut A, peer: Peer) -> Option<P> {
        self(app, peer)
    }
}

/// What a link can be told; one virtual call for any of it.
pub(crate) enum Input<'a> {
    Made,
    Data(&'a [u8]),
    ReadClosed,
    Pressure(Pressure),
    Resumed,
    Stopping,
    Lost(&'a Reason),
}

/// A [`Protocol`] without its type.
pub(crate) trait ErasedProtocol<A> {
    fn hear(&mut self, parts: Parts<'_, A>, me: ConnId, input: Input<'_>);
    fn connect_failed(&mut self, parts: Parts<'_, A>, error: &ConnectError);
    fn target(&mut self) -> &mut dyn Any;
}

impl<A: 'static, P: Protocol<A>> ErasedProtocol<A> for P {
    fn hear(&mut self, parts: Parts<'_, A>, me: ConnId, input: Input<'_>) {
        let cx = &mut Cx::new(parts, me);
        match input {
            Input::Made => self.connection_made(cx),
            Input::Data(data) => self.data_received(cx, data),
            Input::ReadClosed => self.read_closed(cx),
            Input::Pressure(pressure) => self.pressure(cx, pressure),
            Input::Resumed => self.resumed(cx),
            Input::Stopping => self.stopping(cx),
            Input::Lost(reason) => self.connection_lost(cx, reason),
        }
    }

    fn connect_failed(&mut self, parts: Parts<'_, A>, error: &ConnectError) {
        Protocol::connect_failed(self, &mut AppCx::new(parts), error);
    }

    fn target(&mut self) -> &mut dyn Any {
        Protocol::target(self)
    }
}

/// A [`Factory`] without its type.
pub(crate) trait ErasedFactory<A> {
    fn build(&mut self, app: &mut A, peer: Peer) -> Option<Box<dyn ErasedProtocol<A>>>;
    fn opened(&mut self, app: &mut A, at: SocketAddr);
    fn failed(&mut self, app: &mut A, error: &io::Error);
    fn closed(&mut self, app: &mut A);
}

impl<A: 'static, F: Factory<A>> ErasedFactory<A> for F {
    fn build(&mut self, app: &mut A, peer: Peer) -> Option<Box<dyn ErasedProtocol<A>>> {
        Some(Box::new(self.build_protocol(app, peer)?))
    }

    fn opened(&mut self, app: &mut A, at: SocketAddr) {
        self.port_opened(app, at);
    }

    fn failed(&mut self, app: &mut A, error: &io::Error) {
        self.listen_failed(app, error);
    }

    fn closed(&mut self, app: &mut A) {
        self.port_closed(app);
    }
}
