//! Replies that wait for the disk.

use std::collections::VecDeque;

use reactor::Transport;

use crate::journal::{Journal, Ticket};

/// The replies of one client that may not leave yet, in their order. One that could leave by itself waits
/// behind those that cannot.
#[derive(Debug, Default)]
pub(super) struct Held {
    bytes: Vec<u8>,
    /// Of each reply, what it waits for and how long it is.
    replies: VecDeque<(Ticket, usize)>,
}

impl Held {
    pub(super) fn is_empty(&self) -> bool {
        self.replies.is_empty()
    }

    /// Bytes that are held.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Holds a reply, given in parts.
    pub(super) fn push(&mut self, ticket: Ticket, parts: &[&[u8]]) {
        self.replies.push_back((ticket, parts.iter().map(|part| part.len()).sum()));
        parts.iter().for_each(|part| self.bytes.extend_from_slice(part));
    }

    /// Sends what need wait no longer.
    pub(super) fn release(&mut self, journal: &Journal, transport: &mut Transport<'_>) {
        let mut length = 0;
        while let Some((_, reply)) = self.replies.front().filter(|(ticket, _)| journal.has_come(*ticket)) {
            length += reply;
            self.replies.pop_front();
        }
        transport.write(&self.bytes[..length]);
        self.bytes.drain(..length);
        if self.bytes.is_empty() {
            *self = Held::default(); // idle connections hold no buffers
        }
    }
}
