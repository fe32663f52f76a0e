//! The link on which a neighbour tells the news (the paper, 3.4).

use std::fmt::Display;
use std::time::Duration;

use protocols::{LineReceiver, send_line};
use reactor::{AppCx, ConnId, ConnectError, Cx, Peer, Pressure, Reason, Requests};

use super::hello::{self, Meeting, Nonce, Refusal, TAKEN};
use super::proof::{Proof, draw_nonce};
use super::resync::{
    self, COMPARE, SYNCED, print_digest, print_leaves, print_mark, read_mark, read_question,
};
use super::{ALIVE, AT_LINE_EXTRA, HELLO_TIME, LONGEST_LINE, PING, PONG, SILENCE};
use crate::buggify::{Point, fires};
use crate::command::{AtLine, Command};
use crate::herd::{Herd, Queue, hear};
use crate::journal::Sought;
use crate::traffic_log::Direction;

/// Bytes of lines that wait behind one; then nothing more is read. What a link may bring in a turn.
pub(super) const MOST_BEHIND: usize = 64 * 1024;

type PeerCx<'a> = Cx<'a, Herd, PeerProtocol>;

/// Our side of a link that a neighbour dialled.
#[derive(Debug)]
pub struct PeerProtocol {
    /// Who has come, and so whom a notice is about.
    peer: Peer,
    state: State,
    /// COMPARE was heard, and SYNCED was not yet.
    is_resyncing: bool,
    /// The record that a line is about is being read from disk.
    seeking: bool,
    /// Lines that came after that one.
    behind: Queue,
    /// Nothing more will come.
    has_ended: bool,
    max_length: usize,
}

#[derive(Debug)]
enum State {
    /// Somebody is there.
    Stranger,
    /// It says it is the neighbour at this place; its proof is due.
    Claims(usize, Meeting),
    /// It is.
    Neighbour(usize),
    /// It is not, and was told apart from one.
    Refused,
}

impl PeerProtocol {
    /// Waits for the hello of a neighbour; `peer` has come, and is a stranger to `herd` until then.
    pub fn new(herd: &mut Herd, peer: Peer) -> PeerProtocol {
        herd.strangers += 1;
        let max_length = herd.rules.line.max(LONGEST_LINE) + AT_LINE_EXTRA;
        PeerProtocol {
            peer,
            state: State::Stranger,
            is_resyncing: false,
            seeking: false,
            behind: Queue::new(MOST_BEHIND),
            has_ended: false,
            max_length,
        }
    }
}

impl LineReceiver<Herd> for PeerProtocol {
    fn max_length(&self) -> usize {
        self.max_length
    }

    fn connection_made(&mut self, cx: &mut PeerCx<'_>) {
        let time = if fires(Point::ShortHello) { Duration::ZERO } else { HELLO_TIME };
        let deadline = cx.transport.since() + time;
        cx.transport.set_deadline(Some(deadline));
    }

    fn line_received(&mut self, cx: &mut PeerCx<'_>, line: &[u8]) {
        match &self.state {
            State::Stranger => self.claims(cx, line),
            State::Claims(..) => self.proves(cx, line),
            State::Neighbour(place) => self.says(cx, *place, line),
            State::Refused => {}
        }
        self.pace(cx);
    }

    fn pressure(&mut self, cx: &mut PeerCx<'_>, _: Pressure) {
        self.go_on(cx);
    }

    /// What it told before it closed is heard first, unless the disk takes longer than a link may be silent.
    fn read_closed(&mut self, cx: &mut PeerCx<'_>, _unfinished: &[u8]) {
        self.has_ended = true;
        if let State::Neighbour(place) = self.state
            && let Some(neighbour) = cx.app.neighbours.get_mut(place)
        {
            neighbour.leaves(cx.transport.id());
        }
        self.go_on(cx);
    }

    fn line_length_exceeded(&mut self, cx: &mut PeerCx<'_>, _start: &[u8]) {
        self.refuse(cx, Refusal::Malformed);
    }

    fn connection_lost(&mut self, cx: &mut PeerCx<'_>, reason: &Reason) {
        if self.seeking {
            cx.app.journal.forget(cx.transport.id());
        }
        match &self.state {
            State::Neighbour(place) => {
                let Some(neighbour) = cx.app.neighbours.get_mut(*place) else { return };
                if !neighbour.unheard(cx.transport.id()) {
                    return; // it is heard on another link
                }
                let notice = format!("neighbour {} is no longer heard: {reason}", neighbour.name);
                cx.app.notice(&mut cx.reactor, &notice);
            }
            State::Stranger | State::Claims(..) => self.is_no_neighbour(cx.app, &mut cx.reactor, reason),
            State::Refused => {}
        }
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, Herd>, error: &ConnectError) {
        self.is_no_neighbour(cx.app, &mut cx.reactor, error);
    }
}

impl PeerProtocol {
    /// Reads who it says it is.
    fn claims(&mut self, cx: &mut PeerCx<'_>, line: &[u8]) {
        let claim = match &cx.app.proof {
            Proof::Key(key) => {
                let nonce = draw_nonce(key, &cx.app.name, &mut cx.reactor);
                self.answers(cx, line, nonce)
            }
            Proof::Certificate(_) => self.is_certified(cx, line),
            Proof::Nothing => Err(Refusal::Stranger),
        };
        if let Err(refusal) = claim {
            self.refuse(cx, refusal);
        }
    }

    /// Proves who we are, and asks for its proof.
    fn answers(&mut self, cx: &mut PeerCx<'_>, line: &[u8], nonce: Nonce) -> Result<(), Refusal> {
        let Herd { name, neighbours, proof, .. } = &*cx.app;
        if let (Proof::Key(key), Some(meeting)) = (proof, hello::read_namesake(line, name, nonce)) {
            send_line(&mut cx.transport, meeting.acceptor_proof(key).as_bytes());
            return Err(Refusal::OurName);
        }
        let (dialler, meeting) = hello::read_hello(line, name, nonce)?;
        let place = neighbours.find(&dialler).ok_or(Refusal::Stranger)?;
        if let Proof::Key(key) = proof {
            send_line(&mut cx.transport, meeting.acceptor_proof(key).as_bytes());
        }
        self.state = State::Claims(place, meeting);
        Ok(())
    }

    /// TLS has proved that it is of the herd; its certificate says who.
    fn is_certified(&mut self, cx: &mut PeerCx<'_>, line: &[u8]) -> Result<(), Refusal> {
        let Herd { name, neighbours, .. } = &mut *cx.app;
        let dialler = hello::read_certified_hello(line, name)?;
        let place = neighbours.find(dialler).ok_or(Refusal::Stranger)?;
        let dialler = neighbours.get_mut(place).map_or("", |neighbour| &neighbour.name);
        if !cx.transport.is_peer_called(dialler) {
            return Err(Refusal::WrongCertificate);
        }
        self.is_proven(cx, place);
        Ok(())
    }

    /// Checks its proof.
    fn proves(&mut self, cx: &mut PeerCx<'_>, line: &[u8]) {
        let (State::Claims(place, meeting), Proof::Key(key)) = (&self.state, &cx.app.proof) else { return };
        match meeting.check_dialler(key, line) {
            Ok(()) => self.is_proven(cx, *place),
            Err(refusal) => self.refuse(cx, refusal),
        }
    }

    /// From here on it is heard, unless another server of its name is.
    fn is_proven(&mut self, cx: &mut PeerCx<'_>, place: usize) {
        let Some(neighbour) = cx.app.neighbours.get_mut(place) else { return };
        if let Some(older) = neighbour.heard_on() {
            let name = neighbour.name.clone();
            if is_alive(cx, older) {
                send_line(&mut cx.transport, TAKEN);
                return self.refuse_namesake(cx, Some(place), &name, "one is linked, and there is one");
            }
            cx.transport.peers().abort(older);
        }
        self.state = State::Neighbour(place);
        cx.app.strangers -= 1;
        send_line(&mut cx.transport, b"WELCOME");
        cx.transport.set_deadline(None);
        cx.transport.set_idle_timeout(Some(SILENCE));
        let Some(neighbour) = cx.app.neighbours.get_mut(place) else { return };
        neighbour.heard(cx.transport.id());
        let is_first = !std::mem::replace(&mut neighbour.greetings.was_heard, true);
        let notice = format!("neighbour {} is heard", neighbour.name);
        cx.app.notice_of_link(&mut cx.reactor, is_first, &notice);
        if fires(Point::HeardLinkDropped) {
            cx.transport.abort_connection();
        }
    }

    /// Tells it apart from a neighbour.
    fn refuse(&mut self, cx: &mut PeerCx<'_>, refusal: Refusal) {
        if refusal == Refusal::OurName {
            let name = cx.app.name.clone();
            return self.refuse_namesake(cx, None, &name, "this one, and the one");
        }
        self.is_refused(cx);
        refuse(cx, &refusal);
    }

    /// Refuses one of two servers of one name. It has been told why, so the connection is not broken off.
    fn refuse_namesake(&mut self, cx: &mut PeerCx<'_>, neighbour: Option<usize>, name: &str, which: &str) {
        self.is_refused(cx);
        let warning =
            format!("two servers are named {name}: {which} at {}; the latter is refused", self.peer);
        cx.app.warn_of_namesake(&mut cx.reactor, neighbour, &warning);
        cx.transport.lose_connection();
    }

    fn is_refused(&mut self, cx: &mut PeerCx<'_>) {
        if !matches!(self.state, State::Neighbour(_)) {
            cx.app.strangers -= 1;
            self.state = State::Refused;
        }
    }

    /// It is gone before it has proved anything, because its time was up or for a reason of its own.
    fn is_no_neighbour(&mut self, herd: &mut Herd, reactor: &mut Requests<'_, Herd>, why: &dyn Display) {
        herd.strangers -= 1;
        self.state = State::Refused;
        herd.lose_stranger(reactor, &format!("{} is no neighbour: {why}", self.peer));
    }

    /// Hears what a neighbour says. While the disk is asked about a line, those behind it wait; but not the pings, for
    /// the link is well.
    fn says(&mut self, cx: &mut PeerCx<'_>, place: usize, line: &[u8]) {
        match line {
            PING => send_line(&mut cx.transport, PONG),
            _ if self.seeking => self.keep(cx, line),
            COMPARE => self.compare(cx),
            SYNCED => self.synced(cx, place),
            _ if line.starts_with(b"COMPARE ") => self.compare_leaves(cx, line),
            _ if line.starts_with(b"MARK") => self.mark(cx, line),
            _ => self.tells(cx, place, line),
        }
    }

    /// Says what we hold.
    fn compare(&mut self, cx: &mut PeerCx<'_>) {
        self.is_resyncing = true;
        print_digest(cx.app.store.digest(), |line| send_line(&mut cx.transport, line));
    }

    /// Says what we hold of some buckets, finer.
    fn compare_leaves(&self, cx: &mut PeerCx<'_>, line: &[u8]) {
        match read_question(line) {
            Ok(buckets) if self.is_resyncing => {
                print_leaves(&buckets, &cx.app.store, |line| send_line(&mut cx.transport, line));
            }
            Ok(_) => refuse(cx, &resync::Refusal::Unasked),
            Err(refusal) => refuse(cx, &refusal),
        }
    }

    /// Says that everything before the mark has been heard.
    fn mark(&self, cx: &mut PeerCx<'_>, line: &[u8]) {
        match read_mark(b"MARK", line) {
            Some(number) if self.is_resyncing => {
                cx.transport.write(print_mark("MARKED", number).as_bytes());
            }
            Some(_) => refuse(cx, &resync::Refusal::Unasked),
            None => refuse(cx, &resync::Refusal::Mark),
        }
    }

    /// Notes that we hold whatever it held.
    fn synced(&mut self, cx: &mut PeerCx<'_>, place: usize) {
        if !std::mem::take(&mut self.is_resyncing) {
            return refuse(cx, &resync::Refusal::Unasked);
        }
        let Some(neighbour) = cx.app.neighbours.get_mut(place) else { return };
        if neighbour.told_all(cx.transport.id()) {
            let is_first = !std::mem::replace(&mut neighbour.greetings.has_told, true);
            let notice = format!("neighbour {} has told all that was lacking here", neighbour.name);
            cx.app.notice_of_link(&mut cx.reactor, is_first, &notice);
        }
    }

    /// Takes its news, and passes on what is news here, too.
    fn tells(&mut self, cx: &mut PeerCx<'_>, place: usize, line: &[u8]) {
        cx.app.traffic.line(&mut cx.reactor, Direction::In, || cx.transport.peer(), &[line]);
        match Command::parse(line) {
            Ok(Command::At(at)) => self.hears(cx, place, line, &at),
            _ => refuse(cx, &Refusal::Malformed),
        }
    }

    fn hears(&mut self, cx: &mut PeerCx<'_>, place: usize, line: &[u8], at: &AtLine<'_>) {
        if !cx.app.store.may_be_away(at.id) {
            return hear(cx, Some(place), at);
        }
        self.seeking = true;
        let line = line.to_vec();
        let done = cx.reactor.reply(move |peer: &mut Self, cx, sought| peer.sought(cx, place, &line, sought));
        cx.app.seek(&mut cx.reactor, at.id, done);
    }

    /// The news is taken now. Where it cannot be told whether it is any, the link ends: the neighbour dials again
    /// after a while, and a comparison tells what has been missed. It is not taken unseen, for an older line would
    /// win; nor is it dropped alone, for then nobody would ever know.
    fn sought(&mut self, cx: &mut PeerCx<'_>, place: usize, line: &[u8], sought: Sought) {
        self.seeking = false;
        cx.transport.set_idle_timeout(Some(SILENCE));
        let Ok(Command::At(at)) = Command::parse(line) else { return };
        match sought {
            Sought::Found => self.hears(cx, place, line, &at),
            Sought::Unknown => hear(cx, Some(place), &at),
            Sought::Failed => cx.transport.abort_connection(),
        }
        self.go_on(cx);
    }

    /// Keeps a line until those before it are heard. Where too much waits nothing is read, and silence is no sign.
    fn keep(&mut self, cx: &mut PeerCx<'_>, line: &[u8]) {
        self.behind.push(line);
        if self.behind.is_too_long() {
            cx.transport.set_idle_timeout(None);
        }
    }

    /// Hears the lines that wait, until one of them has to; then what comes.
    fn go_on(&mut self, cx: &mut PeerCx<'_>) {
        while let State::Neighbour(place) = self.state
            && !(self.seeking || cx.transport.is_high() || cx.transport.is_disconnecting())
            && let Some(line) = self.behind.pop()
        {
            self.says(cx, place, &line);
        }
        if self.has_ended && !self.seeking && self.behind.is_empty() {
            return cx.transport.lose_connection();
        }
        self.pace(cx);
    }

    /// Reads on as long as there is room for what comes, and for what is said to it.
    fn pace(&self, cx: &mut PeerCx<'_>) {
        if cx.transport.is_high() || self.behind.is_too_long() {
            cx.transport.pause_reading();
        } else {
            cx.transport.resume_reading();
        }
    }
}

/// Whether somebody was heard on a link so recently that there is no doubt about it. A link whose other end has vanished
/// without a word must not keep out a neighbour that was started anew.
fn is_alive(cx: &mut PeerCx<'_>, link: ConnId) -> bool {
    let now = cx.reactor.now();
    let peers = cx.transport.peers();
    peers.is_open(link) && peers.last_heard(link).is_some_and(|heard| now.since(heard) < ALIVE)
}

fn refuse(cx: &mut PeerCx<'_>, refusal: &dyn std::error::Error) {
    let notice = format!("{} is refused: {refusal}", cx.transport.peer());
    cx.app.refuse_neighbour(&mut cx.reactor, &notice);
    cx.transport.abort_connection();
}
