//! A neighbour that tells of clients whose records lie on a disk that is slow.

use reactor::Random;

use super::super::peer_protocol::MOST_BEHIND;
use super::*;
use crate::config::Durability;
use crate::journal::{Batch, Disk, Journal, Volume};
use crate::simulate::{SimDisk, SimVolume};
use crate::store::Record;

const SECOND: Duration = Duration::from_secs(1);

fn line(client: usize, time: u32) -> String {
    format!("AT Ball +0.000000000 client-{client} +1-1 {time}\n")
}

/// Ball has dialled Welsh, which has one of ten clients in memory; with it comes the number of another one.
fn forgetful() -> (Harness<Herd>, usize) {
    let disk = SimDisk::new(Random::seeded(1));
    let volume = || Box::new(SimVolume(disk.clone())) as Box<dyn Volume>;
    let (file, _) = Disk::open(volume(), "Welsh", |_| {}).unwrap();
    let mut batch = Batch::default();
    (0..10).for_each(|client| batch.push(&Record::new(&at(line(client, 5).trim_end().as_bytes()))));
    file.commit(&batch).unwrap();
    drop(file);
    let mut welsh = acceptor();
    let herd = welsh.app();
    (herd.journal, herd.store, _) = Journal::open_bounded(Durability::Everysec, volume, "Welsh", 1).unwrap();
    let away = (0..10).find(|client| !knows(&mut welsh, *client, 5)).unwrap();
    welsh.receive(b"COMPARE\n");
    welsh.take_sent();
    welsh.net.hold_answers(true);
    (welsh, away)
}

/// Whether it has in memory what was told of a client.
fn knows(welsh: &mut Harness<Herd>, client: usize, time: u32) -> bool {
    let record = welsh.app().store.get(format!("client-{client}").as_bytes());
    record.is_some_and(|record| record.line() == line(client, time).trim_end().as_bytes())
}

fn disk_answers(welsh: &mut Harness<Herd>) {
    welsh.net.hold_answers(false);
    welsh.settle();
}

#[test]
fn while_the_disk_is_slow_pings_are_answered_and_what_else_is_said_waits_in_its_order() {
    let (mut welsh, away) = forgetful();
    welsh.receive(format!("{}MARK 1\nAT Ball +0.000000000 plum +1-1 5\nMARK 2\n", line(away, 6)).as_bytes());
    for _ in 0..20 {
        welsh.receive(b"PING\n");
        assert_eq!(welsh.take_sent(), b"PONG\n");
        welsh.advance(SECOND);
    }
    assert!(welsh.lost().is_none() && !knows(&mut welsh, away, 6));
    disk_answers(&mut welsh);
    assert_eq!(welsh.take_sent(), b"MARKED 1\nMARKED 2\n");
    assert!(knows(&mut welsh, away, 6) && welsh.app().store.get(b"plum").is_some());
    welsh.advance(4 * SECOND);
    assert!(matches!(welsh.lost(), Some(Reason::Idle)), "its silence counts again");
}

#[test]
fn of_what_waits_for_the_disk_only_so_much_is_read_and_nothing_is_lost() {
    let (mut welsh, away) = forgetful();
    welsh.receive(line(away, 6).as_bytes());
    let news = (100..10_000).map(|client| line(client, 6)).collect::<String>();
    welsh.receive(format!("{news}MARK 1\n").as_bytes());
    assert!(!welsh.is_reading());
    welsh.advance(20 * SECOND);
    assert!(welsh.lost().is_none(), "it is not the neighbour who is silent");
    disk_answers(&mut welsh);
    assert_eq!(welsh.take_sent(), b"MARKED 1\n");
    assert!(welsh.is_reading() && welsh.app().store.known() == 10 + 9_900);
}

#[test]
fn lines_without_anything_in_them_are_not_read_without_end_either() {
    let (mut welsh, away) = forgetful();
    welsh.receive(line(away, 6).as_bytes());
    welsh.receive(&vec![b'\n'; 2 * MOST_BEHIND]);
    assert!(!welsh.is_reading());
}

#[test]
fn a_neighbour_that_is_gone_is_not_kept_for_a_disk_that_is_silent() {
    for closes in [false, true] {
        let (mut welsh, away) = forgetful();
        welsh.receive(line(away, 6).as_bytes());
        if closes {
            welsh.peer_closes();
        }
        welsh.advance(4 * SECOND);
        assert!(matches!(welsh.lost(), Some(Reason::Idle)), "{:?}", welsh.lost());
    }
}

#[test]
fn who_closes_while_the_disk_is_slow_is_heard_to_the_end() {
    let (mut welsh, away) = forgetful();
    welsh.receive(format!("{}AT Ball +0.000000000 plum +1-1 5\n", line(away, 6)).as_bytes());
    welsh.peer_closes();
    assert!(welsh.lost().is_none());
    disk_answers(&mut welsh);
    assert!(knows(&mut welsh, away, 6) && welsh.app().store.get(b"plum").is_some());
    assert!(matches!(welsh.lost(), Some(Reason::PeerClosed)), "{:?}", welsh.lost());
}

#[test]
fn what_stands_behind_nonsense_is_not_heard() {
    let (mut welsh, away) = forgetful();
    let words = "MARKED 1\nAT Ball +0.000000000 plum +1-1 5\nMARK 1\n";
    welsh.receive(format!("{}{words}", line(away, 6)).as_bytes());
    disk_answers(&mut welsh);
    assert!(is_aborted(&welsh) && welsh.take_sent().is_empty());
    assert!(knows(&mut welsh, away, 6) && welsh.app().store.get(b"plum").is_none());
}
