//! What a run did, as one number: equal runs have equal hashes.

use super::chaos::Death;
use super::host::HostId;
use super::schedule::Struck;
use crate::time::Time;

/// The trace of a run: a 64-bit hash over every delivery, and a log of them if asked for.
#[derive(Debug, Default)]
pub struct Trace {
    hash: u64,
    deliveries: u64,
    log: Option<Vec<Note>>,
}

/// One entry of the log.
#[derive(Clone, Debug)]
pub struct Note {
    /// When.
    pub at: Time,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum What {
    /// Something came over a stream.
    Came(Segment),
    /// What a host's process asked for is done: a look-up, or work on a thread.
    Done(HostId, &'static str),
    /// A scheduled fault struck.
    Fault(Struck),
    /// A process ended.
    Down(Death),
    /// A new process may run.
    Up(HostId),
}

/// What came over a stream.
#[derive(Clone, Debug)]
pub struct Segment {
    /// `syn`, `syn-ack`, `data`, `ack`, `fin`, `reset` or `give up`.
    pub kind: &'static str,
    /// Numbers the streams.
    pub stream: u64,
    /// Who sent it.
    pub from: HostId,
    /// Who received it.
    pub to: HostId,
    /// The port at which one of the two listens.
    pub port: u16,
    /// Whether it went from the one who dialled to the one who listens.
    pub is_forth: bool,
    /// The bytes.
    pub payload: Vec<u8>,
}

impl Trace {
    /// An empty trace; with `log`, one that also keeps a note of each delivery.
    pub fn recording(log: bool) -> Trace {
        Trace { log: log.then(Vec::new), ..Trace::default() }
    }

    /// The hash of all deliveries so far: times, kinds, receivers and payloads.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// How many deliveries there were.
    pub fn deliveries(&self) -> u64 {
        self.deliveries
    }

    /// What happened, the oldest first; empty unless recording.
    pub fn log(&self) -> &[Note] {
        self.log.as_deref().unwrap_or_default()
    }

    /// Takes one delivery into the hash.
    pub(super) fn note(&mut self, at: Time, kind: &str, to: u64, payload: &[u8]) {
        self.deliveries += 1;
        self.absorb(at.as_nanos());
        self.absorb(to);
        self.absorb_bytes(kind.as_bytes());
        self.absorb_bytes(payload);
    }

    /// Keeps a note, if recording.
    pub(super) fn tell(&mut self, at: Time, what: impl FnOnce() -> What) {
        if let Some(log) = &mut self.log {
            log.push(Note { at, what: what() });
        }
    }

    /// Whether notes are kept.
    pub(super) fn is_recording(&self) -> bool {
        self.log.is_some()
    }
    /// Eight bytes at a time: payloads pass here, and most of a simulation's bytes with them.
    fn absorb_bytes(&mut self, bytes: &[u8]) {
        self.absorb(bytes.len() as u64);
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.absorb(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.absorb(u64::from_le_bytes(last));
    }

    /// One round of FNV-1a on a word, and a shift that brings the high bits down again.
    fn absorb(&mut self, word: u64) {
        self.hash = (self.hash ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.hash ^= self.hash >> 29;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash_of(at: u64, to: u64, payload: &[u8]) -> u64 {
        let mut trace = Trace::default();
        trace.note(Time::from_nanos(1), "syn", 1, b"");
        trace.note(Time::from_nanos(at), "data", to, payload);
        trace.hash()
    }

    #[test]
    fn time_receiver_and_every_byte_count() {
        let hashes = [
            hash_of(2, 3, b"payload that is longer than a word"),
            hash_of(9, 3, b"payload that is longer than a word"),
            hash_of(2, 4, b"payload that is longer than a word"),
            hash_of(2, 3, b"payload that is longer than a worD"),
            hash_of(2, 3, b"Payload that is longer than a word"),
            hash_of(2, 3, b"payload that is longer than a word\0"),
        ];
        for (i, one) in hashes.iter().enumerate() {
            assert!(hashes[i + 1..].iter().all(|other| other != one));
        }
        assert_eq!(hash_of(2, 3, b"x"), hash_of(2, 3, b"x"));
    }

    #[test]
    fn the_log_is_kept_only_when_recording() {
        for recording in [false, true] {
            let mut trace = Trace::recording(recording);
            trace.tell(Time::from_nanos(1_500), || What::Up(HostId::nth(2)));
            assert_eq!(trace.log().len(), usize::from(recording));
        }
    }
}
