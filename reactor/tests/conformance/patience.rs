//! Links that end by themselves.

use crate::cast::{Actor, When};
use crate::nets::Stage;
use crate::scene::{Scene, is_cut_off, millis};

pub(crate) fn silence_ends_a_link_with_an_idle_timeout<S: Stage>(stage: S) {
    let mut scene = Scene::new(stage);
    let impatient =
        |server: Actor| server.on(When::Made, |cx, _| cx.transport.set_idle_timeout(Some(millis(10))));
    scene.play(impatient, Actor::new("client"));
    assert_eq!(scene.heard("server"), ["made", "lost Idle"]);
    let heard = scene.heard("client");
    assert!(is_cut_off::<S>(&heard), "{heard:?}");
}

pub(crate) fn an_idle_timeout_can_be_taken_back(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let client = Actor::new("client").on(When::Made, |cx, _| {
        cx.transport.set_idle_timeout(Some(millis(10)));
        cx.transport.set_idle_timeout(None);
    });
    scene.meet(|server| server, client);
    scene.a_while();
    assert_eq!(scene.heard("client"), ["made"]);
}

pub(crate) fn a_deadline_strikes_whatever_is_heard(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let mut deadline = None;
    let client = Actor::new("client").says(b"ball").echoes().on(When::Data, move |cx, _| {
        let end = *deadline.get_or_insert(cx.reactor.now() + millis(20));
        cx.transport.set_deadline(Some(end));
    });
    scene.play(Actor::echoes, client);
    assert_eq!(scene.heard("client"), ["made", "data", "lost DeadlinePassed"]);
}
