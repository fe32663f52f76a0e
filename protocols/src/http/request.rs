//! Reads one request.

use ::http::header::{EXPECT, HOST, HeaderMap};
use ::http::uri::{Authority, PathAndQuery, Scheme};
use ::http::{Method, Request, Uri, Version, request};

use super::body::{Body, Declared};
use super::error::FramingError;
use super::head::{RawRequest, at_most_one, keeps_alive, parse_request};
use super::limits::HttpLimits;
use super::message::Message;
use super::section::Section;

/// The longest method registered with IANA is UPDATEREDIRECTREF.
const METHOD: usize = 17;

/// Reads one request; without a socket, as [`ResponseReader`](super::ResponseReader) does.
///
/// The target is a path, or an `http` or `https` URI, whose host then stands in the
/// [`Uri`] and counts more than the field Host (RFC 9112, 3.2.2). The forms of CONNECT and
/// of `OPTIONS *` are refused: no server here is a proxy. HTTP/1.1 has one Host, HTTP/1.0 one at the
/// most. An empty line before the request is skipped, for old clients sent one too many (RFC 9112, 2.2).
///
/// ```
/// use protocols::http::{HttpLimits, RequestReader};
///
/// let mut reader = RequestReader::new(&HttpLimits::default());
/// let (_, asked) = reader.read(b"GET /health?v=1 HTTP/1.1\r\nHost: herd.example\r\n\r\n")?;
/// assert_eq!(asked.unwrap().request.uri().path(), "/health");
/// # Ok::<(), protocols::http::FramingError>(())
/// ```
#[derive(Debug)]
pub struct RequestReader {
    /// An empty line was skipped.
    skipped: bool,
    message: Message<Head>,
}

/// A request that is whole.
#[derive(Debug)]
pub struct Asked {
    /// The request.
    pub request: Request<Vec<u8>>,
    /// Whether the connection may carry another request.
    pub reusable: bool,
}

#[derive(Debug)]
struct Head {
    parts: request::Parts,
    reusable: bool,
    /// The client waits for leave to send the body.
    expects_continue: bool,
}

impl RequestReader {
    /// Reads a request within these bounds.
    pub fn new(limits: &HttpLimits) -> RequestReader {
        RequestReader { skipped: false, message: Message::new(limits) }
    }

    /// Reads on: how many of `bytes` it used, which is all of them unless the request is complete, and
    /// the request once it is whole. After that, or an error, it uses no more.
    pub fn read(&mut self, bytes: &[u8]) -> Result<(usize, Option<Asked>), FramingError> {
        let skipped = &mut self.skipped;
        let (used, whole) = self.message.read(bytes, |head, limits| {
            let skips = head.lines() == 0 && !std::mem::replace(skipped, true);
            if skips { Ok(None) } else { parse(head, limits).map(Some) }
        })?;
        Ok((used, whole.map(Asked::new)))
    }

    /// Whether any byte of the request has come.
    pub fn has_begun(&self) -> bool {
        self.message.has_begun()
    }

    /// Whether the client waits for `100 Continue` before it sends the body; said once (RFC 9110,
    /// 10.1.1).
    pub fn expects_continue(&mut self) -> bool {
        self.message.head().is_some_and(|head| std::mem::take(&mut head.expects_continue))
    }
}

impl Asked {
    fn new((head, body): (Head, Vec<u8>)) -> Asked {
        Asked { request: Request::from_parts(head.parts, body), reusable: head.reusable }
    }
}

fn parse(head: &Section, limits: &HttpLimits) -> Result<(Head, Body), FramingError> {
    let RawRequest { method, target, mut parts } = parse_request(head)?;
    parts.method = parse_method(method)?;
    parts.uri = parse_target(target)?;
    check_host(&parts.headers, parts.version)?;
    let body = match Declared::by(&parts.headers, parts.version)? {
        Declared::Nothing => Body::empty(),
        Declared::Length(length) => Body::of_length(length, limits)?,
        Declared::Chunked => Body::chunked(),
    };
    let reusable = keeps_alive(&parts.headers, parts.version);
    let expects_continue = expects_continue(&parts.headers, parts.version)?;
    Ok((Head { parts, reusable, expects_continue }, body))
}

fn parse_method(method: &str) -> Result<Method, FramingError> {
    if method.len() > METHOD {
        return Err(FramingError::Method);
    }
    match Method::from_bytes(method.as_bytes()) {
        Ok(Method::CONNECT) => Err(FramingError::Method),
        method => method.map_err(|_| FramingError::RequestLine),
    }
}

fn parse_target(target: &str) -> Result<Uri, FramingError> {
    if !target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
        return Err(FramingError::Target);
    }
    if target.starts_with('/') {
        return target.parse::<PathAndQuery>().map(Uri::from).map_err(|_| FramingError::Target);
    }
    let uri: Uri = target.parse().map_err(|_| FramingError::Target)?;
    let is_ours = uri.scheme().is_some_and(|scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS);
    if is_ours && uri.authority().is_some_and(is_host) { Ok(uri) } else { Err(FramingError::Target) }
}

fn check_host(fields: &HeaderMap, version: Version) -> Result<(), FramingError> {
    let is_valid = match at_most_one(fields, HOST, FramingError::Host)? {
        Some(host) => {
            host.is_empty() || Authority::try_from(host.as_bytes()).is_ok_and(|host| is_host(&host))
        }
        None => version == Version::HTTP_10,
    };
    if is_valid { Ok(()) } else { Err(FramingError::Host) }
}

/// A host and perhaps a port, without a user.
fn is_host(authority: &Authority) -> bool {
    let rest = authority.as_str().strip_prefix(authority.host());
    let port = rest.map(|rest| rest.strip_prefix(':').unwrap_or(rest));
    port.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// HTTP/1.0 knows no expectations, and they are ignored there.
fn expects_continue(fields: &HeaderMap, version: Version) -> Result<bool, FramingError> {
    match at_most_one(fields, EXPECT, FramingError::Expectation)? {
        Some(_) if version == Version::HTTP_10 => Ok(false),
        Some(expected) if expected.as_bytes().eq_ignore_ascii_case(b"100-continue") => Ok(true),
        Some(_) => Err(FramingError::Expectation),
        None => Ok(false),
    }
}
