//! Handshakes that come to their end, and those that do not.

use std::io::ErrorKind;

use reactor::{Endpoint, Limits, Signal};

use crate::support::{App, Probe, THERE, When, World, millis, secs};
use crate::{AUTHORITY, Authority, IDENTITY, Peer, Serving, Talk, Version};
use crate::{at_server, params, proven, serving, trusting};

fn accepted() -> Talk {
    Talk::accepted(&proven(), Peer::client(&AUTHORITY, Version::Tls13), |probe| probe)
}

fn dialled() -> Talk {
    Talk::dialled(at_server(&trusting()), Probe::new("a"), serving().peer())
}

/// Nothing is left, and both counters say why.
fn assert_failed(mut talk: Talk, how: &str) {
    assert_eq!(talk.log(), [format!("a failed: {how}")]);
    let counters = talk.world.reactor.counters();
    assert_eq!((counters.handshakes, counters.handshakes_failed), (0, 1), "{how}");
    assert_eq!((counters.connect_failures, counters.lost), (1, 0), "{how}");
    talk.world.pass(secs(1));
    assert_eq!((talk.world.net.open(), talk.world.reactor.connections()), (0, 0), "{how}");
}

#[test]
fn both_sides_hear_of_it_when_it_is_agreed_on_and_not_before() {
    for mut talk in [accepted(), dialled()] {
        talk.world.settle();
        assert!(talk.log().is_empty());
        talk.carry();
        assert_eq!(talk.log(), ["a made"]);
        let conn = talk.conn();
        talk.world.at(conn, |_, cx| {
            cx.app.say(format!("{} {:?}", cx.transport.is_secure(), cx.transport.alpn()));
        });
        talk.carry();
        assert_eq!(talk.log(), ["true None"]);
        assert_eq!(talk.world.reactor.counters().handshakes, 1);
    }
}

#[test]
fn plain_bytes_are_not_secure() {
    let mut world = World::new();
    let (conn, _) = world.link(Probe::new("a"));
    world.at(conn, |_, cx| assert!(!cx.transport.is_secure() && !cx.transport.is_resumed()));
    world.settle();
}

#[test]
fn a_protocol_is_agreed_on_if_both_know_it() {
    for (ours, theirs, agreed) in
        [("one two", "two one", Some(&b"two"[..])), ("one", "", None), ("", "one", None)]
    {
        let names = |list: &'static str| list.split_whitespace().map(str::as_bytes).collect::<Vec<_>>();
        let (ours, theirs) = (names(ours), names(theirs));
        let peer = Serving::new(&IDENTITY, Version::Tls13, &theirs).peer();
        let mut talk = Talk::dialled(at_server(&AUTHORITY.client(&ours)), Probe::new("a"), peer);
        talk.carry();
        let conn = talk.conn();
        talk.world.at(conn, move |_, cx| assert_eq!(cx.transport.alpn(), agreed));
        talk.carry();
    }
}

#[test]
fn without_a_common_protocol_there_is_no_connection() {
    let peer = Serving::new(&IDENTITY, Version::Tls13, &[b"one"]).peer();
    let mut talk = Talk::dialled(at_server(&AUTHORITY.client(&[b"two"])), Probe::new("a"), peer);
    talk.carry();
    assert_failed(talk, "cannot agree on TLS: received fatal alert: NoApplicationProtocol");
}

#[test]
fn the_roots_dot_of_a_host_is_neither_sent_nor_looked_for_in_the_certificate() {
    let mut talk =
        Talk::dialled(Endpoint::new("server.test.", 443).tls(&trusting()), Probe::new("a"), serving().peer());
    talk.carry();
    assert_eq!((talk.log(), talk.peer.wanted()), (vec!["a made".to_owned()], Some("server.test")));
    let elsewhere = Endpoint::new("192.0.2.1", 443).tls(&trusting()).called("server.test.");
    let mut talk = Talk::dialled(elsewhere, Probe::new("a"), serving().peer());
    talk.carry();
    assert_eq!((talk.log(), talk.peer.wanted()), (vec!["a made".to_owned()], Some("server.test")));
}

#[test]
fn a_session_is_taken_up_again() {
    for version in [Version::Tls12, Version::Tls13] {
        let (client, server) = (trusting(), Serving::new(&IDENTITY, version, &[]));
        let mut talk = Talk::dialled(at_server(&client), Probe::new("a"), server.peer());
        talk.carry();
        talk.close(true);
        talk.world.dial(
            at_server(&client),
            Probe::new("b").on(When::Made, |cx| {
                cx.app.say(format!("resumed: {}", cx.transport.is_resumed()));
            }),
        );
        talk.world.settle();
        talk.log();
        talk.remote = talk.world.net.dialled()[1].remote;
        talk.peer = server.peer();
        talk.carry();
        assert_eq!(talk.log(), ["b made", "resumed: true"], "{version:?}");
        let counters = talk.world.reactor.counters();
        assert_eq!((counters.handshakes, counters.handshakes_resumed), (2, 1), "{version:?}");
    }
}

#[test]
fn a_server_that_is_silent_is_given_up_in_the_endpoints_time() {
    let endpoint = at_server(&trusting()).within(secs(3));
    let mut talk = Talk::dialled(endpoint, Probe::new("a"), serving().peer());
    talk.world.pass(millis(2_999));
    assert!(talk.log().is_empty());
    talk.world.pass(millis(1));
    assert_failed(talk, "cannot agree on TLS: the handshake took too long");
}

#[test]
fn a_client_that_is_silent_is_let_go_in_time() {
    let mut talk = accepted();
    talk.world.pass(Limits::default().handshake_timeout);
    assert_failed(talk, "cannot agree on TLS: the handshake took too long");
}

#[test]
fn a_drip_does_not_prolong_it() {
    let mut talk = accepted();
    let hello = talk.peer.give();
    for byte in &hello[..9] {
        talk.world.remote(talk.remote).feed(&[*byte]);
        talk.world.pass(secs(1));
    }
    assert!(talk.log().is_empty());
    talk.world.pass(secs(1));
    assert_failed(talk, "cannot agree on TLS: the handshake took too long");
}

#[test]
fn whoever_speaks_no_tls_is_told_by_an_alert() {
    for (mut talk, how) in [
        (dialled(), "cannot agree on TLS: received corrupt message of type InvalidContentType"),
        (accepted(), "cannot agree on TLS: received corrupt message of type InvalidContentType"),
    ] {
        talk.up();
        talk.peer.take_records();
        talk.world.remote(talk.remote).feed(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        talk.world.settle();
        let sent = talk.world.remote(talk.remote).take_sent();
        assert_eq!(sent, [21, 3, 3, 0, 2, 2, 50], "a fatal decode_error");
        assert!(talk.world.remote(talk.remote).has_ended());
        assert_failed(talk, how);
    }
}

#[test]
fn a_peer_that_closes_at_once_or_resets_is_a_failure() {
    for mut talk in [dialled(), accepted()] {
        talk.close(false);
        assert_failed(talk, "cannot agree on TLS: the peer closed during the handshake");
    }
    for mut talk in [dialled(), accepted()] {
        talk.world.remote(talk.remote).reset(ErrorKind::ConnectionReset);
        talk.carry();
        assert_failed(talk, "cannot connect: connection reset");
    }
}

#[test]
fn the_refusal_of_our_certificate_reaches_us_as_the_peers_alert() {
    let stranger = Authority::new("a stranger");
    let mut talk = Talk::accepted(&proven(), Peer::client(&stranger, Version::Tls13), |probe| probe);
    talk.carry();
    assert_failed(talk, "cannot agree on TLS: received fatal alert: UnknownCA");
}

#[test]
fn our_refusal_of_a_certificate_reaches_the_peer_before_the_end() {
    let stranger = Authority::new("a stranger").sign(&params(&["server.test"]));
    let peer = Serving::new(&stranger, Version::Tls13, &[]).peer();
    let mut talk = Talk::dialled(at_server(&trusting()), Probe::new("a"), peer);
    talk.carry();
    assert_eq!(talk.peer.error.as_deref(), Some("received fatal alert: UnknownCA"));
    assert_failed(talk, "cannot agree on TLS: invalid peer certificate: UnknownIssuer");
}

#[test]
fn a_host_that_no_certificate_could_be_for_is_a_failure() {
    let mut world = crate::world();
    world.net.answer_dials(true);
    world.net.set_addresses("not a name", ["192.0.2.1".parse().unwrap()]);
    world.dial(reactor::Endpoint::new("not a name", 443).tls(&trusting()), Probe::new("a"));
    world.pass(secs(1));
    assert_eq!(world.log(), ["a failed: cannot agree on TLS: no certificate could be for such a host"]);
    assert_eq!(world.net.open(), 0);
}

#[test]
fn a_stop_breaks_it_off() {
    for mut talk in [dialled(), accepted()] {
        talk.world.net.signal(Signal::Terminate);
        talk.world.settle();
        assert!(talk.world.has_stopped());
        assert_failed(talk, "connecting was cancelled");
    }
}

#[test]
fn losing_a_link_breaks_it_off() {
    let mut talk = Talk { world: crate::world(), ..dialled() };
    talk.world.net.answer_dials(true);
    let conn = talk.world.dial(at_server(&trusting()), Probe::new("a"));
    talk.world.settle();
    talk.world.enter(|cx| cx.peers.lose(conn));
    talk.world.settle();
    assert_failed(talk, "connecting was cancelled");
}

#[test]
fn a_link_that_is_paused_before_it_is_made_is_made_nevertheless() {
    let mut world = crate::world();
    world.net.answer_dials(true);
    let conn = world.dial(at_server(&trusting()), Probe::new("a"));
    world.settle();
    world.enter(|cx| cx.peers.pause_reading(conn));
    let remote = world.net.dialled()[0].remote;
    let mut talk = Talk { world, remote, peer: serving().peer() };
    talk.carry();
    talk.say(b"later");
    assert_eq!(talk.log(), ["a made"]);
    talk.world.enter(|cx| cx.peers.resume_reading(conn));
    talk.carry();
    assert_eq!(talk.log(), ["a resumed", "a data later"]);
}

#[test]
fn a_panic_when_it_is_made_ends_that_connection_alone() {
    let mut world = World::containing_panics();
    let factory = |app: &mut App, _: reactor::Peer| {
        app.served += 1;
        let probe = Probe::new(&format!("s{}", app.served));
        Some(if app.served == 1 { probe.on(When::Made, |_| panic!("no thanks")) } else { probe })
    };
    world.reactor.listen_tls(&mut world.net, crate::AT, &proven(), factory).unwrap();
    let [first, second] = [world.guest(), world.guest()];
    let mut talk = Talk { world, remote: first, peer: Peer::client(&AUTHORITY, Version::Tls13) };
    talk.carry();
    (talk.remote, talk.peer) = (second, Peer::client(&AUTHORITY, Version::Tls13));
    talk.carry();
    assert_eq!(talk.log(), ["s1 made", "s1 lost: a callback panicked: no thanks", "s2 made"]);
    assert_eq!(talk.world.reactor.counters().panics, 1);
}

#[test]
fn the_attempts_of_a_race_end_before_tls_begins() {
    let mut world = crate::world();
    world.net.set_addresses("server.test", ["192.0.2.1", "192.0.2.2"].map(|ip| ip.parse().unwrap()));
    world.dial(at_server(&trusting()), Probe::new("a"));
    world.pass(millis(250));
    let remote = world.net.dialled()[1].remote;
    world.remote(remote).answer();
    let mut talk = Talk { world, remote, peer: serving().peer() };
    talk.carry();
    assert_eq!(talk.log(), ["a made"]);
    assert_eq!(talk.world.net.open(), 1);
}

#[test]
fn a_plain_listener_beside_it_is_not_disturbed() {
    let mut talk = accepted();
    let serve = |_: &mut App, _: reactor::Peer| Some(Probe::new("plain"));
    talk.world.reactor.listen(&mut talk.world.net, THERE, serve).unwrap();
    let guest = talk.world.net.dial_in(THERE);
    talk.world.remote(guest).feed(b"hello");
    talk.carry();
    assert_eq!(talk.log(), ["plain made", "plain data hello", "a made"]);
}

#[test]
fn an_address_where_tls_fails_is_tried_last_next_time() {
    for says in [&b"220 mail.test ESMTP\r\n"[..], b""] {
        let mut world = World::new();
        world.net.set_addresses("server.test", ["192.0.2.1", "192.0.2.2"].map(|ip| ip.parse().unwrap()));
        world.net.answer_dials(true);
        for _ in 0..2 {
            world.dial(at_server(&trusting()), Probe::new("a"));
            world.settle();
            world.net.last_dialled().feed(says); // no TLS; or nothing, until the time is up
            world.pass(secs(10));
        }
        let dialled: Vec<_> = world.net.dialled().iter().map(|dialled| dialled.to.to_string()).collect();
        assert_eq!(dialled, ["192.0.2.1:443", "192.0.2.2:443"]);
        assert_eq!(world.log().len(), 2, "both failed");
    }
}
