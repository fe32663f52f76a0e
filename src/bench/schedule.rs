//! When the lines of an open loop are due.

use std::time::Duration;

use reactor::Time;

/// Lines at an even pace, numbered from 0, dealt to the connections in turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    start: Time,
    per_second: u64,
}

impl Schedule {
    pub(super) fn new(start: Time, per_second: u64) -> Schedule {
        Schedule { start, per_second: per_second.max(1) }
    }

    /// When this line is due: reckoned from the start, so that no error adds up.
    pub(super) fn due(self, line: u64) -> Time {
        let nanos = u128::from(line) * 1_000_000_000 / u128::from(self.per_second);
        self.start + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_as_many_lines_as_asked_for_whatever_their_number() {
        for per_second in [1, 3, 7, 999, 1_000, 123_457] {
            let schedule = Schedule::new(Time::from_nanos(5), per_second);
            for second in [1, 10, 86_400] {
                let end = Time::from_nanos(5 + second * 1_000_000_000);
                assert_eq!(schedule.due(per_second * second), end);
                assert!(schedule.due(per_second * second - 1) < end);
            }
        }
    }
}
