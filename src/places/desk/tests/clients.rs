//! The shares of clients: who goes first, and who is refused when there is no room.

use super::*;

const BUSY: [u8; 4] = [10, 9, 9, 9];
const OTHER: [u8; 4] = [10, 8, 8, 8];

/// Answers one call after the other; the latitudes that were asked, in their order.
fn answer_all(stage: &mut Stage) -> Vec<f64> {
    let (mut calls, mut order) = (stage.calls(), Vec::new());
    while let Some(call) = calls.pop_front() {
        order.push(call.nearby.latitude);
        stage.answer(call, status("OK"));
        calls.extend(stage.calls());
    }
    order
}

#[test]
fn as_many_as_there_is_room_for_may_be_of_one_client() {
    let mut stage = Stage::one();
    let DeskBounds { in_flight, waiting } = DeskBounds::default();
    let count = u32::try_from(in_flight + waiting).unwrap();
    (0..count).for_each(|who| stage.ask_from(BUSY, who, f64::from(who) / 100.0, 1));
    assert!(stage.heard().is_empty(), "nobody is refused");
    (count..count + 99).for_each(|who| stage.ask_from(BUSY, who, 0.5, 1));
    assert!(stage.heard().is_empty(), "the same needs no room");
    assert_eq!(answer_all(&mut stage).len(), in_flight + waiting);
    let heard = stage.heard();
    assert_eq!(heard.len(), in_flight + waiting + 99);
    assert!(heard.iter().all(|(_, text)| text.starts_with('{')));
    stage.assert_at_rest();
}

#[test]
fn fifty_of_one_client_are_answered_in_two_rounds() {
    let mut stage = Stage::one();
    (0..50).for_each(|who| stage.ask_from(BUSY, who, f64::from(who), 1));
    for round in [32, 18] {
        let calls = stage.calls();
        assert_eq!(calls.len(), round);
        stage.wait(SECOND / 5);
        calls.into_iter().for_each(|call| stage.answer(call, status("OK")));
    }
    assert!(stage.heard().iter().all(|(_, text)| text.starts_with('{')));
    stage.assert_at_rest();
}

#[test]
fn who_asks_little_is_asked_next_however_much_another_has_waiting() {
    let mut stage = Stage::new(&["google"], false, DeskBounds { in_flight: 1, waiting: 99 });
    (0..9).for_each(|who| stage.ask_from(BUSY, who, f64::from(who), 1));
    (10..12).for_each(|who| stage.ask_from(OTHER, who, f64::from(who), 1));
    stage.ask_from([10, 7, 7, 7], 20, 20.0, 1);
    assert_eq!(answer_all(&mut stage), [0.0, 1.0, 10.0, 20.0, 2.0, 11.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
    assert_eq!(stage.heard().len(), 12);
    stage.assert_at_rest();
}

#[test]
fn who_asks_what_is_asked_already_is_answered_in_its_own_turn() {
    let mut stage = Stage::new(&["google"], false, DeskBounds { in_flight: 1, waiting: 99 });
    (0..5).for_each(|who| stage.ask_from(BUSY, who, f64::from(who), 1));
    stage.ask_from(OTHER, 9, 4.0, 1);
    assert_eq!(answer_all(&mut stage), [0.0, 1.0, 4.0, 2.0, 3.0]);
    assert_eq!(stage.heard().iter().map(|(who, _)| *who).collect::<Vec<_>>(), [0, 1, 4, 9, 2, 3]);
    stage.assert_at_rest();
}

#[test]
fn when_there_is_no_room_who_has_most_loses_its_newest_and_gets_what_is_at_hand() {
    let bounds = DeskBounds { in_flight: 1, waiting: 3 };
    for has_builtin in [false, true] {
        let mut stage = Stage::new(&["google", "overpass"], has_builtin, bounds);
        (0..5).for_each(|who| stage.ask_from(BUSY, who, 47.0 + f64::from(who), 1));
        assert_eq!(stage.heard().iter().map(|(who, _)| *who).collect::<Vec<_>>(), [4], "it has most itself");
        stage.ask_from(OTHER, 9, 40.0, 1);
        stage.ask_from(OTHER, 10, 41.0, 1);
        let heard = stage.heard();
        assert_eq!(
            heard.iter().map(|(who, _)| *who).collect::<Vec<_>>(),
            [3, 10],
            "then it would have as many"
        );
        let answer = if has_builtin { "{\n" } else { "? no places: too many questions wait" };
        assert!(heard.iter().all(|(_, text)| text.starts_with(answer)), "{heard:?}");
        assert_eq!(answer_all(&mut stage), [47.0, 48.0, 40.0, 49.0]);
        assert_eq!((stage.heard().len(), stage.desk().counters.refused_by_queue), (4, 3));
        stage.assert_at_rest();
    }
}
