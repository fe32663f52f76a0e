//! The desk with providers whose every answer the test gives.

mod clients;
mod overload;
mod random;

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use reactor::testing::MockNet;
use reactor::{Limits, Reactor};

use super::*;
use crate::herd::{Neighbours, Rules};
use crate::key::HerdKey;
use crate::places::Search;
use crate::traffic_log::TrafficLog;

const SECOND: Duration = Duration::from_secs(1);
const TIME: Duration = Duration::from_secs(5);

/// A call of a provider: which one, what it was asked, and how it answers.
struct Call {
    name: &'static str,
    nearby: Nearby,
    done: Reply<Herd, Searched>,
}

/// A provider that leaves the answer to the test.
struct Asked {
    name: &'static str,
    calls: Sender<Call>,
}

impl Provider for Asked {
    fn nearby(
        &mut self,
        nearby: Nearby,
        _: &mut Agent<Herd>,
        _: &mut Requests<'_, Herd>,
        done: Reply<Herd, Searched>,
    ) {
        self.calls.send(Call { name: self.name, nearby, done }).unwrap();
    }
}

struct Stage {
    reactor: Reactor<Herd>,
    net: MockNet,
    calls: Receiver<Call>,
    /// Who was answered, and with what.
    answers: Receiver<(u32, String)>,
    answered: Sender<(u32, String)>,
}

impl Stage {
    /// A chain of web services, and perhaps the gazetteer behind them.
    fn new(web: &[&'static str], has_builtin: bool, bounds: DeskBounds) -> Stage {
        let ((to_calls, calls), (answered, answers)) = (mpsc::channel(), mpsc::channel());
        let mut desk = Desk::new(bounds);
        for name in web {
            desk = desk.with_web(name, Box::new(Asked { name, calls: to_calls.clone() }));
        }
        if has_builtin {
            desk = desk.with_local("builtin", Box::new(Builtin));
        }
        let (key, traffic) = (HerdKey::new(&[1; 32]), TrafficLog::off());
        let herd = Herd::new("Welsh", Neighbours::default(), key, desk, traffic, Rules::default());
        Stage {
            reactor: Reactor::new(herd, 1, Limits::default()),
            net: MockNet::new(),
            calls,
            answers,
            answered,
        }
    }

    fn one() -> Stage {
        Stage::new(&["google"], false, DeskBounds::default())
    }

    fn desk(&self) -> &Desk {
        &self.reactor.app.desk
    }

    /// Number `who`, at an address of its own, asks what is near a point of latitude `latitude`.
    fn ask(&mut self, who: u32, latitude: f64, bound: usize) {
        self.ask_from([10, 0, 0, u8::try_from(who % 250).unwrap()], who, latitude, bound);
    }

    fn ask_from(&mut self, client: [u8; 4], who: u32, latitude: f64, bound: usize) {
        let nearby = Nearby { latitude, longitude: 1.0, radius_metres: 1_000.0, bound, within: TIME };
        let answered = self.answered.clone();
        self.reactor.enter(&self.net, |cx| {
            let done = cx.reactor.app_reply(move |_, answer: Answer| {
                let text = answer.map(|found| String::from_utf8(found.text()).unwrap().trim_end().to_owned());
                answered.send((who, text.unwrap_or_else(|error| format!("? {error}")))).unwrap();
            });
            let Herd { desk, agent, .. } = &mut *cx.app;
            desk.ask(client.into(), nearby, agent, &mut cx.reactor, done);
        });
        self.settle();
    }

    fn settle(&mut self) {
        self.net.settle(&mut self.reactor).unwrap();
    }

    fn wait(&mut self, time: Duration) {
        self.net.pass(&mut self.reactor, time).unwrap();
    }

    fn calls(&self) -> VecDeque<Call> {
        self.calls.try_iter().collect()
    }

    /// The one call that was made.
    #[track_caller]
    fn call(&self) -> Call {
        let mut calls = self.calls();
        assert_eq!(calls.len(), 1, "calls");
        calls.pop_front().unwrap()
    }

    fn answer(&mut self, call: Call, answer: Searched) {
        self.reactor.enter(&self.net, |cx| cx.reactor.send(call.done, answer));
        self.settle();
    }

    fn heard(&self) -> Vec<(u32, String)> {
        self.answers.try_iter().collect()
    }

    /// What the one who was answered has heard.
    #[track_caller]
    fn heard_once(&self) -> String {
        let mut heard = self.heard();
        assert_eq!(heard.len(), 1, "{heard:?}");
        heard.remove(0).1
    }

    /// Fails every question until the service rests.
    fn open_breaker(&mut self) {
        for who in 0..5 {
            self.ask(who, f64::from(who), 1);
            let call = self.call();
            self.answer(call, fail());
        }
        assert_eq!(self.heard().len(), 5);
    }

    /// Nobody waits, nothing is counted twice or not at all.
    #[track_caller]
    fn assert_at_rest(&self) {
        let desk = self.desk();
        let DeskCounters { asked, answered, failed, .. } = desk.counters;
        assert_eq!((asked, desk.in_flight), (answered + failed, 0), "{desk}");
        assert!(desk.questions.is_empty() && desk.queue.len() == 0);
        assert!(self.heard().is_empty(), "everybody hears once");
    }
}

fn status(status: &str) -> Searched {
    read(&format!("{{\"results\":[1,2,3],\"status\":\"{status}\"}}"))
}

fn read(text: &str) -> Searched {
    Ok(Search::read(text.as_bytes())?)
}

fn fail() -> Searched {
    Err(ProviderError::Status(503))
}

#[test]
fn a_question_is_asked_for_all_places_and_answered_with_as_many_as_it_wants() {
    let mut stage = Stage::one();
    stage.ask(1, 7.0, 2);
    let call = stage.call();
    assert_eq!((call.nearby.latitude, call.nearby.bound, call.nearby.within), (7.0, 20, TIME));
    stage.answer(call, status("OK"));
    assert_eq!(stage.heard_once(), r#"{"results":[1,2],"status":"OK"}"#);
    assert_eq!(stage.reactor.next_timer(), None);
    stage.assert_at_rest();
}

#[test]
fn the_same_asked_at_once_is_asked_once_and_cut_for_each() {
    let mut stage = Stage::one();
    for (who, latitude, bound) in [(1, 7.0, 1), (2, 7.0, 3), (3, 7.5, 1), (4, 7.0, 2)] {
        stage.ask(who, latitude, bound);
    }
    let mut calls = stage.calls();
    assert_eq!(calls.iter().map(|call| call.nearby.latitude).collect::<Vec<_>>(), [7.0, 7.5]);
    stage.answer(calls.pop_front().unwrap(), status("OK"));
    let heard = stage.heard();
    let expected = [(1, "1"), (2, "1,2,3"), (4, "1,2")]
        .map(|(who, results)| (who, format!("{{\"results\":[{results}],\"status\":\"OK\"}}")));
    assert_eq!(heard, expected);
    stage.answer(calls.pop_front().unwrap(), fail());
    assert_eq!(stage.heard_once(), "? no places: the answer is an HTTP status 503");
    assert_eq!(stage.desk().counters.merged, 2);
    stage.assert_at_rest();
}

#[test]
fn no_answer_is_kept() {
    let mut stage = Stage::one();
    for who in 1..4 {
        stage.ask(who, 7.0, 1);
        let call = stage.call();
        stage.answer(call, status("OK"));
    }
    assert_eq!(stage.heard().len(), 3);
    stage.assert_at_rest();
}

#[test]
fn rubbish_is_a_failure_and_so_is_silence() {
    let mut stage = Stage::one();
    for rubbish in ["", "{}", "<html>", "{\"results\":[],\"status\":\"OK\"", "[]"] {
        stage.ask(1, 7.0, 1);
        let call = stage.call();
        stage.answer(call, read(rubbish));
        assert!(stage.heard_once().starts_with("? no places: the answer cannot be read: "));
    }
    let mut stage = Stage::one();
    stage.ask(1, 7.0, 1);
    stage.wait(TIME - SECOND);
    assert!(stage.heard().is_empty());
    stage.ask(2, 7.0, 1); // shares the call, and its end
    stage.wait(SECOND);
    assert_eq!(stage.heard(), [1, 2].map(|who| (who, "? no places: no answer in time".to_owned())));
    let late = stage.call();
    stage.answer(late, status("OK"));
    stage.assert_at_rest();
    assert_eq!(stage.desk().sources[0].counters.timed_out, 1);
}

#[test]
fn an_answer_that_is_late_does_not_answer_the_next_question() {
    let mut stage = Stage::one();
    stage.ask(1, 7.0, 1);
    let late = stage.call();
    stage.wait(TIME);
    stage.ask(2, 7.0, 1);
    stage.answer(late, status("OK"));
    assert!(stage.heard_once().starts_with('?'));
    let call = stage.call();
    stage.answer(call, status("ZERO_RESULTS"));
    assert!(stage.heard_once().contains("ZERO_RESULTS"));
    stage.assert_at_rest();
}

#[test]
fn a_failure_asks_the_next_one_in_the_time_that_is_left() {
    let mut stage = Stage::new(&["google", "overpass"], false, DeskBounds::default());
    stage.ask(1, 7.0, 1);
    stage.wait(2 * SECOND);
    let call = stage.call();
    stage.answer(call, fail());
    let call = stage.call();
    assert_eq!((call.name, call.nearby.within), ("overpass", 3 * SECOND));
    stage.answer(call, status("OK"));
    assert_eq!(stage.heard_once(), r#"{"results":[1],"status":"OK"}"#);
    stage.assert_at_rest();
}

#[test]
fn a_refusal_asks_the_next_one_and_the_last_answer_stands() {
    for refusal in ["OVER_QUERY_LIMIT", "OVER_DAILY_LIMIT", "REQUEST_DENIED", "UNKNOWN_ERROR"] {
        for (last, heard) in
            [(status("OK"), "OK"), (status("REQUEST_DENIED"), "REQUEST_DENIED"), (fail(), refusal)]
        {
            let mut stage = Stage::new(&["google", "overpass"], false, DeskBounds::default());
            stage.ask(1, 7.0, 1);
            let call = stage.call();
            stage.answer(call, status(refusal));
            let call = stage.call();
            stage.answer(call, last);
            assert!(stage.heard_once().contains(&format!("\"{heard}\"")), "{refusal}");
            stage.assert_at_rest();
        }
    }
}

#[test]
fn a_refusal_of_the_only_one_is_passed_on_as_it_came() {
    let mut stage = Stage::one();
    stage.ask(1, 7.0, 1);
    let call = stage.call();
    let text = r#"{"html_attributions":[],"results":[],"status":"OVER_DAILY_LIMIT"}"#;
    stage.answer(call, read(text));
    assert_eq!(stage.heard_once(), text);
    stage.assert_at_rest();
}

#[test]
fn other_statuses_are_answers_and_asked_of_nobody_else() {
    for answer in ["OK", "ZERO_RESULTS", "INVALID_REQUEST", "SOMETHING_NEW"] {
        let mut stage = Stage::new(&["google", "overpass"], true, DeskBounds::default());
        stage.ask(1, 7.0, 1);
        let call = stage.call();
        stage.answer(call, status(answer));
        assert!(stage.heard_once().contains(answer));
        stage.assert_at_rest();
    }
}

#[test]
fn what_is_at_hand_answers_even_when_the_time_is_up() {
    let mut stage = Stage::new(&["google", "overpass"], true, DeskBounds::default());
    stage.ask(1, 47.366_67, 1);
    stage.wait(TIME);
    assert_eq!(stage.call().name, "google", "no time is left for the second");
    assert!(stage.heard_once().starts_with("{\n   \"html_attributions\" : ["));
    stage.assert_at_rest();
}

#[test]
fn what_is_at_hand_is_asked_without_bounds() {
    let none = DeskBounds { in_flight: 0, waiting: 0 };
    let mut stage = Stage::new(&[], true, none);
    stage.ask(1, 7.0, 1);
    stage.ask(2, 7.0, 1);
    assert_eq!(stage.heard().len(), 2);
    stage.assert_at_rest();
}

#[test]
fn a_desk_without_a_provider_says_so() {
    let mut stage = Stage::new(&[], false, DeskBounds::default());
    stage.ask(1, 7.0, 1);
    assert_eq!(stage.heard_once(), "? no places: there is no provider");
    stage.assert_at_rest();
}

#[test]
fn more_than_may_be_in_flight_wait_and_more_than_may_wait_are_refused() {
    let bounds = DeskBounds { in_flight: 2, waiting: 2 };
    let mut stage = Stage::new(&["google"], false, bounds);
    (0..6).for_each(|who| stage.ask(who, f64::from(who), 1));
    let refused = "? no places: too many questions wait".to_owned();
    assert_eq!(stage.heard(), [(4, refused.clone()), (5, refused)]);
    let mut order = Vec::new();
    let mut calls = stage.calls();
    while let Some(call) = calls.pop_front() {
        assert!(calls.len() < 2, "two in flight at most");
        order.push(call.nearby.latitude);
        stage.answer(call, status("OK"));
        calls.extend(stage.calls());
    }
    assert_eq!(order, [0.0, 1.0, 2.0, 3.0]);
    assert_eq!(stage.heard().len(), 4);
    assert_eq!(stage.desk().counters.refused_by_queue, 2);
    stage.assert_at_rest();
}

#[test]
fn who_waits_too_long_is_told_and_leaves_the_queue() {
    let bounds = DeskBounds { in_flight: 1, waiting: 9 };
    let mut stage = Stage::new(&["google"], false, bounds);
    stage.ask(1, 1.0, 1);
    stage.wait(SECOND);
    stage.ask(2, 2.0, 1);
    stage.ask(3, 3.0, 1);
    stage.wait(2 * SECOND);
    let call = stage.call();
    stage.answer(call, status("OK"));
    let second = stage.call();
    assert_eq!((second.nearby.latitude, second.nearby.within), (2.0, 3 * SECOND));
    stage.wait(3 * SECOND);
    assert_eq!(stage.heard().iter().map(|(who, _)| *who).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(stage.calls().is_empty(), "there was no time left for the third");
    assert_eq!(stage.desk().counters.expired, 1);
    stage.assert_at_rest();
}

#[test]
fn a_service_that_fails_five_times_rests_and_is_then_tried_by_one() {
    let mut stage = Stage::one();
    stage.open_breaker();
    stage.ask(1, 7.0, 1);
    assert_eq!(stage.heard_once(), "? no places: it has failed too often and is not asked now");
    assert!(stage.calls().is_empty());
    stage.wait(SECOND);
    stage.ask(1, 7.0, 1);
    stage.ask(2, 8.0, 1);
    assert_eq!(stage.heard_once(), "? no places: it has failed too often and is not asked now");
    let probe = stage.call();
    stage.answer(probe, fail());
    stage.wait(SECOND); // the second rest is longer: 1.5 s at least
    stage.ask(1, 7.0, 1);
    assert_eq!(stage.heard().len(), 2);
    stage.wait(SECOND);
    stage.ask(1, 7.0, 1);
    let probe = stage.call();
    stage.answer(probe, status("OVER_QUERY_LIMIT"));
    (2..6).for_each(|who| stage.ask(who, f64::from(who), 1));
    assert_eq!((stage.calls().len(), stage.desk().sources[0].counters.spared), (4, 3));
    stage.wait(TIME);
    assert_eq!(stage.heard().len(), 5);
    stage.assert_at_rest();
}

#[test]
fn while_a_service_rests_the_next_one_is_asked_and_nobody_is_counted_as_waiting() {
    let mut stage = Stage::new(&["google"], true, DeskBounds::default());
    for who in 0..5 {
        stage.ask(who, 47.366_67, 1);
        let call = stage.call();
        stage.answer(call, fail());
    }
    (5..9).for_each(|who| stage.ask_from([10, 0, 0, 1], who, f64::from(who), 1));
    assert!(stage.calls().is_empty());
    let heard = stage.heard();
    assert_eq!((heard.len(), heard.iter().filter(|(_, text)| text.starts_with('{')).count()), (9, 9));
    stage.assert_at_rest();
}

#[test]
fn those_in_the_queue_do_not_wait_for_a_service_that_begins_to_rest() {
    let bounds = DeskBounds { in_flight: 5, ..DeskBounds::default() };
    let mut stage = Stage::new(&["google"], false, bounds);
    (0..50).for_each(|who| stage.ask(who, f64::from(who), 1));
    for call in stage.calls() {
        stage.answer(call, fail());
    }
    for call in stage.calls() {
        stage.answer(call, fail());
    }
    assert_eq!(stage.heard().len(), 50);
    assert_eq!(stage.desk().sources[0].counters.calls, 9);
    stage.assert_at_rest();
}

#[test]
fn a_stop_leaves_nobody_without_an_answer() {
    let mut stage = Stage::one();
    stage.ask(1, 7.0, 1);
    stage.reactor.enter(&stage.net, |cx| cx.reactor.stop());
    stage.ask(2, 8.0, 1);
    for call in stage.calls() {
        stage.answer(call, Err(ProviderError::Unavailable("it stops".to_owned())));
    }
    assert_eq!(stage.heard().len(), 2);
    stage.assert_at_rest();
}

#[test]
fn what_was_asked_and_answered_is_said_and_no_zero() {
    let mut stage = Stage::new(&["google"], true, DeskBounds::default());
    stage.ask(1, 7.0, 1);
    stage.ask(2, 7.0, 1);
    stage.wait(SECOND);
    let call = stage.call();
    stage.answer(call, fail());
    assert_eq!(
        stage.desk().to_string(),
        "2 asked for\n1 merged with one in flight\n2 answered\ngoogle: 1.0s for all calls that have ended, 1.0s for the longest\n\
         google: 1 calls\ngoogle: 1 other statuses\nbuiltin: 1 calls\nbuiltin: 1 answers\n"
    );
}

#[test]
fn an_answer_goes_out_squeezed() {
    assert_eq!(status("OK").unwrap().cut(1), b"{\"results\":[1],\"status\":\"OK\"}\n\n");
}
