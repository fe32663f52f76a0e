//! What was sent, what came back, and how long that took.

use std::ops::Range;
use std::time::Duration;

use hdrhistogram::Histogram;
use reactor::Time;

use super::flight::{Errand, Verdict, What};

/// Latencies are told apart from here on, in nanoseconds, by three digits, and up to a minute: longer ones are
/// counted as a minute.
const LEAST: u64 = 100;
const MOST: u64 = 60_000_000_000;
const DIGITS: u8 = 3;

/// One step of the timeline.
pub(super) const STEP: Duration = Duration::from_millis(100);
/// The timeline's end: an hour, which is 288 kB. What comes later is in the sums alone.
const STEPS: usize = 36_000;

/// Everything that is counted. A line belongs to the measurement if it was due within it, whenever its reply comes.
#[derive(Debug)]
pub(super) struct Tally {
    /// When the measurement begins and ends.
    pub(super) window: Range<Time>,
    pub(super) iamat: Count,
    pub(super) whatsat: Count,
    /// Lines that were due, and that no connection could take.
    pub(super) unsent: u64,
    pub(super) lost_connections: u64,
    pub(super) failed_connects: u64,
    pub(super) targets: Vec<TargetCount>,
    /// Right replies that came within the measurement, in each step of it.
    pub(super) timeline: Vec<u64>,
    /// How late we were to look at what was due, in nanoseconds: our own share of the latencies of an open loop.
    pub(super) lateness: Histogram<u64>,
}

/// The lines of one kind.
#[derive(Debug)]
pub(super) struct Count {
    pub(super) sent: u64,
    pub(super) answered: u64,
    pub(super) wrong: u64,
    pub(super) refused: u64,
    /// Right replies that came within the measurement, whenever their lines were due.
    pub(super) came: u64,
    /// Of right replies, in nanoseconds.
    pub(super) latency: Histogram<u64>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct TargetCount {
    pub(super) answered: u64,
    pub(super) lost_connections: u64,
}

impl Tally {
    pub(super) fn new(targets: usize) -> Tally {
        Tally {
            window: Time::NEVER..Time::NEVER,
            iamat: Count::new(),
            whatsat: Count::new(),
            unsent: 0,
            lost_connections: 0,
            failed_connects: 0,
            targets: vec![TargetCount::default(); targets],
            timeline: Vec::new(),
            lateness: histogram(),
        }
    }

    pub(super) fn sent(&mut self, errand: &Errand) {
        if self.window.contains(&errand.due) {
            self.count(errand).sent += 1;
        }
    }

    pub(super) fn settled(&mut self, errand: &Errand, verdict: Verdict, target: usize, now: Time) {
        let (is_due, came) = (self.window.contains(&errand.due), self.window.contains(&now));
        if verdict == Verdict::Right && came {
            self.count(errand).came += 1;
            self.note_in_timeline(now);
        }
        if !is_due {
            return;
        }
        let count = self.count(errand);
        match verdict {
            Verdict::Wrong => count.wrong += 1,
            Verdict::Refused => count.refused += 1,
            Verdict::Right => {
                count.answered += 1;
                count.latency.saturating_record(nanos(now.since(errand.due)));
                self.targets[target].answered += 1;
            }
        }
    }

    /// A line came that nothing had asked for.
    pub(super) fn unasked(&mut self, now: Time) {
        self.iamat.wrong += u64::from(self.window.contains(&now));
    }

    pub(super) fn unsent(&mut self, due: Time) {
        self.unsent += u64::from(self.window.contains(&due));
    }

    /// We look at a line now that was due then.
    pub(super) fn looked_at(&mut self, due: Time, now: Time) {
        if self.window.contains(&due) {
            self.lateness.saturating_record(nanos(now.since(due)));
        }
    }

    fn count(&mut self, errand: &Errand) -> &mut Count {
        match errand.what {
            What::Tell(_) => &mut self.iamat,
            What::Ask(_) => &mut self.whatsat,
        }
    }

    fn note_in_timeline(&mut self, now: Time) {
        let step = steps(now.since(self.window.start).as_nanos() / STEP.as_nanos());
        if step < STEPS {
            self.timeline.resize(self.timeline.len().max(step + 1), 0);
            self.timeline[step] += 1;
        }
    }

    /// The timeline to the end of the measurement, also where nothing came.
    pub(super) fn whole_timeline(&self) -> Vec<u64> {
        let length = steps(self.window.end.since(self.window.start).as_nanos().div_ceil(STEP.as_nanos()));
        let mut timeline = self.timeline.clone();
        timeline.resize(timeline.len().max(length.min(STEPS)), 0);
        timeline
    }
}

impl Count {
    fn new() -> Count {
        Count { sent: 0, answered: 0, wrong: 0, refused: 0, came: 0, latency: histogram() }
    }
}

fn steps(count: u128) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// For latencies in nanoseconds.
pub(super) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(LEAST, MOST, DIGITS)
        .unwrap_or_else(|error| unreachable!("these bounds are what a histogram can have: {error}"))
}

pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
