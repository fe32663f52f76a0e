//! kill -9, and starts with nothing.

use crate::common::{Herd, NAMES, eventually};
use crate::rig::damage::forget;
use crate::rig::killing::{ALWAYS, Killing};
use crate::rig::ledger::Ledger;
use crate::rig::load::{CLIENTS, Load};
use crate::rig::ring::{await_agreement, await_links};

/// `benches/reliability` does it a hundred times.
const KILLS: u64 = 10;

#[test]
fn what_a_lone_server_acknowledged_survives_every_kill() {
    let mut killing = Killing::with(ALWAYS);
    for round in 0..KILLS {
        let objections = killing.round(200 + round * 37 % 100);
        assert!(objections.is_empty(), "after {round} kills: {objections:#?}");
    }
    assert!(killing.acknowledged() >= KILLS * 200);
}

#[test]
fn a_server_that_keeps_nothing_is_found_out() {
    // A single connection may have made all of the reports, and then some for each of its clients.
    let objections = Killing::with("--set=store.durability=no").round(200);
    assert!(
        objections.iter().all(|why| why.contains(": lost: ")) && objections.len() >= CLIENTS,
        "{objections:?}"
    );
}

#[test]
fn a_server_that_starts_with_nothing_holds_everything_soon_after() {
    let mut herd = Herd::of_five();
    let ledger = Ledger::filled(&herd, "Ball", 1_000);
    await_agreement(&herd, &NAMES, &ledger);
    herd.kill("Welsh");
    forget(&herd, "Welsh");
    herd.start("Welsh");
    await_agreement(&herd, &NAMES, &ledger);
}

#[test]
fn a_server_that_is_killed_again_and_again_holds_up_nobody() {
    let mut herd = Herd::of_five();
    let load = Load::on(herd.address("Alford"), "under-load", &Ledger::default());
    for round in 1..=5 {
        herd.kill("Hamilton");
        herd.start("Hamilton");
        eventually("the others are served", || load.acknowledged() >= round * 200);
    }
    let ledger = load.end();
    await_agreement(&herd, &NAMES, &ledger);
    await_links(&herd);
}
