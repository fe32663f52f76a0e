//! A GeoJSON Feature (RFC 7946) with the properties of a place of the Overture Maps Foundation.
//!
//! <https://docs.overturemaps.org/schema/reference/places/place/>

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Deserializer, Error, Value};

use super::super::gazetteer::{Place, Source, country_name};
use super::bad_row::{BadRow, LONGEST_ROW};

/// What is read of a Feature; the rest is passed over.
#[derive(Deserialize)]
struct Feature {
    r#type: String,
    /// The GERS identifier is a property, or here: that depends on the version of the tool.
    id: Option<Value>,
    geometry: Option<Geometry>,
    properties: Option<Properties>,
}

#[derive(Deserialize)]
struct Geometry {
    r#type: String,
    coordinates: Value,
}

#[derive(Default, Deserialize)]
struct Properties {
    id: Option<String>,
    names: Option<Primary>,
    categories: Option<Primary>,
    /// What follows `categories` in the releases of 2026.
    taxonomy: Option<Primary>,
    addresses: Option<Vec<Address>>,
}

/// A property of which there is one of each kind, and this is the first.
#[derive(Deserialize)]
struct Primary {
    primary: Option<String>,
}

#[derive(Deserialize)]
struct Address {
    freeform: Option<String>,
    locality: Option<String>,
    country: Option<String>,
}

/// The places of a row: there is one, but for those who write several texts one after the other. A comma behind the
/// row is the rest of a list that somebody has cut up.
pub(super) fn places(row: &str) -> impl Iterator<Item = Result<Place<'static>, BadRow>> {
    let row = row.trim_end();
    let row = row.strip_suffix(',').unwrap_or(row);
    let texts = Deserializer::from_str(row).into_iter::<&RawValue>();
    texts.map(|text| match text {
        Ok(text) => place(text.get()),
        Err(error) => Err(BadRow::NotJson(byte_of(&error, row))),
    })
}

/// The first byte of a row that is no JSON, counted from 1; the one behind its end where that comes too early.
fn byte_of(error: &Error, row: &str) -> usize {
    let lines = row.split_inclusive('\n').take(error.line().saturating_sub(1));
    (lines.map(str::len).sum::<usize>() + error.column() + usize::from(error.is_eof())).max(1)
}

/// The place of a Feature that is known to be JSON.
pub(super) fn place(feature: &str) -> Result<Place<'static>, BadRow> {
    if feature.len() > LONGEST_ROW {
        return Err(BadRow::TooLong);
    }
    let feature: Feature = serde_json::from_str(feature).map_err(|_| BadRow::NotAFeature)?;
    if feature.r#type != "Feature" {
        return Err(BadRow::NotAFeature);
    }
    let (longitude, latitude) = feature.geometry.as_ref().and_then(point).ok_or(BadRow::NotAPoint)?;
    let properties = feature.properties.unwrap_or_default();
    let id = properties.id.or(feature.id.and_then(identifier));
    let category = [properties.categories, properties.taxonomy].into_iter().flatten().find_map(|c| c.primary);
    let address = properties.addresses.and_then(|addresses| addresses.into_iter().next());
    Ok(Place {
        place_id: id.filter(|id| !id.is_empty()).ok_or(BadRow::NoIdentifier)?.into(),
        name: properties.names.and_then(|names| names.primary).unwrap_or_default().into(),
        types: types(category),
        vicinity: address.map(vicinity).unwrap_or_default().into(),
        latitude,
        longitude,
        source: Source::Overture,
    })
}

/// A text or a number (RFC 7946, 3.2).
fn identifier(id: Value) -> Option<String> {
    match id {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Longitude and latitude of a point, which may also have an altitude.
fn point(geometry: &Geometry) -> Option<(f64, f64)> {
    let coordinate = |at: usize| geometry.coordinates.get(at)?.as_f64();
    (geometry.r#type == "Point").then_some((coordinate(0)?, coordinate(1)?))
}

/// Overture's own word first, then what Google says of all such places.
fn types(category: Option<String>) -> Vec<Cow<'static, str>> {
    let category = category.filter(|category| !category.is_empty() && !category.contains(' '));
    let category = category.map(Into::into).into_iter();
    category.chain(["point_of_interest", "establishment"].map(Into::into)).collect()
}

/// Street and town, as Google gives them; the country where there is neither.
fn vicinity(address: Address) -> String {
    let Address { freeform, locality, country } = address;
    let parts: Vec<String> =
        [freeform, locality].into_iter().flatten().filter(|part| !part.is_empty()).collect();
    let country = country.unwrap_or_default();
    if parts.is_empty() { country_name(&country).map_or(country, str::to_owned) } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = r#"{"type": "Feature", "geometry": {"type": "Point", "coordinates": [-118.4452, 34.0637]},
        "properties": {"id": "08f29a", "version": 1, "sources": [{"dataset": "meta"}], "confidence": 0.98,
        "names": {"primary": "Café Diddy", "common": null, "rules": null},
        "categories": {"primary": "coffee_shop", "alternate": ["cafe"]},
        "addresses": [{"freeform": "926 Broxton Ave", "locality": "Los Angeles", "region": "CA", "country": "US"}]}}"#;

    fn only(row: &str) -> Result<Place<'static>, BadRow> {
        let mut places = places(row);
        let place = places.next().unwrap();
        assert_eq!(places.next(), None);
        place
    }

    fn bad(row: &str) -> BadRow {
        only(row).unwrap_err()
    }

    #[test]
    fn a_feature_is_a_place() {
        let expected = Place {
            place_id: "08f29a".into(),
            name: "Café Diddy".into(),
            types: vec!["coffee_shop".into(), "point_of_interest".into(), "establishment".into()],
            vicinity: "926 Broxton Ave, Los Angeles".into(),
            latitude: 34.0637,
            longitude: -118.4452,
            source: Source::Overture,
        };
        assert_eq!(only(ROW), Ok(expected.clone()));
        assert_eq!(only(&format!("\n {ROW} ,\r\n")), Ok(expected.clone()), "cut out of a list");
        let renamed = ROW.replace("\"categories\": ", "\"categories\": null, \"taxonomy\": ");
        assert_eq!(only(&renamed), Ok(expected.clone()));
        let id_outside = ROW.replace("\"id\": \"08f29a\", ", "").replacen('{', "{\"id\": \"08f29a\", ", 1);
        assert_eq!(only(&id_outside), Ok(expected));
        let numbered = id_outside.replacen("\"08f29a\"", "7", 1);
        assert_eq!(only(&numbered).unwrap().place_id, "7");
    }

    #[test]
    fn texts_one_after_the_other_are_as_many_places_up_to_what_is_none() {
        let small =
            r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"id":"a"}}"#;
        let found: Vec<_> = places(&format!("{small}{small}\n[1] {small} x {small}")).collect();
        let is_place: Vec<bool> = found.iter().map(Result::is_ok).collect();
        assert_eq!(is_place, [true, true, false, true, false]);
        assert_eq!(found[2..], [Err(BadRow::NotAFeature), found[0].clone(), found[4].clone()]);
        assert_eq!([" \n", "", ","].map(|row| places(row).count()), [0, 0, 0]);
    }

    #[test]
    fn little_may_be_known_of_a_place() {
        let row = r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2,3]},
            "properties":{"id":"a","names":{"primary":"b"},"categories":null,"addresses":[{"country":"CH"}]}}"#;
        let found = only(row).unwrap();
        assert_eq!((found.latitude, found.longitude, &*found.vicinity), (2.0, 1.0, "Switzerland"));
        assert_eq!(found.types, ["point_of_interest", "establishment"]);
        let nothing = row.replace("[{\"country\":\"CH\"}]", "[]");
        assert_eq!(only(&nothing).unwrap().vicinity, "");
    }

    #[test]
    fn a_row_that_is_none_says_why() {
        assert_eq!(bad("{\"type\": "), BadRow::NotJson(9));
        assert_eq!(bad("Beverly Hills"), BadRow::NotJson(1));
        assert_eq!(bad("{\"a\":\n\n 1,\n x}"), BadRow::NotJson(13), "counted over all its lines");
        assert_eq!(bad("{\"a\":\n\n [1:"), BadRow::NotJson(11));
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        assert_eq!(bad(&ROW.replace("[-118.4452, 34.0637]", &deep)), BadRow::NotAFeature);
        assert!(only(&ROW.replace("0.98", &deep)).is_ok(), "what is passed over may be nested");
        assert_eq!(bad("[1]"), BadRow::NotAFeature);
        assert_eq!(bad(r#"{"type": "FeatureCollection", "features": []}"#), BadRow::NotAFeature);
        assert_eq!(bad(&ROW.replace("\"Café Diddy\"", "7")), BadRow::NotAFeature);
        assert_eq!(bad(&ROW.replace("[-118.4452, 34.0637]", "[-118.4452]")), BadRow::NotAPoint);
        assert_eq!(bad(&ROW.replace("[-118.4452, 34.0637]", "[\"a\", \"b\"]")), BadRow::NotAPoint);
        assert_eq!(bad(&ROW.replace("\"Point\"", "\"Polygon\"")), BadRow::NotAPoint);
        assert_eq!(bad(r#"{"type": "Feature", "geometry": null, "properties": null}"#), BadRow::NotAPoint);
        assert_eq!(bad(&ROW.replace("\"id\": \"08f29a\",", "")), BadRow::NoIdentifier);
    }
}
