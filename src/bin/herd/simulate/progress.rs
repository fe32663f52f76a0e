//! What is said while seeds run, and in the end.

use std::time::Duration;

use herd::simulate::Outcome;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::Failure;
use crate::stdio;

/// A line for each seed on standard output; a bar on standard error, if that is a terminal.
pub(super) struct Progress {
    bar: ProgressBar,
    totals: Totals,
    /// How many failed, and the first of them.
    failed: Option<(u64, u64)>,
}

#[derive(Default)]
struct Totals {
    seeds: u64,
    simulated: Duration,
    storm: Duration,
    faults: u64,
    rare: u64,
    attempts: u64,
}

impl Progress {
    pub(super) fn new(seeds: u64) -> Progress {
        Progress { bar: bar(seeds), totals: Totals::default(), failed: None }
    }

    pub(super) fn note(&mut self, outcome: &Outcome) -> Result<(), Failure> {
        let Outcome { seed, simulated, storm, rare, attempts, .. } = outcome;
        let failures = outcome.failures.iter().map(|failure| format!("seed {seed}: {failure}\n"));
        let verdict = format!("{}{outcome}\n", failures.collect::<String>());
        self.bar.suspend(|| stdio::print(verdict.as_bytes()))?;
        self.bar.inc(1);
        self.totals.seeds += 1;
        self.totals.simulated += *simulated;
        self.totals.storm += *storm;
        self.totals.faults += outcome.faults();
        self.totals.rare += rare;
        self.totals.attempts += attempts;
        if !outcome.is_ok() {
            self.failed = Some(self.failed.map_or((1, *seed), |(count, first)| (count + 1, first)));
        }
        Ok(())
    }

    /// Says how it went, if there was more than one seed. How many failed, and the first of them.
    pub(super) fn finish(self, took: Duration, jobs: usize) -> Option<(u64, u64)> {
        self.bar.finish_and_clear();
        if self.totals.seeds > 1 {
            self.totals.say(took, jobs);
        }
        self.failed
    }
}

impl Totals {
    /// On standard error: it is another line each time.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a figure for people"
    )]
    fn say(&self, took: Duration, jobs: usize) {
        let Totals { seeds, simulated, storm, faults, rare, attempts } = self;
        let (took, storm) = (took.as_secs_f64().max(0.001), storm.as_secs_f64().max(0.001));
        let pace = (simulated.as_secs_f64() / took / jobs as f64) as u64;
        let per_hour = (*faults as f64 / storm * 3600.0) as u64;
        let hours = simulated.as_secs_f64() / 3600.0;
        stdio::say(format_args!(
            "{seeds} seeds in {took:.1} s: {hours:.1} simulated h, {pace} times real time on each of {jobs}; \
             {faults} faults, {per_hour} per hour of storm; {rare} rare branches, {attempts} attempts of strangers"
        ));
    }
}

fn bar(seeds: u64) -> ProgressBar {
    if seeds == 1 {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(seeds), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} seeds, {eta} left");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}
