//! SIGSTOP and SIGCONT.

use rustix::process::Signal;

use crate::common::{Herd, NAMES, eventually};
use crate::rig::ledger::Ledger;
use crate::rig::load::Load;
use crate::rig::ring::{await_agreement, await_links};

#[test]
fn a_paused_neighbour_holds_up_nobody_and_agrees_with_all_afterwards() {
    let mut herd = Herd::of_five();
    await_links(&herd);
    let loads = ["Alford", "Ball"].map(|name| Load::on(herd.address(name), name, &Ledger::default()));
    herd.process("Hamilton").signal(Signal::STOP);
    for (load, so_far) in loads.iter().map(|load| (load, load.acknowledged())) {
        eventually("the others are served", || load.acknowledged() >= so_far + 1_000);
    }
    eventually("Alford gives the link up", || herd.said("Alford").contains("pings without an answer"));
    herd.process("Hamilton").signal(Signal::CONT);
    let so_far = loads.each_ref().map(Load::acknowledged);
    for (load, so_far) in loads.iter().zip(so_far) {
        eventually("they still are", || load.acknowledged() >= so_far + 200);
    }
    let mut ledger = Ledger::default();
    loads.into_iter().for_each(|load| ledger.take_in(load.end()));
    await_agreement(&herd, &NAMES, &ledger);
}

#[test]
fn a_short_pause_ends_no_link() {
    let mut herd = Herd::of_five();
    await_links(&herd);
    herd.process("Hamilton").signal(Signal::STOP);
    let at = herd.client("Alford").ask("IAMAT kiwi -40.5-120.5 5");
    herd.await_news(&["Alford", "Ball", "Holiday", "Welsh"], "kiwi", &at);
    herd.process("Hamilton").signal(Signal::CONT);
    herd.await_news(&["Hamilton"], "kiwi", &at);
}
