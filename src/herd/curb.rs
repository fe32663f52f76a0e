//! What a client may not do, or not yet.

use std::fmt;

use reactor::{Peer, tally};

use super::{Herd, HerdCounters};

/// Why a client was refused, closed or made to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Curb {
    /// Refused: `limits.connections` are there.
    Connections,
    /// Refused: `limits.connections_per_address` are there.
    Address,
    /// Its report was refused: it is new, and `limits.clients_known` are there.
    Known,
    /// Made to wait: it went through `limits.lines_per_second`.
    Lines,
    /// Made to wait: it went through `limits.queries_per_second`.
    Queries,
    /// Closed: it spoke HTTP.
    Http,
}

impl Curb {
    /// All of them.
    pub const ALL: &[Curb] =
        &[Curb::Connections, Curb::Address, Curb::Known, Curb::Lines, Curb::Queries, Curb::Http];

    /// How often it has happened.
    #[must_use]
    pub fn of(self, counters: &HerdCounters) -> u64 {
        match self {
            Curb::Connections => counters.refused_clients,
            Curb::Address => counters.refused_by_address,
            Curb::Known => counters.refused_reports,
            Curb::Lines => counters.held_lines,
            Curb::Queries => counters.held_queries,
            Curb::Http => counters.browsers,
        }
    }

    /// What is counted, in the plural.
    pub(super) fn counted(self) -> &'static str {
        match self {
            Curb::Connections => "clients refused",
            Curb::Address => "refused for their address",
            Curb::Known => "reports of new clients refused",
            Curb::Lines => "waits of clients too fast",
            Curb::Queries => "queries held up",
            Curb::Http => "browsers closed",
        }
    }

    fn counter(self, counters: &mut HerdCounters) -> &mut u64 {
        match self {
            Curb::Connections => &mut counters.refused_clients,
            Curb::Address => &mut counters.refused_by_address,
            Curb::Known => &mut counters.refused_reports,
            Curb::Lines => &mut counters.held_lines,
            Curb::Queries => &mut counters.held_queries,
            Curb::Http => &mut counters.browsers,
        }
    }
}

impl fmt::Display for Curb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Curb::Connections => "refused: limits.connections are there",
            Curb::Address => "refused: limits.connections_per_address are there",
            Curb::Known => "is refused: it reports of a new client, and limits.clients_known are there",
            Curb::Lines => "has to wait: it went through limits.lines_per_second",
            Curb::Queries => "has to wait: it went through limits.queries_per_second",
            Curb::Http => "closed: it speaks HTTP",
        })
    }
}

impl Herd {
    /// Counts that a client was curbed, and says so, but ever more rarely: whoever means harm must not fill the
    /// log with it.
    pub(super) fn curb(&mut self, curb: Curb, peer: Peer) {
        let counter = curb.counter(&mut self.counters);
        if tally(counter) {
            log::warn!("client {peer}: {curb} ({counter} so far)");
        }
    }

    /// The same of a neighbour's news of a client for whom there is no room.
    pub(crate) fn drop_news(&mut self, neighbour: Peer) {
        let dropped = &mut self.counters.dropped_news;
        if tally(dropped) {
            log::warn!(
                "{neighbour} tells of a new client, and limits.clients_known are there: dropped ({dropped} so far)"
            );
        }
    }
}
