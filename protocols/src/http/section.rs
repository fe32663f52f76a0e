//! Lines up to an empty one: a head, or the trailers after the last chunk.

use super::error::FramingError;
use super::limits::HttpLimits;
use memchr::memchr;

/// The lines that have come so far.
///
/// Every byte is searched and copied once, however the lines are cut; they are parsed once, when
/// the last has come.
#[derive(Debug, Default)]
pub(super) struct Section {
    bytes: Vec<u8>,
    /// Where the line that has not ended begins.
    line: usize,
    /// Lines that have ended.
    lines: usize,
}

impl Section {
    /// Reads on: how many bytes were used, and whether the empty line has come. There may be `more`
    /// lines than fields.
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        limits: &HttpLimits,
        more: usize,
    ) -> Result<(usize, bool), FramingError> {
        let mut used = 0;
        while used < bytes.len() {
            let (length, ended) = read_line(&mut self.bytes, &bytes[used..], limits.head)
                .map_err(|fault| fault.or(FramingError::HeadTooLong))?;
            used += length;
            if ended && self.end_line(limits.fields.saturating_add(more))? {
                return Ok((used, true));
            }
        }
        Ok((used, false))
    }

    /// A line has ended; whether it is the empty one.
    fn end_line(&mut self, most: usize) -> Result<bool, FramingError> {
        let line = std::mem::replace(&mut self.line, self.bytes.len());
        if &self.bytes[line..] == b"\r\n" {
            return Ok(true);
        }
        self.lines += 1;
        if self.lines > most { Err(FramingError::TooManyFields) } else { Ok(false) }
    }

    /// All lines, with their ends and the empty one.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many lines there are, without the empty one.
    pub(super) fn lines(&self) -> usize {
        self.lines
    }
}

/// What may be wrong with a line, whatever it says.
#[derive(Clone, Copy, Debug)]
pub(super) enum LineFault {
    TooLong,
    BareLf,
}

impl LineFault {
    /// As an error, in which too long is `too_long`.
    pub(super) fn or(self, too_long: FramingError) -> FramingError {
        match self {
            LineFault::TooLong => too_long,
            LineFault::BareLf => FramingError::BareLf,
        }
    }
}

/// Appends to `line` what `bytes` have of it: how many that were, and whether it has ended. It may
/// have `most` bytes.
///
/// RFC 9112 (2.2) lets a recipient take LF for an end of line, and calls it a leniency; two sides
/// that differ in it see different messages. Here CRLF is the only end.
pub(super) fn read_line(line: &mut Vec<u8>, bytes: &[u8], most: usize) -> Result<(usize, bool), LineFault> {
    let end = memchr(b'\n', bytes);
    let length = end.map_or(bytes.len(), |at| at + 1);
    if length > most - line.len() {
        return Err(LineFault::TooLong);
    }
    line.extend_from_slice(&bytes[..length]);
    if end.is_some() && !line.ends_with(b"\r\n") {
        return Err(LineFault::BareLf);
    }
    Ok((length, end.is_some()))
}
