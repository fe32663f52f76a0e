//! Links that are cut: with a close and in silence, by a proxy and by a router that drops packets.

use crate::common::{Herd, NAMES, eventually};
use crate::rig::lab;
use crate::rig::ledger::Ledger;
use crate::rig::load::Load;
use crate::rig::ring::{Ring, await_agreement, await_links};
use crate::rig::street::Street;

/// Two links without which the ring falls apart.
const TWO: [(&str, &str); 2] = [("Alford", "Hamilton"), ("Ball", "Welsh")];
/// The halves into which it falls then.
const HALVES: [&[&str]; 2] = [&["Alford", "Welsh"], &["Ball", "Hamilton", "Holiday"]];

#[test]
fn a_report_goes_round_where_one_link_is_cut() {
    let ring = Ring::of_five(&[]);
    await_links(&ring.herd);
    ring.cut("Alford", "Hamilton");
    reaches_all(&ring.herd, "closed");
    ring.mend("Alford", "Hamilton");
    ring.silence("Ball", "Welsh");
    reaches_all(&ring.herd, "silent");
}

#[test]
fn a_report_goes_round_where_a_router_drops_what_one_link_carries() {
    lab::inside("cuts::a_report_goes_round_where_a_router_drops_what_one_link_carries", || {
        let street = Street::of_five(&[]);
        await_links(&street.herd);
        street.cut("Alford", "Hamilton");
        reaches_all(&street.herd, "dropped");
        eventually("Alford gives the link up", || gives_up(&street.herd, "Alford"));
        reaches_all(&street.herd, "given-up");
    });
}

/// Whether a server has found a link silent.
fn gives_up(herd: &Herd, name: &str) -> bool {
    herd.said(name).contains("pings without an answer")
}

fn reaches_all(herd: &Herd, id: &str) {
    let at = herd.client("Alford").ask(&format!("IAMAT {id} -40.5-120.5 5"));
    herd.await_news(&NAMES, id, &at);
}

#[test]
fn two_halves_serve_and_agree_once_they_are_one_again() {
    let ring = Ring::of_five(&[]);
    await_links(&ring.herd);
    let ledger = two_halves(
        &ring.herd,
        || TWO.iter().for_each(|(one, other)| ring.cut(one, other)),
        || HALVES.iter().all(|half| ring.herd.said(half[0]).contains("dialling again")),
    );
    TWO.iter().for_each(|(one, other)| ring.mend(one, other));
    await_agreement(&ring.herd, &NAMES, &ledger);
}

#[test]
fn two_halves_agree_after_a_silence() {
    let ring = Ring::of_five(&[]);
    await_links(&ring.herd);
    let ledger = two_halves(
        &ring.herd,
        || TWO.iter().for_each(|(one, other)| ring.silence(one, other)),
        || HALVES.iter().all(|half| gives_up(&ring.herd, half[0])),
    );
    TWO.iter().for_each(|(one, other)| ring.mend(one, other));
    await_agreement(&ring.herd, &NAMES, &ledger);
}

#[test]
fn two_halves_agree_after_a_router_dropped_what_went_between_them() {
    lab::inside("cuts::two_halves_agree_after_a_router_dropped_what_went_between_them", || {
        let street = Street::of_five(&[]);
        await_links(&street.herd);
        let ledger = two_halves(
            &street.herd,
            || TWO.iter().for_each(|(one, other)| street.cut(one, other)),
            || HALVES.iter().all(|half| gives_up(&street.herd, half[0])),
        );
        TWO.iter().for_each(|(one, other)| street.mend(one, other));
        await_agreement(&street.herd, &NAMES, &ledger);
    });
}

/// Cuts the ring under load, and waits until it is noticed: meanwhile both halves serve, and each agrees with itself.
fn two_halves(herd: &Herd, cut: impl FnOnce(), is_noticed: impl Fn() -> bool) -> Ledger {
    let loads = HALVES.map(|half| Load::on(herd.address(half[0]), half[0], &Ledger::default()));
    cut();
    eventually("the cut is noticed", is_noticed);
    for load in &loads {
        let so_far = load.acknowledged();
        eventually("both halves serve", || load.acknowledged() >= so_far + 500);
    }
    let ledgers = loads.map(Load::end);
    let mut both = Ledger::default();
    for (half, ledger) in HALVES.iter().zip(ledgers) {
        await_agreement(herd, half, &ledger);
        both.take_in(ledger);
    }
    both
}
