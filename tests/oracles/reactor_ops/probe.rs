//! A protocol that does as it is ordered, and checks that what it hears is what the laws allow.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use reactor::{
    AppCx, ConnId, ConnectError, Cx, Endpoint, JobError, Pressure, Protocol, Reason, Time, TimerId,
};

use super::super::draw::Draw;

/// Links that a run may begin from inside.
const MOST: usize = 24;

/// How far a link has come (law 2).
#[derive(PartialEq, Debug)]
pub(super) enum Stage {
    New,
    Made,
    Lost { delivered: bool },
    Failed,
}

/// What is known of one link.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) id: Option<ConnId>,
    pub(super) stage: Stage,
    pub(super) heard: Vec<u8>,
    /// How many bytes were taken for sending.
    pub(super) written: usize,
    pub(super) is_paused: bool,
    pub(super) is_closing: bool,
    pub(super) read_closed: bool,
    is_high: bool,
    is_stopping: bool,
    timers: BTreeMap<u32, (TimerId, Time)>,
    /// What it is to do when it hears something next.
    pub(super) orders: VecDeque<Order>,
}

impl Told {
    pub(super) fn new(orders: VecDeque<Order>) -> Told {
        Told {
            id: None,
            stage: Stage::New,
            heard: Vec::new(),
            written: 0,
            is_paused: false,
            is_closing: false,
            read_closed: false,
            is_high: false,
            is_stopping: false,
            timers: BTreeMap::new(),
            orders,
        }
    }
}

/// The application: what is known of every link there was.
#[derive(Default)]
pub(super) struct App {
    pub(super) links: Vec<Told>,
    /// Continuations that are still to come.
    pub(super) replies: BTreeMap<u32, usize>,
    serial: u32,
}

impl App {
    /// Where the next link will be.
    pub(super) fn add(&mut self, orders: VecDeque<Order>) -> Probe {
        self.links.push(Told::new(orders));
        Probe(self.links.len() - 1)
    }

    fn next_serial(&mut self) -> u32 {
        self.serial += 1;
        self.serial
    }
}

/// What a link may be told to do. Others are meant by their place, as far as there are so many.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    Write(usize),
    WriteTo(usize, usize),
    Lose(usize),
    Abort(usize),
    LoseWrite(usize),
    Pause(usize),
    Resume(usize),
    Timer(u64),
    Cancel,
    Idle(Option<u64>),
    Deadline(Option<u64>),
    Connect,
    Reply,
    Defer,
    Stop,
}

impl Order {
    pub(super) fn draw(draw: &mut Draw<'_>) -> Order {
        let (what, a, b) = (draw.below(16), draw.byte(), draw.byte());
        let (link, size, millis) = (usize::from(a & 7), usize::from(b), u64::from(b) * u64::from(b));
        let set = (a & 1 == 1).then_some(millis);
        match what {
            0..=2 => Order::Write(size),
            3 => Order::WriteTo(link, size),
            4 => Order::Lose(link),
            5 => Order::Abort(link),
            6 => Order::LoseWrite(link),
            7 => Order::Pause(link),
            8 => Order::Resume(link),
            9 => Order::Timer(millis),
            10 => Order::Cancel,
            11 => Order::Idle(set),
            12 => Order::Deadline(set),
            13 => Order::Connect,
            14 if a & 1 == 1 => Order::Defer,
            15 if a & 31 == 31 => Order::Stop,
            _ => Order::Reply,
        }
    }
}

/// The bytes that a link sends: each says its place, so that none can be lost, doubled or moved unseen.
pub(super) fn pattern(from: usize, count: usize) -> Vec<u8> {
    (from..from + count).map(|place| u8::try_from(place % 251).unwrap_or_default()).collect()
}

/// The protocol at this place of [`App::links`].
pub(super) struct Probe(usize);

type ProbeCx<'a> = Cx<'a, App, Probe>;

impl Probe {
    fn told<'a>(&self, cx: &'a mut ProbeCx<'_>) -> &'a mut Told {
        let told = &mut cx.app.links[self.0];
        assert_eq!(told.stage, Stage::Made, "heard before it is made, or after its end (law 2)");
        told
    }

    /// Carries out what it was told to do next.
    fn go_on(&self, cx: &mut ProbeCx<'_>) {
        if let Some(order) = cx.app.links[self.0].orders.pop_front() {
            self.act(cx, order);
        }
    }

    pub(super) fn act(&self, cx: &mut ProbeCx<'_>, order: Order) {
        let place = |link: usize, cx: &ProbeCx<'_>| (self.0 + link) % cx.app.links.len();
        match order {
            Order::Write(size) => self.write(cx, size),
            Order::WriteTo(link, size) => write_to(cx, place(link, cx), size),
            Order::Lose(link) => close(cx, place(link, cx), false),
            Order::Abort(link) => close(cx, place(link, cx), true),
            Order::LoseWrite(link) => with(cx, place(link, cx), |cx, id| cx.transport.peers().lose_write(id)),
            Order::Pause(link) => pause(cx, place(link, cx), true),
            Order::Resume(link) => pause(cx, place(link, cx), false),
            Order::Timer(millis) => self.start_timer(cx, millis),
            Order::Cancel => self.cancel(cx),
            Order::Idle(millis) => cx.transport.set_idle_timeout(millis.map(Duration::from_millis)),
            Order::Deadline(millis) => {
                let at = millis.map(|millis| cx.reactor.now() + Duration::from_millis(millis));
                cx.transport.set_deadline(at);
            }
            Order::Connect => connect(cx),
            Order::Reply => self.reply(cx),
            Order::Defer => self.defer(cx),
            Order::Stop => cx.reactor.stop(),
        }
    }

    /// What was taken is what the outbox has grown by; a write that does not fit ends the link.
    fn write(&self, cx: &mut ProbeCx<'_>, size: usize) {
        let before = cx.transport.buffered();
        let bytes = pattern(cx.app.links[self.0].written, size);
        cx.transport.write(&bytes);
        let grown = cx.transport.buffered() - before;
        assert!(grown == size || grown == 0, "taken whole or not at all");
        let told = &mut cx.app.links[self.0];
        assert!(!told.is_closing || grown == 0, "nothing is taken once it closes");
        told.written += grown;
        told.is_closing |= cx.transport.is_disconnecting();
    }

    fn start_timer(&self, cx: &mut ProbeCx<'_>, millis: u64) {
        let (serial, due) = (cx.app.next_serial(), cx.reactor.now() + Duration::from_millis(millis));
        let refused = cx.reactor.counters().timers_refused;
        let timer = cx.reactor.call_later(Duration::from_millis(millis), move |probe: &mut Probe, cx| {
            let entry = probe.told(cx).timers.remove(&serial);
            assert!(entry.is_some_and(|(_, due)| due <= cx.reactor.now()), "too early, twice, or cancelled");
            probe.go_on(cx);
        });
        if cx.reactor.counters().timers_refused == refused {
            cx.app.links[self.0].timers.insert(serial, (timer, due));
        }
    }

    fn cancel(&self, cx: &mut ProbeCx<'_>) {
        if let Some((_, (timer, _))) = cx.app.links[self.0].timers.pop_first() {
            assert!(cx.reactor.cancel(timer), "it was still to come");
            assert!(!cx.reactor.cancel(timer), "it is cancelled once");
        }
    }

    fn expect(&self, cx: &mut ProbeCx<'_>) -> u32 {
        let serial = cx.app.next_serial();
        cx.app.replies.insert(serial, self.0);
        serial
    }

    fn answered(&self, cx: &mut ProbeCx<'_>, serial: u32) {
        self.told(cx);
        assert_eq!(cx.app.replies.remove(&serial), Some(self.0), "an answer comes once, to its asker");
        self.go_on(cx);
    }

    fn reply(&self, cx: &mut ProbeCx<'_>) {
        let serial = self.expect(cx);
        let reply = cx.reactor.reply(move |probe: &mut Probe, cx, serial| probe.answered(cx, serial));
        cx.reactor.send(reply, serial);
    }

    fn defer(&self, cx: &mut ProbeCx<'_>) {
        let serial = self.expect(cx);
        let done = move |probe: &mut Probe, cx: &mut ProbeCx<'_>, outcome: Result<u32, JobError>| {
            assert!(matches!(outcome, Ok(n) if n == serial) || matches!(outcome, Err(JobError::Full)));
            probe.answered(cx, serial);
        };
        let reply = cx.reactor.reply(done);
        cx.reactor.defer_to_thread(move || serial, reply);
    }
}

/// Does something with the link at a place, if it has a name yet.
fn with(cx: &mut ProbeCx<'_>, place: usize, act: impl FnOnce(&mut ProbeCx<'_>, ConnId)) {
    if let Some(id) = cx.app.links[place].id {
        act(cx, id);
    }
}

fn write_to(cx: &mut ProbeCx<'_>, place: usize, size: usize) {
    let bytes = pattern(cx.app.links[place].written, size);
    with(cx, place, |cx, id| {
        let before = cx.transport.peers().buffered(id);
        let sent = cx.transport.peers().write(id, &bytes);
        let grown = cx.transport.peers().buffered(id) - before;
        assert_eq!(grown, if sent == reactor::Sent::Queued { size } else { 0 });
        cx.app.links[place].written += grown;
    });
}

fn close(cx: &mut ProbeCx<'_>, place: usize, now: bool) {
    with(cx, place, |cx, id| {
        let mut peers = cx.transport.peers();
        if now {
            peers.abort(id);
        } else {
            peers.lose(id);
        }
        cx.app.links[place].is_closing = true;
    });
}

fn pause(cx: &mut ProbeCx<'_>, place: usize, pause: bool) {
    with(cx, place, |cx, id| {
        let mut peers = cx.transport.peers();
        if pause {
            peers.pause_reading(id);
        } else {
            peers.resume_reading(id);
        }
        cx.app.links[place].is_paused = pause;
    });
}

fn connect(cx: &mut ProbeCx<'_>) {
    if cx.app.links.len() < MOST {
        let (place, probe) = (cx.app.links.len(), cx.app.add(VecDeque::new()));
        let id = cx.reactor.connect(Endpoint::new("192.0.2.9", 7), probe);
        cx.app.links[place].id = Some(id);
    }
}

impl Protocol<App> for Probe {
    fn connection_made(&mut self, cx: &mut ProbeCx<'_>) {
        let id = cx.transport.id();
        let told = &mut cx.app.links[self.0];
        assert_eq!(told.stage, Stage::New, "made once, and first (law 2)");
        assert!(told.id.replace(id).is_none_or(|before| before == id), "a name is for ever (law 3)");
        told.stage = Stage::Made;
        // It was asked to pause on its way; who asks before there is anything to pause is not heard.
        told.is_paused &= !cx.transport.is_reading();
        self.go_on(cx);
    }

    fn data_received(&mut self, cx: &mut ProbeCx<'_>, data: &[u8]) {
        let told = self.told(cx);
        assert!(!data.is_empty() && !told.read_closed, "nothing comes after the end");
        assert!(!told.is_paused && !told.is_closing, "nothing comes when it is not wanted (law 6)");
        told.heard.extend_from_slice(data);
        self.go_on(cx);
    }

    fn read_closed(&mut self, cx: &mut ProbeCx<'_>) {
        let told = self.told(cx);
        assert!(!told.is_paused && !told.is_closing && !told.read_closed, "once, and in its place");
        told.read_closed = true;
        if told.orders.is_empty() {
            told.is_closing = true;
            cx.transport.lose_connection();
        }
        self.go_on(cx);
    }

    fn pressure(&mut self, cx: &mut ProbeCx<'_>, pressure: Pressure) {
        let told = self.told(cx);
        assert_ne!(told.is_high, pressure == Pressure::High, "each high is followed by a low");
        told.is_high = pressure == Pressure::High;
        self.go_on(cx);
    }

    fn resumed(&mut self, cx: &mut ProbeCx<'_>) {
        let told = self.told(cx);
        assert!(!told.is_paused && !told.is_closing, "it was paused again, or closed (law 6)");
        self.go_on(cx);
    }

    fn stopping(&mut self, cx: &mut ProbeCx<'_>) {
        assert!(!std::mem::replace(&mut self.told(cx).is_stopping, true), "it is told once");
        close(cx, self.0, false);
    }

    fn connection_lost(&mut self, cx: &mut ProbeCx<'_>, reason: &Reason) {
        let told = self.told(cx);
        let delivered = matches!(reason, Reason::Closed | Reason::PeerClosed);
        assert!(
            told.is_closing || !matches!(reason, Reason::Closed | Reason::Aborted),
            "nobody asked: {reason}"
        );
        told.stage = Stage::Lost { delivered };
        told.timers.clear();
        self.go_on_after_the_end(cx);
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, App>, _: &ConnectError) {
        let told = &mut cx.app.links[self.0];
        assert_eq!(told.stage, Stage::New, "it fails alone (law 2)");
        told.stage = Stage::Failed;
    }
}

impl Probe {
    /// The last callback may still ask for anything; what it asks for itself goes nowhere.
    fn go_on_after_the_end(&self, cx: &mut ProbeCx<'_>) {
        cx.app.replies.retain(|_, asker| *asker != self.0);
        match cx.app.links[self.0].orders.pop_front() {
            Some(Order::Timer(_) | Order::Reply | Order::Defer) | None => {}
            Some(order) => self.act(cx, order),
        }
    }
}
