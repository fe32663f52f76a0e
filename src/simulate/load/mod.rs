//! Simulated clients: they report where they are, ask where others are, and note what they hear.

mod errand;
mod visitor;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use protocols::Lines;
use reactor::{AppCx, Random, Time};

use super::history::{History, Sent, Visit};
use super::question::Question;
use super::topology::place;
use errand::{Errand, nonsense};
use visitor::{Manner, Visitor};

/// What the wall clocks that are right show at the start of a run, in POSIX seconds.
const EPOCH: u64 = 1_479_413_884;

/// What the clients of a run are like.
#[derive(Clone, Debug)]
pub struct LoadPlan {
    /// How many clients there are. Few, so that their reports meet.
    pub clients: u64,
    /// The longest pause between two visits to a server.
    pub pause: Duration,
    /// The most commands of one visit.
    pub pipelining: u64,
    /// Percent of visits by clients with bad manners: see `Manner`.
    pub bad_manners: u64,
    /// Percent of commands that are none.
    pub nonsense: u64,
    /// Percent of commands that ask.
    pub questions: u64,
    /// Whether everybody listens to the replies: otherwise some do not.
    pub is_heard: bool,
}

impl LoadPlan {
    pub(super) fn drawn(random: &mut Random, is_good: bool) -> LoadPlan {
        LoadPlan {
            clients: 1 + random.below(24),
            pause: random.between(Duration::from_millis(30), Duration::from_millis(200)),
            pipelining: [1, 4, 4, 4, 16][place(random, 5)],
            bad_manners: [0, 20, 50][place(random, 3)],
            nonsense: [0, 5, 15][place(random, 3)],
            questions: [0, 30, 30, 60][place(random, 4)],
            is_heard: is_good,
        }
    }
}

/// All clients together: the application of their reactor.
pub(super) struct Load {
    pub(super) history: History,
    servers: Vec<(String, SocketAddr)>,
    random: Random,
    plan: LoadPlan,
    is_on: bool,
    /// The servers ask the simulated service.
    has_service: bool,
    /// Numbers the reports, so that no two are the same.
    reports: u64,
    visits: u64,
    /// The last report of each client: its place among those sent.
    last: BTreeMap<u64, usize>,
}

impl Load {
    pub(super) fn new(
        servers: Vec<(String, SocketAddr)>,
        plan: LoadPlan,
        has_service: bool,
        random: Random,
    ) -> Load {
        let history = History::default();
        let last = BTreeMap::new();
        Load { history, servers, random, plan, is_on: false, has_service, reports: 0, visits: 0, last }
    }

    /// The last report of each client.
    pub(super) fn last(&self) -> impl Iterator<Item = &Sent> {
        self.last.values().filter_map(|&place| self.history.sent().get(place))
    }

    /// Whether a client has the answer to its last report.
    fn has_answer(&self, client: u64) -> bool {
        let sent = self.last.get(&client).and_then(|&place| self.history.sent().get(place));
        sent.is_some_and(|sent| sent.acknowledged.is_some())
    }

    /// `id location time`, new to the herd. One in eight is late, one in eight ties with others.
    fn report(&mut self, client: u64, now_nanos: u64) -> Vec<u8> {
        self.reports += 1;
        let (whole, part) = (self.random.below(90), self.reports % 1_000_000);
        let nanos = match self.random.below(8) {
            0 => now_nanos.saturating_sub(self.random.below(5_000_000_000)),
            1 => now_nanos - now_nanos % 1_000_000_000,
            _ => now_nanos,
        };
        let (seconds, nanos) = (EPOCH + nanos / 1_000_000_000, nanos % 1_000_000_000);
        format!("client-{client} +{whole}.{part:06}-118.445127 {seconds}.{nanos:09}").into_bytes()
    }

    /// A question about a client; the service is asked for more and for less than it has, near and far.
    fn question(&mut self, client: u64) -> Question {
        let (mut kilometres, mut bound) = (10, 3);
        if self.has_service {
            kilometres = 10 + 40 * self.random.below(2);
            bound = 1 + place(&mut self.random, 20);
        }
        Question { id: format!("client-{client}"), kilometres, bound, of_service: self.has_service }
    }

    fn errand(&mut self, server: &str, is_listening: bool, now: Time) -> Errand {
        let client = self.random.below(self.plan.clients);
        if self.random.percent(self.plan.nonsense) {
            return Errand::Babble(nonsense(&mut self.random));
        }
        if self.random.percent(self.plan.questions) {
            self.history.questions.asked += usize::from(is_listening);
            return Errand::Ask(self.question(client));
        }
        let fields = self.report(client, now.as_nanos());
        Errand::Tell(self.history.send(server, fields.clone(), is_listening, now), fields)
    }

    fn manner(&mut self) -> Manner {
        if !self.random.percent(self.plan.bad_manners) {
            return Manner::Polite;
        }
        match self.random.below(4) {
            0 => Manner::Slow(self.random.between(Duration::ZERO, Duration::from_secs(3))),
            1 => Manner::Dripping(self.random.split()),
            2 if !self.plan.is_heard => Manner::Deaf,
            _ => Manner::HalfClosing,
        }
    }

    fn server(&mut self) -> Option<(String, SocketAddr)> {
        let index = place(&mut self.random, self.servers.len());
        self.servers.get(index).cloned()
    }

    fn visit_of(&mut self, server: String) -> Visit {
        self.visits += 1;
        Visit { number: self.visits, server }
    }
}

/// Goes to a random server with a few commands, and again after a while.
fn visit(cx: &mut AppCx<'_, Load>) {
    if !cx.app.is_on {
        return;
    }
    let now = cx.reactor.now();
    if let Some((server, at)) = cx.app.server() {
        let manner = cx.app.manner();
        let is_listening = manner.is_listening();
        // Who does not read asks for as much as may fill every buffer.
        let most = if is_listening { cx.app.plan.pipelining } else { 64 };
        let count = 1 + cx.app.random.below(most);
        let errands = (0..count).map(|_| cx.app.errand(&server, is_listening, now)).collect();
        let visit = cx.app.visit_of(server);
        cx.reactor.connect(at, Lines::new(Visitor::new(visit, errands, manner)));
    }
    let pause = cx.app.random.between(Duration::ZERO, cx.app.plan.pause);
    cx.reactor.app_later(pause, visit);
}

pub(super) fn start(cx: &mut AppCx<'_, Load>) {
    cx.app.is_on = true;
    visit(cx);
}

pub(super) fn end(cx: &mut AppCx<'_, Load>) {
    cx.app.is_on = false;
}

/// One last report of every client, newer than all before; the calm network must carry it everywhere.
pub(super) fn report_once_each(cx: &mut AppCx<'_, Load>) {
    (0..cx.app.plan.clients).for_each(|client| report_last(cx, client));
}

/// A server may have no room for all at once: who gets no answer makes another report.
fn report_last(cx: &mut AppCx<'_, Load>, client: u64) {
    let Some((server, at)) = cx.app.server() else { return };
    let sent = cx.reactor.now();
    let now = sent.as_nanos() + 1_000_000_000;
    cx.app.reports += 1;
    let (reports, seconds, nanos) = (cx.app.reports, EPOCH + now / 1_000_000_000, now % 1_000_000_000);
    let fields = format!("client-{client} -1.{reports:06}+2 {seconds}.{nanos:09}").into_bytes();
    let place = cx.app.history.send(&server, fields.clone(), true, sent);
    cx.app.last.insert(client, place);
    let visit = cx.app.visit_of(server);
    let visitor = Visitor::new(visit, [Errand::Tell(place, fields)].into(), Manner::Polite);
    cx.reactor.connect(at, Lines::new(visitor.insisting(client)));
}
