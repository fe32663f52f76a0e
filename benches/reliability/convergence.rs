//! How long it takes until all five agree.

use std::time::Duration;

use rustix::process::Signal;

use crate::common::{Herd, NAMES, eventually};
use crate::gauge::{Times, time};
use crate::rig::lab;
use crate::rig::ledger::Ledger;
use crate::rig::load::Load;
use crate::rig::ring::{Ring, await_links};
use crate::rig::street::Street;
use crate::table::Row;

const RUNS: u64 = 20;
/// Two links without which the ring falls apart, and a server of each half.
const TWO: [(&str, &str); 2] = [("Alford", "Hamilton"), ("Ball", "Welsh")];
const SIDES: [&str; 2] = ["Alford", "Ball"];

/// The lengths of trouble: from half a second, before anybody notices, to eight, when all gave up long ago.
fn troubles() -> impl Iterator<Item = Duration> {
    (0..RUNS).map(|run| Duration::from_millis(500 + run * 7 % RUNS * 395))
}

fn rows(after: &str, times: &Times) -> Vec<Row> {
    let what = |which| format!("all agree after {after}, {} runs: {which}", times.count());
    vec![
        Row::within(what("median"), times.median(), Duration::from_secs(3)),
        Row::within(what("worst"), times.worst(), Duration::from_secs(10)),
    ]
}

pub(crate) fn after_a_silent_partition() -> Vec<Row> {
    if !lab::is_inside() {
        return vec![Row::note("all agree after a silent partition", "no name spaces")];
    }
    let street = Street::of_five(&[]);
    let runs = troubles().map(|trouble| {
        let loads = loads(&street.herd, trouble);
        TWO.iter().for_each(|link| street.cut(link.0, link.1));
        let ledger = go_on(loads, trouble);
        TWO.iter().for_each(|link| street.mend(link.0, link.1));
        until_all_agree(&street.herd, &ledger)
    });
    rows("a silent partition", &runs.collect())
}

pub(crate) fn after_a_closed_partition() -> Vec<Row> {
    let ring = Ring::of_five(&[]);
    let runs = troubles().map(|trouble| {
        let loads = loads(&ring.herd, trouble);
        TWO.iter().for_each(|link| ring.cut(link.0, link.1));
        let ledger = go_on(loads, trouble);
        TWO.iter().for_each(|link| ring.mend(link.0, link.1));
        until_all_agree(&ring.herd, &ledger)
    });
    rows("a closed partition", &runs.collect())
}

pub(crate) fn after_a_pause() -> Vec<Row> {
    let mut herd = Herd::of_five();
    let runs = troubles().map(|trouble| {
        let loads = loads(&herd, trouble);
        herd.process("Hamilton").signal(Signal::STOP);
        let ledger = go_on(loads, trouble);
        herd.process("Hamilton").signal(Signal::CONT);
        until_all_agree(&herd, &ledger)
    });
    let times = runs.collect();
    rows("a pause", &times)
}

pub(crate) fn after_a_restart() -> Vec<Row> {
    let mut herd = Herd::of_five();
    let run = |trouble: Duration| {
        let loads = loads(&herd, trouble);
        herd.kill("Hamilton");
        let ledger = go_on(loads, trouble);
        time(|| {
            herd.start("Hamilton");
            until_all_agree(&herd, &ledger);
        })
    };
    let times = troubles().map(run).collect();
    rows("a kill -9 and a restart", &times)
}

/// Reports to servers of both sides begin, of clients that only this trouble has.
fn loads(herd: &Herd, trouble: Duration) -> [Load; 2] {
    await_links(herd);
    let clients = |name| format!("{name}-{}", trouble.as_millis());
    let loads = SIDES.map(|name| Load::on(herd.address(name), &clients(name), &Ledger::default()));
    eventually("there is a load", || loads.iter().all(|load| load.acknowledged() > 100));
    loads
}

/// They go on for so long, and end.
fn go_on(loads: [Load; 2], trouble: Duration) -> Ledger {
    std::thread::sleep(trouble);
    let mut ledger = Ledger::default();
    loads.into_iter().for_each(|load| ledger.take_in(load.end()));
    ledger
}

fn until_all_agree(herd: &Herd, ledger: &Ledger) -> Duration {
    time(|| NAMES.iter().for_each(|name| ledger.await_at(herd, name)))
}

pub(crate) fn of_a_report_where_one_link_is_cut() -> Vec<Row> {
    if !lab::is_inside() {
        return vec![Row::note("one link cut: a report reaches all", "no name spaces")];
    }
    let street = Street::of_five(&[]);
    let times: Times =
        troubles().enumerate().map(|(run, trouble)| one_report(&street, run, trouble)).collect();
    let what = |which| format!("one link cut in silence: a report reaches all: {which}");
    let most = Duration::from_millis(500);
    vec![Row::within(what("median"), times.median(), most), Row::within(what("worst"), times.worst(), most)]
}

/// After the link was cut for so long.
fn one_report(street: &Street, run: usize, trouble: Duration) -> Duration {
    await_links(&street.herd);
    street.cut("Alford", "Hamilton");
    std::thread::sleep(trouble);
    let mut ledger = Ledger::default();
    let (id, mut client) = (format!("report-{run}"), street.herd.client("Alford"));
    let time = time(|| {
        let report = ledger.report(&id);
        ledger.acknowledge(&id, &client.ask(&report));
        until_all_agree(&street.herd, &ledger);
    });
    street.mend("Alford", "Hamilton");
    time
}
