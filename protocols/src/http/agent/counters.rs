//! What an agent has done so far.

use std::fmt;

use super::{HttpError, HttpResult};

/// Counts since the agent was made. Every request ends in one of those from `answered` to `timed_out`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AgentCounters {
    /// Requests made.
    pub requests: u64,
    /// Requests that got a whole response, whatever its status.
    pub answered: u64,
    /// Requests that were not sent: no such URI, or a bound was reached.
    pub refused: u64,
    /// Requests whose server could not be reached.
    pub unreachable: u64,
    /// Requests whose server did not prove who it is, or did not keep to TLS.
    pub insecure: u64,
    /// Requests that a proxy did not let through.
    pub proxy_failures: u64,
    /// Requests whose connection ended before any of a response, or broke.
    pub lost: u64,
    /// Requests whose response was cut off.
    pub truncated: u64,
    /// Requests whose response was misframed.
    pub misframed: u64,
    /// Requests that took too long.
    pub timed_out: u64,
    /// Requests sent again because the server had closed, or given up, the connection they were first sent on.
    pub retried: u64,
    /// Connections begun.
    pub opened: u64,
    /// Connections begun by way of a proxy.
    pub proxied: u64,
    /// Requests sent on a connection that had carried another.
    pub reused: u64,
    /// Idle connections that ended: after their time, to make room, or by the server's will.
    pub idle_closed: u64,
}

impl AgentCounters {
    /// Counts the end of a request.
    pub(super) fn count(&mut self, result: &HttpResult) {
        *match result {
            Ok(_) => &mut self.answered,
            Err(HttpError::BadUri(_) | HttpError::Refused(_)) => &mut self.refused,
            Err(HttpError::Connect(_)) => &mut self.unreachable,
            Err(HttpError::Tls(_)) => &mut self.insecure,
            Err(HttpError::Proxy(_)) => &mut self.proxy_failures,
            Err(HttpError::Lost(_) | HttpError::Unanswered) => &mut self.lost,
            Err(HttpError::Truncated) => &mut self.truncated,
            Err(HttpError::Framing(_)) => &mut self.misframed,
            Err(HttpError::TimedOut) => &mut self.timed_out,
        } += 1;
    }

    /// Requests that got no response.
    pub fn failed(&self) -> u64 {
        let AgentCounters { refused, unreachable, insecure, proxy_failures, .. } = self;
        let AgentCounters { lost, truncated, misframed, timed_out, .. } = self;
        refused + unreachable + insecure + proxy_failures + lost + truncated + misframed + timed_out
    }
}

/// Those that are not zero, one a line.
impl fmt::Display for AgentCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AgentCounters { requests, answered, refused, unreachable, insecure, .. } = *self;
        let AgentCounters { proxy_failures, lost, truncated, misframed, timed_out, .. } = *self;
        let AgentCounters { retried, opened, proxied, reused, idle_closed, .. } = *self;
        let all = [
            (requests, "requests"),
            (answered, "answered"),
            (refused, "refused"),
            (unreachable, "without a server"),
            (insecure, "stopped by TLS"),
            (proxy_failures, "stopped by a proxy"),
            (lost, "lost"),
            (truncated, "cut off"),
            (misframed, "misframed"),
            (timed_out, "too late"),
            (retried, "sent again"),
            (opened, "connections"),
            (proxied, "connections by proxy"),
            (reused, "reuses of connections"),
            (idle_closed, "connections closed idle"),
        ];
        all.iter().filter(|(count, _)| *count > 0).try_for_each(|(count, what)| writeln!(f, "{count} {what}"))
    }
}
