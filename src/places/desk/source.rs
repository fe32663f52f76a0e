//! A provider in the desk's chain.

use std::fmt;
use std::time::Duration;

use reactor::{Requests, Time};

use super::breaker::{Breaker, Pass};
use super::counters::SourceCounters;
use crate::herd::Herd;
use crate::places::{Provider, ProviderError, Searched};

/// A provider with its name, its breaker if it is on the web, and its counts.
pub(super) struct Source {
    name: String,
    pub(super) provider: Box<dyn Provider>,
    /// A provider without one is at hand: it answers at once, and is asked without bounds.
    breaker: Option<Breaker>,
    pub(super) counters: SourceCounters,
}

impl Source {
    pub(super) fn new(name: &str, provider: Box<dyn Provider>, breaker: Option<Breaker>) -> Source {
        Source { name: name.to_owned(), provider, breaker, counters: SourceCounters::default() }
    }

    /// Whether it is at hand.
    pub(super) fn is_local(&self) -> bool {
        self.breaker.is_none()
    }

    /// Whether there is time to ask it, and it is not resting.
    pub(super) fn check(&mut self, deadline: Time, now: Time) -> Result<(), ProviderError> {
        if deadline <= now {
            return Err(ProviderError::TimedOut);
        }
        if self.breaker.as_ref().is_some_and(|breaker| breaker.is_resting(now)) {
            self.counters.spared += 1;
            return Err(ProviderError::Resting);
        }
        Ok(())
    }

    /// Leave to ask it, if it needs that.
    pub(super) fn pass(&mut self) -> Option<Pass> {
        self.breaker.as_mut().map(Breaker::pass)
    }

    /// A call has ended: counts it, and tells the breaker. That it opens or closes is said once.
    pub(super) fn settle(
        &mut self,
        outcome: &Searched,
        took: Duration,
        pass: Option<Pass>,
        reactor: &mut Requests<'_, Herd>,
    ) {
        self.counters.count(outcome, took);
        let news = self.breaker.as_mut().zip(pass).and_then(|(breaker, pass)| match outcome {
            Ok(_) => breaker.succeed().then(|| "it answers again".to_owned()),
            Err(error) => {
                let rest = breaker.fail(pass, reactor.now(), reactor.random())?;
                Some(format!("{error}; it is not asked for {rest:.1?}"))
            }
        });
        match (news, outcome) {
            (Some(news), _) => log::warn!("{}: {news}", self.name),
            (None, Err(error)) => self.log(error),
            (None, Ok(_)) => {}
        }
    }

    /// Says that a call has failed, but ever more rarely.
    fn log(&self, error: &ProviderError) {
        let failures = self.counters.failures();
        let level = if failures.is_power_of_two() { log::Level::Warn } else { log::Level::Debug };
        log::log!(level, "{}: {error} ({failures} failures so far)", self.name);
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counters = self.counters.to_string();
        counters.lines().try_for_each(|line| writeln!(f, "{}: {line}", self.name))
    }
}
