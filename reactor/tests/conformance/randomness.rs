//! Equal seeds, equal numbers.

use reactor::{Limits, Reactor};

use crate::cast::{Actor, App, When};
use crate::nets::Stage;
use crate::scene::Scene;

fn draw(stage: &mut impl Stage, seed: u64) -> [u64; 9] {
    let mut reactor = Reactor::new(App::default(), seed, Limits::default());
    stage.with(|net| reactor.enter(net, |cx| [0; 9].map(|_| cx.reactor.random())))
}

pub(crate) fn equal_seeds_draw_equal_numbers(mut stage: impl Stage) {
    assert_eq!(draw(&mut stage, 7), draw(&mut stage, 7));
    assert_ne!(draw(&mut stage, 7), draw(&mut stage, 8));
}

pub(crate) fn links_draw_from_the_seed_of_their_reactor(mut stage: impl Stage) {
    let numbers = draw(&mut stage, 1);
    let mut scene = Scene::new(stage);
    let client = Actor::new("client").on(When::Made, |cx, _| {
        let number = cx.reactor.random().to_string();
        cx.app.note("client", number);
    });
    scene.meet(|server| server, client);
    assert_eq!(scene.heard("client"), ["made".to_owned(), numbers[0].to_string()]);
}
