//! What a web service of places is asked, and how its answer reads.

use std::fmt;

use http::{Request, Response, StatusCode};

use super::{Nearby, ProviderError, Searched};

/// The most places that any of the services gives, and any WHATSAT asks for.
pub(super) const MOST: usize = 20;

/// A web service of places, as two pure functions.
///
/// Its `Debug` shows no key. The requests it makes do: they are never printed.
pub trait Dialect: fmt::Debug + Send + Sync {
    /// What to send.
    ///
    /// # Errors
    ///
    /// If the base URL of the service is none.
    fn request(&self, nearby: &Nearby) -> Result<Request<Vec<u8>>, ProviderError>;

    /// What came back to `nearby`, as a Nearby Search.
    ///
    /// # Errors
    ///
    /// Whatever is not an answer of the service.
    fn answer(&self, nearby: &Nearby, response: &Response<Vec<u8>>) -> Searched;

    /// Whether the terms of the service forbid to keep what it answers.
    fn forbids_keeping(&self) -> bool {
        false
    }
}

/// The body of an answer with the one status that has one.
pub(super) fn body(response: &Response<Vec<u8>>) -> Result<&[u8], ProviderError> {
    match response.status() {
        StatusCode::OK => Ok(text(response)),
        other => Err(ProviderError::Status(other.as_u16())),
    }
}

/// The body of an answer, without a byte order mark (RFC 8259, 8.1: a reader may ignore it).
pub(super) fn text(response: &Response<Vec<u8>>) -> &[u8] {
    let body = response.body();
    body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)
}

/// A base URL without the slash that the paths begin with.
pub(super) fn base(url: &str) -> String {
    url.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests;
