//! `herd simulate`: the configured herd on a simulated network, once per seed.

use std::ops::Range;
use std::str::FromStr;

use clap::Args;
use herd::simulate::{Topology, simulate};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::Failure;
use crate::arguments::ConfigArguments;
use crate::stdio;

#[derive(Args)]
pub(crate) struct SimulateArguments {
    /// One seed
    #[arg(long, value_name = "N", conflicts_with = "seeds", default_value_t = 0)]
    seed: u64,

    /// Many seeds: from A up to, but without, B
    #[arg(long, value_name = "A..B")]
    seeds: Option<Seeds>,

    /// Prints every delivery on the network of each seed
    #[arg(long)]
    trace: bool,
}

/// `A..B`.
#[derive(Clone)]
struct Seeds(Range<u64>);

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Seeds, String> {
        let seeds = text.split_once("..").and_then(|(a, b)| Some(a.parse().ok()?..b.parse().ok()?));
        match seeds {
            Some(seeds) if !seeds.is_empty() => Ok(Seeds(seeds)),
            _ => Err("seeds are A..B, two whole numbers, the second greater".to_owned()),
        }
    }
}

/// Runs the seeds; one line each, on standard output. Ends with 1 if any of them failed.
pub(crate) fn run(config: &ConfigArguments, arguments: &SimulateArguments) -> Result<(), Failure> {
    let topology = Topology::of(&config.load()?);
    let seeds = arguments.seeds.clone().map_or(arguments.seed..arguments.seed + 1, |seeds| seeds.0);
    let bar = progress(seeds.end - seeds.start);
    let mut failed = Vec::new();
    for seed in seeds {
        let mut print = |line: &str| drop(stdio::print(format!("{line}\n").as_bytes()));
        let log = arguments.trace.then_some(&mut print as &mut dyn FnMut(&str));
        let outcome = simulate(&topology, seed, log).map_err(Failure::other)?;
        let failures = outcome.failures.iter().map(|failure| format!("seed {seed}: {failure}\n"));
        let verdict = format!("{}{outcome}\n", failures.collect::<String>());
        bar.suspend(|| stdio::print(verdict.as_bytes()))?;
        if !outcome.is_ok() {
            failed.push(seed);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    match failed.first() {
        None => Ok(()),
        Some(seed) => {
            let count = failed.len();
            Err(Failure::other(format!("{count} failed; the first again: herd simulate --seed {seed}")))
        }
    }
}

/// On standard error, if that is a terminal and there is more than one seed.
fn progress(seeds: u64) -> ProgressBar {
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
