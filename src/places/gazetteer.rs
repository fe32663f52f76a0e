//! The embedded gazetteer: localities and airports, searched where they lie in the program.
//!
//! `data/make_gazetteer.py` writes the file and describes its layout. Its rows are sorted from south to
//! north, so a search bisects for the parallels that bound its circle and looks at the rows between them.
//! Nothing is built or checked when the program starts but the header, and that by the compiler.

mod circle;
mod place;

use std::{error, fmt, str};

use circle::Circle;
pub(super) use circle::haversine;
pub use place::{Kind, Near, Place};

/// A little-endian integer of the file.
type Word = [u8; 4];
/// Latitude, longitude, population, identifier, name and country.
type Row = [Word; 5];

const MAGIC: u32 = u32::from_le_bytes(*b"HGZ1");
const HEADER_BYTES: usize = 16;

static BUILTIN: Gazetteer = match Gazetteer::new(include_bytes!("../../data/gazetteer.bin")) {
    Ok(gazetteer) => gazetteer,
    Err(_) => panic!("data/gazetteer.bin is not a gazetteer: run data/make_gazetteer.py"),
};

/// Places of the world in the bytes of a gazetteer file.
#[derive(Debug)]
pub struct Gazetteer {
    countries: &'static [Word],
    rows: &'static [Row],
    text: &'static [u8],
}

impl Gazetteer {
    /// The gazetteer that is part of the program.
    #[must_use]
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// Reads the header of a gazetteer file; the rest stays as it is until it is asked for.
    ///
    /// # Errors
    /// [`GazetteerError`] if the bytes are of another kind, or of another length than their header says.
    pub const fn new(bytes: &'static [u8]) -> Result<Self, GazetteerError> {
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

    /// The number of places.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no place at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The places within `radius_metres` of a point, nearest first, at most `bound` of them.
    ///
    /// `latitude` and `longitude` are degrees within 90 and 180, both ends included. Places at the same
    /// distance come in the order of the file: from south to north, from west to east, then by identifier.
    ///
    /// ```
    /// # use herd::places::Gazetteer;
    /// let near = Gazetteer::builtin().nearest(34.068930, -118.445127, 5_000.0, 1);
    /// assert_eq!(near[0].place.name, "Bel Air");
    /// ```
    #[must_use]
    pub fn nearest(&self, latitude: f64, longitude: f64, radius_metres: f64, bound: usize) -> Vec<Near> {
        let circle = Circle::new(latitude, longitude, radius_metres);
        let mut hits: Vec<(f64, &Row)> = self
            .between(circle.south(), circle.north())
            .filter_map(|row| Some((circle.metres_to(latitude_of(row), longitude_of(row))?, row)))
            .collect();
        hits.sort_by(|(a, _), (b, _)| a.total_cmp(b)); // stable: equals stay in the order of the file
        hits.truncate(bound);
        hits.into_iter().map(|(metres, row)| Near { place: self.place(row), metres }).collect()
    }

    /// The rows between two parallels, both included.
    fn between(&self, south: f64, north: f64) -> impl Iterator<Item = &'static Row> {
        let rows = &self.rows[self.rows.partition_point(|row| latitude_of(row) < south)..];
        rows[..rows.partition_point(|row| latitude_of(row) <= north)].iter()
    }

    fn place(&self, row: &Row) -> Place {
        let &[_, _, population, identifier, [a, b, c, country]] = row;
        let country = self.countries.get(usize::from(country)).map(|at| self.text(number(*at)));
        let (country_code, country) = country.and_then(|text| text.split_once(' ')).unwrap_or_default();
        let kind = if number(population) == 0 { Kind::Airport } else { Kind::Locality };
        Place {
            place_id: match kind {
                Kind::Airport => format!("airport:{}", identifier.escape_ascii()),
                Kind::Locality => format!("geonames:{}", number(identifier)),
            },
            kind,
            name: self.text(number([a, b, c, 0])).into(),
            country_code: country_code.into(),
            country: country.into(),
            latitude: latitude_of(row),
            longitude: longitude_of(row),
            population: number(population),
        }
    }

    /// The string that begins at `offset`, or the empty one if none does (as in no builtin row).
    fn text(&self, offset: u32) -> &'static str {
        let tail = self.text.get(offset as usize..).unwrap_or_default();
        let bytes = tail.split_first().and_then(|(length, rest)| rest.get(..usize::from(*length)));
        bytes.and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

const fn number(word: Word) -> u32 {
    u32::from_le_bytes(word)
}

fn latitude_of(row: &Row) -> f64 {
    f64::from(i32::from_le_bytes(row[0])) / 1e6
}

fn longitude_of(row: &Row) -> f64 {
    f64::from(i32::from_le_bytes(row[1])) / 1e6
}

/// Why bytes are no gazetteer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GazetteerError {
    /// They do not begin as a gazetteer does.
    Magic,
    /// They are fewer or more than the header says.
    Length,
}

impl fmt::Display for GazetteerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Magic => "not a gazetteer file",
            Self::Length => "the gazetteer file is shorter or longer than its header says",
        })
    }
}

impl error::Error for GazetteerError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::circle::haversine;
    use super::*;

    /// A search finds what measuring every row finds.
    fn assert_like_scan(gazetteer: &Gazetteer, latitude: f64, longitude: f64, radius: f64, bound: usize) {
        let measure = |row| {
            let metres = haversine(latitude, longitude, latitude_of(row), longitude_of(row));
            Near { place: gazetteer.place(row), metres }
        };
        let mut expected: Vec<_> =
            gazetteer.rows.iter().map(measure).filter(|near| near.metres <= radius).collect();
        expected.sort_by(|a, b| a.metres.total_cmp(&b.metres));
        expected.truncate(bound);
        assert_eq!(gazetteer.nearest(latitude, longitude, radius, bound), expected);
    }

    /// A gazetteer of one country, with a row for each point in microdegrees.
    fn gazetteer_of(mut points: Vec<(i32, i32)>) -> Gazetteer {
        points.sort_unstable();
        let text = b"\x08XY Point";
        let mut bytes = b"HGZ1".to_vec();
        let counts = [1, u32::try_from(points.len()).unwrap(), u32::try_from(text.len()).unwrap(), 0];
        bytes.extend(counts.iter().flat_map(|count| count.to_le_bytes()));
        for (id, (latitude, longitude)) in (0_i32..).zip(points) {
            bytes.extend([latitude, longitude, 1, id, 0].iter().flat_map(|word| word.to_le_bytes()));
        }
        bytes.extend(text);
        Gazetteer::new(bytes.leak()).unwrap()
    }

    /// Degrees of latitude and longitude, often on or near a pole or the antimeridian.
    fn anywhere() -> impl Strategy<Value = (f64, f64)> {
        let latitude = prop_oneof![-90.0..=90.0, Just(-90.0), Just(90.0), 89.0..=90.0, -90.0..=-89.0];
        let longitude =
            prop_oneof![-180.0..=180.0, Just(-180.0), Just(180.0), 179.0..=180.0, -180.0..=-179.0];
        (latitude, longitude)
    }

    fn microdegrees() -> impl Strategy<Value = (i32, i32)> {
        let (pole, turn) = (90_000_000, 180_000_000);
        let latitude = prop_oneof![-pole..=pole, pole - 900_000..=pole, -pole..=900_000 - pole];
        let longitude = prop_oneof![-turn..=turn, turn - 900_000..=turn, -turn..=900_000 - turn];
        (latitude, longitude)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_search_finds_what_a_scan_of_the_builtin_rows_finds(
            (latitude, longitude) in anywhere(),
            radius in prop_oneof![1.0..=50e3, 1e3..=3e6],
            bound in 1..=20_usize,
        ) {
            assert_like_scan(Gazetteer::builtin(), latitude, longitude, radius, bound);
        }

        #[test]
        fn a_search_round_a_town_does_too(town in any::<prop::sample::Index>(), radius in 1.0..=50e3) {
            let row = town.get(Gazetteer::builtin().rows);
            assert_like_scan(Gazetteer::builtin(), latitude_of(row), longitude_of(row), radius, 20);
        }
    }

    proptest! {
        #[test]
        fn a_search_is_exact_at_the_poles_and_the_antimeridian(
            points in prop::collection::vec(microdegrees(), 0..200),
            (latitude, longitude) in anywhere(),
            radius in 1e3..=21e6,
        ) {
            assert_like_scan(&gazetteer_of(points), latitude, longitude, radius, usize::MAX);
        }

        #[test]
        fn a_point_on_the_rim_is_inside(point in microdegrees(), (latitude, longitude) in anywhere()) {
            let rim = haversine(latitude, longitude, f64::from(point.0) / 1e6, f64::from(point.1) / 1e6);
            prop_assert_eq!(gazetteer_of(vec![point]).nearest(latitude, longitude, rim, 1).len(), 1);
        }
    }

    #[test]
    fn the_places_near_the_campus_of_the_paper() {
        let near = Gazetteer::builtin().nearest(34.068_930, -118.445_127, 10_000.0, 8);
        let found: Vec<_> =
            near.iter().map(|near| format!("{} {:.1}", near.place.name, near.metres / 1000.0)).collect();
        let expected = [
            "Bel Air 1.6",
            "Westwood 2.0",
            "Century City 2.9",
            "Brentwood 3.3",
            "Sawtelle 3.7",
            "Beverly Hills 4.2",
            "Santa Monica Municipal Airport 5.9",
            "Culver City 7.0",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_locality_and_an_airport_are_told_in_full() {
        let near = Gazetteer::builtin().nearest(34.068_930, -118.445_127, 10_000.0, 8);
        let (town, airport) = (&near[5].place, &near[6].place);
        assert_eq!((&*town.place_id, town.kind), ("geonames:5328041", Kind::Locality));
        assert_eq!((&*town.country_code, &*town.country), ("US", "United States"));
        assert_eq!((town.latitude, town.longitude, town.population), (34.07362, -118.40036, 34_869));
        assert_eq!((&*airport.place_id, airport.kind), ("airport:KSMO", Kind::Airport));
        assert_eq!((airport.latitude, airport.longitude, airport.population), (34.015822, -118.451306, 0));
    }

    #[test]
    fn nothing_is_found_in_the_open_sea_with_no_bound_or_with_a_senseless_point() {
        let gazetteer = Gazetteer::builtin();
        assert!(gazetteer.nearest(-48.876_667, -123.393_333, 50_000.0, 20).is_empty());
        assert!(gazetteer.nearest(34.068_930, -118.445_127, 50_000.0, 0).is_empty());
        assert!(gazetteer.nearest(f64::NAN, f64::NAN, 50_000.0, 20).is_empty());
        assert!(gazetteer.nearest(34.068_930, -118.445_127, -1.0, 20).is_empty());
    }

    #[test]
    fn every_builtin_row_is_sorted_and_reads() {
        let gazetteer = Gazetteer::builtin();
        assert!(gazetteer.rows.is_sorted_by_key(|row| [row[0], row[1]].map(i32::from_le_bytes)));
        for place in gazetteer.rows.iter().map(|row| gazetteer.place(row)) {
            assert!(place.latitude.abs() <= 90.0 && place.longitude.abs() <= 180.0, "{place:?}");
            assert!(
                !place.name.is_empty() && place.country_code.len() == 2 && !place.country.is_empty(),
                "{place:?}"
            );
        }
    }

    #[test]
    fn the_record_beside_the_data_tells_its_size_and_hash() {
        let data = include_bytes!("../../data/gazetteer.bin");
        let record: toml::Table = include_str!("../../data/gazetteer.toml").parse().unwrap();
        let digest = ring::digest::digest(&ring::digest::SHA256, data);
        let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(record["sha256"].as_str(), Some(hex.as_str()));
        assert_eq!(record["rows"].as_integer(), i64::try_from(Gazetteer::builtin().len()).ok());
    }

    #[test]
    fn other_bytes_are_refused() {
        assert_eq!(Gazetteer::new(b"").unwrap_err(), GazetteerError::Length);
        assert_eq!(Gazetteer::new(b"PNG1\0\0\0\0\0\0\0\0\0\0\0\0").unwrap_err(), GazetteerError::Magic);
        assert_eq!(Gazetteer::new(b"HGZ1\0\0\0\0\0\0\0\0\x01\0\0\0").unwrap_err(), GazetteerError::Length);
        assert_eq!(
            Gazetteer::new(b"HGZ1\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff").unwrap_err(),
            GazetteerError::Length
        );
        assert!(Gazetteer::new(b"HGZ1\0\0\0\0\0\0\0\0\0\0\0\0").unwrap().is_empty());
    }

    #[test]
    fn an_offset_outside_the_text_reads_as_nothing() {
        let gazetteer = gazetteer_of(vec![]);
        assert_eq!(gazetteer.text(0), "XY Point");
        assert_eq!((gazetteer.text(1), gazetteer.text(8), gazetteer.text(u32::MAX)), ("", "", ""));
    }
}
