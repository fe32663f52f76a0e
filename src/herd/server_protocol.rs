//! One client (the paper, 3.2 and 3.3; the specification, sections 2 to 5).

use std::net::IpAddr;
use std::time::Duration;

use protocols::{LineReceiver, send_line};
use reactor::{AppCx, ConnectError, Cx, Pressure, Reason, Reply, WallTime};

use super::pace::Pace;
use super::{Curb, Herd, Rules};
use crate::command::{AtLine, Command, Difference, Invalid, Query, Report, Timestamp};
use crate::places::{Answer, Nearby, squeeze};
use crate::planted::{Planted, is_planted};
use crate::traffic_log::Direction;

/// How much of a line that is too long is sent back.
const EXCERPT: usize = 64;

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
    /// A WHATSAT is with the provider, or waits until it may be.
    asking: bool,
    /// The next line waits until it may be served.
    held: bool,
    /// Nothing more will come, or nothing more is wanted: close once everything is answered.
    closing: bool,
}

impl LineReceiver<Herd> for ServerProtocol {
    fn connection_made(&mut self, cx: &mut ServerCx<'_>) {
        let idle = cx.app.rules.idle;
        cx.transport.set_idle_timeout(Some(idle));
    }

    fn line_received(&mut self, cx: &mut ServerCx<'_>, line: &[u8]) {
        cx.app.traffic.line(&mut cx.reactor, Direction::In, || cx.transport.peer(), &[line]);
        match Command::parse(line) {
            Ok(Command::Iamat(report)) => self.iamat(cx, line, report),
            Ok(Command::Whatsat(query)) => self.whatsat(cx, line, query),
            Ok(Command::At(_)) => bad_request(cx, line),
            Err(invalid) => {
                log::debug!("{}: {invalid}", cx.transport.peer());
                bad_request(cx, line);
                if invalid == Invalid::Http {
                    close_on_http(cx);
                }
            }
        }
        self.hold(cx);
        if cx.transport.is_high() {
            cx.transport.pause_reading(); // until the pressure is low again
        }
    }

    fn line_length_exceeded(&mut self, cx: &mut ServerCx<'_>, start: &[u8]) {
        let excerpt = &start[..EXCERPT.min(start.len())];
        cx.app.traffic.line(&mut cx.reactor, Direction::In, || cx.transport.peer(), &[excerpt]);
        bad_request(cx, excerpt);
        cx.transport.lose_connection();
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
            Pressure::Low => self.go_on(cx),
        }
    }

    /// What is in hand is answered at once: there is no time left for going slowly.
    fn stopping(&mut self, cx: &mut ServerCx<'_>) {
        self.closing = true;
        if std::mem::take(&mut self.held) {
            self.go_on(cx);
        }
        self.close_when_answered(cx);
    }

    fn connection_lost(&mut self, cx: &mut ServerCx<'_>, reason: &Reason) {
        cx.app.dismiss(self.client);
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
    /// Serves, under `rules`, a client that was [admitted](Herd::admit) as `client`.
    pub fn new(rules: &Rules, client: IpAddr) -> ServerProtocol {
        ServerProtocol {
            line: rules.line,
            line_time: rules.line_time,
            pace: Pace::new(rules),
            client,
            asking: false,
            held: false,
            closing: false,
        }
    }

    /// Stores a report, answers it, and passes it on if it is news.
    fn iamat(&mut self, cx: &mut ServerCx<'_>, line: &[u8], report: Report<'_>) {
        let clock = cx.reactor.wall_clock();
        if is_too_far_ahead(report.time, clock, cx.app.rules.max_clock_skew) {
            return bad_request(cx, line);
        }
        let difference = Difference::between(clock.as_unix_nanos(), report.time);
        let herd = &mut *cx.app;
        let at = AtLine::new(herd.name.as_bytes(), difference.as_bytes(), report);
        herd.counters.reports += 1;
        if let Some(record) = herd.store.report(&at) {
            send_line(&mut cx.transport, record.line());
            herd.traffic.line(&mut cx.reactor, Direction::Out, || cx.transport.peer(), &[record.line()]);
            herd.neighbours.flood(None, record.line(), &mut cx.transport.peers(), |peer| {
                herd.traffic.line(&mut cx.reactor, Direction::Out, || peer, &[record.line()]);
            });
        } else {
            herd.line.clear();
            at.write_to(&mut herd.line);
            send_line(&mut cx.transport, &herd.line);
            herd.traffic.line(&mut cx.reactor, Direction::Out, || cx.transport.peer(), &[&herd.line]);
        }
    }

    /// Asks what is near a client.
    fn whatsat(&mut self, cx: &mut ServerCx<'_>, line: &[u8], query: Query<'_>) {
        let Some(record) = cx.app.store.get(query.id) else { return bad_request(cx, line) };
        let nearby = Nearby {
            latitude: record.location().latitude(),
            longitude: record.location().longitude(),
            radius_metres: query.radius_metres,
            bound: query.bound,
            within: cx.app.rules.places_time,
        };
        let (at, line) = (record.line().to_vec(), line.to_vec());
        let done = cx.reactor.reply(move |server: &mut Self, cx, answer: Answer| {
            server.answer(cx, &at, &line, answer);
        });
        cx.app.counters.queries += 1;
        self.asking = true;
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
    fn answer(&mut self, cx: &mut ServerCx<'_>, at: &[u8], line: &[u8], answer: Answer) {
        self.asking = false;
        let idle = cx.app.rules.idle;
        cx.transport.set_idle_timeout(Some(idle));
        match answer.map(|found| squeeze(&found.text())) {
            Ok(places) if has_room(cx, at.len() + 1 + places.len()) => send_places(cx, at, &places),
            Ok(places) => {
                log::warn!(
                    "{}: {} bytes of places exceed limits.write_buffer",
                    cx.transport.peer(),
                    places.len()
                );
                bad_request(cx, line);
            }
            Err(error) => {
                log::debug!("{}: {error}", cx.transport.peer());
                bad_request(cx, line);
            }
        }
        self.go_on(cx);
    }

    /// A line was served; sees to it that the next one is not too early. It waits where it is, in the line
    /// protocol or in the client's own socket: nothing is refused and nothing lost.
    fn hold(&mut self, cx: &mut ServerCx<'_>) {
        let wait = self.pace.after_line(cx.reactor.now());
        if wait == Duration::ZERO || self.closing || self.held {
            return;
        }
        cx.app.curb(Curb::Lines, cx.transport.peer());
        self.held = true;
        cx.transport.pause_reading();
        cx.reactor.call_later(wait, |server: &mut Self, cx| {
            server.held = false;
            server.go_on(cx);
        });
    }

    /// Goes on with the next command, unless one is being answered, it is too early, or the client does not
    /// read.
    fn go_on(&mut self, cx: &mut ServerCx<'_>) {
        if !self.asking && !self.held && !cx.transport.is_high() && !is_planted(Planted::PausedForEver) {
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
            if !server.asking && cx.transport.is_reading() {
                cx.transport.lose_connection();
            }
        });
    }
}

/// Asks whoever knows what is near.
fn ask(cx: &mut ServerCx<'_>, nearby: Nearby, done: Reply<Herd, Answer>) {
    let Herd { desk, agent, .. } = &mut *cx.app;
    desk.ask(cx.transport.peer().address.ip(), nearby, agent, &mut cx.reactor, done);
}

/// A browser was made to speak to us, by a page that hopes for a line of its own to be obeyed. Nothing behind
/// this one is.
fn close_on_http(cx: &mut ServerCx<'_>) {
    cx.app.curb(Curb::Http, cx.transport.peer());
    cx.transport.lose_connection();
}

fn is_too_far_ahead(time: Timestamp<'_>, clock: WallTime, most: Duration) -> bool {
    let most = i128::try_from(most.as_nanos()).unwrap_or(i128::MAX);
    time.is_after(i128::from(clock.as_unix_nanos()).saturating_add(most))
}

/// Whether so many bytes can wait for the client to read: more would end its connection.
fn has_room(cx: &ServerCx<'_>, length: usize) -> bool {
    length <= cx.reactor.limits().write_buffer.saturating_sub(cx.transport.buffered())
}

/// What every line gets that is no command (the paper's `bad_request`; the specification, section 5).
fn bad_request(cx: &mut ServerCx<'_>, line: &[u8]) {
    cx.app.counters.invalid += 1;
    cx.transport.write_sequence(&[b"? ", line, b"\n"]);
    cx.app.traffic.line(&mut cx.reactor, Direction::Out, || cx.transport.peer(), &[b"? ", line]);
}

fn send_places(cx: &mut ServerCx<'_>, at: &[u8], places: &[u8]) {
    cx.transport.write_sequence(&[at, b"\n", places]);
    let size = format!("({} bytes of places)", places.len());
    let shown = if cx.app.rules.logs_places { places } else { size.as_bytes() };
    cx.app.traffic.line(&mut cx.reactor, Direction::Out, || cx.transport.peer(), &[at, b"\n", shown]);
}
