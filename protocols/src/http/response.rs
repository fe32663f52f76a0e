//! Reads the response to one request.

use ::http::{Method, Response, StatusCode, response};

use super::body::{Body, Declared};
use super::error::FramingError;
use super::head::{keeps_alive, parse_response};
use super::limits::HttpLimits;
use super::message::{Message, Read};
use super::section::Section;

/// Reads the response to one request; without a socket, so that it can be shown to read the same
/// however its bytes are cut.
///
/// Interim responses are skipped. The body is what RFC 9112, 6.3, says it is: nothing after HEAD,
/// after CONNECT if that succeeded, and with 204 and 304, whatever the fields say; else chunked; else
/// of the declared length; else all that comes until the close.
///
/// ```
/// use protocols::http::{HttpLimits, ResponseReader};
///
/// let mut reader = ResponseReader::new(&http::Method::GET, &HttpLimits::default());
/// assert!(reader.read(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh")?.1.is_none());
/// let (used, received) = reader.read(b"iHTTP/1.1 ..")?;
/// assert_eq!(used, 1);
/// assert_eq!(received.unwrap().response.body(), b"hi");
/// # Ok::<(), protocols::http::FramingError>(())
/// ```
#[derive(Debug)]
pub struct ResponseReader {
    rules: Rules,
    message: Message<Head>,
}

/// A response that is whole.
#[derive(Debug)]
pub struct Received {
    /// The response.
    pub response: Response<Vec<u8>>,
    /// Whether the connection may carry another request.
    pub reusable: bool,
}

#[derive(Debug)]
struct Head {
    parts: response::Parts,
    reusable: bool,
}

impl ResponseReader {
    /// Reads the response to a request with this method.
    pub fn new(method: &Method, limits: &HttpLimits) -> ResponseReader {
        ResponseReader { rules: Rules { method: method.clone(), interim: 0 }, message: Message::new(limits) }
    }

    /// Reads on: how many of `bytes` it used, which is all of them unless the response is complete,
    /// and the response once it is whole. After that, or an error, it uses no more.
    pub fn read(&mut self, bytes: &[u8]) -> Result<(usize, Option<Received>), FramingError> {
        let (used, whole) = self.message.read(bytes, |head, limits| self.rules.parse(head, limits))?;
        Ok((used, whole.map(Received::new)))
    }

    /// The stream has ended in good order: a body that goes on until the close is whole now, any other
    /// is [`Truncated`](FramingError::Truncated).
    pub fn end(&mut self) -> Result<Received, FramingError> {
        self.message.end().map(Received::new)
    }

    /// The status, once the head has come and while the body is on its way.
    pub fn status(&mut self) -> Option<StatusCode> {
        self.message.head().map(|head| head.parts.status)
    }

    /// Whether any byte of the response has come: a request on a connection that was used before may be
    /// sent again only if not.
    pub fn has_begun(&self) -> bool {
        self.message.has_begun()
    }
}

impl Received {
    fn new((head, body): (Head, Vec<u8>)) -> Received {
        Received { response: Response::from_parts(head.parts, body), reusable: head.reusable }
    }
}

/// What is to be known of the request, and of the heads before this one.
#[derive(Debug)]
struct Rules {
    method: Method,
    interim: usize,
}

impl Rules {
    fn parse(&mut self, head: &Section, limits: &HttpLimits) -> Read<Head> {
        let parts = parse_response(head)?;
        let declared = Declared::by(&parts.headers, parts.version);
        if parts.status.is_informational() {
            declared?;
            return self.skip(parts.status, limits).map(|()| None);
        }
        // RFC 9110, 8.6 and 9112, 6.1: a 204 declares no body, and nothing declares two. Where one does, nobody knows
        // what its sender takes for the end.
        let is_doubtful =
            declared.map_or(true, |it| parts.status == StatusCode::NO_CONTENT && !it.is_empty());
        let body = if self.is_bodiless(parts.status) {
            Body::empty()
        } else {
            match declared? {
                Declared::Length(length) => Body::of_length(length, limits)?,
                Declared::Chunked => Body::chunked(),
                Declared::Nothing => Body::until_close(),
            }
        };
        let reusable = keeps_alive(&parts.headers, parts.version) && !body.ends_with_stream() && !is_doubtful;
        Ok(Some((Head { parts, reusable }, body)))
    }

    fn skip(&mut self, status: StatusCode, limits: &HttpLimits) -> Result<(), FramingError> {
        self.interim += 1;
        match status {
            StatusCode::SWITCHING_PROTOCOLS => Err(FramingError::Upgraded),
            _ if self.interim > limits.interim => Err(FramingError::TooManyInterim),
            _ => Ok(()),
        }
    }

    fn is_bodiless(&self, status: StatusCode) -> bool {
        let is_tunnel = self.method == Method::CONNECT && status.is_success();
        is_tunnel
            || self.method == Method::HEAD
            || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    }
}
