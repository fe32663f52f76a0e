//! Whatever a web service of places answers, what goes on to the client is a Nearby Search that is read again,
//! and never shows the key.
//!
//! The input: the status of the answer, and its body. `KEY` in the body stands for our key: a service may say
//! it back.

use std::time::Duration;

use herd::places::{ApiKey, Dialect, Google, GoogleLegacy, Nearby, Overpass, Search};
use http::Response;
use serde_json::Value;

const KEY: &str = "AIzaSecretSecretSecret";
const STATUS: [u16; 7] = [200, 400, 401, 403, 404, 429, 500];
/// What a Nearby Search says of itself.
const SAYS: [&str; 5] = ["OK", "ZERO_RESULTS", "INVALID_REQUEST", "REQUEST_DENIED", "OVER_QUERY_LIMIT"];

pub(crate) fn check(input: &[u8]) {
    let Some((status, body)) = input.split_first() else { return };
    let (status, body) = (STATUS[usize::from(*status) % STATUS.len()], with_key(body));
    let Ok(key) = ApiKey::read(KEY.as_bytes()) else { panic!("a key is refused") };
    let google = Google::new("https://example.org", key.clone());
    let legacy = GoogleLegacy::new("https://example.org", key);
    let overpass = Overpass::new("https://example.org/api");
    check_made(answer(&google, status, &body));
    check_made(answer(&overpass, status, &body));
    if let Some(text) = answer(&legacy, status, &body) {
        check_text(&text);
    }
}

fn with_key(body: &[u8]) -> Vec<u8> {
    let mut parts = Vec::new();
    let mut rest = body;
    while let Some(at) = rest.windows(3).position(|part| part == b"KEY") {
        parts.extend_from_slice(&rest[..at]);
        parts.extend_from_slice(KEY.as_bytes());
        rest = &rest[at + 3..];
    }
    parts.extend_from_slice(rest);
    parts
}

fn answer(dialect: &dyn Dialect, status: u16, body: &[u8]) -> Option<Vec<u8>> {
    let nearby = Nearby {
        latitude: 34.0,
        longitude: -118.0,
        radius_metres: 1000.0,
        bound: 20,
        within: Duration::from_secs(5),
    };
    let Ok(response) = Response::builder().status(status).body(body.to_vec()) else { panic!("{status}") };
    match dialect.answer(&nearby, &response) {
        Ok(search) => Some(search.cut(usize::MAX)),
        Err(error) => {
            let message = format!("{error} {error:?}");
            assert!(!message.contains(KEY) && !message.contains('\n'), "{message}");
            None
        }
    }
}

fn check_text(text: &[u8]) {
    assert!(Search::read(text).is_ok(), "{}", text.escape_ascii());
}

/// An answer that was made here, and not only passed on.
fn check_made(text: Option<Vec<u8>>) {
    let Some(text) = text else { return };
    check_text(&text);
    let Ok(value) = serde_json::from_slice::<Value>(&text) else { return }; // a number beyond a float's
    let results = value["results"].as_array().map_or(usize::MAX, Vec::len);
    let says = value["status"].as_str().unwrap_or_default();
    assert!(results <= 20 || results < usize::MAX && says == "OK");
    assert!(SAYS.contains(&says) && (says == "OK") == (results > 0), "{says} and {results} results");
    assert_eq!(text.windows(2).position(|pair| pair == b"\n\n"), Some(text.len() - 2), "no empty line");
    if says != "OK" {
        assert!(!text.windows(KEY.len()).any(|part| part == KEY.as_bytes()), "the key is shown");
    }
}
