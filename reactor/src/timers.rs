//! Timers in exact order, with real cancellation: nothing of a cancelled timer stays behind.

use std::collections::{BTreeMap, BTreeSet};

use crate::net::ConnId;
use crate::requests::Call;
use crate::time::Time;

/// Names one timer, for [`Requests::cancel`](crate::Requests::cancel).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TimerId {
    at: Time,
    sequence: u64,
}

/// The timers that wait, ordered by (time, sequence).
pub(crate) struct Timers<A> {
    waiting: BTreeMap<TimerId, Call<A>>,
    /// Which belong to a link, so that they go when it goes.
    owned: BTreeSet<(ConnId, TimerId)>,
    sequence: u64,
}

impl<A> Timers<A> {
    pub(crate) fn new() -> Timers<A> {
        Timers { waiting: BTreeMap::new(), owned: BTreeSet::new(), sequence: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn next(&self) -> Option<Time> {
        self.waiting.keys().next().map(|id| id.at)
    }

    /// An id that names no timer: for one that was refused.
    pub(crate) fn unused(&mut self, at: Time) -> TimerId {
        self.sequence += 1;
        TimerId { at, sequence: self.sequence }
    }

    pub(crate) fn insert(&mut self, at: Time, call: Call<A>) -> TimerId {
        let id = self.unused(at);
        if let Call::Link(owner, _) = &call {
            self.owned.insert((*owner, id));
        }
        self.waiting.insert(id, call);
        id
    }

    pub(crate) fn cancel(&mut self, id: TimerId) -> bool {
        self.take(id).is_some()
    }

    pub(crate) fn is_pending(&self, id: TimerId) -> bool {
        self.waiting.contains_key(&id)
    }

    /// Marks where a step begins: timers made later wait for the next one (law 4).
    pub(crate) fn mark(&self) -> u64 {
        self.sequence
    }

    /// The next timer due at `now` that was made before `mark`.
    pub(crate) fn pop_due(&mut self, now: Time, mark: u64) -> Option<Call<A>> {
        let (&id, _) = self.waiting.first_key_value()?;
        if id.at <= now && id.sequence <= mark { self.take(id) } else { None }
    }

    /// Forgets the timers of a link.
    pub(crate) fn forget(&mut self, owner: ConnId) {
        let first = (owner, TimerId { at: Time::ZERO, sequence: 0 });
        while let Some(&(next, id)) = self.owned.range(first..).next().filter(|(next, _)| *next == owner) {
            self.owned.remove(&(next, id));
            self.waiting.remove(&id);
        }
    }

    fn take(&mut self, id: TimerId) -> Option<Call<A>> {
        let call = self.waiting.remove(&id)?;
        if let Call::Link(owner, _) = &call {
            self.owned.remove(&(*owner, id));
        }
        Some(call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Key;
    use std::time::Duration;

    fn owner(slot: u32) -> ConnId {
        ConnId(Key { slot, serial: 0 })
    }

    fn call(slot: u32) -> Call<()> {
        Call::Link(owner(slot), Box::new(|_, _, _| {}))
    }

    fn slot_of(call: Option<Call<()>>) -> Option<u32> {
        call.map(|call| if let Call::Link(id, _) = call { id.0.slot } else { u32::MAX })
    }

    #[test]
    fn law_4_timers_are_due_by_time_and_then_in_the_order_they_were_made() {
        let mut timers = Timers::new();
        let at = |ms| Time::ZERO + Duration::from_millis(ms);
        for (ms, slot) in [(5, 1), (3, 2), (5, 3), (9, 4)] {
            timers.insert(at(ms), call(slot));
        }
        let mark = timers.mark();
        timers.insert(at(6), call(5)); // made during the step, as early as can be
        let mut order = Vec::new();
        while let Some(slot) = slot_of(timers.pop_due(at(6), mark)) {
            order.push(slot);
        }
        assert_eq!(order, [2, 1, 3]);
        assert_eq!(slot_of(timers.pop_due(at(6), timers.mark())), Some(5));
    }

    #[test]
    fn a_cancelled_timer_leaves_nothing_behind() {
        let mut timers = Timers::new();
        let id = timers.insert(Time::ZERO, call(1));
        assert!(timers.cancel(id));
        assert!(!timers.cancel(id));
        assert_eq!((timers.len(), timers.owned.len()), (0, 0));
    }

    #[test]
    fn law_3_the_timers_of_a_link_go_with_it() {
        let mut timers = Timers::new();
        for slot in [1, 2, 1, 3] {
            timers.insert(Time::ZERO, call(slot));
        }
        timers.forget(owner(1));
        assert_eq!((timers.len(), timers.owned.len()), (2, 2));
    }
}
