//! What a server does when it is asked.

use std::time::Duration;

/// One thing after the other; then it waits for the next request.
pub(crate) type Manner = Vec<Step>;

#[derive(Clone)]
pub(crate) enum Step {
    Say(Vec<u8>),
    /// Says this as often as that, as fast as it is read.
    Repeat(Vec<u8>, usize),
    Pause(Duration),
    /// Until the test says so.
    Wait,
    /// Closes in good order.
    Close,
    /// Closes without a word.
    Abort,
}

/// Says all of `text`.
pub(crate) fn says(text: impl AsRef<[u8]>) -> Manner {
    vec![Step::Say(text.as_ref().to_vec())]
}

/// Says all of `text`, and that this is all.
pub(crate) fn says_and_closes(text: impl AsRef<[u8]>) -> Manner {
    vec![Step::Say(text.as_ref().to_vec()), Step::Close]
}

/// Says `text` byte by byte.
pub(crate) fn drips(text: &str, pause: Duration) -> Manner {
    text.bytes().flat_map(|byte| [Step::Say(vec![byte]), Step::Pause(pause)]).collect()
}

/// What a service of places that is in order says to everybody.
pub(crate) const PLACES: &str = "{\n   \"html_attributions\" : [],\n\n   \"results\" : [\n      {\n         \
    \"name\" : \"Caf\u{e9} Z\\u00fcrich\",\n         \"rating\" : 4.50\n      }\n   ],\n   \"status\" : \"OK\"\n}\n\n";

/// `200 OK` with [`PLACES`].
pub(crate) fn right() -> Manner {
    says(ok(PLACES))
}

/// `200 OK` with a body of this length.
pub(crate) fn ok(body: &str) -> String {
    response("200 OK", body)
}

pub(crate) fn response(status: &str, body: &str) -> String {
    with_fields(status, &format!("Content-Length: {}", body.len()), body)
}

/// `200 OK` with these lines of a head.
pub(crate) fn framed(fields: &str, body: &str) -> String {
    with_fields("200 OK", fields, body)
}

pub(crate) fn with_fields(status: &str, fields: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{fields}\r\n\r\n{body}")
}

/// `200 OK` with a body in chunks, written as it is.
pub(crate) fn chunked(body: &str) -> String {
    framed("Transfer-Encoding: chunked", body)
}
