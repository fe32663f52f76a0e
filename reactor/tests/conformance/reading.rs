//! Pausing and resuming.

use crate::cast::{Actor, When, pattern};
use crate::nets::Stage;
use crate::scene::{Scene, assert_same, millis};

const COUNT: usize = 300_001;

pub(crate) fn a_paused_link_hears_nothing_and_then_everything(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    scene.reactor.app.left = COUNT;
    scene.meet(Actor::paused, Actor::new("client").produces());
    scene.a_while();
    assert_eq!(scene.heard("server"), ["made"]);
    scene.at("server", |cx| cx.transport.resume_reading());
    scene.until_over();
    assert_eq!(scene.heard("server"), ["made", "resumed", "data", "end", "lost PeerClosed"]);
    assert_same(scene.bytes("server"), &pattern(COUNT, COUNT));
}

pub(crate) fn resumed_is_told_before_newer_bytes(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let pauses = |server: Actor| {
        server.on(When::Data, |cx, data| {
            if data == b"a" {
                cx.transport.pause_reading();
                cx.transport.write(b"more");
            }
        })
    };
    let client = Actor::new("client").says(b"a").on(When::Data, |cx, _| cx.transport.write(b"b"));
    scene.meet(pauses, client);
    scene.until(|app| app.bytes("client") == b"more");
    scene.a_while();
    assert_eq!(scene.heard("server"), ["made", "data"]);
    scene.at("server", |cx| cx.transport.resume_reading());
    scene.until(|app| app.bytes("server").starts_with(b"ab"));
    assert_eq!(scene.heard("server"), ["made", "data", "resumed", "data"]);
}

pub(crate) fn a_reader_that_stops_and_goes_loses_nothing(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    scene.reactor.app.left = COUNT;
    scene.play(stops_and_goes, Actor::new("client").produces());
    assert_same(scene.bytes("server"), &pattern(COUNT, COUNT));
}

/// Reads once in a millisecond.
pub(crate) fn stops_and_goes(actor: Actor) -> Actor {
    actor.on(When::Data, |cx, _| {
        cx.transport.pause_reading();
        cx.reactor.call_later(millis(1), |_: &mut Actor, cx| cx.transport.resume_reading());
    })
}

pub(crate) fn the_end_waits_for_a_paused_reader(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let client = Actor::new("client").says(b"goodbye").on(When::Made, |cx, _| cx.transport.lose_connection());
    scene.meet(Actor::paused, client);
    scene.a_while();
    assert_eq!(scene.heard("server"), ["made"]);
    scene.at("server", |cx| cx.transport.resume_reading());
    scene.until_over();
    assert_eq!(scene.heard("server"), ["made", "resumed", "data", "end", "lost PeerClosed"]);
    assert_eq!(scene.bytes("server"), b"goodbye");
}
