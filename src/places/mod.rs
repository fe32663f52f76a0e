//! What is near a point: the [`Provider`] trait, and the providers (the specification, section 8).
//!
//! A provider is asked with a [`Nearby`] and answers, now or later, with the text of a Nearby Search.
//! The herd's rules know no provider; they are handed one.

mod builtin;
mod file;
mod gazetteer;
mod import;
mod json;

use std::error::Error;
use std::fmt;

use reactor::{Reply, Requests};

pub use builtin::Builtin;
pub use file::{File, FileError};
pub use gazetteer::{Gazetteer, GazetteerError, Near, Place, Source, Unfit};
pub use import::{BadRow, Format, Import, ImportError, InputError, Tally};
pub use json::{nearby_json, to_google_text};

use crate::herd::Herd;

/// What is asked of a provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearby {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// How far to look.
    pub radius_metres: f64,
    /// The most places to answer with.
    pub bound: usize,
}

/// The text of a Nearby Search, or why there is none.
pub type Answer = Result<Vec<u8>, ProviderError>;

/// A source of places.
pub trait Provider {
    /// Answers `nearby` through `done`: exactly once, and within its own time limit.
    fn nearby(&mut self, nearby: Nearby, reactor: &mut Requests<'_, Herd>, done: Reply<Herd, Answer>);
}

/// Why a provider has no answer. The client sees `? ` and its command.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProviderError {
    /// It could not be asked, or gave no answer in time.
    Unavailable(String),
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProviderError::Unavailable(why) => write!(f, "no places: {why}"),
        }
    }
}

impl Error for ProviderError {}

/// A provider's text as it goes to a client (the specification, section 4): every run of newlines made one,
/// the trailing ones removed, then exactly two.
pub fn squeeze(text: &[u8]) -> Vec<u8> {
    let mut squeezed = Vec::with_capacity(text.len() + 2);
    for line in text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        if !squeezed.is_empty() {
            squeezed.push(b'\n');
        }
        squeezed.extend_from_slice(line);
    }
    squeezed.extend_from_slice(b"\n\n");
    squeezed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_newlines_become_one_and_two_end_the_answer() {
        assert_eq!(squeeze(b"{\n\n\n   \"a\" : 1\n}\n\n\n"), b"{\n   \"a\" : 1\n}\n\n");
        assert_eq!(squeeze(b"{}"), b"{}\n\n");
    }
}
