//! An ear at the network: what was said to a port, as somebody on the way could have heard it.

use std::collections::BTreeMap;

/// So many streams are remembered; the oldest go first.
const STREAMS: usize = 16;
/// So many bytes of each: hellos stand at the beginning.
const BYTES: usize = 1024;

/// What was said to one port, stream by stream.
#[derive(Debug)]
pub(super) struct Tap {
    port: u16,
    heard: BTreeMap<u64, Vec<u8>>,
}

impl Tap {
    pub(super) fn new(port: u16) -> Tap {
        Tap { port, heard: BTreeMap::new() }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn hear(&mut self, stream: u64, bytes: &[u8]) {
        let heard = self.heard.entry(stream).or_default();
        let room = BYTES.saturating_sub(heard.len()).min(bytes.len());
        heard.extend_from_slice(&bytes[..room]);
        if self.heard.len() > STREAMS {
            self.heard.pop_first();
        }
    }

    pub(super) fn heard(&self) -> impl Iterator<Item = &[u8]> {
        self.heard.values().map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginnings_of_the_last_streams_are_remembered() {
        let mut tap = Tap::new(1);
        for stream in 0..40 {
            tap.hear(stream, b"begin");
            tap.hear(stream, &[b'.'; BYTES]);
        }
        assert_eq!(tap.heard().count(), STREAMS);
        assert!(tap.heard().all(|heard| heard.len() == BYTES && heard.starts_with(b"begin.")));
    }
}
