//! Signals as events: a signal handler may do next to nothing, but it may write to a socket.

use std::io::{self, ErrorKind, Read};
use std::os::unix::net::UnixStream as Pipe;

use mio::net::UnixStream;
use mio::{Interest, Registry};
use signal_hook::SigId;
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1};
use signal_hook::low_level;

use crate::net::{Event, Signal};

use super::token::Source;

pub(super) const WATCHED: [(i32, Signal); 6] = [
    (SIGINT, Signal::Interrupt),
    (SIGTERM, Signal::Terminate),
    (SIGQUIT, Signal::Quit),
    (SIGHUP, Signal::Hangup),
    (SIGUSR1, Signal::User1),
    (SIGCHLD, Signal::Child),
];

/// One signal's own pipe, into which the handler writes a byte per delivery. Bytes that arrive
/// while others are read stay in the pipe, so none is lost; those the kernel itself merges are one.
pub(super) struct Watch {
    signal: Signal,
    handler: SigId,
    deliveries: UnixStream,
}

/// Watches every signal of [`Signal`], or, when that fails, none.
pub(super) fn watch(registry: &Registry) -> io::Result<Vec<Watch>> {
    WATCHED.iter().enumerate().map(|(index, watched)| Watch::begin(registry, index, *watched)).collect()
}

impl Watch {
    fn begin(registry: &Registry, index: usize, (number, signal): (i32, Signal)) -> io::Result<Watch> {
        let (read, write) = Pipe::pair()?;
        read.set_nonblocking(true)?;
        let mut deliveries = UnixStream::from_std(read);
        registry.register(&mut deliveries, Source::Signal(index).token(), Interest::READABLE)?;
        let handler = low_level::pipe::register(number, write)?;
        Ok(Watch { signal, handler, deliveries })
    }

    /// Appends one event per delivery. Reads to the end: the next edge comes with the next byte.
    pub(super) fn collect(&mut self, events: &mut Vec<Event>) {
        let mut bytes = [0; 64];
        loop {
            match self.deliveries.read(&mut bytes) {
                Ok(0) => break,
                Ok(count) => events.extend((0..count).map(|_| Event::Signal(self.signal))),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        low_level::unregister(self.handler);
    }
}
