//! What `LineReceiver` does, beside what Twisted's own does: see docs/twisted-behaviours.md.

use std::time::Duration;

use proptest::prelude::*;
use protocols::{LineReceiver, Lines, Mode};
use reactor::testing::Harness;
use reactor::{Cx, Limits, Reason};

use crate::segments::segmentations;

const MAX: usize = 12;

/// What was heard, one string for each callback; raw bytes that follow each other are one.
type Heard = Vec<String>;

/// Writes down what it hears and does what it is told: `raw 3` makes the next three bytes raw,
/// `pause` pauses, `close` closes. `go_on` leaves the connection open after a line that is too long.
#[derive(Default)]
struct Obedient {
    raw: usize,
    go_on: bool,
    line_time: Option<Duration>,
}

fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

impl LineReceiver<Heard> for Obedient {
    const MAX_LENGTH: usize = MAX;

    fn line_received(&mut self, cx: &mut Cx<'_, Heard, Self>, line: &[u8]) {
        cx.app.push(format!("line {}", text(line)));
        match line.strip_prefix(b"raw ") {
            Some(count) => {
                self.raw = text(count).parse().unwrap();
                cx.app.push("raw ".to_owned());
            }
            None if line == b"pause" => cx.transport.pause_reading(),
            None if line == b"close" => cx.transport.lose_connection(),
            None => {}
        }
    }

    fn raw_data_received(&mut self, cx: &mut Cx<'_, Heard, Self>, data: &[u8]) -> usize {
        let taken = data.len().min(self.raw);
        self.raw -= taken;
        cx.app.last_mut().unwrap().push_str(&text(&data[..taken]));
        taken
    }

    fn mode(&self) -> Mode {
        if self.raw > 0 { Mode::Raw } else { Mode::Lines }
    }

    fn line_time(&self) -> Option<Duration> {
        self.line_time
    }

    fn line_length_exceeded(&mut self, cx: &mut Cx<'_, Heard, Self>, start: &[u8]) {
        cx.app.push(format!("long {}", text(start)));
        if !self.go_on {
            cx.transport.lose_connection();
        }
    }

    fn read_closed(&mut self, cx: &mut Cx<'_, Heard, Self>, unfinished: &[u8]) {
        cx.app.push(format!("end {}", text(unfinished)));
        cx.transport.lose_connection();
    }
}

fn obedient() -> Harness<Heard> {
    Harness::new(Heard::new(), Lines::new(Obedient::default()))
}

fn going_on() -> Harness<Heard> {
    Harness::new(Heard::new(), Lines::new(Obedient { go_on: true, ..Obedient::default() }))
}

fn timed(seconds: u64) -> Harness<Heard> {
    let line_time = Some(Duration::from_secs(seconds));
    Harness::new(Heard::new(), Lines::new(Obedient { line_time, ..Obedient::default() }))
}

fn resume(harness: &mut Harness<Heard>) {
    harness.ask(|_: &mut Obedient, cx| cx.transport.resume_reading());
}

/// Every piece is heard, and whoever pauses is resumed at once.
fn hear(harness: &mut Harness<Heard>, pieces: &[&[u8]]) -> Heard {
    for piece in pieces {
        harness.receive(piece);
        while !harness.is_reading() {
            resume(harness);
        }
    }
    std::mem::take(harness.app())
}

#[test]
fn any_segmentation_delivers_the_same() {
    let stream = b"one\r\nraw 10\n012\n456\r\n9two\npause\r\nraw 1\n\n\nthis is too long\r\nend\n";
    let heard = [
        "line one",
        "line raw 10",
        "raw 012\\n456\\r\\n9",
        "line two",
        "line pause",
        "line raw 1",
        "raw \\n",
        "line ",
        "long this is too ",
        "line end",
    ];
    for pieces in segmentations(stream, &[3, 1, 4, 1, 5, 9, 2, 6]) {
        assert_eq!(hear(&mut going_on(), &pieces), heard, "{pieces:?}");
    }
}

#[test]
fn a_pause_inside_a_chunk_holds_back_the_lines_after_it() {
    let mut lines = obedient();
    lines.receive(b"one\npause\ntwo\npause\nthree\nfo");
    assert_eq!(lines.app()[..], ["line one", "line pause"]);
    lines.receive(b"ur\n");
    assert_eq!(lines.app().len(), 2);
    resume(&mut lines);
    assert_eq!(lines.app()[2..], ["line two", "line pause"]);
    resume(&mut lines);
    assert_eq!(lines.app()[4..], ["line three", "line four"]);
}

#[test]
fn raw_bytes_after_a_pause_wait_as_lines_do() {
    /// Pauses and goes raw in the same callback.
    struct Both(Mode);
    impl LineReceiver<Heard> for Both {
        fn line_received(&mut self, cx: &mut Cx<'_, Heard, Self>, _: &[u8]) {
            self.0 = Mode::Raw;
            cx.transport.pause_reading();
        }
        fn raw_data_received(&mut self, cx: &mut Cx<'_, Heard, Self>, data: &[u8]) -> usize {
            cx.app.push(text(data));
            data.len()
        }
        fn mode(&self) -> Mode {
            self.0
        }
    }
    let mut both = Harness::new(Heard::new(), Lines::new(Both(Mode::Lines)));
    both.receive(b"go\n12345");
    assert!(both.app().is_empty());
    both.ask(|_: &mut Both, cx| cx.transport.resume_reading());
    assert_eq!(both.app()[..], ["12345"]);
}

#[test]
fn pausing_after_every_line_delivers_one_for_each_resume() {
    let mut lines = obedient();
    lines.receive(b"pau");
    assert!(lines.is_reading());
    lines.receive(b"se\r\n");
    assert!(!lines.is_reading());
    resume(&mut lines);
    assert!(lines.is_reading());
    lines.receive(b"pause\r\npause\r\n");
    for heard in 2..=3 {
        assert_eq!((lines.app().len(), lines.is_reading()), (heard, false));
        resume(&mut lines);
    }
    assert!(lines.is_reading());
}

#[test]
fn no_line_follows_a_close() {
    for pieces in segmentations(b"one\nclose\nmore\nstuff\n", &[7, 7]) {
        assert_eq!(hear_until_closed(&pieces), ["line one", "line close"]);
    }
}

fn hear_until_closed(pieces: &[&[u8]]) -> Heard {
    let mut lines = obedient();
    for piece in pieces {
        lines.receive(piece);
    }
    assert!(matches!(lines.lost(), Some(Reason::Closed)));
    std::mem::take(lines.app())
}

#[test]
fn switching_modes_often_in_one_chunk_is_no_recursion() {
    let mut lines = obedient();
    lines.receive(&b"raw 1\nx".repeat(9_000));
    assert_eq!(lines.app().len(), 18_000);
    assert_eq!(lines.app()[17_998..], ["line raw 1", "raw x"]);
}

#[test]
fn a_line_of_the_maximum_length_is_served_however_its_end_is_split() {
    for end in ["\n", "\r\n"] {
        let stream = format!("{}{end}", "x".repeat(MAX));
        for pieces in segmentations(stream.as_bytes(), &[MAX, 1, 1]) {
            assert_eq!(hear(&mut obedient(), &pieces), [format!("line {}", "x".repeat(MAX))]);
        }
    }
}

#[test]
fn an_unfinished_line_of_the_maximum_length_may_go_on_with_its_end() {
    let mut lines = obedient();
    lines.receive(&[b'x'; MAX]);
    lines.receive(b"\r");
    assert!(lines.is_reading());
    lines.receive(b"y");
    assert_eq!(lines.app()[..], [format!("long {}", "x".repeat(MAX))]);
}

#[test]
fn a_line_that_is_too_long_closes_as_soon_as_that_is_sure() {
    for end in ["", "\n", "\r\nmore\n"] {
        let stream = format!("{}{end}", "x".repeat(MAX + 1));
        for pieces in segmentations(stream.as_bytes(), &[2, 3]) {
            assert_eq!(hear_until_closed(&pieces), [format!("long {}", "x".repeat(MAX))]);
        }
    }
}

#[test]
fn after_a_line_that_is_too_long_the_next_one_can_be_served() {
    let stream = format!("a\n{0}\r\n{0}\nb\n", "x".repeat(2 * MAX + 2));
    let long = format!("long {}", "x".repeat(MAX));
    for pieces in segmentations(stream.as_bytes(), &[5, 50]) {
        assert_eq!(hear(&mut going_on(), &pieces), ["line a", &long, &long, "line b"]);
    }
}

#[test]
fn a_line_that_is_too_long_can_be_taken_raw() {
    /// Takes five bytes of such a line, and what follows as lines again.
    struct Rescue(Mode);
    impl LineReceiver<Heard> for Rescue {
        const MAX_LENGTH: usize = 3;
        fn line_received(&mut self, cx: &mut Cx<'_, Heard, Self>, line: &[u8]) {
            cx.app.push(text(line));
        }
        fn raw_data_received(&mut self, cx: &mut Cx<'_, Heard, Self>, data: &[u8]) -> usize {
            self.0 = Mode::Lines;
            cx.app.push(format!("raw {}", text(&data[..5])));
            5
        }
        fn mode(&self) -> Mode {
            self.0
        }
        fn line_length_exceeded(&mut self, _: &mut Cx<'_, Heard, Self>, _: &[u8]) {
            self.0 = Mode::Raw;
        }
    }
    let mut rescue = Harness::new(Heard::new(), Lines::new(Rescue(Mode::Lines)));
    rescue.receive(b"abcdefg\nhi\n");
    assert_eq!(rescue.app()[..], ["raw abcde", "fg", "hi"]);
}

#[test]
fn the_maximum_length_is_twisteds() {
    struct Deaf;
    impl LineReceiver<()> for Deaf {
        fn line_received(&mut self, _: &mut Cx<'_, (), Self>, _: &[u8]) {}
    }
    let mut deaf = Harness::new((), Lines::new(Deaf));
    deaf.receive(&[&[b'x'; 16_384][..], b"\r\n"].concat());
    assert!(deaf.lost().is_none());
    deaf.receive(&[b'x'; 16_385]);
    assert!(matches!(deaf.lost(), Some(Reason::Closed)));
}

#[test]
fn the_rest_of_a_chunk_can_be_thrown_away_by_going_raw() {
    let mut lines = obedient();
    lines.receive(b"raw 10\nbar\r\nbaz\r\nquux\r\n");
    assert_eq!(lines.app()[..], ["line raw 10", "raw bar\\r\\nbaz\\r\\n", "line quux"]);
}

#[test]
fn the_end_comes_with_the_line_it_leaves_unfinished() {
    for (stream, end) in [("one\n", "end "), ("one\ntw", "end tw"), ("", "end ")] {
        let mut lines = obedient();
        lines.receive(stream.as_bytes());
        lines.peer_closes();
        assert_eq!(lines.app().last().unwrap(), end);
        assert!(matches!(lines.lost(), Some(Reason::PeerClosed)));
    }
}

#[test]
fn a_line_that_drips_ends_at_its_deadline() {
    let mut lines = timed(3);
    for _ in 0..3 {
        lines.receive(b"x");
        lines.advance(Duration::from_secs(1));
    }
    assert!(matches!(lines.lost(), Some(Reason::DeadlinePassed)));
}

#[test]
fn every_line_has_a_deadline_of_its_own() {
    let mut lines = timed(3);
    for _ in 0..9 {
        lines.receive(b"x\nx"); // ends one line and begins the next
        lines.advance(Duration::from_secs(2));
    }
    assert!(lines.lost().is_none());
    lines.receive(b"\n");
    lines.advance(Duration::from_secs(60));
    assert!(lines.lost().is_none());
}

#[test]
fn lines_that_wait_for_a_resume_are_not_late() {
    let mut lines = timed(3);
    lines.receive(b"pause\none\ntw");
    lines.advance(Duration::from_secs(60));
    resume(&mut lines);
    assert_eq!(lines.app()[..], ["line pause", "line one"]);
    lines.advance(Duration::from_secs(3));
    assert!(matches!(lines.lost(), Some(Reason::DeadlinePassed)));
}

#[test]
fn a_line_is_not_late_while_reading_is_paused_whoever_paused_it_and_when() {
    let pauses: [fn(&mut Harness<Heard>); 2] = [
        |lines| {
            lines.ask(|_: &mut Obedient, cx| cx.transport.pause_reading());
        },
        |lines| {
            let conn = lines.id();
            lines.reactor.enter(&lines.net, |cx| cx.peers.pause_reading(conn));
        },
    ];
    for pause in pauses {
        let mut lines = timed(3);
        lines.receive(b"on");
        lines.advance(Duration::from_secs(2));
        pause(&mut lines);
        lines.advance(Duration::from_secs(60));
        resume(&mut lines);
        lines.advance(Duration::from_secs(2));
        assert!(lines.lost().is_none(), "it has its whole time anew");
        lines.advance(Duration::from_secs(1));
        assert!(matches!(lines.lost(), Some(Reason::DeadlinePassed)));
    }
}

#[test]
fn a_line_that_is_too_long_has_its_time_also_after_a_pause() {
    let line_time = Some(Duration::from_secs(3));
    let obedient = Obedient { go_on: true, line_time, ..Obedient::default() };
    let mut lines = Harness::new(Heard::new(), Lines::new(obedient));
    lines.receive(&[b'x'; 2 * MAX]);
    lines.ask(|_: &mut Obedient, cx| cx.transport.pause_reading());
    lines.advance(Duration::from_secs(60));
    resume(&mut lines);
    assert!(lines.lost().is_none());
    lines.advance(Duration::from_secs(3));
    assert!(matches!(lines.lost(), Some(Reason::DeadlinePassed)));
}

#[test]
fn the_time_for_a_line_leaves_the_protocol_its_own_deadline() {
    let mut lines = timed(3);
    lines.ask(|_: &mut Obedient, cx| {
        let end = cx.reactor.now() + Duration::from_secs(10);
        cx.transport.set_deadline(Some(end));
    });
    for _ in 0..9 {
        lines.receive(b"x");
        lines.advance(Duration::from_secs(1));
        lines.receive(b"\n");
    }
    assert!(lines.lost().is_none());
    lines.advance(Duration::from_secs(1));
    assert!(matches!(lines.lost(), Some(Reason::DeadlinePassed)));
}

#[test]
fn a_line_that_gets_no_timer_is_late_at_once() {
    let line_time = Some(Duration::from_secs(3));
    let lines = Lines::new(Obedient { line_time, ..Obedient::default() });
    let mut lines = Harness::with_limits(Heard::new(), lines, Limits { timers: 0, ..Limits::default() });
    lines.receive(b"whole\n");
    assert!(lines.lost().is_none());
    lines.receive(b"x");
    assert!(matches!(lines.lost(), Some(Reason::DeadlinePassed)));
}

/// What a stream is made of, and what is to be heard of it.
fn parts() -> impl Strategy<Value = (Vec<u8>, Heard)> {
    let line = |length| {
        let byte = any::<u8>().prop_filter("no line end", |byte| *byte != b'\n' && *byte != b'\r');
        (prop::collection::vec(byte, length), prop::sample::select(vec!["\n", "\r\n"]))
    };
    let short = line(0..=MAX)
        .prop_map(|(line, end)| ([&line, end.as_bytes()].concat(), vec![format!("line {}", text(&line))]));
    let long = line(MAX + 1..=3 * MAX).prop_map(|(line, end)| {
        ([&line, end.as_bytes()].concat(), vec![format!("long {}", text(&line[..MAX]))])
    });
    let raw = prop::collection::vec(any::<u8>(), 1..40).prop_map(|raw| {
        let command = format!("raw {}", raw.len());
        let stream = [command.as_bytes(), b"\n", &raw].concat();
        (stream, vec![format!("line {command}"), format!("raw {}", text(&raw))])
    });
    let pause = Just((b"pause\n".to_vec(), vec!["line pause".to_owned()]));
    let parts = prop::collection::vec(prop_oneof![4 => short, 1 => long, 1 => raw, 1 => pause], 0..8);
    parts.prop_map(|parts| {
        let (streams, heard): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        (streams.concat(), heard.concat())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_stream_in_any_segmentation_delivers_the_same(
        (stream, heard) in parts(),
        lengths in prop::collection::vec(1..30_usize, 0..20),
    ) {
        for pieces in segmentations(&stream, &lengths) {
            prop_assert_eq!(&hear(&mut going_on(), &pieces), &heard);
        }
    }
}
