//! What is heard in which order, and by whom.

use std::collections::BTreeSet;

use crate::cast::{Actor, ActorCx, When};
use crate::nets::Stage;
use crate::scene::{Scene, millis};

pub(crate) fn a_link_is_made_then_fed_then_lost_on_both_sides(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let reply = |cx: &mut ActorCx<'_>, _: &[u8]| {
        cx.transport.write(b"pong");
        cx.transport.lose_connection();
    };
    scene.play(move |server| server.on(When::Data, reply), Actor::new("client").says(b"ping"));
    assert_eq!(scene.heard("server"), ["made", "data", "lost Closed"]);
    assert_eq!(scene.heard("client"), ["made", "data", "end", "lost PeerClosed"]);
    assert_eq!(scene.bytes("client"), b"pong");
}

pub(crate) fn the_server_may_speak_first(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    scene.play(|server| server.says(b"welcome"), Actor::new("client").closes_after(7));
    assert_eq!(scene.bytes("client"), b"welcome");
    assert_eq!(scene.heard("client"), ["made", "data", "lost Closed"]);
}

pub(crate) fn both_sides_may_speak_at_once(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let client = Actor::new("client").says(b"hello").closes_after(7);
    scene.play(|server| server.says(b"welcome").closes_after(5), client);
    assert_eq!(scene.bytes("server"), b"hello");
    assert_eq!(scene.bytes("client"), b"welcome");
}

pub(crate) fn nothing_is_heard_after_lose_connection(stage: impl Stage) {
    fn drip(cx: &mut ActorCx<'_>, left: u32) {
        match left {
            0 => cx.transport.lose_connection(),
            _ => {
                cx.transport.write(b"x");
                cx.reactor.call_later(millis(1), move |_: &mut Actor, cx| drip(cx, left - 1));
            }
        }
    }
    let mut scene = Scene::new(stage);
    let client = Actor::new("client").on(When::Made, |cx, _| drip(cx, 9)).ignores(When::End);
    // Several bytes may arrive in one read.
    let closes_at_once = |server: Actor| {
        server.on(When::Data, |cx, _| {
            cx.app.note("server", "closes");
            cx.transport.lose_connection();
        })
    };
    scene.play(closes_at_once, client);
    assert_eq!(scene.heard("server"), ["made", "data", "closes", "lost Closed"]);
}

pub(crate) fn the_id_is_known_before_the_link_is_made(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let (_, at) = scene.serve(|server| server);
    let id = scene.dial(at, Actor::new("client"));
    scene.until(|app| app.has("client", "made"));
    assert_eq!(scene.reactor.app.id("client"), id);
}

pub(crate) fn ids_are_never_used_again(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let (_, at) = scene.serve(|server| server);
    let ids: BTreeSet<_> = (0..9)
        .map(|_| {
            let id =
                scene.dial(at, Actor::new("client").on(When::Made, |cx, _| cx.transport.lose_connection()));
            scene.until(|app| app.count("made") > app.count("lost PeerClosed"));
            scene.until_over();
            id
        })
        .collect();
    assert_eq!(ids.len(), 9);
}
