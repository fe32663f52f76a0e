//! Links between neighbours (the specification, section 6).
//!
//! Every server keeps one link open to each neighbour, on which it tells the news ([`ClientProtocol`]), and
//! accepts the neighbour's, on which it is told ([`PeerProtocol`]). Before anything else is heard both
//! prove who they are ([`hello`]). Then the neighbour is told what it lacks ([`resync`]). A link is pinged; it is
//! dialled again when it is gone.

mod client_protocol;
pub mod hello;
mod peer_protocol;
mod proof;
pub mod resync;

use std::time::Duration;

pub use client_protocol::{ClientProtocol, dial};
pub use peer_protocol::PeerProtocol;
pub use proof::{PeerTls, Proof};

/// How often the dialling side pings.
const PING_EVERY: Duration = Duration::from_secs(1);
/// How often a stopping server looks whether its clients are gone.
const CLIENTS_GONE_EVERY: Duration = Duration::from_millis(10);
/// How long a disk that could not be read is left alone.
const READ_AGAIN: Duration = Duration::from_secs(1);
/// A link is dead after so many pings without an answer.
const PINGS_UNANSWERED: u32 = 3;
/// How long the other side may be silent: it pings every second, and one more second is for the way.
const SILENCE: Duration = Duration::from_secs(4);
/// How long after something was last heard a link is certainly alive: twice the time between two pings.
const ALIVE: Duration = Duration::from_secs(2);
/// How long both may take to prove who they are, TLS included.
const HELLO_TIME: Duration = Duration::from_secs(2);
/// What an AT line may be longer than the client's line it came from: the server and the difference.
const AT_LINE_EXTRA: usize = 256;
/// The longest client's line that any server of the herd may allow (`limits.line`); its limit need not be ours.
const LONGEST_LINE: usize = 64 * 1024;
const PING: &[u8] = b"PING";
const PONG: &[u8] = b"PONG";

#[cfg(test)]
mod tests;
