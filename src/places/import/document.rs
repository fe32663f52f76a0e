//! GeoJSON as one text: a FeatureCollection, a list of Features, or a Feature (RFC 7946); or several of these.
//!
//! The text is never in memory as a whole: each Feature is taken as soon as it is read.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use serde_json::{Deserializer, Error};

use super::super::gazetteer::Place;
use super::InputError;
use super::bad_row::BadRow;
use super::feature;

/// How far a Feature is read, and so is all that stands before the first and behind the last. The outline of a country
/// in full detail has less; a quote that nobody has closed would take all memory.
const LONGEST: usize = 16 * 1024 * 1024;

/// Gives each Feature to `each` with its number, counted from 1, and ends when that says so.
pub(super) fn read<R: Read>(
    input: R,
    mut each: impl FnMut(u64, Result<Place<'_>, BadRow>) -> bool,
) -> Result<(), InputError> {
    let left = Cell::new(LONGEST);
    let mut json = Deserializer::from_reader(Ration { input, left: &left });
    let mut features = Features { number: 0, left: &left, each: &mut each };
    while json.end().is_err() {
        let read = features.deserialize(&mut json);
        read.map_err(|error| input_error(error, features.number))?;
    }
    Ok(())
}

fn input_error(error: Error, read: u64) -> InputError {
    match error.classify() {
        Category::Io if error.io_error_kind() == Some(io::ErrorKind::FileTooLarge) => {
            InputError::EndlessFeature { number: read + 1 }
        }
        Category::Io => InputError::Unreadable(error.into()),
        Category::Data => InputError::NotGeoJson,
        Category::Syntax | Category::Eof => {
            let byte = error.column() + usize::from(error.is_eof());
            InputError::NotJson { line: error.line(), byte: byte.max(1) }
        }
    }
}

/// The Features of a text, as they are read.
struct Features<'r> {
    /// How many there were.
    number: u64,
    /// What the next may take.
    left: &'r Cell<usize>,
    each: &'r mut dyn FnMut(u64, Result<Place<'_>, BadRow>) -> bool,
}

impl Features<'_> {
    fn take<E: serde::de::Error>(&mut self, text: &str) -> Result<(), E> {
        self.number += 1;
        self.left.set(LONGEST);
        let goes_on = (self.each)(self.number, feature::place(text));
        goes_on.then_some(()).ok_or_else(|| E::custom("it is not wanted any more"))
    }
}

impl<'de> DeserializeSeed<'de> for &mut Features<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Features<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a FeatureCollection, a list of Features or a Feature")
    }

    /// A Feature may have a member `features` of its own that is null.
    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(text) = list.next_element::<Box<RawValue>>()? {
            self.take(text.get())?;
        }
        Ok(())
    }

    /// The members may come in any order, so what the object is may be known when all its Features are read.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut others = BTreeMap::new();
        while let Some(key) = map.next_key::<String>()? {
            if key == "features" {
                map.next_value_seed(&mut *self)?;
            } else {
                others.insert(key, map.next_value::<Box<RawValue>>()?);
            }
        }
        let is = others.get("type").and_then(|text| serde_json::from_str::<String>(text.get()).ok());
        match is.as_deref() {
            Some("FeatureCollection") => Ok(()),
            Some("Feature") => self.take(&serde_json::to_string(&others).map_err(A::Error::custom)?),
            _ => Err(A::Error::custom("it is no FeatureCollection")),
        }
    }
}

/// An input that gives no more than it is allowed to.
struct Ration<'r, R> {
    input: R,
    left: &'r Cell<usize>,
}

impl<R: Read> Read for Ration<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(self.left.get());
        if most == 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let count = self.input.read(&mut buffer[..most])?;
        self.left.set(self.left.get() - count);
        Ok(count)
    }
}
