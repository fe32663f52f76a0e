//! Writes a server's answer.

use ::http::header::{CONNECTION, CONTENT_LENGTH, DATE, HeaderName, TRANSFER_ENCODING, UPGRADE};
use ::http::{Response, StatusCode, Version};
use reactor::{Transport, WallTime};

use super::date::http_date;

/// Fields that say where a message ends and what becomes of the connection.
const OURS: [HeaderName; 4] = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE];

/// What the answer has to know of the request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) is_head: bool,
    pub(super) version: Version,
    pub(super) reusable: bool,
}

/// Writes `response` on these terms; the clock says `now`.
pub(super) fn write_response(
    transport: &mut Transport<'_>,
    now: WallTime,
    terms: Terms,
    response: &Response<Vec<u8>>,
) {
    let status = match response.status() {
        status if status.is_informational() => StatusCode::INTERNAL_SERVER_ERROR,
        status => status,
    };
    // RFC 9110, 8.6: no length with 204; with 304 it would be that of a body which is not here.
    let has_body = !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    write_head(transport, status, response);
    if !response.headers().contains_key(DATE) {
        write!(transport, "date: {}\r\n", http_date(now)); // RFC 9110, 6.6.1
    }
    write_connection(transport, terms);
    if has_body {
        write!(transport, "content-length: {}\r\n", response.body().len());
    }
    transport.write(b"\r\n");
    if has_body && !terms.is_head {
        transport.write(response.body());
    }
}

fn write_head(transport: &mut Transport<'_>, status: StatusCode, response: &Response<Vec<u8>>) {
    write!(transport, "HTTP/1.1 {} {}\r\n", status.as_str(), status.canonical_reason().unwrap_or_default());
    for (name, value) in response.headers().iter().filter(|(name, _)| !OURS.contains(name)) {
        transport.write_sequence(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"]);
    }
}

/// Says what the client would not assume.
fn write_connection(transport: &mut Transport<'_>, terms: Terms) {
    match (terms.reusable, terms.version) {
        (false, _) => transport.write(b"connection: close\r\n"),
        (true, Version::HTTP_10) => transport.write(b"connection: keep-alive\r\n"),
        (true, _) => {}
    }
}
