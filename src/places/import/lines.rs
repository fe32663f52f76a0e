//! The rows of an input, of which none takes more memory than it may.

use std::io::{self, BufRead};

use super::bad_row::{BadRow, LONGEST_ROW};

/// What a record of a JSON text sequence begins with, and so ends the one before it (RFC 7464).
pub(super) const RECORD_SEPARATOR: u8 = 0x1e;

/// Reads row after row into one buffer.
pub(super) struct Lines<R> {
    input: R,
    ends: &'static [u8],
    /// The line that comes next, counted from 1.
    number: u64,
    row: Vec<u8>,
}

/// One row that is not empty.
pub(super) struct Line<'l> {
    /// Where it begins, counted from 1.
    pub(super) number: u64,
    /// Without its end.
    pub(super) text: Result<&'l str, BadRow>,
}

impl<R: BufRead> Lines<R> {
    /// Rows that end with any of these bytes.
    pub(super) fn new(input: R, ends: &'static [u8]) -> Lines<R> {
        Lines { input, ends, number: 1, row: Vec::new() }
    }

    /// The next row that holds more than white space.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            let number = self.number;
            if !self.read()? {
                return Ok(None);
            }
            if !self.row.trim_ascii().is_empty() {
                return Ok(Some(Line { number, text: self.text() }));
            }
        }
    }

    /// Reads to the end of a row, and keeps as much of it as it may have and one byte more; whether there was any.
    fn read(&mut self) -> io::Result<bool> {
        self.row.clear();
        let mut is_any = false;
        loop {
            let bytes = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                bytes => bytes?,
            };
            let end = bytes.iter().position(|byte| self.ends.contains(byte));
            let part = &bytes[..end.map_or(bytes.len(), |end| end + 1)];
            self.number += part.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
            let kept = &part[..end.unwrap_or(part.len())];
            self.row.extend(kept.iter().take(LONGEST_ROW + 1 - self.row.len()));
            let used = part.len();
            is_any |= used > 0;
            self.input.consume(used);
            if used == 0 || end.is_some() {
                return Ok(is_any);
            }
        }
    }

    fn text(&self) -> Result<&str, BadRow> {
        if self.row.len() > LONGEST_ROW {
            return Err(BadRow::TooLong);
        }
        let row = self.row.strip_suffix(b"\r").unwrap_or(&self.row);
        str::from_utf8(row).map_err(|_| BadRow::NotUtf8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(input: &[u8], ends: &'static [u8]) -> Vec<(u64, Result<String, BadRow>)> {
        let mut lines = Lines::new(io::BufReader::with_capacity(7, input), ends);
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            found.push((line.number, line.text.map(str::to_owned)));
        }
        found
    }

    fn text(text: &str) -> Result<String, BadRow> {
        Ok(text.to_owned())
    }

    #[test]
    fn lines_are_numbered_and_empty_ones_left_out() {
        let found = rows(b"a\r\n\n \t\n\tb\n\xff\nc", b"\n");
        assert_eq!(found, [(1, text("a")), (4, text("\tb")), (5, Err(BadRow::NotUtf8)), (6, text("c"))]);
        assert_eq!(rows(b"", b"\n"), []);
    }

    #[test]
    fn records_begin_at_their_separator_wherever_it_stands() {
        let found = rows(b"\x1ea\nb\n\x1e\x1e\n\x1ecut off\x1ed\n", b"\x1e");
        assert_eq!(found, [(1, text("a\nb\n")), (4, text("cut off")), (4, text("d\n"))]);
        let found = rows(b"a\n\x1eb\n\n\x1ec\x1ed", b"\n\x1e");
        assert_eq!(found, [(1, text("a")), (2, text("b")), (4, text("c")), (4, text("d"))]);
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_and_the_next_is_read() {
        for (length, is_whole) in [(LONGEST_ROW, true), (LONGEST_ROW + 1, false), (3 * LONGEST_ROW, false)] {
            let long = "x".repeat(length);
            let found = rows(format!("{long}\nnext\n{long}").as_bytes(), b"\n");
            let expected = if is_whole { Ok(long) } else { Err(BadRow::TooLong) };
            assert_eq!(found, [(1, expected.clone()), (2, Ok("next".into())), (3, expected)], "{length}");
        }
    }
}
