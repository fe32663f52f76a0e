//! The limits of one server: nothing a peer sends, or does not read, may cost more.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::text::{duration, size};

/// `[limits]`: each bound of a server, with the reason for its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// The longest line in bytes, without its end. 16384 is Twisted's own `MAX_LENGTH`, so what the
    /// original serves is served. At most 65,536: a neighbour reads no line that is longer.
    #[serde(with = "size")]
    pub line: usize,
    /// Connections that clients may have at once. 10 000 idle ones fit into some hundred megabytes and
    /// below a usual hard limit of file descriptors.
    pub connections: usize,
    /// Connections that clients of one address may have at once, those of an IPv6 /64 together; 0: as many as
    /// there may be in all. No bound by default: behind one address there may be a proxy, a campus, or the
    /// load generator of whoever tries this out.
    pub connections_per_address: usize,
    /// Lines of one connection that are served in a second, after as many at once; 0: no bound. Faster lines wait
    /// in the client's own socket. No bound by default: a turn reads 64 KiB of a connection at most, which is
    /// what keeps one that hurries from holding up the others.
    pub lines_per_second: u32,
    /// WHATSATs of one connection that are asked in a second, after as many at once; 0: no bound. Faster ones wait.
    /// No bound by default: `places.max_in_flight` and `places.queue` bound what they cost.
    pub queries_per_second: u32,
    /// Bytes kept for one connection that does not read its replies; past it the connection is no longer
    /// read, then closed. 1 MiB is thousands of replies, and fifty such readers cost less than 96 MiB. Answers about
    /// places need not fit into it: they are written piece by piece.
    #[serde(with = "size")]
    pub write_buffer: usize,
    /// How long a client may say nothing before it is closed. Ten minutes outlast a person who thinks, and
    /// free the descriptor of one who has left.
    #[serde(with = "duration")]
    pub idle: Duration,
    /// How long one line may take from its first byte to its last. A drip of bytes does not reset it, so a
    /// slow loris holds a connection for half a minute only.
    #[serde(with = "duration")]
    pub line_time: Duration,
    /// Bytes of news that wait for a neighbour that is slow; when there are more, all of it is dropped and
    /// counted, and what the neighbour lacks is found by comparing. In `paper` mode, where nothing is compared, the
    /// oldest is dropped. 1 MB is some ten thousand reports: what comes in while a neighbour is busy for a moment. In
    /// `always` a commit has news of half as many bytes at most, for they are passed on at once.
    #[serde(with = "size")]
    pub neighbour_queue: usize,
    /// Clients whose records are kept in memory; those that have not changed for longest lie on disk alone, and are
    /// found there. While the disk is busy as many again may wait for it, and at least 65 536; without a disk
    /// (`store.durability = "no"`) reports of further clients are refused. A million take some
    /// 170 MB.
    pub clients_known: usize,
}

impl Default for LimitsConfig {
    fn default() -> LimitsConfig {
        LimitsConfig {
            line: 16_384,
            connections: 10_000,
            connections_per_address: 0,
            lines_per_second: 0,
            queries_per_second: 0,
            write_buffer: 1_048_576,
            idle: Duration::from_secs(600),
            line_time: Duration::from_secs(30),
            neighbour_queue: 1_000_000,
            clients_known: 1_000_000,
        }
    }
}
