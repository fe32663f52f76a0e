//! What all threads share, and the thread that accepts.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use herd::command::{AtLine, Command, Difference, Report};

use crate::connection::Connection;
use crate::places::Places;

/// How long accepting rests when descriptors or threads have run out.
const PAUSE: Duration = Duration::from_millis(100);

/// One server of the herd.
pub(crate) struct Server {
    name: String,
    /// Where the neighbours listen.
    neighbours: Vec<String>,
    /// Without a key there are none.
    places: Option<Places>,
    /// The newest AT line of each client, by its id: one lock for all threads.
    clients: Mutex<HashMap<Vec<u8>, Vec<u8>>>,
}

impl Server {
    pub(crate) fn new(name: &str, neighbours: Vec<String>, places: Option<Places>) -> Server {
        Server { name: name.to_owned(), neighbours, places, clients: Mutex::default() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn places(&self) -> Option<&Places> {
        self.places.as_ref()
    }

    /// Serves until the process ends: a thread for each connection, as many as come, each with the stack that
    /// Rust gives a thread.
    pub(crate) fn run(&self, listener: &TcpListener) {
        thread::scope(|scope| {
            for stream in listener.incoming() {
                let serve = |stream| move || drop(Connection::new(self, &stream).serve());
                let served =
                    stream.and_then(|stream| thread::Builder::new().spawn_scoped(scope, serve(stream)));
                if let Err(error) = served {
                    eprintln!("{}: {error}", self.name);
                    thread::sleep(PAUSE);
                }
            }
        });
    }

    /// The difference of a report that is received now.
    pub(crate) fn difference(report: &Report<'_>) -> Difference {
        let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Difference::between(i64::try_from(clock.as_nanos()).unwrap_or(i64::MAX), report.time)
    }

    /// Keeps a client's report if its time is greater; says whether it was.
    pub(crate) fn report(&self, at: &AtLine<'_>) -> bool {
        self.keep_if(at, |stored| at.time > stored.time)
    }

    /// Keeps what another server says if it is newer; says whether it was.
    pub(crate) fn hear(&self, at: &AtLine<'_>) -> bool {
        self.keep_if(at, |stored| at.supersedes(stored))
    }

    fn keep_if(&self, at: &AtLine<'_>, is_newer: impl Fn(&AtLine<'_>) -> bool) -> bool {
        let mut clients = self.clients();
        let Some(stored) = clients.get_mut(at.id) else {
            clients.insert(at.id.to_vec(), text(at));
            return true;
        };
        let keeps = at_line(stored).is_none_or(|stored| is_newer(&stored));
        if keeps {
            *stored = text(at);
        }
        keeps
    }

    /// The AT line of a client.
    pub(crate) fn look_up(&self, id: &[u8]) -> Option<Vec<u8>> {
        self.clients().get(id).cloned()
    }

    fn clients(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Vec<u8>>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the neighbours: a connection to each, one line, and the end. Whoever cannot be reached never
    /// learns of it, as in the original.
    pub(crate) fn flood(&self, at: &AtLine<'_>) {
        let mut line = text(at);
        line.push(b'\n');
        for neighbour in &self.neighbours {
            let _: io::Result<()> =
                TcpStream::connect(neighbour).and_then(|mut stream| stream.write_all(&line));
        }
    }

    pub(crate) fn has_neighbours(&self) -> bool {
        !self.neighbours.is_empty()
    }
}

fn text(at: &AtLine<'_>) -> Vec<u8> {
    let mut line = Vec::new();
    at.write_to(&mut line);
    line
}

/// What was kept, read again.
pub(crate) fn at_line(line: &[u8]) -> Option<AtLine<'_>> {
    match Command::parse(line) {
        Ok(Command::At(at)) => Some(at),
        _ => None,
    }
}
