//! Servers on the simulated network that miss something: whatever it was, it reaches them without any new report.

use std::net::SocketAddr;
use std::time::Duration;

use crate::reports;
use herd::herd::{Herd, Neighbour, Neighbours, Ports, Rules, open};
use herd::key::HerdKey;
use herd::places::Desk;
use herd::store::Bucket;
use herd::traffic_log::TrafficLog;
use reactor::sim::{Crash, Direction, Faults, HostId, Runner, SimNet, World};
use reactor::{Endpoint, Limits, Reactor};

const NAMES: [&str; 3] = ["Ball", "Welsh", "Alford"];
const SETTLED: Duration = Duration::from_secs(15);

/// Three servers in a row.
struct Row(Runner<Reactor<Herd>>);

fn address(place: usize, port: u16) -> SocketAddr {
    SocketAddr::new(HostId::nth(u16::try_from(place).unwrap()).ip(), port)
}

fn boot(net: &mut SimNet<'_>, _dead: Option<Reactor<Herd>>) -> Reactor<Herd> {
    let place = net.host().index();
    let nearby = (0..NAMES.len()).filter(|other| other.abs_diff(place) == 1);
    let neighbour = |n: usize| Neighbour::new(NAMES[n], Endpoint::from(address(n, 12100)), 10_000);
    let neighbours = Neighbours::new(nearby.map(neighbour).collect());
    let (key, desk, log) = (HerdKey::new(&[7; 32]), Desk::builtin(), TrafficLog::off());
    let herd = Herd::new(NAMES[place], neighbours, key, desk, log, Rules::default());
    let mut reactor = Reactor::new(herd, place as u64, Limits::default());
    let (clients, peers) = (address(place, 12000), Some(address(place, 12100)));
    open(&mut reactor, net, &Ports { clients, client_tls: None, peers }).unwrap();
    reactor
}

impl Row {
    fn new() -> Row {
        let mut runner = Runner::new(World::new(1, Faults::none()), boot);
        for _ in NAMES {
            runner.add_host();
        }
        let mut row = Row(runner);
        row.settle();
        row
    }

    fn settle(&mut self) {
        self.0.run_for(SETTLED).unwrap();
    }

    /// The server at `place` hears of a client and floods it.
    fn report(&mut self, place: usize, id: &str, time: usize) {
        let host = self.host(place);
        reports::report(&mut self.0, host, id, time);
    }

    fn host(&self, place: usize) -> HostId {
        self.0.nodes().nth(place).unwrap().0
    }

    fn knows(&self, id: &str) -> Vec<bool> {
        self.0.nodes().map(|(_, server)| server.app.store.get(id.as_bytes()).is_some()).collect()
    }

    fn agree(&self) -> bool {
        let mut all = self.0.nodes().map(|(_, server)| reports::lines(&server.app));
        let first = all.next().unwrap();
        all.all(|other| other == first)
    }

    fn are_synced(&self) -> bool {
        self.0.nodes().all(|(_, server)| server.app.neighbours.iter().all(Neighbour::is_synced))
    }
}

/// Ball is cut off, hears of a hundred clients and is healed.
fn a_partition() -> Row {
    let mut row = Row::new();
    (0..100).for_each(|n| row.report(0, &format!("old-{n}"), 5));
    row.settle();
    let (ball, welsh) = (row.host(0), row.host(1));
    row.0.world_mut().cut(ball, welsh, Direction::Both);
    row.settle();
    (0..100).for_each(|n| row.report(0, &format!("new-{n}"), 5));
    row.report(0, "old-5", 6);
    row.report(2, "other", 5);
    row.settle();
    assert_eq!((row.knows("new-5"), row.knows("other")), (vec![true, false, false], vec![false, true, true]));
    row.0.world_mut().heal();
    row.settle();
    row
}

#[test]
fn what_met_a_partition_reaches_all_without_any_new_report() {
    let row = a_partition();
    assert!(row.agree() && row.are_synced());
    assert_eq!(row.knows("new-99"), [true; 3]);
}

#[test]
fn a_server_that_starts_empty_holds_everything_soon_after() {
    let mut row = Row::new();
    (0..5000).for_each(|n| row.report(n % 3, &format!("id-{n}"), 5));
    row.settle();
    assert!(row.agree());
    let welsh = row.host(1);
    row.0.crash(welsh, Crash::Process);
    row.settle();
    row.report(0, "meanwhile", 5);
    row.0.restart(welsh);
    row.settle();
    assert!(row.agree() && row.are_synced());
    assert_eq!(row.knows("meanwhile"), [true; 3], "it was passed on to the other side, too");
}

/// Ball hears of five thousand clients at once.
fn a_rush() -> Row {
    let mut row = Row::new();
    (0..5000).for_each(|n| row.report(0, &format!("id-{n}"), 5));
    row.settle();
    row
}

#[test]
fn far_more_than_may_wait_is_found_by_comparing() {
    let row = a_rush();
    assert!(row.agree() && row.are_synced());
    let (_, ball) = row.0.nodes().next().unwrap();
    assert!(ball.app.neighbours.iter().any(|neighbour| neighbour.counters.overflows > 0));
}

/// All know of fifty clients of one bucket; Ball is cut off, hears news of five of them and is healed.
fn a_crowd() -> Row {
    let is_in = |id: &String| Bucket::of(id.as_bytes()) == Bucket::of(b"kiwi");
    let ids: Vec<String> = (0..).map(|n: u32| format!("id-{n}")).filter(is_in).take(50).collect();
    let mut row = Row::new();
    ids.iter().for_each(|id| row.report(0, id, 5));
    row.settle();
    let (ball, welsh) = (row.host(0), row.host(1));
    row.0.world_mut().cut(ball, welsh, Direction::Both);
    row.settle();
    ids.iter().take(5).for_each(|id| row.report(0, id, 6));
    row.0.world_mut().heal();
    row.settle();
    row
}

#[test]
fn of_a_bucket_with_many_records_only_leaves_that_differ_are_told() {
    let row = a_crowd();
    assert!(row.agree() && row.are_synced());
    let (_, ball) = row.0.nodes().next().unwrap();
    let told: u64 = ball.app.neighbours.iter().map(|neighbour| neighbour.counters.records).sum();
    assert!((5..25).contains(&told), "{told}");
}

#[cfg(feature = "buggify")]
mod mistakes {
    use herd::planted::{Planted, plant};

    use super::{Row, a_crowd, a_partition, a_rush};

    #[test]
    fn a_mistake_is_seen() {
        let scenes: [(Planted, fn() -> Row); 7] = [
            (Planted::StaleDigest, a_partition),
            (Planted::BucketForgotten, a_partition),
            (Planted::LeafForgotten, a_crowd),
            (Planted::CompareForgotten, a_partition),
            (Planted::ResyncStopsEarly, a_rush),
            (Planted::OverflowForgotten, a_rush),
            (Planted::LastNeighbourForgotten, a_rush),
        ];
        for (mistake, scene) in scenes {
            plant(Some(mistake));
            let row = scene();
            plant(None);
            assert!(!row.agree(), "{mistake:?}");
        }
    }
}
