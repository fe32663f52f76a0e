//! One question, and all who wait for its answer.

use std::net::IpAddr;

use reactor::{Reply, Time, TimerId};

use super::breaker::Pass;
use crate::herd::Herd;
use crate::places::{Answer, Nearby, ProviderError, Searched};

/// What is asked, bit by bit: who asks the same gets the same answer, cut to a bound of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Spot([u64; 3]);

impl Spot {
    pub(super) fn of(nearby: &Nearby) -> Spot {
        Spot([nearby.latitude, nearby.longitude, nearby.radius_metres].map(f64::to_bits))
    }
}

#[cfg(test)]
impl Spot {
    /// One that stands for this number.
    pub(super) fn numbered(number: u64) -> Spot {
        Spot([number, 0, 0])
    }

    pub(super) fn number(self) -> u64 {
        self.0[0]
    }
}

/// Who waits for an answer, and how much of it it wants.
pub(super) struct Waiter {
    pub(super) bound: usize,
    pub(super) done: Reply<Herd, Answer>,
}

/// How far a question has got with a source.
#[derive(Clone, Copy, Debug)]
pub(super) enum State {
    /// It waits until it may be asked.
    Waiting,
    /// It was asked, by the call of this number. A source on the web is asked with a pass.
    Asked { call: u64, since: Time, pass: Option<Pass> },
}

/// A question on its way through the sources.
pub(super) struct Question {
    pub(super) nearby: Nearby,
    /// In whose share of the queue it waits, if it has to.
    pub(super) client: IpAddr,
    pub(super) waiters: Vec<Waiter>,
    /// The place in the chain of the source it is at.
    pub(super) source: usize,
    pub(super) state: State,
    /// What was heard so far: the last answer, or where there is none, the last failure.
    pub(super) heard: Searched,
    /// When it has to have an answer.
    pub(super) deadline: Time,
    /// What ends it then. It is there once the question needs the web.
    pub(super) timer: Option<TimerId>,
}

impl Question {
    pub(super) fn new(nearby: Nearby, client: IpAddr, waiter: Waiter, now: Time) -> Question {
        Question {
            deadline: now + nearby.within,
            nearby,
            client,
            waiters: vec![waiter],
            source: 0,
            state: State::Waiting,
            heard: Err(ProviderError::Unavailable("there is no provider".to_owned())),
            timer: None,
        }
    }

    /// Takes what a source has said, unless that is less than what was heard before.
    pub(super) fn hear(&mut self, outcome: Searched) {
        if outcome.is_ok() || self.heard.is_err() {
            self.heard = outcome;
        }
    }

    /// Whether what was heard is an answer that no other source can better.
    pub(super) fn is_answered(&self) -> bool {
        self.heard.as_ref().is_ok_and(|search| !search.is_refusal())
    }

    /// Whether less than half of its time is left. A service that is asked then would mostly be asked for
    /// nothing: under more load than it bears, each answer would come just too late, and it would be blamed.
    pub(super) fn has_waited_too_long(&self, now: Time) -> bool {
        self.deadline.since(now) < self.nearby.within / 2
    }

    pub(super) fn spot(&self) -> Spot {
        Spot::of(&self.nearby)
    }

    /// Whether it waits for a source on the web, or to be asked of one.
    pub(super) fn is_at_the_web(&self) -> bool {
        !matches!(self.state, State::Asked { pass: None, .. })
    }

    /// Whether it waits for the answer to this call.
    pub(super) fn is_asked_by(&self, number: u64) -> bool {
        matches!(self.state, State::Asked { call, .. } if call == number)
    }
}
