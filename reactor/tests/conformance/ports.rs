//! Listening, accepting, refusing.

use std::io;

use reactor::Limits;

use crate::cast::{Actor, Casting};
use crate::nets::Stage;
use crate::scene::{ANYWHERE, Scene, is_declined, limits};

fn rival() -> Casting<impl FnMut(Actor) -> Option<Actor>> {
    Casting { role: "rival", dress: Some }
}

pub(crate) fn the_factory_hears_where_it_listens(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let (_, at) = scene.serve(|server| server);
    assert_eq!(scene.heard("server's port"), ["opened"]);
    assert_eq!(scene.reactor.app.diary("server's port").at, Some(at));
    assert_ne!(at.port(), 0);
}

pub(crate) fn an_address_in_use_is_an_error_for_caller_and_factory(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let (_, at) = scene.serve(|server| server);
    let error = scene.listen(at, rival()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    assert_eq!(scene.heard("rival's port"), ["failed AddrInUse"]);
}

pub(crate) fn an_address_in_use_is_told_to_the_factory_alone_when_a_callback_listens(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let at = scene.meet(|server| server, Actor::new("client"));
    scene.at("client", move |cx| {
        cx.reactor.listen(at, rival());
        cx.reactor.listen(ANYWHERE, Casting { role: "other", dress: Some });
    });
    scene.until(|app| app.has("other's port", "opened"));
    assert_eq!(scene.heard("rival's port"), ["failed AddrInUse"]);
}

pub(crate) fn a_closed_port_refuses_newcomers_and_spares_old_links(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let (port, at) = scene.serve(Actor::echoes);
    scene.join(at, Actor::new("client"), "server");
    scene.at("client", move |cx| cx.reactor.close_port(port));
    scene.until(|app| app.has("server's port", "closed"));
    scene.dial(at, Actor::new("newcomer"));
    scene.until(|app| app.has("newcomer", "failed"));
    scene.at("client", |cx| cx.transport.write(b"still here"));
    scene.until(|app| app.bytes("client") == b"still here");
    assert_eq!(scene.heard("newcomer"), ["failed Failed"]);
    assert_eq!(scene.heard("server's port"), ["opened", "closed"]);
}

pub(crate) fn a_closed_port_can_be_opened_again(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let (port, at) = scene.serve(|server| server);
    scene.join(at, Actor::new("client"), "server");
    scene.enter(|cx| cx.reactor.close_port(port));
    scene.until(|app| app.has("server's port", "closed"));
    assert_eq!(scene.listen(at, rival()).unwrap().1, at);
    scene.join(at, Actor::new("client2"), "rival");
}

pub(crate) fn who_is_declined_sees_an_end<S: Stage>(stage: S) {
    let mut scene = Scene::new(stage);
    let (_, at) = scene.listen(ANYWHERE, Casting { role: "server", dress: |_| None }).unwrap();
    scene.dial(at, Actor::new("client"));
    scene.until_over();
    let heard = scene.heard("client");
    assert!(is_declined::<S>(&heard), "{heard:?}");
    assert_eq!(scene.reactor.counters().refused, 1);
}

pub(crate) fn who_exceeds_the_limit_of_links_is_refused<S: Stage>(stage: S) {
    let mut scene = Scene::limited(stage, Limits { links: 3, ..limits() });
    let at = scene.meet(Actor::echoes, Actor::new("client"));
    scene.dial(at, Actor::new("client2"));
    scene.until(|app| app.has("client2", "lost") || app.has("client2", "failed"));
    let heard = scene.heard("client2");
    assert!(is_declined::<S>(&heard), "{heard:?}");
    assert_eq!(scene.heard("server2"), [""; 0]);
    scene.at("client", |cx| cx.transport.write(b"still here"));
    scene.until(|app| app.bytes("client") == b"still here");
}

pub(crate) fn nobody_waits_for_ever_where_few_are_accepted_per_turn(stage: impl Stage) {
    const CLIENTS: usize = 40;
    let mut scene = Scene::limited(stage, Limits { accepts_per_turn: 3, ..limits() });
    let (_, at) = scene.serve(|server| server);
    for n in 0..CLIENTS {
        scene.dial(at, Actor::new(format!("client{n}")));
    }
    scene.until(|app| app.count("made") == 2 * CLIENTS);
}
