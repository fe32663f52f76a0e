//! The other end of a connection, played by the test.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;

use super::script::{Call, Script};
use crate::net::{ConnId, Event};

/// Names a [`Remote`] of a [`MockNet`](super::MockNet), for as long as the net lives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RemoteId(pub(super) usize);

/// How far a stream has come.
#[derive(Debug)]
pub(super) enum Phase {
    /// Dialled out; the test has not answered.
    Dialling,
    /// Dialled out and refused, with this error.
    Refused(Option<io::Error>),
    /// Made; or dialled in and waiting to be accepted.
    Open,
    /// The reactor has closed it, or never took it.
    Gone,
}

/// The other end of a connection: what it sends, what it was sent, and what goes wrong between.
#[derive(Debug)]
pub struct Remote {
    pub(super) address: SocketAddr,
    pub(super) conn: Option<ConnId>,
    pub(super) phase: Phase,
    pub(super) script: Script,
    inbox: VecDeque<u8>,
    closed: bool,
    reset: Option<io::Error>,
    /// The end, or an error, was read.
    end_read: bool,
    sent: Vec<u8>,
    write_shut: bool,
    /// Lengths of the reads and writes to come.
    cuts: VecDeque<usize>,
    takes: VecDeque<usize>,
    at_most: usize,
    room: usize,
    /// Whether the next arrival, or the next room, is an edge.
    read_armed: bool,
    write_armed: bool,
    edge: Edge,
}

/// What the next poll says.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
struct Edge {
    read: bool,
    write: bool,
    read_closed: bool,
}

impl Remote {
    pub(super) fn new(address: SocketAddr, phase: Phase) -> Remote {
        Remote {
            address,
            conn: None,
            phase,
            script: Script::default(),
            inbox: VecDeque::new(),
            closed: false,
            reset: None,
            end_read: false,
            sent: Vec::new(),
            write_shut: false,
            cuts: VecDeque::new(),
            takes: VecDeque::new(),
            at_most: usize::MAX,
            room: usize::MAX,
            read_armed: true,
            write_armed: false,
            edge: Edge::default(),
        }
    }

    /// What the reactor calls the connection; `None` if it never took it.
    pub fn conn(&self) -> Option<ConnId> {
        self.conn
    }

    /// Whether it was dialled and has not answered yet.
    pub fn is_dialled(&self) -> bool {
        matches!(self.phase, Phase::Dialling)
    }

    /// Whether it can still send: the connection is made, and not closed from this side.
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open) && !self.closed
    }

    /// Takes the connection that was dialled to it.
    ///
    /// # Panics
    ///
    /// If it was not dialled, or has answered already.
    pub fn answer(&mut self) {
        assert!(matches!(self.phase, Phase::Dialling), "{} has nothing to answer", self.address);
        self.phase = Phase::Open;
        self.edge.write = true;
    }

    /// Refuses the connection that was dialled to it.
    ///
    /// # Panics
    ///
    /// If it was not dialled, or has answered already.
    pub fn refuse(&mut self, error: impl Into<io::Error>) {
        assert!(matches!(self.phase, Phase::Dialling), "{} has nothing to refuse", self.address);
        self.phase = Phase::Refused(Some(error.into()));
        self.edge = Edge { read: true, write: true, read_closed: true };
    }

    /// Sends bytes to the reactor.
    ///
    /// # Panics
    ///
    /// If it has closed its side before.
    pub fn feed(&mut self, bytes: &[u8]) {
        assert!(!self.closed, "{} has closed its sending side", self.address);
        self.inbox.extend(bytes);
        self.edge.read |= std::mem::take(&mut self.read_armed);
    }

    /// Closes its sending side; it still reads.
    pub fn close(&mut self) {
        self.closed = true;
        self.edge = Edge { read: true, read_closed: true, ..self.edge };
    }

    /// Breaks the connection: what was not read is lost, reads and writes fail with `error`.
    pub fn reset(&mut self, error: impl Into<io::Error>) {
        self.inbox.clear();
        self.closed = true;
        self.reset = Some(error.into());
        self.edge = Edge { read: true, write: true, read_closed: true };
    }

    /// What it was sent.
    pub fn sent(&self) -> &[u8] {
        &self.sent
    }

    /// What it was sent since it was last asked.
    pub fn take_sent(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.sent)
    }

    /// Bytes it has sent and the reactor has not read.
    pub fn unread(&self) -> usize {
        self.inbox.len()
    }

    /// Whether it was sent the end: the reactor has closed its sending side, or all.
    pub fn has_ended(&self) -> bool {
        self.write_shut || self.is_gone()
    }

    /// Whether the reactor has forgotten the connection.
    pub fn is_gone(&self) -> bool {
        matches!(self.phase, Phase::Gone)
    }

    /// Takes no more than `room` further bytes; 0: it does not read at all. `usize::MAX`: all.
    pub fn set_room(&mut self, room: usize) {
        self.room = room;
        self.edge.write |= room > 0 && std::mem::take(&mut self.write_armed);
    }

    /// Takes at most so many bytes of each write.
    pub fn take_at_most(&mut self, bytes: usize) {
        self.at_most = bytes;
    }

    /// Takes so many bytes of the writes to come, one after the other; 0: `WouldBlock`.
    pub fn take_next(&mut self, counts: impl IntoIterator<Item = usize>) {
        self.takes.extend(counts);
    }

    /// Gives so many bytes to the reads to come, one after the other; 0: `WouldBlock`.
    pub fn cut_reads(&mut self, counts: impl IntoIterator<Item = usize>) {
        self.cuts.extend(counts);
    }

    /// Lets a call on this connection fail: the next one, or, asked several times, the next ones.
    pub fn fail_next(&mut self, call: Call, error: impl Into<io::Error>) {
        self.script.fail_next(call, error.into());
    }

    /// Reports an edge that means nothing, at the next poll.
    pub fn stir(&mut self) {
        self.edge = Edge { read: true, write: true, ..self.edge };
    }

    /// It has another name: whatever it could say is said again.
    pub(super) fn report_anew(&mut self) {
        self.edge = Edge { read: true, write: true, read_closed: self.closed && !self.end_read };
    }

    pub(super) fn has_news(&self) -> bool {
        self.edge != Edge::default() && !self.is_gone()
    }

    pub(super) fn news(&mut self, conn: ConnId) -> Option<Event> {
        let Edge { read, write, read_closed } = std::mem::take(&mut self.edge);
        (read || write || read_closed).then_some(Event::Ready { conn, read, write, read_closed })
    }

    /// A call is about to say `error`: a `WouldBlock` is followed by an edge once it is not so.
    pub(super) fn rearm(&mut self, call: Call, error: &io::Error) {
        let blocked = error.kind() == io::ErrorKind::WouldBlock;
        match call {
            Call::Read if blocked => self.arm_read(),
            Call::Write if blocked => self.arm_write(),
            // What was reported while it seemed to be on its way went unheard.
            Call::ConnectResult if blocked && !matches!(self.phase, Phase::Dialling) => self.report_anew(),
            _ => {}
        }
    }

    fn arm_read(&mut self) {
        self.read_armed = self.inbox.is_empty();
        self.edge.read |= !self.read_armed && !self.closed;
        // Whoever was told of the end, and then to wait, needs telling again.
        self.edge.read_closed |= self.closed;
    }

    fn arm_write(&mut self) {
        self.write_armed = self.room == 0;
        self.edge.write |= !self.write_armed;
    }

    pub(super) fn connect_result(&mut self) -> io::Result<()> {
        match &mut self.phase {
            Phase::Dialling => Err(io::ErrorKind::WouldBlock.into()),
            Phase::Refused(error) => Err(error.take().unwrap_or(io::ErrorKind::NotConnected.into())),
            Phase::Open => Ok(()),
            Phase::Gone => unreachable!("the net forgets what is gone"),
        }
    }

    pub(super) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        assert!(!self.end_read, "read from {} after its end", self.address);
        if let Some(error) = self.reset.take() {
            self.end_read = true;
            return Err(error);
        }
        if self.inbox.is_empty() && self.closed {
            self.end_read = true;
            return Ok(0);
        }
        let most = self.cuts.pop_front().unwrap_or(usize::MAX).min(into.len()).min(self.inbox.len());
        for (to, from) in into.iter_mut().zip(self.inbox.drain(..most)) {
            *to = from;
        }
        // After the end was announced no edge follows: reads go on until they say 0.
        if most == 0 || (most < into.len() && !self.closed) {
            self.arm_read();
        }
        if most == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(most) }
    }

    pub(super) fn write(&mut self, parts: &[io::IoSlice<'_>]) -> io::Result<usize> {
        assert!(!self.write_shut, "write to {} after shutdown_write", self.address);
        if self.reset.is_some() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let total: usize = parts.iter().map(|part| part.len()).sum();
        assert!(total > 0, "an empty write to {}", self.address);
        let most = self.takes.pop_front().unwrap_or(self.at_most).min(self.room).min(total);
        self.sent.extend(parts.iter().flat_map(|part| part.iter()).take(most));
        self.room -= if self.room == usize::MAX { 0 } else { most };
        if most < total {
            self.arm_write();
        }
        if most == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(most) }
    }

    pub(super) fn shutdown_write(&mut self) {
        assert!(!self.write_shut, "shutdown_write of {} for the second time", self.address);
        self.write_shut = true;
    }

    /// The reactor has introduced it: it may be written to, and has perhaps spoken already.
    pub(super) fn accepted(&mut self) {
        self.edge.write = true;
    }
}
