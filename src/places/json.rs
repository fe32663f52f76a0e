//! Places as the JSON text that Google's Nearby Search gives.
//!
//! Programs that read the original's replies see the same keys in the same order and the same white space:
//! three-space indent, `"key" : value`, lists of strings on one line, UTF-8 as it is, no empty line.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::gazetteer::{Near, Place, Source};

const GEONAMES: &str = "Places from <a href=\"https://www.geonames.org/\">GeoNames</a>, \
    <a href=\"https://creativecommons.org/licenses/by/4.0/\">CC BY 4.0</a>";
const AIRPORTS: &str = "Airports from \
    <a href=\"https://github.com/mborsetti/airportsdata\">airportsdata</a>, \
    copyright Mike Borsetti and mwgg, MIT License";
const OVERTURE: &str = "Places from <a href=\"https://overturemaps.org/\">Overture Maps Foundation</a> and \
    <a href=\"https://docs.overturemaps.org/attribution/\">its sources</a>";

/// The Nearby Search answer that lists these places, with the attributions that their licences ask for.
///
/// ```
/// # use herd::places::nearby_json;
/// let none = "{\n   \"html_attributions\" : [],\n   \"results\" : [],\n   \"status\" : \"ZERO_RESULTS\"\n}";
/// assert_eq!(nearby_json(&[]), none.as_bytes());
/// ```
#[must_use]
pub fn nearby_json(places: &[Near<'_>]) -> Vec<u8> {
    let answer = NearbySearch {
        html_attributions: attributions(places),
        results: places.iter().map(|near| SearchResult::from(&near.place)).collect(),
        status: if places.is_empty() { "ZERO_RESULTS" } else { "OK" },
    };
    to_google_text(&answer).expect("memory takes every write, and all keys are strings")
}

/// Any value in the white space of Google's classic answers.
///
/// # Errors
/// As [`serde_json::to_vec`]: a map with keys that are not strings, or a `Serialize` that fails.
pub fn to_google_text(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut text = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut text, GoogleFormatter::default()))?;
    Ok(text)
}

/// What the licences ask for; GeoNames names the countries of airports, too.
fn attributions(places: &[Near<'_>]) -> Vec<&'static str> {
    let is_any = |sources: &[Source]| places.iter().any(|near| sources.contains(&near.place.source));
    let attributions = [
        (GEONAMES, is_any(&[Source::GeoNames, Source::Airports])),
        (AIRPORTS, is_any(&[Source::Airports])),
        (OVERTURE, is_any(&[Source::Overture])),
    ];
    attributions.into_iter().filter_map(|(text, due)| due.then_some(text)).collect()
}

#[derive(Serialize)]
struct NearbySearch<'a> {
    html_attributions: Vec<&'static str>,
    results: Vec<SearchResult<'a>>,
    status: &'static str,
}

#[derive(Serialize)]
struct SearchResult<'a> {
    geometry: Geometry,
    name: &'a str,
    place_id: &'a str,
    types: &'a [Cow<'a, str>],
    #[serde(skip_serializing_if = "str::is_empty")]
    vicinity: &'a str,
}

#[derive(Serialize)]
struct Geometry {
    location: LatLng,
}

#[derive(Serialize)]
struct LatLng {
    lat: f64,
    lng: f64,
}

impl<'a> From<&'a Place<'_>> for SearchResult<'a> {
    fn from(place: &'a Place<'_>) -> Self {
        Self {
            geometry: Geometry { location: LatLng { lat: place.latitude, lng: place.longitude } },
            name: &place.name,
            place_id: &place.place_id,
            types: &place.types,
            vicinity: &place.vicinity,
        }
    }
}

/// Prints JSON with Google's white space: a list of strings on one line, a list of lists or objects on many.
/// (A list of numbers, which Google's answers do not have, would come without spaces.)
#[derive(Default)]
struct GoogleFormatter {
    depth: usize,
    last: Last,
}

/// What was printed last, as far as it decides the white space that follows.
#[derive(Clone, Copy, Default, PartialEq)]
enum Last {
    /// A scalar, or a key.
    #[default]
    Scalar,
    /// The opening bracket of a list or an object.
    Open,
    /// Nothing yet of a list's next element: its type decides.
    Element,
    /// The closing bracket of a list or an object.
    Close,
}

impl GoogleFormatter {
    fn new_line<W: ?Sized + Write>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| writer.write_all(b"   "))
    }

    fn open<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        if self.last == Last::Element {
            self.new_line(writer)?;
        }
        self.depth += 1;
        self.last = Last::Open;
        writer.write_all(bracket)
    }

    fn close<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.last = Last::Close;
        writer.write_all(bracket)
    }
}

impl Formatter for GoogleFormatter {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"[")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.last = Last::Element;
        writer.write_all(if first { b"" } else { b"," })
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        if self.last == Last::Element {
            self.last = Last::Scalar;
        }
        Ok(())
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        match self.last {
            Last::Open => {}
            Last::Close => self.new_line(writer)?,
            Last::Scalar | Last::Element => writer.write_all(b" ")?,
        }
        self.close(writer, b"]")
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"{")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.last = Last::Scalar;
        writer.write_all(if first { b"" } else { b"," })?;
        self.new_line(writer)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.last = Last::Scalar;
        writer.write_all(b" : ")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        if self.last != Last::Open {
            self.new_line(writer)?;
        }
        self.close(writer, b"}")
    }

    fn begin_string<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.last == Last::Element {
            self.last = Last::Scalar;
            writer.write_all(b" ")?;
        }
        writer.write_all(b"\"")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::gazetteer::Gazetteer;
    use super::*;

    fn text(value: &Value) -> String {
        String::from_utf8(to_google_text(value).unwrap()).unwrap()
    }

    fn near(metres: f64) -> Vec<Near<'static>> {
        Gazetteer::builtin().nearest(34.015, -118.45, metres, 20)
    }

    #[test]
    fn an_answer_reads_as_google_prints_it() {
        let expected = r#"
   "results" : [
      {
         "geometry" : {
            "location" : {
               "lat" : 34.015822,
               "lng" : -118.451306
            }
         },
         "name" : "Santa Monica Municipal Airport",
         "place_id" : "airport:KSMO",
         "types" : [ "airport", "point_of_interest", "establishment" ],
         "vicinity" : "United States"
      }
   ],
   "status" : "OK"
}"#;
        let answer = String::from_utf8(nearby_json(&near(1_000.0))).unwrap();
        assert!(answer.starts_with("{\n   \"html_attributions\" : [ \"Places from <a "), "{answer}");
        assert!(answer.ends_with(expected), "{answer}");
    }

    #[test]
    fn several_results_follow_each_other_without_an_empty_line() {
        let answer = String::from_utf8(nearby_json(&near(20_000.0))).unwrap();
        assert_eq!(answer.matches("\n      },\n      {\n").count(), 19);
        assert!(!answer.contains("\n\n") && !answer.ends_with('\n'));
    }

    #[test]
    fn each_source_is_named_only_with_a_place_of_its_own() {
        let named = |source| {
            let mut places = near(1_000.0);
            places.iter_mut().for_each(|near| near.place.source = source);
            attributions(&places)
        };
        assert_eq!(attributions(&[]), [""; 0]);
        assert_eq!(named(Source::Own), [""; 0]);
        assert_eq!(named(Source::GeoNames), [GEONAMES]);
        assert_eq!(named(Source::Airports), [GEONAMES, AIRPORTS]);
        assert_eq!(named(Source::Overture), [OVERTURE]);
        assert_eq!(attributions(&near(20_000.0)), [GEONAMES, AIRPORTS]);
    }

    #[test]
    fn a_place_of_which_little_is_known_says_no_more() {
        let mut places = near(1_000.0);
        places[0].place = Place { types: vec![], vicinity: "".into(), ..places[0].place.clone() };
        let text = String::from_utf8(nearby_json(&places)).unwrap();
        assert!(text.contains("\"types\" : []\n      }"), "{text}");
    }

    #[test]
    fn names_stay_as_they_are_written() {
        let zurich = nearby_json(&Gazetteer::builtin().nearest(47.366_67, 8.55, 1_000.0, 1));
        assert!(String::from_utf8(zurich).unwrap().contains("\"name\" : \"Zürich\""));
    }

    #[test]
    fn a_newline_in_a_name_is_escaped() {
        let mut places = near(1_000.0);
        places[0].place.name = "two\n\nlines".into();
        assert!(String::from_utf8(nearby_json(&places)).unwrap().contains(r#""two\n\nlines""#));
    }

    #[test]
    fn lists_of_lists_and_empty_ones() {
        let value = json!([[], ["a", "b"], {}, { "k" : [] }]);
        let expected = "[\n   [],\n   [ \"a\", \"b\" ],\n   {},\n   {\n      \"k\" : []\n   }\n]";
        assert_eq!(text(&value), expected);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i32>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
            Just(Value::Null)
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(".{0,4}", inner, 0..5).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_white_space_does_not_change_the_value(value in any_json()) {
            let text = text(&value);
            prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
            prop_assert!(!text.contains("\n\n") && !text.ends_with('\n'));
        }
    }
}
