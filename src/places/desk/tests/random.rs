//! Whatever happens, in whatever order, everybody is answered once and every bound is kept.

use proptest::prelude::*;

use super::*;

const BOUNDS: DeskBounds = DeskBounds { in_flight: 3, waiting: 4 };

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    /// A client asks at a place.
    Ask { client: u8, place: u8 },
    /// One of the calls that are out is answered.
    Answer { call: usize, with: &'static str },
    /// Time passes.
    Wait { millis: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    const ANSWERS: &[&str] = &["OK", "ZERO_RESULTS", "OVER_QUERY_LIMIT", "", "fail"];
    prop_oneof![
        4 => (0..3_u8, 0..9_u8).prop_map(|(client, place)| Step::Ask { client, place }),
        3 => (any::<usize>(), prop::sample::select(ANSWERS))
            .prop_map(|(call, with)| Step::Answer { call, with }),
        1 => (1..3_000_u64).prop_map(|millis| Step::Wait { millis }),
    ]
}

fn give(with: &str) -> Searched {
    match with {
        "fail" => fail(),
        "" => read(""),
        _ => status(with),
    }
}

impl Stage {
    #[track_caller]
    fn assert_within_bounds(&self) {
        let desk = self.desk();
        assert!(desk.in_flight <= BOUNDS.in_flight && desk.queue.len() <= BOUNDS.waiting, "{desk}");
        let waiting = desk.questions.values().filter(|question| matches!(question.state, State::Waiting));
        assert_eq!(waiting.count(), desk.queue.len());
    }
}

proptest! {
    #[test]
    fn everybody_is_answered_once_and_every_bound_is_kept(
        steps in prop::collection::vec(step(), 0..120), services in 1..3_usize, has_builtin: bool,
    ) {
        let mut stage = Stage::new(&["google", "overpass"][..services], has_builtin, BOUNDS);
        let (mut out, mut asked, mut heard) = (Vec::new(), Vec::new(), Vec::new());
        for (who, step) in (0..).zip(steps) {
            match step {
                Step::Ask { client, place } => {
                    stage.ask_from([10, 0, 0, client], who, f64::from(place), 1);
                    asked.push(who);
                }
                Step::Answer { call, with } if !out.is_empty() => {
                    let call = out.swap_remove(call % out.len());
                    stage.answer(call, give(with));
                }
                Step::Answer { .. } => {}
                Step::Wait { millis } => stage.wait(Duration::from_millis(millis)),
            }
            stage.assert_within_bounds();
            out.extend(stage.calls());
            heard.extend(stage.heard());
        }
        stage.wait(TIME);
        heard.extend(stage.heard());
        let is_answered = |(_, text): &(u32, String)| !text.starts_with('?');
        prop_assert!(!has_builtin || heard.iter().all(is_answered));
        let mut heard: Vec<u32> = heard.into_iter().map(|(who, _)| who).collect();
        heard.sort_unstable();
        prop_assert_eq!(heard, asked);
        for late in out {
            stage.answer(late, status("OK"));
        }
        stage.assert_at_rest();
        prop_assert_eq!(stage.reactor.next_timer(), None);
    }
}
