//! The text of a Nearby Search is cut to the bound, and every other byte of it stays.

use herd::places::{Search, squeeze};
use serde_json::Value;

pub(crate) fn check(text: &[u8]) {
    check_squeezed(text, &squeeze(text));
    let Ok(search) = Search::read(text) else { return };
    let whole = squeeze(text);
    for bound in 1..=4 {
        let cut = search.cut(bound);
        check_kept(&whole, &cut);
        check_value(text, &cut, bound);
        let again = Search::read(&cut).map(|search| search.cut(bound));
        assert_eq!(again, Ok(cut), "what is cut is not cut further");
    }
}

/// What is cut says the same with fewer results. A `Value` cannot hold everything that JSON can, such as 1e999.
fn check_value(text: &[u8], cut: &[u8], bound: usize) {
    let Ok(mut expected) = serde_json::from_slice::<Value>(text) else { return };
    match expected["results"].as_array_mut() {
        Some(results) => results.truncate(bound),
        None => panic!("a text without a list of results was accepted: {}", text.escape_ascii()),
    }
    assert_eq!(serde_json::from_slice::<Value>(cut).ok(), Some(expected));
}

/// One piece is gone, and nothing else is different.
fn check_kept(text: &[u8], cut: &[u8]) {
    let same = text.iter().zip(cut).take_while(|(a, b)| a == b).count();
    assert_eq!(text[text.len() - (cut.len() - same)..], cut[same..]);
}

/// No line but the last is empty, whoever reads the lines; and nothing but line ends is gone.
fn check_squeezed(text: &[u8], squeezed: &[u8]) {
    let is_empty = |line: &&[u8]| line.iter().all(|byte| *byte == b'\r');
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').filter(|line| !is_empty(line)).collect();
    let expected = lines.join(&b'\n');
    let end = expected.iter().rposition(|byte| *byte != b'\r').map_or(0, |last| last + 1);
    assert_eq!(squeezed, [&expected[..end], b"\n\n"].concat());
}
