//! What a client may not do, or not yet.

use std::fmt;

use reactor::{Peer, tally};

use super::{Herd, HerdCounters};

/// Why a client was refused, closed or made to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Curb {
    /// Refused: `limits.connections`, or the descriptors, are reached.
    Connections,
    /// Refused: `limits.connections_per_address` is reached.
    Address,
    /// Its report was refused: it is new, and `limits.clients_known` is reached.
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

/// A curb with the bound that was reached, as the log names both.
struct Reached<'a>(Curb, &'a Herd);

impl fmt::Display for Reached<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Reached(curb, Herd { rules, store, .. }) = self;
        match (curb, rules.descriptors) {
            (Curb::Connections, Some(descriptors)) => {
                write!(
                    f,
                    "refused: {descriptors} descriptors (ulimit -n) leave room for {} clients",
                    rules.clients
                )
            }
            (Curb::Connections, None) => write!(f, "refused: limits.connections ({}) reached", rules.clients),
            (Curb::Address, _) => {
                write!(f, "refused: limits.connections_per_address ({}) reached", rules.clients_per_address)
            }
            (Curb::Known, _) => {
                write!(
                    f,
                    "its report of a new client is refused: limits.clients_known ({}) reached",
                    store.most()
                )
            }
            (Curb::Lines, _) => {
                write!(f, "has to wait: limits.lines_per_second ({}) reached", rules.lines_per_second)
            }
            (Curb::Queries, _) => {
                write!(f, "has to wait: limits.queries_per_second ({}) reached", rules.queries_per_second)
            }
            (Curb::Http, _) => f.write_str("closed: it speaks HTTP"),
        }
    }
}

impl Herd {
    /// Counts that a client was curbed, and says so, but ever more rarely: whoever means harm must not fill the
    /// log with it.
    pub(super) fn curb(&mut self, curb: Curb, peer: Peer) {
        let counter = curb.counter(&mut self.counters);
        let is_said = tally(counter);
        let count = *counter;
        if is_said {
            log::warn!("client {peer}: {} ({count} so far)", Reached(curb, self));
        }
    }

    /// The same of a neighbour's news of a client for whom there is no room.
    pub(crate) fn drop_news(&mut self, neighbour: Peer) {
        let (dropped, most) = (&mut self.counters.dropped_news, self.store.most());
        if tally(dropped) {
            log::warn!(
                "{neighbour}: news of a new client dropped: limits.clients_known ({most}) reached ({dropped} so far)"
            );
        }
    }
}
