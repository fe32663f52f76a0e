//! Over TLS; the server is a real one, and the test carries the bytes between the two.

use reactor::testing::RemoteId;
use reactor::{ClientTls, Cx, Peer, Protocol, ServerTls, WallTime};

use super::*;
use crate::http::Proxies;

const AT: &str = "10.0.0.1:443";
const HOST: &str = "example.test";
const URI: &str = "https://example.test/a?b";
/// The same, with the root's dot.
const ROOTED: &str = "https://example.test./a?b";
/// 2026, when the certificates are valid.
const NOW: WallTime = WallTime::from_unix_nanos(1_767_225_600_000_000_000);

/// Says the same to every request.
struct Server(&'static [u8]);

impl Protocol<App> for Server {
    fn data_received(&mut self, cx: &mut Cx<'_, App, Self>, data: &[u8]) {
        let is_for = |host| data.starts_with(format!("GET /a?b HTTP/1.1\r\nHost: {host}\r\n").as_bytes());
        assert!(is_for("example.test") || is_for("example.test."));
        cx.transport.write(self.0);
    }
}

/// A world in which `certified` is at `AT`, and says this; its certificate is trusted.
fn world(certified: &str, response: &'static [u8], proxy: Proxies) -> World {
    let key = rcgen::generate_simple_self_signed(vec![certified.to_owned()]).unwrap();
    let chain = key.cert.pem();
    let server = ServerTls::new(chain.as_bytes(), key.signing_key.serialize_pem().as_bytes(), &[]).unwrap();
    let client = ClientTls::new(chain.as_bytes(), &[b"http/1.1"]).unwrap();
    let mut world = World::with(AgentConfig { tls: Some(client), proxy, ..AgentConfig::default() });
    world.net.set_wall_clock(NOW);
    world.net.set_addresses(HOST, ["10.0.0.1".parse().unwrap()]);
    let factory = move |_: &mut App, _: Peer| Some(Server(response));
    world.reactor.listen_tls(&mut world.net, AT.parse().unwrap(), &server, factory).unwrap();
    world
}

fn direct(response: &'static [u8]) -> World {
    world(HOST, response, Proxies::none())
}

fn tunnelled(certified: &str) -> World {
    tunnelled_to(certified, URI)
}

fn tunnelled_to(certified: &str, uri: &str) -> World {
    let proxy = ("HTTPS_PROXY".to_owned(), "http://a:b@10.9.9.9:3128".to_owned());
    let mut world = world(certified, OK, Proxies::from_environment([proxy]));
    world.get(1, uri);
    world.settle();
    world
}

impl World {
    /// Carries bytes between the first connection of the agent and the server's, until both are silent.
    fn carry(&mut self, guest: RemoteId) {
        loop {
            self.settle();
            let up = self.server(0).take_sent();
            let down = self.net.remote(guest).take_sent();
            if up.is_empty() && down.is_empty() {
                return;
            }
            self.net.remote(guest).feed(&up);
            self.server(0).feed(&down);
        }
    }

    fn join(&mut self) -> RemoteId {
        let guest = self.net.dial_in(AT.parse().unwrap());
        self.carry(guest);
        guest
    }
}

#[test]
fn https_is_asked_over_tls_and_the_connection_kept() {
    let mut world = direct(OK);
    world.get(1, URI);
    world.settle();
    assert_eq!(world.net.dialled()[0].to.to_string(), AT);
    let guest = world.join();
    assert_eq!(world.answers(), [(1, "ok".to_owned())]);
    world.get(2, URI);
    world.carry(guest);
    assert_eq!(world.answers(), [(2, "ok".to_owned())]);
    assert_eq!((world.dialled(), world.counters().reused), (1, 1));
}

#[test]
fn a_host_with_the_roots_dot_is_looked_up_and_named_so_and_certified_without_it() {
    let mut world = direct(OK);
    world.net.set_addresses("example.test.", ["10.0.0.1".parse().unwrap()]);
    world.net.set_addresses(HOST, ["10.0.0.2".parse().unwrap()]);
    world.get(1, ROOTED);
    world.settle();
    assert_eq!(world.net.dialled()[0].to.to_string(), AT);
    let guest = world.join();
    assert_eq!(world.answers(), [(1, "ok".to_owned())]);
    world.get(2, ROOTED);
    world.carry(guest);
    assert_eq!(world.answers(), [(2, "ok".to_owned())]);
    assert_eq!((world.dialled(), world.counters().reused), (1, 1));
    let mut world = tunnelled_to(HOST, ROOTED);
    let asked = world.asked(0);
    let wanted = "CONNECT example.test.:443 HTTP/1.1\r\nHost: example.test.:443\r\n";
    assert!(asked.starts_with(wanted), "{asked}");
    world.feed(0, b"HTTP/1.1 200 OK\r\n\r\n");
    world.join();
    assert_eq!(world.answers(), [(1, "ok".to_owned())]);
}

#[test]
fn a_server_that_is_not_who_it_should_be_is_told_nothing() {
    let mut world = world("other.test", OK, Proxies::none());
    world.get(1, URI);
    world.settle();
    world.join();
    assert!(world.answer().starts_with("TLS: "));
    assert_eq!(world.counters().insecure, 1);
}

#[test]
fn without_tls_https_is_refused() {
    let mut world = World::new();
    world.get(1, URI);
    world.settle();
    assert_eq!(
        (world.answer().as_str(), world.dialled()),
        ("the request was not sent: https, and the agent has no TLS", 0)
    );
}

#[test]
fn a_body_until_the_close_needs_the_word_of_tls() {
    let mut world = direct(b"HTTP/1.1 200 OK\r\n\r\nall?");
    world.get(1, URI);
    world.settle();
    world.join();
    assert!(world.answers().is_empty());
    world.server(0).close();
    world.settle();
    assert_eq!((world.answer().as_str(), world.counters().truncated), ("the response was cut off", 1));
}

#[test]
fn a_proxy_joins_us_to_the_server_and_hears_nothing_of_the_rest() {
    let mut world = tunnelled(HOST);
    let wanted = "CONNECT example.test:443 HTTP/1.1\r\nHost: example.test:443\r\n";
    let asked = world.asked(0);
    assert!(
        asked.starts_with(wanted) && asked.contains("\r\nProxy-Authorization: Basic YTpi\r\n"),
        "{asked}"
    );
    world.feed(0, b"HTTP/1.1 200 Connection established\r\n\r\n");
    let guest = world.join();
    assert_eq!(world.answers(), [(1, "ok".to_owned())]);
    world.get(2, URI);
    world.carry(guest);
    assert_eq!(world.answers(), [(2, "ok".to_owned())]);
    assert_eq!(world.net.dialled()[0].to.to_string(), "10.9.9.9:3128");
    assert_eq!((world.dialled(), world.counters().proxied), (1, 1));
}

#[test]
fn a_proxy_that_joins_us_has_no_body_whatever_its_fields_say() {
    for fields in [
        "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 1000\r\n",
        "Content-Length: 1000\r\nContent-Length: 1\r\n",
        "Content-Length: nonsense\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding:\r\nConnection: close\r\n",
    ] {
        for line in [
            "HTTP/1.1 200 OK",
            "HTTP/1.0 200 OK",
            "HTTP/1.1 204 No Content",
            "HTTP/1.1 205 Reset",
            "HTTP/1.1 299 ",
        ] {
            let mut world = tunnelled(HOST);
            world.asked(0);
            world.feed(0, format!("{line}\r\n{fields}\r\n").as_bytes());
            world.join();
            assert_eq!(world.answers(), [(1, "ok".to_owned())], "{line} {fields}");
        }
    }
}

#[test]
fn behind_a_proxy_the_server_proves_who_it_is_all_the_same() {
    let mut world = tunnelled("other.test");
    world.asked(0);
    world.feed(0, b"HTTP/1.1 200 OK\r\n\r\n");
    world.join();
    assert!(world.answer().starts_with("TLS: "));
}

#[test]
fn a_proxy_that_does_not_open_the_way_is_an_error() {
    for (said, wanted) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
            "it does not open the way: 407",
        ),
        ("HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nno", "it does not open the way: 302"),
        (
            "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
            "both Content-Length and Transfer-Encoding",
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "it sent bytes of its own"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "it sent bytes of its own"),
        ("HTTP/1.1 200 OK\r\n\r\nhello", "it sent bytes of its own"),
        ("HTTP/1.1 200 OK\r\nno field\r\n\r\n", "an invalid field"),
    ] {
        let mut world = tunnelled(HOST);
        world.feed(0, said.as_bytes());
        let error = world.answer();
        assert!(error.starts_with(&format!("the proxy: {wanted}")), "{error}");
        assert!(world.server(0).is_gone() && !error.contains("/a?b"), "{error}");
        assert_eq!(world.counters().proxy_failures, 1);
    }
}

#[test]
fn the_body_of_a_refusal_may_go_on_until_the_close() {
    let mut world = tunnelled(HOST);
    world.asked(0);
    world.feed(0, b"HTTP/1.0 401 Unauthorized\r\nConnection: close\r\n\r\n<html>");
    assert!(world.answers().is_empty());
    world.server(0).close();
    world.settle();
    assert_eq!(world.answer(), "the proxy: it does not open the way: 401 Unauthorized");
}

#[test]
fn a_proxy_that_hangs_up_or_is_silent_is_an_error() {
    let mut world = tunnelled(HOST);
    world.server(0).close();
    world.settle();
    assert_eq!(world.answer(), "the proxy: it closed the connection before the way was open");
    let mut world = tunnelled(HOST);
    world.pass(WITHIN);
    assert_eq!(world.answer(), "no whole response in time");
}
