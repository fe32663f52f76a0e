//! What must hold of the HTTP readers for every stream there is; the fuzzer asks the same.

use http::{HeaderMap, Method, StatusCode, Uri, Version};
use protocols::http::{Asked, FramingError, HttpLimits, Received, RequestReader, ResponseReader};

/// So small that a short stream reaches them.
const SMALL: HttpLimits = HttpLimits { head: 128, fields: 3, body: 24, interim: 1, chunk_line: 12 };

/// What a stream is read as: how many bytes the message took, the message, and whether the connection
/// stays. `None`: more is to come.
type Outcome<M> = Result<Option<(usize, M, bool)>, FramingError>;

type Answer = (StatusCode, Version, HeaderMap, Vec<u8>);
type Question = (Method, Uri, Version, HeaderMap, Vec<u8>);

/// However the response is cut, it is read as the same, and within its limits.
pub(crate) fn check_response(stream: &[u8]) {
    for limits in [SMALL, HttpLimits::default()] {
        for method in [Method::GET, Method::HEAD, Method::CONNECT] {
            check(stream, &limits, |pieces| read_response(&method, &limits, pieces), |answer| &answer.3);
        }
    }
}

/// However the request is cut, it is read as the same, and within its limits.
pub(crate) fn check_request(stream: &[u8]) {
    for limits in [SMALL, HttpLimits::default()] {
        check(stream, &limits, |pieces| read_request(&limits, pieces), |question| &question.4);
    }
}

/// `read` reads a stream that came in pieces; `body` is where the body of a message is.
pub(crate) fn check<M: PartialEq + std::fmt::Debug>(
    stream: &[u8],
    limits: &HttpLimits,
    read: impl Fn(&[&[u8]]) -> Outcome<M>,
    body: impl Fn(&M) -> &Vec<u8>,
) {
    let whole = read(&[stream]);
    if let Ok(Some((_, message, _))) = &whole {
        let body = body(message);
        assert!(body.len() <= limits.body, "the body keeps its limit");
        assert!(body.capacity() <= 2 * stream.len() + 8, "memory grows with what came");
    }
    let (first, rest) = stream.split_at(a_place(stream));
    let (second, third) = rest.split_at(a_place(rest));
    assert_eq!(read(&[first, second, third]), whole, "cut behind {} and {}", first.len(), second.len());
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(read(&bytes), whole, "byte by byte");
}

/// A place in the stream that depends on its bytes, so that a fuzzer can choose it.
fn a_place(stream: &[u8]) -> usize {
    let hash = stream.iter().fold(0_usize, |hash, byte| hash.wrapping_mul(31).wrapping_add((*byte).into()));
    hash % (stream.len() + 1)
}

/// The stream ends behind its last piece.
fn read_response(method: &Method, limits: &HttpLimits, pieces: &[&[u8]]) -> Outcome<Answer> {
    let mut reader = ResponseReader::new(method, limits);
    let mut used = 0;
    for piece in pieces {
        let (length, received) = reader.read(piece)?;
        used += length;
        if let Some(received) = received {
            assert_eq!(reader.read(&piece[length..])?.0, 0, "it is read once");
            return Ok(Some(answer(used, received)));
        }
        assert_eq!(length, piece.len(), "all is used until it is whole");
    }
    reader.end().map(|received| Some(answer(used, received)))
}

fn answer(used: usize, Received { response, reusable }: Received) -> (usize, Answer, bool) {
    let (head, body) = response.into_parts();
    (used, (head.status, head.version, head.headers, body), reusable)
}

fn read_request(limits: &HttpLimits, pieces: &[&[u8]]) -> Outcome<Question> {
    let mut reader = RequestReader::new(limits);
    let mut used = 0;
    for piece in pieces {
        let (length, asked) = reader.read(piece)?;
        used += length;
        if let Some(asked) = asked {
            assert_eq!(reader.read(&piece[length..])?.0, 0, "it is read once");
            return Ok(Some(question(used, asked)));
        }
        assert_eq!(length, piece.len(), "all is used until it is whole");
    }
    Ok(None)
}

fn question(used: usize, Asked { request, reusable }: Asked) -> (usize, Question, bool) {
    let (head, body) = request.into_parts();
    (used, (head.method, head.uri, head.version, head.headers, body), reusable)
}
