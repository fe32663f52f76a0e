//! What `StringReceiver` does, beside what Twisted's own receivers do: see docs/twisted-behaviours.md.

use proptest::prelude::*;
use protocols::{
    Framing, Int8, Int16, Int32, Netstring, StringReceiver, StringTooLong, Strings, send_string,
};
use reactor::testing::Harness;
use reactor::{Cx, Reason};

use crate::segments::segmentations;

const MAX: usize = 50;

/// What was heard, one string for each callback.
type Heard = Vec<String>;

/// Writes down what it hears; the string `pause` pauses, `close` closes.
#[derive(Default)]
struct Obedient {
    go_on: bool,
}

fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

impl StringReceiver<Heard> for Obedient {
    const MAX_LENGTH: usize = MAX;

    fn string_received(&mut self, cx: &mut Cx<'_, Heard, Self>, string: &[u8]) {
        cx.app.push(text(string));
        match string {
            b"pause" => cx.transport.pause_reading(),
            b"close" => cx.transport.lose_connection(),
            _ => {}
        }
    }

    fn length_limit_exceeded(&mut self, cx: &mut Cx<'_, Heard, Self>, length: usize) {
        cx.app.push(format!("too long: {length}"));
        if !self.go_on {
            cx.transport.lose_connection();
        }
    }

    fn read_closed(&mut self, cx: &mut Cx<'_, Heard, Self>, unfinished: &[u8]) {
        cx.app.push(format!("end {}", text(unfinished)));
        cx.transport.lose_connection();
    }
}

fn obedient<F: Framing>() -> Harness<Heard> {
    Harness::new(Heard::new(), Strings::<F, _>::new(Obedient::default()))
}

fn resume(harness: &mut Harness<Heard>) {
    harness.ask(|_: &mut Obedient, cx| cx.transport.resume_reading());
}

fn framed<F: Framing>(strings: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let framed = strings.iter().map(AsRef::as_ref).map(|string| {
        let head = F::head(string.len()).expect("short enough");
        [head.as_ref(), string, F::TAIL].concat()
    });
    framed.collect::<Vec<_>>().concat()
}

/// Every piece is heard, and whoever pauses is resumed at once.
fn hear<F: Framing>(pieces: &[&[u8]]) -> Heard {
    let mut harness = obedient::<F>();
    for piece in pieces {
        harness.receive(piece);
        while harness.lost().is_none() && !harness.is_reading() {
            resume(&mut harness);
        }
    }
    std::mem::take(harness.app())
}

fn hear_netstrings(bytes: &[u8]) -> Heard {
    hear::<Netstring>(&[bytes])
}

/// Stamps a test, generic over the framing, for each of them.
macro_rules! for_each_framing {
    ($(fn $name:ident<F>() $body:block)*) => { $(
        mod $name {
            use super::*;

            fn check<F: Framing>() $body

            #[test]
            fn netstring() { check::<Netstring>(); }
            #[test]
            fn int8() { check::<Int8>(); }
            #[test]
            fn int16() { check::<Int16>(); }
            #[test]
            fn int32() { check::<Int32>(); }
        }
    )* };
}

for_each_framing! {
    fn any_segmentation_delivers_the_same<F>() {
        let strings = ["hello", "", "pause", ":today", "a,", &"b".repeat(MAX), "pause", "end"];
        let stream = framed::<F>(&strings);
        for pieces in segmentations(&stream, &[3, 1, 4, 1, 5, 9, 2, 6]) {
            assert_eq!(hear::<F>(&pieces), strings, "{pieces:?}");
        }
    }

    fn a_pause_inside_a_chunk_holds_back_the_strings_after_it<F>() {
        let stream = framed::<F>(&["one", "pause", "two", "three"]);
        let (most, last) = stream.split_at(stream.len() - 2);
        let mut strings = obedient::<F>();
        strings.receive(most);
        strings.receive(last);
        assert_eq!(strings.app()[..], ["one", "pause"]);
        resume(&mut strings);
        assert_eq!(strings.app()[2..], ["two", "three"]);
    }

    fn no_string_follows_a_close<F>() {
        let stream = framed::<F>(&["one", "close", "more", "stuff"]);
        for pieces in segmentations(&stream, &[7, 7]) {
            assert_eq!(hear::<F>(&pieces), ["one", "close"]);
        }
    }

    fn a_string_that_is_too_long_closes_and_is_not_delivered<F>() {
        let stream = framed::<F>(&["one", &"x".repeat(MAX + 1), "two"]);
        for pieces in segmentations(&stream, &[5, 9]) {
            assert_eq!(hear::<F>(&pieces), ["one", "too long: 51"]);
        }
    }

    fn after_a_string_that_is_too_long_nothing_is_delivered_even_if_it_stays_open<F>() {
        let stream = framed::<F>(&["one", &"x".repeat(MAX + 1), "two"]);
        for pieces in segmentations(&stream, &[5, 9]) {
            let go_on = Obedient { go_on: true };
            let mut strings = Harness::new(Heard::new(), Strings::<F, _>::new(go_on));
            pieces.iter().for_each(|piece| strings.receive(piece));
            assert!(strings.is_reading());
            strings.peer_closes();
            assert_eq!(strings.app()[..], ["one", "too long: 51", "end "]);
        }
    }

    fn the_end_comes_with_the_string_it_leaves_unfinished<F>() {
        let stream = framed::<F>(&["one", "two"]);
        let (most, _) = stream.split_at(stream.len() - 1);
        let mut strings = obedient::<F>();
        strings.receive(most);
        strings.peer_closes();
        let whole = framed::<F>(&["two"]);
        assert_eq!(strings.app()[..], ["one".to_owned(), format!("end {}", text(&whole[..whole.len() - 1]))]);
        assert!(matches!(strings.lost(), Some(Reason::PeerClosed)));
    }

    fn what_is_sent_is_what_is_received<F>() {
        struct Echo<F>(std::marker::PhantomData<F>);
        impl<F: Framing> StringReceiver<()> for Echo<F> {
            fn string_received(&mut self, cx: &mut Cx<'_, (), Self>, string: &[u8]) {
                send_string::<F>(&mut cx.transport, string).unwrap();
            }
        }
        let stream = framed::<F>(&["hello", "", "world"]);
        let mut echo = Harness::new((), Strings::<F, _>::new(Echo::<F>(std::marker::PhantomData)));
        echo.receive_slowly(&stream);
        assert_eq!(echo.sent(), stream);
    }
}

#[test]
fn what_is_no_netstring_closes_at_once() {
    let long = format!("51:{},", "a".repeat(51));
    let wrong =
        ["aaa", "aaa,", ":aaa,", "3aaa,", "0:a,", "2:aaa,", "4:abcde", "007:bonds,", "-1:", " 1:a,", &long];
    for stream in wrong.map(str::as_bytes) {
        for pieces in segmentations(stream, &[2, 1]) {
            let mut strings = obedient::<Netstring>();
            pieces.iter().for_each(|piece| strings.receive(piece));
            assert!(matches!(strings.lost(), Some(Reason::Closed)), "{}", text(stream));
        }
    }
}

#[test]
fn a_netstring_may_contain_netstrings() {
    assert_eq!(hear_netstrings(b"4:1:a,,1:b,"), ["1:a,", "b"]);
}

#[test]
fn a_netstring_is_refused_before_its_length_is_complete() {
    assert_eq!(hear_netstrings(b"50"), [""; 0]);
    assert_eq!(hear_netstrings(b"51"), ["too long: 51"]);
    assert_eq!(hear_netstrings(b"9999999999999999999999"), ["too long: 99"]);
}

#[test]
fn a_beginning_alone_delivers_nothing() {
    for start in [&b"\x00\x00\x00"[..], b"hello there", b"", b"\x00\x00\x00\x05hell"] {
        assert_eq!(hear::<Int32>(&[start]).into_iter().find(|heard| !heard.starts_with("too")), None);
    }
}

#[test]
fn a_string_longer_than_its_prefix_can_say_is_not_sent() {
    struct Sender;
    impl StringReceiver<()> for Sender {
        fn string_received(&mut self, _: &mut Cx<'_, (), Self>, _: &[u8]) {}
    }
    let mut sender = Harness::new((), Strings::<Int16, _>::new(Sender));
    let answer = sender.ask(|_: &mut Sender, cx| send_string::<Int16>(&mut cx.transport, &[0; 65_536]));
    assert_eq!(answer, Some(Err(StringTooLong { length: 65_536 })));
    assert_eq!(sender.sent(), b"");
}

#[test]
fn the_maximum_length_is_twisteds() {
    struct Deaf;
    impl StringReceiver<()> for Deaf {
        fn string_received(&mut self, _: &mut Cx<'_, (), Self>, _: &[u8]) {}
    }
    let mut deaf = Harness::new((), Strings::<Int32, _>::new(Deaf));
    deaf.receive(&framed::<Int32>(&[[0; 99_999]]));
    assert!(deaf.lost().is_none());
    deaf.receive(&100_000_u32.to_be_bytes());
    assert!(matches!(deaf.lost(), Some(Reason::Closed)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_strings_in_any_segmentation_are_delivered_as_they_were(
        strings in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..MAX), 0..6),
        lengths in prop::collection::vec(1..30_usize, 0..20),
    ) {
        let heard: Heard = strings.iter().map(|string| text(string)).collect();
        for pieces in segmentations(&framed::<Netstring>(&strings), &lengths) {
            prop_assert_eq!(&hear::<Netstring>(&pieces), &heard);
        }
        for pieces in segmentations(&framed::<Int16>(&strings), &lengths) {
            prop_assert_eq!(&hear::<Int16>(&pieces), &heard);
        }
    }
}
