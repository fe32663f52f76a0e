//! TLS that begins after words in clear.

use reactor::{Cx, Limits};

use crate::support::{App, Probe, THERE, When, millis, secs};
use crate::{Authority, Peer, Serving, Talk, Version, params, serving, trusting};

fn begin(cx: &mut Cx<'_, App, Probe>) {
    cx.transport.start_tls(&trusting(), "server.test");
}

/// A link in clear, and a peer who can speak TLS.
fn plain(probe: Probe, peer: Peer) -> Talk {
    let mut world = crate::world();
    let (_, remote) = world.link(probe);
    Talk { world, remote, peer }
}

/// Asks for it at the first word; the words are those before and after.
fn asking() -> Probe {
    let mut is_first = true;
    Probe::new("a").half_open().on(When::Data, move |cx| {
        if std::mem::take(&mut is_first) {
            cx.transport.write(b"clear");
            begin(cx);
            cx.transport.write(b"sealed");
        }
    })
}

/// Takes what was said in clear; the rest is for the peer.
fn take_clear(talk: &mut Talk, clear: &[u8]) {
    talk.world.settle();
    let sent = talk.world.remote(talk.remote).take_sent();
    assert_eq!(&sent[..clear.len()], clear);
    talk.peer.take(&sent[clear.len()..]);
    talk.down();
    talk.carry();
}

#[test]
fn what_was_written_before_goes_out_in_clear_and_the_rest_sealed() {
    let mut talk = plain(asking(), serving().peer());
    talk.world.remote(talk.remote).feed(b"go on");
    take_clear(&mut talk, b"clear");
    assert_eq!(talk.peer.heard, b"sealed");
    talk.say(b"welcome");
    talk.close(true);
    let heard = ["a made", "a data go on", "a data welcome", "a read_closed"];
    assert_eq!(talk.log(), heard);
}

#[test]
fn an_outbox_that_waits_for_room_keeps_its_order() {
    for room in 0..=12 {
        let mut talk = plain(asking(), serving().peer());
        let remote = talk.remote;
        talk.world.remote(remote).set_room(room);
        talk.write(b"before ");
        talk.world.settle();
        talk.world.remote(remote).feed(b"go on");
        talk.world.settle();
        assert!(talk.world.remote(remote).sent().len() <= room);
        talk.world.remote(remote).set_room(usize::MAX);
        take_clear(&mut talk, b"before clear");
        assert_eq!(talk.peer.heard, b"sealed", "{room}");
    }
}

/// Everywhere that a callback may ask for it.
#[test]
fn nothing_written_after_it_is_ever_sent_in_clear() {
    fn secret(cx: &mut Cx<'_, App, Probe>) {
        begin(cx);
        cx.transport.write(b"secret");
    }
    for when in [When::Made, When::Data, When::ReadClosed, When::High, When::Resumed, When::Stopping] {
        let mut talk = plain(Probe::new("a").on(when, secret), serving().peer());
        let (remote, conn) = (talk.remote, talk.conn());
        match when {
            When::Data => talk.world.remote(remote).feed(b"go on"),
            When::ReadClosed => talk.world.remote(remote).close(),
            When::High => talk.write(&[7; 70_000]),
            When::Resumed => talk.world.enter(|cx| {
                cx.peers.pause_reading(conn);
                cx.peers.resume_reading(conn);
            }),
            When::Stopping => talk.world.net.signal(reactor::Signal::Terminate),
            _ => {}
        }
        talk.world.settle();
        let sent = talk.world.remote(remote).take_sent();
        assert!(!sent.windows(6).any(|window| window == b"secret"), "{when:?}");
        assert!(sent.contains(&22), "{when:?}: a handshake is begun");
    }
}

/// Else whoever is between the two could put words into the secure conversation.
#[test]
fn nothing_that_comes_after_it_is_ever_heard_in_clear() {
    let mut world = crate::world();
    world.dial(THERE, Probe::new("a").on(When::Made, begin));
    world.settle();
    let remote = world.net.dialled()[0].remote;
    world.remote(remote).answer();
    world.remote(remote).feed(b"in clear");
    world.settle();
    let log = world.log();
    assert_eq!(log[0], "a made");
    assert!(log[1].starts_with("a lost: TLS: "), "{log:?}");
}

#[test]
fn a_certificate_that_is_refused_ends_the_link() {
    let stranger = Authority::new("a stranger").sign(&params(&["server.test"]));
    let mut talk = plain(asking(), Serving::new(&stranger, Version::Tls13, &[]).peer());
    talk.world.remote(talk.remote).feed(b"go on");
    take_clear(&mut talk, b"clear");
    let why = "a lost: TLS: invalid peer certificate: UnknownIssuer";
    assert_eq!(talk.log(), ["a made", "a data go on", why]);
    assert!(talk.peer.heard.is_empty());
    assert_eq!(talk.peer.error.as_deref(), Some("received fatal alert: UnknownCA"));
    assert_eq!(talk.world.reactor.counters().handshakes_failed, 1);
}

#[test]
fn a_name_that_is_none_ends_the_link() {
    let probe = Probe::new("a").on(When::Made, |cx| cx.transport.start_tls(&trusting(), "not a name"));
    let mut talk = plain(probe, serving().peer());
    assert_eq!(talk.log(), ["a made", "a lost: TLS: no certificate could be for such a host"]);
    talk.world.pass(secs(1));
    assert_eq!(talk.world.net.open(), 0);
}

#[test]
fn a_peer_that_does_not_answer_is_given_up() {
    let mut talk = plain(Probe::new("a").on(When::Made, begin), serving().peer());
    talk.world.pass(Limits::default().handshake_timeout - millis(1));
    assert_eq!(talk.log(), ["a made"]);
    talk.world.pass(millis(1));
    assert_eq!(talk.log(), ["a lost: TLS: the handshake took too long"]);
}

#[test]
fn a_peer_that_closes_instead_ends_the_link() {
    let mut talk = plain(Probe::new("a").on(When::Made, begin), serving().peer());
    talk.close(false);
    assert_eq!(talk.log(), ["a made", "a lost: TLS: the peer closed during the handshake"]);
}

#[test]
fn tls_within_tls_is_refused() {
    let mut twice = plain(Probe::new("a").on(When::Made, |cx| (begin(cx), begin(cx)).1), serving().peer());
    let mut inside = Talk::client(Probe::new("a").on(When::Made, begin));
    for talk in [&mut twice, &mut inside] {
        assert_eq!(talk.log(), ["a made", "a lost: TLS: it cannot be begun here"]);
    }
}

#[test]
fn there_is_no_tls_without_a_way_to_send() {
    let probe = Probe::new("a").on(When::Made, |cx| {
        cx.transport.lose_write();
        begin(cx);
    });
    assert_eq!(plain(probe, serving().peer()).log(), ["a made", "a lost: TLS: it cannot be begun here"]);
}

#[test]
fn a_link_that_is_closing_begins_nothing() {
    let probe = Probe::new("a").on(When::Made, |cx| {
        cx.transport.write(b"bye");
        cx.transport.lose_connection();
        begin(cx);
    });
    let mut talk = plain(probe.on(When::Lost, begin), serving().peer());
    talk.world.settle();
    assert_eq!(talk.world.remote(talk.remote).sent(), b"bye");
    assert_eq!(talk.log(), ["a made", "a lost: closed"]);
    talk.world.pass(secs(1));
    assert_eq!((talk.world.net.open(), talk.world.reactor.connections()), (0, 0));
}

#[test]
fn law_5_a_close_after_it_waits_for_the_handshake() {
    let probe = Probe::new("a").on(When::Made, |cx| {
        begin(cx);
        cx.transport.write(b"sealed");
        cx.transport.lose_connection();
    });
    let mut talk = plain(probe, serving().peer());
    talk.carry();
    assert_eq!(talk.peer.heard, b"sealed");
    assert!(talk.peer.is_left);
    assert_eq!(talk.log(), ["a made", "a lost: closed"]);
}

#[test]
fn our_side_may_be_closed_right_after_it() {
    let probe = Probe::new("a").half_open().on(When::Made, |cx| {
        begin(cx);
        cx.transport.write(b"sealed");
        cx.transport.lose_write();
    });
    let mut talk = plain(probe, serving().peer());
    talk.carry();
    assert_eq!(talk.peer.heard, b"sealed");
    talk.say(b"answer");
    talk.close(true);
    let heard = ["a made", "a data answer", "a read_closed", "a lost: closed by the peer"];
    assert_eq!(talk.log(), heard);
}

#[test]
fn a_pause_holds_up_what_is_heard_but_not_the_handshake() {
    let probe = Probe::new("a").on(When::Made, |cx| {
        begin(cx);
        cx.transport.pause_reading();
        cx.transport.write(b"sealed");
    });
    let mut talk = plain(probe, serving().peer());
    talk.carry();
    assert_eq!(talk.peer.heard, b"sealed");
    talk.say(b"answer");
    assert_eq!(talk.log(), ["a made"]);
    let conn = talk.conn();
    talk.world.enter(|cx| cx.peers.resume_reading(conn));
    talk.carry();
    assert_eq!(talk.log(), ["a resumed", "a data answer"]);
}
