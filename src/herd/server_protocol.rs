//! One client (the paper, 3.2 and 3.3; the specification, sections 2 to 5).

use std::net::IpAddr;
use std::time::Duration;

use protocols::{LineReceiver, send_line};
use reactor::{AppCx, ConnectError, Cx, Pressure, Reason, Reply, WallTime};

use super::held::Held;
use super::news::hear;
use super::pace::Pace;
use super::refusal::Refusal;
use super::sending::Sending;
use super::{Curb, Herd, Rules};
use crate::buggify::{Point, fires};
use crate::command::{AtLine, Command, Difference, Invalid, Query, Report, Timestamp};
use crate::journal::{Journal, Sought, Ticket};
use crate::places::{Answer, LONGEST, Nearby};
use crate::planted::{Planted, is_planted};
use crate::traffic_log::Direction;

/// How much of a line that is too long is sent back.
const EXCERPT: usize = 64;
/// Bytes of replies that wait for the disk; then nothing more is read from their client. Some five hundred
/// reports: more than that would gain no further commit.
const MOST_HELD: usize = 64 * 1024;

type ServerCx<'a> = Cx<'a, Herd, ServerProtocol>;

/// Answers the commands of one client, in their order.
///
/// While a WHATSAT is asked of the provider, reading is paused: the commands behind it wait in the line
/// protocol and in the socket, and nobody else waits at all.
#[derive(Debug)]
pub struct ServerProtocol {
    /// The longest line, and the longest time for one.
    line: usize,
    line_time: Duration,
    /// How fast it may go.
    pace: Pace,
    /// As whom it was admitted.
    client: IpAddr,
    /// A line is in hand: it is with the provider, or waits until it may be; or the record that it is about is
    /// being read from disk.
    busy: bool,
    /// The next line waits until it may be served.
    resting: bool,
    /// Replies that wait for the disk.
    held: Held,
    /// The answer to the line in hand, which waits for those, and for the client to read.
    sending: Option<Sending>,
    /// The journal will say when it has got further.
    waiting: bool,
    /// Nothing more will come, or nothing more is wanted: close once everything is answered.
    closing: bool,
    /// No further line is obeyed: close once the replies are sent.
    over: bool,
}

impl LineReceiver<Herd> for ServerProtocol {
    fn connection_made(&mut self, cx: &mut ServerCx<'_>) {
        let idle = cx.app.rules.idle;
        cx.transport.set_idle_timeout(Some(idle));
    }

    fn line_received(&mut self, cx: &mut ServerCx<'_>, line: &[u8]) {
        cx.app.traffic.line(&mut cx.reactor, Direction::In, || cx.transport.peer(), &[line]);
        self.obey(cx, line);
        self.rest(cx);
        if cx.transport.is_high() {
            cx.transport.pause_reading(); // until the pressure is low again
        }
    }

    fn line_length_exceeded(&mut self, cx: &mut ServerCx<'_>, start: &[u8]) {
        let excerpt = &start[..EXCERPT.min(start.len())];
        cx.app.traffic.line(&mut cx.reactor, Direction::In, || cx.transport.peer(), &[excerpt]);
        self.bad_request(cx, excerpt, Refusal::TooLong(self.line));
        self.close_after_replies(cx);
    }

    /// The end of the stream ends a line, too; what was asked is answered before the close.
    fn read_closed(&mut self, cx: &mut ServerCx<'_>, unfinished: &[u8]) {
        self.closing = true;
        if !unfinished.is_empty() {
            self.line_received(cx, unfinished);
        }
        self.close_when_answered(cx);
    }

    fn pressure(&mut self, cx: &mut ServerCx<'_>, pressure: Pressure) {
        match pressure {
            Pressure::High => cx.transport.pause_reading(),
            Pressure::Low => {
                if self.sending.is_some() {
                    let idle = cx.app.rules.idle;
                    cx.transport.set_idle_timeout(Some(idle)); // who reads is there
                }
                self.go_on(cx);
            }
        }
    }

    /// What is in hand is answered at once: there is no time left for going slowly.
    fn stopping(&mut self, cx: &mut ServerCx<'_>) {
        self.closing = true;
        if std::mem::take(&mut self.resting) {
            self.go_on(cx);
        }
        self.close_when_answered(cx);
    }

    fn connection_lost(&mut self, cx: &mut ServerCx<'_>, reason: &Reason) {
        cx.app.dismiss(self.client);
        if self.waiting || self.busy {
            cx.app.journal.forget(cx.transport.id());
        }
        log::debug!("{}: client {}: {reason}", cx.app.name, cx.transport.peer());
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, Herd>, error: &ConnectError) {
        cx.app.dismiss(self.client);
        log::debug!("{}: a client: {error}", cx.app.name);
    }

    fn max_length(&self) -> usize {
        self.line
    }

    fn line_time(&self) -> Option<Duration> {
        Some(self.line_time)
    }
}

impl ServerProtocol {
    /// Serves, under `rules`, a client that was admitted as `client`.
    pub(crate) fn new(rules: &Rules, client: IpAddr) -> ServerProtocol {
        ServerProtocol {
            line: rules.line,
            line_time: rules.line_time,
            pace: Pace::new(rules),
            client,
            busy: false,
            resting: false,
            held: Held::default(),
            sending: None,
            waiting: false,
            closing: false,
            over: false,
        }
    }

    fn obey(&mut self, cx: &mut ServerCx<'_>, line: &[u8]) {
        match Command::parse(line) {
            Ok(Command::Iamat(report)) => self.iamat(cx, line, report),
            Ok(Command::Whatsat(query)) => self.whatsat(cx, line, query),
            Ok(Command::At(at)) if is_planted(Planted::ClientsNews) => drop(cx.app.store.accept(&at)),
            Ok(Command::At(at)) if cx.app.believes(cx.transport.peer()) => self.at(cx, line, &at),
            Ok(Command::At(_)) => self.bad_request(cx, line, Refusal::NoNeighbour),
            Err(invalid) => {
                self.bad_request(cx, line, invalid);
                if invalid == Invalid::Http {
                    self.close_on_http(cx);
                }
            }
        }
    }

    /// Stores a report, answers it, and passes it on if it is news.
    fn iamat(&mut self, cx: &mut ServerCx<'_>, line: &[u8], report: Report<'_>) {
        let clock = cx.reactor.wall_clock();
        if is_too_far_ahead(report.time, clock, cx.app.rules.max_clock_skew) {
            return self.bad_request(cx, line, Refusal::Ahead);
        }
        if cx.app.journal.refuses() {
            return self.bad_request(cx, line, Refusal::DiskFails);
        }
        if cx.app.store.may_be_away(report.id) {
            return self.seek(cx, line, report.id);
        }
        self.take(cx, line, report);
    }

    /// The same, once what is known of the client is in memory.
    fn take(&mut self, cx: &mut ServerCx<'_>, line: &[u8], report: Report<'_>) {
        if !cx.app.store.has_room_for(report.id) {
            cx.app.curb(Curb::Known, cx.transport.peer());
            return self.bad_request(cx, line, Refusal::NoRoom);
        }
        let clock = cx.reactor.wall_clock();
        cx.app.counters.reports += 1;
        let difference = Difference::between(clock.as_unix_nanos(), report.time);
        match cx.app.journal.delays() {
            false => report_at_once(cx, difference, report),
            true => self.report_durably(cx, difference, report),
        }
    }

    /// The reply waits for the disk, and so do the news, of which the journal takes care. So does the reply to
    /// a report that is no news: what is newer than it may not be on disk itself.
    fn report_durably(&mut self, cx: &mut ServerCx<'_>, difference: Difference, report: Report<'_>) {
        let herd = &mut *cx.app;
        let at = AtLine::new(herd.name.as_bytes(), difference.as_bytes(), report);
        herd.line.clear();
        at.write_to(&mut herd.line);
        if let Some(record) = herd.store.report(&at) {
            herd.journal.changed(&mut cx.reactor);
            if herd.journal.floods_at_once() {
                let (peers, traffic) = (&mut cx.transport.peers(), &mut herd.traffic);
                herd.neighbours.flood(None, record.line(), traffic, peers, &mut cx.reactor);
            }
        }
        herd.traffic.line(&mut cx.reactor, Direction::Out, || cx.transport.peer(), &[&herd.line]);
        let ticket = herd.journal.ticket(&herd.store);
        let line = std::mem::take(&mut herd.line);
        self.reply(cx, ticket, &[&line, b"\n"]);
        cx.app.line = line;
    }

    /// Has the record of the client `id` read from disk. Meanwhile nothing behind this line is read, so replies keep
    /// their order.
    fn seek(&mut self, cx: &mut ServerCx<'_>, line: &[u8], id: &[u8]) {
        self.busy = true;
        cx.transport.pause_reading();
        let line = line.to_vec();
        let done = cx.reactor.reply(move |server: &mut Self, cx, sought| server.sought(cx, &line, sought));
        cx.app.seek(&mut cx.reactor, id, done);
    }

    /// The line is obeyed now, as if it had just come.
    fn sought(&mut self, cx: &mut ServerCx<'_>, line: &[u8], sought: Sought) {
        self.busy = false;
        match (sought, Command::parse(line)) {
            (Sought::Found, _) => self.obey(cx, line),
            (Sought::Unknown, Ok(Command::Iamat(report))) if !cx.app.journal.refuses() => {
                self.take(cx, line, report);
            }
            (Sought::Unknown, Ok(Command::At(at))) => hear(cx, None, &at),
            (Sought::Unknown, Ok(Command::Iamat(_))) => self.bad_request(cx, line, Refusal::DiskFails),
            (Sought::Unknown, _) => self.bad_request(cx, line, Refusal::Unknown),
            (Sought::Failed, _) => self.bad_request(cx, line, Refusal::Unread),
        }
        self.go_on(cx);
    }

    /// Takes a neighbour's news, in `paper` mode (the paper, 3.4). It is not answered. Who sent it is not proven, and
    /// an original does not look at the dates of reports; so this does, as with those of clients.
    fn at(&mut self, cx: &mut ServerCx<'_>, line: &[u8], at: &AtLine<'_>) {
        if is_too_far_ahead(at.time, cx.reactor.wall_clock(), cx.app.rules.max_clock_skew) {
            return self.bad_request(cx, line, Refusal::Ahead);
        }
        if cx.app.store.may_be_away(at.id) {
            return self.seek(cx, line, at.id);
        }
        hear(cx, None, at);
    }

    /// Asks what is near a client.
    fn whatsat(&mut self, cx: &mut ServerCx<'_>, line: &[u8], query: Query<'_>) {
        if cx.app.store.may_be_away(query.id) {
            return self.seek(cx, line, query.id);
        }
        let Herd { store, journal, .. } = &*cx.app;
        let Some(record) = store.get(query.id) else {
            return self.bad_request(cx, line, Refusal::Unknown);
        };
        if !journal.may_show(record) {
            return self.bad_request(cx, line, Refusal::NotOnDisk);
        }
        let ticket = journal.ticket(store);
        let nearby = Nearby {
            latitude: record.location().latitude(),
            longitude: record.location().longitude(),
            radius_metres: query.radius_metres,
            bound: query.bound,
            within: cx.app.rules.places_time,
        };
        let (at, line) = (record.line().to_vec(), line.to_vec());
        let done = cx.reactor.reply(move |server: &mut Self, cx, answer: Answer| {
            server.answer(cx, ticket, &at, &line, answer);
        });
        self.ask(cx, nearby, done);
    }

    /// Asks whoever knows what is near, once the client's pace allows it. Nothing behind it is read meanwhile.
    fn ask(&mut self, cx: &mut ServerCx<'_>, nearby: Nearby, done: Reply<Herd, Answer>) {
        cx.app.counters.queries += 1;
        self.busy = true;
        if !is_planted(Planted::AnswersOutOfOrder) {
            cx.transport.pause_reading();
        }
        let wait = self.pace.before_query(cx.reactor.now());
        // It is not the client who is silent; if no answer came at all, the connection still ends.
        let patience = cx.app.rules.idle.saturating_add(nearby.within).saturating_add(wait);
        cx.transport.set_idle_timeout(Some(patience));
        if wait == Duration::ZERO {
            return ask(cx, nearby, done);
        }
        cx.app.curb(Curb::Queries, cx.transport.peer());
        cx.reactor.call_later(wait, move |_, cx| ask(cx, nearby, done));
    }

    /// The answer is there.
    fn answer(&mut self, cx: &mut ServerCx<'_>, ticket: Ticket, at: &[u8], line: &[u8], answer: Answer) {
        if fires(Point::LateAnswer) {
            let (at, line) = (at.to_vec(), line.to_vec());
            let later =
                move |server: &mut Self, cx: &mut ServerCx<'_>| server.answer(cx, ticket, &at, &line, answer);
            cx.reactor.call_later(Duration::from_millis(20), later);
            return;
        }
        let idle = cx.app.rules.idle;
        cx.transport.set_idle_timeout(Some(idle));
        match answer {
            Ok(_) if cx.app.journal.is_failing() && !cx.app.journal.has_come(ticket) => {
                self.refuse(cx, line, Refusal::NotOnDisk);
            }
            Ok(found) if found.size() > LONGEST => {
                self.refuse(cx, line, Refusal::LongPlaces(found.size()));
            }
            Ok(found) => {
                let sending = self.sending.insert(Sending::new(ticket, at, found));
                sending.log(cx.app, &mut cx.reactor, cx.transport.peer());
                self.send_on(cx);
            }
            Err(error) => self.refuse(cx, line, error),
        }
    }

    /// There is no answer to the line in hand.
    fn refuse(&mut self, cx: &mut ServerCx<'_>, line: &[u8], why: impl Into<Refusal>) {
        self.busy = false;
        self.bad_request(cx, line, why);
        self.go_on(cx);
    }

    /// Sends as much of the answer in hand as the outbox has room for, once the replies before it have left and what it
    /// shows is on disk; behind the whole of it goes on with the next command.
    fn send_on(&mut self, cx: &mut ServerCx<'_>) {
        let Some(sending) = &mut self.sending else { return };
        if !self.held.is_empty() || !cx.app.journal.has_come(sending.ticket) {
            return self.wait_for_disk(cx);
        }
        if sending.write(&mut cx.transport, cx.reactor.limits().high_water) {
            self.sending = None;
            self.busy = false;
            self.go_on(cx);
        }
    }

    /// Sends a reply, or holds it until what it waits for is on disk; and those behind it with it.
    fn reply(&mut self, cx: &mut ServerCx<'_>, ticket: Ticket, parts: &[&[u8]]) {
        if self.held.is_empty() && cx.app.journal.has_come(ticket) {
            return cx.transport.write_sequence(parts);
        }
        self.held.push(ticket, parts);
        self.wait_for_disk(cx);
        if self.held.len() >= MOST_HELD || fires(Point::FullHold) {
            cx.transport.pause_reading();
        }
    }

    fn wait_for_disk(&mut self, cx: &mut ServerCx<'_>) {
        if !std::mem::replace(&mut self.waiting, true) {
            cx.app.journal.wait(cx.transport.id());
        }
    }

    /// More is on disk, or nothing will be for a while: then whoever waits for it is closed, for he cannot be
    /// told whether his reports will be kept.
    pub(crate) fn disk_answered(&mut self, cx: &mut ServerCx<'_>) {
        self.waiting = false;
        self.held.release(&cx.app.journal, &mut cx.transport);
        if self.waits_for_disk(&cx.app.journal) {
            if cx.app.journal.is_failing() {
                cx.app.journal.count_closed();
                log::debug!("{}: closed, for the disk fails", cx.transport.peer());
                return cx.transport.lose_connection();
            }
            self.wait_for_disk(cx);
        }
        self.go_on(cx);
    }

    /// Whether a reply may not leave before more is on disk.
    fn waits_for_disk(&self, journal: &Journal) -> bool {
        !self.held.is_empty() || self.sending.as_ref().is_some_and(|answer| !journal.has_come(answer.ticket))
    }

    /// What every line gets that is no command (the paper's `bad_request`; the specification, section 5). Why is for
    /// the log.
    fn bad_request(&mut self, cx: &mut ServerCx<'_>, line: &[u8], why: impl Into<Refusal>) {
        let why = why.into();
        cx.app.counters.invalid += 1;
        log::debug!("{}: {why}", cx.transport.peer());
        self.reply(cx, Ticket::default(), &[b"? ", line, b"\n"]);
        cx.app.traffic.refusal(&mut cx.reactor, || cx.transport.peer(), line, &why);
    }

    /// A browser was made to speak to us, by a page that hopes for a line of its own to be obeyed. Nothing behind
    /// this one is.
    fn close_on_http(&mut self, cx: &mut ServerCx<'_>) {
        cx.app.curb(Curb::Http, cx.transport.peer());
        self.close_after_replies(cx);
    }

    /// Closes once the replies that wait for the disk are sent, too. No further line is obeyed.
    fn close_after_replies(&mut self, cx: &mut ServerCx<'_>) {
        if self.held.is_empty() {
            return cx.transport.lose_connection();
        }
        self.over = true;
        cx.transport.pause_reading();
    }

    /// A line was served; sees to it that the next one is not too early. It waits where it is, in the line
    /// protocol or in the client's own socket: nothing is refused and nothing lost.
    fn rest(&mut self, cx: &mut ServerCx<'_>) {
        let wait = self.pace.after_line(cx.reactor.now());
        if wait == Duration::ZERO || self.closing || self.resting {
            return;
        }
        cx.app.curb(Curb::Lines, cx.transport.peer());
        self.resting = true;
        cx.transport.pause_reading();
        cx.reactor.call_later(wait, |server: &mut Self, cx| {
            server.resting = false;
            server.go_on(cx);
        });
    }

    /// Whether the next command has to wait: for an answer, for its time, or for the client or the disk.
    fn has_to_wait(&self, cx: &ServerCx<'_>) -> bool {
        self.busy || self.resting || cx.transport.is_high() || self.held.len() >= MOST_HELD
    }

    /// Goes on with the next command, unless it has to wait.
    fn go_on(&mut self, cx: &mut ServerCx<'_>) {
        if self.sending.is_some() {
            return self.send_on(cx);
        }
        if self.over {
            return self.close_after_replies(cx);
        }
        if !self.has_to_wait(cx) && !is_planted(Planted::PausedForEver) {
            cx.transport.resume_reading();
            if self.closing {
                self.close_when_answered(cx);
            }
        }
    }

    /// Closes once every command at hand is answered. Those that were kept while reading was paused come
    /// before the call, so it sees whether one of them is being answered.
    fn close_when_answered(&mut self, cx: &mut ServerCx<'_>) {
        self.closing = true;
        let me = cx.transport.id();
        cx.reactor.call(me, |server: &mut Self, cx| {
            if !server.busy && server.held.is_empty() && cx.transport.is_reading() {
                cx.transport.lose_connection();
            }
        });
    }
}

/// The reply and the news leave at once, whatever becomes of the disk.
fn report_at_once(cx: &mut ServerCx<'_>, difference: Difference, report: Report<'_>) {
    let herd = &mut *cx.app;
    let at = AtLine::new(herd.name.as_bytes(), difference.as_bytes(), report);
    if let Some(record) = herd.store.report(&at) {
        send_line(&mut cx.transport, record.line());
        herd.journal.changed(&mut cx.reactor);
        herd.traffic.line(&mut cx.reactor, Direction::Out, || cx.transport.peer(), &[record.line()]);
        let peers = &mut cx.transport.peers();
        herd.neighbours.flood(None, record.line(), &mut herd.traffic, peers, &mut cx.reactor);
    } else {
        herd.line.clear();
        at.write_to(&mut herd.line);
        send_line(&mut cx.transport, &herd.line);
        herd.traffic.line(&mut cx.reactor, Direction::Out, || cx.transport.peer(), &[&herd.line]);
    }
}

/// Asks whoever knows what is near.
fn ask(cx: &mut ServerCx<'_>, nearby: Nearby, done: Reply<Herd, Answer>) {
    let Herd { desk, agent, .. } = &mut *cx.app;
    desk.ask(cx.transport.peer().address.ip(), nearby, agent, &mut cx.reactor, done);
}

fn is_too_far_ahead(time: Timestamp<'_>, clock: WallTime, most: Duration) -> bool {
    let most = i128::try_from(most.as_nanos()).unwrap_or(i128::MAX);
    time.is_after(i128::from(clock.as_unix_nanos()).saturating_add(most))
}
