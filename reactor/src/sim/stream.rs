//! The two ends of a stream, and what is on its way to each of them.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::SocketAddr;

use super::host::HostId;
use crate::net::ConnId;
use crate::random::Random;
use crate::time::Time;

/// Names one end of a stream, for ever; the other end differs in the lowest bit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct EndId(pub(super) u64);

impl EndId {
    /// The other end of the same stream.
    pub(super) fn far(self) -> EndId {
        EndId(self.0 ^ 1)
    }

    /// Whether it is the end of the host that was dialled.
    pub(super) fn is_listener(self) -> bool {
        self.side() == 1
    }

    pub(super) fn stream(self) -> u64 {
        self.0 >> 1
    }

    fn side(self) -> usize {
        usize::from(self.0 & 1 == 1)
    }
}

/// How far an end has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// SYN sent, or not yet arrived.
    Opening,
    /// Made.
    Open,
    /// Closed by its process; the kernel sends the rest.
    Closed,
    /// Reset, refused, timed out, or its machine went dark.
    Dead,
}

/// What travels. The order of what is on its way to one end never changes.
#[derive(Debug)]
pub(super) enum Segment {
    /// Asks for a connection to this address.
    Syn(SocketAddr),
    /// Grants it.
    SynAck,
    /// Payload.
    Data(Vec<u8>),
    /// So many bytes were read.
    Ack(usize),
    /// No payload follows.
    Fin,
}

/// What a process has to be told about an end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Flags {
    pub(super) read: bool,
    pub(super) write: bool,
    pub(super) read_closed: bool,
}

impl Flags {
    pub(super) const READ: Flags = Flags { read: true, write: false, read_closed: false };
    pub(super) const WRITE: Flags = Flags { read: false, write: true, read_closed: false };
    pub(super) const ENDED: Flags = Flags { read: true, write: false, read_closed: true };
    pub(super) const DEAD: Flags = Flags { read: true, write: true, read_closed: true };

    /// Adds `more` and says whether these are the first flags to be set.
    pub(super) fn add(&mut self, more: Flags) -> bool {
        let were = *self;
        self.read |= more.read;
        self.write |= more.write;
        self.read_closed |= more.read_closed;
        were == Flags::default()
    }
}

/// What has arrived and was not read yet, in the pieces in which it was written.
#[derive(Default)]
pub(super) struct Inbox {
    chunks: VecDeque<Vec<u8>>,
    /// How much of the first chunk was read.
    taken: usize,
}

impl Inbox {
    pub(super) fn push(&mut self, chunk: Vec<u8>) {
        self.chunks.push_back(chunk);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    pub(super) fn clear(&mut self) {
        *self = Inbox::default();
    }

    fn read(&mut self, into: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < into.len()
            && let Some(chunk) = self.chunks.front()
        {
            let n = (chunk.len() - self.taken).min(into.len() - filled);
            into[filled..filled + n].copy_from_slice(&chunk[self.taken..self.taken + n]);
            filled += n;
            self.taken += n;
            if self.taken == chunk.len() {
                self.chunks.pop_front();
                self.taken = 0;
            }
        }
        filled
    }
}

/// One end of a stream.
pub(super) struct End {
    pub(super) host: HostId,
    /// What its process calls it; `None`: not accepted yet, or closed.
    pub(super) conn: Option<ConnId>,
    /// How the other end's process sees this end.
    pub(super) address: SocketAddr,
    pub(super) phase: Phase,
    /// Whether it waits to be accepted.
    pub(super) is_waiting: bool,
    /// What is on its way here. Each delivery brings the first, so that no delay changes the order.
    pub(super) wire: VecDeque<Segment>,
    pub(super) inbox: Inbox,
    /// The far end has closed its sending side, and everything before that is here.
    pub(super) fin_seen: bool,
    pub(super) fin_sent: bool,
    /// Why it died; told once.
    pub(super) error: Option<io::ErrorKind>,
    /// How many bytes may be unread at the far end or on their way there.
    pub(super) window: usize,
    pub(super) outstanding: usize,
    /// Bytes read since the last [`Segment::Ack`].
    pub(super) unacknowledged: usize,
    /// Flags set since the last poll.
    pub(super) flags: Flags,
    /// Whether the next arrival is an edge: the last read was short or found nothing.
    pub(super) read_armed: bool,
    /// Whether the next room is an edge: the last write was short or found no room.
    pub(super) write_armed: bool,
    /// Since when nothing gets through, if TCP's patience is running.
    pub(super) stalled_since: Option<Time>,
}

impl End {
    pub(super) fn new(host: HostId, conn: Option<ConnId>, address: SocketAddr, window: usize) -> End {
        End {
            host,
            conn,
            address,
            phase: Phase::Opening,
            is_waiting: false,
            wire: VecDeque::new(),
            inbox: Inbox::default(),
            fin_seen: false,
            fin_sent: false,
            error: None,
            window,
            outstanding: 0,
            unacknowledged: 0,
            flags: Flags::default(),
            read_armed: true,
            write_armed: true,
            stalled_since: None,
        }
    }

    /// Whether nothing more will arrive here.
    pub(super) fn has_ended(&self) -> bool {
        self.fin_seen || self.phase == Phase::Dead
    }

    /// Whether neither a process nor the network cares about this end any more.
    fn is_over(&self) -> bool {
        self.conn.is_none() && !self.is_waiting && self.phase != Phase::Open
    }

    /// How many more bytes a write may hand over.
    pub(super) fn room(&self) -> usize {
        self.window.saturating_sub(self.outstanding)
    }

    /// Reads as Linux does: first what has arrived, then the error, once, then the end.
    pub(super) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !self.inbox.is_empty() {
            return Ok(self.inbox.read(into));
        }
        match self.error.take() {
            Some(error) => Err(error.into()),
            None if self.has_ended() => Ok(0),
            None => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    /// Why this end takes no bytes now, if it does not.
    pub(super) fn check_writable(&mut self) -> io::Result<()> {
        match self.phase {
            Phase::Dead => Err(self.error.take().unwrap_or(io::ErrorKind::BrokenPipe).into()),
            _ if self.fin_sent => Err(io::ErrorKind::BrokenPipe.into()),
            Phase::Open if self.room() > 0 => Ok(()),
            _ => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

/// All streams of which an end is still in use.
#[derive(Default)]
pub(super) struct Streams {
    live: BTreeMap<u64, [End; 2]>,
    made: u64,
}

impl Streams {
    /// Adds a stream and names its first end.
    pub(super) fn add(&mut self, near: End, far: End) -> EndId {
        let stream = self.made;
        self.made += 1;
        self.live.insert(stream, [near, far]);
        EndId(stream << 1)
    }

    pub(super) fn get(&self, id: EndId) -> Option<&End> {
        self.live.get(&id.stream()).map(|ends| &ends[id.side()])
    }

    pub(super) fn get_mut(&mut self, id: EndId) -> Option<&mut End> {
        self.live.get_mut(&id.stream()).map(|ends| &mut ends[id.side()])
    }

    /// Forgets the stream if both of its ends are over.
    pub(super) fn forget_if_over(&mut self, id: EndId) {
        if self.live.get(&id.stream()).is_some_and(|ends| ends.iter().all(End::is_over)) {
            self.live.remove(&id.stream());
        }
    }

    /// Some stream's first end. Every stream can be drawn, not all of them equally often.
    pub(super) fn any(&self, random: &mut Random) -> Option<EndId> {
        let from = random.below(self.made);
        let stream = self.live.range(from..).chain(&self.live).next().map(|(stream, _)| *stream);
        stream.map(|stream| EndId(stream << 1))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.live.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inbox_joins_chunks_and_remembers_where_it_was() {
        let mut inbox = Inbox::default();
        for chunk in ["abc", "de", "fghij"] {
            inbox.push(chunk.into());
        }
        let mut read = |n: usize| {
            let mut into = vec![0; n];
            let n = inbox.read(&mut into);
            String::from_utf8_lossy(&into[..n]).into_owned()
        };
        assert_eq!([read(2), read(4), read(9), read(1)], ["ab", "cdef", "ghij", ""]);
    }

    #[test]
    fn flags_say_when_they_are_the_first() {
        let mut flags = Flags::default();
        assert!(flags.add(Flags::READ));
        assert!(!flags.add(Flags::WRITE));
        assert_eq!(flags, Flags { read: true, write: true, read_closed: false });
    }
}
