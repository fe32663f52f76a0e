//! Importing as a whole.

use std::{error, fs, io};

use proptest::prelude::*;

use super::super::{File, Gazetteer, nearby_json};
use super::*;

mod geojson;

const GEONAMES: &str =
    "1\tTown\tTown\t\t34.1\t-118.4\tP\tPPL\tUS\t\tCA\t\t\t\t1\t\t\tAmerica/Los_Angeles\t2019-09-05\n";
const CSV: &str = "name,lat,lon\nCafe,34.0,-118.4\n";
const FEATURE: &str = "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[-118.4,34.2]},\
                       \"properties\":{\"id\":\"a\",\"names\":{\"primary\":\"Shop\"}}}\n";

/// What an import of these inputs makes, and its tallies.
fn import(inputs: &[(Format, &[u8])]) -> Result<(File, Vec<Tally>), ImportError> {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("places.gazetteer");
    let mut import = Import::to(&output)?;
    let tallies = inputs.iter().map(|(format, input)| import.read("input", *format, *input));
    let tallies = tallies.collect::<Result<_, _>>()?;
    import.finish()?;
    Ok((File::open(&output).unwrap(), tallies))
}

fn near(gazetteer: &Gazetteer, latitude: f64) -> String {
    let places = gazetteer.nearest(latitude, -118.4, 1_000.0, 20);
    String::from_utf8(nearby_json(&places)).unwrap()
}

#[test]
fn several_inputs_make_one_gazetteer_and_each_place_names_its_source() {
    let inputs = [
        (Format::GeoNames, GEONAMES.as_bytes()),
        (Format::Csv, CSV.as_bytes()),
        (Format::GeoJson, FEATURE.as_bytes()),
    ];
    let (file, tallies) = import(&inputs).unwrap();
    assert!(tallies.iter().all(|tally| *tally == Tally { places: 1, ..Tally::default() }));
    assert_eq!(file.gazetteer().len(), 3);
    let (town, cafe, shop) =
        (near(file.gazetteer(), 34.1), near(file.gazetteer(), 34.0), near(file.gazetteer(), 34.2));
    assert!(town.contains("GeoNames") && town.contains("\"vicinity\" : \"United States\""), "{town}");
    assert!(cafe.starts_with("{\n   \"html_attributions\" : [],\n"), "{cafe}");
    assert!(cafe.contains("\"place_id\" : \"input:2\""), "{cafe}");
    assert!(shop.contains("Overture Maps Foundation") && !shop.contains("GeoNames"), "{shop}");
}

#[test]
fn the_first_row_behind_a_byte_order_mark_is_read() {
    for (format, text) in [(Format::GeoNames, GEONAMES), (Format::Csv, CSV), (Format::GeoJson, FEATURE)] {
        let (_, tallies) = import(&[(format, format!("\u{feff}{text}").as_bytes())]).unwrap();
        assert_eq!(tallies, [Tally { places: 1, ..Tally::default() }], "{format:?}");
    }
}

#[test]
fn bad_rows_are_counted_and_the_first_are_named() {
    let text = format!("bad\n{GEONAMES}{}", GEONAMES.replace("34.1", "99").repeat(9)) + &GEONAMES.repeat(9);
    let (file, tallies) = import(&[(Format::GeoNames, text.as_bytes())]).unwrap();
    assert_eq!((file.gazetteer().len(), tallies[0].places, tallies[0].skipped), (1, 10, 10));
    assert_eq!(
        first_of(&tallies[0])[..2],
        ["Line(1): 1 columns instead of 19", "Line(3): the latitude is not from -90 to 90"]
    );
    assert_eq!(tallies[0].first.len(), 5);
}

/// Where the first bad rows are, and why.
fn first_of(tally: &Tally) -> Vec<String> {
    tally.first.iter().map(|(at, why)| format!("{at:?}: {why}")).collect()
}

#[test]
fn less_than_half_of_the_rows_of_all_inputs_replace_nothing_unless_that_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("places.gazetteer");
    fs::write(&output, "old").unwrap();
    let outcome = |bad: usize, allow| {
        let mut import = Import::to(&output).unwrap().allow_skipped(allow);
        import.read("a", Format::GeoNames, GEONAMES.as_bytes()).unwrap();
        import.read("b", Format::Csv, format!("{CSV}{}", "bad\n".repeat(bad)).as_bytes()).unwrap();
        import.finish().map_err(|error| error.to_string())
    };
    let refusal = "only 2 of 5 rows can be used, less than half; nothing is written";
    assert_eq!(outcome(3, false), Err(refusal.to_owned()));
    assert_eq!(fs::read(&output).unwrap(), b"old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    for (bad, allow) in [(2, false), (3, true)] {
        fs::write(&output, "old").unwrap();
        assert_eq!(outcome(bad, allow), Ok(Summary { places: 2, replaced: 0 }));
        assert!(File::open(&output).is_ok());
    }
    let nothing = Import::to(&output).unwrap().allow_skipped(true);
    assert_eq!(nothing.finish().unwrap_err().to_string(), "no row is a place; nothing is written");
}

#[test]
fn of_the_places_with_one_identifier_the_last_is_taken_and_the_others_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("places.gazetteer");
    let towns = format!("{}{}", GEONAMES.replacen('1', "7", 1), GEONAMES.replacen('1', "8", 1));
    let mut import = Import::to(&output).unwrap();
    import.read("a.txt", Format::GeoNames, towns.as_bytes()).unwrap();
    import
        .read("b.txt", Format::GeoNames, GEONAMES.replacen('1', "8", 1).replace("Town", "Later").as_bytes())
        .unwrap();
    import.read("c.txt", Format::GeoNames, GEONAMES.repeat(2).as_bytes()).unwrap();
    assert_eq!(import.finish().unwrap(), Summary { places: 3, replaced: 2 });
    let text = near(File::open(&output).unwrap().gazetteer(), 34.1);
    assert_eq!(text.matches("\"place_id\" : \"geonames:8\"").count(), 1, "{text}");
    assert_eq!((text.matches("\"Later\"").count(), text.matches("\"Town\"").count()), (1, 2), "{text}");
}

#[test]
fn rows_without_identifiers_of_tables_that_are_called_alike_are_places_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("places.gazetteer");
    let mut import = Import::to(&output).unwrap();
    for name in ["a/shops.csv", "b/shops.csv", "shops.csv(2)"] {
        import.read(name, Format::Csv, CSV.as_bytes()).unwrap();
    }
    assert_eq!(import.finish().unwrap(), Summary { places: 3, replaced: 0 });
    let text = near(File::open(&output).unwrap().gazetteer(), 34.0);
    for id in ["shops.csv:2", "shops.csv(2):2", "shops.csv(2)(2):2"] {
        assert!(text.contains(&format!("\"place_id\" : \"{id}\"")), "{text}");
    }
}

#[test]
fn an_import_that_fails_leaves_the_old_gazetteer_and_no_rubbish() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("places.gazetteer");
    fs::write(&output, "old").unwrap();
    let is_old = || {
        let names = fs::read_dir(folder.path()).unwrap().count();
        fs::read(&output).unwrap() == b"old" && names == 1
    };

    let mut nothing = Import::to(&output).unwrap();
    nothing.read("a.csv", Format::Csv, &b"name,lat,lon\n,1,2\n"[..]).unwrap();
    assert_eq!(nothing.finish().unwrap_err().to_string(), "no row is a place; nothing is written");
    assert!(is_old());

    let mut open = Import::to(&output).unwrap();
    let error = open.read("a.csv", Format::Csv, &b"name,lat,lon\na,1,2\n\"b,1,2\nc,1,2\n"[..]).unwrap_err();
    let message = "a.csv: the row that begins on line 3 does not end: is its quote closed?";
    assert_eq!(error.to_string(), message);
    drop(open);
    assert!(is_old());

    let mut cut = Import::to(&output).unwrap();
    let breaks = CSV.as_bytes().chain(Broken);
    let error = cut.read("a.csv", Format::Csv, breaks).unwrap_err();
    assert_eq!(error.to_string(), "a.csv: cannot be read: unexpected end of file");
    assert!(error::Error::source(&error).is_some());
    let error = Import::to(&output).unwrap_err().to_string();
    assert!(error.ends_with("places.gazetteer: another import is writing to this folder"), "{error}");
    drop(cut);
    assert!(is_old());
    assert!(Import::to(&output.join("below a file")).is_err());
    assert!(is_old());
}

/// An input that fails.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// Coordinates in microdegrees within a few kilometres, where ties and rims are, or anywhere.
fn points() -> impl Strategy<Value = Vec<(i32, i32)>> {
    let near = (0..40_000_i32, -20_000..20_000_i32);
    let far = (-90_000_000..=90_000_000_i32, -180_000_000..=180_000_000_i32);
    prop::collection::vec(prop_oneof![3 => near, 1 => far], 1..80)
}

/// A row of each format for the place with this number.
fn row(format: Format, number: usize, (latitude, longitude): (i32, i32)) -> String {
    let (lat, lon) = (f64::from(latitude) / 1e6, f64::from(longitude) / 1e6);
    match format {
        Format::Csv => format!("{number},n,{lat},{lon}\n"),
        Format::GeoNames => format!("{number}\tn\t\t\t{lat}\t{lon}{}\n", "\t".repeat(13)),
        Format::GeoJson => format!(
            "\x1e{{\"type\":\"Feature\",\"geometry\":{{\"type\":\"Point\",\"coordinates\":[{lon},{lat}]}},\
             \"properties\":{{\"id\":\"{number}\",\"names\":{{\"primary\":\"n\"}}}}}}\n"
        ),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_search_of_an_import_finds_what_a_scan_of_its_rows_finds(
        points in points(),
        format in prop::sample::select(vec![Format::Csv, Format::GeoNames, Format::GeoJson]),
        radius in prop_oneof![10.0..=5e3, 1e3..=21e6],
        bound in 1..=20_usize,
    ) {
        let header = if format == Format::Csv { "id,name,lat,lon\n" } else { "" };
        let rows = points.iter().enumerate().map(|(number, point)| row(format, number, *point));
        let text: String = [header.to_owned()].into_iter().chain(rows).collect();
        let (file, tallies) = import(&[(format, text.as_bytes())]).unwrap();
        prop_assert_eq!(tallies[0].places, points.len() as u64);

        let mut order: Vec<_> = points.iter().enumerate().map(|(number, point)| (*point, number)).collect();
        order.sort_unstable();
        let metres = |(latitude, longitude): (i32, i32)| {
            super::super::gazetteer::haversine(0.01, 0.0, f64::from(latitude) / 1e6, f64::from(longitude) / 1e6)
        };
        let mut expected: Vec<_> = order.into_iter().map(|(point, number)| (metres(point), number)).collect();
        expected.retain(|(metres, _)| *metres <= radius);
        expected.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        expected.truncate(bound);

        let near = file.gazetteer().nearest(0.01, 0.0, radius, bound);
        let found: Vec<(f64, usize)> = near
            .iter()
            .map(|near| (near.metres, near.place.place_id.rsplit(':').next().unwrap().parse().unwrap()))
            .collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn no_bytes_do_any_harm(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        format in prop::sample::select(vec![Format::Csv, Format::GeoNames, Format::GeoJson]),
    ) {
        match import(&[(format, &bytes)]) {
            Ok((file, tallies)) => prop_assert_eq!(file.gazetteer().len() as u64, tallies[0].places),
            Err(error) => prop_assert_eq!(error.to_string().lines().count(), 1),
        }
    }
}
