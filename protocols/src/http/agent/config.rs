//! What an agent may use.

use std::time::Duration;

use reactor::ClientTls;

use super::Proxies;
use super::pool::Bounds;
use crate::http::HttpLimits;

/// What an [`Agent`](super::Agent) may use, and for how long.
#[derive(Clone, Debug)]
pub struct AgentConfig {
    /// How TLS is spoken; without it, `https` is refused. It should offer `http/1.1` and nothing else:
    /// `ClientTls::new(b"", &[b"http/1.1"])` does, and trusts the public authorities.
    pub tls: Option<ClientTls>,
    /// The ways through proxies.
    pub proxy: Proxies,
    /// How large a response may be.
    pub limits: HttpLimits,
    /// Connections at once. 64: each may hold a response of [`HttpLimits::body`].
    pub connections: usize,
    /// Connections at once to one origin. 8: what a service for many clients bears with from one.
    pub per_origin: usize,
    /// Idle connections kept for one origin. 4, half of those that one burst opens.
    pub idle_per_origin: usize,
    /// How long an idle connection is kept. 30 s: less than servers and middleboxes commonly keep
    /// theirs, so that it is rarely they who close while a request is on its way.
    pub idle: Duration,
    /// Requests that wait for a connection; more are refused. 256: what 8 connections answer within a
    /// few seconds, and nobody waits longer.
    pub queue: usize,
}

impl AgentConfig {
    pub(super) fn bounds(&self) -> Bounds {
        Bounds {
            connections: self.connections.max(1),
            per_origin: self.per_origin.max(1),
            idle_per_origin: self.idle_per_origin,
            queue: self.queue,
        }
    }
}

impl Default for AgentConfig {
    /// No proxy, no TLS, and the bounds that stand with each field.
    fn default() -> AgentConfig {
        AgentConfig {
            tls: None,
            proxy: Proxies::none(),
            limits: HttpLimits::default(),
            connections: 64,
            per_origin: 8,
            idle_per_origin: 4,
            idle: Duration::from_secs(30),
            queue: 256,
        }
    }
}
