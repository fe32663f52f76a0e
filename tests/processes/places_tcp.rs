//! A real server that asks a service of places on loopback, as it is configured; and real imports.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Output;
use std::sync::mpsc::{self, Receiver};

use crate::common::authority::{Identity, trusted, write_key};
use crate::common::{Herd, PATIENCE, eventually};
use herd::places::LONGEST;
use rustix::process::Signal;

const KEY: &str = "a-key-that-nobody-sees";
/// Longer than any answer takes on a busy machine.
const TIMEOUT: &str = "--set=places.timeout=2m";

/// A service on loopback that gives each of these answers once; its URL, and what it was asked.
fn service(answers: &[&'static str]) -> (String, Receiver<String>) {
    let answers = answers.to_vec();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, (to, asked)) = (format!("http://{}", listener.local_addr().unwrap()), mpsc::channel());
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            to.send(read_request(&mut stream)).unwrap();
            write!(stream, "HTTP/1.1 {answer}").unwrap();
        }
    });
    (url, asked)
}

/// A request, head and body.
fn read_request(stream: &mut TcpStream) -> String {
    let mut request = String::new();
    let mut stream = BufReader::new(stream);
    while !request.ends_with("\r\n\r\n") {
        assert!(stream.read_line(&mut request).unwrap() > 0, "cut off: {request}");
    }
    let length = request.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).unwrap();
    request + &String::from_utf8(body).unwrap()
}

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../fixtures/places/", $name, ".json"))
    };
}

#[test]
fn every_provider_on_the_web_is_asked_in_its_own_way_and_answers_in_one() {
    const LEGACY: &str = concat!("200 OK\r\n\r\n", fixture!("legacy_three"));
    const GOOGLE: &str = concat!("200 OK\r\n\r\n", fixture!("google_two"));
    const OVERPASS: &str = concat!("200 OK\r\n\r\n", fixture!("overpass_three"));
    let cases: [(&str, &[&str], &str, &str, &str); 3] = [
        (
            "google-legacy",
            &[LEGACY],
            "GET /maps/api/place/nearbysearch/json?",
            "1",
            fixture!("legacy_three.cut_to_one"),
        ),
        ("google", &[GOOGLE], "POST /v1/places:searchNearby ", "20", fixture!("google_two.expected")),
        ("overpass", &[OVERPASS], "POST / ", "20", fixture!("overpass_three.expected")),
    ];
    for (provider, answers, request, bound, expected) in cases {
        let (url, asked) = service(answers);
        let mut herd = Herd::new();
        fs::write(herd.path("key"), KEY).unwrap();
        let flags = [format!("--set=places.provider={provider}"), format!("--set=places.base_url={url}")];
        herd.start_with("Welsh", &[&flags[0], &flags[1], "--set=places.key_file=key", TIMEOUT]);
        let mut client = herd.client("Welsh");
        let at = client.ask("IAMAT kiwi +34.068930-118.445127 5");
        assert_eq!(client.whatsat(&format!("kiwi 10 {bound}")), format!("{at}\n{}\n\n", expected.trim_end()));
        let asked = asked.recv_timeout(PATIENCE).unwrap();
        assert!(asked.starts_with(request), "{asked}");
    }
}

#[test]
fn the_longest_answer_reaches_the_command_line_in_clear_and_over_tls() {
    let empty = r#"{"results":[""],"status":"OK"}"#.len();
    let body = format!(r#"{{"results":["{}"],"status":"OK"}}"#, "x".repeat(LONGEST - empty));
    let answer: &str = format!("200 OK\r\n\r\n{body}").leak();
    for tls in ["false", "true"] {
        let (url, _asked) = service(&[answer]);
        let mut herd = Herd::new();
        let identity = Identity::right();
        fs::write(herd.path("cert.pem"), &identity.chain).unwrap();
        fs::write(herd.path("ca.pem"), trusted()).unwrap();
        write_key(&herd.path("key.pem"), &identity.key);
        fs::write(herd.path("key"), KEY).unwrap();
        let clients = ["cert=\"cert.pem\"", "key=\"key.pem\"", "ca_file=\"ca.pem\"", &format!("tls={tls}")];
        let places = ["provider=\"google-legacy\"", "key_file=\"key\"", &format!("base_url=\"{url}\"")];
        let flags = clients.map(|set| format!("--set=clients.{set}")).into_iter();
        let flags: Vec<String> = flags.chain(places.map(|set| format!("--set=places.{set}"))).collect();
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        herd.start_with("Welsh", &flags);
        let run =
            |arguments: &[&str]| String::from_utf8(herd.run(&[arguments, &flags].concat()).stdout).unwrap();
        let at = run(&["iamat", "Welsh", "kiwi", "+34.068930-118.445127"]);
        let reply = run(&["whatsat", "Welsh", "kiwi", "10", "5"]);
        assert!(reply == format!("{at}{body}\n\n"), "tls={tls}: {} bytes after {at}", reply.len());
    }
}

#[test]
fn the_configured_services_are_asked_in_their_order_and_the_key_is_nowhere() {
    const ANSWERS: &[&str] = &[
        "200 OK\r\n\r\n{\n   \"html_attributions\" : [],\n\n   \"results\" : [ 1, 2, 3 ],\n   \"status\" : \"OK\"\n}\n",
        "503 Service Unavailable\r\n\r\n",
    ];
    let (url, asked) = service(ANSWERS);
    let herd = Herd::new();
    fs::write(herd.path("key"), format!("{KEY}\n")).unwrap();
    let url = format!("--set=places.base_url={url}");
    let chain = "--set=places.chain=[\"google-legacy\", \"builtin\"]";
    let mut command = herd.command(&["Welsh", chain, &url, "--set=places.key_file=key", TIMEOUT]);
    let mut server = herd.spawn_command("Welsh", command.env("RUST_LOG", "trace"));
    eventually("Welsh is ready", || herd.said("Welsh").contains(": ready: "));

    let mut client = herd.client("Welsh");
    let at = client.ask("IAMAT kiwi +34.068930-118.445127 5");
    let places =
        "{\n   \"html_attributions\" : [],\n   \"results\" : [ 1, 2 ],\n   \"status\" : \"OK\"\n}\n\n";
    assert_eq!(client.whatsat("kiwi 10 2"), format!("{at}\n{places}"));
    let request = asked.recv_timeout(PATIENCE).unwrap();
    assert!(
        request.contains(&format!("?location=34.06893,-118.445127&radius=10000&key={KEY} ")),
        "{request}"
    );
    assert!(client.whatsat("kiwi 10 2").contains("\"name\" : \"Bel Air\""), "the next one answers");

    server.signal(Signal::TERM);
    assert!(server.end().success());
    let log = herd.log("Welsh") + &herd.said("Welsh");
    assert!(log.contains("google-legacy: 2 calls\n") && log.contains("builtin: 1 calls\n"), "{log}");
    assert!(!log.contains("builtin: 0"), "a time that is not known is left out: {log}");
    assert!(log.contains("google-legacy: no places: the answer is an HTTP status 503"), "{log}");
    assert!(!log.contains(KEY), "{log}");
    let kept = ["bytes of places)", "html_attributions"].map(|text| log.contains(text));
    assert_eq!(kept, [true, false], "Google's answers are not kept: {log}");
}

/// The exit status of an import, and what it says.
fn import(herd: &Herd, arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } =
        herd.run(&[&["places", "import", "--output=out"], arguments].concat());
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn an_import_of_less_than_half_of_its_rows_needs_a_flag() {
    let herd = Herd::new();
    fs::write(herd.path("out"), "old").unwrap();
    fs::write(herd.path("few.csv"), "name,lat,lon\na,1,1\nb,north,1\nc,1,east\n").unwrap();
    let (code, out, err) = import(&herd, &["few.csv"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    let refusal = "herd: only 1 of 3 rows can be used, less than half; nothing is written. Say --allow-skipped to \
                   import them all the same\n";
    assert!(err.starts_with("few.csv:3: ") && err.ends_with(refusal), "{err}");
    assert_eq!(fs::read(herd.path("out")).unwrap(), b"old");
    let (code, out, _) = import(&herd, &["--allow-skipped", "few.csv"]);
    assert_eq!((code, out.as_str()), (Some(0), "1 place from few.csv, 2 rows skipped\n"));
    assert!(fs::read(herd.path("out")).unwrap().starts_with(b"HGZ2"));
}

#[test]
fn what_an_import_has_skipped_and_replaced_is_said() {
    const POINT: &str =
        r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[-118.4,34.1]},"properties":"#;
    let feature = |id: &str| format!("{POINT}{{\"id\":\"{id}\",\"names\":{{\"primary\":\"a\"}}}}}}");
    let [one, two] = ["one", "two"].map(feature);
    let herd = Herd::new();
    fs::write(herd.path("a.json"), format!("[{one},{POINT}{{}}}},{two}]")).unwrap();
    fs::write(herd.path("b.geojsonl"), format!("{two},\n{two}\n")).unwrap();
    let said = "2 places from a.json, 1 row skipped\n2 places from b.geojsonl, 0 rows skipped\n\
                2 places replaced by a later row with the same identifier\n";
    let (code, out, err) = import(&herd, &["a.json", "b.geojsonl"]);
    assert_eq!((code, out.as_str()), (Some(0), said));
    assert_eq!(err, "a.json: feature 2: no identifier\n");
}
