//! Any bytes, cut anywhere, are the lines that a naive reader sees, and no line is longer than its limit.
//!
//! The input: the limit, the longest piece, a seed for the pieces, and the stream.

#[path = "../../protocols/src/line/splitter.rs"]
mod judged;

use super::draw::Draw;
use judged::{Cut, Splitter};

pub(crate) fn check(input: &[u8]) {
    let mut draw = Draw(input);
    let (max, longest, seed) = (draw.below(48), 1 + draw.below(64), draw.byte());
    let stream = draw.0;
    read(stream, max, Pieces { longest: 1, seed });
    read(stream, max, Pieces { longest, seed });
    read(stream, max, Pieces { longest: stream.len() + 1, seed });
}

/// How much arrives at once.
struct Pieces {
    longest: usize,
    seed: u8,
}

impl Pieces {
    fn next(&mut self) -> usize {
        self.seed = self.seed.wrapping_mul(109).wrapping_add(89);
        1 + usize::from(self.seed >> 2) % self.longest
    }
}

/// What a line is that begins at some place of the stream, the whole of which is known.
#[derive(PartialEq, Debug)]
enum Expected<'a> {
    Line(&'a [u8], usize),
    TooLong,
    Unfinished,
}

fn expected(stream: &[u8], max: usize) -> Expected<'_> {
    let mut end = 0;
    while end < stream.len() && stream[end] != b'\n' {
        end += 1;
    }
    let has_cr = end > 0 && stream[end - 1] == b'\r';
    let line = if has_cr { &stream[..end - 1] } else { &stream[..end] };
    match stream.get(end) {
        _ if line.len() > max => Expected::TooLong,
        Some(_) => Expected::Line(line, end + 1),
        None => Expected::Unfinished,
    }
}

/// Reads the stream as it arrives, as `Lines` does.
fn read(stream: &[u8], max: usize, mut pieces: Pieces) {
    let (mut splitter, mut start, mut arrived) = (Splitter::default(), 0, 0);
    let mut skipping = false;
    while arrived < stream.len() {
        arrived = (arrived + pieces.next()).min(stream.len());
        while start < arrived {
            let (rest, whole) = (&stream[start..arrived], &stream[start..]);
            match step(&mut splitter, &mut skipping, rest, whole, max) {
                Some(used) => start += used,
                None => break,
            }
        }
        assert!(arrived - start <= max + 1, "what is kept is a line that may still be, and a CR");
    }
}

/// One step of a reader; how far it came, if it came on.
fn step(
    splitter: &mut Splitter,
    skipping: &mut bool,
    rest: &[u8],
    whole: &[u8],
    max: usize,
) -> Option<usize> {
    if *skipping {
        let used = splitter.skip(rest);
        let end = rest.iter().take_while(|byte| **byte != b'\n').count();
        assert_eq!(used, (end + 1).min(rest.len()), "it skips up to the line's end");
        *skipping = end == rest.len();
        return Some(used);
    }
    match (splitter.cut(rest, max), expected(whole, max)) {
        (Cut::Line(line, used), Expected::Line(same, length)) => {
            assert_eq!((line, used), (same, length));
            Some(used)
        }
        (Cut::TooLong, Expected::TooLong) => {
            *skipping = true;
            Some(0)
        }
        (Cut::Unfinished, _) => {
            assert!(!rest.contains(&b'\n'), "a line that has ended is not unfinished");
            assert!(rest.strip_suffix(b"\r").unwrap_or(rest).len() <= max, "nor is one that is too long");
            None
        }
        (cut, expected) => panic!("{cut:?}, not {expected:?}"),
    }
}
