//! docs/twisted.md: fifteen ideas of Twisted beside ours, as code that runs. This runs the left side on Twisted,
//! where there is one; the right side are doctests of `herd-protocols`.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::common::twisted;

const PAGE: &str = include_str!("../../docs/twisted.md");
const PROTOCOLS: &str = include_str!("../../protocols/src/lib.rs");
const REQUIREMENTS: &str = include_str!("../../study/twisted/requirements.txt");

const IDEAS: [&str; 15] = [
    "Protocol",
    "Factory",
    "Transport",
    "LineReceiver",
    "Producers and consumers",
    "Deferred",
    "reactor.callLater",
    "connectTCP",
    "ReconnectingClientFactory",
    "ssl",
    "deferToThread",
    "StringTransport",
    "MemoryReactor",
    "Clock",
    "trial",
];

/// Columns of code that a wide page shows side by side without a scroll bar.
const WIDTH: usize = 108;

struct Pair {
    idea: &'static str,
    python: String,
    rust: String,
}

/// The page's pairs: its sections down to the list of names.
fn pairs() -> Vec<Pair> {
    let (map, _) = PAGE.split_once("\n## Every name\n").unwrap();
    map.split("\n## ").skip(1).map(pair).collect()
}

fn pair(section: &'static str) -> Pair {
    let [python, rust] = ["python", "rust"].map(|language| only_block(section, language));
    Pair { idea: section.lines().next().unwrap(), python, rust }
}

/// What stands in the one block of this language, which has no other marks, such as one that it is not to run.
fn only_block(section: &str, language: &str) -> String {
    let blocks: Vec<&str> = section.split(&format!("\n```{language}\n")).skip(1).collect();
    let [block] = blocks[..] else { panic!("{} blocks of {language} in {section}", blocks.len()) };
    block.split_once("\n```\n").unwrap().0.to_owned()
}

/// A program in Python, under way.
fn start(python: &Path, program: &str) -> Child {
    let mut command = Command::new(python);
    command.args(["-c", program]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// What it said of its failure, if it failed.
fn failure(program: Child) -> Option<String> {
    let output = program.wait_with_output().unwrap();
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn every_idea_has_a_pair_and_each_side_asserts_something() {
    let pairs = pairs();
    assert_eq!(pairs.iter().map(|pair| pair.idea).collect::<Vec<_>>(), IDEAS);
    for Pair { idea, python, rust } in pairs {
        assert!(python.contains("\nassert ") || python.contains("    assert "), "{idea}: {python}");
        assert!(rust.contains("assert!(") || rust.contains("assert_eq!("), "{idea}: {rust}");
    }
}

#[test]
fn the_right_side_is_handed_to_rustdoc() {
    assert!(PROTOCOLS.contains("\n#[cfg(doctest)]\n#[doc = include_str!(\"../../docs/twisted.md\")]\n"));
}

#[test]
fn the_left_side_runs_on_twisted() {
    let Some(python) = twisted::python() else { return };
    let run = |pair: Pair| (pair.idea, start(&python, &pair.python));
    let running: Vec<_> = pairs().into_iter().map(run).collect();
    let failures = running.into_iter().filter_map(|(idea, program)| Some((idea, failure(program)?)));
    let failures: Vec<String> = failures.map(|(idea, said)| format!("{idea}:\n{said}")).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn what_does_not_hold_is_found() {
    let Some(python) = twisted::python() else { return };
    let wrong = pairs().remove(0).python.replace("hello, moon", "hello, sun");
    let said = failure(start(&python, &wrong)).unwrap();
    assert!(said.ends_with("AssertionError\n"), "{said}");
}

#[test]
fn both_sides_fit_beside_each_other() {
    let width = |code: &str| code.lines().map(str::len).max().unwrap_or_default();
    let wide = pairs().into_iter().map(|pair| (width(&pair.python) + width(&pair.rust), pair.idea));
    let wide: Vec<_> = wide.filter(|(columns, _)| *columns > WIDTH).collect();
    assert!(wide.is_empty(), "{WIDTH} columns at most: {wide:?}");
}

#[test]
fn the_page_names_the_twisted_that_is_pinned() {
    let pinned = REQUIREMENTS.lines().find_map(|line| line.strip_prefix("Twisted==")).unwrap();
    let (version, _patch) = pinned.rsplit_once('.').unwrap();
    assert!(PAGE.contains(&format!("Twisted {version},")), "the page does not say that it is for {version}");
}
