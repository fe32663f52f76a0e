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

/// Writes `response` on these terms; the clock says `now`. What does not fit into the `room` that is left in
/// the outbox would end the connection amid the answer: a short one with 500 is written instead.
pub(super) fn write_response(
    transport: &mut Transport<'_>,
    room: usize,
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
    let mut head = head(status, now, terms, response);
    if has_body {
        line(&mut head, &[b"content-length: ", response.body().len().to_string().as_bytes()]);
    }
    line(&mut head, &[]);
    let body: &[u8] = if has_body && !terms.is_head { response.body() } else { b"" };
    if head.len() + body.len() <= room {
        transport.write_sequence(&[&head, body]);
    } else {
        write_response(transport, usize::MAX, now, terms, &too_large());
    }
}

fn too_large() -> Response<Vec<u8>> {
    let mut response = Response::new(b"the answer is too large\n".to_vec());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

/// The head but for the length of the body.
fn head(status: StatusCode, now: WallTime, terms: Terms, response: &Response<Vec<u8>>) -> Vec<u8> {
    let mut head = Vec::with_capacity(256);
    let reason = status.canonical_reason().unwrap_or_default();
    line(&mut head, &[b"HTTP/1.1 ", status.as_str().as_bytes(), b" ", reason.as_bytes()]);
    for (name, value) in response.headers().iter().filter(|(name, _)| !OURS.contains(name)) {
        line(&mut head, &[name.as_str().as_bytes(), b": ", value.as_bytes()]);
    }
    if !response.headers().contains_key(DATE) {
        line(&mut head, &[b"date: ", http_date(now).as_bytes()]); // RFC 9110, 6.6.1
    }
    match (terms.reusable, terms.version) {
        (false, _) => line(&mut head, &[b"connection: close"]),
        (true, Version::HTTP_10) => line(&mut head, &[b"connection: keep-alive"]),
        (true, _) => {} // the client assumes it
    }
    head
}

fn line(head: &mut Vec<u8>, parts: &[&[u8]]) {
    parts.iter().for_each(|part| head.extend_from_slice(part));
    head.extend_from_slice(b"\r\n");
}
