//! One protocol and the test, with a real reactor between them.

use std::any::Any;
use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use super::mock_net::{MockNet, SOMEWHERE};
use super::remote::{Remote, RemoteId};
use crate::cx::{AppCx, Cx};
use crate::limits::Limits;
use crate::net::ConnId;
use crate::protocol::{Pressure, Protocol};
use crate::reactor::Reactor;
use crate::reason::{ConnectError, Reason};

/// One protocol, connected to the test; Twisted's `StringTransport` and `Clock` in one.
///
/// Every method lets the reactor turn until nothing more happens without time passing, so that what
/// it asks for is done when the method returns.
///
/// ```
/// use reactor::testing::Harness;
/// use reactor::{Cx, Protocol, Reason};
/// use std::time::Duration;
///
/// /// Says so, and hangs up, when it hears nothing for a second.
/// struct Impatient;
///
/// impl Protocol<()> for Impatient {
///     fn connection_made(&mut self, cx: &mut Cx<'_, (), Self>) {
///         cx.reactor.call_later(Duration::from_secs(1), |_, cx| {
///             cx.transport.write(b"bye");
///             cx.transport.lose_connection();
///         });
///     }
///     fn data_received(&mut self, _: &mut Cx<'_, (), Self>, _: &[u8]) {}
/// }
///
/// let mut impatient = Harness::new((), Impatient);
/// impatient.advance(Duration::from_millis(999));
/// assert_eq!(impatient.sent(), b"");
/// impatient.advance(Duration::from_millis(1));
/// assert_eq!(impatient.sent(), b"bye");
/// assert!(matches!(impatient.lost(), Some(Reason::Closed)));
/// ```
pub struct Harness<A> {
    /// The reactor that drives the protocol.
    pub reactor: Reactor<A>,
    /// The world around it: what else the protocol dials, listens at, looks up.
    pub net: MockNet,
    conn: ConnId,
    remote: RemoteId,
    lost: Option<Reason>,
    ends: Receiver<Reason>,
}

impl<A: 'static> Harness<A> {
    /// Connects `protocol` of the application `app`.
    pub fn new<P: Protocol<A>>(app: A, protocol: P) -> Harness<A> {
        Harness::with_limits(app, protocol, Limits::default())
    }

    /// The same, under other bounds.
    pub fn with_limits<P: Protocol<A>>(app: A, protocol: P, limits: Limits) -> Harness<A> {
        let (mut net, mut reactor) = (MockNet::new(), Reactor::new(app, 0, limits));
        let (to, ends) = mpsc::channel();
        let watched = Watched { inner: protocol, to };
        let conn = reactor.enter(&net, |cx| cx.reactor.connect(SOMEWHERE, watched));
        quiet(net.settle(&mut reactor));
        let remote = net.dialled()[0].remote;
        net.remote(remote).answer();
        let mut harness = Harness { reactor, net, conn, remote, lost: None, ends };
        harness.settle();
        harness
    }

    /// The protocol hears these bytes, all at once.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.remote().feed(bytes);
        self.settle();
    }

    /// The protocol hears these bytes one by one, as bad networks bring them.
    pub fn receive_slowly(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.receive(&[*byte]);
        }
    }

    /// The peer closes its sending side.
    pub fn peer_closes(&mut self) {
        self.remote().close();
        self.settle();
    }

    /// The connection breaks.
    pub fn peer_resets(&mut self) {
        self.remote().reset(io::ErrorKind::ConnectionReset);
        self.settle();
    }

    /// Time passes, from timer to timer.
    pub fn advance(&mut self, time: Duration) {
        quiet(self.net.pass(&mut self.reactor, time));
        self.lost = self.lost.take().or_else(|| self.ends.try_recv().ok());
    }

    /// Lets everything happen that can happen now; needed only after a change through
    /// [`net`](Harness::net) or [`reactor`](Harness::reactor).
    pub fn settle(&mut self) {
        self.advance(Duration::ZERO);
    }

    /// What the protocol has sent.
    pub fn sent(&mut self) -> &[u8] {
        self.remote().sent()
    }

    /// What the protocol has sent since this was last asked.
    pub fn take_sent(&mut self) -> Vec<u8> {
        self.remote().take_sent()
    }

    /// Why the connection was lost, if it was.
    pub fn lost(&self) -> Option<&Reason> {
        self.lost.as_ref()
    }

    /// Whether the protocol is open to more bytes: neither paused nor closing.
    pub fn is_reading(&mut self) -> bool {
        let conn = self.conn;
        self.reactor.enter(&self.net, |cx| cx.peers.is_reading(conn))
    }

    /// The application.
    pub fn app(&mut self) -> &mut A {
        &mut self.reactor.app
    }

    /// The name of the connection.
    pub fn id(&self) -> ConnId {
        self.conn
    }

    /// The other end.
    pub fn remote(&mut self) -> &mut Remote {
        self.net.remote(self.remote)
    }

    /// Asks the protocol; `None` once the connection is lost.
    ///
    /// ```
    /// # use reactor::testing::Harness;
    /// # use reactor::{Cx, Protocol};
    /// struct Counter(usize);
    /// # impl Protocol<()> for Counter {
    /// #     fn data_received(&mut self, _: &mut Cx<'_, (), Self>, data: &[u8]) { self.0 += data.len(); }
    /// # }
    ///
    /// let mut counter = Harness::new((), Counter(0));
    /// counter.receive(b"four");
    /// assert_eq!(counter.ask(|counter: &mut Counter, _| counter.0), Some(4));
    /// ```
    pub fn ask<P: 'static, R: 'static>(
        &mut self,
        f: impl FnOnce(&mut P, &mut Cx<'_, A, P>) -> R + 'static,
    ) -> Option<R> {
        let (conn, (to, answer)) = (self.conn, mpsc::channel());
        self.reactor.enter(&self.net, |cx| {
            // A receiver that is gone means that nobody wants to know.
            cx.reactor.call(conn, move |protocol, cx| drop(to.send(f(protocol, cx))));
        });
        self.settle();
        answer.try_recv().ok()
    }
}

/// Nothing can go wrong that the test did not script: `Harness` scripts nothing.
fn quiet(done: io::Result<()>) {
    if let Err(error) = done {
        panic!("the net failed: {error}");
    }
}

/// A protocol whose end is told to the test.
struct Watched<P> {
    inner: P,
    to: Sender<Reason>,
}

impl<A: 'static, P: Protocol<A>> Protocol<A> for Watched<P> {
    fn connection_made(&mut self, cx: &mut Cx<'_, A, Self>) {
        self.inner.connection_made(&mut cx.lend());
    }

    fn data_received(&mut self, cx: &mut Cx<'_, A, Self>, data: &[u8]) {
        self.inner.data_received(&mut cx.lend(), data);
    }

    fn read_closed(&mut self, cx: &mut Cx<'_, A, Self>) {
        self.inner.read_closed(&mut cx.lend());
    }

    fn pressure(&mut self, cx: &mut Cx<'_, A, Self>, pressure: Pressure) {
        self.inner.pressure(&mut cx.lend(), pressure);
    }

    fn resumed(&mut self, cx: &mut Cx<'_, A, Self>) {
        self.inner.resumed(&mut cx.lend());
    }

    fn stopping(&mut self, cx: &mut Cx<'_, A, Self>) {
        self.inner.stopping(&mut cx.lend());
    }

    fn connection_lost(&mut self, cx: &mut Cx<'_, A, Self>, reason: &Reason) {
        // A receiver that is gone means that nobody wants to know.
        drop(self.to.send(copy(reason)));
        self.inner.connection_lost(&mut cx.lend(), reason);
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, A>, error: &ConnectError) {
        self.inner.connect_failed(cx, error);
    }

    fn target(&mut self) -> &mut dyn Any {
        self.inner.target()
    }
}

/// The same reason once more; of an error of the system its kind or its number.
fn copy(reason: &Reason) -> Reason {
    match reason {
        Reason::Closed => Reason::Closed,
        Reason::PeerClosed => Reason::PeerClosed,
        Reason::Aborted => Reason::Aborted,
        Reason::Lost(error) => Reason::Lost(match error.raw_os_error() {
            Some(number) => io::Error::from_raw_os_error(number),
            None => error.kind().into(),
        }),
        Reason::Idle => Reason::Idle,
        Reason::DeadlinePassed => Reason::DeadlinePassed,
        Reason::OutboxFull => Reason::OutboxFull,
        Reason::FlushTimeout => Reason::FlushTimeout,
        Reason::Truncated => Reason::Truncated,
        Reason::Tls(error) => Reason::Tls(error.clone()),
        Reason::Panicked(message) => Reason::Panicked(message.clone()),
        Reason::Stopped => Reason::Stopped,
    }
}
