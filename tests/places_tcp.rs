//! A real server that asks a service of places on loopback, as it is configured.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the service stands outside of the reactor"
)]

mod common;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use common::{Herd, eventually};
use reactor::mio_net::MioNet;
use reactor::{Cx, Limits, Protocol, Reactor, ServerTls};
use rustix::process::Signal;

const KEY: &str = "a-key-that-nobody-sees";
const PATIENCE: Duration = Duration::from_secs(20);

/// A service on loopback that gives each of these answers once; its URL, and what it was asked.
fn service(answers: &'static [&'static str]) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, (to, asked)) = (format!("http://{}", listener.local_addr().unwrap()), mpsc::channel());
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.extend(byte);
            }
            to.send(String::from_utf8(request).unwrap()).unwrap();
            write!(stream, "HTTP/1.1 {answer}").unwrap();
        }
    });
    (url, asked)
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
    let mut command = herd.command(&["Welsh", chain, &url, "--set=places.key_file=key"]);
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
    assert!(log.contains("google-legacy: 2 calls in ") && log.contains("builtin: 1 calls in "), "{log}");
    assert!(log.contains("google-legacy: no places: the answer is an HTTP status 503"), "{log}");
    assert!(!log.contains(KEY), "{log}");
}

/// Answers whatever it hears first.
struct Secure;

impl Protocol<()> for Secure {
    fn data_received(&mut self, cx: &mut Cx<'_, (), Self>, _: &[u8]) {
        cx.transport.write(b"HTTP/1.1 200 OK\r\n\r\n{\"results\":[],\"status\":\"ZERO_RESULTS\"}");
        cx.transport.lose_connection();
    }
}

/// A service on loopback that speaks TLS as `certified`; its port and its certificate (PEM).
fn secure_service(certified: &str) -> (u16, String) {
    let certificate = rcgen::generate_simple_self_signed(vec![certified.to_owned()]).unwrap();
    let (chain, key) = (certificate.cert.pem(), certificate.signing_key.serialize_pem());
    let tls = ServerTls::new(chain.as_bytes(), key.as_bytes(), &[b"http/1.1"]).unwrap();
    let (to, ports) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut net, mut reactor) = (MioNet::new().unwrap(), Reactor::new((), 1, Limits::default()));
        let any = ([127, 0, 0, 1], 0).into();
        let (_, at) = reactor.listen_tls(&mut net, any, &tls, |_: &mut (), _| Some(Secure)).unwrap();
        to.send(at.port()).unwrap();
        reactor.run(&mut net).unwrap();
    });
    (ports.recv_timeout(PATIENCE).unwrap(), chain)
}

/// What a server answers that asks a service certified as `certified`, and what it says of it.
fn asked_over_tls(certified: &str, is_trusted: bool) -> (String, String) {
    let (port, chain) = secure_service(certified);
    let mut herd = Herd::new();
    fs::write(herd.path("key"), KEY).unwrap();
    fs::write(herd.path("ca.pem"), chain).unwrap();
    let (url, trusted) =
        (format!("--set=places.base_url=https://localhost:{port}"), "--set=places.ca_file=ca.pem");
    let flags = ["--set=places.provider=google-legacy", &url, "--set=places.key_file=key", trusted];
    herd.start_with("Welsh", &flags[..if is_trusted { 4 } else { 3 }]);
    let mut client = herd.client("Welsh");
    client.ask("IAMAT kiwi +34.068930-118.445127 5");
    (client.whatsat("kiwi 10 2"), herd.said("Welsh"))
}

#[test]
fn a_service_has_to_prove_who_it_is() {
    let (answer, _) = asked_over_tls("localhost", true);
    assert!(answer.ends_with("\n{\"results\":[],\"status\":\"ZERO_RESULTS\"}\n\n"), "{answer}");
    for (certified, is_trusted) in [("localhost", false), ("elsewhere.example", true)] {
        let (answer, said) = asked_over_tls(certified, is_trusted);
        assert_eq!(answer, "? WHATSAT kiwi 10 2\n", "{certified}");
        assert!(said.contains("google-legacy: no places: ") && said.contains("certificate"), "{said}");
        assert!(!said.contains(KEY), "{said}");
    }
}
