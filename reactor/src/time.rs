//! Points in time: monotonic [`Time`] for timers, [`WallTime`] for what people read.

use std::ops::{Add, Sub};
use std::time::Duration;

/// A point on the net's monotonic clock, in nanoseconds since the net was made.
///
/// Timers and deadlines use it, so a jump of the wall clock moves none of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Time(u64);

impl Time {
    /// When the net was made.
    pub const ZERO: Time = Time(0);
    /// Later than anything that happens.
    pub const NEVER: Time = Time(u64::MAX);

    /// The point `nanos` nanoseconds after the net was made.
    pub const fn from_nanos(nanos: u64) -> Time {
        Time(nanos)
    }

    /// Nanoseconds since the net was made.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not after.
    pub fn since(self, earlier: Time) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    /// Saturates at [`Time::NEVER`].
    fn add(self, after: Duration) -> Time {
        Time(self.0.saturating_add(u64::try_from(after.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub for Time {
    type Output = Duration;

    fn sub(self, earlier: Time) -> Duration {
        self.since(earlier)
    }
}

/// A reading of the wall clock, in nanoseconds since the Unix epoch.
///
/// It may jump either way between two turns, so nothing is scheduled by it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct WallTime(i64);

impl WallTime {
    /// The reading `nanos` nanoseconds after the Unix epoch.
    pub const fn from_unix_nanos(nanos: i64) -> WallTime {
        WallTime(nanos)
    }

    /// Nanoseconds since the Unix epoch; enough until the year 2262.
    pub const fn as_unix_nanos(self) -> i64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_saturates_instead_of_wrapping() {
        assert_eq!(Time::from_nanos(5) + Duration::MAX, Time::NEVER);
        assert_eq!(Time::from_nanos(5) + Duration::from_nanos(7), Time::from_nanos(12));
    }

    #[test]
    fn since_is_zero_for_the_past() {
        assert_eq!(Time::from_nanos(3).since(Time::from_nanos(9)), Duration::ZERO);
        assert_eq!(Time::from_nanos(9) - Time::from_nanos(3), Duration::from_nanos(6));
    }
}
