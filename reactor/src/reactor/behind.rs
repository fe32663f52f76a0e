//! What a pause of the process leaves behind: timers that are late, and input that came in time and was not read.
//!
//! A process that was stopped (SIGSTOP), swapped out or starved finds both at once. Timers wait then until what has
//! arrived is read: else a deadline would strike though what it waits for is there. A turn brings so many events and
//! reads a link but once, so one turn may not be enough.

use std::time::Duration;

use super::Reactor;
use crate::time::Time;

impl<A: 'static> Reactor<A> {
    /// Finds out, after the step that reads, whether timers and deadlines wait for a further turn: they are late by more
    /// than a slow turn explains, and this turn has not come to the end of what there is to be heard. They wait as long
    /// again as they are late, and at most [`Limits::catch_up`](crate::Limits::catch_up): input may never end.
    pub(super) fn look_behind(&mut self, has_events: bool) {
        let now = self.core.now;
        let late = self.next_timer().map_or(Duration::ZERO, |due| now.since(due));
        let may_have_more = has_events || !self.ready.is_empty() || !self.incoming.is_empty();
        if late <= self.core.limits.slow_turn || !may_have_more || self.core.is_swamped() {
            self.catch_up_by = Time::NEVER;
        } else if self.catch_up_by == Time::NEVER {
            self.catch_up_by = now + late.min(self.core.limits.catch_up);
        } else if self.catch_up_by <= now {
            self.catch_up_by = Time::NEVER;
        }
        self.core.counters.catch_up_turns += u64::from(self.is_behind());
    }

    /// Whether timers and deadlines wait until more is read.
    pub(super) fn is_behind(&self) -> bool {
        self.catch_up_by != Time::NEVER
    }
}
