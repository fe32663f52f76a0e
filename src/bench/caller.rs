//! One connection's part of a load, also while it is down.

use protocols::Backoff;
use reactor::ConnId;

use super::flight::Flight;
use super::walk::Walk;

#[derive(Debug)]
pub(super) struct Caller {
    /// The place of its server among the targets.
    pub(super) target: usize,
    /// What begins each request, if it speaks HTTP.
    pub(super) head: Option<Vec<u8>>,
    /// `None` while it is down.
    pub(super) conn: Option<ConnId>,
    pub(super) flight: Flight,
    pub(super) walk: Walk,
    /// Clients whose only report went down with a connection, to be sent again.
    pub(super) again: Vec<u32>,
    /// The next line that is to be sent here, in an open loop.
    pub(super) next_line: u64,
    pub(super) backoff: Backoff,
    /// Whether it was dialled with success or without.
    pub(super) is_tried: bool,
}

impl Caller {
    /// Whether there is a client whose only report was not sent, or went down with a connection.
    pub(super) fn has_unreported(&self) -> bool {
        !(self.again.is_empty() && self.walk.is_round())
    }
}
