//! What the operating system asks of the process.

use reactor::Signal;

use crate::cast::{Actor, When};
use crate::nets::Stage;
use crate::scene::Scene;

pub(crate) fn an_interrupt_stops(stage: impl Stage) {
    assert_stops(stage, Signal::Interrupt);
}

pub(crate) fn a_termination_stops(stage: impl Stage) {
    assert_stops(stage, Signal::Terminate);
}

fn assert_stops(stage: impl Stage, signal: Signal) {
    let mut scene = Scene::new(stage.with_signals());
    scene.meet(|server| server, Actor::new("client"));
    scene.signal(signal);
    scene.until_stopped();
    assert_eq!(scene.heard("server's port"), ["opened", "closed"]);
    assert_eq!(scene.heard("server"), ["made", "stopping", "lost Closed"]);
}

pub(crate) fn a_second_signal_cuts_off_at_once(stage: impl Stage) {
    let mut scene = Scene::new(stage.with_signals()); // its stop_timeout is an hour
    scene.meet(|server| server.ignores(When::Stopping), Actor::new("client").ignores(When::Stopping));
    scene.signal(Signal::Interrupt);
    scene.until(|app| app.has("server", "stopping"));
    scene.a_while();
    scene.signal(Signal::Terminate);
    scene.until_stopped();
    for side in ["server", "client"] {
        assert_eq!(scene.heard(side), ["made", "stopping", "lost Stopped"]);
    }
}

pub(crate) fn a_hangup_is_told_and_changes_nothing(stage: impl Stage) {
    let mut scene = Scene::new(stage.with_signals());
    scene.reactor.on_signal(|cx, signal| cx.app.note("application", format!("{signal:?}")));
    scene.meet(Actor::echoes, Actor::new("client"));
    scene.signal(Signal::Hangup);
    scene.until(|app| app.has("application", "Hangup"));
    scene.at("client", |cx| cx.transport.write(b"still here"));
    scene.until(|app| app.bytes("client") == b"still here");
}
