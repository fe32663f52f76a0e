//! Both show a certificate of one authority, or nobody is heard; and a port gets a new one while it is open.

use std::time::Duration;

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, date_time_ymd};
use reactor::{ClientTls, Endpoint, Limits, Net as _, PortId, ServerTls, TlsConfigError, WallTime};

use crate::certs::{Authority, Identity, params};
use crate::support::{App, Probe, World, millis, secs};
use crate::{AUTHORITY, IDENTITY, Peer, Serving, Talk, Version};

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

fn server_of(identity: &Identity) -> ServerTls {
    ServerTls::mutual(identity.shown(&AUTHORITY.pem())).unwrap()
}

fn server() -> ServerTls {
    server_of(&IDENTITY)
}

fn client() -> ClientTls {
    ClientTls::mutual(neighbour("Ball").shown(&AUTHORITY.pem())).unwrap()
}

fn neighbour(name: &str) -> Identity {
    AUTHORITY.sign(&params(&[name]))
}

fn changed(change: impl FnOnce(&mut CertificateParams)) -> Identity {
    let mut params = params(&["Ball"]);
    change(&mut params);
    AUTHORITY.sign(&params)
}

/// A client that shows this has come, so many years after the epoch, and has been heard out.
fn visit(version: Version, years: u32, shows: Option<&Identity>) -> Talk {
    let peer = Peer::client_with(&AUTHORITY, version, shows);
    let mut talk = Talk::accepted(&server(), peer, |probe| probe);
    let now = (YEAR * years).as_nanos().try_into().unwrap();
    talk.world.net.set_wall_clock(WallTime::from_unix_nanos(now));
    talk.carry();
    talk
}

#[track_caller]
fn assert_refused_after(years: u32, shows: Option<&Identity>, why: &str) {
    for version in [Version::Tls12, Version::Tls13] {
        let mut talk = visit(version, years, shows);
        let log = talk.log().concat();
        assert!(
            log.starts_with("a failed: cannot agree on TLS: ") && log.contains(why),
            "{version:?}: {log}"
        );
        assert!(talk.peer.error.is_some(), "the peer is told");
        assert_eq!(talk.world.reactor.counters().handshakes_failed, 1);
    }
}

#[track_caller]
fn assert_refused(shows: Option<&Identity>, why: &str) {
    assert_refused_after(10, shows, why);
}

#[test]
fn whoever_shows_a_certificate_of_the_authority_is_known_by_its_names() {
    for version in [Version::Tls12, Version::Tls13] {
        let mut talk = visit(version, 10, Some(&neighbour("Ball")));
        assert_eq!(talk.log(), ["a made"], "{version:?}");
        let conn = talk.conn();
        talk.world.at(conn, |_, cx| {
            let called = ["Ball", "ball", "Welsh", "Ball.", "", "Bal", "127.0.0.1"]
                .map(|name| cx.transport.is_peer_called(name));
            assert_eq!(called, [true, true, false, true, false, false, false]);
        });
        talk.carry();
    }
}

#[test]
fn whoever_shows_none_is_refused() {
    assert_refused(None, "peer sent no certificates");
}

#[test]
fn whoever_shows_one_of_somebody_else_is_refused() {
    let impostor = Authority::new("the authority").sign(&params(&["Ball"]));
    assert_refused(Some(&impostor), "invalid peer certificate");
    assert_refused(Some(&Identity::self_signed(&["Ball"])), "invalid peer certificate");
}

#[test]
fn a_clients_certificate_is_good_between_its_dates() {
    let dated = changed(|params| {
        (params.not_before, params.not_after) = (date_time_ymd(1980, 1, 1), date_time_ymd(1990, 1, 1));
    });
    assert_refused_after(9, Some(&dated), "not valid yet");
    assert_eq!(visit(Version::Tls13, 15, Some(&dated)).log(), ["a made"]);
    assert_refused_after(21, Some(&dated), "expired");
}

#[test]
fn a_certificate_for_servers_alone_is_none_for_clients() {
    let server = changed(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]);
    assert_refused(Some(&server), "invalid peer certificate");
}

/// Where nobody was asked to show anything, nobody is known.
#[test]
fn a_name_is_not_taken_on_trust() {
    let mut talk = Talk::server(|probe| probe);
    let conn = talk.conn();
    talk.world.at(conn, |_, cx| assert!(!cx.transport.is_peer_called("server.test")));
    talk.carry();
    let mut world = World::new();
    let (conn, _) = world.link(Probe::new("a"));
    world.at(conn, |_, cx| assert!(!cx.transport.is_peer_called("a")));
    world.settle();
}

/// The dialler wants `server.test`, and is given to somebody who shows this.
fn call(authority: &Authority, shows: &Identity, called: &str) -> Talk {
    let to = Endpoint::new("server.test", 443).tls(&client()).called(called);
    let mut talk = Talk::dialled(to, Probe::new("a"), Serving::mutual(shows, authority).peer());
    talk.carry();
    talk
}

#[test]
fn a_server_is_known_by_the_name_that_was_asked_for_and_not_by_its_host() {
    let mut talk = call(&AUTHORITY, &neighbour("Welsh"), "Welsh");
    assert!(talk.peer.is_agreed() && talk.peer.error.is_none());
    assert_eq!(talk.log(), ["a made"]);
    for (called, shown) in [("Welsh", "server.test"), ("Welsh", "Ball"), ("server.test", "Welsh")] {
        let log = call(&AUTHORITY, &neighbour(shown), called).log().concat();
        assert!(log.contains("certificate not valid for name"), "{called}, {shown}: {log}");
    }
}

#[test]
fn public_authorities_count_for_nothing_between_the_two() {
    let other = Authority::new("another");
    let log = call(&AUTHORITY, &other.sign(&params(&["Welsh"])), "Welsh").log().concat();
    assert!(log.contains("UnknownIssuer"), "{log}");
}

/// In TLS 1.3 the dialler is done before the other side has judged it.
#[test]
fn a_dialler_that_is_refused_hears_of_it_after_it_was_made() {
    let mut talk = call(&Authority::new("another"), &neighbour("Welsh"), "Welsh");
    assert_eq!(talk.log(), ["a made", "a lost: TLS: received fatal alert: UnknownCA"]);
}

#[test]
fn no_session_is_taken_up_again() {
    let (client, serving) = (client(), Serving::mutual(&IDENTITY, &AUTHORITY));
    let to = || Endpoint::new("server.test", 443).tls(&client);
    let mut talk = Talk::dialled(to(), Probe::new("a"), serving.peer());
    talk.carry();
    talk.close(true);
    talk.world.dial(to(), Probe::new("b"));
    talk.world.settle();
    talk.remote = talk.world.net.dialled()[1].remote;
    talk.peer = serving.peer();
    talk.carry();
    let counters = talk.world.reactor.counters();
    assert_eq!((counters.handshakes, counters.handshakes_resumed), (2, 0));
}

#[test]
fn a_port_may_allow_less_time_than_the_reactor() {
    let tls = server().within(secs(2));
    let mut talk = Talk::accepted(&tls, Peer::client(&AUTHORITY, Version::Tls13), |probe| probe);
    let hello = talk.peer.give();
    for byte in &hello[..19] {
        talk.world.remote(talk.remote).feed(&[*byte]);
        talk.world.pass(millis(100));
    }
    assert!(talk.log().is_empty());
    talk.world.pass(millis(100));
    assert_eq!(talk.log(), ["a failed: cannot agree on TLS: the handshake took too long"]);
    assert!(Limits::default().handshake_timeout > secs(2));
}

#[test]
fn what_covers_the_handshake_begins_with_the_connection() {
    let mut talk = Talk::accepted(
        &server(),
        Peer::client_with(&AUTHORITY, Version::Tls13, Some(&neighbour("Ball"))),
        |probe| probe,
    );
    let accepted = talk.world.net.now();
    talk.world.pass(secs(1));
    talk.carry();
    let conn = talk.conn();
    talk.world.at(conn, move |_, cx| {
        assert_eq!(cx.transport.since(), accepted);
        assert_eq!(cx.reactor.now(), accepted + secs(1));
    });
    talk.carry();
    assert_eq!(talk.log(), ["a made"]);
}

#[test]
fn a_port_shows_a_new_certificate_and_old_connections_go_on() {
    let mut world = crate::world();
    let factory = |app: &mut App, _| {
        app.served += 1;
        Some(Probe::new(&format!("s{}", app.served)))
    };
    let tls = server_of(&IDENTITY);
    let (port, _) = world.reactor.listen_tls(&mut world.net, crate::AT, &tls, factory).unwrap();
    let visitor = || Peer::client_with(&AUTHORITY, Version::Tls13, Some(&neighbour("Ball")));
    let first = world.guest();
    let mut talk = Talk { world, remote: first, peer: visitor() };
    talk.carry();

    renew(&mut talk.world, port, &neighbour("not the server"));
    talk.peer.say(b"still here");
    talk.down();
    talk.carry();
    assert_eq!(talk.log(), ["s1 made", "s1 data still here"]);
    (talk.remote, talk.peer) = (talk.world.guest(), visitor());
    talk.carry();
    let error = talk.peer.error.as_deref().unwrap();
    assert!(error.contains("certificate not valid for name"), "{error}");
    assert_eq!(talk.log(), ["s2 failed: cannot agree on TLS: received fatal alert: BadCertificate"]);
}

fn renew(world: &mut World, port: PortId, identity: &Identity) {
    let tls = server_of(identity);
    world.enter(|cx| cx.reactor.renew_tls(port, &tls));
    world.settle();
}

#[test]
fn a_plain_port_stays_plain() {
    let mut world = crate::world();
    let (port, _) =
        world.reactor.listen(&mut world.net, crate::AT, |_: &mut App, _| Some(Probe::new("p"))).unwrap();
    renew(&mut world, port, &IDENTITY);
    let guest = world.guest();
    world.remote(guest).feed(b"hello");
    world.settle();
    assert_eq!(world.log(), ["p made", "p data hello"]);
}

#[test]
fn what_cannot_work_is_refused_when_it_is_read() {
    let (good, authority) = (&*IDENTITY, AUTHORITY.pem());
    let both = |identity: &Identity, authority: &str| {
        let shown = identity.shown(authority);
        let server = ServerTls::mutual(shown).map(drop).unwrap_err();
        assert_eq!(ClientTls::mutual(shown).map(drop).unwrap_err(), server);
        server
    };
    let with = |chain: &str, key: &str| Identity { chain: chain.to_owned(), key: key.to_owned() };
    assert_eq!(both(good, ""), TlsConfigError::NoCertificate);
    assert_eq!(both(&with("", &good.key), &authority), TlsConfigError::NoCertificate);
    assert_eq!(both(&with(&good.chain, ""), &authority), TlsConfigError::NoKey);
    let other = neighbour("Ball");
    assert!(matches!(both(&with(&good.chain, &other.key), &authority), TlsConfigError::Unusable(_)));
    let shown = other.shown(&authority);
    assert!(shown.is_called("Ball") && !shown.is_called("Welsh"));
    assert_eq!(format!("{shown:?}"), "Identity { .. }");
}
