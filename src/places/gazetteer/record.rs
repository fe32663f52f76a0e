//! One place as an imported gazetteer holds it: a point, and a run of text.
//!
//! The text is the number of the source in one byte, then identifier, name, types (with spaces between them)
//! and vicinity, each its length in one byte and UTF-8. So each has at most 255 bytes: a longer name or vicinity is cut
//! at a character, types that do not fit are left out, and a place with a longer identifier does not fit, for cut it
//! could be another's.

use std::borrow::Cow;
use std::{error, fmt, str};

use ring::digest::{SHA256, digest};

use super::place::{Place, Source};

/// The most bytes of a field.
const LONGEST: usize = u8::MAX as usize;

/// Stands for an identifier: half of its SHA-256, which no two of them share.
pub(super) type Fingerprint = [u8; 16];

/// The number of each source in a file; a new one goes to the end.
const SOURCES: [Source; 4] = [Source::Own, Source::GeoNames, Source::Airports, Source::Overture];

/// A place that fits into a gazetteer.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::places) struct Record {
    /// Microdegrees.
    pub(super) latitude: i32,
    /// Microdegrees.
    pub(super) longitude: i32,
    pub(super) text: Vec<u8>,
    pub(super) fingerprint: Fingerprint,
}

impl Record {
    /// The record of a place, if that is one.
    pub(in crate::places) fn of(place: &Place<'_>) -> Result<Record, Unfit> {
        let latitude = microdegrees(place.latitude, 90.0).ok_or(Unfit::Latitude)?;
        let longitude = microdegrees(place.longitude, 180.0).ok_or(Unfit::Longitude)?;
        if place.name.is_empty() {
            return Err(Unfit::NoName);
        }
        if place.place_id.len() > LONGEST {
            return Err(Unfit::TooLong);
        }
        let types = fitting(&place.types);
        let fields = [&place.place_id, &place.name, &*types, &place.vicinity];
        let mut text = vec![number_of(place.source)];
        for field in fields {
            let field = cut(field);
            text.push(u8::try_from(field.len()).map_err(|_| Unfit::TooLong)?);
            text.extend_from_slice(field.as_bytes());
        }
        Ok(Record { latitude, longitude, text, fingerprint: fingerprint(&place.place_id) })
    }
}

/// As many of the characters as fit into a field.
fn cut(text: &str) -> &str {
    let ends = (0..=LONGEST.min(text.len())).rev();
    ends.filter_map(|end| text.get(..end)).next().unwrap_or_default()
}

/// As many of the types as fit into a field.
fn fitting(types: &[Cow<'_, str>]) -> String {
    let mut fitting = String::new();
    for word in types {
        let space = if fitting.is_empty() { "" } else { " " };
        if fitting.len() + space.len() + word.len() <= LONGEST {
            fitting = fitting + space + word;
        }
    }
    fitting
}

fn fingerprint(identifier: &str) -> Fingerprint {
    let digest = digest(&SHA256, identifier.as_bytes());
    digest.as_ref().first_chunk().copied().unwrap_or_default()
}

/// What the text that begins `bytes` says of the place at a point.
pub(super) fn read(bytes: &[u8], latitude: f64, longitude: f64) -> Option<Place<'_>> {
    let (source, mut rest) = bytes.split_first()?;
    let mut next = || {
        let (length, tail) = rest.split_first()?;
        let (string, tail) = tail.split_at_checked(usize::from(*length))?;
        rest = tail;
        str::from_utf8(string).ok()
    };
    let [place_id, name, types, vicinity] = [next()?, next()?, next()?, next()?];
    Some(Place {
        place_id: place_id.into(),
        name: name.into(),
        types: types.split_terminator(' ').map(Into::into).collect(),
        vicinity: vicinity.into(),
        latitude,
        longitude,
        source: *SOURCES.get(usize::from(*source))?,
    })
}

fn number_of(source: Source) -> u8 {
    (0..).zip(SOURCES).find(|(_, known)| *known == source).map_or(0, |(number, _)| number)
}

/// Degrees as a whole number of microdegrees, a tenth of a metre, if they are within `most`.
#[expect(clippy::cast_possible_truncation, reason = "180 million fit")]
fn microdegrees(degrees: f64, most: f64) -> Option<i32> {
    (degrees.abs() <= most).then(|| (degrees * 1e6).round() as i32)
}

/// Why a place does not fit into a gazetteer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unfit {
    /// It has no name.
    NoName,
    /// Its latitude is not within 90 degrees.
    Latitude,
    /// Its longitude is not within 180 degrees.
    Longitude,
    /// Its identifier takes more than 255 bytes.
    TooLong,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfit::NoName => f.write_str("no name"),
            Unfit::Latitude => f.write_str("the latitude is not from -90 to 90"),
            Unfit::Longitude => f.write_str("the longitude is not from -180 to 180"),
            Unfit::TooLong => f.write_str("an identifier of more than 255 bytes"),
        }
    }
}

impl error::Error for Unfit {}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place<'static> {
        Place {
            place_id: "café:1".into(),
            name: "Café".into(),
            types: vec!["cafe".into(), "bar".into()],
            vicinity: "".into(),
            latitude: -90.0,
            longitude: 180.0,
            source: Source::Overture,
        }
    }

    #[test]
    fn what_is_written_reads_the_same() {
        let none = Place { types: vec![], source: Source::Own, ..place() };
        for place in [place(), none] {
            let record = Record::of(&place).unwrap();
            assert_eq!((record.latitude, record.longitude), (-90_000_000, 180_000_000));
            assert_eq!(read(&record.text, -90.0, 180.0), Some(place));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let unfit = |place: Place<'_>| Record::of(&place).unwrap_err();
        assert_eq!(unfit(Place { name: "".into(), ..place() }), Unfit::NoName);
        for degrees in [f64::NAN, f64::INFINITY, 180.000_001, -181.0] {
            assert_eq!(unfit(Place { latitude: degrees, ..place() }), Unfit::Latitude);
            assert_eq!(unfit(Place { longitude: degrees, ..place() }), Unfit::Longitude);
        }
        let long = "x".repeat(256);
        assert_eq!(unfit(Place { place_id: (&*long).into(), ..place() }), Unfit::TooLong);
        assert!(Record::of(&Place { place_id: long[1..].into(), ..place() }).is_ok());
    }

    #[test]
    fn a_long_name_or_vicinity_is_cut_at_a_character_and_types_are_whole() {
        for (text, kept) in
            [("x".repeat(255), 255), ("x".repeat(256), 255), ("ก".repeat(86), 255), ("é".repeat(128), 254)]
        {
            let long = Place { name: (&*text).into(), vicinity: (&*text).into(), ..place() };
            let record = Record::of(&long).unwrap();
            let found = read(&record.text, -90.0, 180.0).unwrap();
            assert_eq!((&*found.name, &*found.vicinity), (&text[..kept], &text[..kept]));
            assert_eq!(found.types, long.types);
        }
        let words = ["a".repeat(200), "b".repeat(55), "c".repeat(54)].map(Cow::from);
        let record = Record::of(&Place { types: words.to_vec(), ..place() }).unwrap();
        assert_eq!(read(&record.text, 0.0, 0.0).unwrap().types, [&*words[0], &*words[2]]);
    }

    #[test]
    fn text_that_is_cut_off_or_of_another_kind_reads_as_nothing() {
        let text = Record::of(&place()).unwrap().text;
        for length in 0..text.len() {
            assert_eq!(read(&text[..length], 0.0, 0.0), None);
        }
        assert_eq!(read(&[&[9], &text[1..]].concat(), 0.0, 0.0), None, "an unknown source");
        assert_eq!(read(b"\x00\x01\xff\0\0\0", 0.0, 0.0), None, "not UTF-8");
    }
}
