//! What a gazetteer holds and what a search of it finds.

use std::borrow::Cow;

/// A place that was found, and how far away.
#[derive(Clone, Debug, PartialEq)]
pub struct Near<'g> {
    /// What was found.
    pub place: Place<'g>,
    /// Great-circle distance from where the search began.
    pub metres: f64,
}

/// A point on the map that has a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Place<'g> {
    /// The same for the same place in every release: `geonames:5328041`, `airport:KSMO`.
    pub place_id: Cow<'g, str>,
    /// As the people there write it, or nearly so.
    pub name: Cow<'g, str>,
    /// What it is, in Google's words or its source's: `locality`, `coffee_shop`. Each is one word.
    pub types: Vec<Cow<'g, str>>,
    /// Where it is, in words: an address, or the country; empty if nothing is known.
    pub vicinity: Cow<'g, str>,
    /// Degrees, north positive.
    pub latitude: f64,
    /// Degrees, east positive.
    pub longitude: f64,
    /// Who has to be named for it.
    pub source: Source,
}

/// Where a place is known from, which decides what an answer has to say of its licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// A table of the operator's own, which asks for nothing.
    Own,
    /// GeoNames, CC BY 4.0.
    GeoNames,
    /// The package airportsdata (MIT); its countries are named by GeoNames.
    Airports,
    /// The Overture Maps Foundation, whose licences ask to name it and its sources.
    Overture,
}
