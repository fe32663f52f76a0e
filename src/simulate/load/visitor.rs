//! One connection of a simulated client.

use std::collections::VecDeque;
use std::time::Duration;

use protocols::LineReceiver;
use reactor::{AppCx, ConnectError, Cx, Random, Reason};

use super::errand::Errand;
use super::{Load, report_last};
use crate::simulate::history::{Heard, Visit};
use crate::simulate::topology::place;

/// A visit that takes longer is given up: the server may be cut off.
const VISIT: Duration = Duration::from_secs(5);
/// The longest pause between two drops of a drip.
const DRIP: Duration = Duration::from_millis(30);

/// How long a client waits that has got no answer.
const AGAIN: Duration = Duration::from_millis(100);

/// How a client behaves.
#[derive(Clone, Debug)]
pub(super) enum Manner {
    /// Sends its commands, reads the replies, and goes.
    Polite,
    /// Closes its sending side as soon as it has sent everything.
    HalfClosing,
    /// Reads nothing for a while.
    Slow(Duration),
    /// Sends a few bytes at a time.
    Dripping(Random),
    /// Sends much and never reads.
    Deaf,
}

impl Manner {
    pub(super) fn is_listening(&self) -> bool {
        !matches!(self, Manner::Deaf)
    }
}

pub(super) struct Visitor {
    visit: Visit,
    errands: VecDeque<Errand>,
    manner: Manner,
    /// The client that makes another report if this one is not answered.
    insists: Option<u64>,
}

impl Visitor {
    pub(super) fn new(visit: Visit, errands: VecDeque<Errand>, manner: Manner) -> Visitor {
        Visitor { visit, errands, manner, insists: None }
    }

    /// It comes for the last report of this client, which is to be made.
    pub(super) fn insisting(self, client: u64) -> Visitor {
        Visitor { insists: Some(client), ..self }
    }

    /// Sends a few bytes, and the rest later.
    fn drip(&mut self, cx: &mut Cx<'_, Load, Self>, mut bytes: Vec<u8>) {
        let Manner::Dripping(random) = &mut self.manner else { return };
        let rest = bytes.split_off(bytes.len().min(1 + place(random, 40)));
        let pause = random.between(Duration::ZERO, DRIP);
        cx.transport.write(&bytes);
        if !rest.is_empty() {
            cx.reactor.call_later(pause, move |visitor: &mut Self, cx| visitor.drip(cx, rest));
        }
    }
}

impl LineReceiver<Load> for Visitor {
    fn connection_made(&mut self, cx: &mut Cx<'_, Load, Self>) {
        let bytes: Vec<u8> = self.errands.iter().flat_map(Errand::line).collect();
        let deadline = cx.reactor.now() + VISIT;
        cx.transport.set_deadline(Some(deadline));
        match self.manner {
            Manner::Dripping(_) => return self.drip(cx, bytes),
            Manner::Slow(_) | Manner::Deaf => cx.transport.pause_reading(),
            Manner::Polite | Manner::HalfClosing => {}
        }
        cx.transport.write(&bytes);
        match self.manner {
            Manner::HalfClosing => cx.transport.lose_write(),
            Manner::Slow(pause) => {
                cx.reactor.call_later(pause, |_: &mut Self, cx| cx.transport.resume_reading());
            }
            _ => {}
        }
    }

    fn line_received(&mut self, cx: &mut Cx<'_, Load, Self>, line: &[u8]) {
        let (history, now) = (&mut cx.app.history, cx.reactor.now());
        match self.errands.pop_front() {
            Some(errand) => {
                let rest = errand.hear(line, &self.visit, history, now);
                rest.into_iter().for_each(|rest| self.errands.push_front(rest));
            }
            None => {
                let (visit, sent) = (self.visit.clone(), "nothing".to_owned());
                history.hear(Heard::Astray { visit, sent, came: line.to_vec() });
            }
        }
        if self.errands.is_empty() {
            cx.transport.lose_connection();
        }
    }

    fn connection_lost(&mut self, cx: &mut Cx<'_, Load, Self>, reason: &Reason) {
        if let Reason::Panicked(message) = reason {
            let (visit, came) = (self.visit.clone(), message.as_bytes().to_vec());
            cx.app.history.hear(Heard::Astray { visit, sent: "a client that panicked".to_owned(), came });
        }
        if let Some(client) = self.insists.filter(|client| !cx.app.has_answer(*client)) {
            cx.reactor.app_later(AGAIN, move |cx| report_last(cx, client));
        }
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, Load>, _: &ConnectError) {
        if let Some(client) = self.insists {
            cx.reactor.app_later(AGAIN, move |cx| report_last(cx, client));
        }
    }
}
