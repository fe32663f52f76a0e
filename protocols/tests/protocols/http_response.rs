//! What `ResponseReader` takes, and what it refuses, and why.

use http::{Method, StatusCode};
use protocols::http::{FramingError, HttpLimits, Received, ResponseReader};

/// What a stream that ends was read as, and how many bytes were left.
fn read_with(method: &Method, limits: &HttpLimits, stream: &[u8]) -> Result<(Received, usize), FramingError> {
    let mut reader = ResponseReader::new(method, limits);
    match reader.read(stream)? {
        (used, Some(received)) => Ok((received, stream.len() - used)),
        (used, None) => {
            assert_eq!(used, stream.len(), "all is used until it is whole");
            reader.end().map(|received| (received, 0))
        }
    }
}

fn read(stream: &str) -> Result<(Received, usize), FramingError> {
    read_with(&Method::GET, &HttpLimits::default(), stream.as_bytes())
}

/// The body of a good response, and whether the connection may be used again.
#[track_caller]
fn good(stream: &str) -> (String, bool) {
    let (received, left) = read(stream).unwrap();
    assert_eq!(left, 0);
    (String::from_utf8(received.response.into_body()).unwrap(), received.reusable)
}

#[track_caller]
fn bad(stream: &str) -> FramingError {
    read(stream).unwrap_err()
}

#[test]
fn a_body_has_the_declared_length() {
    assert_eq!(good("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), ("hello".to_owned(), true));
    assert_eq!(good("HTTP/1.1 200 OK\r\ncontent-length: \t005 \t\r\n\r\nhello"), ("hello".to_owned(), true));
    assert_eq!(good("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"), (String::new(), true));
}

#[test]
fn what_follows_the_response_is_left() {
    let (received, left) = read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1").unwrap();
    assert_eq!((received.response.body().as_slice(), left), (&b"hi"[..], 8));
}

#[test]
fn chunks_are_joined_and_their_extensions_and_trailers_dropped() {
    let stream = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n\
                  4;a=\"b\";c\r\nwiki\r\n0A \r\n0123456789\r\n000;x\r\nX: y\r\nConnection: close\r\n\r\n";
    assert_eq!(good(stream), ("wiki0123456789".to_owned(), true));
    let (received, _) = read(stream).unwrap();
    assert!(!received.response.headers().contains_key("x"));
}

#[test]
fn a_body_without_a_length_goes_on_until_the_close() {
    assert_eq!(good("HTTP/1.1 200 OK\r\n\r\nto the end"), ("to the end".to_owned(), false));
    assert_eq!(good("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n"), (String::new(), false));
}

#[test]
fn a_connection_is_reusable_as_the_version_and_the_connection_field_say() {
    let is_reusable =
        |line: &str, field: &str| good(&format!("{line} 200 OK\r\n{field}Content-Length: 0\r\n\r\n")).1;
    assert!(is_reusable("HTTP/1.1", ""));
    assert!(!is_reusable("HTTP/1.1", "Connection: Close\r\n"));
    assert!(!is_reusable("HTTP/1.1", "Connection: x,\t close\r\n"));
    assert!(!is_reusable("HTTP/1.1", "Connection: x\r\nConnection: close\r\n"));
    assert!(!is_reusable("HTTP/1.0", ""));
    assert!(is_reusable("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

#[test]
fn head_and_some_answers_have_no_body_whatever_the_fields_say() {
    let huge = "Content-Length: 18446744073709551615\r\n\r\n";
    for fields in ["\r\n", huge, "Transfer-Encoding: chunked\r\n\r\n"] {
        let bodiless = |method: &Method, status: &str| {
            let stream = format!("HTTP/1.1 {status}\r\n{fields}rest");
            let (received, left) = read_with(method, &HttpLimits::default(), stream.as_bytes()).unwrap();
            assert_eq!((received.response.body().len(), received.reusable, left), (0, true, 4), "{stream}");
        };
        bodiless(&Method::HEAD, "200 OK");
        bodiless(&Method::GET, "304 Not Modified");
        bodiless(&Method::CONNECT, "200 Connection established");
    }
}

#[test]
fn they_have_none_even_if_the_fields_contradict_each_other_but_then_the_connection_is_not_used_again() {
    let fields = BAD_FIELDS.iter().filter(|(_, error)| {
        matches!(
            error,
            FramingError::SeveralLengths
                | FramingError::InvalidLength
                | FramingError::LengthAndEncoding
                | FramingError::UnknownEncoding
        )
    });
    for (fields, error) in fields {
        for (method, status) in [
            (Method::CONNECT, 200),
            (Method::CONNECT, 299),
            (Method::HEAD, 200),
            (Method::GET, 304),
            (Method::GET, 204),
        ] {
            let stream = format!("HTTP/1.1 {status} \r\n{fields}\r\n\r\nrest");
            let (received, left) = read_with(&method, &HttpLimits::default(), stream.as_bytes()).unwrap();
            assert_eq!((received.response.body().len(), received.reusable, left), (0, false, 4), "{stream}");
        }
        let stream = format!("HTTP/1.1 407 \r\n{fields}\r\n\r\nhello");
        let refused = read_with(&Method::CONNECT, &HttpLimits::default(), stream.as_bytes()).unwrap_err();
        assert_eq!(refused, *error, "{stream}");
    }
}

#[test]
fn a_connection_is_not_used_again_after_a_204_that_declares_a_body() {
    let reusable = |fields: &str| {
        let (received, _) = read(&format!("HTTP/1.1 204 No Content\r\n{fields}\r\n")).unwrap();
        assert!(received.response.body().is_empty());
        received.reusable
    };
    assert!(reusable("") && reusable("Content-Length: 0\r\n"));
    assert!(!reusable("Content-Length: 5\r\n") && !reusable("Transfer-Encoding: chunked\r\n"));
}

#[test]
fn interim_responses_are_skipped_up_to_a_bound() {
    let stream = |count| {
        let interim = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(count);
        format!("{interim}HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx")
    };
    let (received, _) = read(&stream(16)).unwrap();
    assert_eq!(received.response.status(), StatusCode::NOT_FOUND);
    assert!(!received.response.headers().contains_key("link"));
    assert_eq!(bad(&stream(17)), FramingError::TooManyInterim);
}

#[test]
fn fields_come_as_they_were_sent_and_in_any_number() {
    let (received, _) = read("HTTP/1.1 200 \r\nA: 1\r\nb:\tx y \r\na: 2\r\n\r\n").unwrap();
    let fields = received.response.headers();
    assert_eq!(fields.get_all("a").iter().collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(fields["B"], "x y");
}

/// Every way to misframe a response, behind `HTTP/1.1 200 OK`.
const BAD_FIELDS: &[(&str, FramingError)] = &[
    ("Content-Length: 5\r\nContent-Length: 5", FramingError::SeveralLengths),
    ("Content-Length: 5\r\nContent-Length: 6", FramingError::SeveralLengths),
    ("Content-Length: 5, 5", FramingError::InvalidLength),
    ("Content-Length: +5", FramingError::InvalidLength),
    ("Content-Length: -5", FramingError::InvalidLength),
    ("Content-Length: 0x5", FramingError::InvalidLength),
    ("Content-Length: 5a", FramingError::InvalidLength),
    ("Content-Length: 5.0", FramingError::InvalidLength),
    ("Content-Length: 1 2", FramingError::InvalidLength),
    ("Content-Length:", FramingError::InvalidLength),
    ("Content-Length: \u{a0}5", FramingError::InvalidLength),
    ("Content-Length: \u{663}", FramingError::InvalidLength),
    ("Content-Length: 18446744073709551616", FramingError::InvalidLength),
    ("Content-Length: 18446744073709551615", FramingError::BodyTooLong),
    ("Content-Length: 4194305", FramingError::BodyTooLong),
    ("Content-Length: 5\r\nTransfer-Encoding: chunked", FramingError::LengthAndEncoding),
    ("Transfer-Encoding: chunked\r\nContent-Length: 5", FramingError::LengthAndEncoding),
    ("Transfer-Encoding: gzip", FramingError::UnknownEncoding),
    ("Transfer-Encoding: identity", FramingError::UnknownEncoding),
    ("Transfer-Encoding: gzip, chunked", FramingError::UnknownEncoding),
    ("Transfer-Encoding: chunked, chunked", FramingError::UnknownEncoding),
    ("Transfer-Encoding: chunked,", FramingError::UnknownEncoding),
    ("Transfer-Encoding: xchunked", FramingError::UnknownEncoding),
    ("Transfer-Encoding: \"chunked\"", FramingError::UnknownEncoding),
    ("Transfer-Encoding:", FramingError::UnknownEncoding),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", FramingError::UnknownEncoding),
    ("A: 1\r\n folded: 2", FramingError::Field),
    (" A: 1", FramingError::Field),
    ("A : 1", FramingError::Field),
    ("A", FramingError::Field),
    (": 1", FramingError::Field),
    ("\u{e9}: 1", FramingError::Field),
    ("A\0: 1", FramingError::Field),
    ("A: \0", FramingError::Field),
    ("A: \x0b", FramingError::Field),
    ("A: \x7f", FramingError::Field),
    ("A: 1\rB: 2", FramingError::Field),
    ("A: 1\r\r\nB: 2", FramingError::Field),
    ("A: 1\nContent-Length: 5", FramingError::BareLf),
];

#[test]
fn misframed_fields_are_refused() {
    for (fields, error) in BAD_FIELDS {
        assert_eq!(bad(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\nhello")), *error, "{fields:?}");
    }
    assert_eq!(bad("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), FramingError::EncodingIn10);
}

/// Every way to misframe the chunks of a response.
const BAD_CHUNKS: &[(&str, FramingError)] = &[
    ("", FramingError::Truncated),
    ("5\r\nhello\r\n", FramingError::Truncated),
    ("5\r\nhello\r\n0\r\n", FramingError::Truncated),
    ("0x5\r\nhello\r\n0\r\n\r\n", FramingError::ChunkSize),
    ("+5\r\nhello\r\n0\r\n\r\n", FramingError::ChunkSize),
    ("-5\r\nhello\r\n0\r\n\r\n", FramingError::ChunkSize),
    (" 5\r\nhello\r\n0\r\n\r\n", FramingError::ChunkSize),
    ("5 5\r\nhello\r\n0\r\n\r\n", FramingError::ChunkSize),
    ("5\x0b\r\nhello\r\n0\r\n\r\n", FramingError::ChunkSize),
    ("5_0\r\nhello\r\n0\r\n\r\n", FramingError::ChunkSize),
    ("\r\nhello\r\n0\r\n\r\n", FramingError::ChunkSize),
    (";x\r\nhello\r\n0\r\n\r\n", FramingError::ChunkSize),
    ("5;\0\r\nhello\r\n0\r\n\r\n", FramingError::ChunkSize),
    ("5;\rx\r\nhello\r\n0\r\n\r\n", FramingError::ChunkSize),
    ("5\nhello\r\n0\r\n\r\n", FramingError::BareLf),
    ("5;x\nhello\r\n0\r\n\r\n", FramingError::BareLf),
    ("5\r\nhello\n0\r\n\r\n", FramingError::ChunkEnd),
    ("5\r\nhello!\r\n0\r\n\r\n", FramingError::ChunkEnd),
    ("5\r\nhello\r\r\n0\r\n\r\n", FramingError::ChunkEnd),
    ("5\r\nhell\r\n0\r\n\r\n", FramingError::ChunkEnd),
    ("400001\r\n", FramingError::BodyTooLong),
    ("ffffffffffffffff\r\n", FramingError::BodyTooLong),
    ("10000000000000005\r\nhello\r\n0\r\n\r\n", FramingError::BodyTooLong),
    ("5\r\nhello\r\n3ffffc\r\n", FramingError::BodyTooLong),
    ("0\r\nX\r\n\r\n", FramingError::Field),
    ("0\r\nX: 1\r\n y\r\n\r\n", FramingError::Field),
    ("0\r\nX: \0\r\n\r\n", FramingError::Field),
    ("0\r\nX: 1\n\r\n", FramingError::BareLf),
    ("0\r\n\n", FramingError::BareLf),
];

#[test]
fn misframed_chunks_are_refused() {
    for (chunks, error) in BAD_CHUNKS {
        let stream = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
        assert_eq!(bad(&stream), *error, "{chunks:?}");
    }
}

/// Every way to misframe the beginning of a response.
const BAD_HEADS: &[(&str, FramingError)] = &[
    ("", FramingError::Truncated),
    ("HTTP/1.1 200 OK\r\n", FramingError::Truncated),
    ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", FramingError::Truncated),
    ("HTTP/1.1 100 Continue\r\n\r\n", FramingError::Truncated),
    ("HTTP/1.1 101 Switching Protocols\r\n\r\n", FramingError::Upgraded),
    ("HTTP/2 200 OK\r\n\r\n", FramingError::Version),
    ("HTTP/0.9 200 OK\r\n\r\n", FramingError::Version),
    ("http/1.1 200 OK\r\n\r\n", FramingError::Version),
    ("SSH-2.0-OpenSSH\r\n\r\n", FramingError::Version),
    ("\r\nHTTP/1.1 200 OK\r\n\r\n", FramingError::StatusLine),
    ("HTTP/1.1 20 OK\r\n\r\n", FramingError::StatusLine),
    ("HTTP/1.1 +20 OK\r\n\r\n", FramingError::StatusLine),
    ("HTTP/1.1 2000 OK\r\n\r\n", FramingError::StatusLine),
    ("HTTP/1.1 099 OK\r\n\r\n", FramingError::StatusLine),
    ("HTTP/1.1  200 OK\r\n\r\n", FramingError::StatusLine),
    ("HTTP/1.1 200 O\0K\r\n\r\n", FramingError::StatusLine),
    ("HTTP/1.1\r\n\r\n", FramingError::Version),
    ("HTTP/1.1 200 OK\n\n", FramingError::BareLf),
    ("\n", FramingError::BareLf),
];

#[test]
fn misframed_heads_are_refused() {
    for (stream, error) in BAD_HEADS {
        assert_eq!(bad(stream), *error, "{stream:?}");
    }
}

/// The response is as large as `limits` allow, and one byte or field more is refused.
#[track_caller]
fn assert_limit(limits: &HttpLimits, last: &str, too_much: &str, error: FramingError) {
    let read = |stream: &str| read_with(&Method::GET, limits, stream.as_bytes());
    assert!(read(last).is_ok(), "{last:?}");
    assert_eq!(read(too_much).unwrap_err(), error, "{too_much:?}");
}

#[test]
fn every_limit_is_exact() {
    let limits = HttpLimits { head: 60, fields: 2, body: 4, interim: 0, chunk_line: 5 };
    let head = |length| format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "x".repeat(length));
    assert_limit(&limits, &head(60 - 24), &head(60 - 23), FramingError::HeadTooLong);
    let fields = |count| format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(count));
    assert_limit(&limits, &fields(2), &fields(3), FramingError::TooManyFields);
    let length = |length| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nabcde");
    assert_limit(&limits, &length(4), &length(5), FramingError::BodyTooLong);
    let close = |body: &str| format!("HTTP/1.1 200 OK\r\n\r\n{body}");
    assert_limit(&limits, &close("abcd"), &close("abcde"), FramingError::BodyTooLong);
    let chunks = |chunks: &str| format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
    let (two, more) = (chunks("2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"), chunks("2\r\nab\r\n3\r\n"));
    assert_limit(&limits, &two, &more, FramingError::BodyTooLong);
    let (line, more) = (chunks("0;x\r\n\r\n"), chunks("0;xx\r\n\r\n"));
    assert_limit(&limits, &line, &more, FramingError::ChunkLineTooLong);
    let trailers = |count| chunks(&format!("0\r\n{}\r\n", "A: b\r\n".repeat(count)));
    assert_limit(&limits, &trailers(2), &trailers(3), FramingError::TooManyFields);
    let trailer = |length| chunks(&format!("0\r\nA: {}\r\n\r\n", "x".repeat(length)));
    assert_limit(&limits, &trailer(60 - 7), &trailer(60 - 6), FramingError::HeadTooLong);
}

#[test]
fn a_line_without_end_is_refused_while_it_comes() {
    let mut reader = ResponseReader::new(&Method::GET, &HttpLimits::default());
    assert!(reader.read(&b"x".repeat(64 * 1024)).is_ok());
    assert_eq!(reader.read(b"x").unwrap_err(), FramingError::HeadTooLong);
    let mut reader = ResponseReader::new(&Method::GET, &HttpLimits::default());
    reader.read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
    assert!(reader.read(&b"0".repeat(1024)).is_ok());
    assert_eq!(reader.read(b"0").unwrap_err(), FramingError::ChunkLineTooLong);
}

#[test]
fn a_promise_takes_no_memory() {
    let mut reader =
        ResponseReader::new(&Method::GET, &HttpLimits { body: usize::MAX, ..HttpLimits::default() });
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n";
    assert!(reader.read(head).unwrap().1.is_none());
    assert!(reader.read(b"some").unwrap().1.is_none());
    assert_eq!(reader.end().unwrap_err(), FramingError::Truncated);
}

#[test]
fn what_was_read_or_refused_reads_no_more() {
    let mut reader = ResponseReader::new(&Method::GET, &HttpLimits::default());
    assert!(!reader.has_begun());
    assert_eq!(reader.read(b"").unwrap().0, 0);
    assert!(!reader.has_begun());
    assert!(reader.read(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().1.is_some());
    assert!(reader.has_begun());
    assert_eq!(reader.read(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().0, 0);
    assert_eq!(reader.end().unwrap_err(), FramingError::Truncated);
    let mut reader = ResponseReader::new(&Method::GET, &HttpLimits::default());
    assert!(reader.read(b"\n").is_err());
    assert_eq!(reader.read(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().0, 0);
}
