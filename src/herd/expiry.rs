//! Certificates that end: a warning a day, while the server runs.

use std::time::Duration;

use reactor::{AppCx, Requests, WallTime};

use super::Herd;
use crate::certificate::Moment;
use crate::config::CertificateDates;

/// How often the clock is looked at. It may be set by years, and then nobody should have to wait for a day.
const LOOK: Duration = Duration::from_secs(1);

/// The certificates of a server, and what was said of them.
#[derive(Clone, Debug, Default)]
pub struct Expiry {
    dates: CertificateDates,
    /// When it was warned of them, and of how many for which reasons.
    warned: Option<(Moment, (usize, usize))>,
}

impl Expiry {
    /// Watches these.
    pub fn of(dates: CertificateDates) -> Expiry {
        Expiry { dates, warned: None }
    }

    /// Watches these instead. What was said of the old ones is not said again on the same day.
    pub fn renew(&mut self, dates: CertificateDates) {
        self.dates = dates;
    }

    /// What is to be said now: at first, where something has changed, and once a day.
    fn due(&mut self, clock: WallTime) -> Vec<String> {
        let (now, troubles) = (Moment::of(clock), self.dates.troubles(clock));
        let is_said = |(at, of): (Moment, (usize, usize))| of == troubles && now.days_from(at) == 0;
        if troubles == (0, 0) {
            self.warned = None;
        }
        if troubles == (0, 0) || self.warned.is_some_and(is_said) {
            return Vec::new();
        }
        self.warned = Some((now, troubles));
        self.dates.warnings(clock)
    }
}

/// Begins to watch, if there is anything that ends.
pub(super) fn watch(cx: &mut AppCx<'_, Herd>) {
    if !cx.app.expiry.dates.is_empty() {
        look(cx);
    }
}

fn look(cx: &mut AppCx<'_, Herd>) {
    cx.app.say_what_ends(&mut cx.reactor);
    cx.reactor.app_later(LOOK, look);
}

impl Herd {
    fn say_what_ends(&mut self, reactor: &mut Requests<'_, Herd>) {
        for warning in self.expiry.due(reactor.wall_clock()) {
            self.warn(reactor, &warning);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3600;

    #[test]
    fn one_warning_a_day_and_one_at_once_when_it_has_expired() {
        let mut expiry = Expiry::of(CertificateDates::until(100 * DAY));
        let mut said = |seconds: i64| expiry.due(WallTime::from_unix_nanos(seconds * 1_000_000_000)).len();
        assert_eq!([0, 70 * DAY].map(&mut said), [0, 0], "30 days are left");
        let looks = (70 * DAY + 1..80 * DAY).step_by(3600);
        assert_eq!(looks.map(&mut said).sum::<usize>(), 10, "in ten days");
        assert_eq!([100 * DAY, 100 * DAY + 1, 100 * DAY + 2].map(&mut said), [1, 1, 0]);
        assert_eq!([900 * DAY, 900 * DAY + 1].map(&mut said), [1, 0], "the clock is set");
        assert_eq!([DAY, 900 * DAY].map(&mut said), [0, 1], "back, and again");
    }
}
