//! The dialects on answers made in the shapes that the services document (`tests/fixtures/places`).

use std::time::Duration;

use http::{Method, Request, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::places::{
    ApiKey, Dialect, FIELD_MASK, Google, GoogleLegacy, Nearby, Overpass, ProviderError, Search, Searched,
    squeeze,
};

const KEY: &str = "fixture-key+/=";

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/fixtures/places/", $name, ".json"))
    };
}

fn nearby() -> Nearby {
    let within = Duration::from_millis(4_900);
    Nearby { latitude: 34.06893, longitude: -118.445127, radius_metres: 10_000.0, bound: 5, within }
}

fn key() -> ApiKey {
    ApiKey::read(KEY.as_bytes()).unwrap()
}

fn legacy() -> GoogleLegacy {
    GoogleLegacy::new("https://maps.example/", key())
}

fn google() -> Google {
    Google::new("http://127.0.0.1:8080", key())
}

fn overpass() -> Overpass {
    Overpass::new("https://overpass.example/api/interpreter")
}

fn answer(dialect: &dyn Dialect, status: u16, body: &[u8]) -> Searched {
    let response = Response::builder().status(status).body(body.to_vec()).unwrap();
    dialect.answer(&nearby(), &response)
}

/// The whole text of an answer, without the two newlines that end it.
#[track_caller]
fn text(answer: Searched) -> String {
    let text = String::from_utf8(answer.unwrap().cut(usize::MAX)).unwrap();
    text.strip_suffix("\n\n").unwrap().to_owned()
}

#[track_caller]
fn assert_text(answer: Searched, expected: &[u8]) {
    assert_eq!(text(answer), str::from_utf8(expected).unwrap());
}

fn header<'a>(request: &'a Request<Vec<u8>>, name: &str) -> &'a str {
    request.headers()[name].to_str().unwrap()
}

// Legacy.

#[test]
fn the_legacy_search_is_one_get_with_the_key_encoded() {
    let request = legacy().request(&nearby()).unwrap();
    assert_eq!((request.method(), request.body().len()), (&Method::GET, 0));
    assert_eq!(
        request.uri().to_string(),
        "https://maps.example/maps/api/place/nearbysearch/json?location=34.06893,-118.445127&radius=10000\
         &key=fixture-key%2B%2F%3D"
    );
}

#[test]
fn no_number_has_an_exponent() {
    let tiny = Nearby { latitude: 1e-7, longitude: -1e-9, radius_metres: 0.000_001, ..nearby() };
    let uri = legacy().request(&tiny).unwrap().uri().to_string();
    assert!(uri.contains("location=0.0000001,-0.000000001&radius=0.000001&"), "{uri}");
}

#[test]
fn a_legacy_answer_is_passed_on_byte_for_byte_whatever_its_status() {
    for (status, text) in [
        ("OK", &fixture!("legacy_three")[..]),
        ("OK", fixture!("legacy_twenty")),
        ("ZERO_RESULTS", fixture!("legacy_zero_results")),
        ("REQUEST_DENIED", fixture!("legacy_request_denied")),
        ("OVER_QUERY_LIMIT", fixture!("legacy_over_query_limit")),
        ("INVALID_REQUEST", fixture!("legacy_invalid_request")),
        ("UNKNOWN_ERROR", fixture!("legacy_unknown_error")),
    ] {
        assert_text(answer(&legacy(), 200, text), text.trim_ascii_end());
        assert_eq!(Search::read(text).unwrap().status(), status);
    }
}

#[test]
fn a_legacy_answer_is_cut_to_the_bound_and_not_otherwise_changed() {
    let search = Search::read(fixture!("legacy_three")).unwrap();
    assert_eq!(search.cut(1), squeeze(fixture!("legacy_three.cut_to_one")));
    assert_eq!(search.cut(3), squeeze(fixture!("legacy_three")));
}

#[test]
fn what_is_no_legacy_answer_is_a_failure() {
    let text = fixture!("legacy_three");
    for status in [201, 204, 301, 302, 307, 400, 403, 404, 429, 500, 502, 503] {
        let failed = answer(&legacy(), status, text);
        assert!(matches!(failed, Err(ProviderError::Status(s)) if s == status), "{failed:?}");
    }
    for rubbish in [&b""[..], b"<html>", b"[]", b"{}", &text[..text.len() - 2], b"{\"status\":\"OK\"}"] {
        let failed = answer(&legacy(), 200, rubbish);
        assert!(matches!(failed, Err(ProviderError::Unreadable(_))), "{failed:?}");
    }
}

#[test]
fn a_legacy_answer_that_has_our_key_in_it_is_kept_back() {
    let text = format!("{{\"results\":[],\"status\":\"REQUEST_DENIED\",\"error_message\":\"{KEY}\"}}");
    let failed = answer(&legacy(), 200, text.as_bytes());
    assert!(matches!(failed, Err(ProviderError::Failed(_))), "{failed:?}");
}

// New.

#[test]
fn the_new_search_is_one_post_with_key_and_mask_in_headers() {
    let request = google().request(&nearby()).unwrap();
    assert_eq!(request.method(), &Method::POST);
    assert_eq!(request.uri().to_string(), "http://127.0.0.1:8080/v1/places:searchNearby");
    assert_eq!(header(&request, "X-Goog-Api-Key"), KEY);
    assert!(request.headers()["X-Goog-Api-Key"].is_sensitive());
    assert_eq!(header(&request, "X-Goog-FieldMask"), FIELD_MASK);
    assert!(!FIELD_MASK.contains(' '));
    assert_eq!(header(&request, "Content-Type"), "application/json");
    let centre = json!({ "latitude": 34.06893, "longitude": -118.445127 });
    let expected = json!({
        "maxResultCount": 20,
        "locationRestriction": { "circle": { "center": centre, "radius": 10_000.0 } },
    });
    assert_eq!(serde_json::from_slice::<Value>(request.body()).unwrap(), expected);
}

#[test]
fn a_new_answer_reads_as_the_legacy_one_with_every_digit_kept() {
    assert_text(answer(&google(), 200, fixture!("google_two")), fixture!("google_two.expected"));
    let twenty = text(answer(&google(), 200, fixture!("google_twenty")));
    let twenty: Value = serde_json::from_str(&twenty).unwrap();
    assert_eq!(twenty["results"].as_array().unwrap().len(), 20);
    assert_eq!(twenty["results"][19]["place_id"], "ChIJ-19");
}

#[test]
fn whom_google_wants_named_is_named_once() {
    let give = |provider: &str, uri: &str| json!({ "provider": provider, "providerUri": uri });
    let one = [give("Tom & \"Jerry\"", "https://a.example/?x=1&y=2"), json!({ "provider": "<b>" })];
    let two = [give("Tom & \"Jerry\"", "https://a.example/?x=1&y=2"), give("Ann", "javascript:alert(1)")];
    let body = json!({ "places": [{ "id": "1", "attributions": one }, { "id": "2", "attributions": two }] });
    let answer = text(answer(&google(), 200, body.to_string().as_bytes()));
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let jerry = "<a href=\"https://a.example/?x=1&amp;y=2\">Tom &amp; &quot;Jerry&quot;</a>";
    assert_eq!(answer["html_attributions"], json!([jerry, "&lt;b&gt;", "Ann"]));
}

#[test]
fn nothing_found_is_zero_results() {
    let none = "{\n   \"html_attributions\" : [],\n   \"results\" : [],\n   \"status\" : \"ZERO_RESULTS\"\n}";
    for body in ["{}", "{}\n", "{ \"places\": [] }"] {
        assert_text(answer(&google(), 200, body.as_bytes()), none.as_bytes());
    }
    assert_text(answer(&overpass(), 200, fixture!("overpass_none")), none.as_bytes());
}

#[test]
fn a_new_refusal_is_a_legacy_status_with_googles_message() {
    for (code, body, status, message) in [
        (
            400,
            &fixture!("google_400")[..],
            "INVALID_REQUEST",
            r"Invalid radius: must be within 0 and 50000.\nSee the documentation.",
        ),
        (401, fixture!("google_401"), "REQUEST_DENIED", "Request had invalid authentication credentials."),
        (
            403,
            fixture!("google_403"),
            "REQUEST_DENIED",
            "Places API (New) has not been used in project 1 with key ... before or it is disabled.",
        ),
        (
            429,
            fixture!("google_429"),
            "OVER_QUERY_LIMIT",
            "Quota exceeded for quota metric 'SearchNearbyRequest'.",
        ),
    ] {
        let expected = format!(
            "{{\n   \"error_message\" : \"{message}\",\n   \"html_attributions\" : [],\n   \"results\" : [],\n   \
             \"status\" : \"{status}\"\n}}"
        );
        assert_text(answer(&google(), code, body), expected.as_bytes());
    }
}

#[test]
fn a_new_refusal_without_a_message_has_none() {
    let expected =
        "{\n   \"html_attributions\" : [],\n   \"results\" : [],\n   \"status\" : \"REQUEST_DENIED\"\n}";
    for body in ["", "<html>", "{}", r#"{"error":{"message":""}}"#, r#"{"error":{"message":1}}"#] {
        assert_text(answer(&google(), 403, body.as_bytes()), expected.as_bytes());
    }
}

#[test]
fn what_is_no_new_answer_is_a_failure() {
    for status in [204, 302, 404, 408, 500, 502, 503, 504] {
        let failed = answer(&google(), status, fixture!("google_500"));
        assert!(matches!(failed, Err(ProviderError::Status(s)) if s == status), "{failed:?}");
    }
    let rubbish = [
        "",
        "[]",
        "[[]]",
        r#"{"error":{"code":500}}"#,
        r#"{"places":{}}"#,
        r#"{"places":[1]}"#,
        r#"{"places":[],"places":[]}"#,
        r#"{"places":[{"rating":"4.5"}]}"#,
        r#"{"places":[{"location":{"latitude":"NaN"}}]}"#,
        r#"{"places":[{"displayName":"x"}]}"#,
    ];
    for rubbish in rubbish {
        let failed = answer(&google(), 200, rubbish.as_bytes());
        assert!(matches!(failed, Err(ProviderError::Unreadable(_))), "{rubbish}: {failed:?}");
    }
}

// Overpass.

#[test]
fn overpass_is_asked_in_its_own_language() {
    let request = overpass().request(&nearby()).unwrap();
    assert_eq!(request.method(), &Method::POST);
    assert_eq!(request.uri().to_string(), "https://overpass.example/api/interpreter");
    assert_eq!(header(&request, "Content-Type"), "application/x-www-form-urlencoded");
    let body = str::from_utf8(request.body()).unwrap();
    let query = percent_decode_str(body.strip_prefix("data=").unwrap()).decode_utf8().unwrap();
    assert_eq!(
        query,
        "[out:json][timeout:4];nwr(around:10000,34.06893,-118.445127)[name]\
         [~\"^(amenity|shop|tourism|leisure|office|craft|healthcare|historic)$\"~\".\"];out center 2000;"
    );
    assert!(body[5..].bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'%'), "{body}");
}

#[test]
fn an_overpass_answer_reads_as_a_nearby_search_nearest_first() {
    assert_text(answer(&overpass(), 200, fixture!("overpass_three")), fixture!("overpass_three.expected"));
}

#[test]
fn of_many_places_the_nearest_twenty_are_shown() {
    let answer = text(answer(&overpass(), 200, fixture!("overpass_thirty")));
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let names = answer["results"].as_array().unwrap().iter().map(|place| place["name"].as_str().unwrap());
    assert!(names.eq((10..30).rev().map(|number| format!("Shop {number}"))));
}

#[test]
fn an_overpass_answer_with_a_remark_or_another_status_is_a_failure() {
    let failed = answer(&overpass(), 200, fixture!("overpass_timed_out"));
    assert!(matches!(failed, Err(ProviderError::Failed(_))), "{failed:?}");
    for status in [400, 406, 429, 504] {
        let failed = answer(&overpass(), status, b"<html>");
        assert!(matches!(failed, Err(ProviderError::Status(s)) if s == status), "{failed:?}");
    }
    for rubbish in ["", "{}", "[]", r#"{"elements":[{"type":"node","id":-1}]}"#] {
        let failed = answer(&overpass(), 200, rubbish.as_bytes());
        assert!(matches!(failed, Err(ProviderError::Unreadable(_))), "{rubbish}: {failed:?}");
    }
}

// All.

#[test]
fn no_dialect_and_no_error_shows_the_key() {
    let dialects: [&dyn Dialect; 3] = [&legacy(), &google(), &overpass()];
    let mut shown = format!("{dialects:?}");
    for dialect in dialects {
        for status in [200, 302, 400, 401, 403, 429, 500] {
            for body in [KEY, &format!("{{\"error\":{{\"message\":\"{KEY}\"}}}}")] {
                match answer(dialect, status, body.as_bytes()) {
                    Ok(search) => shown += &text(Ok(search)),
                    Err(error) => shown += &format!("{error} {error:?}"),
                }
            }
        }
    }
    let bad = |error: ProviderError| format!("{error} {error:?}");
    shown += &bad(GoogleLegacy::new("no url", key()).request(&nearby()).unwrap_err());
    shown += &bad(Google::new("no url", key()).request(&nearby()).unwrap_err());
    assert!(!shown.contains(KEY) && !shown.contains("fixture-key"), "{shown}");
}
