//! Five servers whose links lead through proxies, so that each can be cut.

use std::collections::BTreeMap;

use super::ledger::{Ledger, knowledge};
use super::proxy::Proxy;
use crate::common::{Herd, NAMES, eventually};

/// The ring (the specification, section 1).
pub(crate) const LINKS: [(&str, &str); 5] = [
    ("Alford", "Hamilton"),
    ("Alford", "Welsh"),
    ("Ball", "Holiday"),
    ("Ball", "Welsh"),
    ("Hamilton", "Holiday"),
];

/// A herd of five with a proxy for each direction of each link.
pub(crate) struct Ring {
    pub(crate) herd: Herd,
    /// By who dials and who is dialled.
    proxies: BTreeMap<(&'static str, &'static str), Proxy>,
    flags: Vec<String>,
}

impl Ring {
    /// All five run, configured with these flags.
    pub(crate) fn of_five(flags: &[&str]) -> Ring {
        let herd = Herd::new();
        let both_ways = LINKS.into_iter().flat_map(|(one, other)| [(one, other), (other, one)]);
        let proxy = |link: (&'static str, &'static str)| {
            let mut to = herd.address(link.1);
            to.set_port(to.port() + 1);
            (link, Proxy::to(to))
        };
        let proxies = both_ways.map(proxy).collect();
        let mut ring = Ring { herd, proxies, flags: flags.iter().map(|&flag| flag.to_owned()).collect() };
        NAMES.into_iter().for_each(|name| ring.start(name));
        ring
    }

    /// Starts one of them; it dials the proxies.
    pub(crate) fn start(&mut self, name: &'static str) {
        let detour = |((from, to), proxy): (&(&str, &str), &Proxy)| {
            (*from == name).then(|| format!("--set=servers.{to}.peer_port={}", proxy.port()))
        };
        let detours: Vec<String> = self.proxies.iter().filter_map(detour).collect();
        let flags: Vec<&str> = self.flags.iter().chain(&detours).map(String::as_str).collect();
        self.herd.start_with(name, &flags);
    }

    /// Closes the link between two, whoever dialled.
    pub(crate) fn cut(&self, one: &'static str, other: &'static str) {
        self.both_ways(one, other).into_iter().for_each(Proxy::cut);
    }

    /// Lets nothing pass between two.
    pub(crate) fn silence(&self, one: &'static str, other: &'static str) {
        self.both_ways(one, other).into_iter().for_each(Proxy::silence);
    }

    pub(crate) fn mend(&self, one: &'static str, other: &'static str) {
        self.both_ways(one, other).into_iter().for_each(Proxy::mend);
    }

    fn both_ways(&self, one: &'static str, other: &'static str) -> [&Proxy; 2] {
        [&self.proxies[&(one, other)], &self.proxies[&(other, one)]]
    }
}

/// Waits until every neighbour of every server is up.
pub(crate) fn await_links(herd: &Herd) {
    for (one, other) in LINKS.into_iter().flat_map(|(one, other)| [(one, other), (other, one)]) {
        eventually(&format!("{one} is linked with {other}"), || is_up(&herd.said(one), other));
    }
}

/// Whether a server, by what it said last of the link to this neighbour, has it up.
fn is_up(said: &str, neighbour: &str) -> bool {
    let about = format!(": neighbour {neighbour}: ");
    let last = said.lines().rev().find_map(|line| line.split_once(&about));
    last.is_some_and(|(_, what)| !what.contains("dialling again"))
}

/// Waits until all these servers know the same of every client of the ledger, and nothing that it objects to.
pub(crate) fn await_agreement(herd: &Herd, servers: &[&str], ledger: &Ledger) {
    servers.iter().for_each(|name| ledger.await_at(herd, name));
    let known = |name| knowledge(herd, name, ledger.ids());
    eventually("all know the same", || {
        let first = known(servers[0]);
        servers[1..].iter().all(|name| known(name) == first)
    });
}
