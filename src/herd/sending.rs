//! The reply to a WHATSAT on its way to a client that may read it slowly.

use reactor::{Peer, Requests, Transport};

use super::Herd;
use crate::journal::Ticket;
use crate::places::Found;
use crate::traffic_log::Direction;

/// The AT line and the places, written piece by piece as the outbox drains. So an answer may be longer than an outbox
/// may be, and of what a client does not read no more than a piece is held for it alone: the places are shared by all
/// who asked the same.
#[derive(Debug)]
pub(super) struct Sending {
    /// What has to be on disk before anything is sent.
    pub(super) ticket: Ticket,
    /// The AT line and its end.
    at: Vec<u8>,
    found: Found,
    /// How much of the whole is written.
    written: usize,
}

impl Sending {
    pub(super) fn new(ticket: Ticket, at: &[u8], found: Found) -> Sending {
        Sending { ticket, at: [at, b"\n"].concat(), found, written: 0 }
    }

    /// Notes it in the traffic log; of places that may not be kept, their size.
    pub(super) fn log(&self, herd: &mut Herd, reactor: &mut Requests<'_, Herd>, peer: Peer) {
        let size = format!("({} bytes of places)", self.found.size());
        let kept = !herd.desk.forbids_keeping();
        let [head, tail] = if kept { self.found.parts() } else { [size.as_bytes(), b""] };
        herd.traffic.line(reactor, Direction::Out, || peer, &[&self.at, head, tail]);
    }

    /// Writes pieces of at most `piece` bytes until the outbox is high. Whether all of it is written.
    pub(super) fn write(&mut self, transport: &mut Transport<'_>, piece: usize) -> bool {
        while !transport.is_high() {
            let rest = self.rest();
            if rest.is_empty() {
                return true;
            }
            let next = &rest[..piece.max(1).min(rest.len())];
            transport.write(next);
            self.written += next.len();
        }
        false
    }

    /// What comes next and lies together; empty if nothing does.
    fn rest(&self) -> &[u8] {
        let [head, tail] = self.found.parts();
        let mut skip = self.written;
        for part in [&self.at, head, tail] {
            match part.get(skip..) {
                Some(rest) if !rest.is_empty() => return rest,
                _ => skip -= part.len(),
            }
        }
        &[]
    }
}
