//! The end of the turn: how long it took, and what it did if that was too long.

use std::fmt;
use std::time::Duration;

use super::Reactor;
use crate::counters::Counters;
use crate::net::Net;

/// Slow turns are said at most so often: a log line for each would make the next one slow, too.
const SAID_EVERY: Duration = Duration::from_secs(1);

/// What a turn has done, or all turns so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Work {
    accepts: u64,
    reads: u64,
    bytes: u64,
    timers: u64,
    requests: u64,
    writes: u64,
}

impl Work {
    pub(super) fn of(counters: &Counters) -> Work {
        Work {
            accepts: counters.accepted,
            reads: counters.reads,
            bytes: counters.bytes_in,
            timers: counters.timers,
            requests: counters.requests,
            writes: counters.writes,
        }
    }

    /// What was done since then.
    fn since(self, then: Work) -> Work {
        Work {
            accepts: self.accepts - then.accepts,
            reads: self.reads - then.reads,
            bytes: self.bytes - then.bytes,
            timers: self.timers - then.timers,
            requests: self.requests - then.requests,
            writes: self.writes - then.writes,
        }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Work { accepts, reads, bytes, timers, requests, writes } = self;
        write!(
            f,
            "{accepts} accepts, {reads} reads of {bytes} bytes, {timers} timers, {requests} requests, {writes} writes"
        )
    }
}

impl<A: 'static> Reactor<A> {
    /// Notes how long the turn took, by the one reading of the clock that a turn costs beside its first.
    pub(super) fn measure(&mut self, net: &impl Net, before: Work) {
        let ended = net.now();
        let took = ended.since(self.core.now);
        let is_slow = self.core.counters.lag.note(took, self.core.limits.slow_turn);
        if is_slow && self.slow_quiet_until <= ended {
            self.slow_quiet_until = ended + SAID_EVERY;
            let work = Work::of(&self.core.counters).since(before);
            log::warn!("a turn took {took:?}: {work}; {} slow so far", self.core.counters.lag.slow());
        }
    }
}
