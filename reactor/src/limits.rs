//! Every bound of the reactor, each with the reason for its number (law 7).

use std::time::Duration;

/// What a reactor holds at most. Reaching a limit is counted in [`Counters`](crate::Counters), said in
/// the log the first, second, fourth, eighth time and so on, and ends one link at the worst, never the
/// loop.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Links at once, made or on their way; more are closed as soon as they are accepted.
    /// 100,000: what one process holds where descriptors allow it.
    pub links: usize,
    /// Bytes waiting in a link's outbox at which `pressure(High)` is told; `Low` at half of it.
    /// 64 KiB, Twisted's own (`abstract.FileDescriptor.bufferSize`).
    pub high_water: usize,
    /// Bytes waiting in a link's outbox that are never exceeded. 1 MiB: fifty readers that do not
    /// read cost less than 64 MiB.
    pub write_buffer: usize,
    /// Timers at once. 1,000,000: ten for each link.
    pub timers: usize,
    /// Requests waiting at once. 1,000,000: what a turn of 64 KiB reads can hardly reach. None is refused, so that no
    /// answer and no stop is lost; while more of them wait, nobody is accepted and nothing is read. So there are never
    /// more than these and what one turn asks for, unless timers and requests ask for ever more by themselves.
    pub requests: usize,
    /// Requests carried out in one turn, so that sockets are served in between.
    pub requests_per_turn: usize,
    /// Connections accepted from one port in one turn, for the same reason.
    pub accepts_per_turn: usize,
    /// How long accepting rests when descriptors have run out and no link closes meanwhile.
    pub accept_pause: Duration,
    /// Jobs at once: deferred work, and names that a callback looks up; for dialling, as many names again.
    pub jobs: usize,
    /// How long a connection may be on its way, TLS included, unless its endpoint says otherwise. It is counted
    /// from when its name is looked up.
    pub connect_timeout: Duration,
    /// How long looking up a name may take before that. 30 s: what a resolver takes to ask three name servers
    /// twice each, at 5 s a question (resolv.conf(5)).
    pub lookup_timeout: Duration,
    /// How long looking up a name may take without being counted and logged as slow. 1 s: a name server that is
    /// down costs 5.
    pub slow_lookup: Duration,
    /// How long an address of a name may leave us waiting until the next one is tried beside it.
    /// 250 ms, as RFC 8305, section 8, recommends.
    pub attempt_delay: Duration,
    /// How long somebody who was accepted may take to agree on TLS, and so may `start_tls`.
    pub handshake_timeout: Duration,
    /// How long a closed link may take to deliver what was written before.
    pub flush_timeout: Duration,
    /// How long, after that, the peer may take to close its side. Closing a socket at once would
    /// reset it while the peer still sends, and the peer would lose our last words with it.
    pub linger: Duration,
    /// How long a stop waits for all links together.
    pub stop_timeout: Duration,
    /// How long timers and deadlines that are late, since the process was stopped or starved, may be put off further so
    /// that what has arrived meanwhile is read first. 1 s: half of what the shortest of this workspace's deadlines
    /// allows.
    pub catch_up: Duration,
    /// How long a turn may take; a longer one is counted, and said with what it did, once a second at most.
    /// 50 ms: a pause that a person begins to notice, and a hundred times what a full turn should take.
    pub slow_turn: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            links: 100_000,
            high_water: 64 * 1024,
            write_buffer: 1024 * 1024,
            timers: 1_000_000,
            requests: 1_000_000,
            requests_per_turn: 10_000,
            accepts_per_turn: 64,
            accept_pause: Duration::from_millis(250),
            jobs: 1024,
            connect_timeout: Duration::from_secs(10),
            lookup_timeout: Duration::from_secs(30),
            slow_lookup: Duration::from_secs(1),
            attempt_delay: Duration::from_millis(250),
            handshake_timeout: Duration::from_secs(10),
            flush_timeout: Duration::from_secs(10),
            linger: Duration::from_secs(1),
            stop_timeout: Duration::from_secs(5),
            catch_up: Duration::from_secs(1),
            slow_turn: Duration::from_millis(50),
        }
    }
}
