//! Why there are no places.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use protocols::http::HttpError;

use super::object::NotAnObject;

/// Why a provider has no answer. The client sees `? ` and its command.
///
/// None of it shows what was asked or which key was sent.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ProviderError {
    /// It could not be asked.
    Unavailable(String),
    /// It gave no answer in time.
    TimedOut,
    /// It gave no HTTP response.
    Http(Arc<HttpError>),
    /// It answered with an HTTP status that is none of its answers.
    Status(u16),
    /// Its answer could not be read.
    Unreadable(NotAnObject),
    /// Its answer is of the right form and says that something went wrong.
    Failed(&'static str),
    /// It has failed so often that it is left alone for a while.
    Resting,
    /// So many questions wait for it already.
    Crowded(&'static str),
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no places: ")?;
        match self {
            ProviderError::Unavailable(why) => f.write_str(why),
            ProviderError::Http(error) => error.fmt(f),
            ProviderError::TimedOut => f.write_str("no answer in time"),
            ProviderError::Status(status) => write!(f, "the answer is an HTTP status {status}"),
            ProviderError::Unreadable(error) => write!(f, "the answer cannot be read: {error}"),
            ProviderError::Failed(why) | ProviderError::Crowded(why) => f.write_str(why),
            ProviderError::Resting => f.write_str("it has failed too often and is not asked now"),
        }
    }
}

impl Error for ProviderError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ProviderError::Http(error) => Some(error),
            ProviderError::Unreadable(error) => Some(error),
            _ => None,
        }
    }
}

impl From<NotAnObject> for ProviderError {
    fn from(error: NotAnObject) -> ProviderError {
        ProviderError::Unreadable(error)
    }
}

impl From<HttpError> for ProviderError {
    fn from(error: HttpError) -> ProviderError {
        match error {
            HttpError::TimedOut => ProviderError::TimedOut,
            error => ProviderError::Http(Arc::new(error)),
        }
    }
}

impl From<http::Error> for ProviderError {
    /// What makes no request: a base URL that is none, a key that fits no header.
    fn from(error: http::Error) -> ProviderError {
        ProviderError::Unavailable(format!("it cannot be asked: {error}"))
    }
}
