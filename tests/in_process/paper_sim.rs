//! Servers in `paper` mode on the simulated network: without faults all hear of everything, and what is missed is lost.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use crate::reports;
use herd::herd::{Herd, Neighbours, Ports, Rules, open};
use herd::link::Proof;
use herd::paper::{Correspondent, Correspondents, PaperCounters};
use herd::places::Desk;
use herd::traffic_log::TrafficLog;
use reactor::sim::{Crash, Direction, Faults, HostId, Runner, SimNet, World};
use reactor::{Limits, Reactor};

const NAMES: [&str; 6] = ["Alford", "Hamilton", "Holiday", "Ball", "Welsh", "Zaphod"];
const SETTLED: Duration = Duration::from_secs(10);
/// Links of the ring.
const LINKS: u64 = 5;
/// Neighbours of each of its servers.
const EACH: u64 = 2;

/// The ring of five, each server at an address of its own; and Zaphod, who takes himself for a neighbour of Welsh.
struct Ring(Runner<Reactor<Herd>>);

fn address(place: usize) -> SocketAddr {
    SocketAddr::new(HostId::nth(u16::try_from(place).unwrap()).ip(), 12000)
}

fn neighbours(place: usize) -> Neighbours {
    let nearby = if place == 5 { vec![4] } else { vec![(place + 4) % 5, (place + 1) % 5] };
    let correspondent = |n: usize| {
        let at = address(n);
        Correspondent::new(NAMES[n], &at.ip().to_string(), at.port(), 1_000_000)
    };
    Neighbours::on_paper(Correspondents::new(nearby.into_iter().map(correspondent).collect()))
}

fn boot(net: &mut SimNet<'_>, _dead: Option<Reactor<Herd>>) -> Reactor<Herd> {
    let place = net.host().index();
    let (desk, log) = (Desk::builtin(), TrafficLog::off());
    let herd = Herd::new(NAMES[place], neighbours(place), Proof::Nothing, desk, log, Rules::default());
    let mut reactor = Reactor::new(herd, place as u64, Limits::default());
    open(&mut reactor, net, &Ports { clients: address(place), client_tls: None, peers: None }).unwrap();
    reactor
}

impl Ring {
    fn new(seed: u64) -> Ring {
        let mut runner = Runner::new(World::new(seed, Faults::none()), boot);
        for _ in NAMES {
            runner.add_host();
        }
        let mut ring = Ring(runner);
        ring.settle();
        ring
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
        HostId::nth(u16::try_from(place).unwrap())
    }

    /// The servers of the ring that run.
    fn herds(&self) -> impl Iterator<Item = &Herd> {
        self.0.nodes().map(|(_, server)| &server.app).filter(|herd| herd.name != "Zaphod")
    }

    fn knows(&self, id: &str) -> Vec<bool> {
        self.herds().map(|herd| herd.store.get(id.as_bytes()).is_some()).collect()
    }

    /// The lines that each holds.
    fn lines(&self) -> Vec<BTreeSet<Vec<u8>>> {
        self.herds().map(reports::lines).collect()
    }

    fn agree(&self) -> bool {
        self.lines().windows(2).all(|pair| pair[0] == pair[1])
    }

    /// What has become of the updates of all in the ring.
    fn outcomes(&self) -> [u64; 4] {
        self.herds().map(outcomes_of).fold([0; 4], |sum, of_one| std::array::from_fn(|n| sum[n] + of_one[n]))
    }
}

/// Updates told, lost, refused and dropped.
fn outcomes_of(herd: &Herd) -> [u64; 4] {
    let PaperCounters { told, lost, refused, dropped, .. } = herd.neighbours.paper().unwrap().counters();
    [told, lost, refused, dropped]
}

#[test]
fn without_faults_five_servers_agree_after_as_many_lines_as_there_are_ways() {
    const UPDATES: usize = 200;
    for seed in 0..10 {
        let mut ring = Ring::new(seed);
        (0..UPDATES).for_each(|n| ring.report(n % 5, &format!("id-{n}"), 5));
        ring.settle();
        assert!(ring.agree() && ring.lines()[0].len() == UPDATES);
        let told = (2 * LINKS - EACH) * u64::try_from(UPDATES).unwrap();
        assert_eq!(ring.outcomes(), [told, 0, 0, 0]);
    }
}

#[test]
fn whatever_overtakes_what_the_newest_wins_everywhere() {
    for seed in 0..10 {
        let mut ring = Ring::new(seed);
        (0..100).for_each(|n| ring.report(n % 5, &format!("id-{}", n % 7), n / 2));
        ring.settle();
        assert!(ring.agree() && ring.lines()[0].len() == 7, "{:?}", ring.lines());
        let last = reports::line(NAMES[99 % 5], "id-1", 49);
        assert!(ring.lines()[0].contains(last.as_bytes()), "{:?}", ring.lines());
    }
}

#[test]
fn what_a_server_misses_while_it_is_down_is_lost_to_it_and_later_updates_arrive() {
    let mut ring = Ring::new(1);
    let hamilton = ring.host(1);
    ring.0.crash(hamilton, Crash::Process);
    ring.report(0, "meanwhile", 5);
    ring.settle();
    assert_eq!(ring.knows("meanwhile"), [true; 4], "the others hear of it the other way round");
    assert_eq!(ring.outcomes()[1], 2, "both of its neighbours have tried");
    ring.0.restart(hamilton);
    ring.settle();
    ring.report(3, "later", 5);
    ring.settle();
    assert_eq!(
        (ring.knows("meanwhile"), ring.knows("later")),
        (vec![true, false, true, true, true], vec![true; 5])
    );
}

#[test]
fn what_meets_a_partition_is_lost_and_later_updates_arrive() {
    let mut ring = Ring::new(1);
    let [alford, hamilton, welsh] = [0, 1, 4].map(|place| ring.host(place));
    for other in [hamilton, welsh] {
        ring.0.world_mut().cut(alford, other, Direction::Both);
    }
    ring.report(0, "of-alford", 5);
    ring.report(3, "of-ball", 5);
    ring.settle();
    assert_eq!(ring.knows("of-alford"), [true, false, false, false, false]);
    assert_eq!(ring.knows("of-ball"), [false, true, true, true, true]);
    ring.0.world_mut().heal();
    ring.settle();
    assert!(!ring.agree(), "nothing is compared");
    ring.report(0, "later", 5);
    ring.settle();
    assert_eq!(ring.knows("later"), [true; 5]);
}

#[test]
fn who_is_no_neighbour_is_not_believed_and_hears_so() {
    let mut ring = Ring::new(1);
    ring.report(5, "kiwi", 5);
    ring.settle();
    assert_eq!(ring.knows("kiwi"), [false; 5]);
    let (_, zaphod) = ring.0.nodes().last().unwrap();
    assert_eq!(outcomes_of(&zaphod.app), [0, 0, 1, 0]);
}
