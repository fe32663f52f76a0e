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

/// The results of a search that was answered so.
#[track_caller]
fn results(answer: Searched) -> Value {
    let mut answer: Value = serde_json::from_str(&text(answer)).unwrap();
    answer["results"].take()
}

#[test]
fn a_provider_without_a_name_is_called_by_its_link_and_one_without_either_not_at_all() {
    let uri = "https://give.example/?a&b";
    for (attributions, expected) in [
        (
            json!([{ "providerUri": uri }]),
            json!(["<a href=\"https://give.example/?a&amp;b\">https://give.example/?a&amp;b</a>"]),
        ),
        (
            json!([{ "provider": "", "providerUri": "https://a" }]),
            json!(["<a href=\"https://a\">https://a</a>"]),
        ),
        (
            json!([{ "provider": null, "providerUri": "https://a" }]),
            json!(["<a href=\"https://a\">https://a</a>"]),
        ),
        (
            json!([{ "provider": "Ann", "providerUri": null }, { "provider": "Bob", "providerUri": "" }]),
            json!(["Ann", "Bob"]),
        ),
        (json!([{}, null, { "provider": null }, { "providerUri": "javascript:alert(1)" }]), json!([])),
        (json!([]), json!([])),
        (Value::Null, json!([])),
    ] {
        let places = json!({ "places": [{ "id": "one", "attributions": attributions }, { "id": "two" }] });
        let answer = text(answer(&google(), 200, places.to_string().as_bytes()));
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["html_attributions"], expected, "{places}");
        assert_eq!(answer["results"].as_array().map(Vec::len), Some(2), "{places}");
    }
}

#[test]
fn what_proto3_leaves_out_or_gives_as_null_is_empty_at_every_level() {
    let at = |lat: f64, lng: f64| json!({ "geometry": { "location": { "lat": lat, "lng": lng } } });
    for (place, expected) in [
        ("{}", json!({})),
        (
            r#"{"id":null,"displayName":null,"location":null,"shortFormattedAddress":null,"types":null,"rating":null,"attributions":null}"#,
            json!({}),
        ),
        (
            r#"{"id":"","displayName":{"text":""},"shortFormattedAddress":"","types":[],"attributions":[]}"#,
            json!({}),
        ),
        (r#"{"displayName":{}}"#, json!({})),
        (r#"{"displayName":{"text":null,"languageCode":"en"}}"#, json!({})),
        (r#"{"types":[null,"cafe",null]}"#, json!({ "types": ["cafe"] })),
        (r#"{"location":{}}"#, at(0.0, 0.0)),
        (r#"{"location":{"latitude":null,"longitude":null}}"#, at(0.0, 0.0)),
        (r#"{"location":{"longitude":36.5}}"#, at(0.0, 36.5)),
        (r#"{"location":{"latitude":51.5,"longitude":null}}"#, at(51.5, 0.0)),
        (
            r#"{"types":["of_a_kind_that_is_new"],"businessStatus":9}"#,
            json!({ "types": ["of_a_kind_that_is_new"] }),
        ),
    ] {
        let body = format!(r#"{{"places":[null,{{"id":"one"}},{place}]}}"#);
        let mut results = results(answer(&google(), 200, body.as_bytes()));
        for number in ["lat", "lng"].map(|axis| format!("/1/geometry/location/{axis}")) {
            if let Some(number) = results.pointer_mut(&number) {
                *number = number.as_f64().unwrap().into(); // 0 is printed for 0.0
            }
        }
        assert_eq!(results, json!([{ "place_id": "one" }, expected]), "{place}");
    }
}

#[test]
fn members_that_nobody_asked_for_are_passed_over() {
    let body = r#"{"new":{"a":[null]},"places":[{"id":"one","new":1,"location":{"new":2}}],"error":null}"#;
    assert_eq!(results(answer(&google(), 200, body.as_bytes()))[0]["place_id"], "one");
}

#[test]
fn half_a_surrogate_pair_costs_one_character() {
    let body = br#"{"places":[{"id":"\ud83d","displayName":{"text":"Cut \ud83d"},"types":["\ude00"],
        "shortFormattedAddress":"\ud83d\ud83d\ude00","attributions":[{"provider":"\uD83D"}],"\ude00":"\ude00"},
        {"id":"two","displayName":{"text":"Whole \ud83d\ude00"}}]}"#;
    let found = text(answer(&google(), 200, body));
    assert!(found.contains("\"html_attributions\" : [ \"\u{fffd}\" ]"), "{found}");
    let expected = json!([
        { "place_id": "\u{fffd}", "name": "Cut \u{fffd}", "types": ["\u{fffd}"], "vicinity": "\u{fffd}\u{1f600}" },
        { "place_id": "two", "name": "Whole \u{1f600}" },
    ]);
    assert_eq!(results(answer(&google(), 200, body)), expected);
    let refused = text(answer(&google(), 403, br#"{"error":{"message":"No \ud83d"}}"#));
    assert!(refused.contains("\"error_message\" : \"No \u{fffd}\""), "{refused}");
    let body = br#"{"elements":[{"type":"node","id":1,"lat":34,"lon":-118,"tags":
        {"name":"Cut \ud83d","shop":"\ude00","\ud83d":"x","addr:city":"\ude00\ud83d"}}]}"#;
    let found = results(answer(&overpass(), 200, body));
    assert_eq!((&found[0]["name"], &found[0]["types"]), (&json!("Cut \u{fffd}"), &json!(["\u{fffd}"])));
    assert_eq!(found[0]["vicinity"], "\u{fffd}\u{fffd}");
    let body = br#"{"results":[{"name":"Cut \ud83d"},2],"\ude00":"\ud83d","error_message":"\ud83d","status":"O\ud83d"}"#;
    assert_text(answer(&legacy(), 200, body), body);
    let cut = answer(&legacy(), 200, body).unwrap().cut(1);
    assert_eq!(cut, (str::from_utf8(body).unwrap().replace(",2]", "]") + "\n\n").as_bytes());
}

#[test]
fn a_byte_order_mark_before_an_answer_is_passed_over_and_not_passed_on() {
    let fixtures: [(&dyn Dialect, u16, &[u8]); 4] = [
        (&legacy(), 200, fixture!("legacy_three")),
        (&google(), 200, fixture!("google_two")),
        (&google(), 403, fixture!("google_403")),
        (&overpass(), 200, fixture!("overpass_three")),
    ];
    for (dialect, status, body) in fixtures {
        let marked = |mark: &[u8]| answer(dialect, status, &[mark, body].concat());
        assert_text(marked(b"\xef\xbb\xbf"), text(answer(dialect, status, body)).as_bytes());
        for other in [&b"\xef\xbb\xbf\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff", b"\xef\xbb"] {
            let failed = marked(other).map(|search| search.cut(1));
            assert!(status != 200 || matches!(failed, Err(ProviderError::Unreadable(_))), "{failed:?}");
        }
    }
}

#[test]
fn nothing_found_is_zero_results() {
    let none = "{\n   \"html_attributions\" : [],\n   \"results\" : [],\n   \"status\" : \"ZERO_RESULTS\"\n}";
    for body in ["{}", "{}\n", "{ \"places\": [] }", "{\"places\":null}", "{\"places\":[null]}"] {
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
    for body in [
        "",
        "<html>",
        "{}",
        r#"{"error":null}"#,
        r#"{"error":{"message":null}}"#,
        r#"{"error":{"message":""}}"#,
        r#"{"error":{"message":1}}"#,
    ] {
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
        r#"{"places":null,"error":{}}"#,
        r#"{"results":[],"status":"OK"}"#,
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
fn what_is_null_on_openstreetmap_is_not_known() {
    let node = r#"{"type":"node","id":1,"lat":34,"lon":-118,"center":null,"tags":{"name":"A","shop":null}}"#;
    for nothing in [
        r#"{"type":"node","id":2,"lat":34,"lon":-118,"tags":null}"#,
        r#"{"type":"node","id":2,"lat":34,"lon":-118,"tags":{"name":null}}"#,
        r#"{"type":"node","id":2,"lat":null,"lon":-118,"tags":{"name":"B"}}"#,
        r#"{"type":"way","id":2,"center":{"lat":34,"lon":null},"tags":{"name":"B"}}"#,
        r#"{"type":"way","id":2,"center":{},"tags":{"name":"B"}}"#,
    ] {
        let body = format!(r#"{{"remark":null,"elements":[{nothing},{node}]}}"#);
        let results = results(answer(&overpass(), 200, body.as_bytes()));
        assert_eq!(results.as_array().map(Vec::len), Some(1), "{nothing}");
        assert_eq!((&results[0]["name"], results[0].get("types")), (&json!("A"), None));
    }
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
