//! How long a report takes until every server knows it.
//!
//! One report after another: each goes to the next server in turn, and at once the others are asked about its client,
//! again and again until they have that very report. So the time includes up to one question more than it would have
//! taken to hear of it, and the servers have the questions to answer besides.

use std::time::Duration;

use hdrhistogram::Histogram;
use protocols::{LineReceiver, Lines};
use reactor::{AppCx, ConnId, ConnectError, Cx, Peers, Reason, Requests, Time, WallTime};

use super::flight::{Errand, Flight, Heard, Verdict, What};
use super::plan::Target;
use super::report::Latency;
use super::tally::{histogram, nanos};
use super::words::{MOST_CLIENTS, Report};

/// The words of a question behind the id: as few places as can be asked for.
const TAIL: &[u8] = b"1 1";
/// How long a dial may take.
const DIAL_TIME: Duration = Duration::from_secs(5);
/// How long a report may take to reach everybody; then the next one has its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// The application of a reactor that sends reports and asks who knows them.
#[derive(Debug)]
pub struct Spread {
    targets: Vec<Target>,
    seats: Vec<Seat>,
    updates: u32,
    /// How many had their turn.
    done: u32,
    current: Option<Update>,
    stamp: u64,
    known: u32,
    asked: u64,
    until_all_know: Histogram<u64>,
    until_reply: Histogram<u64>,
    trouble: Option<String>,
}

/// The connection to one server.
#[derive(Debug)]
struct Seat {
    conn: Option<ConnId>,
    flight: Flight,
    /// Whether this server knows the current report.
    knows: bool,
}

#[derive(Clone, Copy, Debug)]
struct Update {
    number: u32,
    client: u32,
    stamp: u64,
    sent: Time,
}

impl Spread {
    /// So many reports, to these servers.
    pub fn new(targets: Vec<Target>, updates: u32) -> Spread {
        let seat = |_: &Target| Seat { conn: None, flight: Flight::new(TAIL), knows: false };
        Spread {
            seats: targets.iter().map(seat).collect(),
            targets,
            updates,
            done: 0,
            current: None,
            stamp: 0,
            known: 0,
            asked: 0,
            until_all_know: histogram(),
            until_reply: histogram(),
            trouble: None,
        }
    }

    /// Why it ended early, if it did.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// How many reports had their turn, of how many.
    pub fn progress(&self) -> (u32, u32) {
        (self.done, self.updates)
    }

    /// What came out of it.
    pub fn results(&self, generator_cpu: Duration) -> SpreadResults {
        SpreadResults {
            version: super::report::VERSION,
            mode: "spread",
            target: self.targets.iter().map(|target| target.name.clone()).collect(),
            updates: self.done,
            known_by_all: self.known,
            asked: self.asked,
            latency_us: Latency::of(&self.until_all_know),
            reply_us: Latency::of(&self.until_reply),
            generator_cpu: generator_cpu.as_secs_f64(),
        }
    }
}

/// How long reports took until every server knew them.
#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct SpreadResults {
    /// As in [`Results`](super::Results).
    pub version: u32,
    /// `spread`.
    pub mode: &'static str,
    /// The servers, as they were named.
    pub target: Vec<String>,
    /// Reports that were sent.
    pub updates: u32,
    /// Of those, how many reached everybody in time.
    pub known_by_all: u32,
    /// Questions, in all.
    pub asked: u64,
    /// From sending a report until the last server was heard to know it, in microseconds.
    pub latency_us: Latency,
    /// From sending it until its reply came.
    pub reply_us: Latency,
    /// Seconds of user and system time that the generator used.
    pub generator_cpu: f64,
}

/// Dials every server, and begins once all are there.
pub fn start_spread(cx: &mut AppCx<'_, Spread>) {
    for (place, target) in cx.app.targets.iter().enumerate() {
        cx.reactor.connect(target.at.clone().within(DIAL_TIME), Lines::new(Asker { place }));
    }
}

fn next_update(app: &mut Spread, peers: &mut Peers<'_>, reactor: &mut Requests<'_, Spread>) {
    if app.done == app.updates {
        return reactor.stop();
    }
    let wall = u64::try_from(WallTime::as_unix_nanos(reactor.wall_clock())).unwrap_or_default();
    app.stamp = wall.max(app.stamp + 1);
    let (number, client) = (app.done, app.done % MOST_CLIENTS);
    let update = Update { number, client, stamp: app.stamp, sent: reactor.now() };
    app.current = Some(update);
    app.seats.iter_mut().for_each(|seat| seat.knows = false);
    let source = number as usize % app.seats.len();
    app.tell(peers, source, update);
    for place in (0..app.seats.len()).filter(|place| *place != source) {
        app.ask(peers, place, reactor.now());
    }
    reactor.app_later(PATIENCE, move |cx| give_up(cx, number));
}

fn give_up(cx: &mut AppCx<'_, Spread>, number: u32) {
    if cx.app.current.is_some_and(|update| update.number == number) {
        cx.app.done += 1;
        next_update(cx.app, &mut cx.peers, &mut cx.reactor);
    }
}

impl Spread {
    fn tell(&mut self, peers: &mut Peers<'_>, place: usize, update: Update) {
        let Update { client, stamp, sent, .. } = update;
        let what = What::Tell(Report::new(client, stamp));
        self.seats[place].send(peers, Errand { client, due: sent, what });
    }

    /// Asks a server about the current report, unless a question is on its way to it already.
    fn ask(&mut self, peers: &mut Peers<'_>, place: usize, now: Time) {
        let Some(Update { client, stamp, .. }) = self.current else { return };
        let seat = &mut self.seats[place];
        if seat.flight.len() > 0 {
            return;
        }
        self.asked += 1;
        seat.send(peers, Errand { client, due: now, what: What::Ask(stamp..=stamp) });
    }

    /// Hears a line; whether everybody knows the current report by now.
    fn hear(&mut self, peers: &mut Peers<'_>, place: usize, line: &[u8], now: Time) -> bool {
        let Heard::Settled(errand, verdict) = self.seats[place].flight.hear(line) else { return false };
        let Some(update) = self.current else { return false };
        let is_current = errand.client == update.client;
        if let (What::Tell(_), Verdict::Right) = (&errand.what, verdict) {
            self.until_reply.saturating_record(nanos(now.since(errand.due)));
        }
        match verdict {
            Verdict::Right if is_current => self.seats[place].knows = true,
            _ => self.ask(peers, place, now), // it was not there yet, or this is an answer about the one before
        }
        let all_know = self.seats.iter().all(|seat| seat.knows);
        if all_know {
            self.done += 1;
            self.known += 1;
            self.until_all_know.saturating_record(nanos(now.since(update.sent)));
        }
        all_know
    }

    fn fail(&mut self, place: usize, why: impl std::fmt::Display) {
        let name = &self.targets[place].name;
        let _ = self.trouble.get_or_insert_with(|| format!("{name}: {why}"));
    }
}

impl Seat {
    fn send(&mut self, peers: &mut Peers<'_>, errand: Errand) {
        let mut line = Vec::new();
        errand.write_to(&mut line, TAIL);
        line.push(b'\n');
        if let Some(conn) = self.conn {
            // Where it is not taken the connection is lost, and with it the measurement.
            let _ = peers.write(conn, &line);
        }
        self.flight.push(errand);
    }
}

/// A connection; its seat is the [`Spread`]'s.
#[derive(Debug)]
struct Asker {
    place: usize,
}

impl LineReceiver<Spread> for Asker {
    const MAX_LENGTH: usize = super::connection::LINE;

    fn connection_made(&mut self, cx: &mut Cx<'_, Spread, Self>) {
        cx.app.seats[self.place].conn = Some(cx.transport.id());
        if cx.app.seats.iter().all(|seat| seat.conn.is_some()) {
            next_update(cx.app, &mut cx.transport.peers(), &mut cx.reactor);
        }
    }

    fn line_received(&mut self, cx: &mut Cx<'_, Spread, Self>, line: &[u8]) {
        let now = cx.reactor.now();
        if cx.app.hear(&mut cx.transport.peers(), self.place, line, now) {
            next_update(cx.app, &mut cx.transport.peers(), &mut cx.reactor);
        }
    }

    fn stopping(&mut self, cx: &mut Cx<'_, Spread, Self>) {
        cx.transport.abort_connection();
    }

    fn connection_lost(&mut self, cx: &mut Cx<'_, Spread, Self>, reason: &Reason) {
        if !cx.reactor.is_stopping() {
            cx.app.fail(self.place, reason);
            cx.reactor.stop();
        }
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, Spread>, error: &ConnectError) {
        if !cx.reactor.is_stopping() {
            cx.app.fail(self.place, error);
            cx.reactor.stop();
        }
    }
}
