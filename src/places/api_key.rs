//! The key of a web service of places: a secret that is sent to that service and shown to nobody.

use std::error::Error;
use std::fmt;

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in a query (RFC 3986, 2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A key. It has no `Display`, and its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// The longest key, in bytes: Google's have 39, and a longer text is another file.
    pub const LONGEST: usize = 256;

    /// Reads what an environment variable or a file holds; white space around it is not part of it.
    ///
    /// # Errors
    ///
    /// [`ApiKeyError`], which says nothing of the text.
    pub fn read(text: &[u8]) -> Result<ApiKey, ApiKeyError> {
        match text.trim_ascii() {
            [] => Err(ApiKeyError::Empty),
            text if text.len() > ApiKey::LONGEST => Err(ApiKeyError::TooLong),
            text if !text.iter().all(u8::is_ascii_graphic) => Err(ApiKeyError::NotVisibleAscii),
            text => Ok(ApiKey(text.iter().copied().map(char::from).collect())),
        }
    }

    /// As the value of a header that is never shown.
    pub(super) fn as_header(&self) -> Result<HeaderValue, http::Error> {
        let mut value = HeaderValue::from_str(&self.0)?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// As the value of a parameter in a query.
    pub(super) fn as_parameter(&self) -> impl fmt::Display + '_ {
        utf8_percent_encode(&self.0, UNRESERVED)
    }

    /// Whether somebody else's text has the key in it.
    pub(super) fn is_in(&self, text: &[u8]) -> bool {
        memchr::memmem::find(text, self.0.as_bytes()).is_some()
    }

    /// Somebody else's text without the key.
    pub(super) fn hide_in(&self, text: &str) -> String {
        text.replace(&self.0, "...")
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApiKeyError {
    /// There is nothing in it.
    Empty,
    /// It is longer than any key.
    TooLong,
    /// It holds something else than visible ASCII: two lines, say.
    NotVisibleAscii,
}

impl fmt::Display for ApiKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ApiKeyError::Empty => f.write_str("the key is empty"),
            ApiKeyError::TooLong => write!(f, "the key is longer than {} bytes", ApiKey::LONGEST),
            ApiKeyError::NotVisibleAscii => f.write_str("the key is not one word of visible ASCII"),
        }
    }
}

impl Error for ApiKeyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_word_whatever_white_space_is_around_it() {
        let key = ApiKey::read(b" AIza-k_e.y~1\r\n").unwrap();
        assert_eq!(key.as_header().unwrap(), "AIza-k_e.y~1");
        assert_eq!(key.as_parameter().to_string(), "AIza-k_e.y~1");
        assert!(ApiKey::read(&[b'k'; ApiKey::LONGEST]).is_ok());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let refused = |text: &[u8]| ApiKey::read(text).unwrap_err();
        assert_eq!(refused(b" \n"), ApiKeyError::Empty);
        assert_eq!(refused(&[b'k'; ApiKey::LONGEST + 1]), ApiKeyError::TooLong);
        for text in ["two words", "two\nlines", "kéy", "k\0"] {
            assert_eq!(refused(text.as_bytes()), ApiKeyError::NotVisibleAscii, "{text:?}");
        }
    }

    #[test]
    fn a_key_is_never_shown() {
        let key = ApiKey::read(b"secret&key").unwrap();
        assert_eq!(format!("{key:?} {:?}", key.as_header().unwrap()), "ApiKey(..) Sensitive");
        assert_eq!(key.as_parameter().to_string(), "secret%26key");
        assert_eq!(key.hide_in("no secret&key, secret&key"), "no ..., ...");
        assert!(key.is_in(b"a secret&key") && !key.is_in(b"a secret"));
    }
}
