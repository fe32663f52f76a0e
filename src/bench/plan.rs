//! What a load is to be.

use std::time::Duration;

use reactor::Endpoint;

use super::words::MOST_CLIENTS;

/// A load: whom it reaches, by how many, how fast, for how long.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The servers; connections are dealt to them in turn. There is one at least.
    pub targets: Vec<Target>,
    /// Connections in all.
    pub connections: u32,
    /// The most lines of one connection that wait for their replies.
    pub in_flight: u32,
    /// Ids of clients. Each belongs to one connection.
    pub clients: u32,
    /// What is asked besides.
    pub questions: Questions,
    /// Who decides when the next line is sent.
    pub pace: Pace,
    /// When it ends.
    pub span: Span,
    /// The path to which each line is posted, its reply being the body of the answer; `None`: no HTTP, but lines.
    pub http: Option<String>,
    /// Draws who speaks and what is asked.
    pub seed: u64,
}

/// A server, and how it is called in the results.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where it is dialled.
    pub at: Endpoint,
    /// As it was named.
    pub name: String,
}

/// The WHATSATs of a load.
#[derive(Clone, Debug)]
pub struct Questions {
    /// Of a million lines, how many are questions, once there is somebody to ask about.
    pub per_million: u32,
    /// In km, as it is sent.
    pub radius: String,
    /// How many places are asked for.
    pub bound: u32,
}

/// Who decides when the next line is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// The replies: each makes room for a line. Whoever waits sends nothing, so a server that stands still is asked
    /// little meanwhile, and the latencies say little about it (coordinated omission).
    Closed,
    /// The clock: so many lines a second in all, be the server ready or not. Latencies are counted from when a line
    /// was due.
    Open(u64),
}

/// When a load ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Span {
    /// After so long; the first part of it is not measured.
    For {
        /// Not measured.
        warm_up: Duration,
        /// Measured.
        duration: Duration,
    },
    /// When each client has been reported once; then the connections are held for so long.
    Once {
        /// How long.
        hold: Duration,
    },
}

impl Plan {
    /// The same with as many clients as can be: those in flight differ, and all have ids of one width.
    #[must_use]
    pub fn fitted(self) -> Plan {
        let least = self.connections.saturating_mul(self.in_flight);
        let clients = if self.is_once() { self.clients } else { self.clients.max(least) };
        Plan { clients: clients.min(MOST_CLIENTS), ..self }
    }

    pub(super) fn is_once(&self) -> bool {
        matches!(self.span, Span::Once { .. })
    }
}
