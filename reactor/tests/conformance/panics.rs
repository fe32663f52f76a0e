//! What a panic does is where the nets differ, by [`Net::CONTAINS_PANICS`](reactor::Net): a server
//! on real sockets lives on, a simulation or a test fails. So these are the tests of one net each.

use reactor::JobError;

use crate::cast::{Actor, When};
use crate::nets::{Mio, Mock, Sim, Stage};
use crate::scene::Scene;

/// A client whose server panics when it hears anything, and another that looks on.
fn struck<S: Stage>() -> Scene<S> {
    let mut scene = Scene::new(S::open(1));
    let fragile = |server: Actor| server.on(When::Data, |_, data| panic!("{}", data.escape_ascii()));
    let at = scene.meet(fragile, Actor::new("client"));
    scene.join(at, Actor::new("bystander"), "server2");
    scene.at("client", |cx| cx.transport.write(b"ouch"));
    scene.until(|app| app.has("client", "lost"));
    scene
}

#[test]
fn on_mio_a_panicking_callback_ends_its_link_alone() {
    let mut scene = struck::<Mio>();
    assert_eq!(scene.heard("server"), ["made", "data", "lost Panicked"]);
    assert_eq!(scene.heard("bystander"), ["made"]);
    assert_eq!(scene.reactor.counters().panics, 1);
}

#[test]
#[should_panic(expected = "ouch")]
fn in_the_simulator_a_panicking_callback_ends_the_test() {
    struck::<Sim>();
}

#[test]
#[should_panic(expected = "ouch")]
fn on_the_mock_a_panicking_callback_ends_the_test() {
    struck::<Mock>();
}

/// An application whose deferred work panics.
fn panicking_work<S: Stage>() -> Scene<S> {
    let mut scene = Scene::new(S::open(1));
    scene.enter(|cx| {
        let done = cx.reactor.app_reply(|cx, outcome: Result<(), JobError>| {
            cx.app.note("work", outcome.unwrap_err().to_string());
        });
        cx.reactor.defer_to_thread(|| panic!("ouch"), done);
    });
    scene.until(|app| app.has("work", ""));
    scene
}

#[test]
fn on_mio_and_the_mock_deferred_work_that_panics_is_an_error() {
    assert_eq!(panicking_work::<Mio>().heard("work"), ["the deferred work panicked: ouch"]);
    assert_eq!(panicking_work::<Mock>().heard("work"), ["the deferred work panicked: ouch"]);
}

#[test]
#[should_panic(expected = "ouch")]
fn in_the_simulator_deferred_work_that_panics_ends_the_test() {
    panicking_work::<Sim>();
}
