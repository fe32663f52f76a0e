//! How the original's servers talk, for a herd together with them (`peers.mode = "paper"`; the paper, 3.2 and 3.4).
//!
//! Each update goes to each neighbour over a connection of its own, to the port where its clients are: the
//! [`ClientProtocol`] sends the AT line and closes. What comes is believed where it comes from the address of a
//! neighbour (`addresses.rs`), and is no news anywhere else. Nobody proves anything, and nothing is compared: what a
//! neighbour misses, it has missed.
//!
//! Who sent a line cannot be told, for on one machine all have one address. So the news goes to all neighbours but the
//! one that took the report, which the line names: a flood of `L` links, from a server with `d` neighbours, is
//! `2 L - d` lines. In the ring of five these are eight; over links, which know whom news came from, they are six.

mod addresses;
mod client_protocol;
mod correspondent;
#[cfg(test)]
mod tests;

use std::time::Duration;

use reactor::AppCx;

pub use client_protocol::ClientProtocol;
pub use correspondent::{Correspondent, Correspondents, PaperCounters};

use crate::herd::Herd;

/// Connections to one neighbour at a time: as many updates are on their way to it. Enough for thousands a second where
/// it answers within milliseconds, and few enough to leave a server its descriptors where it does not.
pub const MOST_IN_FLIGHT: usize = 32;
/// How long a connection to a neighbour may take to be made.
const DIAL_TIME: Duration = Duration::from_secs(2);
/// How long it may take from there until the neighbour has closed it, too.
const TELL_TIME: Duration = Duration::from_secs(3);
/// How often the names of neighbours are looked up.
const LOOK_UP_EVERY: Duration = Duration::from_secs(30);

const NOTICE: &str = "peers.mode = \"paper\": whoever comes from a neighbour's address is believed, and an update that \
                      a neighbour misses is lost to it";

/// Says what this mode is, and finds out where neighbours are; nothing in any other mode.
pub(crate) fn start(cx: &mut AppCx<'_, Herd>) {
    if cx.app.neighbours.paper.is_some() {
        cx.app.notice(&mut cx.reactor, NOTICE);
        addresses::look_up(cx);
    }
}
