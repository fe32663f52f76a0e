//! One update on its way to one neighbour (the paper, 3.2: `ClientProtocol` sends a message and closes itself).

use reactor::{AppCx, ConnectError, Cx, Protocol, Reason, Requests};

use super::TELL_TIME;
use super::correspondent::Outcome;
use crate::herd::Herd;
use crate::traffic_log::Direction;

type ClientCx<'a> = Cx<'a, Herd, ClientProtocol>;

/// Sends its line, closes its side, and waits until the neighbour has closed its own: so there are never more of these
/// than the neighbour keeps up with, and none is reset before it was read.
#[derive(Debug)]
pub struct ClientProtocol {
    /// Whom it leads to: a place among the correspondents.
    place: usize,
    line: Box<[u8]>,
    /// The neighbour has answered, and to news it would not.
    is_answered: bool,
    /// The neighbour has closed its side. So it has read what we sent, unless it was full and turned us away.
    is_read: bool,
}

impl ClientProtocol {
    pub(super) fn new(place: usize, line: Box<[u8]>) -> ClientProtocol {
        ClientProtocol { place, line, is_answered: false, is_read: false }
    }

    fn outcome(&self, reason: &Reason) -> Outcome {
        match (self.is_answered, self.is_read) {
            (true, _) => Outcome::Refused,
            (false, true) => Outcome::Told,
            (false, false) => Outcome::Lost(reason.to_string()),
        }
    }
}

impl Protocol<Herd> for ClientProtocol {
    fn connection_made(&mut self, cx: &mut ClientCx<'_>) {
        cx.app.traffic.line(&mut cx.reactor, Direction::Out, || cx.transport.peer(), &[&self.line]);
        cx.transport.write_sequence(&[&self.line, b"\n"]);
        cx.transport.lose_write();
        let deadline = cx.reactor.now() + TELL_TIME;
        cx.transport.set_deadline(Some(deadline));
    }

    /// Its `bad_request`. What it says is not kept.
    fn data_received(&mut self, cx: &mut ClientCx<'_>, _data: &[u8]) {
        self.is_answered = true;
        cx.transport.demote_address();
    }

    fn read_closed(&mut self, cx: &mut ClientCx<'_>) {
        self.is_read = true;
        cx.transport.lose_connection();
    }

    /// It goes on, and is over soon.
    fn stopping(&mut self, _cx: &mut ClientCx<'_>) {}

    fn connection_lost(&mut self, cx: &mut ClientCx<'_>, reason: &Reason) {
        over(cx.app, &mut cx.reactor, self.place, self.outcome(reason));
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, Herd>, error: &ConnectError) {
        over(cx.app, &mut cx.reactor, self.place, Outcome::Lost(error.to_string()));
    }
}

/// Says what has become of an update, if it is bad, and lets the next one go.
fn over(herd: &mut Herd, reactor: &mut Requests<'_, Herd>, place: usize, outcome: Outcome) {
    let correspondent = herd.neighbours.paper.as_mut().and_then(|all| all.get_mut(place));
    let Some(correspondent) = correspondent else { return };
    let said = correspondent.over(outcome, reactor.now());
    correspondent.send_next(place, reactor);
    if let Some((admitted, notice)) = said {
        herd.notice_if(reactor, admitted, &notice);
    }
}
