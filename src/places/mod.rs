//! What is near a point: the [`Provider`] trait, and the providers (the specification, section 8).
//!
//! A provider is asked with a [`Nearby`] and answers, now or later, with a Nearby [`Search`]. The
//! herd's rules know no provider; they are handed a [`Desk`], which knows a chain of them. A service on the web
//! is a [`Dialect`]: what to send, and how to read what comes back; [`Web`] makes a provider of it.

mod api_key;
mod builtin;
mod desk;
mod dialect;
mod error;
mod file;
mod found;
mod gazetteer;
mod google;
mod google_legacy;
mod import;
mod json;
mod listing;
mod object;
mod overpass;
mod search;
mod surrogates;
mod web;

use std::time::Duration;

use protocols::http::Agent;
use reactor::{Reply, Requests};

pub use api_key::{ApiKey, ApiKeyError};
pub use builtin::Builtin;
pub use desk::{Desk, DeskBounds, DeskCounters, SourceCounters};
pub use dialect::Dialect;
pub use error::ProviderError;
pub use file::{File, FileError};
pub use found::Found;
pub use gazetteer::{Gazetteer, GazetteerError, Near, Place, Source, Unfit};
pub use google::{FIELD_MASK, Google};
pub use google_legacy::GoogleLegacy;
pub use import::{BadRow, Format, Import, ImportError, InputError, Position, Summary, Tally};
pub use json::{nearby_json, to_google_text};
pub use object::NotAnObject;
pub use overpass::Overpass;
pub use search::Search;
pub use web::Web;

use crate::herd::Herd;

/// The longest answer of a service that is read, and the longest that a client is sent, in bytes: twenty times what
/// Google sends, and enough for the two thousand places that Overpass is asked for. What 32 services at once may make
/// a server hold, and read, is bounded by it.
pub const LONGEST: usize = 2 * 1024 * 1024;

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
    /// How long the answer may take.
    pub within: Duration,
}

/// What a provider says: a Nearby Search, read; or why there is none.
pub type Searched = Result<Search, ProviderError>;

/// What the desk gives to who has asked: a Nearby Search, cut to the bound; or why there is none.
pub type Answer = Result<Found, ProviderError>;

/// A source of places.
pub trait Provider {
    /// Answers `nearby` through `done`: exactly once, and within the time that `nearby` gives. What it needs
    /// of the web it asks `agent` for.
    fn nearby(
        &mut self,
        nearby: Nearby,
        agent: &mut Agent<Herd>,
        reactor: &mut Requests<'_, Herd>,
        done: Reply<Herd, Searched>,
    );

    /// Whether its terms forbid to keep what it answers, in a log or anywhere else.
    fn forbids_keeping(&self) -> bool {
        false
    }
}

/// A provider's text as it goes to a client (the specification, section 4): of every run of line ends the first, at
/// either end of the text none, then exactly two LF. So a client that reads lines sees one empty line, the last.
///
/// What is kept of a run is as the provider wrote it, and nothing but line ends is left out.
///
/// ```
/// # use herd::places::squeeze;
/// assert_eq!(squeeze(b"{\r\n\r\n\n}\r\n"), b"{\r\n}\n\n");
/// ```
pub fn squeeze(text: &[u8]) -> Vec<u8> {
    let mut squeezed = Vec::with_capacity(text.len() + 2);
    for line in text.split_inclusive(|&byte| byte == b'\n').filter(|line| !is_line_end(line)) {
        squeezed.extend_from_slice(line);
    }
    while squeezed.pop_if(|byte| is_line_end(&[*byte])).is_some() {}
    squeezed.extend_from_slice(b"\n\n");
    squeezed
}

/// Whether this is the end of a line and nothing before it: LF, and any CR, which before LF is white space.
fn is_line_end(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b'\r' | b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_line_ends_become_their_first_and_two_lf_end_the_answer() {
        for (text, squeezed) in [
            ("{\n\n\n   \"a\" : 1\n}\n\n\n", "{\n   \"a\" : 1\n}\n\n"),
            ("{}", "{}\n\n"),
            ("{\r\n\"a\":1\r\n}\r\n", "{\r\n\"a\":1\r\n}\n\n"),
            ("[1,\n\r\n2]\n", "[1,\n2]\n\n"),
            ("[1,\r\n\r\n2]", "[1,\r\n2]\n\n"),
            ("[1,\r\n\n2]", "[1,\r\n2]\n\n"),
            ("[1,\n\r\r\n\n2]", "[1,\n2]\n\n"),
            ("\r\n\n{}", "{}\n\n"),
            ("{}\n\r\n", "{}\n\n"),
            ("{}\r\n\r\n", "{}\n\n"),
            ("{}\n\r", "{}\n\n"),
            ("{}\r", "{}\n\n"),
            ("", "\n\n"),
            ("\r\n", "\n\n"),
        ] {
            assert_eq!(
                squeeze(text.as_bytes()).escape_ascii().to_string(),
                squeezed.escape_default().to_string()
            );
        }
    }

    #[test]
    fn a_cr_within_a_line_and_blanks_stay() {
        for text in ["[1,\r2]", "[1,\r\r2]", "[1,\r\r\n2]", "[1,\n\r2]", "[1,\n \n2]"] {
            assert_eq!(squeeze(text.as_bytes()), [text.as_bytes(), b"\n\n"].concat(), "{text:?}");
        }
    }
}
