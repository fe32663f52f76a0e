//! The one seam: everything outside the process that a reactor may touch.
//!
//! A [`Net`] owns the sockets and the reactor names them by id, so that the whole reactor is a state
//! machine which borrows the network for one turn. [`MioNet`](crate::mio_net::MioNet) is the real
//! one, [`SimNet`](crate::sim::SimNet) the seeded simulation, [`MockNet`](crate::testing::MockNet)
//! the one whose every answer a test writes.
//!
//! # The contract of readiness
//!
//! Readiness is reported as **edges** (law 9). An event says that something *may* have become
//! possible since the last attempt; it is not repeated. So:
//!
//! - a stream is ready to be read until a read is short or says `WouldBlock`, and, once
//!   `read_closed` was reported, until a read says 0 or an error;
//! - a stream is ready to be written until a write is short or says `WouldBlock`;
//! - a port is ready until `accept` says `WouldBlock`;
//! - events may be spurious; ids of closed sockets may still appear and are ignored.

use std::any::Any;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::time::Duration;

use crate::time::{Time, WallTime};

/// A slot of a table and the serial number of its tenant: it names one thing for ever (law 3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key {
    /// The slot, below 2^31; reused after its tenant is gone.
    pub slot: u32,
    /// Counts the tenants of the slot; never reused.
    pub serial: u32,
}

/// Names one connection, for ever: once it is gone, writing to its id says `Gone`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConnId(pub Key);

/// Names one listening port.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PortId(pub Key);

/// Names one name look-up or one piece of work on the net's threads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct JobId(pub u64);

/// What the operating system asks of the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Signal {
    /// SIGINT: somebody pressed Ctrl-C.
    Interrupt,
    /// SIGTERM: a supervisor wants the process to end.
    Terminate,
    /// SIGQUIT: somebody pressed Ctrl-\, or a supervisor wants the process to end.
    Quit,
    /// SIGHUP: read the configuration again, reopen the logs.
    Hangup,
    /// SIGUSR1: by custom, reopen the logs.
    User1,
    /// SIGCHLD: a child has ended. Process 1 of a container also has the orphans of others for children.
    Child,
}

/// What comes back from a thread: the value of [`Net::defer`]'s work, or why there is none.
pub type Outcome = Result<Box<dyn Any + Send>, JobError>;

/// Work for another thread.
pub type Work = Box<dyn FnOnce() -> Box<dyn Any + Send> + Send>;

/// Why a deferred piece of work has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobError {
    /// It panicked, with this message.
    Panicked(String),
    /// As many jobs as the limits allow are waiting already.
    Full,
}

impl std::fmt::Display for JobError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            JobError::Panicked(message) => write!(f, "the deferred work panicked: {message}"),
            JobError::Full => f.write_str("too many jobs are waiting for a thread"),
        }
    }
}

impl std::error::Error for JobError {}

/// What a net has to say; see the module's contract of readiness.
#[derive(Debug)]
pub enum Event {
    /// Somebody may be waiting at this port.
    Incoming(PortId),
    /// This connection may have become readable, writable, or closed by its peer.
    Ready {
        /// Which one.
        conn: ConnId,
        /// A read may bring something.
        read: bool,
        /// A write may be taken; for a connection on its way: it may be made, or have failed.
        write: bool,
        /// The peer has closed its sending side: the end is behind what is left to read.
        read_closed: bool,
    },
    /// The answer to [`Net::resolve`].
    Resolved(JobId, io::Result<Vec<SocketAddr>>),
    /// The answer to [`Net::defer`].
    Done(JobId, Outcome),
    /// The process was signalled.
    Signal(Signal),
}

/// Everything outside the process: sockets, clocks, names, threads, signals.
///
/// No method blocks but [`poll`](Net::poll). Ids are chosen by the reactor, and are in use from
/// the call that introduces them until `close` (for a port: `close_port`). Errors are the
/// operating system's.
pub trait Net {
    /// Whether a panic in a callback ends that one connection only (a server on real sockets) or
    /// goes through (simulations and tests, where a bug must never be hidden).
    const CONTAINS_PANICS: bool = false;

    /// The monotonic clock.
    fn now(&self) -> Time;

    /// The wall clock.
    fn wall_clock(&self) -> WallTime;

    /// Listens at `at` (port 0: any free one) and says where.
    fn listen(&mut self, at: SocketAddr, port: PortId) -> io::Result<SocketAddr>;

    /// Takes one waiting connection as `conn` and says who it is. `WouldBlock`: nobody waits.
    fn accept(&mut self, port: PortId, conn: ConnId) -> io::Result<SocketAddr>;

    /// Stops listening; whoever waits is refused.
    fn close_port(&mut self, port: PortId);

    /// Begins a connection. An error here means that `conn` was not introduced.
    fn connect(&mut self, to: SocketAddr, conn: ConnId) -> io::Result<()>;

    /// Calls a connection by another name from here on. Edges that were reported under the old name,
    /// and mattered, are reported again under the new one.
    fn rename(&mut self, conn: ConnId, to: ConnId) -> io::Result<()>;

    /// How [`connect`](Net::connect) went. `WouldBlock`: it is still on its way, so no edge of it matters
    /// yet; those that do are reported once it is made. A socket that is connected to itself counts as refused.
    fn connect_result(&mut self, conn: ConnId) -> io::Result<()>;

    /// Reads what there is. `Ok(0)`: the peer has closed its sending side.
    fn read(&mut self, conn: ConnId, into: &mut [u8]) -> io::Result<usize>;

    /// Writes what is taken of `parts`, in order; says how many bytes.
    fn write(&mut self, conn: ConnId, parts: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Closes our sending side; reading goes on.
    fn shutdown_write(&mut self, conn: ConnId) -> io::Result<()>;

    /// Forgets the connection; what was not read is lost.
    fn close(&mut self, conn: ConnId);

    /// Begins to look up a name. Answered by [`Event::Resolved`].
    fn resolve(&mut self, job: JobId, host: &str, port: u16);

    /// Begins work on another thread. Answered by [`Event::Done`].
    fn defer(&mut self, job: JobId, work: Work);

    /// Waits up to `timeout` (`None`: for ever) and appends what happened to `events`.
    fn poll(&mut self, timeout: Option<Duration>, events: &mut Vec<Event>) -> io::Result<()>;
}

/// Whether accepting failed because descriptors or memory ran out, so that trying again at once
/// would spin: EMFILE, ENFILE, ENOBUFS, ENOMEM (accept(2)), ENOSPC (epoll_ctl(2)).
pub(crate) fn is_exhaustion(error: &io::Error) -> bool {
    const ENOMEM: i32 = 12;
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    const ENOSPC: i32 = 28;
    const ENOBUFS: i32 = 105;
    matches!(error.raw_os_error(), Some(ENOMEM | ENFILE | EMFILE | ENOSPC | ENOBUFS))
}
