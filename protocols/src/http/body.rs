//! Where a body ends (RFC 9112, 6.3), and what has come of it.

use ::http::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use ::http::{HeaderValue, Version};

use super::chunked::Chunks;
use super::error::FramingError;
use super::head::at_most_one;
use super::limits::HttpLimits;

/// What the fields of a head declare.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Declared {
    Nothing,
    Length(u64),
    Chunked,
}

impl Declared {
    /// Whether no byte of a body is declared.
    pub(super) fn is_empty(self) -> bool {
        matches!(self, Declared::Nothing | Declared::Length(0))
    }

    /// Anything that two readers could take differently is refused.
    pub(super) fn by(fields: &HeaderMap, version: Version) -> Result<Declared, FramingError> {
        let length = at_most_one(fields, CONTENT_LENGTH, FramingError::SeveralLengths)?;
        let encoding = at_most_one(fields, TRANSFER_ENCODING, FramingError::UnknownEncoding)?;
        match (length, encoding) {
            (None, None) => Ok(Declared::Nothing),
            (Some(length), None) => parse_length(length).map(Declared::Length),
            (Some(_), Some(_)) => Err(FramingError::LengthAndEncoding),
            (None, Some(_)) if version == Version::HTTP_10 => Err(FramingError::EncodingIn10),
            (None, Some(name)) if name.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(Declared::Chunked),
            (None, Some(_)) => Err(FramingError::UnknownEncoding),
        }
    }
}

/// Digits and nothing else: `parse` by itself would take a sign.
fn parse_length(value: &HeaderValue) -> Result<u64, FramingError> {
    let text = value.to_str().map_err(|_| FramingError::InvalidLength)?;
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number).ok_or(FramingError::InvalidLength)
}

/// How the end of a body is known.
#[derive(Debug)]
enum End {
    /// So many bytes are missing.
    Length(usize),
    Chunked(Chunks),
    Close,
}

/// A body of which perhaps not all has come.
#[derive(Debug)]
pub(super) struct Body {
    bytes: Vec<u8>,
    end: End,
}

impl Body {
    pub(super) fn empty() -> Body {
        Body::new(End::Length(0))
    }

    pub(super) fn chunked() -> Body {
        Body::new(End::Chunked(Chunks::default()))
    }

    pub(super) fn until_close() -> Body {
        Body::new(End::Close)
    }

    /// A body of so many bytes, refused at once if they are too many.
    pub(super) fn of_length(length: u64, limits: &HttpLimits) -> Result<Body, FramingError> {
        let length = usize::try_from(length).ok().filter(|length| *length <= limits.body);
        length.map(|length| Body::new(End::Length(length))).ok_or(FramingError::BodyTooLong)
    }

    fn new(end: End) -> Body {
        Body { bytes: Vec::new(), end }
    }

    /// Whether nothing is missing, and nothing more belongs to it.
    pub(super) fn is_whole(&self) -> bool {
        match &self.end {
            End::Length(missing) => *missing == 0,
            End::Chunked(chunks) => chunks.are_whole(),
            End::Close => false,
        }
    }

    /// Whether the end of the stream is its end.
    pub(super) fn ends_with_stream(&self) -> bool {
        matches!(self.end, End::Close)
    }

    /// Reads on; says how many bytes belong to it.
    pub(super) fn read(&mut self, bytes: &[u8], limits: &HttpLimits) -> Result<usize, FramingError> {
        match &mut self.end {
            End::Length(missing) => {
                let length = bytes.len().min(*missing);
                self.bytes.extend_from_slice(&bytes[..length]);
                *missing -= length;
                Ok(length)
            }
            End::Chunked(chunks) => chunks.read(bytes, &mut self.bytes, limits),
            End::Close if bytes.len() > limits.body - self.bytes.len() => Err(FramingError::BodyTooLong),
            End::Close => {
                self.bytes.extend_from_slice(bytes);
                Ok(bytes.len())
            }
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
