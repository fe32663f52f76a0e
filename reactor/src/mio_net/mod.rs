//! The real network: non-blocking sockets under one epoll, the system's clocks, a few threads.
//!
//! # What a turn costs
//!
//! One `epoll_wait` per [`poll`](Net::poll), one `recv` per [`read`](Net::read), one `send` (or
//! `writev`, for several parts) per [`write`](Net::write), and nothing else: the clocks are read
//! without entering the kernel.
//!
//! # What is registered when
//!
//! `epoll_ctl` is called once in the life of a socket, and once more for one that was dialled beside
//! another and was faster. A stream is registered for both directions
//! when it is accepted or dialled, a port for reading when it is opened, both edge-triggered; which
//! of the edges matters is the reactor's knowledge, not the kernel's. Closing a descriptor takes it
//! out of the epoll. The threads' waker is registered by [`MioNet::new`], the signals by
//! [`MioNet::with_signals`].
//!
//! A token carries slot and serial, so an event names its socket for ever. Events of a socket that
//! was closed after the `epoll_wait` which reported them are passed on: only the reactor, which
//! closes sockets between two events, can tell; it drops them by their serial.

use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Waker};

use crate::net::{ConnId, Event, JobError, JobId, Net, PortId, Work};
use crate::time::{Time, WallTime};

use names::Names;
use pool::{Pool, contain};
use signals::Watch;
use sockets::Sockets;
use token::Source;

mod names;
mod pool;
mod signals;
mod sockets;
#[cfg(test)]
mod tests;
mod token;

/// How many events one `epoll_wait` brings at most. It bounds what one turn touches (connections,
/// their buffers, the caches) and thereby the wait of the last one; what is left comes next turn,
/// in its order.
const EVENTS_PER_POLL: usize = 32;

/// Threads for deferred work. Two, so that one slow job does not stop all others; more would only compete
/// with the loop.
const WORKERS: usize = 2;

/// Connections that the kernel queues at a port between two turns.
const BACKLOG: i32 = 4096;

/// The network of the operating system.
///
/// Names are looked up and work is deferred on threads of their own, started when first needed. A
/// dropped net closes every socket, forgets work not begun, and does not wait for work that runs.
///
/// ```no_run
/// use reactor::mio_net::MioNet;
///
/// let net = MioNet::new()?.with_signals()?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct MioNet {
    poll: Poll,
    ready: Events,
    conns: Sockets<TcpStream>,
    ports: Sockets<TcpListener>,
    /// Apart from `work`: a name server that is silent must not hold up a write to disk.
    names: Names,
    work: Pool<Event>,
    signals: Vec<Watch>,
    start: Instant,
}

impl MioNet {
    /// A network without sockets, which leaves the process's signals alone.
    ///
    /// # Errors
    ///
    /// The operating system's, when it has no descriptors left.
    #[expect(clippy::disallowed_methods, reason = "this is where the Net's clock comes from")]
    pub fn new() -> io::Result<MioNet> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), Source::Answers.token())?);
        Ok(MioNet {
            poll,
            ready: Events::with_capacity(EVENTS_PER_POLL),
            conns: Sockets::new(),
            ports: Sockets::new(),
            names: Names::new(Arc::clone(&waker)),
            work: Pool::new("work", WORKERS, waker),
            signals: Vec::new(),
            start: Instant::now(),
        })
    }

    /// From here on every signal of [`Signal`](crate::Signal) is an [`Event::Signal`] of this net. For
    /// programs; a library must not take the signals of the process it is in.
    ///
    /// The signals do not get their old meaning back when the net is dropped: they are ignored.
    ///
    /// # Errors
    ///
    /// The operating system's, when it has no descriptors left; no signal is watched then.
    pub fn with_signals(mut self) -> io::Result<MioNet> {
        if self.signals.is_empty() {
            self.signals = signals::watch(self.poll.registry())?;
        }
        Ok(self)
    }

    /// Takes a stream in; one that cannot be registered is closed.
    fn adopt(&mut self, mut stream: TcpStream, conn: ConnId) -> io::Result<()> {
        let both = Interest::READABLE | Interest::WRITABLE;
        // A turn's output leaves in one write, so there is nothing for Nagle's algorithm to gather.
        stream.set_nodelay(true)?;
        self.poll.registry().register(&mut stream, Source::Conn(conn).token(), both)?;
        self.conns.insert(conn.0, stream);
        Ok(())
    }

    /// Says what the last `epoll_wait` has brought.
    fn report(&mut self, events: &mut Vec<Event>) {
        for event in &self.ready {
            match Source::of(event.token()) {
                Source::Conn(conn) => events.push(readiness(conn, event)),
                Source::Port(port) => events.push(Event::Incoming(port)),
                Source::Answers => {
                    self.names.collect(events);
                    events.extend(self.work.collect());
                }
                Source::Signal(index) => self.signals[index].collect(events),
            }
        }
    }
}

/// A failed connection is ready for both, so that whoever tries next learns the error.
fn readiness(conn: ConnId, event: &mio::event::Event) -> Event {
    let failed = event.is_error();
    let read_closed = event.is_read_closed();
    Event::Ready {
        conn,
        read: event.is_readable() || read_closed || failed,
        write: event.is_writable() || event.is_write_closed() || failed,
        read_closed,
    }
}

/// A port that nobody listens at and that the system gives to outgoing connections may be given to the very socket that
/// dials it; then TCP connects the socket to itself (RFC 9293, 3.5: simultaneous open). It is to be reset when it is
/// closed, or its port would be in TIME_WAIT for a minute, and whoever wants to listen there could not.
fn met_itself(stream: &TcpStream) -> io::Error {
    match rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO)) {
        Ok(()) => {
            io::Error::new(io::ErrorKind::ConnectionRefused, "nobody listens there: the socket met itself")
        }
        Err(error) => error.into(),
    }
}

impl Net for MioNet {
    const CONTAINS_PANICS: bool = true;

    fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "this is where the Net's wall clock comes from")]
    fn wall_clock(&self) -> WallTime {
        let saturate = |span: Duration| i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
        WallTime::from_unix_nanos(match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => saturate(since),
            Err(before) => -saturate(before.duration()),
        })
    }

    /// With SO_REUSEADDR, so that a restart need not wait for old connections in TIME_WAIT. The
    /// kernel queues up to `BACKLOG` connections between two turns; those above dial again after
    /// a second.
    fn listen(&mut self, at: SocketAddr, port: PortId) -> io::Result<SocketAddr> {
        let mut listener = TcpListener::bind(at)?;
        rustix::net::listen(&listener, BACKLOG)?; // again, for mio's own backlog is 128
        self.poll.registry().register(&mut listener, Source::Port(port).token(), Interest::READABLE)?;
        let at = listener.local_addr()?;
        self.ports.insert(port.0, listener);
        Ok(at)
    }

    fn accept(&mut self, port: PortId, conn: ConnId) -> io::Result<SocketAddr> {
        let (stream, peer) = self.ports.get(port.0)?.accept()?;
        self.adopt(stream, conn)?;
        Ok(peer)
    }

    fn close_port(&mut self, port: PortId) {
        self.ports.remove(port.0);
    }

    fn connect(&mut self, to: SocketAddr, conn: ConnId) -> io::Result<()> {
        let stream = loop {
            match TcpStream::connect(to) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.adopt(stream, conn)
    }

    fn rename(&mut self, conn: ConnId, to: ConnId) -> io::Result<()> {
        let mut stream = self.conns.take(conn.0)?;
        let both = Interest::READABLE | Interest::WRITABLE;
        let renamed = self.poll.registry().reregister(&mut stream, Source::Conn(to).token(), both);
        self.conns.insert(if renamed.is_ok() { to.0 } else { conn.0 }, stream);
        renamed
    }

    fn connect_result(&mut self, conn: ConnId) -> io::Result<()> {
        let stream = self.conns.get(conn.0)?;
        if let Some(error) = stream.take_error()? {
            return Err(error);
        }
        match stream.peer_addr() {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => {
                Err(io::ErrorKind::WouldBlock.into())
            }
            Ok(peer) if stream.local_addr()? == peer => Err(met_itself(stream)),
            result => result.map(drop),
        }
    }

    fn read(&mut self, conn: ConnId, into: &mut [u8]) -> io::Result<usize> {
        self.conns.get(conn.0)?.read(into)
    }

    fn write(&mut self, conn: ConnId, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut stream = self.conns.get(conn.0)?;
        match parts {
            // A send is cheaper than a gathering write of one.
            [part] => stream.write(part),
            parts => stream.write_vectored(parts),
        }
    }

    fn shutdown_write(&mut self, conn: ConnId) -> io::Result<()> {
        self.conns.get(conn.0)?.shutdown(Shutdown::Write)
    }

    fn close(&mut self, conn: ConnId) {
        self.conns.remove(conn.0);
    }

    fn resolve(&mut self, job: JobId, host: &str, port: u16) {
        self.names.resolve(job, host, port);
    }

    fn defer(&mut self, job: JobId, work: Work) {
        let refusal = || Event::Done(job, Err(JobError::Full));
        self.work.submit(Box::new(move || Event::Done(job, contain(work))), refusal);
    }

    /// A signal handler that runs meanwhile ends the wait with nothing.
    fn poll(&mut self, timeout: Option<Duration>, events: &mut Vec<Event>) -> io::Result<()> {
        match self.poll.poll(&mut self.ready, timeout) {
            Ok(()) => self.report(events),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
