//! The link on which a neighbour is told the news (the paper, 3.2: `ClientProtocol`; here it stays open).

use std::io::ErrorKind;
use std::time::Duration;

use protocols::{LineReceiver, Lines, send_line};
use reactor::{AppCx, ConnectError, Cx, JobError, Pressure, Reason, Requests, TlsError};

use super::hello::{self, Nonce, Refusal, TAKEN};
use super::proof::{Proof, draw_nonce};
use super::resync::{COMPARE, Due, Resync, SYNCED, print_mark};
use super::{CLIENTS_GONE_EVERY, HELLO_TIME, PING, PING_EVERY, PINGS_UNANSWERED, PONG, READ_AGAIN};
use crate::buggify::{Point, fires};
use crate::herd::Herd;
use crate::journal::{DiskError, Found};
use crate::planted::{Planted, is_planted};
use crate::store::Bucket;
use crate::traffic_log::Direction;

type ClientCx<'a> = Cx<'a, Herd, ClientProtocol>;
/// What a disk has said of a bucket.
type OnDisk = Result<Result<Found<Vec<Vec<u8>>>, DiskError>, JobError>;

/// Our side of a link that we dialled.
#[derive(Debug)]
pub struct ClientProtocol {
    /// Whom it leads to: a place among the neighbours.
    neighbour: usize,
    state: State,
    /// What it is told beside the news.
    resync: Resync,
    /// Pings sent since something was last heard.
    unanswered: u32,
}

#[derive(Debug)]
enum State {
    /// It is being dialled.
    Dialling,
    /// The hello is sent; the neighbour's proof is due.
    Hello(Nonce),
    /// Our proof is sent, or was our certificate; the welcome is due.
    Proof,
    Up,
}

/// Dials the neighbour at `place`, and again whenever the link is gone.
pub fn dial(cx: &mut AppCx<'_, Herd>, place: usize) {
    let Herd { neighbours, proof, .. } = &mut *cx.app;
    let Some(neighbour) = neighbours.get_mut(place) else { return };
    let _ = neighbour.dialled.get_or_insert(cx.reactor.now());
    let at = proof.endpoint(&neighbour.at, &neighbour.name);
    cx.reactor.connect(at, Lines::new(ClientProtocol::new(place)));
}

/// Dials again after a while.
fn redial(
    herd: &mut Herd,
    reactor: &mut Requests<'_, Herd>,
    place: usize,
    is_refused: bool,
    why: &dyn std::fmt::Display,
) {
    let random = reactor.random();
    let Some(neighbour) = herd.neighbours.get_mut(place) else { return };
    if reactor.is_stopping() {
        return;
    }
    let wait = pause(neighbour.backoff.wait(random));
    if is_planted(Planted::RedialGivenUp) && wait > Duration::from_millis(300) {
        return;
    }
    let notice = format!("neighbour {}: {why}; dialling again in {} ms", neighbour.name, wait.as_millis());
    if is_refused && neighbour.may_be_starting(reactor.now()) {
        herd.note(reactor, &notice);
    } else {
        let admitted = neighbour.redials.admit(reactor.now());
        herd.notice_if(reactor, admitted, &notice);
    }
    reactor.app_later(wait, move |cx| dial(cx, place));
}

/// The pause before a neighbour is dialled again.
fn pause(wait: Duration) -> Duration {
    if fires(Point::RedialAtOnce) {
        return Duration::ZERO;
    }
    wait + if fires(Point::LateRedial) { Duration::from_secs(2) } else { Duration::ZERO }
}

impl LineReceiver<Herd> for ClientProtocol {
    fn connection_made(&mut self, cx: &mut ClientCx<'_>) {
        let Herd { name, proof, neighbours, .. } = &mut *cx.app;
        let Some(neighbour) = neighbours.get_mut(self.neighbour) else { return };
        let hello = match proof {
            Proof::Key(key) => {
                let nonce = draw_nonce(key, name, &mut cx.reactor);
                self.state = State::Hello(nonce);
                hello::hello(name, &neighbour.name, nonce)
            }
            Proof::Certificate(_) => {
                self.state = State::Proof;
                hello::certified_hello(name, &neighbour.name)
            }
            Proof::Nothing => return cx.transport.abort_connection(),
        };
        send_line(&mut cx.transport, hello.as_bytes());
        let deadline = cx.transport.since() + HELLO_TIME;
        cx.transport.set_deadline(Some(deadline));
    }

    fn line_received(&mut self, cx: &mut ClientCx<'_>, line: &[u8]) {
        self.unanswered = 0;
        match self.state {
            State::Hello(nonce) => self.prove(cx, line, nonce),
            State::Proof if line == b"WELCOME" => self.up(cx),
            State::Proof if line == TAKEN => self.refuse(cx, Refusal::Taken),
            State::Dialling | State::Proof => refuse(cx, &Refusal::Malformed),
            State::Up if line == PONG => {}
            State::Up => self.hear(cx, line),
        }
    }

    fn pressure(&mut self, cx: &mut ClientCx<'_>, pressure: Pressure) {
        if pressure == Pressure::Low {
            self.go_on(cx);
        }
    }

    /// The clients come first: what they are still told is acknowledged must be told to the neighbour, too;
    /// and so must what it is known to lack.
    fn stopping(&mut self, cx: &mut ClientCx<'_>) {
        if cx.app.clients == 0 && self.has_told_all(cx.app) {
            cx.transport.lose_connection();
        } else {
            cx.reactor.call_later(CLIENTS_GONE_EVERY, Self::stopping);
        }
    }

    fn connection_lost(&mut self, cx: &mut ClientCx<'_>, reason: &Reason) {
        if let Some(neighbour) = cx.app.neighbours.get_mut(self.neighbour) {
            neighbour.down(cx.transport.id());
        }
        if !matches!(self.state, State::Up) {
            cx.transport.demote_address(); // the neighbour was not found there
        }
        redial(cx.app, &mut cx.reactor, self.neighbour, false, reason);
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, Herd>, error: &ConnectError) {
        if let ConnectError::Tls(error) = error {
            self.is_not_met(cx, error);
        }
        let is_refused =
            matches!(error, ConnectError::Failed(error) if error.kind() == ErrorKind::ConnectionRefused);
        redial(cx.app, &mut cx.reactor, self.neighbour, is_refused, error);
    }
}

impl ClientProtocol {
    /// Whoever answers is not the neighbour, by its certificate; it may be one of our own name.
    fn is_not_met(&self, cx: &mut AppCx<'_, Herd>, error: &TlsError) {
        let Herd { name, neighbours, counters, .. } = &mut *cx.app;
        let neighbour = neighbours.get_mut(self.neighbour).filter(|_| error.is_certificate_of(name));
        let Some(neighbour) = neighbour else {
            counters.refused_neighbours += 1;
            return;
        };
        let warning = one_name(name, &neighbour.at, &neighbour.name);
        cx.app.warn_of_namesake(&mut cx.reactor, Some(self.neighbour), &warning);
    }

    pub(super) fn new(neighbour: usize) -> ClientProtocol {
        ClientProtocol { neighbour, state: State::Dialling, resync: Resync::default(), unanswered: 0 }
    }

    /// Answers the neighbour's proof with ours.
    fn prove(&mut self, cx: &mut ClientCx<'_>, line: &[u8], nonce: Nonce) {
        let Herd { name, proof, neighbours, .. } = &mut *cx.app;
        let (Some(neighbour), Proof::Key(key)) = (neighbours.get_mut(self.neighbour), proof) else { return };
        match hello::check_acceptor(key, line, name, &neighbour.name, nonce) {
            Ok(meeting) => {
                self.state = State::Proof;
                send_line(&mut cx.transport, meeting.dialler_proof(key).as_bytes());
            }
            Err(refusal) => {
                let refusal = hello::judge_acceptor(key, line, name, nonce, refusal);
                self.refuse(cx, refusal);
            }
        }
    }

    /// Ends a link on which the neighbour was not met. Two servers of one name are worth a warning.
    fn refuse(&self, cx: &mut ClientCx<'_>, refusal: Refusal) {
        if !refusal.is_of_one_name() {
            return refuse(cx, &refusal);
        }
        let Herd { name, neighbours, .. } = &mut *cx.app;
        let (neighbour, peer) =
            (neighbours.get_mut(self.neighbour).map_or("", |n| &*n.name), cx.transport.peer());
        let warning = match refusal {
            Refusal::Taken => {
                format!(
                    "neighbour {neighbour} at {peer} refuses this server: another one named {name} is linked with it"
                )
            }
            _ => one_name(name, &peer, neighbour),
        };
        cx.app.warn_of_namesake(&mut cx.reactor, Some(self.neighbour), &warning);
        cx.transport.abort_connection();
    }

    /// Both have proved who they are: the neighbour is told what it has missed.
    fn up(&mut self, cx: &mut ClientCx<'_>) {
        self.state = State::Up;
        cx.transport.set_deadline(None);
        let Some(neighbour) = cx.app.neighbours.get_mut(self.neighbour) else { return };
        neighbour.up(cx.transport.id(), cx.transport.peer());
        let is_first = !std::mem::replace(&mut neighbour.greetings.was_up, true);
        let notice = format!("neighbour {}: up", neighbour.name);
        cx.app.notice_of_link(&mut cx.reactor, is_first, &notice);
        self.ping(cx);
        if fires(Point::LinkDropped) {
            cx.transport.abort_connection();
        }
    }

    /// Hears what the neighbour says of what it holds.
    fn hear(&mut self, cx: &mut ClientCx<'_>, line: &[u8]) {
        match self.resync.hear(line, &cx.app.store) {
            Ok(()) => self.go_on(cx),
            Err(refusal) => refuse(cx, &refusal),
        }
    }

    /// Tells the neighbour what is due: the news first and, once it keeps up, what it lacks.
    fn go_on(&mut self, cx: &mut ClientCx<'_>) {
        let Herd { neighbours, traffic, .. } = &mut *cx.app;
        let Some(neighbour) = neighbours.get_mut(self.neighbour) else { return };
        let keeps_up = neighbour.catch_up(&mut cx.transport.peers(), |peer, line| {
            traffic.line(&mut cx.reactor, Direction::Out, || peer, &[line]);
        });
        match self.resync.due(neighbour.is_behind()) {
            Due::Compare if keeps_up => self.compare(cx),
            Due::Question if keeps_up => cx.transport.write(self.resync.question().as_bytes()),
            Due::Batch if keeps_up => self.batch(cx),
            Due::Synced if keeps_up => self.synced(cx),
            _ => {}
        }
    }

    fn compare(&mut self, cx: &mut ClientCx<'_>) {
        let Some(neighbour) = cx.app.neighbours.get_mut(self.neighbour) else { return };
        neighbour.compare();
        self.resync.compare();
        send_line(&mut cx.transport, COMPARE);
    }

    fn batch(&mut self, cx: &mut ClientCx<'_>) {
        if let Some(bucket) = self.resync.reads(&cx.app.store) {
            return read(cx, bucket);
        }
        let Herd { name, store, journal, traffic, .. } = &mut *cx.app;
        let mark = self.resync.batch(store, |line| {
            if journal.hides(line, name, store) {
                return;
            }
            send_line(&mut cx.transport, line);
            traffic.line(&mut cx.reactor, Direction::Out, || cx.transport.peer(), &[line]);
        });
        cx.transport.write(print_mark("MARK", mark).as_bytes());
    }

    /// A bucket has been read from disk. It is read again if meanwhile another record of it has left memory, which
    /// may not have been on disk then.
    fn read(&mut self, cx: &mut ClientCx<'_>, is_fresh: bool, outcome: OnDisk) {
        let why = match outcome {
            Ok(Ok(found)) => {
                let lines = cx.app.journal.lines_of(found);
                self.resync.read(Some(lines).filter(|_| is_fresh), &cx.app.store);
                return self.go_on(cx);
            }
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        cx.app.journal.count_unread(&why);
        cx.reactor.call_later(READ_AGAIN, |client: &mut Self, cx| {
            client.resync.read(None, &cx.app.store);
            client.go_on(cx);
        });
    }

    fn synced(&mut self, cx: &mut ClientCx<'_>) {
        send_line(&mut cx.transport, SYNCED);
        let tally = self.resync.synced();
        let Some(neighbour) = cx.app.neighbours.get_mut(self.neighbour) else { return };
        neighbour.resynced(tally);
        let is_first = !std::mem::replace(&mut neighbour.greetings.was_told, true);
        let notice = format!("neighbour {}: {tally}", neighbour.name);
        cx.app.notice_of_link(&mut cx.reactor, is_first, &notice);
    }

    /// Whether the neighbour, if it can be told anything, lacks nothing that we know of.
    fn has_told_all(&self, herd: &mut Herd) -> bool {
        let neighbour = herd.neighbours.get_mut(self.neighbour);
        let lacks = neighbour.is_some_and(|n| n.waiting() > 0 || n.is_behind()) || !self.resync.is_idle();
        !(matches!(self.state, State::Up) && lacks)
    }

    /// TCP alone hides a silent drop for minutes.
    fn ping(&mut self, cx: &mut ClientCx<'_>) {
        if self.unanswered == PINGS_UNANSWERED {
            let notice = format!("{}: {PINGS_UNANSWERED} pings without an answer", cx.transport.peer());
            cx.app.notice(&mut cx.reactor, &notice);
            return cx.transport.abort_connection();
        }
        self.unanswered += 1;
        send_line(&mut cx.transport, PING);
        if fires(Point::CompareAgain)
            && let Some(neighbour) = cx.app.neighbours.get_mut(self.neighbour)
        {
            neighbour.miss();
        }
        self.go_on(cx);
        let pause = if fires(Point::EarlyPing) { PING_EVERY / 10 } else { PING_EVERY };
        cx.reactor.call_later(pause, ClientProtocol::ping);
    }
}

/// The warning that whoever answers `at` has our own name, and not that of the neighbour.
fn one_name(name: &str, at: &dyn std::fmt::Display, neighbour: &str) -> String {
    format!("two servers are named {name}: this one, and the one at {at}, where {neighbour} is sought")
}

/// Has `bucket` read from disk, on another thread.
fn read(cx: &mut ClientCx<'_>, bucket: Bucket) {
    let Some(disk) = cx.app.journal.disk() else { return };
    let departures = cx.app.store.departures(bucket);
    let done = cx.reactor.reply(move |client: &mut ClientProtocol, cx, outcome| {
        let is_fresh = cx.app.store.departures(bucket) == departures;
        client.read(cx, is_fresh, outcome);
    });
    cx.reactor.defer_to_thread(move || disk.bucket(bucket), done);
}

/// Ends a link to somebody who is not the neighbour it says it is, or speaks as none.
fn refuse(cx: &mut ClientCx<'_>, refusal: &dyn std::error::Error) {
    let notice = format!("whoever answers at {} is refused: {refusal}", cx.transport.peer());
    cx.app.refuse_neighbour(&mut cx.reactor, &notice);
    cx.transport.abort_connection();
}
