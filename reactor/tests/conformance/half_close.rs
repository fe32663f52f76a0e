//! One direction ends, the other lives.

use reactor::Sent;

use crate::cast::{Actor, When, pattern};
use crate::nets::Stage;
use crate::scene::{Scene, assert_same};

/// Asks, and says that nothing more will come.
fn asks(client: Actor) -> Actor {
    client.says(b"question").on(When::Made, |cx, _| cx.transport.lose_write())
}

pub(crate) fn a_reply_follows_the_end_of_the_question(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let answers = |server: Actor| {
        server.on(When::End, |cx, _| {
            cx.transport.write(b"answer");
            cx.transport.lose_connection();
        })
    };
    scene.play(answers, asks(Actor::new("client")));
    assert_eq!(scene.bytes("server"), b"question");
    assert_eq!(scene.bytes("client"), b"answer");
    for side in ["server", "client"] {
        assert_eq!(scene.heard(side), ["made", "data", "end", "lost PeerClosed"]);
    }
}

pub(crate) fn the_server_may_close_its_side_first(stage: impl Stage) {
    const COUNT: usize = 100_000;
    let mut scene = Scene::new(stage);
    let client = Actor::new("client").on(When::End, |cx, _| {
        cx.transport.write(&pattern(COUNT, COUNT));
        cx.transport.lose_connection();
    });
    scene.play(asks, client);
    assert_eq!(scene.bytes("client"), b"question");
    assert_same(scene.bytes("server"), &pattern(COUNT, COUNT));
}

pub(crate) fn a_link_is_over_once_both_sides_are_closed(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    scene.meet(|server| server.ignores(When::End), asks(Actor::new("client")).ignores(When::End));
    scene.until(|app| app.has("server", "end"));
    scene.a_while();
    assert_eq!(scene.heard("server"), ["made", "data", "end"]);
    scene.at("server", |cx| cx.transport.lose_write());
    scene.until_over();
    assert_eq!(scene.heard("server"), ["made", "data", "end", "lost PeerClosed"]);
    assert_eq!(scene.heard("client"), ["made", "end", "lost PeerClosed"]);
}

pub(crate) fn nothing_is_taken_after_lose_write(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let client = asks(Actor::new("client")).on(When::Made, |cx, _| {
        cx.transport.write(b"too late");
        let me = cx.transport.id();
        assert_eq!(cx.transport.peers().write(me, b"too late"), Sent::Gone);
    });
    scene.play(|server| server, client);
    assert_eq!(scene.bytes("server"), b"question");
}

pub(crate) fn the_end_closes_the_link_unless_overridden(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    scene.play(|server| server, asks(Actor::new("client")));
    assert_eq!(scene.heard("server"), ["made", "data", "end", "lost PeerClosed"]);
    assert_eq!(scene.heard("client"), ["made", "end", "lost PeerClosed"]);
}
