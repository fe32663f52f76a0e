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
