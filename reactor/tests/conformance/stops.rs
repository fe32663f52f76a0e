//! The end of the whole reactor.

use reactor::Limits;

use crate::cast::{Actor, Casting, FLOOD, When};
use crate::nets::Stage;
use crate::scene::{ANYWHERE, Scene, limits, millis};

pub(crate) fn a_stop_closes_ports_and_links(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    scene.meet(|server| server, Actor::new("client"));
    scene.reactor.on_stop(|cx| cx.app.note("application", "stop"));
    scene.at("server", |cx| cx.reactor.stop());
    scene.until_stopped();
    assert_eq!(scene.heard("application"), ["stop"]);
    assert_eq!(scene.heard("server's port"), ["opened", "closed"]);
    for side in ["server", "client"] {
        assert_eq!(scene.heard(side), ["made", "stopping", "lost Closed"]);
    }
    assert_eq!(scene.reactor.connections(), 0);
}

pub(crate) fn a_stop_waits_for_last_words(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let last_words = |server: Actor| {
        server.on(When::Stopping, |cx, _| {
            cx.reactor.call_later(millis(10), |_: &mut Actor, cx| {
                cx.transport.write(b"goodbye");
                cx.transport.lose_connection();
            });
        })
    };
    scene.meet(last_words, Actor::new("client").ignores(When::Stopping));
    scene.enter(|cx| cx.reactor.stop());
    scene.until_stopped();
    assert_eq!(scene.heard("server"), ["made", "stopping", "lost Closed"]);
    assert_eq!(scene.heard("client"), ["made", "stopping", "data", "end", "lost PeerClosed"]);
    assert_eq!(scene.bytes("client"), b"goodbye");
}

pub(crate) fn a_stop_cuts_off_who_does_not_end(stage: impl Stage) {
    let bounds = Limits { stop_timeout: millis(20), write_buffer: FLOOD, ..limits() };
    let mut scene = Scene::limited(stage, bounds);
    scene.meet(|server| server, Actor::new("client").paused().ignores(When::Stopping));
    scene.at("server", |cx| cx.transport.write(&vec![7; FLOOD]));
    scene.enter(|cx| cx.reactor.stop());
    scene.until_stopped();
    assert_eq!(scene.heard("server").last().unwrap(), "lost Stopped", "it had more to send");
    assert_eq!(scene.heard("client"), ["made", "stopping", "lost Stopped"]);
}

pub(crate) fn a_stop_cancels_what_is_on_its_way(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let silent = scene.silent();
    scene.dial(silent, Actor::new("client"));
    scene.a_while();
    scene.enter(|cx| cx.reactor.stop());
    scene.until_stopped();
    assert_eq!(scene.heard("client"), ["failed Cancelled"]);
}

pub(crate) fn nothing_is_dialled_or_opened_during_a_stop(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let (_, at) = scene.serve(|server| server);
    let client = Actor::new("client").on(When::Stopping, move |cx, _| {
        cx.reactor.connect(at, Actor::new("latecomer"));
        cx.reactor.listen(ANYWHERE, Casting { role: "latecomer", dress: Some });
        cx.transport.lose_connection();
    });
    scene.join(at, client, "server");
    scene.enter(|cx| cx.reactor.stop());
    scene.until_stopped();
    assert_eq!(scene.heard("latecomer"), ["failed Cancelled"]);
    assert_eq!(scene.heard("latecomer's port"), ["failed Other"]);
}
