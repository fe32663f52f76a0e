//! The heads of messages, parsed; and what their fields say about the connection.

use ::http::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue};
use ::http::{Version, request, response};
use httparse::{EMPTY_HEADER, Status};

use super::error::FramingError;
use super::section::Section;

/// The head of a response.
pub(super) fn parse_response(head: &Section) -> Result<response::Parts, FramingError> {
    let mut fields = vec![EMPTY_HEADER; head.lines()];
    let mut parsed = httparse::Response::new(&mut fields);
    let status = parsed.parse(head.bytes()).map_err(|error| fault(error, FramingError::StatusLine))?;
    let (Status::Complete(_), Some(code), Some(version)) = (status, parsed.code, parsed.version) else {
        return Err(FramingError::StatusLine);
    };
    let (mut parts, ()) = ::http::Response::new(()).into_parts();
    parts.status = code.try_into().map_err(|_| FramingError::StatusLine)?;
    parts.version = version_of(version);
    parts.headers = collect(parsed.headers)?;
    Ok(parts)
}

/// The head of a request, its method and target still as they came.
pub(super) fn parse_request(head: &Section) -> Result<RawRequest<'_>, FramingError> {
    let mut fields = vec![EMPTY_HEADER; head.lines()];
    let mut parsed = httparse::Request::new(&mut fields);
    let status = parsed.parse(head.bytes()).map_err(|error| fault(error, FramingError::RequestLine))?;
    let (Status::Complete(_), Some(method), Some(target), Some(version)) =
        (status, parsed.method, parsed.path, parsed.version)
    else {
        return Err(FramingError::RequestLine);
    };
    let (mut parts, ()) = ::http::Request::new(()).into_parts();
    parts.version = version_of(version);
    parts.headers = collect(parsed.headers)?;
    Ok(RawRequest { method, target, parts })
}

/// A request whose method and target are not looked at yet.
pub(super) struct RawRequest<'a> {
    pub(super) method: &'a str,
    pub(super) target: &'a str,
    pub(super) parts: request::Parts,
}

/// Trailers are checked, and dropped: nobody here would merge them into a head (RFC 9110, 6.5.1).
pub(super) fn check_trailers(trailers: &Section) -> Result<(), FramingError> {
    let mut fields = vec![EMPTY_HEADER; trailers.lines()];
    match httparse::parse_headers(trailers.bytes(), &mut fields) {
        Ok(Status::Complete(_)) => Ok(()),
        _ => Err(FramingError::Field),
    }
}

/// `first` is what is wrong if it is in the first line.
fn fault(error: httparse::Error, first: FramingError) -> FramingError {
    match error {
        httparse::Error::HeaderName | httparse::Error::HeaderValue => FramingError::Field,
        httparse::Error::Version => FramingError::Version,
        httparse::Error::TooManyHeaders => FramingError::TooManyFields,
        _ => first,
    }
}

fn version_of(minor: u8) -> Version {
    if minor == 0 { Version::HTTP_10 } else { Version::HTTP_11 }
}

fn collect(fields: &[httparse::Header<'_>]) -> Result<HeaderMap, FramingError> {
    let mut map = HeaderMap::with_capacity(fields.len());
    for field in fields {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|_| FramingError::Field)?;
        let value = HeaderValue::from_bytes(field.value).map_err(|_| FramingError::Field)?;
        map.try_append(name, value).map_err(|_| FramingError::TooManyFields)?;
    }
    Ok(map)
}

/// The value of a field that stands there once at the most; else it is `several`.
pub(super) fn at_most_one(
    fields: &HeaderMap,
    name: HeaderName,
    several: FramingError,
) -> Result<Option<&HeaderValue>, FramingError> {
    let mut values = fields.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(several),
    }
}

/// Whether the connection stays after this message (RFC 9112, 9.3).
pub(super) fn keeps_alive(fields: &HeaderMap, version: Version) -> bool {
    let says = |option: &[u8]| connection_options(fields).any(|said| said.eq_ignore_ascii_case(option));
    !says(b"close") && (version == Version::HTTP_11 || says(b"keep-alive"))
}

fn connection_options(fields: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let values = fields.get_all(CONNECTION).iter();
    values.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).map(trim)
}

/// Without the white space of HTTP, SP and HTAB, and no other, around it.
pub(super) fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}
