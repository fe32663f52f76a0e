//! The chunked transfer coding (RFC 9112, 7.1).

use super::error::FramingError;
use super::head::check_trailers;
use super::limits::HttpLimits;
use super::section::{Section, read_line};

/// Where in the chunks the next byte belongs.
#[derive(Debug)]
pub(super) enum Chunks {
    /// In a line with a size, of which this has come.
    Size(Vec<u8>),
    /// In a chunk, of which so much is missing.
    Data(usize),
    /// In the CRLF after a chunk, of which this has come.
    DataEnd(Vec<u8>),
    /// In the trailers.
    Trailers(Section),
    /// Behind the end.
    Whole,
}

impl Default for Chunks {
    fn default() -> Chunks {
        Chunks::Size(Vec::new())
    }
}

impl Chunks {
    pub(super) fn are_whole(&self) -> bool {
        matches!(self, Chunks::Whole)
    }

    /// Reads on, appending to `body`; says how many bytes belong to the chunks.
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        body: &mut Vec<u8>,
        limits: &HttpLimits,
    ) -> Result<usize, FramingError> {
        let mut used = 0;
        while used < bytes.len() && !self.are_whole() {
            used += self.step(&bytes[used..], body, limits)?;
        }
        Ok(used)
    }

    /// Reads to the end of one part, or of the bytes.
    fn step(&mut self, bytes: &[u8], body: &mut Vec<u8>, limits: &HttpLimits) -> Result<usize, FramingError> {
        let (used, next) = match self {
            Chunks::Size(line) => read_size(line, bytes, limits.body - body.len(), limits.chunk_line)?,
            Chunks::Data(missing) => read_data(missing, bytes, body),
            Chunks::DataEnd(end) => read_data_end(end, bytes)?,
            Chunks::Trailers(trailers) => read_trailers(trailers, bytes, limits)?,
            Chunks::Whole => (0, None),
        };
        if let Some(next) = next {
            *self = next;
        }
        Ok(used)
    }
}

/// How many bytes a part used, and what follows it if it has ended.
type Step = (usize, Option<Chunks>);

fn read_size(line: &mut Vec<u8>, bytes: &[u8], room: usize, max_line: usize) -> Result<Step, FramingError> {
    let (used, ended) =
        read_line(line, bytes, max_line).map_err(|fault| fault.or(FramingError::ChunkLineTooLong))?;
    if !ended {
        return Ok((used, None));
    }
    match parse_size(&line[..line.len() - 2])? {
        0 => Ok((used, Some(Chunks::Trailers(Section::default())))),
        size if size <= room => Ok((used, Some(Chunks::Data(size)))),
        _ => Err(FramingError::BodyTooLong),
    }
}

fn read_data(missing: &mut usize, bytes: &[u8], body: &mut Vec<u8>) -> Step {
    let length = bytes.len().min(*missing);
    body.extend_from_slice(&bytes[..length]);
    *missing -= length;
    (length, (*missing == 0).then(|| Chunks::DataEnd(Vec::new())))
}

/// Two bytes, and no others: a chunk that goes on beyond its size would hide what follows it.
fn read_data_end(end: &mut Vec<u8>, bytes: &[u8]) -> Result<Step, FramingError> {
    let length = bytes.len().min(2 - end.len());
    end.extend_from_slice(&bytes[..length]);
    match end.as_slice() {
        b"\r\n" => Ok((length, Some(Chunks::default()))),
        b"\r" => Ok((length, None)),
        _ => Err(FramingError::ChunkEnd),
    }
}

fn read_trailers(trailers: &mut Section, bytes: &[u8], limits: &HttpLimits) -> Result<Step, FramingError> {
    let (used, ended) = trailers.read(bytes, limits, 0)?;
    if !ended {
        return Ok((used, None));
    }
    check_trailers(trailers)?;
    Ok((used, Some(Chunks::Whole)))
}

/// The size in a line without its end. Extensions say nothing to anybody here and are skipped.
fn parse_size(line: &[u8]) -> Result<usize, FramingError> {
    let end = line.iter().position(|byte| *byte == b';').unwrap_or(line.len());
    let (size, extensions) = line.split_at(end);
    if !extensions.iter().all(|byte| is_text(*byte)) {
        return Err(FramingError::ChunkSize);
    }
    parse_hex(trim_end(size))
}

/// Some servers pad the size; whoever pads it in front is refused.
fn trim_end(mut size: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = size {
        size = rest;
    }
    size
}

/// Digits and nothing else: `from_str_radix` by itself would take a sign.
fn parse_hex(digits: &[u8]) -> Result<usize, FramingError> {
    if digits.is_empty() {
        return Err(FramingError::ChunkSize);
    }
    digits.iter().try_fold(0_usize, |size, digit| {
        let digit = char::from(*digit).to_digit(16).ok_or(FramingError::ChunkSize)?;
        let size = size.checked_mul(16).ok_or(FramingError::BodyTooLong)?;
        Ok(size + digit as usize)
    })
}

/// Neither a control nor DEL, but for HTAB.
fn is_text(byte: u8) -> bool {
    byte == b'\t' || !byte.is_ascii_control()
}
