//! A disk that neither answers nor fails.

use std::time::Duration;

use reactor::{AppCx, Requests, Time};

use crate::config::Durability;
use crate::herd::Herd;

/// A commit that takes longer is told of: one of the largest takes a second, and five are what a stop waits.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// How long the commit under way has been so. One timer serves all commits, for there may be thousands a second.
#[derive(Debug, Default)]
pub(super) struct Silence {
    /// The commit under way began then.
    since: Option<Time>,
    has_timer: bool,
    is_said: bool,
}

impl Silence {
    /// A commit begins.
    pub(super) fn begins(&mut self, reactor: &mut Requests<'_, Herd>) {
        self.since = Some(reactor.now());
        self.look_after(PATIENCE, reactor);
    }

    /// It has come back. How long it took, if somebody was told that it took long.
    pub(super) fn ends(&mut self, now: Time) -> Option<Duration> {
        let since = self.since.take();
        since.filter(|_| std::mem::take(&mut self.is_said)).map(|since| now.since(since))
    }

    fn look_after(&mut self, wait: Duration, reactor: &mut Requests<'_, Herd>) {
        if !std::mem::replace(&mut self.has_timer, true) {
            reactor.app_later(wait, look);
        }
    }
}

fn look(cx: &mut AppCx<'_, Herd>) {
    let journal = &mut cx.app.journal;
    let silence = &mut journal.silence;
    silence.has_timer = false;
    let Some(since) = silence.since.filter(|_| !silence.is_said) else { return };
    let lasts = cx.reactor.now().since(since);
    if lasts < PATIENCE {
        return silence.look_after(PATIENCE - lasts, &mut cx.reactor);
    }
    silence.is_said = true;
    journal.counters.silent += 1;
    let meanwhile = match journal.durability {
        Durability::Always => "clients wait for the replies to their reports",
        _ => "what is reported is in memory alone",
    };
    let notice =
        format!("the disk has not answered for {} s; until it does, {meanwhile}", PATIENCE.as_secs());
    cx.app.notice(&mut cx.reactor, &notice);
}
