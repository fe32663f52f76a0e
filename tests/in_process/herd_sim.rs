//! The herd on the simulated network: 200 seeds, and proof that a seed is a run.

use std::collections::BTreeSet;
use std::thread;

use herd::config::{Config, PeerMode};
use herd::simulate::{Outcome, Plan, Setting, Trim, simulate};

fn run(seed: u64, is_drawn: bool) -> Outcome {
    run_in(PeerMode::Links, seed, is_drawn)
}

fn run_in(mode: PeerMode, seed: u64, is_drawn: bool) -> Outcome {
    let mut config = Config::default();
    config.peers.mode = mode;
    let setting = Setting::of(&config, is_drawn);
    let outcome = simulate(&Plan::drawn(&setting, seed, &Trim::default()), None);
    outcome.unwrap_or_else(|error| panic!("the simulator is broken: {error}"))
}

#[test]
fn two_hundred_seeds_find_nothing_wrong() {
    let (mut faults, mut with_service, mut reused, mut attempts) = (0, 0, 0, 0);
    for seed in 0..200 {
        let outcome = run(seed, true);
        assert!(outcome.is_ok(), "herd simulate --draw --seed {seed}\n{outcome}\n{:#?}", outcome.failures);
        assert!(outcome.reports > 0, "a seed in which nothing happens shows nothing: {outcome}");
        faults += outcome.faults();
        with_service += u32::from(outcome.has_service && outcome.places > 0);
        reused += outcome.reused;
        attempts += outcome.attempts;
    }
    assert!(faults > 5_000, "only {faults} faults were injected");
    assert!(with_service > 50, "a service of places answered in {with_service} seeds alone");
    assert!(reused > 2_000, "only {reused} requests went over a connection that was kept");
    assert!(attempts > 2_000, "strangers came {attempts} times alone");
}

#[test]
fn in_paper_mode_sixty_seeds_find_nothing_wrong_and_where_nothing_fails_nothing_is_lost() {
    let (mut faults, mut attempts) = (0, 0);
    for seed in 0..60 {
        let outcome = run_in(PeerMode::Paper, seed, true);
        let again = format!("herd simulate --draw --set peers.mode=paper --seed {seed}");
        assert!(outcome.is_ok(), "{again}\n{outcome}\n{:#?}", outcome.failures);
        assert!(outcome.acknowledged > 0, "{again}\n{outcome}");
        faults += outcome.faults();
        attempts += outcome.attempts;
    }
    assert!(faults > 1_000, "only {faults} faults were injected");
    assert!(attempts > 500, "strangers came {attempts} times alone");
}

#[test]
fn law_8_the_same_seed_is_the_same_run_on_any_thread_and_another_is_another() {
    let seeds = 0..12;
    let traces =
        |seeds: std::ops::Range<u64>| -> Vec<u64> { seeds.map(|seed| run(seed, true).trace).collect() };
    let here = traces(seeds.clone());
    assert_eq!(here.iter().collect::<BTreeSet<_>>().len(), here.len());
    let there = thread::scope(|scope| {
        let threads = [seeds.clone(), seeds.clone()].map(|seeds| scope.spawn(|| traces(seeds)));
        threads.map(|thread| thread.join().unwrap())
    });
    assert_eq!(there, [here.clone(), here]);
}

#[test]
fn a_run_that_is_told_is_the_same_run_and_begins_with_its_schedule() {
    let setting = Setting::of(&Config::default(), false);
    let plan = Plan::drawn(&setting, 3, &Trim::default());
    let mut lines = Vec::new();
    let told = simulate(&plan, Some(&mut |line: &str| lines.push(line.to_owned()))).unwrap();
    assert_eq!(told.trace, run(3, false).trace);
    assert!(lines[0].starts_with("links: Alford-Hamilton, Alford-Welsh, Ball-Holiday"), "{}", lines[0]);
    let faults = lines.iter().filter(|line| line.contains(" fault ")).count();
    assert_eq!(faults, 2 * told.struck.len(), "in the schedule, and when they strike");
    assert!(lines.iter().any(|line| line.contains(" -> Ball (neighbour #") && line.contains("\"AT ")));
}

#[test]
fn the_readme_shows_what_the_simulator_says() {
    let readme = shape(include_str!("../../README.md"));
    for seed in [198, 199] {
        let line = run(seed, false).to_string();
        assert!(readme.contains(&shape(&line)), "the README is out of date; it should say\n{line}");
    }
}

/// A text without its figures, which change whenever the herd does.
fn shape(text: &str) -> String {
    let is_figure = |c: char| c.is_ascii_digit() || c == '.';
    let is_hash = |word: &str| word.len() == 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = text.split_whitespace().map(|word| match word.trim_end_matches(',') {
        bare if is_hash(bare) => String::new(),
        _ => word.replace(is_figure, ""),
    });
    words.collect::<Vec<_>>().join(" ")
}
