//! Seeded pseudo-random numbers (law 8: the same seed gives the same run).

use std::time::Duration;

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
///
/// Good enough for jitter and simulated faults, never for secrets: its state can be computed from
/// its output.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence that `seed` names.
    pub const fn seeded(seed: u64) -> Random {
        Random(seed)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 if `bound` is 0. The bias is below `bound / 2^64`.
    pub fn below(&mut self, bound: u64) -> u64 {
        // The high half of the 128-bit product; it fits by construction.
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// True `percent` times in a hundred.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A duration from `least` up to, but without, `most`; `least` if there is none between.
    pub fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let span = u64::try_from(most.saturating_sub(least).as_nanos()).unwrap_or(u64::MAX);
        least + Duration::from_nanos(self.below(span))
    }

    /// An independent sequence drawn from this one.
    pub fn split(&mut self) -> Random {
        Random(self.next_u64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_sequences() {
        let draw = |seed| (0..9).map(move |_| 0).scan(Random::seeded(seed), |r, _: u64| Some(r.next_u64()));
        assert!(draw(7).eq(draw(7)));
        assert!(!draw(7).eq(draw(8)));
    }

    #[test]
    fn below_stays_below_and_reaches_every_value() {
        let mut random = Random::seeded(1);
        let mut seen = [false; 6];
        for _ in 0..500 {
            seen[usize::try_from(random.below(6)).unwrap()] = true;
        }
        assert_eq!(seen, [true; 6]);
        assert_eq!(random.below(0), 0);
    }
}
