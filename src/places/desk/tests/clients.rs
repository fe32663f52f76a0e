//! The bound of one client.

use super::*;

#[test]
fn one_client_may_have_so_many_waiting_and_others_are_served() {
    let bounds = DeskBounds { in_flight: 1, waiting: 99, per_client: 2 };
    let mut stage = Stage::new(&["google"], false, bounds);
    let one = [10, 9, 9, 9];
    stage.ask_from(one, 1, 1.0, 1);
    stage.ask_from(one, 2, 1.0, 1); // merged; it waits all the same
    stage.ask_from(one, 3, 1.0, 1);
    stage.ask_from(one, 4, 2.0, 1);
    let refused = "? no places: too many questions of one client wait".to_owned();
    assert_eq!(stage.heard(), [(3, refused.clone()), (4, refused)]);
    stage.ask(5, 2.0, 1);
    let call = stage.call();
    stage.answer(call, status("OK"));
    assert_eq!(stage.heard().len(), 2);
    stage.ask_from(one, 6, 3.0, 1);
    let call = stage.call();
    stage.answer(call, status("OK"));
    let call = stage.call();
    stage.answer(call, status("OK"));
    assert_eq!(stage.heard().iter().map(|(who, _)| *who).collect::<Vec<_>>(), [5, 6]);
    assert_eq!(stage.desk().counters.refused_by_client, 2);
    stage.assert_at_rest();
}

#[test]
fn beyond_its_bound_a_client_gets_what_is_at_hand_also_for_what_is_asked_already() {
    let bounds = DeskBounds { in_flight: 1, waiting: 99, per_client: 2 };
    let mut stage = Stage::new(&["google", "overpass"], false, bounds);
    let (calls, at_hand) = mpsc::channel();
    let desk = std::mem::replace(&mut stage.reactor.app.desk, Desk::builtin());
    stage.reactor.app.desk = desk.with_local("file", Box::new(Asked { name: "file", calls }));
    for (who, bound) in [(1, 1), (2, 2), (3, 1), (4, 2)] {
        stage.ask_from([10, 9, 9, 9], who, 7.0, bound);
    }
    assert!(stage.heard().is_empty());
    stage.answer(at_hand.recv().unwrap(), status("OK"));
    stage.answer(at_hand.recv().unwrap(), fail());
    let heard = [
        (3, r#"{"results":[1],"status":"OK"}"#.to_owned()),
        (4, "? no places: the answer is an HTTP status 503".to_owned()),
    ];
    assert_eq!(stage.heard(), heard);
    let call = stage.call();
    stage.answer(call, fail());
    let call = stage.call();
    assert_eq!(call.name, "overpass", "the question in flight goes its way");
    stage.answer(call, status("OK"));
    assert_eq!(stage.heard().iter().map(|(who, _)| *who).collect::<Vec<_>>(), [1, 2]);
    let DeskCounters { merged, refused_by_client, answered, failed, .. } = stage.desk().counters;
    assert_eq!((merged, refused_by_client, answered, failed), (1, 2, 3, 1));
    let calls = stage.desk().sources.iter().map(|source| source.counters.calls);
    assert_eq!(calls.collect::<Vec<_>>(), [1, 1, 2]);
    stage.assert_at_rest();
}
