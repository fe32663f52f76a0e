//! How the features of a GeoJSON text are laid out, which its start tells; the name of a file does not.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Deserializer, Error, Value};

use super::bad_row::LONGEST_ROW;
use super::lines::RECORD_SEPARATOR;

/// How much of an input is looked at: its first row is there whole, if it may be as long.
pub(super) const START: usize = LONGEST_ROW + 1;

/// What is read as what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// Each row is a Feature. A bad one costs itself, for one sees where the next begins: behind any of these bytes.
    Rows(&'static [u8]),
    /// Collections, lists, and Features over several lines. What is no JSON costs all of it.
    Document,
}

/// What ends a row that need not begin with a separator.
const ENDS: [u8; 2] = [b'\n', RECORD_SEPARATOR];

impl Shape {
    const LINES: Shape = Shape::Rows(&ENDS);
    /// RFC 8142; a record may have several lines.
    const RECORDS: Shape = Shape::Rows(&[RECORD_SEPARATOR]);

    /// The shape of a text that begins so.
    pub(super) fn of(start: &[u8]) -> Shape {
        let start = start.trim_ascii_start();
        match start.first() {
            Some(&RECORD_SEPARATOR) => Shape::RECORDS,
            Some(b'[') => Shape::Document,
            Some(b'{') => Shape::of_object(start),
            _ => Shape::LINES,
        }
    }

    /// A line that is whole, or that breaks off while the next is none that could continue it, is a row, unless it
    /// belongs to a collection.
    fn of_object(start: &[u8]) -> Shape {
        let mut head = Head::default();
        let read = Deserializer::from_slice(start).deserialize_map(&mut head);
        let is_row = is_whole(first_line(start)) || read.is_err_and(|error| breaks_off(&error));
        if is_row && !head.is_collection { Shape::LINES } else { Shape::Document }
    }
}

fn first_line(text: &[u8]) -> &[u8] {
    let line = text.split(|byte| ENDS.contains(byte)).next().unwrap_or_default().trim_ascii_end();
    line.strip_suffix(b",").unwrap_or(line)
}

fn is_whole(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

/// It is no JSON in its first line, or from the first byte of the second on.
fn breaks_off(error: &Error) -> bool {
    error.classify() == Category::Syntax && (error.line(), error.column()) <= (2, 1)
}

/// What an object says of itself, as far as it can be read.
#[derive(Default)]
struct Head {
    is_collection: bool,
}

impl<'de> Visitor<'de> for &mut Head {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match &*key {
                "features" => self.is_collection = true,
                "type" => self.is_collection |= map.next_value::<Value>()? == "FeatureCollection",
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
            if self.is_collection {
                return Ok(());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEATURE: &str =
        r#"{"type":"Feature","geometry":null,"properties":{"features":[],"n":"FeatureCollection"}}"#;

    #[track_caller]
    fn assert_shape(shape: Shape, texts: &[&str]) {
        for text in texts {
            assert_eq!(Shape::of(text.as_bytes()), shape, "{text:?}");
        }
    }

    #[test]
    fn a_separator_begins_records() {
        assert_shape(Shape::RECORDS, &["\x1e", "\n \x1e{\"type\":", "\x1e\x1e[", "\x1ex"]);
    }

    #[test]
    fn a_feature_on_a_line_and_what_is_left_of_one_are_rows() {
        let lines = |rest: &str| format!("{FEATURE}{rest}");
        assert_shape(
            Shape::LINES,
            &[&lines(""), &lines("\n"), &lines(",\r\n{"), &lines("\nx"), &lines("\n\x1e{"), &lines("\x1e{")],
        );
        let next = lines("\n");
        for length in 2..FEATURE.len() {
            if FEATURE[..length].ends_with([':', '[']) {
                continue; // the next line goes on with it
            }
            assert_shape(Shape::LINES, &[&format!("{}\n{next}", &FEATURE[..length])]);
        }
        assert_shape(Shape::LINES, &["", " \n", "Beverly Hills", "7", "{}", "{\"a\":1}\n", "{x\n{"]);
    }

    #[test]
    fn a_collection_a_list_and_a_feature_on_several_lines_are_documents() {
        let on_many = FEATURE.replace(',', ",\n");
        assert_shape(
            Shape::Document,
            &["[", "[\n{", &on_many, &on_many[..40], &format!("{FEATURE}{FEATURE}")],
        );
        for collection in [
            r#"{"type":"FeatureCollection","features":[]}"#,
            "{\"type\":\"FeatureCollection\",\"features\":[\nx",
            "{\n  \"features\": [",
            "{\"name\":\"a\",\n\"type\":\"FeatureCollection\",x",
            "{\"crs\":{\"features\":[]},\"bbox\":[1,2,3,4],\"features\":[}",
            "{\"fe\\u0061tures\":[",
            "{",
            "{\n",
        ] {
            assert_shape(Shape::Document, &[collection]);
        }
    }
}
