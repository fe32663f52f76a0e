//! Addresses, clocks, names and work.

use super::*;
use crate::net::{JobId, Signal};
use crate::time::WallTime;

#[test]
fn an_address_is_listened_at_once() {
    let mut world = World::new(1, Faults::none());
    let (one, two) = (world.add_host(), world.add_host());
    let at = |ip: [u8; 4], port: u16| SocketAddr::from((ip, port));
    let mut listen = |host, at| world.net(host).listen(at, PORT).map(|at| at.port());
    assert_eq!(listen(one, at([10, 0, 0, 1], 80)).unwrap(), 80);
    assert_eq!(kind(listen(one, at([10, 0, 0, 1], 80))), ErrorKind::AddrInUse);
    assert_eq!(kind(listen(one, at([0, 0, 0, 0], 80))), ErrorKind::AddrInUse);
    assert_eq!(listen(one, at([127, 0, 0, 1], 80)).unwrap(), 80);
    assert_eq!(kind(listen(one, at([10, 0, 0, 2], 80))), ErrorKind::AddrNotAvailable);
    assert_eq!(listen(two, at([10, 0, 0, 2], 80)).unwrap(), 80);
    let free = [listen(one, at([0, 0, 0, 0], 0)).unwrap(), listen(one, at([127, 0, 0, 1], 0)).unwrap()];
    assert!(free[0] > 0 && free[1] > 0 && free[0] != free[1]);
}

#[test]
fn every_host_has_its_own_loopback() {
    let mut world = World::new(1, Faults::none());
    let (one, two) = (world.add_host(), world.add_host());
    world.net(one).listen(([0, 0, 0, 0], 80).into(), PORT).unwrap();
    for host in [one, two] {
        world.net(host).connect(([127, 0, 0, 1], 80).into(), NEAR).unwrap();
    }
    while world.step(seconds(1)) {}
    assert!(world.net(one).connect_result(NEAR).is_ok());
    assert_eq!(kind(world.net(two).connect_result(NEAR)), ErrorKind::ConnectionRefused);
    assert!(world.net(one).accept(PORT, FAR).unwrap().ip().is_loopback());
}

#[test]
fn stepping_stops_at_the_given_time() {
    let mut lan = Lan::new(1, Faults::none());
    lan.connect();
    let next = lan.world.next_delivery().unwrap();
    let before = Time::from_nanos(next.as_nanos() - 1);
    assert!(!lan.world.step(before));
    assert_eq!(lan.world.now(), before);
    assert!(lan.world.step(next));
    assert_eq!(lan.world.now(), next);
    lan.run(SECOND);
    assert_eq!(lan.world.next_delivery(), None);
    let now = lan.world.now();
    assert!(!lan.world.step(Time::NEVER));
    assert_eq!(lan.world.now(), now);
}

#[test]
fn wall_clocks_are_skewed_and_drift_and_can_be_set() {
    let skew = Duration::from_secs(100);
    let mut world = World::new(3, Faults { clock_skew: skew, clock_drift_ppm: 200, ..Faults::none() });
    let hosts: Vec<_> = (0..5).map(|_| world.add_host()).collect();
    let start: Vec<_> = hosts.iter().map(|host| world.wall_clock(*host).as_unix_nanos()).collect();
    world.step(seconds(1_000));
    let ran: Vec<_> = hosts
        .iter()
        .zip(&start)
        .map(|(host, start)| world.wall_clock(*host).as_unix_nanos() - start)
        .collect();
    assert!(start.iter().max().unwrap() - start.iter().min().unwrap() > 10_000_000_000);
    assert!(ran.iter().all(|ran| ran.abs_diff(1_000_000_000_000) <= 200_000_000));
    assert!(ran.iter().max() > ran.iter().min());
    world.set_wall_clock(hosts[0], WallTime::from_unix_nanos(42));
    assert_eq!(world.net(hosts[0]).wall_clock().as_unix_nanos(), 42);
}

#[test]
fn names_are_answered_after_a_while() {
    let mut lan = Lan::new(1, Faults::none());
    lan.world.name("places.test", &[lan.world.ip(lan.server)]);
    for (job, name) in [(1, "places.test"), (2, "nowhere.test"), (3, "10.0.0.7")] {
        lan.world.net(lan.client).resolve(JobId(job), name, 443);
    }
    assert!(!lan.world.pending(lan.client));
    lan.run(SECOND);
    let mut answers = lan.poll(lan.client);
    answers.sort_by_key(|event| if let Event::Resolved(job, _) = event { job.0 } else { 0 });
    let [Event::Resolved(_, found), Event::Resolved(_, lost), Event::Resolved(_, literal)] = &answers[..]
    else {
        panic!("{answers:?}");
    };
    assert_eq!(*found.as_ref().unwrap(), [SocketAddr::new(lan.at.ip(), 443)]);
    assert_eq!(lost.as_ref().unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(*literal.as_ref().unwrap(), [SocketAddr::from(([10, 0, 0, 7], 443))]);
}

#[test]
fn names_may_fail_or_take_long() {
    let mut lan = Lan::new(1, Faults { failed_names: 100, ..Faults::none() });
    for job in 0..20 {
        lan.world.net(lan.client).resolve(JobId(job), "10.0.0.1", 1);
    }
    lan.run(SECOND);
    let soon = lan.poll(lan.client);
    assert!(soon.iter().all(|event| matches!(event, Event::Resolved(_, Err(_)))));
    lan.run(120 * SECOND);
    assert_eq!(soon.len() + lan.poll(lan.client).len(), 20);
    assert!((1..20).contains(&soon.len()));
}

#[test]
fn deferred_work_is_done_when_its_time_has_come() {
    let mut lan = Lan::new(1, Faults::none());
    lan.world.net(lan.client).defer(JobId(5), Box::new(|| Box::new(6 * 7)));
    assert!(lan.poll(lan.client).is_empty());
    lan.run(SECOND);
    match lan.poll(lan.client).pop() {
        Some(Event::Done(JobId(5), Ok(value))) => assert_eq!(value.downcast_ref(), Some(&42)),
        other => panic!("{other:?}"),
    }
}

#[test]
#[should_panic(expected = "a bug in the work")]
fn a_panic_in_deferred_work_goes_through() {
    let mut lan = Lan::new(1, Faults::none());
    lan.world.net(lan.client).defer(JobId(5), Box::new(|| panic!("a bug in the work")));
    lan.run(SECOND);
}

#[test]
fn a_signal_is_an_event() {
    let mut lan = Lan::new(1, Faults::none());
    lan.world.signal(lan.server, Signal::Terminate);
    assert!(matches!(lan.poll(lan.server)[..], [Event::Signal(Signal::Terminate)]));
}
