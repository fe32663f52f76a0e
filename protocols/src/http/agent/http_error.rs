//! Why a request has no response.

use std::error::Error;
use std::fmt;
use std::io;

use reactor::{ConnectError, Reason, TlsError};

use super::{BadProxy, BadUri, ProxyError};
use crate::http::FramingError;

/// Why a request has no response. It never repeats a path, a query or a field, in which there may be
/// a key.
#[derive(Debug)]
#[non_exhaustive]
pub enum HttpError {
    /// The URI cannot be asked.
    BadUri(BadUri),
    /// It was not sent: a bound is reached, or the request is not one that can be sent; said here.
    Refused(&'static str),
    /// The server cannot be reached.
    Connect(ConnectError),
    /// The server did not prove who it is, or did not keep to TLS.
    Tls(TlsError),
    /// The way through the proxy is not open.
    Proxy(ProxyError),
    /// The connection broke.
    Lost(io::Error),
    /// The server closed the connection and had not begun to answer.
    Unanswered,
    /// The response was cut off: before its end, or, if the close is its end, without the word of TLS
    /// that it is.
    Truncated,
    /// What came is no response, or where it ends is in doubt.
    Framing(FramingError),
    /// The whole of it took too long.
    TimedOut,
}

impl HttpError {
    /// Why a connection with a request in hand was lost.
    pub(super) fn lost(reason: &Reason) -> HttpError {
        match reason {
            Reason::Closed | Reason::PeerClosed => HttpError::Unanswered,
            Reason::Truncated => HttpError::Truncated,
            Reason::Tls(error) => HttpError::Tls(error.clone()),
            Reason::Lost(error) => HttpError::Lost(copy(error)),
            reason => HttpError::Lost(io::Error::other(reason.to_string())),
        }
    }

    /// Why a connection, to a proxy or to the server itself, was not made.
    pub(super) fn unreachable(error: &ConnectError, is_proxied: bool) -> HttpError {
        match error {
            ConnectError::Tls(error) => HttpError::Tls(error.clone()),
            error if is_proxied => HttpError::Proxy(ProxyError::Connect(copy_connect(error))),
            error => HttpError::Connect(copy_connect(error)),
        }
    }
}

/// The same error once more: an error of the system cannot be cloned.
fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

/// The same error once more.
fn copy_connect(error: &ConnectError) -> ConnectError {
    match error {
        ConnectError::Failed(error) => ConnectError::Failed(copy(error)),
        ConnectError::Unresolved(error) => ConnectError::Unresolved(copy(error)),
        ConnectError::TimedOut => ConnectError::TimedOut,
        ConnectError::Cancelled => ConnectError::Cancelled,
        ConnectError::LimitReached(limit) => ConnectError::LimitReached(limit),
        error => ConnectError::Failed(io::Error::other(error.to_string())),
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HttpError::BadUri(error) => write!(f, "the URI cannot be asked: {error}"),
            HttpError::Refused(why) => write!(f, "the request was not sent: {why}"),
            HttpError::Connect(error) => error.fmt(f),
            HttpError::Tls(error) => write!(f, "TLS: {error}"),
            HttpError::Proxy(error) => write!(f, "the proxy: {error}"),
            HttpError::Lost(error) => write!(f, "the connection broke: {error}"),
            HttpError::Unanswered => f.write_str("the server closed the connection without an answer"),
            HttpError::Truncated => f.write_str("the response was cut off"),
            HttpError::Framing(error) => write!(f, "the response is misframed: {error}"),
            HttpError::TimedOut => f.write_str("no whole response in time"),
        }
    }
}

impl Error for HttpError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            HttpError::BadUri(error) => Some(error),
            HttpError::Connect(error) => Some(error),
            HttpError::Tls(error) => Some(error),
            HttpError::Proxy(error) => Some(error),
            HttpError::Lost(error) => Some(error),
            HttpError::Framing(error) => Some(error),
            HttpError::Refused(_) | HttpError::Unanswered | HttpError::Truncated | HttpError::TimedOut => {
                None
            }
        }
    }
}

impl From<BadUri> for HttpError {
    fn from(error: BadUri) -> HttpError {
        HttpError::BadUri(error)
    }
}

impl From<ProxyError> for HttpError {
    fn from(error: ProxyError) -> HttpError {
        HttpError::Proxy(error)
    }
}

impl From<BadProxy> for HttpError {
    fn from(error: BadProxy) -> HttpError {
        HttpError::Proxy(ProxyError::Bad(error))
    }
}

impl From<FramingError> for HttpError {
    fn from(error: FramingError) -> HttpError {
        if error == FramingError::Truncated { HttpError::Truncated } else { HttpError::Framing(error) }
    }
}
