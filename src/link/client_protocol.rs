//! The link on which a neighbour is told the news (the paper, 3.2: `ClientProtocol`; here it stays open).

use protocols::{LineReceiver, Lines, send_line};
use reactor::{AppCx, ConnId, ConnectError, Cx, Pressure, Reason, Requests};

use super::hello::{self, Nonce, Refusal};
use super::{CLIENTS_GONE_EVERY, HELLO_TIME, PING, PING_EVERY, PINGS_UNANSWERED, PONG};
use crate::herd::{Herd, LinkState};
use crate::traffic_log::Direction;

type ClientCx<'a> = Cx<'a, Herd, ClientProtocol>;

/// Our side of a link that we dialled.
#[derive(Debug)]
pub struct ClientProtocol {
    /// Whom it leads to: a place among the neighbours.
    neighbour: usize,
    state: State,
    /// Pings sent since something was last heard.
    unanswered: u32,
}

#[derive(Debug)]
enum State {
    /// The hello is sent; the neighbour's proof is due.
    Hello(Nonce),
    /// Our proof is sent; the welcome is due.
    Proof,
    Up,
}

/// Dials the neighbour at `place`, and again whenever the link is gone.
pub fn dial(cx: &mut AppCx<'_, Herd>, place: usize) {
    let nonce = draw_nonce(cx.app, &mut cx.reactor);
    let Some(neighbour) = cx.app.neighbours.get_mut(place) else { return };
    let client = ClientProtocol { neighbour: place, state: State::Hello(nonce), unanswered: 0 };
    cx.reactor.connect(neighbour.at.clone(), Lines::new(client));
}

/// A nonce for this server: its name, its clocks and its generator are never all the same again.
pub(super) fn draw_nonce(herd: &Herd, reactor: &mut Requests<'_, Herd>) -> Nonce {
    let wall = reactor.wall_clock().as_unix_nanos().to_be_bytes();
    let (now, random) = (reactor.now().as_nanos().to_be_bytes(), reactor.random().to_be_bytes());
    Nonce::draw(&herd.key, &[herd.name.as_bytes(), &wall, &now, &random])
}

/// Dials again after a while.
fn redial(herd: &mut Herd, reactor: &mut Requests<'_, Herd>, place: usize, why: &dyn std::fmt::Display) {
    let random = reactor.random();
    let Some(neighbour) = herd.neighbours.get_mut(place) else { return };
    if reactor.is_stopping() {
        return;
    }
    let wait = neighbour.backoff.wait(random);
    let notice = format!("neighbour {}: {why}; dialling again in {} ms", neighbour.name, wait.as_millis());
    herd.notice(reactor, &notice);
    reactor.app_later(wait, move |cx| dial(cx, place));
}

impl LineReceiver<Herd> for ClientProtocol {
    fn connection_made(&mut self, cx: &mut ClientCx<'_>) {
        let State::Hello(nonce) = self.state else { return };
        let Some(neighbour) = cx.app.neighbours.get_mut(self.neighbour) else { return };
        let hello = hello::hello(&cx.app.name, &neighbour.name, nonce);
        send_line(&mut cx.transport, hello.as_bytes());
        let deadline = cx.reactor.now() + HELLO_TIME;
        cx.transport.set_deadline(Some(deadline));
    }

    fn line_received(&mut self, cx: &mut ClientCx<'_>, line: &[u8]) {
        self.unanswered = 0;
        match self.state {
            State::Hello(nonce) => self.prove(cx, line, nonce),
            State::Proof if line == b"WELCOME" => self.up(cx),
            State::Up if line == PONG => {}
            State::Proof | State::Up => refuse(cx, Refusal::Malformed),
        }
    }

    fn pressure(&mut self, cx: &mut ClientCx<'_>, pressure: Pressure) {
        if pressure == Pressure::Low {
            self.catch_up(cx);
        }
    }

    /// The clients come first: what they are still told is acknowledged must be told to the neighbour, too.
    fn stopping(&mut self, cx: &mut ClientCx<'_>) {
        if cx.app.clients == 0 {
            cx.transport.lose_connection();
        } else {
            cx.reactor.call_later(CLIENTS_GONE_EVERY, Self::stopping);
        }
    }

    fn connection_lost(&mut self, cx: &mut ClientCx<'_>, reason: &Reason) {
        self.down(cx.app, cx.transport.id());
        redial(cx.app, &mut cx.reactor, self.neighbour, reason);
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, Herd>, error: &ConnectError) {
        redial(cx.app, &mut cx.reactor, self.neighbour, error);
    }
}

impl ClientProtocol {
    /// Answers the neighbour's proof with ours.
    fn prove(&mut self, cx: &mut ClientCx<'_>, line: &[u8], nonce: Nonce) {
        let herd = &mut *cx.app;
        let Some(neighbour) = herd.neighbours.get_mut(self.neighbour) else { return };
        match hello::check_acceptor(&herd.key, line, &herd.name, &neighbour.name, nonce) {
            Ok(meeting) => {
                self.state = State::Proof;
                send_line(&mut cx.transport, meeting.dialler_proof(&herd.key).as_bytes());
            }
            Err(refusal) => refuse(cx, refusal),
        }
    }

    /// Both have proved who they are: tells the neighbour what has waited.
    fn up(&mut self, cx: &mut ClientCx<'_>) {
        self.state = State::Up;
        cx.transport.set_deadline(None);
        let Some(neighbour) = cx.app.neighbours.get_mut(self.neighbour) else { return };
        neighbour.backoff.reset();
        neighbour.link = LinkState::Up(cx.transport.id(), cx.transport.peer());
        let notice = match neighbour.new_losses() {
            0 => format!("neighbour {}: up", neighbour.name),
            lost => format!("neighbour {}: up; {lost} lines for it were dropped", neighbour.name),
        };
        cx.app.notice(&mut cx.reactor, &notice);
        self.catch_up(cx);
        self.ping(cx);
    }

    /// Tells the neighbour what has waited for it.
    fn catch_up(&mut self, cx: &mut ClientCx<'_>) {
        let Herd { neighbours, traffic, .. } = &mut *cx.app;
        let Some(neighbour) = neighbours.get_mut(self.neighbour) else { return };
        neighbour.catch_up(&mut cx.transport.peers(), |peer, line| {
            traffic.line(&mut cx.reactor, Direction::Out, || peer, &[line]);
        });
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
        cx.reactor.call_later(PING_EVERY, ClientProtocol::ping);
    }

    fn down(&mut self, herd: &mut Herd, me: ConnId) {
        if let Some(neighbour) = herd.neighbours.get_mut(self.neighbour)
            && matches!(neighbour.link, LinkState::Up(link, _) if link == me)
        {
            neighbour.link = LinkState::Down;
        }
    }
}

/// Ends a link to somebody who is not the neighbour it says it is.
fn refuse(cx: &mut ClientCx<'_>, refusal: Refusal) {
    cx.app.counters.refused_neighbours += 1;
    let notice = format!("whoever answers at {} is refused: {refusal}", cx.transport.peer());
    cx.app.notice(&mut cx.reactor, &notice);
    cx.transport.abort_connection();
}
