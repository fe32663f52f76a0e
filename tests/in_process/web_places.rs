//! A WHATSAT of a client becomes a request to a web service, and its answer the reply (the specification,
//! sections 4 and 8).

use std::fs;
use std::time::Duration;

use herd::config::Config;
use herd::herd::{Herd, Neighbours, Ports, Rules, open};
use herd::key::HerdKey;
use herd::places::{ApiKey, Desk, DeskBounds, Dialect, Google, GoogleLegacy, Overpass, Web};
use herd::traffic_log::{LogFile, TrafficLog};
use reactor::testing::{Call, MockNet, RemoteId};
use reactor::{Limits, Reactor};

const SECOND: Duration = Duration::from_secs(1);
const SERVICE: &str = "http://10.1.1.1:8080";

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../fixtures/places/", $name, ".json"))
    };
}

struct Stage {
    reactor: Reactor<Herd>,
    net: MockNet,
    /// As many services as were dialled have been found.
    dialled: usize,
}

impl Stage {
    fn new(dialect: impl Dialect + 'static) -> Stage {
        let desk = Desk::new(DeskBounds::default()).with_web("web", Box::new(Web::new(dialect)));
        let (key, traffic) = (HerdKey::new(&[1; 32]), TrafficLog::off());
        let herd = Herd::new("Welsh", Neighbours::default(), key, desk, traffic, Rules::default());
        let (reactor, mut net) = (Reactor::new(herd, 1, Limits::default()), MockNet::new());
        net.answer_dials(true);
        let mut stage = Stage { reactor, net, dialled: 0 };
        let clients = ([127, 0, 0, 1], 12004).into();
        open(&mut stage.reactor, &mut stage.net, &Ports { clients, client_tls: None, peers: None }).unwrap();
        stage
    }

    fn client(&mut self) -> RemoteId {
        let client = self.net.dial_in(([127, 0, 0, 1], 12004).into());
        self.say(client, "IAMAT kiwi +34.068930-118.445127 5\n");
        assert!(self.hear(client).starts_with("AT Welsh "));
        client
    }

    fn say(&mut self, remote: RemoteId, text: &str) {
        self.net.remote(remote).feed(text.as_bytes());
        self.net.settle(&mut self.reactor).unwrap();
    }

    fn hear(&mut self, remote: RemoteId) -> String {
        String::from_utf8(self.net.remote(remote).take_sent()).unwrap()
    }

    fn wait(&mut self, time: Duration) {
        self.net.pass(&mut self.reactor, time).unwrap();
    }

    /// The next connection to the service, and what it was asked there.
    fn request(&mut self) -> (RemoteId, String) {
        let service = self.net.dialled()[self.dialled].remote;
        self.dialled += 1;
        let request = self.hear(service);
        (service, request)
    }

    fn answer(&mut self, service: RemoteId, status: &str, body: &str) {
        let length = body.len();
        self.say(
            service,
            &format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"),
        );
    }

    /// What a client gets whose question the service answers so.
    fn reply(&mut self, status: &str, body: &str) -> String {
        let client = self.client();
        self.say(client, "WHATSAT kiwi 10 1\n");
        let (service, _) = self.request();
        self.answer(service, status, body);
        self.hear(client)
    }
}

fn key() -> ApiKey {
    ApiKey::read(b"fixture-key+/=\n").unwrap()
}

fn legacy() -> Stage {
    Stage::new(GoogleLegacy::new(SERVICE, key()))
}

#[test]
fn the_papers_question_is_asked_of_the_papers_service() {
    let mut stage = legacy();
    let client = stage.client();
    stage.say(client, "WHATSAT kiwi 10 1\n");
    let (service, request) = stage.request();
    let line = "GET /maps/api/place/nearbysearch/json?location=34.06893,-118.445127&radius=10000\
                &key=fixture-key%2B%2F%3D HTTP/1.1\r\nHost: 10.1.1.1:8080\r\n";
    assert!(request.starts_with(line), "{request}");
    stage.answer(service, "200 OK", fixture!("legacy_three"));
    let reply = stage.hear(client);
    let (at, places) = reply.split_once('\n').unwrap();
    assert!(at.starts_with("AT Welsh ") && at.ends_with(" kiwi +34.068930-118.445127 5"), "{at}");
    assert_eq!(places, format!("{}\n\n", fixture!("legacy_three.cut_to_one").trim_end()));
}

#[test]
fn the_new_service_is_asked_with_the_key_in_a_header() {
    let mut stage = Stage::new(Google::new(SERVICE, key()));
    let client = stage.client();
    stage.say(client, "WHATSAT kiwi 10 20\n");
    let (service, request) = stage.request();
    assert!(request.starts_with("POST /v1/places:searchNearby HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("\r\nx-goog-api-key: fixture-key+/=\r\n"), "{request}");
    stage.answer(service, "200 OK", fixture!("google_two"));
    let expected = format!(" 5\n{}\n\n", fixture!("google_two.expected"));
    let reply = stage.hear(client);
    assert!(reply.ends_with(&expected), "{reply}");
}

#[test]
fn a_status_of_the_service_is_an_answer() {
    let reply =
        Stage::new(Google::new(SERVICE, key())).reply("429 Too Many Requests", fixture!("google_429"));
    assert!(reply.contains("\"error_message\" : \"Quota exceeded"), "{reply}");
    assert!(reply.ends_with("\"results\" : [],\n   \"status\" : \"OVER_QUERY_LIMIT\"\n}\n\n"), "{reply}");
    let reply = legacy().reply("200 OK", fixture!("legacy_request_denied"));
    assert!(reply.ends_with(&format!(" 5\n{}\n", fixture!("legacy_request_denied"))), "{reply}");
}

#[test]
fn what_a_service_forbids_to_keep_is_not_logged_even_if_a_configuration_read_since_does_not_name_it() {
    let services = [
        (legacy(), fixture!("legacy_three"), false),
        (Stage::new(Google::new(SERVICE, key())), fixture!("google_two"), false),
        (Stage::new(Overpass::new(SERVICE)), fixture!("overpass_three"), true),
    ];
    for (mut stage, answer, is_logged) in services {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Welsh.log");
        let herd = &mut stage.reactor.app;
        herd.traffic = TrafficLog::to(LogFile::open(&path, 1_000_000).unwrap(), true);
        herd.rules = Rules::of(&Config::default());
        assert!(stage.reply("200 OK", answer).contains("html_attributions"));
        stage.wait(SECOND);
        let log = fs::read_to_string(&path).unwrap();
        let logged = ["html_attributions", " bytes of places)"].map(|words| log.contains(words));
        assert_eq!(logged, [is_logged, !is_logged], "{log}");
    }
}

#[test]
fn the_only_empty_line_of_a_reply_is_its_last_whatever_ends_the_lines_of_the_answer() {
    for end in ["\n", "\r\n", "\n\r\n", "\r\n\r\n", "\r\n\n", "\n\r\r\n"] {
        let body = ["\u{feff}", "{\"results\":[],", "\"status\":\"OK\"", "}", ""].join(end);
        let reply = legacy().reply("200 OK", &body);
        let lines: Vec<&str> = reply.split('\n').map(|line| line.trim_end_matches('\r')).collect();
        assert_eq!(lines[1..], ["{\"results\":[],", "\"status\":\"OK\"", "}", "", ""], "{body:?}");
    }
}

#[test]
fn whatever_is_no_answer_is_an_invalid_command() {
    let ok = fixture!("legacy_three");
    for (status, body) in [
        ("302 Found", ok),
        ("403 Forbidden", ok),
        ("500 Internal Server Error", ok),
        ("200 OK", ""),
        ("200 OK", "<html>"),
        ("200 OK", "[]"),
        ("200 OK", &"[".repeat(100_000)),
        ("200 OK", &ok[..ok.len() - 3]),
    ] {
        assert_eq!(legacy().reply(status, body), "? WHATSAT kiwi 10 1\n", "{status}");
    }
    for (status, body) in [
        ("200 OK", fixture!("overpass_timed_out")),
        ("429 Too Many Requests", ""),
        ("504 Gateway Timeout", ""),
    ] {
        let overpass = Overpass::new("http://10.1.1.1:8080/api/interpreter");
        assert_eq!(Stage::new(overpass).reply(status, body), "? WHATSAT kiwi 10 1\n", "{status}");
    }
}

#[test]
fn a_response_that_is_misframed_or_cut_off_is_no_answer() {
    for response in [
        "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}",
        "",
    ] {
        let mut stage = legacy();
        let client = stage.client();
        stage.say(client, "WHATSAT kiwi 10 1\n");
        let (service, _) = stage.request();
        stage.net.remote(service).feed(response.as_bytes());
        stage.net.remote(service).close();
        stage.net.settle(&mut stage.reactor).unwrap();
        assert_eq!(stage.hear(client), "? WHATSAT kiwi 10 1\n", "{response}");
    }
}

#[test]
fn a_long_answer_is_read_on_another_thread() {
    let body =
        |length| format!("{{\"results\":[],\"status\":\"OK\",\"padding\":\"{}\"}}", "x".repeat(length));
    for (length, is_deferred) in [(1_000, 0), (300_000, 1)] {
        let mut stage = legacy();
        let reply = stage.reply("200 OK", &body(length));
        assert!(reply.ends_with(&format!(" 5\n{}\n\n", body(length))), "{length}");
        assert_eq!(stage.net.calls(Call::Defer), is_deferred, "{length}");
    }
}

#[test]
fn a_service_that_says_nothing_or_drips_has_five_seconds() {
    let mut stage = legacy();
    let (silent, client) = (stage.client(), stage.client());
    stage.say(silent, "WHATSAT kiwi 10 1\nnext\n");
    let (service, _) = stage.request();
    for byte in "HTTP/1.1 200 OK\r\n".chars().take(9) {
        stage.say(service, &byte.to_string());
        stage.wait(SECOND / 2);
    }
    assert_eq!(stage.hear(silent), "");
    stage.say(client, "meanwhile\n");
    assert_eq!(stage.hear(client), "? meanwhile\n");
    stage.wait(SECOND / 2);
    assert_eq!(stage.hear(silent), "? WHATSAT kiwi 10 1\n? next\n");
    assert!(stage.net.remote(service).has_ended());
}

#[test]
fn a_service_that_is_down_is_left_alone_and_found_again() {
    let mut stage = legacy();
    for _ in 0..5 {
        assert_eq!(stage.reply("503 Service Unavailable", ""), "? WHATSAT kiwi 10 1\n");
    }
    let client = stage.client();
    stage.say(client, "WHATSAT kiwi 10 1\n");
    assert_eq!(stage.hear(client), "? WHATSAT kiwi 10 1\n");
    assert_eq!(stage.net.dialled().len(), 5);
    stage.wait(SECOND);
    let reply = stage.reply("200 OK", fixture!("legacy_zero_results"));
    assert!(reply.ends_with("\"status\" : \"ZERO_RESULTS\"\n}\n\n"), "{reply}");
}

#[test]
fn clients_that_ask_the_same_share_a_request_and_one_that_leaves_harms_nobody() {
    let mut stage = legacy();
    let (one, gone, three) = (stage.client(), stage.client(), stage.client());
    stage.say(one, "WHATSAT kiwi 10 1\n");
    stage.say(gone, "WHATSAT kiwi 10.0 2\n");
    stage.say(three, "WHATSAT kiwi 10 3\n");
    stage.net.remote(gone).reset(std::io::ErrorKind::ConnectionReset);
    stage.net.settle(&mut stage.reactor).unwrap();
    let (service, _) = stage.request();
    stage.answer(service, "200 OK", fixture!("legacy_three"));
    assert_eq!(stage.net.dialled().len(), 1);
    let names = |reply: &str| reply.matches("\"place_id\"").count();
    assert_eq!((names(&stage.hear(one)), names(&stage.hear(three))), (1, 3));
    assert_eq!((stage.reactor.app.desk.counters().asked, stage.reactor.app.desk.counters().merged), (3, 2));
}
