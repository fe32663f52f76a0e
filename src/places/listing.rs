//! What a service found, to be printed as a Nearby Search.

use std::borrow::Cow;

use serde::Serialize;

use super::object::Number;
use super::{ProviderError, Search, Searched, to_google_text};

/// An answer whose text is made here, its keys in the order of Google's own.
#[derive(Debug, Default, Serialize)]
pub(super) struct Listing<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error_message: Option<String>,
    pub(super) html_attributions: Vec<&'a str>,
    pub(super) results: Vec<Found<'a>>,
    pub(super) status: &'static str,
}

/// One place; what is not known of it is left out.
#[derive(Debug, Serialize)]
pub(super) struct Found<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) geometry: Option<Geometry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) place_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rating: Option<Number<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) types: Vec<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) vicinity: Option<Cow<'a, str>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Geometry<'a> {
    pub(super) location: Location<'a>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Location<'a> {
    pub(super) lat: Number<'a>,
    pub(super) lng: Number<'a>,
}

impl<'a> Listing<'a> {
    /// These places, and whom they are from.
    pub(super) fn of(results: Vec<Found<'a>>, attributions: &[&'a str]) -> Listing<'a> {
        let status = if results.is_empty() { "ZERO_RESULTS" } else { "OK" };
        let html_attributions = if results.is_empty() { Vec::new() } else { attributions.to_vec() };
        Listing { error_message: None, html_attributions, results, status }
    }

    /// No places, and what the service says to that.
    pub(super) fn refusal(status: &'static str, error_message: Option<String>) -> Listing<'a> {
        Listing { error_message, status, ..Listing::default() }
    }

    /// The text, read: it says where each place ends.
    pub(super) fn print(&self) -> Searched {
        let text = to_google_text(self);
        let text = text.map_err(|_| ProviderError::Failed("the answer cannot be printed"))?;
        Ok(Search::read(&text)?)
    }
}
