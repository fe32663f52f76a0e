//! A row of GeoNames' tables: 19 columns with tabs between them.
//!
//! <https://download.geonames.org/export/dump/readme.txt>

use super::super::gazetteer::{Place, Source, country_name};
use super::bad_row::{BadRow, number};

const COLUMNS: usize = 19;

/// The place of a row: geonameid, name, asciiname, alternatenames, latitude, longitude, feature class, feature
/// code, country code, and ten more.
pub(super) fn place(row: &str) -> Result<Place<'_>, BadRow> {
    let columns: Vec<&str> = row.split('\t').collect();
    let found = columns.len();
    let columns: [&str; COLUMNS] =
        columns.try_into().map_err(|_| BadRow::Columns { found, expected: COLUMNS })?;
    let [id, name, _, _, latitude, longitude, class, code, country, ..] = columns;
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(BadRow::NotANumber("geonameid"));
    }
    Ok(Place {
        place_id: format!("geonames:{id}").into(),
        name: name.into(),
        types: types(class, code).iter().map(|word| (*word).into()).collect(),
        vicinity: country_name(country).unwrap_or(country).into(),
        latitude: number(latitude, "latitude")?,
        longitude: number(longitude, "longitude")?,
        source: Source::GeoNames,
    })
}

/// Google's words for a feature, as far as it has one: <https://www.geonames.org/export/codes.html>.
fn types(class: &str, code: &str) -> &'static [&'static str] {
    match (class, code) {
        ("P", _) => &["locality", "political"],
        ("A", _) => &["political"],
        ("R", "RD" | "ST") => &["route"],
        ("L", "PRK") => &["park", "point_of_interest", "establishment"],
        ("S", "AIRP") => &["airport", "point_of_interest", "establishment"],
        ("S", "CH") => &["church", "place_of_worship", "point_of_interest", "establishment"],
        ("S", "HSP") => &["hospital", "point_of_interest", "establishment"],
        ("S", "HTL") => &["lodging", "point_of_interest", "establishment"],
        ("S", "LIBR") => &["library", "point_of_interest", "establishment"],
        ("S", "MUS") => &["museum", "point_of_interest", "establishment"],
        ("S", "RSTN") => &["train_station", "point_of_interest", "establishment"],
        ("S", "SCH") => &["school", "point_of_interest", "establishment"],
        ("S", "STDM") => &["stadium", "point_of_interest", "establishment"],
        ("S", "UNIV") => &["university", "point_of_interest", "establishment"],
        ("S", _) => &["point_of_interest", "establishment"],
        ("H" | "T" | "U" | "V", _) => &["natural_feature"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "5328041\tBeverly Hills\tBeverly Hills\tBeverli Hillz,BHS\t34.07362\t-118.40036\tP\tPPL\tUS\t\tCA\t\
                       037\t\t\t34869\t79\t80\tAmerica/Los_Angeles\t2019-09-05";

    #[test]
    fn a_row_is_a_place() {
        let expected = Place {
            place_id: "geonames:5328041".into(),
            name: "Beverly Hills".into(),
            types: vec!["locality".into(), "political".into()],
            vicinity: "United States".into(),
            latitude: 34.07362,
            longitude: -118.40036,
            source: Source::GeoNames,
        };
        assert_eq!(place(ROW), Ok(expected));
        let nowhere = ROW.replace("\tUS\t", "\tZZ\t");
        assert_eq!(place(&nowhere).unwrap().vicinity, "ZZ");
    }

    #[test]
    fn a_row_that_is_none_says_why() {
        let bad = |row: &str| place(row).unwrap_err();
        assert_eq!(bad("a"), BadRow::Columns { found: 1, expected: 19 });
        assert_eq!(bad(&format!("{ROW}\t")), BadRow::Columns { found: 20, expected: 19 });
        assert_eq!(bad(&ROW.replace("5328041", "+5")), BadRow::NotANumber("geonameid"));
        assert_eq!(bad(&ROW.replace("34.07362", "")), BadRow::NotANumber("latitude"));
        assert_eq!(bad(&ROW.replace("-118.40036", "west")), BadRow::NotANumber("longitude"));
    }

    #[test]
    fn features_are_told_in_googles_words() {
        assert_eq!(types("S", "AIRP")[0], "airport");
        assert_eq!((types("S", "BLDG")[0], types("T", "MT")[0]), ("point_of_interest", "natural_feature"));
        assert!(types("", "").is_empty());
    }
}
