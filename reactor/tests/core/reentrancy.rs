//! Random operations within random callbacks, and random events around them: the laws hold.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::LazyLock;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use reactor::testing::{Call, MockNet, RemoteId};
use reactor::{AppCx, ClientTls, ConnId, ConnectError, Cx, Endpoint, Limits, Peer, PortId, Pressure};
use reactor::{Protocol, Reactor, Reason, Sent, Signal, TimerId, Turn};

const AT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7);
const THERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9);

static TLS: LazyLock<ClientTls> = LazyLock::new(|| ClientTls::new(b"", &[]).unwrap());

/// What a callback does. Numbers choose among what there is, dead or alive.
#[derive(Clone, Debug)]
enum Op {
    Write(usize),
    WriteTo(usize, usize),
    Lose,
    Abort,
    LoseWrite,
    LoseOther(usize),
    AbortOther(usize),
    Pause,
    Resume,
    PauseOther(usize),
    ResumeOther(usize),
    Connect,
    ConnectByName,
    ConnectAndLose,
    /// Nobody here speaks it, so it fails or waits until something else ends it.
    ConnectTls,
    StartTls,
    Listen,
    ClosePort(usize),
    Later(u64),
    Cancel(usize),
    CallOther(usize),
    Reply,
    AppReply,
    Defer,
    Idle(u64),
    Deadline(u64),
    Stop,
    /// Ends the callback: the next one goes on.
    Return,
}

/// What happens outside.
#[derive(Clone, Debug)]
enum Step {
    DialIn,
    Feed(usize, usize),
    Close(usize),
    Reset(usize),
    Room(usize, usize),
    Answer(usize),
    Refuse(usize),
    Stir(usize),
    Fail(Call),
    Pass(u64),
    Turn,
    Settle,
    Signal,
}

fn op() -> impl Strategy<Value = Op> {
    let any = || 0..64usize;
    prop_oneof![
        8 => Just(Op::Return),
        3 => (1..200usize).prop_map(Op::Write),
        3 => (any(), 1..200usize).prop_map(|(i, n)| Op::WriteTo(i, n)),
        1 => Just(Op::Lose),
        1 => Just(Op::Abort),
        1 => Just(Op::LoseWrite),
        1 => any().prop_map(Op::LoseOther),
        1 => any().prop_map(Op::AbortOther),
        1 => Just(Op::Pause),
        2 => Just(Op::Resume),
        1 => any().prop_map(Op::PauseOther),
        3 => any().prop_map(Op::ResumeOther),
        2 => Just(Op::Connect),
        1 => Just(Op::ConnectByName),
        1 => Just(Op::ConnectAndLose),
        1 => Just(Op::ConnectTls),
        1 => Just(Op::StartTls),
        1 => Just(Op::Listen),
        1 => any().prop_map(Op::ClosePort),
        2 => (0..40u64).prop_map(Op::Later),
        1 => any().prop_map(Op::Cancel),
        2 => any().prop_map(Op::CallOther),
        1 => Just(Op::Reply),
        1 => Just(Op::AppReply),
        1 => Just(Op::Defer),
        1 => (0..60u64).prop_map(Op::Idle),
        1 => (0..60u64).prop_map(Op::Deadline),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let any = || 0..64usize;
    let call = prop::sample::select(vec![
        Call::Accept,
        Call::Connect,
        Call::Rename,
        Call::ConnectResult,
        Call::Read,
        Call::Write,
        Call::ShutdownWrite,
        Call::Listen,
        Call::Resolve,
    ]);
    prop_oneof![
        4 => Just(Step::DialIn),
        6 => (any(), 1..300usize).prop_map(|(i, n)| Step::Feed(i, n)),
        2 => any().prop_map(Step::Close),
        1 => any().prop_map(Step::Reset),
        3 => (any(), 0..300usize).prop_map(|(i, n)| Step::Room(i, n)),
        3 => any().prop_map(Step::Answer),
        1 => any().prop_map(Step::Refuse),
        1 => any().prop_map(Step::Stir),
        1 => call.prop_map(Step::Fail),
        3 => (0..50u64).prop_map(Step::Pass),
        1 => (200..400u64).prop_map(Step::Pass), // a race goes on
        4 => Just(Step::Turn),
        4 => Just(Step::Settle),
    ]
}

/// What is known of one connection.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Life {
    Begun,
    Made,
    Over,
}

struct Track {
    life: Life,
    /// Begun when the stop had: it may hear nothing at all.
    late: bool,
    high: bool,
    heard: usize,
}

#[derive(Default)]
struct App {
    script: VecDeque<Op>,
    /// How many callbacks are running: 0 or 1 (law 1).
    inside: usize,
    tracks: Vec<Track>,
    conns: Vec<ConnId>,
    ports: Vec<PortId>,
    timers: Vec<TimerId>,
    /// Bytes accepted by each connection's outbox.
    written: BTreeMap<ConnId, usize>,
    /// Which connections ended with everything written handed over (law 5).
    in_good_order: Vec<ConnId>,
    /// Which connections speak TLS: what they send is no count.
    sealed: BTreeSet<ConnId>,
    is_stopping: bool,
}

/// The bytes of a stream say where in it they are.
fn bytes(from: usize, count: usize) -> Vec<u8> {
    (0..=250).cycle().skip(from % 251).take(count).collect()
}

impl App {
    fn node(&mut self) -> Node {
        let late = self.is_stopping;
        self.tracks.push(Track { life: Life::Begun, late, high: false, heard: 0 });
        Node(self.tracks.len() - 1)
    }

    fn conn(&self, index: usize) -> Option<ConnId> {
        self.conns.get(index.checked_rem(self.conns.len())?).copied()
    }
}

/// Checks what it hears, and does what the script says.
struct Node(usize);

impl Node {
    fn hear(&mut self, cx: &mut Cx<'_, App, Self>, from: Life, to: Life) {
        let track = &mut cx.app.tracks[self.0];
        assert_eq!(track.life, from, "law 2, on the way to {to:?}");
        track.life = to;
        cx.app.inside += 1;
        assert_eq!(cx.app.inside, 1, "law 1");
        while let Some(op) = cx.app.script.pop_front() {
            if matches!(op, Op::Return) {
                break;
            }
            self.act(cx, op);
        }
        cx.app.inside -= 1;
    }

    fn continued(&mut self, cx: &mut Cx<'_, App, Self>) {
        self.hear(cx, Life::Made, Life::Made);
    }

    fn act(&mut self, cx: &mut Cx<'_, App, Self>, op: Op) {
        match op {
            Op::Write(count) => self.write(cx, count),
            Op::Lose => cx.transport.lose_connection(),
            Op::Abort => cx.transport.abort_connection(),
            Op::LoseWrite => cx.transport.lose_write(),
            Op::Pause => cx.transport.pause_reading(),
            Op::Resume => cx.transport.resume_reading(),
            Op::StartTls => {
                cx.app.sealed.insert(cx.transport.id());
                cx.transport.start_tls(&TLS, "there.test");
            }
            Op::Idle(ms) => cx.transport.set_idle_timeout((ms > 9).then(|| Duration::from_millis(ms))),
            Op::Deadline(ms) => {
                let at = cx.reactor.now() + Duration::from_millis(ms);
                cx.transport.set_deadline((ms > 9).then_some(at));
            }
            Op::Stop => cx.reactor.stop(),
            Op::WriteTo(i, _) | Op::LoseOther(i) | Op::AbortOther(i) => self.act_on_other(cx, &op, i),
            Op::PauseOther(i) | Op::ResumeOther(i) | Op::CallOther(i) => self.act_on_other(cx, &op, i),
            op => self.ask(cx, &op),
        }
    }

    /// Counts what the outbox took.
    fn write(&mut self, cx: &mut Cx<'_, App, Self>, count: usize) {
        let (me, before) = (cx.transport.id(), cx.transport.buffered());
        let written = cx.app.written.entry(me).or_default();
        cx.transport.write(&bytes(*written, count));
        *written += cx.transport.buffered() - before;
    }

    fn act_on_other(&mut self, cx: &mut Cx<'_, App, Self>, op: &Op, index: usize) {
        let Some(id) = cx.app.conn(index) else { return };
        let mut peers = cx.transport.peers();
        match op {
            Op::WriteTo(_, count) => {
                let written = cx.app.written.entry(id).or_default();
                if peers.write(id, &bytes(*written, *count)) == Sent::Queued {
                    *written += count;
                }
            }
            Op::LoseOther(_) => peers.lose(id),
            Op::AbortOther(_) => peers.abort(id),
            Op::PauseOther(_) => peers.pause_reading(id),
            Op::ResumeOther(_) => peers.resume_reading(id),
            _ => cx.reactor.call(id, Node::continued),
        }
    }

    fn ask(&mut self, cx: &mut Cx<'_, App, Self>, op: &Op) {
        match op {
            Op::Connect | Op::ConnectAndLose => {
                let node = cx.app.node();
                let id = cx.reactor.connect(THERE, node);
                cx.app.conns.push(id);
                if matches!(op, Op::ConnectAndLose) {
                    cx.transport.peers().lose(id);
                }
            }
            Op::ConnectByName => {
                let node = cx.app.node();
                let id = cx.reactor.connect(Endpoint::new("there.test", 9), node);
                cx.app.conns.push(id);
            }
            Op::ConnectTls => {
                let node = cx.app.node();
                let id = cx.reactor.connect(Endpoint::new("there.test", 9).tls(&TLS), node);
                cx.app.conns.push(id);
                cx.app.sealed.insert(id);
            }
            Op::Listen => cx.app.ports.push(cx.reactor.listen(AT, serve)),
            Op::ClosePort(index) => {
                if let Some(index) = index.checked_rem(cx.app.ports.len()) {
                    cx.reactor.close_port(cx.app.ports[index]);
                }
            }
            Op::Later(ms) => {
                let timer = cx.reactor.call_later(Duration::from_millis(*ms), Node::continued);
                cx.app.timers.push(timer);
            }
            Op::Cancel(index) => {
                if let Some(index) = index.checked_rem(cx.app.timers.len()) {
                    cx.reactor.cancel(cx.app.timers[index]);
                }
            }
            Op::Reply => {
                let reply = cx.reactor.reply(|node, cx, ()| Node::continued(node, cx));
                cx.reactor.send(reply, ());
            }
            Op::AppReply => {
                let reply = cx.reactor.app_reply(|cx, ()| assert_eq!(cx.app.inside, 0, "law 1"));
                cx.reactor.send(reply, ());
            }
            _ => {
                let reply = cx.reactor.reply(|node, cx, _| Node::continued(node, cx));
                cx.reactor.defer_to_thread(|| (), reply);
            }
        }
    }
}

fn serve(app: &mut App, _: Peer) -> Option<Node> {
    Some(app.node())
}

impl Protocol<App> for Node {
    fn connection_made(&mut self, cx: &mut Cx<'_, App, Self>) {
        cx.app.conns.push(cx.transport.id());
        self.hear(cx, Life::Begun, Life::Made);
    }

    fn data_received(&mut self, cx: &mut Cx<'_, App, Self>, data: &[u8]) {
        assert!(cx.transport.is_reading(), "law 6");
        let track = &mut cx.app.tracks[self.0];
        assert_eq!(data, bytes(track.heard, data.len()), "in order, without a gap");
        track.heard += data.len();
        self.continued(cx);
    }

    fn read_closed(&mut self, cx: &mut Cx<'_, App, Self>) {
        assert!(cx.transport.is_reading(), "law 6");
        if self.0.is_multiple_of(2) {
            cx.transport.lose_connection();
        }
        self.continued(cx);
    }

    fn pressure(&mut self, cx: &mut Cx<'_, App, Self>, pressure: Pressure) {
        let is_high = pressure == Pressure::High;
        let was_high = std::mem::replace(&mut cx.app.tracks[self.0].high, is_high);
        assert_ne!(was_high, is_high, "High and Low take turns");
        self.continued(cx);
    }

    fn resumed(&mut self, cx: &mut Cx<'_, App, Self>) {
        assert!(cx.transport.is_reading());
        self.continued(cx);
    }

    fn stopping(&mut self, cx: &mut Cx<'_, App, Self>) {
        if self.0.is_multiple_of(2) {
            cx.transport.lose_connection();
        }
        self.continued(cx);
    }

    fn connection_lost(&mut self, cx: &mut Cx<'_, App, Self>, reason: &Reason) {
        if matches!(reason, Reason::Closed | Reason::PeerClosed) {
            cx.app.in_good_order.push(cx.transport.id());
        }
        self.hear(cx, Life::Made, Life::Over);
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, App>, _: &ConnectError) {
        assert_eq!(cx.app.inside, 0, "law 1");
        let track = &mut cx.app.tracks[self.0];
        assert_eq!(track.life, Life::Begun, "law 2");
        track.life = Life::Over;
    }
}

struct World {
    reactor: Reactor<App>,
    net: MockNet,
    remotes: Vec<(RemoteId, usize)>,
    stopped: bool,
}

impl World {
    fn new(script: Vec<Op>) -> World {
        let limits = Limits { high_water: 100, write_buffer: 500, accepts_per_turn: 2, ..Limits::default() };
        let app = App { script: script.into(), ..App::default() };
        let (mut net, mut reactor) = (MockNet::new(), Reactor::new(app, 1, limits));
        net.set_addresses("there.test", [THERE.ip(), THERE.ip()]);
        reactor.listen(&mut net, AT, serve).unwrap();
        reactor.on_stop(|cx| cx.app.is_stopping = true);
        World { reactor, net, remotes: Vec::new(), stopped: false }
    }

    fn turn(&mut self) {
        self.stopped = self.reactor.turn(&mut self.net, Some(Duration::ZERO)).unwrap() == Turn::Stopped;
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::DialIn if self.net.listening().contains(&AT) => {
                let remote = self.net.dial_in(AT);
                self.remotes.push((remote, 0));
            }
            Step::Fail(call) => self.net.fail_next(call, io::ErrorKind::ConnectionReset),
            Step::Pass(ms) => self.net.pass(&mut self.reactor, Duration::from_millis(ms)).unwrap(),
            Step::Turn => self.turn(),
            Step::Settle => self.net.settle(&mut self.reactor).unwrap(),
            Step::Signal => self.net.signal(Signal::Terminate),
            Step::Feed(i, _) | Step::Close(i) | Step::Reset(i) | Step::Room(i, _) | Step::Stir(i) => {
                self.at_remote(step, i);
            }
            Step::Answer(i) | Step::Refuse(i) => self.at_remote(step, i),
            Step::DialIn => {}
        }
    }

    fn at_remote(&mut self, step: &Step, index: usize) {
        for dialled in self.net.dialled() {
            if self.remotes.iter().all(|(id, _)| *id != dialled.remote) {
                self.remotes.push((dialled.remote, 0));
            }
        }
        let Some(index) = index.checked_rem(self.remotes.len()) else { return };
        let (id, fed) = &mut self.remotes[index];
        let remote = self.net.remote(*id);
        match *step {
            Step::Feed(_, count) if remote.is_open() => {
                remote.feed(&bytes(*fed, count));
                *fed += count;
            }
            Step::Close(_) if remote.is_open() => remote.close(),
            Step::Reset(_) if remote.is_open() => remote.reset(io::ErrorKind::ConnectionReset),
            Step::Room(_, room) => remote.set_room(room),
            Step::Answer(_) if remote.is_dialled() => remote.answer(),
            Step::Refuse(_) if remote.is_dialled() => remote.refuse(io::ErrorKind::ConnectionRefused),
            Step::Stir(_) => remote.stir(),
            _ => {}
        }
    }

    fn stop(&mut self) {
        self.reactor.enter(&self.net, |cx| cx.reactor.stop());
        self.net.pass(&mut self.reactor, Duration::from_secs(60)).unwrap();
        self.turn();
    }

    fn check(&mut self) {
        assert!(self.stopped);
        assert_eq!((self.reactor.connections(), self.net.open()), (0, 0), "nothing is left");
        assert!(self.net.listening().is_empty());
        let app = &self.reactor.app;
        assert_eq!(self.reactor.next_timer(), None, "no timer of a dead link is left");
        for track in &app.tracks {
            assert!(track.life == Life::Over || (track.late && track.life == Life::Begun), "law 2");
        }
        let mut sent = BTreeMap::new();
        for remote in self.net.remotes() {
            if remote.conn().is_some_and(|conn| app.sealed.contains(&conn)) {
                continue;
            }
            let stream = remote.sent();
            assert_eq!(stream, bytes(0, stream.len()), "in order, without a gap");
            // Of several addresses that were tried, one at most was sent anything.
            *sent.entry(remote.conn()).or_insert(0) += stream.len();
        }
        for conn in app.in_good_order.iter().filter(|conn| !app.sealed.contains(conn)) {
            assert_eq!(sent[&Some(*conn)], app.written.get(conn).copied().unwrap_or(0), "law 5");
        }
    }
}

fn run(script: Vec<Op>, steps: &[Step]) {
    let mut world = World::new(script);
    for step in steps {
        world.step(step);
    }
    world.stop();
    world.check();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_callbacks_do_the_laws_hold(script in vec(op(), 0..200), steps in vec(step(), 0..120)) {
        run(script, &steps);
    }

    #[test]
    fn a_stop_may_come_from_anywhere(
        script in vec(op(), 0..60), rest in vec(op(), 0..60), before in vec(step(), 0..60), after in vec(step(), 0..60),
    ) {
        run([script, vec![Op::Stop], rest].concat(), &[before, vec![Step::Signal], after].concat());
    }
}
