//! What one request costs a server once it is warm: system calls and allocations, counted.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use herd::config::Durability;
use herd::herd::{Herd, Neighbours, Ports, Rules, open};
use herd::journal::{FileVolume, Journal, Volume};
use herd::key::HerdKey;
use herd::places::Desk;
use herd::store::Store;
use herd::traffic_log::TrafficLog;
use reactor::mio_net::MioNet;
use reactor::{Limits, Reactor, Turn};

const ROUNDS: u64 = 1000;

/// A server without neighbours, and one client of it.
struct Pair {
    reactor: Reactor<Herd>,
    net: MioNet,
    client: TcpStream,
}

impl Pair {
    fn new() -> Pair {
        Pair::keeping((Journal::off(), Store::default()))
    }

    fn keeping((journal, store): (Journal, Store)) -> Pair {
        let (key, traffic) = (HerdKey::new(&[1; 32]), TrafficLog::off());
        let mut herd =
            Herd::new("Alford", Neighbours::default(), key, Desk::builtin(), traffic, Rules::default());
        (herd.journal, herd.store) = (journal, store);
        let (mut reactor, mut net) = (Reactor::new(herd, 1, Limits::default()), MioNet::new().unwrap());
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let at =
            open(&mut reactor, &mut net, &Ports { clients: any, client_tls: None, peers: None }).unwrap();
        let client = TcpStream::connect(at).unwrap();
        client.set_nodelay(true).unwrap();
        Pair { reactor, net, client }
    }

    /// Sends `lines`, lets the server turn once it has them, and takes the replies.
    fn ask(&mut self, lines: &[u8], replies: &mut [u8]) -> usize {
        self.client.write_all(lines).unwrap();
        let writes = self.reactor.counters().writes;
        while self.reactor.counters().writes == writes {
            assert_eq!(self.reactor.turn(&mut self.net, None).unwrap(), Turn::Running);
        }
        self.client.read(replies).unwrap()
    }
}

fn report(number: u64) -> String {
    format!("IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1479413884.{number:09}\n")
}

#[test]
fn a_report_of_a_known_client_allocates_nothing() {
    let mut pair = Pair::new();
    let mut replies = [0; 4096];
    let lines: Vec<String> = (0..ROUNDS).map(|round| report(round).repeat(16)).collect();
    for line in &lines[..10] {
        pair.ask(line.as_bytes(), &mut replies);
    }
    let counted = allocation_counter::measure(|| {
        for line in &lines[10..] {
            pair.ask(line.as_bytes(), &mut replies);
        }
    });
    assert_eq!(counted.count_total, 0, "allocations in {ROUNDS} reads of 16 lines each");
}

/// What one commit costs the loop: a timer, a job, and the answer to it.
const ALLOCATIONS_PER_COMMIT: u64 = 20;

#[test]
fn a_report_that_will_be_on_disk_within_a_second_allocates_nothing_either() {
    let folder = tempfile::tempdir().unwrap();
    let volume = || Box::new(FileVolume::new(folder.path().join("Alford.redb"))) as Box<dyn Volume>;
    let (journal, store, _) = Journal::open(Durability::Everysec, volume, "Alford").unwrap();
    let mut pair = Pair::keeping((journal, store));
    let mut replies = [0; 4096];
    let lines: Vec<String> = (0..ROUNDS).map(|round| report(round).repeat(16)).collect();
    for line in &lines[..10] {
        pair.ask(line.as_bytes(), &mut replies);
    }
    let counted = allocation_counter::measure(|| {
        for line in &lines[10..] {
            pair.ask(line.as_bytes(), &mut replies);
        }
    });
    let commits = pair.reactor.app.journal.counters().commits + 1; // and one that may be under way
    let (count, most) = (counted.count_total, commits * ALLOCATIONS_PER_COMMIT);
    assert!(count <= most, "{count} allocations in {ROUNDS} reads of 16 lines each, and {commits} commits");
}

#[test]
fn a_request_costs_one_wait_one_read_and_one_write() {
    let mut pair = Pair::new();
    let mut replies = [0; 4096];
    pair.ask(report(0).as_bytes(), &mut replies);
    let before = pair.reactor.counters().clone();
    for round in 0..ROUNDS {
        pair.ask(report(round).as_bytes(), &mut replies);
    }
    let after = pair.reactor.counters();
    assert_eq!(after.reads - before.reads, ROUNDS);
    assert_eq!(after.writes - before.writes, ROUNDS);
    assert_eq!(after.turns - before.turns, ROUNDS);
}

#[test]
fn sixteen_lines_in_one_segment_cost_one_read_and_one_write() {
    let mut pair = Pair::new();
    let mut replies = [0; 4096];
    pair.ask(report(0).as_bytes(), &mut replies);
    let before = pair.reactor.counters().clone();
    let length = pair.ask(report(1).repeat(16).as_bytes(), &mut replies);
    assert_eq!(replies[..length].iter().filter(|&&byte| byte == b'\n').count(), 16);
    let after = pair.reactor.counters();
    assert_eq!((after.reads - before.reads, after.writes - before.writes), (1, 1));
}
