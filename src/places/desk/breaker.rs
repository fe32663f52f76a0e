//! A service that fails again and again is left alone for a while (a circuit breaker).

use std::time::Duration;

use protocols::Backoff;
use reactor::Time;

/// So many failures in a row are no accident.
const FAILURES: u32 = 5;
/// How long it rests at first: about what a restart takes.
const FIRST_REST: Duration = Duration::from_secs(1);
/// How long at most, so that its return is noticed within a minute.
const LONGEST_REST: Duration = Duration::from_secs(60);
/// By what share of itself a rest is shortened at random, so that servers do not come back as one.
const JITTER: f64 = 0.25;

/// Whether a service may be asked.
#[derive(Debug)]
pub(super) struct Breaker {
    state: State,
    rests: Backoff,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// It is asked; so many of the last answers failed.
    Closed { failures: u32 },
    /// It rests; from `until` on, one question may try it.
    Open { until: Time },
    /// That question is on its way.
    Probing,
}

/// Leave to ask once, told back with what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// One of many.
    Ordinary,
    /// The one that tries whether the service is back.
    Probe,
}

impl Breaker {
    pub(super) fn new() -> Breaker {
        let rests = Backoff::new(FIRST_REST, LONGEST_REST, 2.0, JITTER);
        Breaker { state: State::Closed { failures: 0 }, rests }
    }

    /// Whether nobody may ask now.
    pub(super) fn is_resting(&self, now: Time) -> bool {
        match self.state {
            State::Closed { .. } => false,
            State::Open { until } => now < until,
            State::Probing => true,
        }
    }

    /// Leave to ask, where it is not resting.
    pub(super) fn pass(&mut self) -> Pass {
        if matches!(self.state, State::Closed { .. }) {
            return Pass::Ordinary;
        }
        self.state = State::Probing;
        Pass::Probe
    }

    /// The service has answered, to whomever; says whether it rested before.
    pub(super) fn succeed(&mut self) -> bool {
        self.rests.reset();
        !matches!(std::mem::replace(&mut self.state, State::Closed { failures: 0 }), State::Closed { .. })
    }

    /// It has failed; says for how long it rests, if it did not before. `random` is any number.
    pub(super) fn fail(&mut self, pass: Pass, now: Time, random: u64) -> Option<Duration> {
        match (self.state, pass) {
            (State::Closed { failures }, _) if failures + 1 < FAILURES => {
                self.state = State::Closed { failures: failures + 1 };
                None
            }
            (State::Closed { .. }, _) => Some(self.rest(now, random)),
            (State::Probing, Pass::Probe) => {
                self.rest(now, random);
                None
            }
            // It was asked before it rested.
            (State::Open { .. } | State::Probing, _) => None,
        }
    }

    fn rest(&mut self, now: Time, random: u64) -> Duration {
        let rest = self.rests.wait(random);
        self.state = State::Open { until: now + rest };
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::ZERO + Duration::from_millis(millis)
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::new();
        let fail = |_| breaker.fail(Pass::Ordinary, at(0), 0);
        let rests: Vec<_> = (0..FAILURES).map(fail).collect();
        assert_eq!(rests, [None, None, None, None, Some(FIRST_REST)]);
        breaker
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_success_between_them_does_not_let_them_add_up() {
        let breaker = opened();
        assert!(breaker.is_resting(at(0)) && breaker.is_resting(at(999)) && !breaker.is_resting(at(1_000)));
        let mut breaker = Breaker::new();
        for _ in 0..9 {
            assert!((1..FAILURES).all(|_| breaker.fail(Pass::Ordinary, at(0), 0).is_none()));
            assert!(!breaker.succeed());
        }
        assert!(!breaker.is_resting(at(0)));
    }

    #[test]
    fn one_question_tries_and_its_success_closes_it() {
        let mut breaker = opened();
        assert_eq!(breaker.pass(), Pass::Probe);
        assert!(breaker.is_resting(at(1_000)) && breaker.is_resting(at(100_000)));
        assert!(breaker.succeed());
        assert_eq!((breaker.pass(), breaker.is_resting(at(1_000))), (Pass::Ordinary, false));
    }

    #[test]
    fn rests_double_up_to_a_minute_and_are_told_once() {
        let mut breaker = opened();
        let mut now = 1_000;
        for rest in [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
            assert_eq!(breaker.pass(), Pass::Probe);
            assert_eq!(breaker.fail(Pass::Probe, at(now), 0), None);
            assert!(breaker.is_resting(at(now + rest - 1)) && !breaker.is_resting(at(now + rest)));
            now += rest;
        }
        assert!(breaker.succeed());
        assert_eq!((0..5).find_map(|_| breaker.fail(Pass::Ordinary, at(now), 0)), Some(FIRST_REST));
    }

    #[test]
    fn a_failure_of_an_earlier_question_is_not_the_probes() {
        let mut breaker = opened();
        assert_eq!(breaker.fail(Pass::Ordinary, at(500), 0), None);
        assert!(!breaker.is_resting(at(1_000)));
        breaker.pass();
        assert_eq!(breaker.fail(Pass::Ordinary, at(1_000), 0), None);
        assert!(breaker.is_resting(at(9_000)), "the probe is still on its way");
    }

    #[test]
    fn jitter_shortens_a_rest_by_a_quarter_at_most() {
        let mut breaker = Breaker::new();
        let rest = (0..5).find_map(|_| breaker.fail(Pass::Ordinary, at(0), u64::MAX));
        assert_eq!(rest, Some(Duration::from_millis(750)));
    }
}
