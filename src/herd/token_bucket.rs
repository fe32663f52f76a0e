//! How often something may happen.

use std::time::Duration;

use reactor::Time;

/// Holds as many tokens as flow in within a second, and is full at first; each event takes one.
///
/// Within any time no more is taken than flows in meanwhile and one bucketful. All its state is one point in
/// time (the virtual scheduling of ITU-T I.371, annex A), so nothing has to run for it to fill.
///
/// ```
/// use std::time::Duration;
/// use herd::herd::TokenBucket;
/// use reactor::Time;
///
/// let mut twice = TokenBucket::new(2).unwrap();
/// twice.take(Time::ZERO);
/// assert_eq!(twice.wait(Time::ZERO), Duration::ZERO);
/// twice.take(Time::ZERO);
/// assert_eq!(twice.wait(Time::ZERO), Duration::from_millis(500));
/// ```
#[derive(Clone, Debug)]
pub struct TokenBucket {
    /// How long a token takes to flow in.
    token: Duration,
    /// How long all but one take: what may be missing while one is there.
    spare: Duration,
    /// When it will be full, if nothing is taken.
    full_at: Time,
}

impl TokenBucket {
    /// A bucket for so many events in a second; `None` for zero, which stands for no bound.
    #[must_use]
    pub fn new(per_second: u32) -> Option<TokenBucket> {
        let spare_tokens = per_second.checked_sub(1)?;
        // Rounded up, so that it is never more than asked for.
        let token = Duration::from_nanos(1_000_000_000_u64.div_ceil(per_second.into()));
        Some(TokenBucket { token, spare: token.saturating_mul(spare_tokens), full_at: Time::ZERO })
    }

    /// How long until there is a token.
    #[must_use]
    pub fn wait(&self, now: Time) -> Duration {
        self.full_at.since(now + self.spare)
    }

    /// Takes a token, which is there [by now](TokenBucket::wait).
    pub fn take(&mut self, now: Time) {
        self.full_at = self.full_at.max(now) + self.token;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(nanos: u64) -> Time {
        Time::from_nanos(nanos)
    }

    /// When events happen that are tried after these pauses and take a token if there is one.
    fn taken(per_second: u32, pauses: &[u64]) -> Vec<u64> {
        let (mut bucket, mut now) = (TokenBucket::new(per_second).unwrap(), 0);
        let mut taken = Vec::new();
        for pause in pauses {
            now += pause;
            if bucket.wait(at(now)) == Duration::ZERO {
                bucket.take(at(now));
                taken.push(now);
            }
        }
        taken
    }

    /// `rate * t + burst`, in whole tokens.
    fn most(per_second: u32, nanos: u64) -> u128 {
        u128::from(per_second) + u128::from(per_second) * u128::from(nanos) / 1_000_000_000
    }

    #[test]
    fn zero_is_no_bound() {
        assert!(TokenBucket::new(0).is_none());
    }

    #[test]
    fn a_long_rest_fills_it_once_and_not_twice() {
        let mut bucket = TokenBucket::new(3).unwrap();
        let late = at(1_000_000_000_000);
        (0..3).for_each(|_| bucket.take(late));
        assert_eq!(bucket.wait(late), Duration::from_nanos(333_333_334));
    }

    #[test]
    fn the_end_of_time_is_no_trouble() {
        let mut bucket = TokenBucket::new(u32::MAX).unwrap();
        bucket.take(Time::NEVER);
        assert_eq!(bucket.wait(Time::NEVER), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn within_any_time_no_more_is_taken_than_flows_in_and_one_bucketful(
            per_second in prop_oneof![1..20_u32, 1..=u32::MAX],
            pauses in prop::collection::vec(prop_oneof![Just(0), 0..100_000_000_u64, 0..3_000_000_000_u64], 1..200),
        ) {
            let taken = taken(per_second, &pauses);
            for (first, from) in taken.iter().enumerate() {
                for (count, to) in (1..).zip(&taken[first..]) {
                    prop_assert!(count <= most(per_second, to - from), "{count} within {} ns", to - from);
                }
            }
        }

        #[test]
        fn who_waits_as_long_as_it_is_told_gets_a_token(
            per_second in 1..=u32::MAX, count in 1..200_u64, start in 0..=u64::from(u32::MAX),
        ) {
            let (mut bucket, mut now) = (TokenBucket::new(per_second).unwrap(), at(start));
            for _ in 0..count {
                now = now + bucket.wait(now);
                prop_assert_eq!(bucket.wait(now), Duration::ZERO);
                bucket.take(now);
            }
            let token = 1_000_000_000_u64.div_ceil(u64::from(per_second));
            let needed = token * count.saturating_sub(u64::from(per_second));
            prop_assert_eq!(now.since(at(start)), Duration::from_nanos(needed));
        }
    }
}
