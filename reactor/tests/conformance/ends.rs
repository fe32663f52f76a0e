//! How a link ends, and what each side hears of it.

use reactor::Limits;

use crate::cast::{Actor, FLOOD, When, numbered, pattern};
use crate::nets::Stage;
use crate::scene::{Scene, assert_same, is_cut_off, limits, millis};

/// Fits into an outbox, but hardly into one write.
const MUCH: usize = 500_000;

/// Writes much and closes at once.
fn pours(actor: Actor) -> Actor {
    actor.on(When::Made, |cx, _| {
        cx.transport.write(&pattern(MUCH, MUCH));
        cx.transport.lose_connection();
    })
}

pub(crate) fn lose_connection_delivers_everything_before(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    scene.play(pours, Actor::new("client"));
    assert_same(scene.bytes("client"), &pattern(MUCH, MUCH));
    assert_eq!(scene.heard("client"), ["made", "data", "end", "lost PeerClosed"]);
    let heard = scene.heard("server");
    assert_eq!((heard.first().unwrap().as_str(), heard.last().unwrap().as_str()), ("made", "lost Closed"));
}

pub(crate) fn a_reader_that_paused_still_gets_everything(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    scene.meet(pours, Actor::new("client").paused());
    scene.a_while();
    assert_eq!(scene.heard("client"), ["made"]);
    scene.at("client", |cx| cx.transport.resume_reading());
    scene.until_over();
    assert_same(scene.bytes("client"), &pattern(MUCH, MUCH));
}

pub(crate) fn last_words_reach_a_peer_that_is_still_sending(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    scene.reactor.app.left = MUCH;
    let leaves = |server: Actor| {
        server.on(When::Data, |cx, _| {
            cx.transport.write(b"goodbye");
            cx.transport.lose_connection();
        })
    };
    scene.play(leaves, Actor::new("client").produces());
    assert_eq!(scene.bytes("client"), b"goodbye");
    assert_eq!(scene.heard("client").last().unwrap(), "lost PeerClosed");
    assert_eq!(scene.heard("server"), ["made", "data", "lost Closed"]);
}

pub(crate) fn who_closes_first_hears_closed_and_the_other_peer_closed(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    scene.meet(|server| server, Actor::new("client"));
    scene.at("client", |cx| cx.transport.lose_connection());
    scene.until_over();
    assert_eq!(scene.heard("client"), ["made", "lost Closed"]);
    assert_eq!(scene.heard("server"), ["made", "end", "lost PeerClosed"]);
}

pub(crate) fn both_sides_may_close_at_once(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    scene.meet(|server| server, Actor::new("client"));
    let ids = ["server", "client"].map(|name| scene.reactor.app.id(name));
    scene.enter(|cx| ids.map(|id| cx.peers.lose(id)));
    scene.until_over();
    for side in ["server", "client"] {
        assert_eq!(scene.heard(side), ["made", "lost Closed"]);
    }
}

pub(crate) fn nothing_is_taken_after_lose_connection(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let client = Actor::new("client").says(b"last words").on(When::Made, |cx, _| {
        cx.transport.lose_connection();
        cx.transport.write(b"too late");
    });
    scene.play(|server| server, client);
    assert_eq!(scene.bytes("server"), b"last words");
}

pub(crate) fn an_abort_is_told_once_on_each_side<S: Stage>(stage: S) {
    let mut scene = Scene::new(stage);
    scene.meet(|server| server, Actor::new("client"));
    scene.at("client", |cx| cx.transport.abort_connection());
    scene.until_over();
    assert_eq!(scene.heard("client"), ["made", "lost Aborted"]);
    let heard = scene.heard("server");
    assert!(is_cut_off::<S>(&heard), "{heard:?}");
}

pub(crate) fn what_an_abort_did_not_send_is_lost(stage: impl Stage) {
    let mut scene = Scene::limited(stage, Limits { write_buffer: FLOOD, ..limits() });
    scene.meet(Actor::paused, Actor::new("client"));
    scene.at("client", |cx| {
        cx.transport.write(&vec![7; FLOOD]);
        cx.transport.abort_connection();
    });
    scene.at("server", |cx| cx.transport.resume_reading());
    scene.until_over();
    assert_eq!(scene.heard("client").last().unwrap(), "lost Aborted");
    let received = scene.bytes("server");
    assert!(received.len() < FLOOD && received.iter().all(|byte| *byte == 7));
}

/// Bytes that arrive after the abort reset the peer, too, but it may read the end of the stream before. So this is
/// repeated until the bytes arrived in time.
pub(crate) fn an_abort_with_unread_bytes_resets_the_peer(stage: impl Stage) {
    const ATTEMPTS: usize = 100;
    let mut scene = Scene::new(stage);
    let (_, at) = scene.serve(Actor::paused);
    let is_reset = (1..=ATTEMPTS).any(|attempt| {
        let [server, client] = ["server", "client"].map(|role| numbered(role, attempt));
        scene.join(at, Actor::new(&*client).says(b"unread"), &server);
        scene.a_while();
        scene.at(&server, |cx| cx.transport.abort_connection());
        scene.until_over();
        assert_eq!(scene.heard(&server), ["made", "lost Aborted"]);
        scene.heard(&client) == ["made", "lost Lost"]
    });
    assert!(is_reset, "{:#?}", scene.reactor.app);
}

pub(crate) fn the_last_bytes_must_be_read_in_time(stage: impl Stage) {
    let bounds = Limits { flush_timeout: millis(20), write_buffer: FLOOD, ..limits() };
    let mut scene = Scene::limited(stage, bounds);
    scene.meet(|server| server, Actor::new("client").paused());
    scene.at("server", |cx| {
        cx.transport.write(&vec![7; FLOOD]);
        cx.transport.lose_connection();
    });
    scene.until(|app| app.has("server", "lost"));
    assert_eq!(scene.heard("server").last().unwrap(), "lost FlushTimeout");
    scene.at("client", |cx| cx.transport.abort_connection());
    scene.until_over();
}
