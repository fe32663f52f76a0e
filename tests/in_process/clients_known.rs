//! Servers that keep fewer records in memory than there are clients: nobody can tell.

use crate::pair::{ALFORD, BALL, Pair};
use herd::command::{AtLine, Command};
use herd::config::Durability;
use herd::journal::{Batch, Disk, Journal, Volume};
use herd::simulate::{SimDisk, SimVolume};
use herd::store::Record;
use reactor::Random;
use reactor::testing::RemoteId;

const MOST: usize = 3;
const CLIENTS: usize = 12;

/// Alford and Ball with a disk each, and three clients in memory.
fn bounded(durability: Durability, disks: [SimDisk; 2]) -> Pair {
    let mut pair = closed(durability, disks);
    open(&mut pair);
    pair
}

/// The same, before anybody can come to them.
fn closed(durability: Durability, disks: [SimDisk; 2]) -> Pair {
    let mut pair = Pair::new();
    for (place, disk) in disks.into_iter().enumerate() {
        let volume = || Box::new(SimVolume(disk)) as Box<dyn Volume>;
        let app = &mut pair.servers[place].reactor.app;
        (app.journal, app.store, _) = Journal::open_bounded(durability, volume, &app.name, MOST).unwrap();
    }
    pair
}

fn open(pair: &mut Pair) {
    for place in [ALFORD, BALL] {
        pair.servers[place].open(place).unwrap();
    }
    pair.pass(4);
}

fn disk() -> SimDisk {
    SimDisk::new(Random::seeded(1))
}

fn report(client: usize, time: usize) -> String {
    format!("IAMAT client-{client} +34.0-118.0 {time}\n")
}

/// Says it and waits for the replies: the AT lines and the refusals among them.
fn ask(pair: &mut Pair, server: usize, client: Option<RemoteId>, text: &str) -> Vec<String> {
    let before = pair.heard(server, client).len();
    pair.say(server, client, text);
    pair.pass(4);
    let heard = pair.heard(server, client).split_off(before);
    heard
        .lines()
        .filter(|line| line.starts_with("AT ") || line.starts_with("? "))
        .map(str::to_owned)
        .collect()
}

fn agree(pair: &Pair) {
    let [alford, ball] = [ALFORD, BALL].map(|place| &pair.servers[place].reactor.app.store);
    assert!(alford.digest() == ball.digest());
    assert_eq!(alford.known(), ball.known());
}

#[test]
fn two_servers_that_remember_three_of_twelve_answer_for_all_and_the_newest_wins() {
    for durability in [Durability::Always, Durability::Everysec] {
        let mut pair = bounded(durability, [disk(), disk()]);
        let (at_alford, at_ball) = (pair.client(ALFORD), pair.client(BALL));
        for round in 0..4 {
            let newer: String = (0..CLIENTS).map(|client| report(client, 10 + round)).collect();
            let told = ask(&mut pair, ALFORD, at_alford, &newer);
            assert_eq!(told.len(), CLIENTS);
            let older: String = (0..CLIENTS).map(|client| report(client, 5 + round)).collect();
            assert_eq!(ask(&mut pair, BALL, at_ball, &older).len(), CLIENTS);
            let asked: String =
                (0..CLIENTS).map(|client| format!("WHATSAT client-{client} 10 1\n")).collect();
            assert_eq!(ask(&mut pair, BALL, at_ball, &asked), told);
            assert_eq!(ask(&mut pair, ALFORD, at_alford, &asked), told);
            agree(&pair);
        }
        for server in &pair.servers {
            let counters = server.reactor.app.journal.counters();
            assert!(counters.evicted > 50 && counters.found > 50 && counters.unread == 0, "{counters}");
            assert_eq!(server.reactor.app.store.known(), CLIENTS);
        }
    }
}

/// Alford's disk, with 5,000 clients on it.
fn full() -> SimDisk {
    let full = disk();
    let (file, _) = Disk::open(Box::new(SimVolume(full.clone())), "Alford", |_| {}).unwrap();
    let mut batch = Batch::default();
    for client in 0..5000 {
        push(&mut batch, &format!("client-{client}"), "+0.000000000");
    }
    file.commit(&batch).unwrap();
    full
}

fn push(batch: &mut Batch, id: &str, difference: &str) {
    let Ok(Command::At(at)) = Command::parse(b"AT Alford +0.000000000 x +34.0-118.0 5") else { panic!() };
    let at = AtLine { difference: difference.as_bytes(), id: id.as_bytes(), ..at };
    batch.push(&Record::new(&at));
}

#[test]
fn one_altered_record_keeps_no_neighbour_from_being_told_the_others_nor_ends_a_link() {
    let mut pair = closed(Durability::Always, [full(), disk()]);
    let disk = pair.servers[ALFORD].reactor.app.journal.disk().unwrap();
    let mut batch = Batch::default();
    push(&mut batch, "client-4321", "not one"); // over what was there
    disk.commit(&batch).unwrap();
    open(&mut pair);
    pair.pass(20);
    assert_eq!(pair.servers[BALL].reactor.app.store.known(), 4999);
    let client = pair.client(BALL);
    let links = pair.streams.len();
    let [told] = &ask(&mut pair, BALL, client, &report(4321, 4))[..] else { panic!("one reply") };
    let client = pair.client(ALFORD);
    assert_eq!(&ask(&mut pair, ALFORD, client, "WHATSAT client-4321 10 1\n")[..], [told.as_str()]);
    assert_eq!(pair.streams.len(), links, "nobody had to dial again");
    let counters = pair.servers[ALFORD].reactor.app.journal.counters();
    assert!(counters.altered > 0 && counters.unread == 0, "{counters}");
}

#[test]
fn a_neighbour_that_starts_empty_is_told_what_lies_on_disk_alone() {
    let mut pair = bounded(Durability::Always, [full(), disk()]);
    pair.pass(20);
    agree(&pair);
    assert_eq!(pair.servers[BALL].reactor.app.store.known(), 5000);
    let client = pair.client(BALL);
    let line = "AT Alford +0.000000000 client-4321 +34.0-118.0 5";
    assert_eq!(ask(&mut pair, BALL, client, "WHATSAT client-4321 10 1\n"), [line]);
}

#[test]
fn news_that_cannot_be_compared_ends_the_link_and_is_made_good_once_the_disk_is_well() {
    let broken = disk();
    let mut pair = bounded(Durability::Everysec, [disk(), broken.clone()]);
    let client = pair.client(ALFORD);
    let reports = |time| (0..CLIENTS).map(|client| report(client, time)).collect::<String>();
    ask(&mut pair, ALFORD, client, &reports(5));
    broken.fail_after(0, true);
    ask(&mut pair, ALFORD, client, "IAMAT other +34.0-118.0 5\n"); // the file is closed when it cannot be written
    ask(&mut pair, ALFORD, client, &reports(6));
    let ball = &pair.servers[BALL].reactor.app;
    assert!(ball.journal.counters().unread > 0);
    assert!(ball.store.digest() != pair.servers[ALFORD].reactor.app.store.digest());
    broken.mend();
    pair.pass(40);
    agree(&pair);
}
