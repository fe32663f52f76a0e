//! Calls on other links, replies, and what threads bring back.

use reactor::JobError;

use crate::cast::{Actor, ActorCx};
use crate::nets::Stage;
use crate::scene::Scene;

/// A client, and the server that it asks.
fn two<S: Stage>(stage: S) -> Scene<S> {
    let mut scene = Scene::new(stage);
    scene.meet(|server| server, Actor::new("client"));
    scene
}

/// Asks for a number, to be noted.
fn ask(cx: &mut ActorCx<'_>) {
    cx.app.owed = Some(cx.reactor.reply(|me: &mut Actor, cx, n: u32| cx.app.note(&me.name, n.to_string())));
}

/// Sends the reply that is owed. From outside: on real sockets a link may be closed by now.
fn answer<S: Stage>(scene: &mut Scene<S>) {
    scene.enter(|cx| {
        let owed = cx.app.owed.take().unwrap();
        cx.reactor.send(owed, 42);
    });
}

/// Has a number worked out on a thread, to be noted.
fn defer(cx: &mut ActorCx<'_>) {
    let done = cx.reactor.reply(|me: &mut Actor, cx, outcome: Result<u32, JobError>| {
        cx.app.note(&me.name, format!("{outcome:?}"));
    });
    cx.reactor.defer_to_thread(|| 6 * 7, done);
}

pub(crate) fn a_call_reaches_another_link(stage: impl Stage) {
    let mut scene = two(stage);
    let other = scene.reactor.app.id("client");
    scene.at("server", move |cx| {
        cx.reactor.call(other, |me: &mut Actor, cx| cx.app.note(&me.name, "called"));
        assert!(!cx.app.has("client", "called"), "no callback runs inside a callback");
    });
    scene.until(|app| app.has("client", "called"));
}

pub(crate) fn a_call_on_a_lost_link_is_dropped(stage: impl Stage) {
    let mut scene = two(stage);
    let id = scene.reactor.app.id("client");
    scene.enter(|cx| cx.peers.lose(id));
    scene.until_over();
    scene.enter(|cx| cx.reactor.call(id, |me: &mut Actor, cx| cx.app.note(&me.name, "called")));
    scene.until_counted(|counters| counters.stale == 1);
    assert_eq!(scene.heard("client"), ["made", "lost Closed"]);
}

pub(crate) fn a_reply_comes_back_to_the_link_that_asked(stage: impl Stage) {
    let mut scene = two(stage);
    scene.at("client", ask);
    answer(&mut scene);
    scene.until(|app| app.has("client", "42"));
}

pub(crate) fn a_reply_to_a_lost_link_is_dropped(stage: impl Stage) {
    let mut scene = two(stage);
    scene.at("client", ask);
    scene.at("client", |cx| cx.transport.abort_connection());
    answer(&mut scene);
    scene.until_counted(|counters| counters.stale == 1);
    assert_eq!(scene.heard("client"), ["made", "lost Aborted"]);
}

pub(crate) fn a_reply_comes_back_to_the_application(stage: impl Stage) {
    let mut scene = two(stage);
    scene.at("client", |cx| {
        cx.app.owed = Some(cx.reactor.app_reply(|cx, n: u32| cx.app.note("application", n.to_string())));
        cx.transport.lose_connection();
    });
    answer(&mut scene);
    scene.until(|app| app.has("application", "42"));
}

pub(crate) fn deferred_work_brings_its_value(stage: impl Stage) {
    let mut scene = two(stage);
    scene.at("client", defer);
    scene.until(|app| app.has("client", "Ok(42)"));
}

pub(crate) fn deferred_work_for_a_lost_link_is_dropped(stage: impl Stage) {
    let mut scene = two(stage);
    scene.at("client", |cx| {
        defer(cx);
        cx.transport.abort_connection();
    });
    scene.until_counted(|counters| counters.stale == 1);
    assert_eq!(scene.heard("client"), ["made", "lost Aborted"]);
}
