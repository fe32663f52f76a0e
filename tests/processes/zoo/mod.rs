//! A zoo of servers: whatever a service of places may turn out to be, a real server asks it over TLS, answers
//! its client with the places or with `? `, says what was wrong, and lives on.
//!
//! Each animal is asked by a `herd` process of its own (`zoo/visit.rs`), and while it is, another client is
//! served. Whoever answers HTTP is in order from the second request on, and is asked again.
//!
//! | animal | verdict |
//! |---|---|
//! | TLS 1.2 alone, TLS 1.3 alone (OpenSSL); a chain of two; any framing that RFC 9112 allows | the places |
//! | a certificate expired, not valid yet, of another host, self-signed, of another authority, for clients alone; without the one in the middle | `? `, and TLS says why |
//! | TLS 1.1 alone (OpenSSL, and by the byte); an alert; another protocol (ALPN); plain HTTP; garbage; a close or a reset | `? `, and TLS says why |
//! | a handshake or an answer that never comes, or drips | `? ` once the time is up |
//! | an answer that is late, but in time | the places |
//! | lengths and encodings that contradict each other or themselves; a head without a place in HTTP/1.1 | `? `, misframed |
//! | more than a head, a body, a chunk's line or its interim answers may be; 100 MB; a body without end | `? `, misframed, and no memory is spent |
//! | an answer that ends too early, in good order or not | `? `, cut off |
//! | an answer that is whole by its length, and no goodbye | the places |
//! | any status but 200; a redirection, which nobody follows | `? `, and the status |
//! | no JSON, not all of it, not UTF-8, 100,000 brackets, other JSON, our own key | `? `, and what is wrong with it |
//! | an answer with another one behind it that nobody asked for | the places, and the other is never read |

mod cage;
mod foreign;
mod manner;
mod visit;

use std::io::Read;
use std::net::TcpListener;
use std::time::Duration;

use crate::common::PATIENCE;
use crate::common::authority::Identity;
use cage::Cage;
use foreign::Foreign;
use manner::{
    Manner, PLACES, Step, chunked, drips, framed, ok, response, right, says, says_and_closes, with_fields,
};
use visit::Verdict::{self, None as Nothing, Places};
use visit::{Animal, visit_all};

/// Time limit of the answers that never come.
const TIME_IS_UP: Duration = Duration::from_secs(3);
/// Small steps of a server that drips.
const DRIP: Duration = Duration::from_millis(20);

/// A server with the right certificate and this manner.
fn https(name: &'static str, manner: Manner, verdict: Verdict) -> Animal {
    let cage = Cage::of_https(Identity::right().tls(&[b"http/1.1"]), manner);
    Animal::in_cage(name, cage, verdict).reformed()
}

/// A server with the right manner and this certificate.
fn certified(name: &'static str, identity: &Identity, verdict: Verdict) -> Animal {
    Animal::in_cage(name, Cage::of_https(identity.tls(&[]), right()), verdict)
}

/// A server that says this to a ClientHello.
fn tcp(name: &'static str, manner: Manner, why: &'static str) -> Animal {
    Animal::in_cage(name, Cage::of_tcp(manner), Nothing(why))
}

/// Servers that say such heads or bodies, all of them misframed.
fn misframed(animals: impl IntoIterator<Item = (&'static str, String, &'static str)>) {
    let animals = animals.into_iter().map(|(name, text, why)| https(name, says(text), Nothing(why)));
    visit_all(&animals.collect::<Vec<_>>());
}

#[test]
fn right_certificates_are_accepted() {
    visit_all(&[
        certified("of the authority", &Identity::right(), Places).reformed(),
        certified("of one in the middle", &Identity::of_the_middle(), Places).reformed(),
    ]);
}

#[test]
fn wrong_certificates_are_refused_and_the_log_says_what_is_wrong() {
    let unknown = Nothing("TLS: invalid peer certificate: UnknownIssuer");
    visit_all(&[
        certified(
            "expired",
            &Identity::expired(),
            Nothing("TLS: invalid peer certificate: certificate expired"),
        ),
        certified("not yet valid", &Identity::not_yet_valid(), Nothing("certificate not valid yet")),
        certified("another host", &Identity::of_another_host(), Nothing("certificate not valid for name")),
        certified("self-signed", &Identity::self_signed(), unknown),
        certified("another authority", &Identity::of_another_authority(), Nothing("BadSignature")),
        certified("nobody in the middle", &Identity::without_the_middle(), unknown),
        certified(
            "for clients alone",
            &Identity::for_clients_alone(),
            Nothing("does not allow extended key usage"),
        ),
    ]);
}

#[test]
fn openssl_is_asked_over_tls_1_2_and_1_3_but_not_over_1_1() {
    let old = Nothing("TLS: received fatal alert: ProtocolVersion");
    let servers = [
        ("openssl of TLS 1.2", &["-tls1_2"][..], Places),
        ("openssl of TLS 1.3", &["-tls1_3"], Places),
        ("openssl of TLS 1.1", &["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], old),
    ];
    let servers =
        servers.map(|(name, flags, verdict)| (name, Foreign::open(&Identity::right(), flags), verdict));
    let animals = servers.iter().filter_map(|(name, server, verdict)| {
        let animal = Animal::at(name, server.as_ref()?.port, *verdict);
        Some(if matches!(verdict, Places) { animal.reformed() } else { animal })
    });
    visit_all(&animals.collect::<Vec<_>>());
}

#[test]
fn what_is_no_handshake_of_ours_is_refused() {
    let h2 = Cage::of_https(Identity::right().tls(&[b"h2"]), right());
    visit_all(&[
        tcp("TLS 1.1", says(server_hello_of_tls_1_1()), "ServerDoesNotSupportTls12Or13"),
        tcp("an alert", says([21, 3, 1, 0, 2, 2, 70]), "TLS: received fatal alert: ProtocolVersion"),
        Animal::in_cage("HTTP/2 alone", h2, Nothing("TLS: received fatal alert: NoApplicationProtocol")),
        tcp("plain HTTP", right(), "TLS: received corrupt message"),
        tcp("garbage", says([0xA5; 999]), "TLS: received corrupt message"),
        tcp("an alert of nothing", says([21, 3, 3, 0, 0]), "TLS: received corrupt message"),
        tcp("a close", vec![Step::Close], "TLS: the peer closed during the handshake"),
        tcp("a close without a word", vec![Step::Abort], "TLS: the peer closed during the handshake"),
        Animal::at("a reset", resetting(), Nothing("reset by peer")),
    ]);
}

/// A port at which whoever says something is reset: it is closed before all was read.
fn resetting() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            stream.unwrap().read_exact(&mut [0]).unwrap();
        }
    });
    port
}

/// Chooses version 3.2 and a cipher of its time (RFC 4346, 7.4.1.3).
fn server_hello_of_tls_1_1() -> Vec<u8> {
    let mut hello = vec![22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0xC0, 0x13, 0]);
    hello
}

#[test]
fn who_is_late_or_never_comes_to_an_end_keeps_nobody_else_waiting() {
    let late = [vec![Step::Wait], right()].concat();
    let late_to_end = [says(&ok(PLACES)[..99]), vec![Step::Wait], says(&ok(PLACES)[99..])].concat();
    let endless = says(ok(PLACES).replace("Length: ", "Length: 1"));
    let out_of_time = Nothing("no answer in time");
    visit_all(&[
        https("late", late, Places).slow(PATIENCE),
        https("late to end", late_to_end, Places).slow(PATIENCE),
        https("silent", vec![], out_of_time).slow(TIME_IS_UP),
        https("never ends", endless, out_of_time).slow(TIME_IS_UP),
        https("settings of HTTP/2", says([0, 0, 0, 4, 0, 0, 0, 0, 0]), out_of_time).slow(TIME_IS_UP),
        https("a head that drips", drips(&ok(PLACES).repeat(9), 5 * DRIP), out_of_time).slow(TIME_IS_UP),
        https("a body that drips", drips(&chunked(&"1\r\n \r\n".repeat(999)), DRIP), out_of_time)
            .slow(TIME_IS_UP),
        tcp("no handshake", vec![], "no answer in time").slow(TIME_IS_UP),
        tcp("half a handshake", says([22, 3, 3, 0, 99]), "no answer in time").slow(TIME_IS_UP),
    ]);
}

#[test]
fn every_framing_that_is_right_is_read() {
    let (head, tail) = PLACES.split_at(40);
    let chunks = format!("{:x};a=b\r\n{head}\r\n{:X}\r\n{tail}\r\n0\r\nx: y\r\n\r\n", head.len(), tail.len());
    let until_close = with_fields("200 OK", "Connection: close", PLACES);
    visit_all(&[
        https("a length", right(), Places),
        https("chunks", says(chunked(&chunks)), Places),
        https("until the close", says_and_closes(&until_close), Places),
        https("HTTP/1.0", says_and_closes(ok(PLACES).replace("1.1", "1.0")), Places),
        https("byte by byte", drips(&chunked(&chunks), Duration::ZERO), Places),
        https(
            "an interim answer",
            says(format!("HTTP/1.1 103 Early Hints\r\na: b\r\n\r\n{}", ok(PLACES))),
            Places,
        ),
        https("another type", says(ok(PLACES).replace("application/json", "text/html")), Places),
    ]);
}

#[test]
fn lengths_that_can_be_read_in_two_ways_are_refused() {
    let length = |value: &str| framed(&format!("Content-Length: {value}"), PLACES);
    let several = "misframed: several Content-Length fields";
    let invalid = "misframed: an invalid Content-Length";
    misframed([
        ("two lengths", length("300\r\nContent-Length: 301"), several),
        ("the same length twice", length("300\r\nContent-Length: 300"), several),
        ("a list of lengths", length("300, 300"), invalid),
        ("a plus", length("+300"), invalid),
        ("a minus", length("-300"), invalid),
        ("0x", length("0x12C"), invalid),
        ("no digits", length(""), invalid),
        ("beyond 64 bits", length("18446744073709551616"), invalid),
        (
            "a length and chunks",
            length("300\r\nTransfer-Encoding: chunked"),
            "misframed: both Content-Length and Transfer-Encoding",
        ),
    ]);
}

#[test]
fn chunks_and_encodings_that_can_be_read_in_two_ways_are_refused() {
    let size = "misframed: an invalid chunk size";
    let encoding = "misframed: a Transfer-Encoding other than chunked";
    misframed([
        ("a chunk of 0x", chunked("0x2\r\n{}\r\n0\r\n\r\n"), size),
        ("a chunk with a sign", chunked("+2\r\n{}\r\n0\r\n\r\n"), size),
        (
            "a chunk beyond 64 bits",
            chunked("fffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
            "misframed: the body is too long",
        ),
        ("a chunk without an end", chunked("2\r\n{}xx0\r\n\r\n"), "misframed: no CRLF after a chunk"),
        (
            "a chunk's line without end",
            chunked(&format!("2;{}", "x".repeat(2_000))),
            "misframed: the line of a chunk's size is too long",
        ),
        ("another encoding", framed("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"), encoding),
        ("chunked twice", framed("Transfer-Encoding: chunked, chunked", "0\r\n\r\n"), encoding),
        ("chunks in HTTP/1.0", chunked("0\r\n\r\n").replace("1.1", "1.0"), "a Transfer-Encoding in HTTP/1.0"),
    ]);
}

#[test]
fn heads_that_are_no_heads_of_http_1_are_refused() {
    let field = "misframed: an invalid field";
    misframed([
        ("HTTP/0.9", PLACES.to_owned(), "misframed: a line that ends with LF alone"),
        ("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), "misframed: "),
        ("HTTP/3.0", ok(PLACES).replace("1.1", "3.0"), "misframed: "),
        ("a status without a number", response("OK", PLACES), "misframed: an invalid status line"),
        ("a space before the colon", framed("Content-Length : 2", "{}"), field),
        ("a folded field", framed("a: b\r\n c\r\nContent-Length: 2", "{}"), field),
        ("a NUL in a field", framed("a: \0\r\nContent-Length: 2", "{}"), field),
        ("LF alone", ok(PLACES).replace("\r\n", "\n"), "misframed: a line that ends with LF alone"),
        ("an upgrade", response("101 Switching Protocols", ""), "misframed: an upgrade"),
    ]);
}

#[test]
fn more_than_there_is_room_for_is_refused_and_takes_no_memory() {
    let too_long = "misframed: the body is too long";
    let body = |name, fields, steps: Vec<Step>| {
        https(name, [says(framed(fields, "")), steps].concat(), Nothing(too_long))
    };
    let fields = "a: b\r\n".repeat(200) + "c: d";
    let interim = "HTTP/1.1 100 Continue\r\n\r\n".as_bytes().to_vec();
    let long_field =
        vec![Step::Say(b"HTTP/1.1 200 OK\r\na: ".to_vec()), Step::Repeat(vec![b'b'; 1_000], 100_000)];
    let chunk = format!("8000\r\n{}\r\n", " ".repeat(0x8000)).into_bytes();
    let spaces = Step::Repeat(vec![b' '; 100_000], 1_000);
    visit_all(&[
        https("fields", says(framed(&fields, "")), Nothing("misframed: too many fields")),
        https("a long head", long_field, Nothing("misframed: the head is too long")),
        https(
            "1xx without end",
            vec![Step::Repeat(interim, usize::MAX)],
            Nothing("misframed: too many interim"),
        ),
        body("100 MB by length", "Content-Length: 100000000", vec![spaces.clone()]),
        body("100 MB until the close", "a: b", vec![spaces, Step::Close]),
        body("an endless body", "Transfer-Encoding: chunked", vec![Step::Repeat(chunk, usize::MAX)]),
    ]);
}

#[test]
fn an_answer_that_ends_too_early_is_none() {
    let until_close = with_fields("200 OK", "Connection: close", PLACES);
    let half = &ok(PLACES)[..200];
    visit_all(&[
        https("half a body", says_and_closes(half), Nothing("the response was cut off")),
        https("half a head", says_and_closes("HTTP/1.1 200 OK\r\nCont"), Nothing("the response was cut off")),
        https("half its chunks", says_and_closes(chunked("1\r\n{\r\n")), Nothing("the response was cut off")),
        https("HTTP/0.9, and a close", says_and_closes("{}\r\n"), Nothing("the response was cut off")),
        https("nothing", vec![Step::Close], Nothing("closed the connection without an answer")),
        https("half a body, and no goodbye", rude(half), Nothing("the response was cut off")),
        https("no goodbye", rude(until_close), Nothing("the response was cut off")),
        https("no goodbye, but a length", rude(ok(PLACES)), Places),
    ]);
}

/// Says all of `text`, and is gone without a goodbye.
fn rude(text: impl AsRef<[u8]>) -> Manner {
    [says(text), vec![Step::Pause(DRIP), Step::Abort]].concat()
}

#[test]
fn other_statuses_are_no_answers_and_no_redirection_is_followed() {
    let elsewhere = Cage::of_https(Identity::right().tls(&[]), right());
    let location =
        format!("Location: https://localhost:{}/?key=here\r\nContent-Length: 0", elsewhere.at().port());
    let moved = says(with_fields("302 Found", &location, ""));
    let kept = says(with_fields("307 Temporary Redirect", &location, ""));
    let status = |name, manner, why| https(name, manner, Nothing(why));
    let refused = |status: &str| says(response(status, PLACES));
    visit_all(&[
        status("moved", moved, "an HTTP status 302"),
        status("moved for now", kept, "an HTTP status 307"),
        status("denied", refused("403 Forbidden"), "an HTTP status 403"),
        status("too many", refused("429 Too Many Requests"), "an HTTP status 429"),
        status("broken", refused("500 Internal Server Error"), "an HTTP status 500"),
        status("down", refused("503 Service Unavailable"), "an HTTP status 503"),
        status("no content", says("HTTP/1.1 204 No Content\r\n\r\n"), "an HTTP status 204"),
    ]);
    assert_eq!(elsewhere.connections(), 0, "a key in hand goes nowhere else");
}

#[test]
fn a_body_that_is_no_nearby_search_is_no_answer() {
    let cut_off = &PLACES[..PLACES.len() - 4];
    let latin_1 = ok(PLACES).bytes().map(|byte| if byte == 0xC3 { b' ' } else { byte }).collect::<Vec<_>>();
    let packed = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\x05\0\x43\xbf\xa6\xa3\x02\0\0\0";
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", packed.len());
    let body = |name, body: &str, why| https(name, says(ok(body)), Nothing(why));
    visit_all(&[
        body("empty", "", "it is not a JSON object"),
        body("a web page", "<!doctype html><p>Sign in", "it is not a JSON object"),
        body("half of the JSON", cut_off, "it is not the JSON that was asked for"),
        body("no results", "{\"status\":\"OK\"}", "it is not the JSON that was asked for"),
        body("results that are no list", "{\"results\":{},\"status\":\"OK\"}", "it is not the JSON"),
        body(
            "100,000 brackets",
            &format!("{{\"results\":{}", "[".repeat(100_000)),
            "it is nested deeper than 64",
        ),
        body("our own key", &PLACES.replace("OK", "a-key-that-nobody-sees"), "the answer has our key in it"),
        https("not UTF-8", says(latin_1), Nothing("it is not UTF-8")),
        https("packed, unasked", says([head.as_bytes(), packed].concat()), Nothing("it is not UTF-8")),
    ]);
}

#[test]
fn an_answer_that_nobody_asked_for_is_nobodys_answer() {
    let forged = ok("{\"results\":[\"forged\"],\"status\":\"OK\"}");
    let behind = says(ok(PLACES) + &forged);
    let later = [right(), vec![Step::Pause(DRIP)], says(&forged)].concat();
    let animals = [
        https("behind the right one", behind, Places).given_up(),
        https("after the right one", later, Places).given_up(),
        https("more than its length", says(ok(PLACES) + "more"), Places).given_up(),
    ];
    visit_all(&animals);
    let asked = animals.iter().flat_map(|animal| &animal.cage).map(Cage::connections);
    assert_eq!(asked.collect::<Vec<_>>(), [2, 2, 2], "a connection that is in doubt is given up");
}

#[test]
#[should_panic(expected = "a scoped thread panicked")]
fn a_visit_objects_to_places_where_there_should_be_none() {
    visit_all(&[https("in order", right(), Nothing("HTTP"))]);
}

#[test]
#[should_panic(expected = "a scoped thread panicked")]
fn a_visit_objects_to_another_reason_than_the_right_one() {
    visit_all(&[https("down", says(response("503 Service Unavailable", "")), Nothing("an HTTP status 500"))]);
}
