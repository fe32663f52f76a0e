//! How long turns take: while one runs, everybody else waits.

use std::fmt;
use std::time::Duration;

/// Turns in boxes by how long they took; each box holds twice the time of the one before.
const BOXES: usize = 24;

/// How long the turns of a reactor took, from the end of their wait to their own end.
///
/// A histogram in a fixed array: noting a turn allocates nothing. It is as exact as its boxes, each of which
/// ends at twice the time of the one before, from one microsecond to eight seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoopLag {
    /// `boxes[n]` took less than 2^n microseconds, and not less than half of that; the last box has no end.
    boxes: [u64; BOXES],
    longest: Duration,
    slow: u64,
}

impl LoopLag {
    /// Notes a turn; it was slow if it took longer than `slow`. Says whether it was.
    pub(crate) fn note(&mut self, took: Duration, slow: Duration) -> bool {
        let bits = (u128::BITS - took.as_micros().leading_zeros()) as usize;
        self.boxes[bits.min(BOXES - 1)] += 1;
        self.longest = self.longest.max(took);
        let is_slow = took > slow;
        self.slow += u64::from(is_slow);
        is_slow
    }

    /// Turns noted.
    pub fn turns(&self) -> u64 {
        self.boxes.iter().sum()
    }

    /// Those that took longer than [`Limits::slow_turn`](crate::Limits::slow_turn).
    pub fn slow(&self) -> u64 {
        self.slow
    }

    /// The longest turn, exactly.
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// The time within which so many of a hundred turns ended: the end of their box, or the longest turn if
    /// that is less. Zero before the first turn.
    pub fn percentile(&self, percent: u64) -> Duration {
        let wanted = (u128::from(self.turns()) * u128::from(percent.min(100))).div_ceil(100).max(1);
        let mut seen = 0;
        for (place, count) in (0..).zip(self.boxes) {
            seen += u128::from(count);
            if seen >= wanted && place + 1 < BOXES {
                return Duration::from_micros(1 << place).min(self.longest);
            }
        }
        self.longest
    }
}

impl fmt::Display for LoopLag {
    /// For an operator: in one line how long turns took, if there were any, in another how many were slow.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (half, most, longest) = (self.percentile(50), self.percentile(99), self.longest);
        if self.turns() > 0 {
            let turns = self.turns();
            writeln!(f, "{turns} turns, half within {half:?}, 99 % within {most:?}, longest {longest:?}")?;
        }
        if self.slow > 0 { writeln!(f, "{} slow turns", self.slow) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW: Duration = Duration::from_millis(50);

    fn lag_of(micros: &[u64]) -> LoopLag {
        let mut lag = LoopLag::default();
        for micros in micros {
            lag.note(Duration::from_micros(*micros), SLOW);
        }
        lag
    }

    #[test]
    fn before_the_first_turn_there_is_no_lag() {
        let lag = LoopLag::default();
        assert_eq!((lag.turns(), lag.percentile(99), lag.longest()), (0, Duration::ZERO, Duration::ZERO));
    }

    #[test]
    fn a_percentile_is_the_end_of_its_box_and_never_beyond_the_longest() {
        let turns: Vec<u64> = (0..98).map(|_| 3).chain([900, 70_000]).collect();
        let lag = lag_of(&turns);
        assert_eq!(lag.percentile(50), Duration::from_micros(4));
        assert_eq!(lag.percentile(99), Duration::from_micros(1024));
        assert_eq!(lag.percentile(100), Duration::from_millis(70), "not the 131 ms of its box");
        assert_eq!((lag.turns(), lag.slow()), (100, 1));
    }

    #[test]
    fn every_turn_has_a_box_however_long_it_took() {
        let lag = lag_of(&[0, 1, 2, 1 << 22, 1 << 40]);
        assert_eq!(lag.turns(), 5);
        assert_eq!(lag.percentile(20), Duration::from_micros(1), "less than the shortest box is in it");
        assert_eq!(lag.percentile(100), Duration::from_micros(1 << 40));
    }

    #[test]
    fn a_turn_of_just_the_limit_is_not_slow() {
        let mut lag = LoopLag::default();
        assert!(!lag.note(SLOW, SLOW));
        assert!(lag.note(SLOW + Duration::from_nanos(1), SLOW));
    }
}
