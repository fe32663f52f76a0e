//! Clients that report without pause, until they are told to stop or their server is gone.

use super::ledger::Ledger;
use crate::common::PATIENCE;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

/// Connections, each of which reports for clients of its own.
const CONNECTIONS: usize = 4;
/// Clients for whom a connection reports, in turn.
pub(crate) const CLIENTS: usize = 25;
/// Reports that are on their way at once on one connection.
const AT_ONCE: usize = 5;

/// A load that is running.
pub(crate) struct Load {
    signs: Arc<Signs>,
    reporters: Vec<JoinHandle<Ledger>>,
}

#[derive(Default)]
struct Signs {
    stop: AtomicBool,
    acknowledged: AtomicU64,
}

impl Load {
    /// Reports to the server at this address go on where `ledger` ends. The clients' names begin with `name`.
    pub(crate) fn on(server: SocketAddr, name: &str, ledger: &Ledger) -> Load {
        let signs = Arc::new(Signs::default());
        let reporter = |connection| {
            let ids = (0..CLIENTS).map(|client| format!("{name}-{connection}-{client}")).collect::<Vec<_>>();
            let (signs, ledger) = (Arc::clone(&signs), ledger.only(&ids));
            std::thread::spawn(move || report(server, &ids, ledger, &signs))
        };
        let reporters = (0..CONNECTIONS).map(reporter).collect();
        Load { signs, reporters }
    }

    /// How many reports were acknowledged so far.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.signs.acknowledged.load(Ordering::Relaxed)
    }

    /// Stops, and says what was reported; also when the server has gone.
    pub(crate) fn end(self) -> Ledger {
        self.signs.stop.store(true, Ordering::Relaxed);
        let mut ledger = Ledger::default();
        for reporter in self.reporters {
            ledger.take_in(reporter.join().unwrap());
        }
        ledger
    }
}

/// Reports for these clients until it is told to stop or the connection ends.
fn report(server: SocketAddr, ids: &[String], mut ledger: Ledger, signs: &Signs) -> Ledger {
    let Ok(stream) = TcpStream::connect(server) else { return ledger };
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut stream = BufReader::new(stream);
    for ids in ids.chunks(AT_ONCE).cycle() {
        if signs.stop.load(Ordering::Relaxed) || !exchange(&mut stream, ids, &mut ledger, signs) {
            break;
        }
    }
    ledger
}

/// One report of each client; whether all were answered.
fn exchange(stream: &mut BufReader<TcpStream>, ids: &[String], ledger: &mut Ledger, signs: &Signs) -> bool {
    let reports: String = ids.iter().map(|id| ledger.report(id) + "\n").collect();
    if stream.get_mut().write_all(reports.as_bytes()).is_err() {
        return false;
    }
    ids.iter().all(|id| {
        let mut line = String::new();
        let answered = stream.read_line(&mut line).is_ok() && line.ends_with('\n');
        if answered && !line.starts_with("? ") {
            ledger.acknowledge(id, line.trim_end());
            signs.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
        answered
    })
}
