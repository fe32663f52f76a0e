//! The lines of an input, of which none takes more memory than it may.

use std::io::{self, BufRead, Read};

use super::bad_row::{BadRow, LONGEST_ROW};

/// Reads line after line into one buffer.
pub(super) struct Lines<R> {
    input: R,
    number: u64,
    line: Vec<u8>,
}

/// One line that is not empty.
pub(super) struct Line<'l> {
    /// Counted from 1.
    pub(super) number: u64,
    /// Without its end.
    pub(super) text: Result<&'l str, BadRow>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Lines<R> {
        Lines { input, number: 0, line: Vec::new() }
    }

    /// The next line that holds more than white space.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            self.number += 1;
            self.line.clear();
            let most = LONGEST_ROW as u64 + 1; // with its end
            if self.input.by_ref().take(most).read_until(b'\n', &mut self.line)? == 0 {
                return Ok(None);
            }
            let is_whole = self.line.ends_with(b"\n") || self.line.len() <= LONGEST_ROW;
            if !is_whole {
                self.input.skip_until(b'\n')?;
            }
            if !self.line.trim_ascii().is_empty() {
                return Ok(Some(self.line(is_whole)));
            }
        }
    }

    fn line(&self, is_whole: bool) -> Line<'_> {
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text =
            if is_whole { str::from_utf8(line).map_err(|_| BadRow::NotUtf8) } else { Err(BadRow::TooLong) };
        Line { number: self.number, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8]) -> Vec<(u64, Result<String, BadRow>)> {
        let mut lines = Lines::new(input);
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            found.push((line.number, line.text.map(str::to_owned)));
        }
        found
    }

    #[test]
    fn lines_are_numbered_and_empty_ones_left_out() {
        let found = lines(b"a\r\n\n \t\n\tb\n\xff\nc");
        let text = |text: &str| Ok(text.to_owned());
        assert_eq!(found, [(1, text("a")), (4, text("\tb")), (5, Err(BadRow::NotUtf8)), (6, text("c"))]);
        assert_eq!(lines(b""), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_and_the_next_is_read() {
        for (length, is_whole) in [(LONGEST_ROW, true), (LONGEST_ROW + 1, false), (3 * LONGEST_ROW, false)] {
            let long = "x".repeat(length);
            let found = lines(format!("{long}\nnext\n{long}").as_bytes());
            let expected = if is_whole { Ok(long) } else { Err(BadRow::TooLong) };
            assert_eq!(found, [(1, expected.clone()), (2, Ok("next".into())), (3, expected)], "{length}");
        }
    }
}
