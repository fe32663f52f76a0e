//! What a service of places may answer (the specification, section 4).

use std::time::Duration;

use super::super::service::Response;
use super::{Case, USUAL, say};

/// An answer in the form that Python gives to JSON with Google's indent and colons.
const PLAIN: &str = r#"{
   "html_attributions" : [],
   "results" : [
      {
         "name" : "Café"
      },
      {
         "name" : "東京"
      },
      {
         "name" : "Zoo"
      }
   ],
   "status" : "OK"
}
"#;

pub(super) fn cases() -> Vec<Case> {
    [answers(), forms(), results(), statuses(), rubbish(), encodings(), manners()]
        .into_iter()
        .flatten()
        .collect()
}

/// What a client hears of this answer to a question that wants two places.
fn answered(places: Response) -> Case {
    say(&[b"IAMAT kiwi +1-1 5", b"WHATSAT kiwi 10 2"]).with_places(places)
}

fn all(bodies: &[&str]) -> Vec<Case> {
    bodies.iter().map(|body| answered(Response::ok(*body))).collect()
}

/// One result, which is this text.
fn one(result: &str) -> Response {
    let body = format!("{{\n   \"results\" : [\n      {result}\n   ],\n   \"status\" : \"OK\"\n}}\n");
    Response::ok(body)
}

/// In whatever order and with whatever else.
fn answers() -> Vec<Case> {
    all(&[
        PLAIN,
        "{\n   \"html_attributions\" : [\n      \"a\"\n   ],\n   \"next_page_token\" : \"b\",\n   \"results\" : [],\n   \"status\" : \"OK\"\n}\n",
        "{\n   \"status\" : \"OK\",\n   \"results\" : [\n      1,\n      2,\n      3\n   ],\n   \"html_attributions\" : []\n}",
    ])
}

/// White space that is not Python's.
fn forms() -> Vec<Case> {
    all(&[
        "{\n   \"results\" : [\n      {\n         \"types\" : [ \"cafe\", \"food\" ]\n      }\n   ],\n   \"status\" : \"OK\"\n}\n",
        "{\"html_attributions\":[],\"results\":[1,2,3],\"status\":\"OK\"}",
        "{\n   \"results\" : [],\n   \"status\" : \"OK\"\n}\n\n\n",
        "{\r\n   \"results\" : [],\r\n   \"status\" : \"OK\"\r\n}\r\n",
        "\n\n{\n   \"results\" : [],\n\n\n   \"status\" : \"OK\"\n}\n",
        "{\n   \"results\" : [ ],\n   \"status\" : \"OK\"\n}\n",
    ])
}

/// Values that Python prints as they came, and others.
fn results() -> Vec<Case> {
    let numbers = "0|-1|4.5|1e-07|12345678901234567890123|4.0|4.50|1e-7|1E5|-0|0.1000000000000000055|1e400";
    let strings = [
        r#""a \"b\" \\ \n""#,
        r#""\u003ca\u003e""#,
        r#""caf\u00e9""#,
        r#""a\/b""#,
        r#""\ud83d\ude00""#,
        r#""\ud800""#,
        "\"\u{7f}\u{2028}\"",
    ];
    let others = ["true", "null", "[]", "{}", r#"{"a":1,"a":2}"#, "NaN", "Infinity", "01", "\"\t\""];
    numbers.split('|').chain(strings).chain(others).map(|result| answered(one(result))).collect()
}

fn statuses() -> Vec<Case> {
    let status = |status: &str| format!("{{\n   \"results\" : [],\n   \"status\" : {status}\n}}\n");
    let refused = "{\n   \"error_message\" : \"Too many.\",\n   \"html_attributions\" : [],\n   \"results\" : [],\n   \
                   \"status\" : \"OVER_QUERY_LIMIT\"\n}\n";
    let mut cases = all(&[
        &status("\"ZERO_RESULTS\""),
        refused,
        &status("\"REQUEST_DENIED\""),
        &status("\"NEVER_HEARD_OF\""),
    ]);
    cases.extend(all(&[
        &status("1"),
        &status("null"),
        "{\n   \"results\" : []\n}",
        "{\n   \"status\" : \"OK\"\n}",
    ]));
    for status in
        ["201 Created", "302 Found", "404 Not Found", "500 Internal Server Error", "503 Service Unavailable"]
    {
        cases.push(answered(Response { status, ..Response::ok(USUAL.to_owned() + "\n") }));
    }
    cases
}

fn rubbish() -> Vec<Case> {
    let cut = &PLAIN[..PLAIN.len() - 2];
    let deep = format!("{{\"results\":[{}{}],\"status\":\"OK\"}}", "[".repeat(70), "]".repeat(70));
    let deeper = format!("{{\"results\":[{}{}],\"status\":\"OK\"}}", "[".repeat(50_000), "]".repeat(50_000));
    all(&[
        "",
        "<html>",
        "null",
        "[]",
        "{}",
        cut,
        &format!("{PLAIN}}}\n"),
        "{\"results\":{},\"status\":\"OK\"}",
        "{\"results\":null,\"status\":\"OK\"}",
        "{\"results\":\"abc\",\"status\":\"OK\"}",
        "{\"results\":[1,],\"status\":\"OK\"}",
        "{\"results\":[1],\"results\":[2],\"status\":\"OK\"}",
        &deep,
        &deeper,
    ])
}

/// JSON is UTF-8 (RFC 8259, 8.1).
fn encodings() -> Vec<Case> {
    let text = "{\"results\":[],\"status\":\"OK\"}";
    let bytes = |body: &[u8]| answered(Response { body: body.to_vec(), ..Response::ok("") });
    let utf_16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin_1 = b"{\"results\":[\"Caf\xe9\"],\"status\":\"OK\"}";
    vec![bytes(format!("\u{feff}{text}").as_bytes()), bytes(&utf_16), bytes(latin_1)]
}

/// What is asked, and an answer that is late, or long, or says too much.
fn manners() -> Vec<Case> {
    let ask = |location: &str, radius: &str| {
        let lines = [format!("IAMAT kiwi {location} 5"), format!("WHATSAT kiwi {radius} 5")];
        say(&lines.each_ref().map(String::as_bytes)).with_places(one("\"{query}\""))
    };
    let long = format!("\"{}\"", "x".repeat(2_000_000));
    let late = Response { after: Duration::from_secs(7), ..Response::ok(USUAL.to_owned() + "\n") };
    vec![
        ask("+34.068930-118.445127", "10.5"),
        ask("+1-1", "10"),
        ask("+0.0001-0.00009", "0.5"),
        ask("+1.00000000000000000001-1.5", "0.0123456789"),
        answered(one("\"{key}\"")),
        answered(one(&long)),
        answered(late),
    ]
}
