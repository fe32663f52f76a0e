//! From `connect` to `connection_made`, or to `connect_failed` and nothing else.

use std::io;
use std::net::IpAddr;

use reactor::Endpoint;

use crate::cast::{Actor, When};
use crate::nets::Stage;
use crate::scene::{Scene, dial, millis};

pub(crate) fn a_refused_connection_fails_and_nothing_else_is_heard(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let (port, at) = scene.serve(|server| server);
    // The open link keeps other programs from being given the port.
    scene.join(at, Actor::new("early client"), "server");
    scene.enter(|cx| cx.reactor.close_port(port));
    scene.until(|app| app.has("server's port", "closed"));
    scene.dial(at, Actor::new("client"));
    scene.until(|app| app.has("client", "failed"));
    scene.a_while();
    assert_eq!(scene.heard("client"), ["failed Failed"]);
    assert_eq!(scene.reactor.counters().connect_failures, 1);
}

pub(crate) fn a_connection_that_is_never_answered_times_out(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let silent = scene.silent();
    scene.dial(Endpoint::from(silent).within(millis(20)), Actor::new("client"));
    scene.until_over();
    assert_eq!(scene.heard("client"), ["failed TimedOut"]);
}

pub(crate) fn a_connection_on_its_way_can_be_given_up(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let silent = scene.silent();
    let id = scene.dial(silent, Actor::new("client"));
    scene.a_while();
    assert_eq!(scene.heard("client"), [""; 0]);
    scene.enter(|cx| cx.peers.lose(id));
    scene.until_over();
    assert_eq!(scene.heard("client"), ["failed Cancelled"]);
}

pub(crate) fn a_name_is_looked_up(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let (_, at) = scene.serve(|server| server.says(b"welcome"));
    scene.dial(Endpoint::new("localhost", at.port()), Actor::new("client").closes_after(7));
    scene.until(|app| app.has("client", "lost"));
    assert_eq!(scene.heard("client"), ["made", "data", "lost Closed"]);
}

pub(crate) fn an_unknown_name_is_unresolved(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    // Not even a name, so that no name server need be asked.
    scene.dial(Endpoint::new("no\0name", 7), Actor::new("client"));
    scene.until_over();
    assert_eq!(scene.heard("client"), ["failed Unresolved"]);
}

/// Looks up both a name that is known and one that is not, to be noted.
pub(crate) fn a_name_may_be_looked_up_without_dialling(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    for (name, note) in [("localhost", "known"), ("no\0name", "unknown")] {
        scene.enter(|cx| {
            let done = cx.reactor.app_reply(move |cx, found: io::Result<Vec<IpAddr>>| {
                let all = found.map(|all| all.iter().all(IpAddr::is_loopback) && !all.is_empty());
                cx.app.note(note, format!("{:?}", all.ok()));
            });
            cx.reactor.resolve(name, done);
        });
    }
    scene.until(|app| app.has("known", "Some(true)") && app.has("unknown", "None"));
    assert_eq!(scene.reactor.connections(), 0);
}

pub(crate) fn a_callback_may_dial<S: Stage>(stage: S) {
    let mut scene = Scene::new(stage);
    let (_, at) = scene.serve(|server| server.says(b"welcome"));
    let first = Actor::new("first").on(When::Data, move |cx, _| {
        dial::<S>(&mut cx.reactor, at, Actor::new("second").closes_after(7));
        cx.transport.lose_connection();
    });
    scene.dial(at, first);
    scene.until(|app| app.has("second", "lost"));
    assert_eq!(scene.bytes("second"), b"welcome");
}
