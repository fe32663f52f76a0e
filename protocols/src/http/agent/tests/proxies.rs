//! By way of a proxy.

use super::*;
use crate::http::Proxies;

fn by_proxy() -> World {
    let variables =
        ["http_proxy", "https_proxy"].map(|name| (name.to_owned(), "http://a:b@10.9.9.9:3128".to_owned()));
    World::with(AgentConfig { proxy: Proxies::from_environment(variables), ..AgentConfig::default() })
}

#[test]
fn plain_requests_go_to_the_proxy_whole() {
    let mut world = by_proxy();
    world.get(1, "http://example.org/a?b");
    world.settle();
    assert_eq!(world.net.dialled()[0].to.to_string(), "10.9.9.9:3128");
    let asked = world.asked(0);
    assert!(asked.starts_with("GET http://example.org/a?b HTTP/1.1\r\nHost: example.org\r\n"), "{asked}");
    assert!(asked.contains("\r\nProxy-Authorization: Basic YTpi\r\n"), "{asked}");
    world.feed(0, OK);
    assert_eq!(world.answer(), "ok");
    assert_eq!(world.counters().proxied, 1);
}

#[test]
fn a_proxy_that_cannot_be_reached_is_named_as_such() {
    let mut world = by_proxy();
    world.net.answer_dials(false);
    world.get_all([1]);
    world.server(0).refuse(io::ErrorKind::ConnectionRefused);
    world.settle();
    assert_eq!(world.answer(), "the proxy: cannot connect: connection refused");
    assert_eq!(world.counters().proxy_failures, 1);
}
