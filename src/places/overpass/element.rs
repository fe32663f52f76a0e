//! A thing on OpenStreetMap: a node, a way or a relation with its tags.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::Nearby;
use super::super::gazetteer::haversine;
use super::super::listing::{Found, Geometry, Location};
use super::super::object::Number;

/// The keys that say what a place is (<https://wiki.openstreetmap.org/wiki/Map_features>).
pub(super) const KINDS: &[&str] =
    &["amenity", "shop", "tourism", "leisure", "office", "craft", "healthcare", "historic"];

/// As `out center` prints it.
#[derive(Deserialize)]
pub(super) struct Element<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    id: u64,
    /// Where a node is.
    #[serde(borrow)]
    lat: Option<Number<'a>>,
    #[serde(borrow)]
    lon: Option<Number<'a>>,
    /// Where the middle of a way or a relation is.
    #[serde(borrow)]
    center: Option<Point<'a>>,
    #[serde(borrow)]
    tags: Option<BTreeMap<Cow<'a, str>, Option<Cow<'a, str>>>>,
}

#[derive(Clone, Copy, Deserialize)]
struct Point<'a> {
    #[serde(borrow)]
    lat: Option<Number<'a>>,
    #[serde(borrow)]
    lon: Option<Number<'a>>,
}

impl<'a> Element<'a> {
    /// The place, and how far it is from where was asked. None if it has no name or is nowhere.
    pub(super) fn place(self, from: &Nearby) -> Option<(f64, Found<'a>)> {
        let at = self.location()?;
        let metres = haversine(from.latitude, from.longitude, at.lat.value(), at.lng.value());
        let place = Found {
            place_id: Some(format!("osm:{}/{}", self.kind, self.id).into()),
            rating: None,
            types: self.types(),
            vicinity: self.vicinity(),
            geometry: Some(Geometry { location: at }),
            name: Some(self.tag("name")?.to_owned().into()),
        };
        Some((metres, place))
    }

    fn tag(&self, key: &str) -> Option<&str> {
        self.tags.as_ref()?.get(key)?.as_deref()
    }

    fn location(&self) -> Option<Location<'a>> {
        let node = self.lat.zip(self.lon);
        let (lat, lng) = node.or(self.center.and_then(|center| center.lat.zip(center.lon)))?;
        Some(Location { lat, lng })
    }

    /// What its tags say it is: `cafe;bar` is both, and a `yes` says no more than its key.
    fn types(&self) -> Vec<Cow<'a, str>> {
        let tags = KINDS.iter().filter_map(|kind| Some((*kind, self.tag(kind)?)));
        let words = tags.flat_map(|(kind, value)| {
            value.split(';').map(move |word| if word.trim() == "yes" { kind } else { word.trim() })
        });
        words.filter(|word| !word.is_empty()).map(|word| word.to_owned().into()).collect()
    }

    /// House number and street, then the town, as far as they are known.
    fn vicinity(&self) -> Option<Cow<'a, str>> {
        let street = self.tag("addr:street");
        let house = street.and(self.tag("addr:housenumber"));
        let street: Vec<&str> = house.into_iter().chain(street).collect();
        let street = Some(street.join(" ")).filter(|street| !street.is_empty());
        let parts: Vec<&str> = street.as_deref().into_iter().chain(self.tag("addr:city")).collect();
        (!parts.is_empty()).then(|| parts.join(", ").into())
    }
}
