//! Hosts that go down and come back.

use super::*;
use crate::sim::Crash;

#[test]
fn the_kernel_of_a_dead_process_closes_its_streams() {
    let mut lan = Lan::connected();
    lan.world.crash(lan.server, Crash::Process);
    lan.run(SECOND);
    assert_eq!(lan.ready(lan.client, NEAR), (true, false, true));
    assert_eq!(lan.read_back(9).unwrap(), b"");
    lan.write(b"x").unwrap();
    lan.run(SECOND);
    assert_eq!(kind(lan.write(b"x")), ErrorKind::BrokenPipe);
}

#[test]
fn a_dead_process_with_unread_bytes_resets_and_refuses() {
    let mut lan = Lan::connected();
    lan.write(b"unread").unwrap();
    lan.run(SECOND);
    lan.world.crash(lan.server, Crash::Process);
    lan.run(SECOND);
    assert_eq!(kind(lan.read_back(9)), ErrorKind::ConnectionReset);
    lan.world.net(lan.client).close(NEAR);
    lan.connect();
    lan.run(SECOND);
    assert_eq!(lan.connect_error(), Some(ErrorKind::ConnectionRefused));
}

#[test]
fn a_dark_machine_is_silent_and_resets_when_it_is_back() {
    let mut lan = Lan::connected();
    lan.world.crash(lan.server, Crash::Power);
    lan.write(b"anybody?").unwrap();
    lan.run(30 * SECOND);
    assert!(lan.poll(lan.client).is_empty());
    lan.world.restart(lan.server);
    lan.run(SECOND);
    assert_eq!(kind(lan.read_back(9)), ErrorKind::ConnectionReset);
    lan.world.net(lan.client).close(NEAR);
    assert_eq!(lan.world.streams(), 0);
}

#[test]
fn half_closing_to_a_machine_that_was_dark_is_answered_by_a_reset() {
    let mut lan = Lan::connected();
    lan.world.crash(lan.server, Crash::Power);
    lan.world.restart(lan.server);
    lan.world.net(lan.client).shutdown_write(NEAR).unwrap();
    lan.run(SECOND);
    assert_eq!(kind(lan.read_back(9)), ErrorKind::ConnectionReset);
}

#[test]
fn what_a_dark_machine_could_not_send_is_lost() {
    let mut lan = Lan::connected();
    lan.world.cut(lan.server, lan.client, crate::sim::Direction::Both);
    lan.write_back(b"never leaves").unwrap();
    lan.run(SECOND);
    lan.world.crash(lan.server, Crash::Power);
    lan.world.heal();
    lan.world.restart(lan.server);
    lan.run(SECOND);
    assert_eq!(kind(lan.read_back(99)), ErrorKind::WouldBlock);
}

#[test]
fn a_restarted_host_listens_and_connects_anew() {
    for how in [Crash::Process, Crash::Power] {
        let mut lan = Lan::connected();
        assert_eq!(lan.world.process(lan.server), Some(0));
        lan.world.crash(lan.server, how);
        assert_eq!(lan.world.process(lan.server), None);
        assert_eq!(kind(lan.world.net(lan.server).listen(lan.at, PORT)), ErrorKind::NetworkDown);
        lan.world.restart(lan.server);
        assert_eq!(lan.world.process(lan.server), Some(1));
        lan.world.net(lan.server).listen(lan.at, PORT).unwrap();
        lan.world.net(lan.client).close(NEAR);
        lan.connect();
        lan.run(SECOND);
        assert_eq!(lan.connect_error(), None);
    }
}

#[test]
fn answers_for_a_dead_process_are_dropped() {
    let mut lan = Lan::connected();
    lan.world.net(lan.server).defer(crate::net::JobId(1), Box::new(|| panic!("nobody waits for this")));
    lan.world.net(lan.server).resolve(crate::net::JobId(2), "10.0.0.1", 1);
    lan.world.crash(lan.server, Crash::Process);
    lan.world.restart(lan.server);
    lan.run(SECOND);
    assert!(!lan.world.pending(lan.server));
}

#[test]
fn a_host_that_stands_still_still_acknowledges() {
    let mut lan = Lan::connected();
    lan.world.pause(lan.server, 5 * SECOND);
    assert_eq!(lan.world.process(lan.server), None);
    lan.write(b"kept").unwrap();
    lan.run(6 * SECOND);
    assert_eq!(lan.world.process(lan.server), Some(0));
    assert_eq!(lan.read(9).unwrap(), b"kept");
}

#[test]
fn healing_all_brings_every_host_back() {
    let mut lan = Lan::connected();
    lan.world.crash(lan.server, Crash::Power);
    lan.world.pause(lan.client, 60 * SECOND);
    lan.world.heal_all();
    assert_eq!(lan.world.process(lan.server), Some(1));
    assert_eq!(lan.world.process(lan.client), Some(0));
}

#[test]
fn who_comes_next_may_finish_what_the_threads_of_a_dead_process_were_at() {
    let mut lan = Lan::connected();
    let (done, seen) = std::sync::mpsc::channel();
    lan.world.net(lan.server).defer(crate::net::JobId(1), Box::new(move || Box::new(done.send("done"))));
    lan.world.crash(lan.server, Crash::Power);
    lan.world.restart(lan.server);
    let death = lan.world.net(lan.server).last_death().unwrap();
    assert_eq!((death.host, death.how), (lan.server, Some(Crash::Power)));
    let orphans = lan.world.net(lan.server).take_orphans();
    assert!(seen.try_recv().is_err());
    orphans.into_iter().for_each(|work| drop(work()));
    assert_eq!(seen.recv(), Ok("done"));
}

#[test]
fn a_process_that_stops_when_asked_comes_back_after_a_while() {
    let mut lan = Lan::connected();
    lan.world.stop(lan.server, 2 * SECOND);
    assert!(matches!(lan.poll(lan.server)[..], [Event::Signal(crate::net::Signal::Terminate)]));
    lan.run(10 * SECOND);
    assert_eq!(lan.world.process(lan.server), Some(0), "it takes its time");
    lan.world.exit(lan.server);
    assert_eq!(lan.world.process(lan.server), None);
    lan.run(3 * SECOND);
    assert_eq!(lan.world.process(lan.server), Some(1));
    assert_eq!(lan.world.deaths().last().map(|death| death.how), Some(None));
}
