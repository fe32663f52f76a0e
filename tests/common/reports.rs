//! Reports to servers on the simulated network, and what becomes of them.

use std::collections::BTreeSet;

use herd::command::Command;
use herd::herd::Herd;
use reactor::Reactor;
use reactor::sim::{HostId, Runner, SimNet};

/// The server at `host` hears of a client and floods it.
pub(crate) fn report(runner: &mut Runner<Reactor<Herd>>, host: HostId, id: &str, time: usize) {
    let report = |reactor: &mut Reactor<Herd>, net: &mut SimNet<'_>| {
        reactor.enter(net, |cx| {
            let line = line(&cx.app.name, id, time);
            let Ok(Command::At(at)) = Command::parse(line.as_bytes()) else { panic!("{line}") };
            let record = cx.app.store.report(&at).unwrap();
            let (traffic, peers) = (&mut cx.app.traffic, &mut cx.peers);
            cx.app.neighbours.flood(None, record.line(), traffic, peers, &mut cx.reactor);
        });
    };
    runner.enter(host, report).unwrap();
}

/// By what a report is known that `server` took.
pub(crate) fn line(server: &str, id: &str, time: usize) -> String {
    format!("AT {server} +0.000000000 {id} +34.068930-118.445127 {time}")
}

/// The lines that a server holds, whatever its digests say.
pub(crate) fn lines(herd: &Herd) -> BTreeSet<Vec<u8>> {
    herd.store.records().map(|record| record.line().to_vec()).collect()
}
