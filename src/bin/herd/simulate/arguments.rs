//! What is typed behind `herd simulate`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use herd::simulate::{Ingredient, Numbers, Trim};
use reactor::sim::Spared;

use crate::Failure;
use crate::arguments::ConfigArguments;

#[derive(Args)]
#[command(after_help = "Examples:
  herd simulate --seeds 0..1000 --jobs 2              the configured servers, a thousand times
  herd simulate --draw --seeds 0..1000                other herds as well, as the seeds draw them
  herd simulate --seed 17 --trace                     what happened in one run
  herd simulate --seeds 0..1000 --minimise            the first run that fails, made short")]
pub(crate) struct SimulateArguments {
    /// One seed
    #[arg(long, value_name = "N", conflicts_with = "seeds", default_value_t = 0, value_parser = seed)]
    seed: u64,

    /// Many seeds: from A up to, but without, B
    #[arg(long, value_name = "A..B")]
    seeds: Option<Seeds>,

    /// How many run at once
    #[arg(long, value_name = "N", default_value_t = NonZeroUsize::MIN)]
    jobs: NonZeroUsize,

    /// Lets seeds draw other servers, links and limits than the configured ones: to test the code, not a
    /// configuration
    #[arg(long)]
    pub(super) draw: bool,

    /// Tells each run as a person can read it: the schedule of faults, then who said what to whom
    #[arg(long)]
    pub(super) trace: bool,

    /// Makes the first run that fails as short as it still fails, and prints the command for it
    #[arg(long, conflicts_with = "trace")]
    pub(super) minimise: bool,

    /// Leaves out these faults of the schedule, as in 3,5-9
    #[arg(long, value_name = "FAULTS", conflicts_with = "only")]
    skip: Option<Numbers>,

    /// Leaves out all other faults of the schedule
    #[arg(long, value_name = "FAULTS")]
    only: Option<Numbers>,

    /// Heals everything after so long, as in 1500ms
    #[arg(long, value_name = "TIME", value_parser = duration)]
    storm: Option<Duration>,

    /// Runs the first N servers alone
    #[arg(long, value_name = "N")]
    servers: Option<NonZeroUsize>,

    /// Has the first N clients alone
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    clients: Option<u64>,

    /// Leaves something out: strangers, buggify, manners, nonsense, questions, service, small-limits, short-reads,
    /// spurious-events, lost-connects, slow-hosts, clocks
    #[arg(long, value_name = "WHAT,..", value_delimiter = ',')]
    without: Vec<String>,

    /// Makes this mistake, to see whether it is found (a build with the feature buggify)
    #[arg(long, value_name = "NAME")]
    pub(super) planted: Option<String>,

    /// Prints the names of the mistakes that can be made
    #[arg(long)]
    pub(super) list_planted: bool,
}

impl SimulateArguments {
    pub(super) fn seeds(&self) -> Range<u64> {
        let one = || self.seed..self.seed.saturating_add(1);
        self.seeds.clone().map_or_else(one, |seeds| seeds.0)
    }

    pub(super) fn jobs(&self) -> usize {
        self.jobs.get()
    }

    pub(super) fn trim(&self) -> Result<Trim, Failure> {
        let ingredient = |name: &String| {
            let unknown = || Failure::usage(format!("nothing is called {name:?}; see herd simulate --help"));
            Ingredient::named(name).ok_or_else(unknown)
        };
        let without: Result<BTreeSet<Ingredient>, Failure> = self.without.iter().map(ingredient).collect();
        let spared = match (&self.skip, &self.only) {
            (_, Some(only)) => Spared::AllBut(only.0.clone()),
            (Some(skip), None) => Spared::These(skip.0.clone()),
            (None, None) => Spared::default(),
        };
        let servers = self.servers.map(NonZeroUsize::get);
        Ok(Trim { spared, storm: self.storm, servers, clients: self.clients, without: without? })
    }

    /// The command that runs one seed again, so trimmed, of the same configuration.
    pub(super) fn again(&self, config: &ConfigArguments, seed: u64, trim: &Trim) -> String {
        let mut command = format!("herd simulate{}", config.again());
        if self.draw {
            command += " --draw";
        }
        // Writing to a string never fails.
        let _ = write!(command, " --seed {seed}{trim}");
        if let Some(planted) = &self.planted {
            let _ = write!(command, " --planted {planted}");
        }
        command
    }
}

fn duration(text: &str) -> Result<Duration, humantime::DurationError> {
    humantime::parse_duration(text)
}

/// `A..B`.
#[derive(Clone)]
struct Seeds(Range<u64>);

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Seeds, String> {
        let (first, end) = text.split_once("..").ok_or("seeds are A..B, as in 0..1000")?;
        match (seed(first)?, seed(end)?) {
            (first, end) if first < end => Ok(Seeds(first..end)),
            _ => Err("of A..B the second must be the greater".to_owned()),
        }
    }
}

/// Digits alone: `str::parse` takes a sign as well.
fn seed(text: &str) -> Result<u64, String> {
    let number = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    number.ok_or_else(|| format!("a seed is a whole number from 0 to {}", u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_digits_alone() {
        assert_eq!(seed("18446744073709551615"), Ok(u64::MAX));
        for text in ["", "+3", "-1", "1.5", "0x10", " 1", "18446744073709551616"] {
            assert_eq!(seed(text).unwrap_err(), "a seed is a whole number from 0 to 18446744073709551615");
        }
    }

    #[test]
    fn seeds_are_two_of_them_in_order() {
        assert_eq!("3..5".parse::<Seeds>().map(|seeds| seeds.0), Ok(3..5));
        for (text, message) in [
            ("3", "seeds are A..B, as in 0..1000"),
            ("3..", "a seed is a whole number from 0 to 18446744073709551615"),
            ("0..+3", "a seed is a whole number from 0 to 18446744073709551615"),
            ("5..5", "of A..B the second must be the greater"),
        ] {
            assert_eq!(text.parse::<Seeds>().map(|seeds| seeds.0), Err(message.to_owned()), "{text}");
        }
    }
}
