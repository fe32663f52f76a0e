//! Whether anything is wrong: a judge for each thing that must hold.

mod altered;
mod forged;
mod liveness;
mod lost;
mod order;
mod places;
mod replies;

use std::fmt;

use reactor::Time;

use super::history::{Heard, History};
use crate::command::{AtLine, Command};
use crate::store::Store;

use altered::Altered;
pub(super) use liveness::expect_the_same_everywhere;
pub(super) use lost::{Excuse, Lost, expect_every_report_answered};
use order::Order;
pub(super) use places::expect_every_question_answered;

/// So many failures of one run are told.
const MOST: usize = 20;

/// What is wrong, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The judge.
    pub judge: &'static str,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.judge, self.what)
    }
}

/// All judges, and what they found.
#[derive(Debug, Default)]
pub(super) struct Judges {
    altered: Altered,
    order: Order,
    failures: Vec<Failure>,
}

impl Judges {
    /// Looks at what one process of a server holds.
    pub(super) fn look(
        &mut self,
        server: &str,
        process: u32,
        store: &Store,
        history: &mut History,
        now: Time,
    ) {
        let (changed, failures) = self.order.look(server, process, store);
        failures.into_iter().for_each(|what| self.fail("order", what));
        for line in changed {
            self.see(server, &line, history);
            if let Some(at) = parse(&line) {
                history.shown(server, &fields_of(&at), &line, now);
            }
        }
    }

    /// Judges what clients and strangers have heard.
    pub(super) fn listen(&mut self, history: &mut History) {
        for heard in history.take_heard() {
            self.hear(heard, history);
        }
    }

    fn hear(&mut self, heard: Heard, history: &History) {
        match heard {
            Heard::Answer(visit, place, line) => {
                self.see(&visit.server, &line, history);
                self.order.answered(&visit, &line);
                let sent = history.sent().get(place);
                self.check("replies", sent.map_or(Ok(()), |sent| replies::check_answer(sent, &line)));
            }
            Heard::Places(visit, question, line, text) => {
                self.see(&visit.server, &line, history);
                let order = self.order.told(&visit, &line);
                self.check("order", order);
                self.check("places", places::check(&visit.server, &question, &line, &text));
            }
            Heard::Astray { visit, sent, came } => {
                self.fail("replies", replies::astray(&visit, &sent, &came));
            }
            Heard::Admission { server, attempt, came } => {
                self.fail("forged", forged::admission(&server, attempt, &came));
            }
        }
    }

    /// Judges a line, wherever it is seen.
    fn see(&mut self, place: &str, line: &[u8], history: &History) {
        let Some(at) = parse(line) else {
            return self.fail("altered", format!("{place}: no AT line: {}", line.escape_ascii()));
        };
        self.check("forged", forged::check(place, &at, history));
        let altered = self.altered.see(place, &at, line);
        self.check("altered", altered);
    }

    /// Notes what a judge says.
    pub(super) fn check(&mut self, judge: &'static str, verdict: Result<(), String>) {
        if let Err(what) = verdict {
            self.fail(judge, what);
        }
    }

    /// Notes that something is wrong.
    pub(super) fn fail(&mut self, judge: &'static str, what: String) {
        if self.failures.len() < MOST {
            self.failures.push(Failure { judge, what });
        }
    }

    /// Whether anything is wrong so far.
    pub(super) fn has_failures(&self) -> bool {
        !self.failures.is_empty()
    }

    /// What is wrong.
    pub(super) fn into_failures(self) -> Vec<Failure> {
        self.failures
    }
}

fn parse(line: &[u8]) -> Option<AtLine<'_>> {
    match Command::parse(line) {
        Ok(Command::At(at)) => Some(at),
        _ => None,
    }
}

/// `id location time`.
fn fields_of(at: &AtLine<'_>) -> Vec<u8> {
    [at.id, at.location.as_bytes(), at.time.as_bytes()].join(&b' ')
}
