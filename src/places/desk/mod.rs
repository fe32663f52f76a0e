//! Herd's only way to places.
//!
//! A question goes along a chain of providers until one answers. Those on the web are asked within bounds, not
//! at all while they are down, and never twice at a time for the same. No answer is kept: Google's terms forbid
//! it, and the others are at hand.

mod breaker;
mod counters;
mod question;
mod queue;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use protocols::http::Agent;
use reactor::{Reply, Requests, Time};

use self::breaker::{Breaker, Pass};
pub use self::counters::{DeskCounters, SourceCounters};
use self::question::{Question, Spot, State, Waiter};
use self::queue::Queue;
use self::source::Source;
use super::dialect::MOST;
use super::{Answer, Builtin, Found, Nearby, Provider, ProviderError, Searched};
use crate::crowd::Crowd;
use crate::herd::Herd;

/// How much of the web is asked at a time. What is at hand is asked without bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeskBounds {
    /// Requests in flight. As many that take the whole of five seconds are six answers a second.
    pub in_flight: usize,
    /// Questions that wait for one of them to end. What stands behind more would hardly be answered in time. Each
    /// client has a share of them: who goes next, and who is refused when there is no room, is decided by it.
    pub waiting: usize,
}

impl Default for DeskBounds {
    fn default() -> DeskBounds {
        DeskBounds { in_flight: 32, waiting: 1024 }
    }
}

/// Takes questions, finds them a provider, and gives every one exactly one answer.
pub struct Desk {
    /// In the order in which they are asked.
    sources: Vec<Source>,
    bounds: DeskBounds,
    /// Those without an answer.
    questions: BTreeMap<Spot, Question>,
    /// Those of them that wait for a request to end.
    queue: Queue,
    /// Requests on the web that have no answer yet.
    in_flight: usize,
    /// Calls made so far; the number of the last one.
    calls: u64,
    counters: DeskCounters,
}

/// What it takes to ask a provider.
struct Means<'a, 'r> {
    agent: &'a mut Agent<Herd>,
    reactor: &'a mut Requests<'r, Herd>,
}

/// What a source says to a question.
enum Admission {
    Now(Option<Pass>),
    Later,
}

impl Desk {
    /// A desk without a provider yet, under these bounds.
    #[must_use]
    pub fn new(bounds: DeskBounds) -> Desk {
        Desk {
            sources: Vec::new(),
            bounds,
            questions: BTreeMap::new(),
            queue: Queue::default(),
            in_flight: 0,
            calls: 0,
            counters: DeskCounters::default(),
        }
    }

    /// The desk of a server that needs nobody: the embedded gazetteer.
    #[must_use]
    pub fn builtin() -> Desk {
        Desk::new(DeskBounds::default()).with_local("builtin", Box::new(Builtin))
    }

    /// The same, which asks this provider where those before it fail. It answers at once.
    #[must_use]
    pub fn with_local(mut self, name: &str, provider: Box<dyn Provider>) -> Desk {
        self.sources.push(Source::new(name, provider, None));
        self
    }

    /// The same, but this provider is on the web: it is asked within bounds, and rests while it fails.
    #[must_use]
    pub fn with_web(mut self, name: &str, provider: Box<dyn Provider>) -> Desk {
        self.sources.push(Source::new(name, provider, Some(Breaker::new())));
        self
    }

    /// What has been asked so far.
    #[must_use]
    pub fn counters(&self) -> &DeskCounters {
        &self.counters
    }

    /// Whether one of its providers forbids to keep what it answers. An answer does not say whose it is, so it holds
    /// for all.
    #[must_use]
    pub fn forbids_keeping(&self) -> bool {
        self.sources.iter().any(|source| source.provider.forbids_keeping())
    }

    /// Finds out what is near, for a client at this address: exactly one answer, within the time that the
    /// question gives.
    pub fn ask(
        &mut self,
        client: IpAddr,
        nearby: Nearby,
        agent: &mut Agent<Herd>,
        reactor: &mut Requests<'_, Herd>,
        done: Reply<Herd, Answer>,
    ) {
        self.counters.asked += 1;
        let (client, waiter) = (Crowd::client_at(client), Waiter { bound: nearby.bound, done });
        if let Some(question) = self.questions.get_mut(&Spot::of(&nearby)) {
            self.counters.merged += 1;
            question.waiters.push(waiter);
            question.client = self.queue.share(question.spot(), question.client, client);
            return;
        }
        let question = Question::new(nearby, client, waiter, reactor.now());
        self.pursue(question, &mut Means { agent, reactor });
    }

    /// Asks the next source that can be asked. When there is none, what was heard is the answer.
    fn pursue(&mut self, mut question: Question, means: &mut Means<'_, '_>) {
        while question.source < self.sources.len() {
            match self.admit(&mut question, means.reactor) {
                Ok(Admission::Now(pass)) => return self.call(question, pass, means),
                Ok(Admission::Later) => return self.wait(question, means),
                Err(error) => question.hear(Err(error)),
            }
            question.source += 1;
        }
        self.finish(question, means.reactor);
    }

    /// Whether the source that a question is at can be asked, and when.
    fn admit(
        &mut self,
        question: &mut Question,
        reactor: &mut Requests<'_, Herd>,
    ) -> Result<Admission, ProviderError> {
        let source = &mut self.sources[question.source];
        if source.is_local() {
            return Ok(Admission::Now(None));
        }
        source.check(question.deadline, reactor.now())?;
        start_clock(question, reactor);
        let has_room = self.in_flight < self.bounds.in_flight;
        Ok(if has_room { Admission::Now(source.pass()) } else { Admission::Later })
    }

    /// Asks the source that a question is at for as much as anybody may want, in the time that is left.
    fn call(&mut self, mut question: Question, pass: Option<Pass>, means: &mut Means<'_, '_>) {
        let nearby = self.begin(&mut question, pass, means.reactor.now());
        let (spot, call) = (question.spot(), self.calls);
        let done = means.reactor.app_reply(move |cx, answer| {
            let Herd { desk, agent, .. } = &mut *cx.app;
            desk.answered(spot, call, answer, &mut Means { agent, reactor: &mut cx.reactor });
        });
        self.sources[question.source].provider.nearby(nearby, means.agent, means.reactor, done);
        self.questions.insert(spot, question);
    }

    /// Counts the call that asks the source which a question is at, and says what it asks.
    fn begin(&mut self, question: &mut Question, pass: Option<Pass>, since: Time) -> Nearby {
        self.calls += 1;
        self.in_flight += usize::from(pass.is_some());
        self.sources[question.source].counters.calls += 1;
        question.state = State::Asked { call: self.calls, since, pass };
        Nearby { bound: MOST, within: question.deadline.since(since), ..question.nearby.clone() }
    }

    /// A question waits for its turn. Where there is no room for it, one of the client that has most waiting is turned
    /// away: that may be this one.
    fn wait(&mut self, mut question: Question, means: &mut Means<'_, '_>) {
        let is_full = self.queue.len() >= self.bounds.waiting;
        let displaced = is_full.then(|| self.queue.displace(question.client)).flatten();
        if is_full && displaced.is_none() {
            return self.turn_away(question, means);
        }
        question.state = State::Waiting;
        self.queue.push(question.client, question.spot());
        self.questions.insert(question.spot(), question);
        if let Some(displaced) = displaced.and_then(|spot| self.questions.remove(&spot)) {
            self.turn_away(displaced, means);
        }
    }

    /// There is no room for a question on the web: it gets what is at hand.
    fn turn_away(&mut self, mut question: Question, means: &mut Means<'_, '_>) {
        self.counters.refused_by_queue += 1;
        question.hear(Err(ProviderError::Crowded("too many questions wait")));
        while self.sources.get(question.source).is_some_and(|source| !source.is_local()) {
            question.source += 1;
        }
        self.pursue(question, means);
    }

    /// A source has answered. If it took too long, the question has been settled already.
    fn answered(&mut self, spot: Spot, call: u64, answer: Searched, means: &mut Means<'_, '_>) {
        if let Some(question) = self.take_if(spot, |question| question.is_asked_by(call)) {
            self.settle(question, answer, means);
        }
    }

    /// The time for a question is up. A source at hand may still answer it.
    fn expire(&mut self, spot: Spot, means: &mut Means<'_, '_>) {
        let Some(question) = self.take_if(spot, Question::is_at_the_web) else { return };
        if matches!(question.state, State::Waiting) {
            self.counters.expired += 1;
            self.queue.remove(question.client, spot);
        }
        self.settle(question, Err(ProviderError::TimedOut), means);
    }

    fn take_if(&mut self, spot: Spot, is_it: impl FnOnce(&Question) -> bool) -> Option<Question> {
        let question = self.questions.get(&spot).filter(|question| is_it(question));
        question.is_some().then(|| self.questions.remove(&spot)).flatten()
    }

    /// What a source said is the answer, or the next one is asked; and whoever waits for its place gets it.
    fn settle(&mut self, mut question: Question, answer: Searched, means: &mut Means<'_, '_>) {
        self.hear(&mut question, answer, means.reactor);
        if question.is_answered() {
            self.finish(question, means.reactor);
        } else {
            question.source += 1;
            self.pursue(question, means);
        }
        self.fill(means);
    }

    /// Takes what the source has said that a question is at; its call has ended.
    fn hear(&mut self, question: &mut Question, answer: Searched, reactor: &mut Requests<'_, Herd>) {
        if let State::Asked { since, pass, .. } = question.state {
            self.in_flight -= usize::from(pass.is_some());
            let took = reactor.now().since(since);
            self.sources[question.source].settle(&answer, took, pass, reactor);
        }
        question.hear(answer);
    }

    /// Lets those that wait be asked, as long as there is room.
    fn fill(&mut self, means: &mut Means<'_, '_>) {
        while self.in_flight < self.bounds.in_flight
            && let Some(spot) = self.queue.pop()
        {
            let Some(mut question) = self.questions.remove(&spot) else { continue };
            if question.has_waited_too_long(means.reactor.now()) {
                self.counters.expired += 1;
                question.hear(Err(ProviderError::TimedOut));
                question.source += 1;
            }
            self.pursue(question, means);
        }
    }

    /// Gives everybody who waits what was heard, cut to a bound of its own.
    fn finish(&mut self, question: Question, reactor: &mut Requests<'_, Herd>) {
        let Question { waiters, heard, timer, .. } = question;
        let count = if heard.is_ok() { &mut self.counters.answered } else { &mut self.counters.failed };
        *count += waiters.len() as u64;
        let heard = heard.map(Arc::new);
        for Waiter { bound, done } in waiters {
            let answer = heard.as_ref().map(|search| Found::new(Arc::clone(search), bound));
            reactor.send(done, answer.map_err(Clone::clone));
        }
        if let Some(timer) = timer {
            reactor.cancel(timer);
        }
    }
}

/// A question needs the web: its time begins to run out, unless it has before.
fn start_clock(question: &mut Question, reactor: &mut Requests<'_, Herd>) {
    if question.timer.is_none() {
        let (spot, left) = (question.spot(), question.deadline.since(reactor.now()));
        question.timer = Some(reactor.app_later(left, move |cx| {
            let Herd { desk, agent, .. } = &mut *cx.app;
            desk.expire(spot, &mut Means { agent, reactor: &mut cx.reactor });
        }));
    }
}

impl fmt::Display for Desk {
    /// Its counters and those of its sources that are not zero, one a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.counters.fmt(f)?;
        self.sources.iter().try_for_each(|source| source.fmt(f))
    }
}
