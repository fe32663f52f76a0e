//! An HTTP message is read as the same, whatever way its bytes are cut; a good one as what was sent.

use http::Method;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use protocols::http::{FramingError, HttpLimits, ResponseReader};

use crate::http_oracle::{self, check_request, check_response};
use crate::segments::segmentations;

/// A response as it is sent, the body that it means, and what its connection brings behind it.
#[derive(Clone, Debug)]
struct Sent {
    stream: Vec<u8>,
    body: Vec<u8>,
    /// `None`: the end of the stream is the end of the body.
    behind: Option<Vec<u8>>,
}

impl Sent {
    fn whole(&self) -> Vec<u8> {
        [self.stream.as_slice(), self.behind.as_deref().unwrap_or_default()].concat()
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![any::<u8>(), select(b"\r\n0;:".to_vec())], 0..40)
}

fn fields() -> impl Strategy<Value = String> {
    let field = ("[A-Za-z][A-Za-z0-9-]{0,8}", "[ -~\t]{0,12}").prop_map(|(name, value)| (name, value));
    let is_ours = |name: &str| {
        ["content-length", "transfer-encoding"].iter().any(|ours| name.eq_ignore_ascii_case(ours))
    };
    let field = field.prop_filter("framing", move |(name, _)| !is_ours(name));
    let fields = prop::collection::vec(field.prop_map(|(name, value)| format!("{name}: {value}\r\n")), 0..4);
    fields.prop_map(|fields| fields.concat())
}

/// The body in chunks of these lengths, with extensions and trailers.
fn in_chunks(body: &[u8], lengths: &[usize], extension: &str, trailers: &str) -> Vec<u8> {
    let mut stream = Vec::new();
    let mut rest = body;
    for length in lengths.iter().chain([&usize::MAX]) {
        let (chunk, after) = rest.split_at(rest.len().min(*length));
        rest = after;
        if !chunk.is_empty() {
            stream.extend_from_slice(format!("{:X}{extension}\r\n", chunk.len()).as_bytes());
            stream.extend_from_slice(chunk);
            stream.extend_from_slice(b"\r\n");
        }
    }
    stream.extend_from_slice(format!("0{extension}\r\n{trailers}\r\n").as_bytes());
    stream
}

/// The framing field, and the body behind it.
fn framed(body: &[u8]) -> impl Strategy<Value = (String, Vec<u8>, bool)> + use<> {
    let (body, length) = (body.to_vec(), format!("Content-Length: {}\r\n", body.len()));
    let (close, chunked) = (body.clone(), body.clone());
    let chunks = (prop::collection::vec(1..20_usize, 0..5), "(;[ -~]{0,6})?", fields());
    let chunks = chunks.prop_map(move |(lengths, extension, trailers)| {
        let stream = in_chunks(&chunked, &lengths, &extension, &trailers);
        ("Transfer-Encoding: chunked\r\n".to_owned(), stream, true)
    });
    prop_oneof![Just((length, body, true)), Just((String::new(), close, false)), chunks]
}

fn responses() -> impl Strategy<Value = Sent> {
    let interim = select(vec!["", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 X\r\nA: b\r\n\r\n"]);
    let status = select(vec!["200 OK", "200", "404 Not Found", "500 ", "599 \u{e9}"]);
    let framed = bytes().prop_flat_map(|body| (framed(&body), Just(body)));
    (interim, status, fields(), framed, bytes()).prop_map(|(interim, status, fields, framed, behind)| {
        let ((field, framed, has_end), body) = framed;
        let head = format!("{interim}HTTP/1.1 {status}\r\n{fields}{field}\r\n");
        Sent { stream: [head.into_bytes(), framed].concat(), body, behind: has_end.then_some(behind) }
    })
}

/// One way to damage a stream.
#[derive(Clone, Debug)]
enum Damage {
    Change(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Repeat(Index, Index),
    End(Index),
}

fn damages() -> impl Strategy<Value = Vec<Damage>> {
    let byte = || prop_oneof![any::<u8>(), select(b"\r\n \t\0;:,+-0x5aF".to_vec())];
    let damage = prop_oneof![
        (any::<Index>(), byte()).prop_map(|(at, byte)| Damage::Change(at, byte)),
        (any::<Index>(), byte()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        any::<Index>().prop_map(Damage::Remove),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Damage::Repeat(from, to)),
        any::<Index>().prop_map(Damage::End),
    ];
    prop::collection::vec(damage, 1..4)
}

fn damaged(mut stream: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        if stream.is_empty() {
            break;
        }
        let place = |at: &Index| at.index(stream.len());
        match damage {
            Damage::Change(at, byte) => {
                let at = place(at);
                stream[at] = *byte;
            }
            Damage::Insert(at, byte) => stream.insert(place(at), *byte),
            Damage::Remove(at) => drop(stream.remove(place(at))),
            Damage::Repeat(from, to) => {
                let (from, to) = (place(from).min(place(to)), place(from).max(place(to)));
                stream.extend_from_within(from..to);
            }
            Damage::End(at) => stream.truncate(place(at)),
        }
    }
    stream
}

/// The body, and how many bytes were left; the stream ends behind its last piece.
fn read(pieces: &[&[u8]]) -> Result<(Vec<u8>, usize), FramingError> {
    let mut reader = ResponseReader::new(&Method::GET, &HttpLimits::default());
    let mut left: usize = pieces.iter().map(|piece| piece.len()).sum();
    for piece in pieces {
        let (used, received) = reader.read(piece)?;
        left -= used;
        if let Some(received) = received {
            return Ok((received.response.into_body(), left));
        }
    }
    reader.end().map(|received| (received.response.into_body(), left))
}

#[test]
#[should_panic(expected = "cut behind")]
fn a_reader_that_sees_the_cuts_is_found_out() {
    let counting = |pieces: &[&[u8]]| Ok(Some((pieces.len(), Vec::new(), true)));
    http_oracle::check(b"stream", &HttpLimits::default(), counting, |body| body);
}

#[test]
#[should_panic(expected = "memory grows with what came")]
fn a_reader_that_believes_a_promise_is_found_out() {
    let believing = |_: &[&[u8]]| Ok(Some((1, Vec::with_capacity(1_000), true)));
    http_oracle::check(b"stream", &HttpLimits::default(), believing, |body| body);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_good_response_is_read_as_it_was_sent_in_any_segmentation(
        sent in responses(),
        lengths in prop::collection::vec(1..30_usize, 0..20),
    ) {
        let stream = sent.whole();
        let behind = sent.behind.as_ref().map_or(0, Vec::len);
        for pieces in segmentations(&stream, &lengths) {
            prop_assert_eq!(read(&pieces), Ok((sent.body.clone(), behind)));
        }
        check_response(&stream);
    }

    #[test]
    fn a_response_that_is_cut_off_is_never_whole(sent in responses()) {
        if sent.behind.is_some() {
            for end in 0..sent.stream.len() {
                prop_assert_eq!(read(&[&sent.stream[..end]]), Err(FramingError::Truncated));
            }
        }
    }

    #[test]
    fn a_damaged_response_is_read_as_the_same_in_any_segmentation(
        sent in responses(),
        damages in damages(),
        lengths in prop::collection::vec(1..30_usize, 0..20),
    ) {
        let stream = damaged(sent.whole(), &damages);
        check_response(&stream);
        for pieces in segmentations(&stream, &lengths) {
            prop_assert_eq!(read(&pieces), read(&[&stream]));
        }
    }

    #[test]
    fn a_damaged_request_is_read_as_the_same_in_any_segmentation(sent in responses(), damages in damages()) {
        let head = b"POST /a?b HTTP/1.1\r\nHost: h\r\n".as_slice();
        let start = sent.stream.windows(2).position(|end| end == b"\r\n").unwrap() + 2;
        let stream = [head, &sent.whole()[start..]].concat();
        check_request(&stream);
        check_request(&damaged(stream, &damages));
    }

    #[test]
    fn garbage_is_read_as_the_same_in_any_segmentation(garbage in prop::collection::vec(any::<u8>(), 0..200)) {
        check_response(&garbage);
        check_request(&garbage);
    }
}
