//! What `HttpServer` answers, when, and how its connections end.

use std::time::Duration;

use http::{Request, Response, StatusCode};
use protocols::http::{FramingError, HttpHandler, HttpServer, HttpServerConfig};
use reactor::testing::Harness;
use reactor::{Limits, Reason, Reply, Requests};

/// The application: what was asked, what was refused, and who still waits.
#[derive(Default)]
struct Desk {
    asked: Vec<String>,
    refused: Vec<FramingError>,
    waiting: Vec<Reply<Desk, Response<Vec<u8>>>>,
}

/// Answers at once with what was asked, but for `/later`, which waits in the application.
struct Clerk;

impl HttpHandler<Desk> for Clerk {
    fn request(
        &mut self,
        desk: &mut Desk,
        reactor: &mut Requests<'_, Desk>,
        request: Request<Vec<u8>>,
        reply: Reply<Desk, Response<Vec<u8>>>,
    ) {
        let body = String::from_utf8_lossy(request.body());
        let asked = format!("{} {} {body}", request.method(), request.uri());
        desk.asked.push(asked.trim_end().to_owned());
        match request.uri().path() {
            "/later" => desk.waiting.push(reply),
            path => reactor.send(reply, response(path)),
        }
    }

    fn refused(&mut self, desk: &mut Desk, error: FramingError) {
        desk.refused.push(error);
    }
}

fn response(path: &str) -> Response<Vec<u8>> {
    let response = Response::builder().header("x", "y").header("Content-Length", "99");
    let status = path.strip_prefix("/status/").map_or(200, |status| status.parse().unwrap());
    response.header("Transfer-Encoding", "chunked").status(status).body(path.into()).unwrap()
}

fn server() -> Harness<Desk> {
    server_with(Limits::default())
}

fn server_with(limits: Limits) -> Harness<Desk> {
    Harness::with_limits(Desk::default(), HttpServer::new(Clerk, HttpServerConfig::default()), limits)
}

/// Gives `/later` its answer.
fn answer(server: &mut Harness<Desk>) {
    let reply = server.app().waiting.remove(0);
    server.reactor.enter(&server.net, |cx| cx.reactor.send(reply, response("done")));
    server.settle();
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

/// What is answered with 200 on a connection that stays.
fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// What the server has sent, without the dates.
fn told(server: &mut Harness<Desk>) -> String {
    let sent = String::from_utf8(server.take_sent()).unwrap();
    sent.split_inclusive("\r\n").filter(|line| !line.starts_with("date: ")).collect()
}

#[test]
fn every_answer_says_when_it_is_given() {
    let mut server = server();
    server.advance(Duration::from_secs(1));
    for request in [get("/a"), "nonsense\r\n\r\n".to_owned()] {
        server.receive(request.as_bytes());
        let sent = String::from_utf8(server.take_sent()).unwrap();
        assert_eq!(sent.matches("\r\ndate: Thu, 01 Jan 1970 00:00:01 GMT\r\n").count(), 1, "{sent}");
    }
}

#[test]
fn requests_are_answered_one_after_the_other_on_one_connection() {
    let mut server = server();
    server.receive(get("/a").as_bytes());
    assert_eq!(told(&mut server), ok("/a"));
    server.receive_slowly(b"POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
    server.receive(b"PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");
    assert_eq!(told(&mut server), ok("/b") + &ok("/c"));
    assert_eq!(server.app().asked, ["GET /a", "POST /b hi", "PUT /c x"]);
    assert!(server.lost().is_none());
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let mut server = server();
    let requests = ["/a", "/later", "/b", "/later", "/c"].map(get).concat();
    server.receive(requests.as_bytes());
    assert_eq!(told(&mut server), ok("/a"));
    assert_eq!(server.app().asked, ["GET /a", "GET /later"], "those behind it wait");
    assert!(!server.is_reading());
    answer(&mut server);
    assert_eq!(told(&mut server), ok("done") + &ok("/b"));
    answer(&mut server);
    assert_eq!(told(&mut server), ok("done") + &ok("/c"));
    assert!(server.is_reading());
}

#[test]
fn pipelined_requests_are_answered_before_the_close_of_a_peer_that_has_ended() {
    let mut server = server();
    server.receive(["/later", "/later", "/a"].map(get).concat().as_bytes());
    server.peer_closes();
    for _ in 0..2 {
        assert!(server.lost().is_none());
        answer(&mut server);
    }
    assert_eq!(told(&mut server), ok("done") + &ok("done") + &ok("/a"));
    assert!(matches!(server.lost(), Some(Reason::Closed | Reason::PeerClosed)));
}

#[test]
fn a_peer_that_ends_within_a_request_is_let_go() {
    let mut server = server();
    server.receive(b"GET / HTTP/1.1\r\n");
    server.peer_closes();
    assert_eq!(told(&mut server), "");
    assert!(server.lost().is_some() && server.app().asked.is_empty());
}

#[test]
fn the_connection_closes_when_the_client_says_so_or_speaks_http_1_0() {
    let closing = "HTTP/1.1 200 OK\r\nx: y\r\nconnection: close\r\ncontent-length: 1\r\n\r\n/";
    for request in [
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.0\r\nHost: h\r\n\r\n",
    ] {
        let mut server = server();
        server.receive(format!("{request}{}", get("/more")).as_bytes());
        assert_eq!(told(&mut server), closing);
        assert!(matches!(server.lost(), Some(Reason::Closed)), "{request}");
        assert_eq!(server.app().asked, ["GET /"], "what comes after the last request is not read");
    }
    let mut server = server();
    server.receive(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert!(told(&mut server).contains("connection: keep-alive\r\n"));
    assert!(server.lost().is_none());
}

#[test]
fn head_and_some_statuses_are_answered_without_a_body() {
    let mut server = server();
    server.receive(b"HEAD /four HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(told(&mut server), "HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 5\r\n\r\n");
    server.receive(get("/status/204").as_bytes());
    assert_eq!(told(&mut server), "HTTP/1.1 204 No Content\r\nx: y\r\n\r\n");
    server.receive(get("/status/304").as_bytes());
    assert_eq!(told(&mut server), "HTTP/1.1 304 Not Modified\r\nx: y\r\n\r\n");
    server.receive(get("/status/101").as_bytes());
    assert!(told(&mut server).starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
}

#[test]
fn an_answer_that_is_larger_than_the_write_buffer_is_a_500() {
    let large = |write_buffer: usize| {
        server_with(Limits { write_buffer, high_water: write_buffer / 4, ..Limits::default() })
    };
    let path = format!("/{}", "x".repeat(2_000));
    let mut server = large(1 << 20);
    server.receive(get(&path).as_bytes());
    let fits = server.take_sent().len();
    for (write_buffer, is_whole) in [(fits, true), (fits - 1, false), (1_000, false)] {
        let mut server = large(write_buffer);
        server.receive(get(&path).as_bytes());
        let refused =
            "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 24\r\n\r\nthe answer is too large\n";
        assert_eq!(told(&mut server), if is_whole { ok(&path) } else { refused.to_owned() });
        server.receive(get("/next").as_bytes());
        assert_eq!(told(&mut server), ok("/next"), "the connection stays");
        server.receive(format!("HEAD {path} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
        assert!(told(&mut server).starts_with("HTTP/1.1 200 OK\r\n"), "its head is small");
    }
}

#[test]
fn a_large_answer_to_a_client_that_has_not_read_the_one_before_is_a_500() {
    let mut server = server_with(Limits { write_buffer: 3_000, high_water: 3_000, ..Limits::default() });
    server.remote().set_room(0);
    let path = format!("/{}", "x".repeat(2_000));
    server.receive(get(&path).repeat(2).as_bytes());
    server.remote().set_room(usize::MAX);
    server.settle();
    let told = told(&mut server);
    let rest = told.strip_prefix(&ok(&path)).unwrap();
    assert!(rest.starts_with("HTTP/1.1 500 ") && rest.ends_with("too large\n"), "{rest}");
    assert!(server.lost().is_none());
}

#[test]
fn a_client_that_waits_for_leave_to_send_its_body_gets_it_once() {
    let mut server = server();
    server.receive_slowly(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n");
    assert_eq!(told(&mut server), "HTTP/1.1 100 Continue\r\n\r\n");
    server.receive_slowly(b"hi");
    assert_eq!(told(&mut server), ok("/"));
}

#[test]
fn what_is_refused_is_told_why_and_closed() {
    for (request, status, error) in [
        ("GET  / HTTP/1.1", StatusCode::BAD_REQUEST, FramingError::RequestLine),
        ("GET / HTTP/2.0", StatusCode::HTTP_VERSION_NOT_SUPPORTED, FramingError::Version),
        ("CONNECT h:1 HTTP/1.1", StatusCode::NOT_IMPLEMENTED, FramingError::Method),
        (
            "GET / HTTP/1.1\r\nTransfer-Encoding: x",
            StatusCode::NOT_IMPLEMENTED,
            FramingError::UnknownEncoding,
        ),
        (
            "GET / HTTP/1.1\r\nContent-Length: 4194305",
            StatusCode::PAYLOAD_TOO_LARGE,
            FramingError::BodyTooLong,
        ),
        ("GET / HTTP/1.1\r\nExpect: x", StatusCode::EXPECTATION_FAILED, FramingError::Expectation),
    ] {
        let mut server = server();
        server.receive(format!("{request}\r\nHost: h\r\n\r\n{}", get("/more")).as_bytes());
        let body = format!("{error}\n");
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        assert_eq!(told(&mut server), head + &body);
        assert!(matches!(server.lost(), Some(Reason::Closed)));
        assert_eq!(server.app().refused, [error]);
        assert!(server.app().asked.is_empty());
    }
}

#[test]
fn a_head_that_is_too_long_gets_431() {
    let mut server = server();
    server.receive(format!("GET /{}", "x".repeat(65_536)).as_bytes());
    assert!(told(&mut server).starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"));
    assert_eq!(server.app().refused, [FramingError::HeadTooLong]);
}

#[test]
fn a_request_that_drips_is_cut_off_by_its_deadline() {
    let mut server = server();
    server.receive(get("/").as_bytes());
    server.advance(Duration::from_secs(30));
    for byte in b"GET / HTTP" {
        assert!(server.lost().is_none());
        server.receive(&[*byte]);
        server.advance(Duration::from_secs(1));
    }
    assert!(matches!(server.lost(), Some(Reason::DeadlinePassed)));
}

#[test]
fn a_client_that_asks_nothing_is_let_go() {
    let mut server = server();
    server.advance(Duration::from_secs(59));
    server.receive(get("/").as_bytes());
    server.advance(Duration::from_secs(59));
    assert!(server.lost().is_none());
    server.advance(Duration::from_secs(1));
    assert!(matches!(server.lost(), Some(Reason::Idle)));
}

#[test]
fn an_answer_that_never_comes_does_not_hold_the_connection() {
    let mut server = server();
    server.receive(get("/later").as_bytes());
    server.advance(Duration::from_secs(30));
    assert!(matches!(server.lost(), Some(Reason::DeadlinePassed)));
    answer(&mut server); // too late, and nobody minds
}

/// A path of 20,000 bytes, and a server that is to answer with it a client which has taken nothing yet.
fn large_answer(version: &str) -> (String, Harness<Desk>) {
    let path = format!("/{}", "x".repeat(20_000));
    let mut server = server_with(Limits { high_water: 1_000, ..Limits::default() });
    server.remote().set_room(0);
    server.receive(format!("GET {path} {version}\r\nHost: h\r\n\r\n").as_bytes());
    (path, server)
}

/// The client takes so many bytes a second.
fn take(server: &mut Harness<Desk>, bytes: usize, seconds: u64) {
    for _ in 0..seconds {
        server.remote().set_room(bytes);
        server.advance(Duration::from_secs(1));
    }
}

#[test]
fn a_client_that_takes_its_answer_slowly_gets_all_of_it() {
    for version in ["HTTP/1.1", "HTTP/1.0"] {
        let (path, mut server) = large_answer(version);
        take(&mut server, 100, 210);
        assert!(told(&mut server).ends_with(&path), "{version}: {:?}", server.lost());
        assert_eq!(server.lost().is_none(), version == "HTTP/1.1", "the other asked for one answer");
    }
}

#[test]
fn a_client_is_silent_only_once_it_has_taken_its_answer() {
    let (_, mut server) = large_answer("HTTP/1.1");
    server.advance(Duration::from_secs(200));
    server.remote().set_room(usize::MAX);
    server.advance(Duration::from_secs(59));
    assert!(server.lost().is_none());
    server.advance(Duration::from_secs(1));
    assert!(matches!(server.lost(), Some(Reason::Idle)));
}

#[test]
fn a_client_that_does_not_take_its_answer_is_cut_off_by_a_deadline_however_steadily_it_drips() {
    for (version, bytes) in [("HTTP/1.1", 0), ("HTTP/1.1", 50), ("HTTP/1.0", 0), ("HTTP/1.0", 50)] {
        let (_, mut server) = large_answer(version);
        take(&mut server, bytes, 299);
        assert!(server.lost().is_none(), "{version}, {bytes} bytes a second");
        take(&mut server, bytes, 1);
        assert!(matches!(server.lost(), Some(Reason::DeadlinePassed)), "{version}, {bytes} bytes a second");
    }
}

#[test]
fn an_answer_that_is_taken_leaves_the_request_that_has_begun_its_deadline() {
    let mut server = server();
    server.receive(get("/").as_bytes());
    let high_water = server.sent().len(); // so that the leave to send a body goes beyond it
    let mut server = server_with(Limits { high_water, ..Limits::default() });
    server.remote().set_room(0);
    server.receive(get("/").as_bytes());
    server.receive(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    server.remote().set_room(usize::MAX);
    server.advance(Duration::from_secs(9));
    assert!(told(&mut server).ends_with(" 100 Continue\r\n\r\n") && server.lost().is_none());
    server.advance(Duration::from_secs(1));
    assert!(matches!(server.lost(), Some(Reason::DeadlinePassed)));
}

#[test]
fn a_stop_answers_what_is_in_hand_and_no_more() {
    let mut server = server();
    server.receive(["/later", "/a"].map(get).concat().as_bytes());
    server.reactor.enter(&server.net, |cx| cx.reactor.stop());
    server.settle();
    assert!(server.lost().is_none());
    answer(&mut server);
    let closing = "HTTP/1.1 200 OK\r\nx: y\r\nconnection: close\r\ncontent-length: 4\r\n\r\ndone";
    assert_eq!(told(&mut server), closing);
    assert!(matches!(server.lost(), Some(Reason::Closed)));
}

#[test]
fn a_stop_closes_an_idle_connection_at_once() {
    let mut server = server();
    server.reactor.enter(&server.net, |cx| cx.reactor.stop());
    server.settle();
    assert!(matches!(server.lost(), Some(Reason::Closed)));
}

#[test]
fn a_client_that_does_not_read_is_not_read() {
    let mut server = server_with(Limits { high_water: 1_000, ..Limits::default() });
    server.remote().set_room(0);
    server.receive(get("/a").repeat(1_000).as_bytes());
    let asked = server.app().asked.len();
    assert!(asked < 100, "{asked}");
    server.remote().set_room(usize::MAX);
    server.settle();
    assert_eq!(server.app().asked.len(), 1_000);
    assert_eq!(told(&mut server), ok("/a").repeat(1_000));
}
