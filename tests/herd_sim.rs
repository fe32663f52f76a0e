//! The herd on the simulated network, in half of the seeds with a service of places: 200 seeds, and proof that a
//! seed is a run.

use std::collections::BTreeSet;

use herd::config::Config;
use herd::simulate::{Topology, simulate};

fn ring() -> Topology {
    Topology::of(&Config::default())
}

#[test]
fn two_hundred_seeds_find_nothing_wrong() {
    let (mut faults, mut with_service, mut reused) = (0, 0, 0);
    for seed in 0..200 {
        let outcome = simulate(&ring(), seed, None).unwrap();
        assert!(outcome.is_ok(), "herd simulate --seed {seed}\n{outcome}\n{:#?}", outcome.failures);
        assert!(outcome.acknowledged > 0, "a seed in which nothing happens shows nothing: {outcome}");
        faults += outcome.faults.total();
        with_service += u32::from(outcome.places > 0);
        reused += outcome.reused;
    }
    assert!(faults > 5_000, "only {faults} faults were injected");
    assert!(with_service > 60, "a service of places answered in {with_service} seeds alone");
    assert!(reused > 5_000, "only {reused} requests went over a connection that was kept");
}

#[test]
fn law_8_the_same_seed_is_the_same_run_and_another_is_another() {
    let trace = |seed| simulate(&ring(), seed, None).unwrap().trace;
    let traces: BTreeSet<u64> = (0..20).map(trace).collect();
    assert_eq!(traces.len(), 20);
    assert_eq!(trace(7), trace(7));
}

#[test]
fn the_readme_shows_what_the_simulator_says() {
    let readme = include_str!("../README.md");
    for seed in [198, 199] {
        let line = simulate(&ring(), seed, None).unwrap().to_string();
        assert!(readme.contains(&line), "the README is out of date; it should say\n{line}");
    }
}
