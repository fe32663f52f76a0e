//! The bytes that wait to be sent on one link.

/// Buffers that grew larger than this are given back to the allocator once they are sent.
const KEEP_CAPACITY: usize = 64 * 1024;

/// Empty buffers kept for the next link that has something to say, so that neither an idle link
/// holds memory nor a busy one allocates. 256: more than one poll reports.
const KEEP_BUFFERS: usize = 256;

/// One link's outgoing bytes, in order.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// `bytes[..sent]` are taken by the net already; the rest waits.
    bytes: Vec<u8>,
    sent: usize,
}

impl Outbox {
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.sent
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What waits.
    pub(crate) fn waiting(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    /// The buffer to append to, taken from `spares` if there is none yet.
    pub(crate) fn appendable(&mut self, spares: &mut Spares) -> &mut Vec<u8> {
        if self.bytes.capacity() == 0 {
            self.bytes = spares.0.pop().unwrap_or_default();
        }
        &mut self.bytes
    }

    /// Forgets the first `count` waiting bytes: the net has taken them.
    pub(crate) fn advance(&mut self, count: usize, spares: &mut Spares) {
        self.sent += count;
        debug_assert!(self.sent <= self.bytes.len(), "a net takes no more than it is given");
        if self.is_empty() {
            self.clear(spares);
        } else if self.sent > self.len() {
            // At least half is sent, so moving the rest costs no more than sending did.
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
    }

    /// Forgets everything and gives the buffer back.
    pub(crate) fn clear(&mut self, spares: &mut Spares) {
        self.sent = 0;
        spares.put(std::mem::take(&mut self.bytes));
    }
}

/// Empty buffers with room in them.
#[derive(Debug, Default)]
pub(crate) struct Spares(Vec<Vec<u8>>);

impl Spares {
    fn put(&mut self, mut buffer: Vec<u8>) {
        if (1..=KEEP_CAPACITY).contains(&buffer.capacity()) && self.0.len() < KEEP_BUFFERS {
            buffer.clear();
            self.0.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_of_every_length_keep_the_order() {
        for step in 1..=10 {
            let (mut outbox, mut spares) = (Outbox::default(), Spares::default());
            let mut sent = Vec::new();
            for chunk in [&b"abcdefg"[..], b"hij", b"klmnopqrst"] {
                outbox.appendable(&mut spares).extend_from_slice(chunk);
                let count = step.min(outbox.len());
                sent.extend_from_slice(&outbox.waiting()[..count]);
                outbox.advance(count, &mut spares);
            }
            sent.extend_from_slice(outbox.waiting());
            assert_eq!(sent, b"abcdefghijklmnopqrst", "{step} at a time");
        }
    }

    #[test]
    fn an_empty_outbox_holds_no_memory_and_the_next_one_needs_none() {
        let (mut outbox, mut spares) = (Outbox::default(), Spares::default());
        outbox.appendable(&mut spares).extend_from_slice(b"hello");
        outbox.advance(5, &mut spares);
        assert_eq!(outbox.bytes.capacity(), 0);
        assert!(Outbox::default().appendable(&mut spares).capacity() >= 5);
    }

    #[test]
    fn large_buffers_are_given_back_to_the_allocator() {
        let (mut outbox, mut spares) = (Outbox::default(), Spares::default());
        outbox.appendable(&mut spares).resize(KEEP_CAPACITY + 1, 0);
        outbox.advance(KEEP_CAPACITY + 1, &mut spares);
        assert!(spares.0.is_empty());
    }
}
