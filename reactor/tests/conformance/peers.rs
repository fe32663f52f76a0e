//! Other links, by their ids.

use reactor::{Limits, Sent};

use crate::cast::Actor;
use crate::nets::Stage;
use crate::scene::{Scene, assert_same, limits};

/// Two clients and their servers.
fn two<S: Stage>(stage: S) -> Scene<S> {
    let mut scene = Scene::new(stage);
    let at = scene.meet(|server| server, Actor::new("client"));
    scene.join(at, Actor::new("client2"), "server2");
    scene
}

pub(crate) fn another_link_is_written_to_by_its_id(stage: impl Stage) {
    let mut scene = two(stage);
    let other = scene.reactor.app.id("server2");
    scene.at("server", move |cx| {
        assert_eq!(cx.transport.peers().write(other, b"from "), Sent::Queued);
        assert_eq!(cx.transport.peers().write_sequence(other, &[b"your", b" peer"]), Sent::Queued);
    });
    scene.until(|app| app.bytes("client2") == b"from your peer");
    assert_eq!(scene.heard("client"), ["made"]);
}

pub(crate) fn a_link_not_made_yet_is_gone(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let silent = scene.silent();
    let id = scene.dial(silent, Actor::new("client"));
    for _ in 0..3 {
        assert_eq!(scene.enter(|cx| cx.peers.write(id, b"too early")), Sent::Gone);
        let _ = scene.round();
    }
}

pub(crate) fn a_lost_link_is_gone(stage: impl Stage) {
    let mut scene = two(stage);
    let id = scene.reactor.app.id("client");
    scene.enter(|cx| cx.peers.lose(id));
    scene.until(|app| app.has("client", "lost"));
    assert_eq!(scene.enter(|cx| cx.peers.write(id, b"too late")), Sent::Gone);
    assert!(!scene.enter(|cx| cx.peers.is_open(id)));
    scene.enter(|cx| cx.peers.abort(id)); // harmless
    scene.a_while();
    assert_eq!(scene.heard("client"), ["made", "lost Closed"]);
}

pub(crate) fn a_full_outbox_takes_nothing_and_harms_nobody(stage: impl Stage) {
    let mut scene = Scene::limited(stage, Limits { write_buffer: 1000, ..limits() });
    scene.meet(|server| server, Actor::new("client"));
    let id = scene.reactor.app.id("server");
    let sent = [600, 600, 400].map(|count| scene.enter(|cx| cx.peers.write(id, &[7; 600][..count])));
    assert_eq!(sent, [Sent::Queued, Sent::Full, Sent::Queued]);
    scene.enter(|cx| cx.peers.lose(id));
    scene.until_over();
    assert_same(scene.bytes("client"), &[7; 1000]);
    assert_eq!(scene.reactor.counters().outbox_full, 1);
}

pub(crate) fn another_link_is_closed_by_its_id(stage: impl Stage) {
    let mut scene = two(stage);
    let other = scene.reactor.app.id("server2");
    scene.at("server", move |cx| cx.transport.peers().lose(other));
    scene.until(|app| app.has("client2", "lost"));
    assert_eq!(scene.heard("server2"), ["made", "lost Closed"]);
    assert_eq!(scene.heard("client2"), ["made", "end", "lost PeerClosed"]);
    assert_eq!(scene.heard("server"), ["made"]);
}
