//! `Lines` delivers what a naive reader of the whole stream would, however it is cut and whatever its protocol
//! does meanwhile: go over to raw bytes and back, pause, close.
//!
//! The input: a seed for the pieces, and the stream. A line that begins with `r` and a digit makes so many
//! bytes raw that follow it; `p` pauses until the next piece; `c` closes.

use protocols::{LineReceiver, Lines, Mode};
use reactor::Cx;
use reactor::testing::Harness;

/// As short as a fuzzer's lines.
const MAX: usize = 9;

pub(crate) fn check(input: &[u8]) {
    let Some((seed, stream)) = input.split_first() else { return };
    let stream = &stream[..stream.len().min(600)];
    let expected = naive(stream);
    assert_eq!(heard(&[stream]), expected, "at once");
    assert_eq!(heard(&pieces(stream, *seed)), expected, "in pieces");
}

/// What was delivered. Raw bytes come together, whatever they were cut into.
#[derive(PartialEq, Debug)]
enum Event {
    Line(Vec<u8>),
    Raw(Vec<u8>),
    TooLong(Vec<u8>),
    End(Vec<u8>),
}

/// What a line asks for.
enum Order {
    Raw(usize),
    Pause,
    Close,
    Nothing,
}

fn order(line: &[u8]) -> Order {
    match line {
        [b'r', digit @ b'0'..=b'9', ..] => Order::Raw(usize::from(digit - b'0')),
        [b'p', ..] => Order::Pause,
        [b'c', ..] => Order::Close,
        _ => Order::Nothing,
    }
}

#[derive(Default)]
struct Obedient {
    raw: usize,
}

impl LineReceiver<Vec<Event>> for Obedient {
    const MAX_LENGTH: usize = MAX;

    fn line_received(&mut self, cx: &mut Cx<'_, Vec<Event>, Self>, line: &[u8]) {
        assert!(cx.transport.is_reading(), "a line that nobody asked for");
        cx.app.push(Event::Line(line.to_vec()));
        match order(line) {
            Order::Raw(count) => self.raw = count,
            Order::Pause => cx.transport.pause_reading(),
            Order::Close => cx.transport.lose_connection(),
            Order::Nothing => {}
        }
    }

    fn raw_data_received(&mut self, cx: &mut Cx<'_, Vec<Event>, Self>, data: &[u8]) -> usize {
        let used = data.len().min(self.raw);
        self.raw -= used;
        push_raw(cx.app, &data[..used]);
        used
    }

    fn mode(&self) -> Mode {
        if self.raw > 0 { Mode::Raw } else { Mode::Lines }
    }

    fn line_length_exceeded(&mut self, cx: &mut Cx<'_, Vec<Event>, Self>, start: &[u8]) {
        cx.app.push(Event::TooLong(start.to_vec()));
    }

    fn read_closed(&mut self, cx: &mut Cx<'_, Vec<Event>, Self>, unfinished: &[u8]) {
        cx.app.push(Event::End(unfinished.to_vec()));
        cx.transport.lose_connection();
    }
}

fn push_raw(events: &mut Vec<Event>, data: &[u8]) {
    match events.last_mut() {
        Some(Event::Raw(bytes)) => bytes.extend_from_slice(data),
        _ => events.push(Event::Raw(data.to_vec())),
    }
}

/// What is heard of the pieces; after each, reading goes on.
fn heard(pieces: &[&[u8]]) -> Vec<Event> {
    let mut harness = Harness::new(Vec::new(), Lines::new(Obedient::default()));
    for piece in pieces {
        if harness.remote().is_open() && !piece.is_empty() {
            harness.receive(piece);
        }
        go_on(&mut harness);
    }
    harness.peer_closes();
    go_on(&mut harness);
    assert!(harness.lost().is_some() && harness.reactor.connections() == 0, "it has ended");
    std::mem::take(harness.app())
}

/// Each pause ends, and a new one may begin with the next line.
fn go_on(harness: &mut Harness<Vec<Event>>) {
    while harness.lost().is_none() && !harness.is_reading() {
        let id = harness.id();
        harness.reactor.enter(&harness.net, |cx| cx.peers.resume_reading(id));
        harness.settle();
    }
}

fn pieces(stream: &[u8], seed: u8) -> Vec<&[u8]> {
    let (mut rest, mut pieces, mut seed) = (stream, Vec::new(), seed);
    let longest = 1 + usize::from(seed & 15);
    while !rest.is_empty() {
        seed = seed.wrapping_mul(109).wrapping_add(89);
        let (piece, others) = rest.split_at((1 + usize::from(seed >> 3) % longest).min(rest.len()));
        pieces.push(piece);
        rest = others;
    }
    pieces
}

/// The same for whoever has the whole stream, and time.
fn naive(stream: &[u8]) -> Vec<Event> {
    let (mut events, mut rest) = (Vec::new(), stream);
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line = without_cr(&rest[..end]);
        rest = &rest[end + 1..];
        if line.len() > MAX {
            events.push(Event::TooLong(line[..MAX].to_vec()));
            continue;
        }
        events.push(Event::Line(line.to_vec()));
        match order(line) {
            Order::Raw(count) if count > 0 && !rest.is_empty() => {
                let (raw, others) = rest.split_at(count.min(rest.len()));
                push_raw(&mut events, raw);
                rest = others;
            }
            Order::Close => return events,
            _ => {}
        }
    }
    if rest.len() > MAX {
        events.push(Event::TooLong(rest[..MAX].to_vec())); // be it by a CR that no LF follows
        rest = b"";
    }
    events.push(Event::End(rest.to_vec()));
    events
}

fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
