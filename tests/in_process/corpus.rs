//! The seeds of the fuzzer, each before the oracle that its target has: what a fuzzer once found stays found.
//!
//! The targets are in `fuzz/targets`, the seeds in `fuzz/corpus`; fuzz/README.md says how to go on from them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::oracles;

/// The seeds of a target, in the order of their names.
fn seeds(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut seeds: Vec<_> = fs::read_dir(folder).unwrap().map(|seed| seed.unwrap().path()).collect();
    seeds.sort();
    seeds
}

fn replay(target: &str, check: fn(&[u8])) {
    let seeds = seeds(target);
    assert!(seeds.len() >= 10, "the seeds of {target} are found");
    for seed in seeds {
        println!("{}", seed.display()); // shown if it fails
        check(&fs::read(seed).unwrap());
    }
}

#[test]
fn seeds_of_at_line() {
    replay("at_line", oracles::at_line::check);
}

#[test]
fn seeds_of_command() {
    replay("command", oracles::command::check);
}

#[test]
fn seeds_of_config() {
    replay("config", oracles::config::check);
}

#[test]
fn seeds_of_hello() {
    replay("hello", oracles::hello::check);
}

#[test]
fn seeds_of_lines() {
    replay("lines", oracles::lines::check);
}

#[test]
fn seeds_of_peer() {
    replay("peer", oracles::peer::check);
}

#[test]
fn seeds_of_reactor_ops() {
    replay("reactor_ops", oracles::reactor_ops::check);
}

#[test]
fn seeds_of_resync() {
    replay("resync", oracles::resync::check);
}

#[test]
fn seeds_of_search() {
    replay("search", oracles::search::check);
}

#[test]
fn seeds_of_splitter() {
    replay("splitter", oracles::splitter::check);
}

#[test]
fn seeds_of_store() {
    replay("store", oracles::store::check);
}

#[test]
fn seeds_of_store_records() {
    replay("store_records", oracles::store_records::check);
}

#[test]
fn seeds_of_dialects() {
    replay("dialects", oracles::dialects::check);
}

#[test]
fn seeds_of_strings() {
    replay("strings", oracles::strings::check);
}
