//! Looking up names, which blocks: on a thread for each name.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use mio::Waker;

use crate::net::{Event, JobError, JobId};

use super::pool::Pool;

/// Names looked up at once; further ones wait. A look-up cannot be broken off and may hang for half a minute, so
/// there are more threads than for work: a program that dials fewer names than this never waits for one name to
/// learn of another.
const THREADS: usize = 16;

/// Look-ups under way. A name that is asked for while it is being looked up is not looked up twice; so one that
/// hangs occupies one thread, however often it is dialled.
pub(super) struct Names {
    /// Who asks, for which port, by name.
    asking: BTreeMap<String, Vec<(JobId, u16)>>,
    pool: Pool<Found>,
}

/// A name and its addresses.
struct Found {
    name: String,
    answer: io::Result<Vec<SocketAddr>>,
}

impl Names {
    pub(super) fn new(waker: Arc<Waker>) -> Names {
        Names { asking: BTreeMap::new(), pool: Pool::new("names", THREADS, waker) }
    }

    pub(super) fn resolve(&mut self, job: JobId, name: &str, port: u16) {
        let asking = self.asking.entry(name.to_owned()).or_default();
        asking.push((job, port));
        if asking.len() > 1 {
            return;
        }
        let found = |name, answer| Found { name, answer };
        let (wanted, refused) = (name.to_owned(), name.to_owned());
        self.pool.submit(
            Box::new(move || {
                let answer = (as_looked_up(&wanted), 0).to_socket_addrs().map(Iterator::collect);
                found(wanted, answer)
            }),
            || found(refused, Err(io::Error::other(JobError::Full))),
        );
    }

    #[cfg(test)]
    pub(super) fn threads(&self) -> usize {
        self.pool.threads
    }

    /// Appends the answers that are there, each to all who ask.
    pub(super) fn collect(&mut self, events: &mut Vec<Event>) {
        for Found { name, answer } in self.pool.collect() {
            let asking = self.asking.remove(&name).unwrap_or_default();
            events.extend(asking.into_iter().map(|(job, port)| Event::Resolved(job, at_port(&answer, port))));
        }
    }
}

/// "localhost." is looked up without the root's dot, with which the files of a system do not know it (RFC 6761, 6.3).
fn as_looked_up(name: &str) -> &str {
    if name.eq_ignore_ascii_case("localhost.") { "localhost" } else { name }
}

/// The same answer, for one of several who ask.
fn at_port(answer: &io::Result<Vec<SocketAddr>>, port: u16) -> io::Result<Vec<SocketAddr>> {
    match answer {
        Ok(found) => Ok(found.iter().map(|address| SocketAddr::new(address.ip(), port)).collect()),
        Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
    }
}
