//! Saying little where somebody else decides how often there is something to say.

use std::time::Duration;

use reactor::Time;

/// The shortest silence between two of a kind, and the longest.
const SILENCE: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(64)];

/// Lets the first of many alike through at once and then ever fewer, down to one in 64 s: else whoever
/// knocks all day fills the disk. After as long a quiet it begins anew.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sparing {
    /// How long the silence is that ends at `next`.
    silence: Duration,
    next: Time,
    left_out: u64,
}

impl Sparing {
    /// Whether one more may be said `now`; if so, how many were left out since the last.
    pub(crate) fn admit(&mut self, now: Time) -> Option<u64> {
        if now < self.next {
            self.left_out += 1;
            return None;
        }
        let [shortest, longest] = SILENCE;
        let is_quiet = now.since(self.next) >= self.silence;
        self.silence = if is_quiet { shortest } else { (self.silence * 2).min(longest) };
        self.next = now + self.silence;
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_said_at_once_and_then_ever_fewer_and_none_is_forgotten() {
        let (mut sparing, mut said, mut left_out) = (Sparing::default(), Vec::new(), 0);
        for tenths in 0..36_000_u64 {
            if let Some(count) = sparing.admit(Time::ZERO + Duration::from_millis(100 * tenths)) {
                said.push(tenths / 10);
                left_out += count;
            }
        }
        assert_eq!(said[..9], [0, 1, 3, 7, 15, 31, 63, 127, 191]);
        assert_eq!(said.len(), 62, "in an hour");
        assert_eq!(left_out + sparing.left_out + 62, 36_000);
    }

    #[test]
    fn after_a_quiet_the_next_is_said_at_once() {
        let mut sparing = Sparing::default();
        let at = |seconds| Time::ZERO + Duration::from_secs(seconds);
        assert_eq!([5, 5, 5].map(|s| sparing.admit(at(s))), [Some(0), None, None]);
        assert_eq!([100, 100, 101].map(|s| sparing.admit(at(s))), [Some(2), None, Some(1)]);
    }
}
