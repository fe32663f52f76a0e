//! Writers that are faster than their readers.

use reactor::Limits;

use crate::cast::{Actor, ActorCx, FLOOD, When, pattern};
use crate::nets::Stage;
use crate::reading::stops_and_goes;
use crate::scene::{Scene, assert_same, limits, millis};

pub(crate) fn a_reader_that_pauses_presses_the_writer(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    scene.reactor.app.left = FLOOD;
    scene.meet(Actor::paused, Actor::new("client").produces());
    scene.until(|app| app.has("client", "high"));
    scene.a_while(); // the socket buffers fill up; `low` and `high` alternate meanwhile
    scene.until(|app| app.last("client") == Some("high"));
    assert_eq!(scene.bytes("server"), b"");
    let relieved = scene.reactor.app.times("client", "low");
    scene.at("server", |cx| cx.transport.resume_reading());
    scene.until(|app| app.times("client", "low") > relieved);
    let told: Vec<_> = scene.heard("client").split_off(1);
    assert!(told.chunks(2).all(|pair| pair[0] == "high" && pair.get(1).is_none_or(|low| low == "low")));
    scene.at("client", |cx| cx.transport.abort_connection());
    scene.until_over();
}

pub(crate) fn a_writer_that_heeds_the_pressure_holds_little(stage: impl Stage) {
    const COUNT: usize = 1_000_003;
    let mut scene = Scene::new(stage);
    scene.reactor.app.left = COUNT;
    scene.play(stops_and_goes, Actor::new("client").produces());
    assert_same(scene.bytes("server"), &pattern(COUNT, COUNT));
    let most = scene.reactor.app.most_buffered;
    let high_water = Limits::default().high_water;
    assert!((high_water..high_water + 10_007).contains(&most), "{most}");
}

pub(crate) fn one_write_too_large_ends_the_link<S: Stage>(stage: S) {
    let mut scene = Scene::limited(stage, Limits { write_buffer: 1000, ..limits() });
    scene.meet(|server| server, Actor::new("client"));
    scene.at("client", |cx| {
        cx.transport.write(&[7; 600]);
        cx.transport.write(&[8; 600]);
    });
    scene.until_over();
    assert_eq!(scene.heard("client"), ["made", "lost OutboxFull"]);
    let last = scene.heard("server").pop().unwrap();
    assert!(["lost PeerClosed", "lost Truncated", "lost Lost"].contains(&&*last), "{last}");
    assert!(scene.bytes("server").iter().all(|byte| *byte == 7), "no part of what was refused arrives");
}

pub(crate) fn a_reader_that_never_reads_ends_the_link_of_a_heedless_writer(stage: impl Stage) {
    fn flood(cx: &mut ActorCx<'_>) {
        cx.transport.write(&[7; 256 * 1024]);
        cx.reactor.call_later(millis(1), |_: &mut Actor, cx| flood(cx));
    }
    let mut scene = Scene::new(stage);
    scene.meet(Actor::paused, Actor::new("client").on(When::Made, |cx, _| flood(cx)));
    scene.until(|app| app.has("client", "lost"));
    assert!(scene.heard("client").ends_with(&["high".to_owned(), "lost OutboxFull".to_owned()]));
    scene.at("server", |cx| cx.transport.abort_connection());
    scene.until_over();
}
