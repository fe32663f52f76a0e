//! More questions than a service bears.

use super::*;

#[test]
fn a_service_that_is_asked_for_more_than_it_bears_answers_as_much_as_it_can() {
    // It bears 32 at a time, and each takes a second.
    let mut stage = Stage::new(&["google"], false, DeskBounds::default());
    let (mut out, mut good) = (VecDeque::new(), 0);
    for tick in 0..300 {
        (0..8).for_each(|part| stage.ask(part, f64::from(8 * tick + part), 1));
        out.push_back(stage.calls());
        if out.len() > 10 {
            out.pop_front().into_iter().flatten().for_each(|call| stage.answer(call, status("OK")));
            out.back_mut().unwrap().extend(stage.calls());
        }
        stage.wait(SECOND / 10);
        good += stage.heard().iter().filter(|(_, text)| !text.starts_with('?')).count();
    }
    assert!(good > 800, "{good} of 960: {}", stage.desk());
}
