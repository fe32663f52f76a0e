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
