//! How fast one client may go.

use std::time::Duration;

use reactor::Time;

use super::{Rules, TokenBucket};
use crate::buggify::{Point, fires};

/// How long a client waits that a simulation holds up.
const HELD: Duration = Duration::from_millis(20);

/// The rates of one client. Whoever is faster waits, and is not read meanwhile: nothing is refused.
#[derive(Debug)]
pub(super) struct Pace {
    lines: Option<TokenBucket>,
    queries: Option<TokenBucket>,
}

impl Pace {
    pub(super) fn new(rules: &Rules) -> Pace {
        Pace {
            lines: TokenBucket::new(rules.lines_per_second),
            queries: TokenBucket::new(rules.queries_per_second),
        }
    }

    /// A line has been served: how long the next one has to wait.
    pub(super) fn after_line(&mut self, now: Time) -> Duration {
        let held = if fires(Point::HeldLine) { HELD } else { Duration::ZERO };
        let Some(bucket) = &mut self.lines else { return held };
        bucket.take(now);
        bucket.wait(now).max(held)
    }

    /// A WHATSAT has come: how long it has to wait. It takes the token that is there by then.
    pub(super) fn before_query(&mut self, now: Time) -> Duration {
        let held = if fires(Point::HeldQuery) { HELD } else { Duration::ZERO };
        let Some(bucket) = &mut self.queries else { return held };
        let wait = bucket.wait(now).max(held);
        bucket.take(now + wait);
        wait
    }
}
