//! The text of a Nearby Search: Google's own, kept as it came, but for empty lines and the cut to the bound.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::dialect::MOST;
use super::object::{NotAnObject, ObjectText};
use super::squeeze;

/// A text that is one JSON object with a string `status` and a list `results`, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// [Squeezed](squeeze): as it goes to a client.
    text: Vec<u8>,
    /// Where each of the first elements of `results` ends in `text`; as many as a client may ask for.
    ends: Vec<usize>,
    /// Where the last of them all ends; 0 if there is none.
    last: usize,
    status: String,
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    results: Vec<&'a RawValue>,
}

impl Search {
    /// Reads a text, and [squeezes](squeeze) it; whatever else is in it is only checked to be JSON.
    ///
    /// # Errors
    ///
    /// [`NotAnObject`], if it is not JSON in UTF-8, lacks one of the two or has it twice, or is nested deeper
    /// than 64.
    pub fn read(text: &[u8]) -> Result<Search, NotAnObject> {
        let text = squeeze(text);
        let object = ObjectText::new(&text);
        let Fields { status, results } = object.read()?;
        let ends = results.iter().take(MOST).map(|raw| object.end_of(raw)).collect();
        let last = results.last().map_or(0, |raw| object.end_of(raw));
        let status = status.into_owned();
        Ok(Search { text, ends, last, status })
    }

    /// `OK`, `ZERO_RESULTS`, `OVER_QUERY_LIMIT`, ...
    #[must_use]
    pub fn status(&self) -> &str {
        &self.status
    }

    /// Whether the service is there but did not do what it was asked: another one may.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(&*self.status, "OVER_QUERY_LIMIT" | "OVER_DAILY_LIMIT" | "REQUEST_DENIED" | "UNKNOWN_ERROR")
    }

    /// The text with the first `bound` results, at most twenty, and every other byte as it was.
    ///
    /// ```
    /// # use herd::places::Search;
    /// let search = Search::read(br#"{"results" : [ 1, 2, 3 ], "status" : "OK"}"#).unwrap();
    /// assert_eq!(search.cut(2), b"{\"results\" : [ 1, 2 ], \"status\" : \"OK\"}\n\n");
    /// ```
    #[must_use]
    pub fn cut(&self, bound: usize) -> Vec<u8> {
        self.parts(bound).concat()
    }

    /// The same in two parts, which are borrowed: what stood behind the last result stands behind the last one kept.
    pub(super) fn parts(&self, bound: usize) -> [&[u8]; 2] {
        let kept = self.ends.get(bound.max(1) - 1).or(self.ends.last());
        [&self.text[..kept.copied().unwrap_or(0)], &self.text[self.last..]]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::places::to_google_text;

    fn cut(text: &str, bound: usize) -> String {
        let text = String::from_utf8(Search::read(text.as_bytes()).unwrap().cut(bound)).unwrap();
        text.strip_suffix("\n\n").unwrap().to_owned()
    }

    const THREE: &str = "{\n   \"html_attributions\" : [],\n   \"next_page_token\" : \"Aap_\",\n   \
        \"results\" : [\n      { \"name\" : \"Caf\\u00e9 Zürich\", \"rating\" : 4.50 },\n      [ ] ,\n      -0.0e+1\n   ],\n   \
        \"status\" : \"OK\"\n}";

    #[test]
    fn results_are_cut_and_every_other_byte_stays() {
        let one = "{\n   \"html_attributions\" : [],\n   \"next_page_token\" : \"Aap_\",\n   \
            \"results\" : [\n      { \"name\" : \"Caf\\u00e9 Zürich\", \"rating\" : 4.50 }\n   ],\n   \
            \"status\" : \"OK\"\n}";
        assert_eq!(cut(THREE, 1), one);
        assert_eq!(cut(THREE, 2), THREE.replace(" ,\n      -0.0e+1", ""));
        assert_eq!(cut(THREE, 3), THREE);
        assert_eq!(cut(THREE, 20), THREE);
    }

    #[test]
    fn no_more_than_twenty_are_kept() {
        let numbers = |count: i32| (1..=count).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        let text = |count| format!(r#"{{"results":[{}],"status":"OK"}}"#, numbers(count));
        assert_eq!([20, 99].map(|bound| cut(&text(2_000), bound)), [text(20), text(20)]);
    }

    #[test]
    fn empty_lines_go_wherever_the_cut_is() {
        let text = "\n{\"results\":[\n\n1\n\n,\n\n\n2\n\n],\n\n\"status\":\"OK\"}\n\n\n";
        assert_eq!(cut(text, 1), "{\"results\":[\n1\n],\n\"status\":\"OK\"}");
        assert_eq!(cut(text, 2), "{\"results\":[\n1\n,\n2\n],\n\"status\":\"OK\"}");
    }

    #[test]
    fn only_the_top_results_are_cut() {
        let text = r#"{"a":{"results":[1,2,3]},"status":"OK","results":[{"results":[1,2]},2]}"#;
        assert_eq!(cut(text, 1), r#"{"a":{"results":[1,2,3]},"status":"OK","results":[{"results":[1,2]}]}"#);
    }

    #[test]
    fn a_name_with_escapes_is_the_same_name() {
        assert_eq!(
            cut(r#"{"re\u0073ults":[1,2],"status":"O\u004B"}"#, 1),
            r#"{"re\u0073ults":[1],"status":"O\u004B"}"#
        );
        assert_eq!(Search::read(br#"{"results":[],"status":"O\u004B"}"#).unwrap().status(), "OK");
    }

    #[test]
    fn no_results_are_no_results() {
        let text = "{ \"results\" : [ ], \"status\" : \"ZERO_RESULTS\" }";
        assert_eq!(cut(text, 1), text);
    }

    #[test]
    fn what_is_no_nearby_search_is_refused() {
        for bad in [
            "",
            "{}",
            "<html>",
            r#"{"results":[]}"#,
            r#"{"status":"OK"}"#,
            r#"{"results":{},"status":"OK"}"#,
            r#"{"results":null,"status":"OK"}"#,
            r#"{"results":[],"status":1}"#,
            r#"{"results":[],"status":null}"#,
            r#"{"results":[],"status":"OK","results":[]}"#,
            r#"{"results":[],"status":"OK","re\u0073ults":[]}"#,
            r#"{"results":[],"status":"OK","status":"OK"}"#,
            r#"{"results":[],"status":"OK"}}"#,
            r#"{"results":[1,],"status":"OK"}"#,
            r#"[[],"OK"]"#,
            r#"["OK",[]]"#,
        ] {
            assert!(Search::read(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(Search::read(b"{\"results\":[\"\xff\"],\"status\":\"OK\"}").is_err());
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i32>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".{0,4}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_cut_text_says_the_same_with_fewer_results(
            results in prop::collection::vec(any_json(), 0..8), other in any_json(), bound in 1..9_usize, print in 0..3,
        ) {
            let value = json!({ "html_attributions": other, "results": results, "status": "OK" });
            let text = match print {
                0 => serde_json::to_vec(&value).unwrap(),
                1 => serde_json::to_vec_pretty(&value).unwrap(),
                _ => to_google_text(&value).unwrap(),
            };
            let search = Search::read(&text).unwrap();
            let mut expected = value;
            expected["results"].as_array_mut().unwrap().truncate(bound);
            let cut = search.cut(bound);
            prop_assert_eq!(serde_json::from_slice::<Value>(&cut).unwrap(), expected);
            prop_assert_eq!(Search::read(&cut).unwrap().cut(bound), cut);
            prop_assert_eq!(search.cut(8), squeeze(&text));
        }

        #[test]
        fn arbitrary_bytes_are_read_or_refused(
            bytes in prop::collection::vec(any::<u8>(), 0..64),
            text in "\\{\"results\":\\[[0-9,\"\\[\\]{} ]{0,12}\\],\"status\":\"[A-Z]*\"\\}",
            bound in 0..9_usize,
        ) {
            prop_assert!(Search::read(&bytes).is_err());
            if let Ok(search) = Search::read(text.as_bytes()) {
                prop_assert!(Search::read(&search.cut(bound)).is_ok());
            }
        }
    }
}
