//! What is seen while a load runs: a bar, and how much of a processor it takes.

use std::time::Duration;

use herd::bench::Load;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use reactor::{Net, Time};

use super::processor::processor_time;
use crate::stdio;

/// How often the bar moves.
const STEP: Duration = Duration::from_millis(200);

pub(super) struct Watch {
    bar: ProgressBar,
    bar_due: Time,
    /// What we had used when the measurement began, and how much it has used in all.
    used_before: Option<Duration>,
    used: Option<Duration>,
    /// Whether it was said that the connections are held.
    is_holding: bool,
}

impl Watch {
    pub(super) fn new() -> Watch {
        Watch { bar: bar(), bar_due: Time::ZERO, used_before: None, used: None, is_holding: false }
    }

    /// After each turn.
    pub(super) fn look(&mut self, load: &Load, net: &impl Net) {
        let now = net.now();
        match (self.used_before, load.is_measuring(now)) {
            (None, true) => self.used_before = Some(processor_time()),
            (Some(before), false) if self.used.is_none() => self.used = Some(processor_time() - before),
            _ => {}
        }
        if load.is_holding() && !std::mem::replace(&mut self.is_holding, true) {
            self.bar.suspend(|| stdio::say(format_args!("holding {}", load.connected())));
        }
        if now >= self.bar_due {
            self.bar_due = now + STEP;
            self.bar.set_position(load.progress(now));
            self.bar.set_message(format!("{} answered", load.answered()));
        }
    }

    /// User and system time that the measurement has used.
    pub(super) fn finish(self) -> Duration {
        self.bar.finish_and_clear();
        let until_now = || self.used_before.map(|before| processor_time() - before);
        self.used.or_else(until_now).unwrap_or_default()
    }
}

/// On standard error, if that is a terminal.
fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(1000), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {msg}") {
        bar.set_style(style);
    }
    bar
}
