//! Simulated clients: they report where they are, ask where others are, and note what they hear.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use protocols::{LineReceiver, Lines, send_line};
use reactor::{AppCx, Cx, Random, Reason};

use super::history::History;
use super::question::Question;

/// How many clients there are. Few, so that their reports meet.
const CLIENTS: u64 = 12;
/// The longest pause between two visits to a server.
const PAUSE: Duration = Duration::from_millis(60);
/// A visit that takes longer is given up: the server may be cut off.
const VISIT: Duration = Duration::from_secs(5);

/// All clients together: the application of their reactor.
pub(super) struct Load {
    pub(super) history: History,
    servers: Vec<(String, SocketAddr)>,
    random: Random,
    is_on: bool,
    /// The servers ask the simulated service.
    has_service: bool,
    /// Numbers the reports, so that no two are the same.
    reports: u64,
}

impl Load {
    pub(super) fn new(servers: Vec<(String, SocketAddr)>, has_service: bool, random: Random) -> Load {
        Load { history: History::default(), servers, random, is_on: false, has_service, reports: 0 }
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
        let (seconds, nanos) = (1_479_413_884 + nanos / 1_000_000_000, nanos % 1_000_000_000);
        format!("client-{client} +{whole}.{part:06}-118.445127 {seconds}.{nanos:09}").into_bytes()
    }

    /// A question about a client; the service is asked for more and for less than it has, near and far.
    fn question(&mut self, client: u64) -> Question {
        let (mut kilometres, mut bound) = (10, 3);
        if self.has_service {
            kilometres = 10 + 40 * self.random.below(2);
            bound = 1 + usize::try_from(self.random.below(20)).unwrap_or(0);
        }
        Question { id: format!("client-{client}"), kilometres, bound, of_service: self.has_service }
    }

    fn server(&mut self) -> Option<(String, SocketAddr)> {
        let index = usize::try_from(self.random.below(self.servers.len() as u64)).unwrap_or(0);
        self.servers.get(index).cloned()
    }
}

/// Goes to a random server with a few commands, and again after a while.
pub(super) fn visit(cx: &mut AppCx<'_, Load>) {
    if !cx.app.is_on {
        return;
    }
    let count = 1 + cx.app.random.below(4);
    let now = cx.reactor.now().as_nanos();
    if let Some((server, at)) = cx.app.server() {
        let errands = (0..count).map(|_| errand(cx.app, &server, now)).collect();
        cx.reactor.connect(at, Lines::new(Visitor { server, errands }));
    }
    let pause = cx.app.random.between(Duration::ZERO, PAUSE);
    cx.reactor.app_later(pause, visit);
}

fn errand(load: &mut Load, server: &str, now: u64) -> Errand {
    let client = load.random.below(CLIENTS);
    if load.random.percent(30) {
        load.history.ask();
        return Errand::Ask(load.question(client));
    }
    let fields = load.report(client, now);
    load.history.send(server, fields.clone());
    Errand::Tell(fields)
}

pub(super) fn start(cx: &mut AppCx<'_, Load>) {
    cx.app.is_on = true;
    visit(cx);
}

pub(super) fn end(cx: &mut AppCx<'_, Load>) {
    cx.app.is_on = false;
}

/// One last report of every client, newer than all before; the calm network must carry it everywhere.
pub(super) fn report_once_each(cx: &mut AppCx<'_, Load>) -> Vec<Vec<u8>> {
    let now = cx.reactor.now().as_nanos() + 1_000_000_000;
    let mut last = Vec::new();
    for client in 0..CLIENTS {
        let Some((server, at)) = cx.app.server() else { continue };
        cx.app.reports += 1;
        let (reports, seconds) = (cx.app.reports, 1_479_413_884 + now / 1_000_000_000);
        let fields = format!("client-{client} -1.{reports:06}+2 {seconds}.{client:09}").into_bytes();
        cx.app.history.send(&server, fields.clone());
        last.push(fields.clone());
        cx.reactor.connect(at, Lines::new(Visitor { server, errands: [Errand::Tell(fields)].into() }));
    }
    last
}

/// What a visitor comes for.
enum Errand {
    /// To report: `id location time`.
    Tell(Vec<u8>),
    /// To ask.
    Ask(Question),
    /// The AT line has come, and so much of the places.
    Listen(Question, Vec<u8>, Vec<u8>),
}

/// One connection of a client.
struct Visitor {
    server: String,
    errands: VecDeque<Errand>,
}

impl LineReceiver<Load> for Visitor {
    fn connection_made(&mut self, cx: &mut Cx<'_, Load, Self>) {
        for errand in &self.errands {
            match errand {
                Errand::Tell(fields) => cx.transport.write_sequence(&[b"IAMAT ", fields, b"\n"]),
                Errand::Ask(question) => send_line(&mut cx.transport, question.line().as_bytes()),
                Errand::Listen(..) => {}
            }
        }
        let deadline = cx.reactor.now() + VISIT;
        cx.transport.set_deadline(Some(deadline));
    }

    fn line_received(&mut self, cx: &mut Cx<'_, Load, Self>, line: &[u8]) {
        let history = &mut cx.app.history;
        match self.errands.pop_front() {
            Some(Errand::Tell(fields)) => history.answered(&fields, line),
            Some(Errand::Ask(question)) if line == [b"? ", question.line().as_bytes()].concat() => {
                history.declined();
            }
            Some(Errand::Ask(question)) => {
                history.saw(&self.server, line);
                self.errands.push_front(Errand::Listen(question, line.to_vec(), Vec::new()));
            }
            Some(Errand::Listen(question, at, mut text)) => {
                text.extend_from_slice(line);
                text.push(b'\n');
                match line {
                    [] => history.told(&self.server, &question, &at, &text),
                    _ => self.errands.push_front(Errand::Listen(question, at, text)),
                }
            }
            None => history.fail(format!("{} said unasked: {}", self.server, line.escape_ascii())),
        }
        if self.errands.is_empty() {
            cx.transport.lose_connection();
        }
    }

    fn connection_lost(&mut self, cx: &mut Cx<'_, Load, Self>, reason: &Reason) {
        if let Reason::Panicked(message) = reason {
            cx.app.history.fail(format!("a client panicked: {message}"));
        }
    }
}
