//! The addresses of a name are raced (RFC 8305): one becomes the link, whatever the others do.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::support::{App, Probe, THERE, When, World, millis, secs};
use reactor::sim::{Direction, Faults, World as Simulation};
use reactor::testing::{Call, RemoteId};
use reactor::{ConnId, Endpoint, Limits, Peer, Reactor};

/// The name, the number of its addresses, and a link on its way there.
fn race(addresses: u8) -> (World, ConnId) {
    let mut world = World::new();
    let conn = race_in(&mut world, addresses);
    (world, conn)
}

fn race_in(world: &mut World, addresses: u8) -> ConnId {
    world.net.set_addresses("many.test", (1..=addresses).map(|n| IpAddr::V4(Ipv4Addr::new(192, 0, 2, n))));
    let conn = world.dial(Endpoint::new("many.test", 80), Probe::new("a"));
    world.settle();
    conn
}

/// Who was dialled as the `n`-th.
fn dialled(world: &World, n: usize) -> RemoteId {
    world.net.dialled()[n].remote
}

fn answer(world: &mut World, n: usize) {
    let remote = dialled(world, n);
    world.remote(remote).answer();
}

#[test]
fn the_next_address_is_tried_when_the_one_before_has_been_silent_for_a_while() {
    let (mut world, _) = race(3);
    world.pass(millis(249));
    assert_eq!(world.net.dialled().len(), 1);
    world.pass(millis(1));
    assert_eq!(world.net.dialled().len(), 2);
    world.pass(millis(250));
    assert_eq!(world.net.dialled().len(), 3);
    assert_eq!(world.net.open(), 3, "beside those before");
    assert!(world.log().is_empty());
}

#[test]
fn a_single_address_is_looked_at_when_its_time_is_up_and_not_before() {
    let (world, _) = race(1);
    assert_eq!(world.reactor.next_timer(), Some(reactor::Time::ZERO + Limits::default().connect_timeout));
}

#[test]
fn law_3_whoever_answers_first_is_the_link_under_the_name_that_was_given_out() {
    let (mut world, conn) = race(2);
    world.pass(millis(250));
    answer(&mut world, 1);
    world.settle();
    assert_eq!(world.log(), ["a made"]);
    assert_eq!(world.reactor.app.id("a"), conn);
    world.write(conn, b"hello");
    world.settle();
    let (first, second) = (dialled(&world, 0), dialled(&world, 1));
    assert_eq!(world.remote(second).conn(), Some(conn));
    assert_eq!(world.remote(second).sent(), b"hello");
    assert!(world.remote(first).is_gone());
    assert_eq!((world.net.open(), world.net.calls(Call::Rename)), (1, 1));
    world.at(conn, |_, cx| cx.app.say(cx.transport.peer().to_string()));
    world.settle();
    assert_eq!(world.log(), ["192.0.2.2:80"]);
}

#[test]
fn the_first_may_still_win_and_needs_no_other_name() {
    let (mut world, conn) = race(3);
    world.pass(millis(500));
    answer(&mut world, 0);
    world.settle();
    let first = dialled(&world, 0);
    assert_eq!(world.remote(first).conn(), Some(conn));
    assert_eq!((world.net.open(), world.net.calls(Call::Rename)), (1, 0));
}

#[test]
fn law_2_two_that_answer_at_once_make_one_link() {
    let (mut world, _) = race(2);
    world.pass(millis(250));
    answer(&mut world, 0);
    answer(&mut world, 1);
    world.settle();
    assert_eq!(world.log(), ["a made"]);
    assert_eq!((world.net.open(), world.reactor.counters().connected), (1, 1));
    world.pass(secs(60));
    assert!(world.log().is_empty());
}

#[test]
fn a_failure_is_followed_by_the_next_address_at_once() {
    let (mut world, _) = race(3);
    for n in 0..2 {
        let remote = dialled(&world, n);
        world.remote(remote).refuse(ErrorKind::ConnectionRefused);
        world.settle();
        assert_eq!(world.net.dialled().len(), n + 2);
    }
    answer(&mut world, 2);
    world.settle();
    assert_eq!(world.log(), ["a made"]);
}

#[test]
fn when_all_have_failed_the_last_error_is_the_answer() {
    let (mut world, _) = race(2);
    world.pass(millis(250));
    for (n, error) in [(1, ErrorKind::TimedOut), (0, ErrorKind::ConnectionRefused)] {
        let remote = dialled(&world, n);
        world.remote(remote).refuse(error);
        world.settle();
    }
    assert_eq!(world.log(), ["a failed: cannot connect: connection refused"]);
    assert_eq!((world.net.open(), world.reactor.connections()), (0, 0));
}

#[test]
fn the_time_limit_is_for_all_attempts_together() {
    let (mut world, _) = race(5);
    world.pass(secs(10));
    assert_eq!(world.log(), ["a failed: cannot connect: no answer in time"]);
    assert_eq!((world.net.dialled().len(), world.net.open()), (5, 0));
}

#[test]
fn the_time_limit_holds_if_the_last_addresses_fail_at_once_beside_a_silent_one() {
    let (mut world, _) = race(3);
    world.net.fail_next(Call::Connect, ErrorKind::NetworkUnreachable);
    world.net.fail_next(Call::Connect, ErrorKind::NetworkUnreachable);
    world.pass(secs(10));
    assert_eq!(world.log(), ["a failed: cannot connect: no answer in time"]);
    assert_eq!((world.net.dialled().len(), world.net.open()), (3, 0));
}

#[test]
fn law_7_eight_are_tried_at_once_and_a_further_one_when_one_has_failed() {
    let (mut world, _) = race(20);
    world.pass(secs(8));
    assert_eq!((world.net.dialled().len(), world.net.open()), (8, 8));
    let third = dialled(&world, 2);
    world.remote(third).refuse(ErrorKind::ConnectionRefused);
    world.settle();
    assert_eq!((world.net.dialled().len(), world.net.open()), (9, 8));
    world.pass(secs(2));
    assert_eq!(world.log(), ["a failed: cannot connect: no answer in time"]);
}

#[test]
fn losing_it_or_a_stop_closes_all_attempts() {
    for is_stop in [false, true] {
        let (mut world, conn) = race(3);
        world.pass(millis(500));
        world.enter(|cx| if is_stop { cx.reactor.stop() } else { cx.peers.lose(conn) });
        world.settle();
        assert_eq!(world.log(), ["a failed: connecting was cancelled"]);
        assert_eq!((world.net.open(), world.reactor.connections()), (0, 0));
    }
}

#[test]
fn a_winner_that_cannot_be_renamed_leaves_the_race_to_the_others() {
    let (mut world, conn) = race(3);
    world.pass(millis(500));
    world.net.fail_next(Call::Rename, ErrorKind::OutOfMemory);
    answer(&mut world, 1);
    world.settle();
    assert!(world.log().is_empty());
    answer(&mut world, 2);
    world.settle();
    assert_eq!(world.log(), ["a made"]);
    let third = dialled(&world, 2);
    assert_eq!(world.remote(third).conn(), Some(conn));
    assert_eq!(world.net.open(), 1);
}

#[test]
fn what_a_winner_says_at_once_is_heard_under_its_new_name() {
    let (mut world, _) = race(2);
    world.pass(millis(250));
    let second = dialled(&world, 1);
    world.remote(second).answer();
    world.remote(second).feed(b"hello");
    world.remote(second).close();
    world.settle();
    assert_eq!(world.log(), ["a made", "a data hello", "a read_closed", "a lost: closed by the peer"]);
}

/// The net says that the loser has ended after it has said that the winner is connected, and before it knows
/// that the winner has the loser's name.
#[test]
fn law_9_the_end_of_a_loser_costs_the_winner_that_has_its_name_no_further_reads() {
    let mut world = World::new();
    let earlier = world.dial(THERE, Probe::new("b"));
    let conn = race_in(&mut world, 2);
    world.enter(|cx| cx.peers.lose(earlier)); // its slot is that of the second attempt, which is told of first
    world.pass(millis(250));
    world.log();
    answer(&mut world, 2);
    let loser = dialled(&world, 1);
    world.remote(loser).refuse(ErrorKind::ConnectionRefused);
    world.settle();
    assert_eq!(world.log(), ["a made"]);
    let (winner, reads) = (dialled(&world, 2), world.net.calls(Call::Read));
    assert_eq!(world.remote(winner).conn(), Some(conn));
    for _ in 0..10 {
        world.remote(winner).feed(b"ping");
        world.settle();
    }
    assert_eq!((world.log().len(), world.net.calls(Call::Read) - reads), (10, 10));
    world.remote(winner).close();
    world.settle();
    assert_eq!(world.log(), ["a read_closed", "a lost: closed by the peer"]);
}

#[test]
fn the_names_of_attempts_are_given_back() {
    let (mut world, first) = race(4);
    for _ in 0..100 {
        world.pass(secs(10));
        let next = world.dial(Endpoint::new("many.test", 80), Probe::new("a"));
        assert_eq!(next.0.slot, first.0.slot, "no slot is lost");
        world.settle();
    }
}

/// Dials the name again, and says by its last byte which of three addresses is tried first.
fn tried_first(world: &mut World, probe: Probe) -> (ConnId, u8) {
    let before = world.net.dialled().len();
    let conn = world.dial(Endpoint::new("many.test", 80), probe);
    world.settle();
    let SocketAddr::V4(to) = world.net.dialled()[before].to else { panic!("no IPv6 here") };
    (conn, to.ip().octets()[3])
}

/// A world with a name of three addresses, all of which take connections.
fn three_that_answer() -> World {
    let mut world = World::new();
    world.net.set_addresses("many.test", [1, 2, 3].map(|n| IpAddr::V4(Ipv4Addr::new(192, 0, 2, n))));
    world.net.answer_dials(true);
    world
}

#[test]
fn an_address_that_says_nothing_is_tried_last_next_time() {
    let mut world = three_that_answer();
    for expected in [1, 2, 3, 1, 2] {
        let mute = Probe::new("a").on(When::Made, |cx| {
            let deadline = cx.reactor.now() + secs(2);
            cx.transport.set_deadline(Some(deadline));
        });
        assert_eq!(tried_first(&mut world, mute).1, expected);
        world.pass(secs(2));
    }
    assert_eq!(world.net.dialled().len(), 5, "one each time: all take connections");
}

#[test]
fn an_address_that_speaks_stays_where_it_is_unless_its_protocol_objects() {
    let mut world = three_that_answer();
    for (objects, expected) in [(false, 1), (true, 1), (false, 2), (false, 2)] {
        let (conn, first) = tried_first(&mut world, Probe::new("a"));
        assert_eq!(first, expected);
        world.net.last_dialled().feed(b"hello");
        world.at(conn, move |_, cx| {
            if objects {
                cx.transport.demote_address();
            }
            cx.transport.abort_connection();
        });
        world.settle();
    }
}

#[test]
fn an_address_that_closes_in_order_or_of_which_nothing_was_awaited_stays_where_it_is() {
    let mut world = three_that_answer();
    for _ in 0..2 {
        assert_eq!(tried_first(&mut world, Probe::new("a")).1, 1);
        world.net.last_dialled().close();
        world.settle();
        assert_eq!(
            tried_first(&mut world, Probe::new("a").on(When::Made, |cx| cx.transport.lose_connection())).1,
            1
        );
    }
}

#[test]
fn addresses_that_were_tried_until_the_time_was_up_make_room_for_the_others() {
    let mut world = World::new();
    world.net.set_addresses("many.test", (1..=9).map(|n| IpAddr::V4(Ipv4Addr::new(192, 0, 2, n))));
    let (_, first) = tried_first(&mut world, Probe::new("a"));
    world.pass(secs(10));
    assert_eq!((first, world.net.dialled().len()), (1, 8), "no more at once");
    assert_eq!(tried_first(&mut world, Probe::new("a")).1, 9);
}

/// A host of the simulation that cannot be reached stands first among the addresses.
#[test]
fn a_host_that_is_cut_off_costs_a_moment_not_the_link() {
    let mut world = Simulation::new(1, Faults::none());
    let [here, cut, there] = [(); 3].map(|()| world.add_host());
    world.cut(here, cut, Direction::Both);
    world.name("many.test", &[world.ip(cut), world.ip(there)]);
    let mut server = Reactor::new(App::default(), 1, Limits::default());
    let at = SocketAddr::new(world.ip(there), 80);
    let serve = |_: &mut App, _: Peer| Some(Probe::new("server"));
    server.listen(&mut world.net(there), at, serve).unwrap();
    let mut client = Reactor::new(App::default(), 2, Limits::default());
    let greeting = Probe::new("client").on(When::Made, |cx| cx.transport.write(b"hello"));
    client.enter(&world.net(here), |cx| cx.reactor.connect(Endpoint::new("many.test", 80), greeting));
    while server.app.log.len() < 2 {
        let _ = client.turn(&mut world.net(here), Some(Duration::ZERO)).unwrap();
        let _ = server.turn(&mut world.net(there), Some(Duration::ZERO)).unwrap();
        let next = client.next_timer().unwrap_or(world.now() + millis(1));
        world.step(next.max(world.now()).min(world.now() + millis(1)));
    }
    assert_eq!(server.app.log, ["server made", "server data hello"]);
    assert_eq!(client.app.log, ["client made"]);
    let took = world.now() - reactor::Time::ZERO;
    assert!(millis(250) <= took && took < secs(1), "{took:?}");
}
