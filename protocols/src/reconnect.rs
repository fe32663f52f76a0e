//! Waiting longer and longer between attempts; Twisted's `ReconnectingClientFactory`, without the
//! factory: whoever dials again keeps a [`Backoff`] and asks it how long to wait.

use std::time::Duration;

/// How long to wait before the next attempt: `initial`, then each time `factor` times as long, up to
/// `max`, and each wait shortened by up to `jitter` of itself, so that those who lost the same peer
/// at the same moment do not come back at the same moment.
///
/// ```
/// use protocols::Backoff;
/// use std::time::Duration;
///
/// let mut backoff = Backoff::default();
/// let first = backoff.wait(7); // 7: any random number
/// let second = backoff.wait(7);
/// assert!(first <= Duration::from_millis(100) && first < second);
/// backoff.reset(); // once the peer has spoken
/// assert_eq!(backoff.wait(7), first);
/// ```
#[derive(Clone, Debug)]
pub struct Backoff {
    initial: Duration,
    max: Duration,
    factor: f64,
    jitter: f64,
    next: Duration,
}

impl Backoff {
    /// Waits from `initial` to `max`, growing by `factor` (at least 1), each shortened by up to
    /// `jitter` (0 to 1) of itself.
    pub fn new(initial: Duration, max: Duration, factor: f64, jitter: f64) -> Backoff {
        let (factor, jitter) = (factor.max(1.0), jitter.clamp(0.0, 1.0));
        Backoff { initial, max, factor, jitter, next: initial.min(max) }
    }

    /// How long to wait this time; `random` is any number, say
    /// [`Requests::random`](reactor::Requests::random).
    pub fn wait(&mut self, random: u64) -> Duration {
        let full = self.next;
        let grown = full.as_secs_f64() * self.factor;
        self.next = Duration::try_from_secs_f64(grown).map_or(self.max, |grown| grown.min(self.max));
        #[expect(clippy::cast_precision_loss, reason = "jitter needs no more than 53 bits")]
        let fraction = random as f64 / u64::MAX as f64;
        full.mul_f64(1.0 - self.jitter * fraction)
    }

    /// Begins with `initial` again.
    pub fn reset(&mut self) {
        self.next = self.initial.min(self.max);
    }
}

impl Default for Backoff {
    /// 100 ms, doubling up to 2 s, shortened by up to half: a neighbour that comes back is found
    /// within two seconds, and a dead one costs two packets a second at most.
    fn default() -> Backoff {
        Backoff::new(Duration::from_millis(100), Duration::from_secs(2), 2.0, 0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_maximum() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(350), 2.0, 0.5);
        let waits: Vec<_> = (0..4).map(|_| backoff.wait(0).as_millis()).collect();
        assert_eq!(waits, [100, 200, 350, 350]);
    }

    #[test]
    fn jitter_shortens_by_no_more_than_its_share() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(1), 2.0, 0.5);
        assert_eq!(backoff.wait(u64::MAX), Duration::from_millis(500));
        assert_eq!(backoff.wait(0), Duration::from_secs(1));
    }
}
