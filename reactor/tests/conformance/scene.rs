//! A reactor on a stage, and what a test does with it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use reactor::{
    AppCx, ConnId, Counters, Endpoint, Factory, Limits, Net, PortId, Reactor, Requests, Signal, Time, Turn,
};

use crate::cast::{Actor, ActorCx, App, Casting};
use crate::nets::{PATIENCE, Stage};

/// Any free port of this host.
pub(crate) const ANYWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Time limit of every wait, in the net's time. It only ends a test that hangs; no speed is asserted.
const FOR_EVER: Duration = Duration::from_secs(120);

/// Time for what must not happen. On real sockets it does not prove that anything has arrived.
const A_WHILE: Duration = Duration::from_millis(40);

/// The default limits with deadlines of an hour: none expires on a slow machine in a test that is not about it.
pub(crate) fn limits() -> Limits {
    const HOUR: Duration = Duration::from_secs(3600);
    Limits {
        connect_timeout: HOUR,
        handshake_timeout: HOUR,
        flush_timeout: HOUR,
        linger: HOUR,
        stop_timeout: HOUR,
        ..Limits::default()
    }
}

pub(crate) const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// One reactor whose clients dial its own ports.
pub(crate) struct Scene<S> {
    pub(crate) stage: S,
    pub(crate) reactor: Reactor<App>,
}

impl<S: Stage> Scene<S> {
    pub(crate) fn new(stage: S) -> Scene<S> {
        Scene::limited(stage, limits())
    }

    pub(crate) fn limited(stage: S, limits: Limits) -> Scene<S> {
        Scene { stage, reactor: Reactor::new(App::default(), 1, limits) }
    }

    /// Listens for clients, whose servers are dressed so.
    pub(crate) fn serve(&mut self, dress: impl Fn(Actor) -> Actor + 'static) -> (PortId, SocketAddr) {
        self.listen(ANYWHERE, Casting { role: "server", dress: move |actor| Some(dress(actor)) }).unwrap()
    }

    pub(crate) fn listen(
        &mut self,
        at: SocketAddr,
        factory: impl Factory<App>,
    ) -> io::Result<(PortId, SocketAddr)> {
        let Scene { stage, reactor } = self;
        stage.with(|net| match S::tls() {
            None => reactor.listen(net, at, factory),
            Some(ends) => reactor.listen_tls(net, at, &ends.server, factory),
        })
    }

    pub(crate) fn dial(&mut self, to: impl Into<Endpoint>, actor: Actor) -> ConnId {
        self.enter(|cx| dial::<S>(&mut cx.reactor, to, actor))
    }

    /// Lets `client` and a server dressed so meet, and plays until both are gone.
    pub(crate) fn play(&mut self, server: impl Fn(Actor) -> Actor + 'static, client: Actor) {
        self.meet(server, client);
        self.until_over();
    }

    /// Lets `client` and a server dressed so meet.
    pub(crate) fn meet(&mut self, server: impl Fn(Actor) -> Actor + 'static, client: Actor) -> SocketAddr {
        let (_, at) = self.serve(server);
        self.join(at, client, "server");
        at
    }

    /// Lets another client meet its server.
    pub(crate) fn join(&mut self, at: SocketAddr, client: Actor, server: &str) {
        let name = client.name.clone();
        self.dial(at, client);
        self.until(|app| app.has(server, "made") && app.has(&name, "made"));
    }

    pub(crate) fn enter<R>(&mut self, f: impl FnOnce(&mut AppCx<'_, App>) -> R) -> R {
        let Scene { stage, reactor } = self;
        stage.with(|net| reactor.enter(net, f))
    }

    /// Does something on the link of `name`, and goes on until it is done.
    pub(crate) fn at(&mut self, name: &str, f: impl FnOnce(&mut ActorCx<'_>) + 'static) {
        let id = self.reactor.app.id(name);
        self.enter(|cx| cx.reactor.call(id, move |_: &mut Actor, cx| f(cx)));
        let _ = self.round();
    }

    /// One turn, and what comes of it in the world around.
    pub(crate) fn round(&mut self) -> Turn {
        let Scene { stage, reactor } = self;
        let turn = stage.with(|net| reactor.turn(net, Some(PATIENCE))).unwrap();
        stage.go_on(reactor);
        turn
    }

    /// Goes on until it is so.
    pub(crate) fn until(&mut self, is_so: impl Fn(&App) -> bool) {
        self.go_on(|reactor, _| is_so(&reactor.app));
    }

    /// Goes on until the counters say so.
    pub(crate) fn until_counted(&mut self, is_so: impl Fn(&Counters) -> bool) {
        self.go_on(|reactor, _| is_so(reactor.counters()));
    }

    /// Goes on until nothing is left of any connection.
    pub(crate) fn until_over(&mut self) {
        self.go_on(|reactor, _| reactor.connections() == 0 && !reactor.is_busy());
    }

    /// Goes on until the reactor has stopped.
    pub(crate) fn until_stopped(&mut self) {
        self.go_on(|_, turn| turn == Turn::Stopped);
    }

    /// Goes on for a while, so that what is not to happen has its chance.
    pub(crate) fn a_while(&mut self) {
        let end = self.now() + A_WHILE;
        while self.now() < end {
            let _ = self.round();
        }
    }

    fn go_on(&mut self, is_enough: impl Fn(&Reactor<App>, Turn) -> bool) {
        let end = self.now() + FOR_EVER;
        let mut turn = Turn::Running;
        while !is_enough(&self.reactor, turn) {
            assert!(self.now() < end, "it does not come to that: {:#?}", self.reactor.app);
            turn = self.round();
        }
    }

    fn now(&mut self) -> Time {
        self.stage.with(|net| net.now())
    }

    /// What `name` has heard, in order.
    pub(crate) fn heard(&mut self, name: &str) -> Vec<String> {
        self.reactor.app.diary(name).heard.clone()
    }

    /// The bytes that `name` was sent.
    pub(crate) fn bytes(&self, name: &str) -> &[u8] {
        self.reactor.app.bytes(name)
    }

    /// An address where whoever dials it is never answered.
    pub(crate) fn silent(&mut self) -> SocketAddr {
        self.stage.silent()
    }

    pub(crate) fn signal(&mut self, signal: Signal) {
        self.stage.signal(signal);
    }
}

/// Whether that is what one hears when the other side aborts. Under TLS an end without a farewell is no
/// end; and there are session tickets that the other side may have left unread, so that it resets.
pub(crate) fn is_cut_off<S: Stage>(heard: &[String]) -> bool {
    match S::tls() {
        None => heard == ["made", "end", "lost PeerClosed"],
        Some(_) => heard == ["made", "lost Truncated"] || heard == ["made", "lost Lost"],
    }
}

/// Whether that is what one hears who is not wanted. Under TLS nobody agrees on it.
pub(crate) fn is_declined<S: Stage>(heard: &[String]) -> bool {
    match S::tls() {
        None => heard == ["made", "end", "lost PeerClosed"],
        Some(_) => heard == ["failed Tls"] || heard == ["failed Failed"],
    }
}

/// Dials out from anywhere.
pub(crate) fn dial<S: Stage>(
    reactor: &mut Requests<'_, App>,
    to: impl Into<Endpoint>,
    actor: Actor,
) -> ConnId {
    let to = to.into();
    reactor.connect(S::tls().map_or(to.clone(), |ends| to.tls(&ends.client)), actor)
}

/// Compares without printing megabytes.
pub(crate) fn assert_same(got: &[u8], expected: &[u8]) {
    let differs = got.iter().zip(expected).position(|(a, b)| a != b);
    assert_eq!((got.len(), differs), (expected.len(), None), "length, and where they differ");
}
