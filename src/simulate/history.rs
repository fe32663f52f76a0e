//! What the clients said and heard: the ground on which the herd is judged.

use std::collections::BTreeMap;

use reactor::Time;

use super::question::Question;

/// One IAMAT that was sent, once, to one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    /// The server's name.
    pub(super) server: String,
    /// `id location time`.
    pub(super) fields: Vec<u8>,
    /// When it was sent.
    pub(super) at: Time,
    /// Whether the sender listens.
    pub(super) is_listening: bool,
    /// When another server was first seen to hold it, and its line.
    pub(super) shown: Option<(Time, Vec<u8>)>,
    /// When the sender had the answer, and what it was.
    pub(super) acknowledged: Option<(Time, Vec<u8>)>,
}

/// What was heard.
#[derive(Clone, Debug)]
pub(super) enum Heard {
    /// The answer to a report: its place among those sent, and the line.
    Answer(Visit, usize, Vec<u8>),
    /// An AT line and places.
    Places(Visit, Question, Vec<u8>, Vec<u8>),
    /// Something else than what was due.
    Astray {
        /// Where.
        visit: Visit,
        /// What was sent.
        sent: String,
        /// What came.
        came: Vec<u8>,
    },
    /// A server has let a stranger in, or taken a stranger's word.
    Admission {
        /// The server.
        server: String,
        /// What the stranger tried.
        attempt: &'static str,
        /// What it heard.
        came: Vec<u8>,
    },
}

/// A connection of a client.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Visit {
    /// Numbers them.
    pub(super) number: u64,
    /// The server.
    pub(super) server: String,
}

/// WHATSATs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Questions {
    /// Sent by who listens.
    pub(super) asked: usize,
    /// Answered with places.
    pub(super) told: usize,
    /// Answered with `? `.
    pub(super) declined: usize,
}

/// Everything that was sent, and what was heard since somebody last looked.
#[derive(Debug, Default)]
pub(super) struct History {
    sent: Vec<Sent>,
    /// The place in `sent` of each `id location time`.
    by_fields: BTreeMap<Vec<u8>, usize>,
    heard: Vec<Heard>,
    /// Questions of those who listen.
    pub(super) questions: Questions,
    /// Reports that were answered with `? `.
    pub(super) refused: usize,
}

impl History {
    /// Notes a report about to be sent. No two have the same fields.
    pub(super) fn send(&mut self, server: &str, fields: Vec<u8>, is_listening: bool, at: Time) -> usize {
        let place = self.sent.len();
        self.by_fields.insert(fields.clone(), place);
        self.sent.push(Sent {
            server: server.to_owned(),
            fields,
            at,
            is_listening,
            shown: None,
            acknowledged: None,
        });
        place
    }

    /// Notes the answer to the report at this place.
    pub(super) fn answered(&mut self, visit: &Visit, place: usize, line: &[u8], now: Time) {
        if let Some(sent) = self.sent.get_mut(place) {
            sent.acknowledged = Some((now, line.to_vec()));
            self.heard.push(Heard::Answer(visit.clone(), place, line.to_vec()));
        }
    }

    /// Notes that a server holds a report, which may be another's.
    pub(super) fn shown(&mut self, holder: &str, fields: &[u8], line: &[u8], now: Time) {
        let sent = self.by_fields.get(fields).and_then(|&place| self.sent.get_mut(place));
        if let Some(sent) = sent.filter(|sent| sent.server != holder && sent.shown.is_none()) {
            sent.shown = Some((now, line.to_vec()));
        }
    }

    /// Notes something that was heard.
    pub(super) fn hear(&mut self, heard: Heard) {
        self.heard.push(heard);
    }

    /// What was heard since the last call.
    pub(super) fn take_heard(&mut self) -> Vec<Heard> {
        std::mem::take(&mut self.heard)
    }

    /// The reports.
    pub(super) fn sent(&self) -> &[Sent] {
        &self.sent
    }

    /// The report with these fields.
    pub(super) fn find(&self, fields: &[u8]) -> Option<&Sent> {
        self.sent.get(*self.by_fields.get(fields)?)
    }

    /// What was sent, and of it acknowledged.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.sent.len(), self.sent.iter().filter(|sent| sent.acknowledged.is_some()).count())
    }
}
