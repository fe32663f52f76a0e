//! A protocol that writes down what it hears, and the world it lives in.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reactor::testing::{MockNet, Remote, RemoteId};
use reactor::{AppCx, ConnId, ConnectError, Cx, Endpoint, Limits, Peer, PortId};
use reactor::{Pressure, Protocol, Reactor, Reason, Sent, Turn};

pub const AT: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7);
pub const THERE: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9);

pub fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// What was heard, in order, as `name what`.
#[derive(Default)]
pub struct App {
    pub log: Vec<String>,
    pub ids: BTreeMap<String, ConnId>,
    pub served: usize,
}

impl App {
    pub fn id(&self, name: &str) -> ConnId {
        self.ids[name]
    }

    pub fn say(&mut self, what: impl Into<String>) {
        self.log.push(what.into());
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    Made,
    Data,
    ReadClosed,
    High,
    Low,
    Resumed,
    Stopping,
    Lost,
}

type Act = Box<dyn FnMut(&mut Cx<'_, App, Probe>)>;

/// Writes down what it hears, and then does what it was told to do at that.
pub struct Probe {
    pub name: String,
    acts: Vec<(When, Act)>,
}

impl Probe {
    pub fn new(name: &str) -> Probe {
        Probe { name: name.to_owned(), acts: Vec::new() }
    }

    pub fn on(mut self, when: When, act: impl FnMut(&mut Cx<'_, App, Probe>) + 'static) -> Probe {
        self.acts.push((when, Box::new(act)));
        self
    }

    /// Does nothing at the end of the peer's bytes, instead of closing.
    pub fn half_open(self) -> Probe {
        self.on(When::ReadClosed, |_| {})
    }

    fn hear(&mut self, cx: &mut Cx<'_, App, Probe>, when: When, what: &str) -> bool {
        cx.app.log.push(format!("{} {what}", self.name));
        let mut acted = false;
        for (_, act) in self.acts.iter_mut().filter(|(at, _)| *at == when) {
            act(cx);
            acted = true;
        }
        acted
    }
}

impl Protocol<App> for Probe {
    fn connection_made(&mut self, cx: &mut Cx<'_, App, Self>) {
        cx.app.ids.insert(self.name.clone(), cx.transport.id());
        self.hear(cx, When::Made, "made");
    }

    fn data_received(&mut self, cx: &mut Cx<'_, App, Self>, data: &[u8]) {
        let text =
            if data.len() > 40 { format!("{} bytes", data.len()) } else { data.escape_ascii().to_string() };
        self.hear(cx, When::Data, &format!("data {text}"));
    }

    fn read_closed(&mut self, cx: &mut Cx<'_, App, Self>) {
        if !self.hear(cx, When::ReadClosed, "read_closed") {
            cx.transport.lose_connection();
        }
    }

    fn pressure(&mut self, cx: &mut Cx<'_, App, Self>, pressure: Pressure) {
        match pressure {
            Pressure::High => self.hear(cx, When::High, "high"),
            Pressure::Low => self.hear(cx, When::Low, "low"),
        };
    }

    fn resumed(&mut self, cx: &mut Cx<'_, App, Self>) {
        self.hear(cx, When::Resumed, "resumed");
    }

    fn stopping(&mut self, cx: &mut Cx<'_, App, Self>) {
        if !self.hear(cx, When::Stopping, "stopping") {
            cx.transport.lose_connection();
        }
    }

    fn connection_lost(&mut self, cx: &mut Cx<'_, App, Self>, reason: &Reason) {
        self.hear(cx, When::Lost, &format!("lost: {reason}"));
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, App>, error: &ConnectError) {
        cx.app.say(format!("{} failed: {error}", self.name));
    }
}

/// A reactor and the rest of the world.
pub struct World<const CONTAINS: bool = false> {
    pub reactor: Reactor<App>,
    pub net: MockNet<CONTAINS>,
}

impl World {
    pub fn new() -> World {
        World::with(Limits::default())
    }

    pub fn with(limits: Limits) -> World {
        World { reactor: Reactor::new(App::default(), 1, limits), net: MockNet::new() }
    }

    pub fn containing_panics() -> World<true> {
        let reactor = Reactor::new(App::default(), 1, Limits::default());
        World { reactor, net: MockNet::containing_panics() }
    }
}

impl<const CONTAINS: bool> World<CONTAINS> {
    /// Listens at `AT`; what dials in is named s1, s2, ...
    pub fn serve(&mut self, dress: impl Fn(Probe) -> Probe + 'static) -> PortId {
        let factory = move |app: &mut App, _: Peer| {
            app.served += 1;
            Some(dress(Probe::new(&format!("s{}", app.served))))
        };
        self.reactor.listen(&mut self.net, AT, factory).unwrap().0
    }

    /// Somebody dials in at `AT`, and is accepted.
    pub fn guest(&mut self) -> RemoteId {
        let remote = self.net.dial_in(AT);
        self.settle();
        remote
    }

    /// Dials; the test has still to answer.
    pub fn dial(&mut self, to: impl Into<Endpoint>, probe: Probe) -> ConnId {
        self.reactor.enter(&self.net, |cx| cx.reactor.connect(to, probe))
    }

    /// Dials and is answered.
    pub fn link(&mut self, probe: Probe) -> (ConnId, RemoteId) {
        let conn = self.dial(THERE, probe);
        self.settle();
        let remote = self.net.dialled().last().unwrap().remote;
        self.remote(remote).answer();
        self.settle();
        (conn, remote)
    }

    pub fn remote(&mut self, id: RemoteId) -> &mut Remote {
        self.net.remote(id)
    }

    pub fn enter<R>(&mut self, f: impl FnOnce(&mut AppCx<'_, App>) -> R) -> R {
        self.reactor.enter(&self.net, f)
    }

    /// Does something on a connection, in the next turn.
    pub fn at(&mut self, conn: ConnId, f: impl FnOnce(&mut Probe, &mut Cx<'_, App, Probe>) + 'static) {
        self.enter(|cx| cx.reactor.call(conn, f));
    }

    /// One turn, which does not wait.
    pub fn turn(&mut self) {
        self.turn_within(Some(Duration::ZERO));
    }

    /// One turn, which waits as long as it likes.
    pub fn patient_turn(&mut self) {
        self.turn_within(None);
    }

    fn turn_within(&mut self, at_most: Option<Duration>) {
        let _ = self.reactor.turn(&mut self.net, at_most).unwrap();
    }

    pub fn settle(&mut self) {
        self.net.settle(&mut self.reactor).unwrap();
    }

    pub fn pass(&mut self, time: Duration) {
        self.net.pass(&mut self.reactor, time).unwrap();
    }

    pub fn has_stopped(&mut self) -> bool {
        self.reactor.turn(&mut self.net, Some(Duration::ZERO)).unwrap() == Turn::Stopped
    }

    /// Writes to a connection from outside.
    pub fn write(&mut self, conn: ConnId, bytes: &[u8]) {
        assert_eq!(self.enter(|cx| cx.peers.write(conn, bytes)), Sent::Queued);
    }

    /// What was heard since this was last asked.
    pub fn log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.reactor.app.log)
    }
}
