//! A lone server that is killed under load, and asked afterwards what it still knows.

use super::ledger::Ledger;
use super::load::Load;
use crate::common::{Herd, eventually};

/// A server that says nothing is on disk before it is.
pub(crate) const ALWAYS: &str = "--set=store.durability=always";

/// One server, which does not run between the rounds, and what its clients were told so far.
pub(crate) struct Killing {
    herd: Herd,
    durability: &'static str,
    ledger: Ledger,
    acknowledged: u64,
}

impl Killing {
    /// Of a server with this flag.
    pub(crate) fn with(durability: &'static str) -> Killing {
        Killing { herd: Herd::new(), durability, ledger: Ledger::default(), acknowledged: 0 }
    }

    /// Starts the server, kills it with SIGKILL once so many reports are acknowledged, starts it again, and gives
    /// what is wrong with that which it knows.
    pub(crate) fn round(&mut self, reports: u64) -> Vec<String> {
        self.start();
        let load = Load::on(self.herd.address("Welsh"), "client", &self.ledger);
        eventually("reports are acknowledged", || load.acknowledged() >= reports);
        self.herd.kill("Welsh");
        self.acknowledged += load.acknowledged();
        self.ledger = load.end();
        self.start();
        let objections = self.ledger.objections_to(&self.herd, "Welsh");
        self.herd.kill("Welsh");
        objections
    }

    /// How many reports were acknowledged in all.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    fn start(&mut self) {
        self.herd.start_with("Welsh", &[self.durability, "--set=log.traffic=false"]);
    }
}
