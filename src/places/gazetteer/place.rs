//! What a gazetteer holds and what a search of it finds.

use std::borrow::Cow;

/// A place that was found, and how far away.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
    /// What was found.
    pub place: Place,
    /// Great-circle distance from where the search began.
    pub metres: f64,
}

/// A point on the map that has a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The same for the same place in every release: `geonames:5328041`, `airport:KSMO`.
    pub place_id: String,
    /// What it is.
    pub kind: Kind,
    /// As the people there write it, or nearly so.
    pub name: Cow<'static, str>,
    /// ISO 3166-1 alpha-2, and `XK` for Kosovo.
    pub country_code: Cow<'static, str>,
    /// The English name of the country.
    pub country: Cow<'static, str>,
    /// Degrees, north positive.
    pub latitude: f64,
    /// Degrees, east positive.
    pub longitude: f64,
    /// Inhabitants; 0 for an airport.
    pub population: u32,
}

/// The kinds of places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A city, town, village or quarter.
    Locality,
    /// An airport with an IATA code.
    Airport,
}
