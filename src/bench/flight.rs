//! What is in flight on one connection, and what becomes of it as lines come.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use reactor::Time;
use serde::de::IgnoredAny;

use super::words::{Report, client_of, report_of};

/// One line that was sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Errand {
    pub(super) client: u32,
    /// When it was to be sent: what its latency is counted from.
    pub(super) due: Time,
    pub(super) what: What,
}

/// What it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum What {
    /// IAMAT.
    Tell(Report),
    /// WHATSAT; the time of the report that the server must know the client by is one of these. It is one alone,
    /// unless a connection was lost with a report in flight.
    Ask(RangeInclusive<u64>),
}

/// What a reply is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    Right,
    /// Not what was due.
    Wrong,
    /// `? ` and the line.
    Refused,
}

/// What a line has brought.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Heard {
    /// The whole reply to this.
    Settled(Errand, Verdict),
    /// A part of a reply.
    Part,
    /// What names nobody who waits for a reply; so it is not known where the next reply begins. The oldest line in
    /// flight, if there was one, has had it for an answer.
    Rubbish(Option<Errand>),
}

/// The lines in flight, the oldest first. Their clients differ, so the id in a reply says which it answers, also where
/// a server answers an IAMAT before an earlier WHATSAT. The lines of one reply must be together.
#[derive(Debug, Default)]
pub(super) struct Flight {
    errands: VecDeque<Errand>,
    /// The reply to a WHATSAT of which more is to come.
    body: Option<Body>,
    /// The words of the WHATSAT behind its id, for its echo.
    tail: Vec<u8>,
}

#[derive(Debug)]
struct Body {
    errand: Errand,
    /// What its AT line was worth.
    so_far: Verdict,
    text: Vec<u8>,
}

impl Flight {
    /// Nothing is in flight. A WHATSAT ends in `tail`: the radius, the bound.
    pub(super) fn new(tail: &[u8]) -> Flight {
        Flight { tail: tail.to_vec(), ..Flight::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.errands.len() + usize::from(self.body.is_some())
    }

    pub(super) fn has(&self, client: u32) -> bool {
        self.errands.iter().any(|errand| errand.client == client)
            || self.body.as_ref().is_some_and(|body| body.errand.client == client)
    }

    pub(super) fn push(&mut self, errand: Errand) {
        self.errands.push_back(errand);
    }

    /// Takes what will not be answered any more: the connection is lost.
    pub(super) fn take(&mut self) -> Vec<Errand> {
        let body = self.body.take().map(|body| body.errand);
        body.into_iter().chain(self.errands.drain(..)).collect()
    }

    /// Hears one line, without its end.
    pub(super) fn hear(&mut self, line: &[u8]) -> Heard {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match self.body.take() {
            Some(body) => self.hear_more(body, line),
            None => match report_of(line) {
                Some(report) => self.hear_report(report),
                None => self.hear_other(line),
            },
        }
    }

    fn hear_report(&mut self, report: Report) -> Heard {
        let Some(errand) = self.take_answered_by(report) else { return self.rubbish() };
        let verdict = if errand.allows(&report) { Verdict::Right } else { Verdict::Wrong };
        self.begin(errand, verdict)
    }

    /// Nearly always the oldest, which is why that is looked at first.
    fn take_answered_by(&mut self, report: Report) -> Option<Errand> {
        match self.errands.front() {
            Some(Errand { what: What::Tell(told), .. }) if *told == report => self.errands.pop_front(),
            _ => self.take_of(report.client()?),
        }
    }

    /// A refusal; or a reply that is wrong.
    fn hear_other(&mut self, line: &[u8]) -> Heard {
        let named = client_of(line).and_then(|client| self.take_of(client));
        let Some(errand) = named else { return self.rubbish() };
        match line.strip_prefix(b"? ") {
            Some(echo) if errand.is_echoed(echo, &self.tail) => Heard::Settled(errand, Verdict::Refused),
            None => self.begin(errand, Verdict::Wrong),
            Some(_) => Heard::Settled(errand, Verdict::Wrong),
        }
    }

    fn rubbish(&mut self) -> Heard {
        Heard::Rubbish(self.errands.pop_front())
    }

    /// An AT line is the whole reply to an IAMAT, and the beginning of one to a WHATSAT.
    fn begin(&mut self, errand: Errand, so_far: Verdict) -> Heard {
        match errand.what {
            What::Tell(_) => Heard::Settled(errand, so_far),
            What::Ask(_) => {
                self.body = Some(Body { errand, so_far, text: Vec::new() });
                Heard::Part
            }
        }
    }

    fn hear_more(&mut self, mut body: Body, line: &[u8]) -> Heard {
        if line.is_empty() {
            let is_json = serde_json::from_slice::<IgnoredAny>(&body.text).is_ok();
            let verdict = if is_json { body.so_far } else { Verdict::Wrong };
            return Heard::Settled(body.errand, verdict);
        }
        body.text.extend_from_slice(line);
        body.text.push(b'\n');
        self.body = Some(body);
        Heard::Part
    }

    fn take_of(&mut self, client: u32) -> Option<Errand> {
        let place = self.errands.iter().position(|errand| errand.client == client)?;
        self.errands.remove(place)
    }
}

impl Errand {
    /// Its line, without an end; a WHATSAT ends in `tail`.
    pub(super) fn write_to(&self, line: &mut Vec<u8>, tail: &[u8]) {
        match &self.what {
            What::Tell(report) => {
                line.extend_from_slice(b"IAMAT ");
                line.extend_from_slice(report.as_bytes());
            }
            What::Ask(_) => {
                line.extend_from_slice(b"WHATSAT ");
                line.extend_from_slice(Report::new(self.client, 0).id());
                line.push(b' ');
                line.extend_from_slice(tail);
            }
        }
    }

    fn allows(&self, report: &Report) -> bool {
        match &self.what {
            What::Tell(told) => told == report,
            What::Ask(stamps) => report
                .stamp()
                .is_some_and(|stamp| stamps.contains(&stamp) && *report == Report::new(self.client, stamp)),
        }
    }

    fn is_echoed(&self, echo: &[u8], tail: &[u8]) -> bool {
        let mut line = Vec::new();
        self.write_to(&mut line, tail);
        line == echo
    }
}
