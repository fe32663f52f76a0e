//! Whether the simulator's judges are awake: mistakes are made on purpose, and each is found. Needs the feature
//! `buggify`.
//!
//! `cargo test --profile sim --features buggify --test planted`; with PLANTED_SEEDS=1000 each mistake is looked for
//! among so many seeds from the first on, instead of in the one that is known to show it.

use std::ops::Range;

use herd::config::Config;
use herd::planted::{Planted, plant};
use herd::simulate::{Failure, Plan, Setting, Trim, simulate};

/// For each mistake, which judges find it, and the first seed that shows it.
const FOUND: &[(&str, &[&str], u64)] = &[("equal-time-wins", &["liveness", "order"], 0)];
/// How many seeds are looked at, from that one on: which of them show a mistake changes whenever the herd does, and
/// each shows in one of thirty.
const SEEDS: u64 = 60;

fn failures(seed: u64, mistake: Option<Planted>) -> Vec<Failure> {
    plant(mistake);
    let setting = Setting::of(&Config::default(), true);
    let outcome = simulate(&Plan::drawn(&setting, seed, &Trim::default()), None);
    plant(None);
    outcome.unwrap_or_else(|error| panic!("the simulator is broken: {error}")).failures
}

/// The first of these seeds in which a mistake is found, and by which judge.
fn find(mistake: Planted, seeds: Range<u64>) -> Option<(u64, &'static str)> {
    seeds.into_iter().find_map(|seed| Some((seed, failures(seed, Some(mistake)).first()?.judge)))
}

fn seeds_from(first: u64) -> Range<u64> {
    match std::env::var("PLANTED_SEEDS").ok().and_then(|count| count.parse().ok()) {
        Some(count) => 0..count,
        None => first..first + SEEDS,
    }
}

#[test]
fn every_planted_mistake_is_found_by_a_judge_of_such_things() {
    assert!(Planted::ALL.len() >= 15);
    for (name, mistake) in Planted::ALL {
        let (_, judges, first) = FOUND.iter().find(|(known, ..)| known == name).unwrap_or_else(|| {
            panic!("{name}: put it into the table; found: {:?}", find(*mistake, 0..1_000))
        });
        let found = find(*mistake, seeds_from(*first));
        println!("{name}: {found:?}");
        let judge = found.map(|(_, judge)| judge);
        assert!(judge.is_some_and(|judge| judges.contains(&judge)), "{name}: {found:?}");
    }
}

#[test]
fn with_nothing_planted_the_same_seeds_are_clean() {
    let mut seeds: Vec<u64> = FOUND.iter().flat_map(|(_, _, first)| *first..first + 3).collect();
    seeds.sort_unstable();
    seeds.dedup();
    for seed in seeds {
        let failures = failures(seed, None);
        assert!(failures.is_empty(), "herd simulate --draw --seed {seed}\n{failures:#?}");
    }
}
