//! Places of the world that are searched where they lie: in the program, or in the bytes of a file.
//!
//! Two layouts, one search: rows are sorted from south to north, so a search bisects for the parallels that
//! bound its circle and looks at the rows between them. No index is built.

mod circle;
mod embedded;
mod imported;
mod place;
mod record;
mod rows;

use std::{error, fmt};

pub(super) use circle::haversine;
use embedded::Embedded;
pub(super) use imported::Draft;
use imported::Imported;
pub use place::{Near, Place, Source};
pub(super) use record::Record;
pub use record::Unfit;

static BUILTIN: Embedded = match Embedded::new(include_bytes!("../../data/gazetteer.bin")) {
    Ok(embedded) => embedded,
    Err(_) => panic!("data/gazetteer.bin is not a gazetteer: run data/make_gazetteer.py"),
};

/// Places of the world.
#[derive(Debug)]
pub struct Gazetteer(Layout);

#[derive(Debug)]
enum Layout {
    Embedded(&'static Embedded),
    Imported(Imported),
}

impl Gazetteer {
    /// The gazetteer that is part of the program: localities and airports.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static GAZETTEER: Gazetteer = Gazetteer(Layout::Embedded(&BUILTIN));
        &GAZETTEER
    }

    /// The gazetteer in the bytes of a file that an import has written.
    ///
    /// # Errors
    /// [`GazetteerError`] if the bytes are of another kind, cut off or damaged.
    pub fn new(bytes: Vec<u8>) -> Result<Self, GazetteerError> {
        Imported::new(bytes).map(|imported| Gazetteer(Layout::Imported(imported)))
    }

    /// The number of places.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Layout::Embedded(embedded) => embedded.rows.len(),
            Layout::Imported(imported) => imported.rows().len(),
        }
    }

    /// Whether there is no place at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The places within `radius_metres` of a point, nearest first, at most `bound` of them.
    ///
    /// `latitude` and `longitude` are degrees within 90 and 180, both ends included. Places at the same
    /// distance come in the order of the file: from south to north, from west to east, then by identifier, or
    /// as they were imported.
    ///
    /// ```
    /// # use herd::places::Gazetteer;
    /// let near = Gazetteer::builtin().nearest(34.068930, -118.445127, 5_000.0, 1);
    /// assert_eq!(near[0].place.name, "Bel Air");
    /// ```
    #[must_use]
    pub fn nearest(&self, latitude: f64, longitude: f64, radius_metres: f64, bound: usize) -> Vec<Near<'_>> {
        let centre = (latitude, longitude);
        match &self.0 {
            Layout::Embedded(embedded) => rows::nearest(embedded.rows, centre, radius_metres, bound)
                .into_iter()
                .map(|(metres, row)| Near { place: embedded.place(row), metres })
                .collect(),
            Layout::Imported(imported) => rows::nearest(imported.rows(), centre, radius_metres, bound)
                .into_iter()
                .filter_map(|(metres, row)| Some(Near { place: imported.place(row)?, metres }))
                .collect(),
        }
    }

    /// All places, in the order in which they lie.
    #[cfg(test)]
    pub(super) fn places(&self) -> Vec<Place<'_>> {
        match &self.0 {
            Layout::Embedded(embedded) => embedded.rows.iter().map(|row| embedded.place(row)).collect(),
            Layout::Imported(imported) => {
                imported.rows().iter().filter_map(|row| imported.place(row)).collect()
            }
        }
    }
}

/// The English name of a country by its ISO 3166-1 code.
pub(super) fn country_name(code: &str) -> Option<&'static str> {
    BUILTIN.country_name(code)
}

/// Why bytes are no gazetteer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GazetteerError {
    /// They do not begin as a gazetteer does.
    Magic,
    /// They are fewer or more than they themselves say.
    Length,
    /// They are not what was written.
    Checksum,
}

impl fmt::Display for GazetteerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Magic => "not a gazetteer file",
            Self::Length => "the gazetteer file is shorter or longer than it says",
            Self::Checksum => "the gazetteer file is damaged or cut off: its checksum is wrong",
        })
    }
}

impl error::Error for GazetteerError {}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    /// A search finds what measuring every place of the gazetteer finds.
    fn assert_like_scan<'g>(
        (gazetteer, places): (&'g Gazetteer, &[Place<'g>]),
        (latitude, longitude): (f64, f64),
        radius: f64,
        bound: usize,
    ) {
        let metres = |place: &Place<'_>| haversine(latitude, longitude, place.latitude, place.longitude);
        let mut expected: Vec<_> = places.iter().map(|place| (metres(place), place)).collect();
        expected.retain(|(metres, _)| *metres <= radius);
        expected.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        expected.truncate(bound);
        let near = gazetteer.nearest(latitude, longitude, radius, bound);
        assert_eq!(near.iter().map(|near| (near.metres, &near.place)).collect::<Vec<_>>(), expected);
    }

    static TOWNS: LazyLock<Vec<Place<'static>>> = LazyLock::new(|| Gazetteer::builtin().places());

    /// An imported gazetteer with a place in each point, in microdegrees.
    fn gazetteer_of(points: Vec<(i32, i32)>) -> Gazetteer {
        let mut draft = Draft::new(Vec::new()).unwrap();
        for (number, (latitude, longitude)) in points.into_iter().enumerate() {
            let place = Place {
                place_id: number.to_string().into(),
                name: "Point".into(),
                types: vec![],
                vicinity: "".into(),
                latitude: f64::from(latitude) / 1e6,
                longitude: f64::from(longitude) / 1e6,
                source: Source::Own,
            };
            draft.add(&Record::of(&place).unwrap()).unwrap();
        }
        Gazetteer::new(draft.finish().unwrap()).unwrap()
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
            assert_like_scan((Gazetteer::builtin(), &TOWNS), (latitude, longitude), radius, bound);
        }

        #[test]
        fn a_search_round_a_town_does_too(town in any::<prop::sample::Index>(), radius in 1.0..=50e3) {
            let Place { latitude, longitude, .. } = town.get(&TOWNS);
            assert_like_scan((Gazetteer::builtin(), &TOWNS), (*latitude, *longitude), radius, 20);
        }
    }

    proptest! {
        #[test]
        fn a_search_is_exact_at_the_poles_and_the_antimeridian(
            points in prop::collection::vec(microdegrees(), 0..200),
            (latitude, longitude) in anywhere(),
            radius in 1e3..=21e6,
            bound in prop_oneof![1..=20_usize, Just(usize::MAX)],
        ) {
            let gazetteer = gazetteer_of(points);
            assert_like_scan((&gazetteer, &gazetteer.places()), (latitude, longitude), radius, bound);
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
        assert_eq!((&*town.place_id, town.source), ("geonames:5328041", Source::GeoNames));
        assert_eq!(
            (&town.types[..], &*town.vicinity),
            (&["locality".into(), "political".into()][..], "United States")
        );
        assert_eq!((town.latitude, town.longitude), (34.07362, -118.40036));
        assert_eq!((&*airport.place_id, airport.source), ("airport:KSMO", Source::Airports));
        assert_eq!((airport.latitude, airport.longitude), (34.015822, -118.451306));
    }

    #[test]
    fn nothing_is_found_in_the_open_sea_with_no_bound_or_with_a_senseless_point() {
        let gazetteer = Gazetteer::builtin();
        assert!(gazetteer.nearest(-48.876_667, -123.393_333, 50_000.0, 20).is_empty());
        assert!(gazetteer.nearest(34.068_930, -118.445_127, 50_000.0, 0).is_empty());
        assert!(gazetteer.nearest(f64::NAN, f64::NAN, 50_000.0, 20).is_empty());
        assert!(gazetteer.nearest(34.068_930, -118.445_127, -1.0, 20).is_empty());
    }
}
