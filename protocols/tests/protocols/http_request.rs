//! What `RequestReader` takes, and what it refuses, and why.

use protocols::http::{Asked, FramingError, HttpLimits, RequestReader};

fn read(stream: &str) -> Result<(Option<Asked>, usize), FramingError> {
    let (used, asked) = RequestReader::new(&HttpLimits::default()).read(stream.as_bytes())?;
    Ok((asked, stream.len() - used))
}

#[track_caller]
fn good(stream: &str) -> Asked {
    let (asked, left) = read(stream).unwrap();
    assert_eq!(left, 0);
    asked.unwrap()
}

#[test]
fn a_request_without_a_length_has_no_body() {
    let (asked, left) = read("GET /a?b HTTP/1.1\r\nHost: h\r\n\r\nGET").unwrap();
    let Asked { request, reusable } = asked.unwrap();
    assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("GET", "/a?b"));
    assert!(request.body().is_empty() && reusable);
    assert_eq!(left, 3, "the next request is left");
}

#[test]
fn a_body_has_its_length_or_comes_in_chunks() {
    let length = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
    let chunks = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    for stream in [length, chunks] {
        assert_eq!(good(stream).request.body(), b"hello");
        let (asked, _) = read(&stream[..stream.len() - 1]).unwrap();
        assert!(asked.is_none(), "a byte is missing");
    }
}

#[test]
fn one_empty_line_before_the_request_is_skipped() {
    good("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(read("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n").unwrap_err(), FramingError::RequestLine);
}

#[test]
fn a_target_is_a_path_or_a_whole_uri() {
    for (target, host, path) in [
        ("/", None, "/"),
        ("//two//slashes", None, "//two//slashes"),
        ("/a%20b?c=d/?e", None, "/a%20b"),
        ("http://h.example:80/x", Some("h.example"), "/x"),
        ("HTTPS://[::1]", Some("[::1]"), "/"),
    ] {
        let asked = good(&format!("GET {target} HTTP/1.1\r\nHost: other\r\n\r\n"));
        assert_eq!((asked.request.uri().host(), asked.request.uri().path()), (host, path));
    }
}

#[test]
fn http_1_0_needs_no_host_and_keeps_no_connection() {
    let reusable = |fields: &str| good(&format!("GET / HTTP/1.0\r\n{fields}\r\n")).reusable;
    assert!(!reusable("") && !reusable("Host: h\r\nExpect: anything\r\n"));
    assert!(reusable("Connection: keep-alive\r\n"));
}

/// Every way to misframe a request line.
const BAD_LINES: &[(&str, FramingError)] = &[
    ("", FramingError::RequestLine),
    ("GET", FramingError::RequestLine),
    ("GET /", FramingError::RequestLine),
    ("GET  / HTTP/1.1", FramingError::RequestLine),
    (" GET / HTTP/1.1", FramingError::RequestLine),
    ("GET / HTTP/1.1 ", FramingError::RequestLine),
    ("G\u{e9}T / HTTP/1.1", FramingError::RequestLine),
    ("GET /\0 HTTP/1.1", FramingError::RequestLine),
    ("GET\t/\tHTTP/1.1", FramingError::RequestLine),
    ("GET / HTTP/2.0", FramingError::Version),
    ("GET / HTTP/1.2", FramingError::Version),
    ("GET / http/1.1", FramingError::Version),
    ("GETGETGETGETGETGET / HTTP/1.1", FramingError::Method),
    ("CONNECT h:443 HTTP/1.1", FramingError::Method),
    ("OPTIONS * HTTP/1.1", FramingError::Target),
    ("GET h HTTP/1.1", FramingError::Target),
    ("GET h:80 HTTP/1.1", FramingError::Target),
    ("GET ?a HTTP/1.1", FramingError::Target),
    ("GET /a#b HTTP/1.1", FramingError::Target),
    ("GET /\u{e9} HTTP/1.1", FramingError::Target),
    ("GET ftp://h/ HTTP/1.1", FramingError::Target),
    ("GET http:///x HTTP/1.1", FramingError::Target),
    ("GET http://u:p@h/ HTTP/1.1", FramingError::Target),
    ("GET http://h:x/ HTTP/1.1", FramingError::Target),
    ("GET / HTTP/1.1\nA: b", FramingError::BareLf),
];

#[test]
fn misframed_request_lines_are_refused() {
    for (line, error) in BAD_LINES {
        assert_eq!(read(&format!("{line}\r\nHost: h\r\n\r\n")).unwrap_err(), *error, "{line:?}");
    }
}

/// Every way to misframe a request's fields, behind `POST / HTTP/1.1`.
const BAD_FIELDS: &[(&str, FramingError)] = &[
    ("A: b", FramingError::Host),
    ("Host: h\r\nHost: h", FramingError::Host),
    ("Host: h, h", FramingError::Host),
    ("Host: u@h", FramingError::Host),
    ("Host: h/x", FramingError::Host),
    ("Host: h:+80", FramingError::Host),
    ("Host: h:80:80", FramingError::Host),
    ("Host: h\r\nContent-Length: 1\r\nContent-Length: 1", FramingError::SeveralLengths),
    ("Host: h\r\nContent-Length: +1", FramingError::InvalidLength),
    ("Host: h\r\nContent-Length: 4194305", FramingError::BodyTooLong),
    ("Host: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked", FramingError::LengthAndEncoding),
    ("Host: h\r\nTransfer-Encoding: gzip, chunked", FramingError::UnknownEncoding),
    ("Host: h\r\nExpect: 200-ok", FramingError::Expectation),
    ("Host: h\r\nExpect: 100-continue\r\nExpect: 100-continue", FramingError::Expectation),
    ("Host : h", FramingError::Field),
    ("Host: h\r\n i", FramingError::Field),
    ("Host: h\0", FramingError::Field),
];

#[test]
fn misframed_request_fields_are_refused() {
    for (fields, error) in BAD_FIELDS {
        assert_eq!(read(&format!("POST / HTTP/1.1\r\n{fields}\r\n\r\n")).unwrap_err(), *error, "{fields:?}");
    }
    let stream = "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(read(stream).unwrap_err(), FramingError::EncodingIn10);
}
