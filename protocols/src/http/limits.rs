//! How large an HTTP message may be.

/// The bounds of one message. Reaching one is a [`FramingError`](super::FramingError).
///
/// What a message takes in memory grows with what has come of it, never with what it promises.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HttpLimits {
    /// Bytes of a head, from its first line to the empty one; and of the trailers. 64 KiB: what the
    /// common servers and proxies take at the most.
    pub head: usize,
    /// Fields of a head, and of the trailers. 100, as with Apache and Node.
    pub fields: usize,
    /// Bytes of a body. 4 MiB: an answer about places has some 100 KiB.
    pub body: usize,
    /// Interim (1xx) responses before the one that counts. 16.
    pub interim: usize,
    /// Bytes of the line before a chunk: its size and extensions. 1 KiB, as with Twisted.
    pub chunk_line: usize,
}

impl Default for HttpLimits {
    fn default() -> HttpLimits {
        HttpLimits { head: 64 * 1024, fields: 100, body: 4 * 1024 * 1024, interim: 16, chunk_line: 1024 }
    }
}
