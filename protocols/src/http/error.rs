//! Every way in which a message can be misframed.

use std::error::Error;
use std::fmt;

/// Why a message was refused. The connection it came on is of no use any more: where the next
/// message would begin is in doubt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FramingError {
    /// The first line is no status line.
    StatusLine,
    /// The first line is no request line.
    RequestLine,
    /// Neither HTTP/1.0 nor HTTP/1.1.
    Version,
    /// A field with an invalid name, a byte that does not belong in a value, or a folded line (RFC
    /// 9112, 5.2).
    Field,
    /// A line that ends with LF alone.
    BareLf,
    /// The head, or the trailers: [`HttpLimits::head`](super::HttpLimits::head).
    HeadTooLong,
    /// In the head or the trailers: [`HttpLimits::fields`](super::HttpLimits::fields).
    TooManyFields,
    /// More than one Content-Length, even if they are equal.
    SeveralLengths,
    /// A Content-Length that does not consist of digits, or is beyond 64 bits.
    InvalidLength,
    /// Content-Length and Transfer-Encoding.
    LengthAndEncoding,
    /// A Transfer-Encoding other than `chunked`, once.
    UnknownEncoding,
    /// A Transfer-Encoding in HTTP/1.0, which has none.
    EncodingIn10,
    /// [`HttpLimits::body`](super::HttpLimits::body).
    BodyTooLong,
    /// A chunk's size that does not consist of hexadecimal digits, or an extension with a byte that
    /// does not belong there.
    ChunkSize,
    /// [`HttpLimits::chunk_line`](super::HttpLimits::chunk_line).
    ChunkLineTooLong,
    /// A chunk without CRLF after its last byte.
    ChunkEnd,
    /// [`HttpLimits::interim`](super::HttpLimits::interim).
    TooManyInterim,
    /// The server changes to a protocol that nobody asked for (101).
    Upgraded,
    /// A request's method that is longer than any method known, or CONNECT.
    Method,
    /// A request's target that is neither a path nor an `http` or `https` URI.
    Target,
    /// A request of HTTP/1.1 without Host; several; or one that is no host.
    Host,
    /// A request that expects something else than `100-continue`.
    Expectation,
    /// The stream ended in the midst of the message, or before it.
    Truncated,
}

impl fmt::Display for FramingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FramingError::StatusLine => "an invalid status line",
            FramingError::RequestLine => "an invalid request line",
            FramingError::Version => "neither HTTP/1.0 nor HTTP/1.1",
            FramingError::Field => "an invalid field",
            FramingError::BareLf => "a line that ends with LF alone",
            FramingError::HeadTooLong => "the head is too long",
            FramingError::TooManyFields => "too many fields",
            FramingError::SeveralLengths => "several Content-Length fields",
            FramingError::InvalidLength => "an invalid Content-Length",
            FramingError::LengthAndEncoding => "both Content-Length and Transfer-Encoding",
            FramingError::UnknownEncoding => "a Transfer-Encoding other than chunked",
            FramingError::EncodingIn10 => "a Transfer-Encoding in HTTP/1.0",
            FramingError::BodyTooLong => "the body is too long",
            FramingError::ChunkSize => "an invalid chunk size",
            FramingError::ChunkLineTooLong => "the line of a chunk's size is too long",
            FramingError::ChunkEnd => "no CRLF after a chunk",
            FramingError::TooManyInterim => "too many interim responses",
            FramingError::Upgraded => "an upgrade that was not asked for",
            FramingError::Method => "a method that is not known here",
            FramingError::Target => "an invalid request target",
            FramingError::Host => "not exactly one valid Host",
            FramingError::Expectation => "an unknown expectation",
            FramingError::Truncated => "the message is cut off",
        })
    }
}

impl Error for FramingError {}
