//! The layout of the embedded gazetteer, which `data/make_gazetteer.py` writes and describes.
//!
//! Nothing is built or checked when the program starts but the header, and that by the compiler.

use std::str;

use super::GazetteerError;
use super::place::{Place, Source};
use super::rows::{self, Word, latitude_of, longitude_of, number};

/// Latitude, longitude, population, identifier, name and country.
pub(super) type Row = rows::Row<5>;

const MAGIC: u32 = u32::from_le_bytes(*b"HGZ1");
const HEADER_BYTES: usize = 16;

const AIRPORT: [&str; 3] = ["airport", "point_of_interest", "establishment"];
const LOCALITY: [&str; 2] = ["locality", "political"];

/// Localities and airports in the bytes of `data/gazetteer.bin`.
#[derive(Debug)]
pub(super) struct Embedded {
    countries: &'static [Word],
    pub(super) rows: &'static [Row],
    text: &'static [u8],
}

impl Embedded {
    /// Reads the header; the rest stays as it is until it is asked for.
    pub(super) const fn new(bytes: &'static [u8]) -> Result<Self, GazetteerError> {
        let Some((header, body)) = bytes.split_at_checked(HEADER_BYTES) else {
            return Err(GazetteerError::Length);
        };
        let header = header.as_chunks().0;
        if number(header[0]) != MAGIC {
            return Err(GazetteerError::Magic);
        }
        let [countries, rows, text] = [number(header[1]), number(header[2]), number(header[3])];
        // In 64 bits this cannot overflow, whatever the header says.
        let expected =
            countries as u64 * size_of::<Word>() as u64 + rows as u64 * size_of::<Row>() as u64 + text as u64;
        if body.len() as u64 != expected {
            return Err(GazetteerError::Length);
        }
        let (countries, body) = body.split_at(countries as usize * size_of::<Word>());
        let (rows, text) = body.split_at(rows as usize * size_of::<Row>());
        Ok(Self { countries: countries.as_chunks().0, rows: rows.as_chunks().0.as_chunks().0, text })
    }

    pub(super) fn place(&self, row: &Row) -> Place<'static> {
        let &[_, _, population, identifier, [a, b, c, country]] = row;
        let is_airport = number(population) == 0;
        let (place_id, types, source) = match is_airport {
            true => (format!("airport:{}", identifier.escape_ascii()), &AIRPORT[..], Source::Airports),
            false => (format!("geonames:{}", number(identifier)), &LOCALITY[..], Source::GeoNames),
        };
        Place {
            place_id: place_id.into(),
            name: self.text(number([a, b, c, 0])).into(),
            types: types.iter().map(|word| (*word).into()).collect(),
            vicinity: self.country(usize::from(country)).1.into(),
            latitude: latitude_of(row),
            longitude: longitude_of(row),
            source,
        }
    }

    /// The English name of a country by its ISO 3166-1 code (alpha-2, and `XK` for Kosovo).
    pub(super) fn country_name(&self, code: &str) -> Option<&'static str> {
        let place = self.countries.partition_point(|at| self.text(number(*at)) < code); // sorted by code
        Some(self.country(place)).filter(|(found, _)| *found == code).map(|(_, name)| name)
    }

    /// Code and name of a country by its number; empty if it has none (as in no builtin row).
    fn country(&self, place: usize) -> (&'static str, &'static str) {
        let text = self.countries.get(place).map(|at| self.text(number(*at)));
        text.and_then(|text| text.split_once(' ')).unwrap_or_default()
    }

    /// The string that begins at `offset`, or the empty one if none does (as in no builtin row).
    fn text(&self, offset: u32) -> &'static str {
        let tail = self.text.get(offset as usize..).unwrap_or_default();
        let bytes = tail.split_first().and_then(|(length, rest)| rest.get(..usize::from(*length)));
        bytes.and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: &[u8] = include_bytes!("../../../data/gazetteer.bin");

    #[test]
    fn every_builtin_row_is_sorted_and_reads() {
        let embedded = Embedded::new(DATA).unwrap();
        assert!(embedded.rows.is_sorted_by_key(|row| [row[0], row[1]].map(i32::from_le_bytes)));
        for place in embedded.rows.iter().map(|row| embedded.place(row)) {
            assert!(place.latitude.abs() <= 90.0 && place.longitude.abs() <= 180.0, "{place:?}");
            assert!(!place.name.is_empty() && !place.vicinity.is_empty(), "{place:?}");
        }
    }

    #[test]
    fn every_country_is_found_by_its_code() {
        let embedded = Embedded::new(DATA).unwrap();
        for place in 0..embedded.countries.len() {
            let (code, name) = embedded.country(place);
            assert_eq!((code.len(), embedded.country_name(code)), (2, Some(name)));
        }
        assert_eq!(["", "U", "USA", "ZZ", "us"].map(|code| embedded.country_name(code)), [None; 5]);
    }

    #[test]
    fn the_record_beside_the_data_tells_its_size_and_hash() {
        let record: toml::Table = include_str!("../../../data/gazetteer.toml").parse().unwrap();
        let digest = ring::digest::digest(&ring::digest::SHA256, DATA);
        let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(record["sha256"].as_str(), Some(hex.as_str()));
        let rows = Embedded::new(DATA).unwrap().rows.len();
        assert_eq!(record["rows"].as_integer(), i64::try_from(rows).ok());
    }

    #[test]
    fn other_bytes_are_refused() {
        let refused = |bytes| Embedded::new(bytes).unwrap_err();
        assert_eq!(refused(b""), GazetteerError::Length);
        assert_eq!(refused(b"PNG1\0\0\0\0\0\0\0\0\0\0\0\0"), GazetteerError::Magic);
        assert_eq!(refused(b"HGZ1\0\0\0\0\0\0\0\0\x01\0\0\0"), GazetteerError::Length);
        assert_eq!(refused(b"HGZ1\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), GazetteerError::Length);
        assert!(Embedded::new(b"HGZ1\0\0\0\0\0\0\0\0\0\0\0\0").unwrap().rows.is_empty());
    }

    #[test]
    fn an_offset_outside_the_text_reads_as_nothing() {
        let embedded = Embedded { countries: &[], rows: &[], text: b"\x08XY Point" };
        assert_eq!(embedded.text(0), "XY Point");
        assert_eq!((embedded.text(1), embedded.text(8), embedded.text(u32::MAX)), ("", "", ""));
    }
}
