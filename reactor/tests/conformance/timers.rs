//! What happens later.

use std::time::Duration;

use reactor::AppCx;

use crate::cast::{Actor, App, When};
use crate::nets::Stage;
use crate::scene::{Scene, millis};

impl<S: Stage> Scene<S> {
    fn note_later(&mut self, after: Duration, what: &'static str) -> reactor::TimerId {
        let [timer] = self.note_all_later([(after, what)]);
        timer
    }

    /// Starts all timers at one instant.
    fn note_all_later<const N: usize>(
        &mut self,
        all: [(Duration, &'static str); N],
    ) -> [reactor::TimerId; N] {
        let note = |what| move |cx: &mut AppCx<'_, App>| cx.app.note("timers", what);
        self.enter(|cx| all.map(|(after, what)| cx.reactor.app_later(after, note(what))))
    }
}

pub(crate) fn timers_run_in_the_order_of_their_deadlines(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    scene.note_all_later([(millis(90), "late"), (millis(30), "early"), (Duration::ZERO, "at once")]);
    assert_eq!(scene.heard("timers"), [""; 0], "nothing runs inside of what asked for it");
    scene.until(|app| app.has("timers", "late"));
    assert_eq!(scene.heard("timers"), ["at once", "early", "late"]);
}

pub(crate) fn timers_of_one_deadline_run_in_the_order_of_their_making(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    scene.enter(|cx| {
        for n in 0..9 {
            cx.reactor.app_later(millis(5), move |cx| cx.app.note("timers", n.to_string()));
        }
    });
    scene.until(|app| app.has("timers", "8"));
    assert_eq!(scene.heard("timers").concat(), "012345678");
}

pub(crate) fn a_cancelled_timer_does_not_run(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let (timer, other) = (scene.note_later(millis(900), "cancelled"), scene.note_later(millis(1), "other"));
    assert!(scene.enter(|cx| cx.reactor.cancel(timer)));
    assert!(!scene.enter(|cx| cx.reactor.cancel(timer)), "for the second time");
    scene.until(|app| app.has("timers", "other"));
    assert!(!scene.enter(|cx| cx.reactor.cancel(other)), "too late");
    assert_eq!(scene.reactor.next_timer(), None);
}

pub(crate) fn the_timers_of_a_link_end_with_it(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let client = Actor::new("client").on(When::Made, |cx, _| {
        cx.reactor.call_later(millis(300), |_: &mut Actor, cx| cx.app.note("timers", "the link's"));
        cx.transport.lose_connection();
    });
    scene.play(|server| server, client);
    scene.note_later(millis(300), "the application's");
    scene.until(|app| app.has("timers", "the application's"));
    assert_eq!(scene.heard("timers"), ["the application's"]);
}

pub(crate) fn a_timer_of_the_application_outlives_every_link(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    let client = Actor::new("client").on(When::Made, |cx, _| {
        cx.reactor.app_later(millis(50), |cx| cx.app.note("timers", "alive"));
        cx.transport.lose_connection();
    });
    scene.play(|server| server, client);
    scene.until(|app| app.has("timers", "alive"));
}
