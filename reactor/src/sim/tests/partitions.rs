//! Links that stop.

use super::*;
use crate::sim::Direction;

#[test]
fn a_cut_holds_and_healing_releases_in_order() {
    let mut lan = Lan::connected();
    lan.write(b"one ").unwrap(); // on its way when the cable is cut
    lan.world.cut(lan.server, lan.client, Direction::Both);
    lan.write(b"two ").unwrap();
    lan.run(30 * SECOND);
    assert!(lan.poll(lan.server).is_empty());
    lan.write(b"three ").unwrap(); // on its way when it is healed
    lan.world.heal();
    lan.write(b"four").unwrap();
    lan.run(SECOND);
    assert_eq!(lan.read(99).unwrap(), b"one two three four");
}

#[test]
fn a_one_way_cut_stops_one_way() {
    let mut lan = Lan::connected();
    lan.world.cut(lan.server, lan.client, Direction::OneWay);
    lan.write(b"there").unwrap();
    lan.write_back(b"back").unwrap();
    lan.run(SECOND);
    assert_eq!(lan.read(99).unwrap(), b"there");
    assert_eq!(kind(lan.read_back(99)), ErrorKind::WouldBlock);
    lan.world.heal();
    lan.run(SECOND);
    assert_eq!(lan.read_back(99).unwrap(), b"back");
}

#[test]
fn the_end_of_a_stream_cannot_cross_a_cut() {
    let mut lan = Lan::connected();
    lan.world.cut(lan.server, lan.client, Direction::Both);
    lan.world.net(lan.client).close(NEAR);
    lan.run(30 * SECOND);
    assert_eq!(kind(lan.read(9)), ErrorKind::WouldBlock);
    lan.world.heal();
    lan.run(SECOND);
    assert_eq!(lan.read(9).unwrap(), b"");
}

#[test]
fn a_long_cut_times_the_writer_out_and_tells_the_reader_nothing() {
    let mut lan = Lan::connected();
    lan.world.cut(lan.server, lan.client, Direction::Both);
    lan.write(b"lost").unwrap();
    lan.run(121 * SECOND);
    assert_eq!(lan.ready(lan.client, NEAR), (true, true, true));
    assert_eq!(kind(lan.read_back(9)), ErrorKind::TimedOut);
    lan.world.heal();
    lan.run(SECOND);
    assert_eq!(kind(lan.read(9)), ErrorKind::WouldBlock);
    lan.write_back(b"still there?").unwrap();
    lan.run(SECOND);
    assert_eq!(kind(lan.read(9)), ErrorKind::ConnectionReset);
    assert_eq!(lan.world.counts().give_ups, 1);
}

#[test]
fn a_writer_times_out_when_only_the_way_back_is_cut() {
    let mut lan = Lan::connected();
    lan.world.cut(lan.server, lan.client, Direction::OneWay);
    lan.write(b"arrives").unwrap();
    lan.run(121 * SECOND);
    assert_eq!(lan.read(9).unwrap(), b"arrives");
    assert_eq!(kind(lan.read_back(9)), ErrorKind::TimedOut);
}

#[test]
fn a_reader_does_not_time_out_for_what_it_acknowledges() {
    let mut lan = Lan::connected();
    lan.world.cut(lan.server, lan.client, Direction::OneWay);
    let taken = lan.write(&vec![0; 1 << 20]).unwrap();
    lan.run(SECOND);
    assert_eq!(lan.read(1 << 20).unwrap().len(), taken);
    lan.run(121 * SECOND);
    assert_eq!(kind(lan.read(9)), ErrorKind::WouldBlock);
    assert_eq!(lan.world.counts().give_ups, 1);
}

#[test]
fn a_grant_that_does_not_get_through_times_both_sides_out() {
    let mut lan = Lan::new(1, Faults::none());
    lan.world.cut(lan.server, lan.client, Direction::OneWay);
    lan.connect();
    lan.run(121 * SECOND);
    assert_eq!(lan.connect_error(), Some(ErrorKind::TimedOut));
    lan.world.net(lan.server).accept(PORT, FAR).unwrap();
    assert_eq!(kind(lan.read(9)), ErrorKind::TimedOut);
}

#[test]
fn healing_in_time_gives_the_writer_new_patience() {
    let mut lan = Lan::connected();
    for _ in 0..5 {
        lan.world.cut(lan.server, lan.client, Direction::Both);
        lan.write(b"x").unwrap();
        lan.run(50 * SECOND);
        lan.world.heal();
        lan.run(SECOND);
    }
    assert_eq!(lan.read(9).unwrap(), b"xxxxx");
    assert_eq!(lan.world.counts().give_ups, 0);
}

#[test]
fn a_connect_across_a_cut_is_made_after_healing() {
    let mut lan = Lan::new(1, Faults::none());
    lan.world.cut(lan.server, lan.client, Direction::Both);
    lan.connect();
    lan.run(30 * SECOND);
    assert_eq!(lan.connect_error(), Some(ErrorKind::WouldBlock));
    lan.world.heal();
    lan.run(SECOND);
    assert_eq!(lan.connect_error(), None);
}

#[test]
fn a_clog_dissolves_by_itself() {
    let mut lan = Lan::connected();
    lan.world.clog(lan.client, lan.server, 5 * SECOND);
    lan.write(b"slow").unwrap();
    lan.run(4 * SECOND);
    assert_eq!(kind(lan.read(9)), ErrorKind::WouldBlock);
    lan.run(2 * SECOND);
    assert_eq!(lan.read(9).unwrap(), b"slow");
}

#[test]
fn a_reset_strikes_both_ends() {
    let mut lan = Lan::connected();
    assert!(lan.world.reset_some_stream());
    lan.run(SECOND);
    assert_eq!(kind(lan.read(9)), ErrorKind::ConnectionReset);
    assert_eq!(kind(lan.read_back(9)), ErrorKind::ConnectionReset);
}
