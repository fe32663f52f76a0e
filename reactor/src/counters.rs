//! What has happened so far, counted: every bound has its counter (law 7).

use crate::lag::LoopLag;

/// Counts since the reactor was made. They only grow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Turns of the loop.
    pub turns: u64,
    /// Calls of `Net::read`.
    pub reads: u64,
    /// Calls of `Net::write`.
    pub writes: u64,
    /// Bytes read and handed to protocols.
    pub bytes_in: u64,
    /// Bytes taken by the net.
    pub bytes_out: u64,
    /// Connections accepted and given a protocol, TLS not yet counted.
    pub accepted: u64,
    /// Connections accepted and closed at once: the factory declined, or a limit was reached.
    pub refused: u64,
    /// Times accepting had to rest because descriptors had run out.
    pub accept_pauses: u64,
    /// Outgoing connections made, TLS not yet counted.
    pub connected: u64,
    /// Names that took longer to look up than [`Limits::slow_lookup`](crate::Limits::slow_lookup).
    pub slow_lookups: u64,
    /// Connections that were never made: those that could not be dialled, and those, accepted ones
    /// too, on which TLS was not agreed.
    pub connect_failures: u64,
    /// TLS handshakes that came to their end, on either side.
    pub handshakes: u64,
    /// Of these, those that took up an earlier session.
    pub handshakes_resumed: u64,
    /// TLS handshakes that failed or were broken off.
    pub handshakes_failed: u64,
    /// Connections under TLS that ended without a farewell.
    pub truncated: u64,
    /// Connections lost, for whatever reason.
    pub lost: u64,
    /// Writes refused because an outbox was full; those of a turn are added at its end.
    pub outbox_full: u64,
    /// Timers run.
    pub timers: u64,
    /// Turns in which timers waited until more was read, after a pause of the process.
    pub catch_up_turns: u64,
    /// Timers refused because there were too many.
    pub timers_refused: u64,
    /// Requests carried out.
    pub requests: u64,
    /// Links refused because there were too many, accepted or dialled.
    pub links_refused: u64,
    /// Turns in which nobody was read, or accepted, because too many requests were waiting.
    pub swamped: u64,
    /// Jobs refused because too many were waiting.
    pub jobs_refused: u64,
    /// Continuations dropped because their connection had gone.
    pub stale: u64,
    /// Panics contained.
    pub panics: u64,
    /// How long turns took.
    pub lag: LoopLag,
}
