//! GeoJSON in every layout that is met with: lines, records, collections and lists.

use super::super::bad_row::LONGEST_ROW;
use super::*;

/// A Feature, called by its number.
fn feature(number: u32) -> String {
    format!(
        "{{\"type\":\"Feature\",\"geometry\":{{\"type\":\"Point\",\"coordinates\":[-118.4,34.{number}]}},\
         \"properties\":{{\"id\":\"f{number}\",\"names\":{{\"primary\":\"Place {number}\"}}}}}}"
    )
}

fn features(separator: &str) -> String {
    [1, 2, 3].map(feature).join(separator)
}

/// A Feature that is JSON, and another that is no point.
fn lame() -> [String; 2] {
    [feature(8).replace("\"Place 8\"", "8"), feature(9).replace("Point", "Line")]
}

/// How many places there are, and what became of the others.
fn read(text: &str) -> Result<(u64, u64, Vec<String>), String> {
    let (file, tallies) = import(&[(Format::GeoJson, text.as_bytes())]).map_err(|error| error.to_string())?;
    assert_eq!(file.gazetteer().len() as u64, tallies[0].places);
    Ok((tallies[0].places, tallies[0].skipped, first_of(&tallies[0])))
}

#[track_caller]
fn assert_all_three(text: &str) {
    assert_eq!(read(text), Ok((3, 0, vec![])), "{text}");
    assert_eq!(read(&format!("\u{feff}\r\n {text}\n\n")), Ok((3, 0, vec![])), "{text}");
    assert_eq!(read(&text.replace('\n', "\r\n")), Ok((3, 0, vec![])), "{text}");
}

/// The same with white space wherever it may be.
fn pretty(text: &str) -> String {
    serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(text).unwrap()).unwrap()
}

#[test]
fn a_collection_is_read_however_it_is_written() {
    let list = features(",");
    for collection in [
        format!("{{\"type\":\"FeatureCollection\",\"features\":[{list}]}}"),
        format!("{{\"features\":[{list}],\"type\":\"FeatureCollection\"}}"),
        format!(
            "{{\"type\":\"FeatureCollection\",\"name\":\"a\",\"crs\":{{\"features\":[1]}},\"features\":[{list}],\"bbox\":[1,2,3,4]}}"
        ),
        format!("[{list}]"),
    ] {
        assert_all_three(&collection);
        assert_all_three(&pretty(&collection));
    }
    // As GDAL writes it.
    let lines = features(",\n");
    assert_all_three(&format!(
        "{{\n\"type\": \"FeatureCollection\",\n\"name\": \"a\",\n\"features\": [\n{lines}\n]\n}}"
    ));
    assert_all_three(&format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{lines}\n]}}"));
    assert_all_three(&format!("[\n{lines}\n]"));
}

#[test]
fn features_one_after_the_other_are_read_whatever_is_between_them() {
    for between in ["\n", "\n\n \n", "\n\x1e", "\x1e", "", " ", "\x1e\n\x1e"] {
        let text = features(between);
        assert_eq!(read(&text), Ok((3, 0, vec![])), "{between:?}");
        assert_eq!(read(&format!("\x1e{text}\n")), Ok((3, 0, vec![])), "{between:?} in a sequence");
    }
    for between in [",\n", " ,\n", "\n,\n"] {
        assert_all_three(&features(between));
        assert_all_three(&(features(between) + ","));
    }
    assert_all_three(&[1, 2, 3].map(|number| pretty(&feature(number))).join("\n"));
    assert_all_three(&[1, 2, 3].map(|number| format!("\x1e{}\n", pretty(&feature(number)))).concat());
    assert_eq!(read(&pretty(&feature(1))), Ok((1, 0, vec![])), "one alone");
}

#[test]
fn a_feature_of_another_shape_costs_itself() {
    let [wrong, line] = lame();
    let why = |one: &str, other: &str| {
        vec![
            format!("{one}: not a GeoJSON Feature with the properties of a place"),
            format!("{other}: not a point"),
        ]
    };
    let all = [features(","), wrong, line].join(",");
    for text in [format!("[{all}]"), format!("{{\"features\":[{all}],\"type\":\"FeatureCollection\"}}")] {
        assert_eq!(read(&text), Ok((3, 2, why("Feature(4)", "Feature(5)"))));
    }
    let rows = all.replace("},{\"type\":\"Fea", "}\n{\"type\":\"Fea");
    assert_eq!(read(&rows), Ok((3, 2, why("Line(4)", "Line(5)"))));
    let others = format!("[{},null,1,[{}],\"{}\",{{}}]", features(","), feature(4), "x".repeat(LONGEST_ROW));
    assert_eq!(
        read(&others).unwrap_err(),
        "only 3 of 8 rows can be used, less than half; nothing is written"
    );
}

#[test]
fn what_is_no_json_costs_a_document_whole() {
    let list = features(",\n");
    let refused = |text: &str| read(text).unwrap_err();
    let head = "{\"type\":\"FeatureCollection\",\"features\":[\n";
    assert_eq!(refused(&format!("{head}{list}")), "input: not JSON from line 4, byte 130 on");
    assert_eq!(refused(&format!("{head}{list},\n]}}")), "input: not JSON from line 5, byte 1 on");
    assert_eq!(refused(&format!("{head}{list}]}}x")), "input: not JSON from line 4, byte 132 on");
    assert_eq!(
        refused(&format!("{head}{}]}}", list.replacen("\"f2\"", "f2", 1))),
        "input: not JSON from line 3, byte 95 on"
    );
    assert_eq!(
        refused(&format!("[{}\n{}]", feature(1), feature(2))),
        "input: not JSON from line 2, byte 1 on"
    );
    assert_eq!(refused("[\""), "input: not JSON from line 1, byte 3 on");
    assert!(import(&[(Format::GeoJson, b"[\"\xff\"]")]).is_err());
    let not_geojson = "input: not a GeoJSON FeatureCollection, a list of Features or a Feature";
    for other in [
        format!("{{\"type\":\"Topology\",\"features\":[{list}]}}"),
        format!("{{\"features\":[{list}]}}"),
        "{\"type\":\"FeatureCollection\",\"features\":7}".to_owned(),
        "{\n\"type\":\"Point\",\"coordinates\":[1,2]}".to_owned(),
    ] {
        assert_eq!(refused(&other), not_geojson, "{other}");
    }
}

#[test]
fn without_a_place_nothing_is_written() {
    let none = "no row is a place; nothing is written";
    for text in [
        "",
        "\n",
        "\u{feff}",
        "[]",
        "{\"type\":\"FeatureCollection\",\"features\":[]}",
        "\x1e\n\x1e",
        "{}",
        "7",
    ] {
        assert_eq!(read(text).unwrap_err(), none, "{text:?}");
    }
}

#[test]
fn a_record_that_was_cut_off_costs_itself_and_an_empty_one_nothing() {
    let cut = |end: &str| format!("\x1e{{\"type\":\"Feature\",\"geometry\":{{\"type\":\"Po{end}");
    let why = |byte| vec![format!("Line(1): not JSON from byte {byte} on")];
    assert_eq!(read(&format!("{}\x1e{}\n", cut(""), feature(2))), Ok((1, 1, why(41))));
    assert_eq!(read(&format!("{}\x1e{}\n", cut("\n"), feature(2))), Ok((1, 1, why(41))));
    assert_eq!(
        read(&format!("{}\x1e{}{}", cut(""), feature(1), cut(""))).map(|found| (found.0, found.1)),
        Err("only 1 of 3 rows can be used, less than half; nothing is written".to_owned())
    );
    assert_eq!(read(&format!("\x1e{}\n\x1e\n\x1e{}\n", feature(1), feature(2))), Ok((2, 0, vec![])));
    assert_eq!(read(&format!("\x1e\x1e\x1e{}\n\x1e", feature(1))), Ok((1, 0, vec![])));
}

#[test]
fn a_line_that_was_cut_off_costs_itself_wherever_it_stands() {
    let short = &feature(1)[..41];
    for at in 0..3 {
        let mut lines = [2, 3].map(feature).to_vec();
        lines.insert(at, short.to_owned());
        let (places, skipped, why) = read(&lines.join("\n")).unwrap();
        assert_eq!((places, skipped), (2, 1));
        assert!(why[0].starts_with(&format!("Line({}): not JSON from byte 4", at + 1)), "{why:?}");
    }
}

#[test]
fn a_vicinity_that_is_too_long_is_cut_at_a_character() {
    let address = "ก".repeat(86);
    let text = feature(1).replace("}}}", &format!("}},\"addresses\":[{{\"freeform\":\"{address}\"}}]}}}}"));
    let (file, tallies) = import(&[(Format::GeoJson, text.as_bytes())]).unwrap();
    assert_eq!((tallies[0].places, tallies[0].skipped), (1, 0));
    assert!(near(file.gazetteer(), 34.1).contains(&format!("\"vicinity\" : \"{}\"", "ก".repeat(85))));
}

/// Repeats a text for ever, or nearly.
fn endless(start: &str, text: &str) -> impl Read + use<> {
    let rest: Box<dyn Read> = Box::new(Cycle { text: text.as_bytes().to_vec(), at: 0 });
    Cursor::new(start.as_bytes().to_vec()).chain(rest)
}

struct Cycle {
    text: Vec<u8>,
    at: usize,
}

impl Read for Cycle {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = (&self.text[self.at..]).read(buffer)?;
        self.at = (self.at + count) % self.text.len();
        Ok(count)
    }
}

#[test]
fn a_document_is_never_in_memory_as_a_whole_and_what_does_not_end_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut import = Import::to(&folder.path().join("places.gazetteer")).unwrap();
    let mut refused =
        |input: &mut dyn Read| import.read("x", Format::GeoJson, input).unwrap_err().to_string();
    let long =
        |number: u64| format!("x: feature {number} goes on for more than 16 MiB: is each quote closed?");
    assert_eq!(refused(&mut endless("[\"", "x")), long(1));
    assert_eq!(refused(&mut endless(&format!("[{},{{\"a\":\"", feature(1)), "x")), long(2));
    assert_eq!(refused(&mut endless("{\"type\":\"FeatureCollection\",\"crs\":[", "1,")), long(1));
    let many = format!("{},{}", feature(1), lame()[0]);
    let mut most = endless("[", &format!("{many},")).take(6 << 20);
    let cost = allocation_counter::measure(|| {
        assert!(refused(&mut most).starts_with("x: not JSON from line 1, byte "));
    });
    // With 32 bytes for each place, and as many again where their list has just grown.
    assert!(cost.bytes_max < 4 << 20, "{} bytes", cost.bytes_max);
}
