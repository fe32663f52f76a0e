//! The examples do what they say, on a net without sockets.

#[path = "../../examples/chat.rs"]
#[expect(dead_code, reason = "its main is for real sockets")]
mod chat;
#[path = "../../examples/echo.rs"]
#[expect(dead_code, reason = "its main is for real sockets")]
mod echo;
#[path = "../../examples/get.rs"]
#[expect(dead_code, reason = "its main is for real sockets")]
mod get;
#[path = "../../examples/http_server.rs"]
#[expect(dead_code, reason = "its main is for real sockets")]
mod http_server;
#[path = "../../examples/line_client.rs"]
#[expect(dead_code, reason = "its main is for real sockets")]
mod line_client;
#[path = "../../examples/proxy.rs"]
#[expect(dead_code, reason = "its main is for real sockets")]
mod proxy;

use std::io;
use std::time::Duration;

use reactor::testing::{MockNet, RemoteId};
use reactor::{Reactor, Turn};

/// The net, and the reactor that an example makes on it.
struct World<A> {
    net: MockNet,
    reactor: Reactor<A>,
}

impl<A: 'static> World<A> {
    fn new(make: impl FnOnce(&mut MockNet) -> io::Result<Reactor<A>>) -> World<A> {
        let mut net = MockNet::new();
        let reactor = make(&mut net).unwrap();
        World { net, reactor }
    }

    fn dial_in(&mut self) -> RemoteId {
        let at = self.net.listening()[0];
        self.net.dial_in(at)
    }

    fn say(&mut self, who: RemoteId, what: &str) {
        self.net.remote(who).feed(what.as_bytes());
        self.net.settle(&mut self.reactor).unwrap();
    }

    /// What `who` was told since this was last asked.
    fn told(&mut self, who: RemoteId) -> String {
        String::from_utf8(self.net.remote(who).take_sent()).unwrap()
    }
}

#[test]
fn echo_echoes() {
    let mut world = World::new(echo::server);
    let client = world.dial_in();
    world.say(client, "hello");
    assert_eq!(world.told(client), "hello");
}

#[test]
fn chat_tells_everybody_else() {
    let mut world = World::new(chat::server);
    let (ann, bob) = (world.dial_in(), world.dial_in());
    world.say(ann, "Ann\r\n");
    world.say(bob, "Ann\n");
    assert!(world.told(bob).ends_with("Taken. Who are you?\n"));
    world.say(bob, "Bob\n");
    world.told(ann);
    world.told(bob);
    world.say(ann, "hello\n");
    assert_eq!((world.told(ann), world.told(bob)), (String::new(), "<Ann> hello\n".to_owned()));
}

#[test]
fn chat_forgets_the_name_of_who_has_left() {
    let mut world = World::new(chat::server);
    for _ in 0..2 {
        let ann = world.dial_in();
        world.say(ann, "Ann\n");
        assert!(world.told(ann).ends_with("Come in, Ann.\n"));
        world.net.remote(ann).reset(io::ErrorKind::ConnectionReset);
    }
}

#[test]
fn http_server_counts_its_visits() {
    let mut world = World::new(http_server::server);
    let client = world.dial_in();
    for visit in 1..=2 {
        world.say(client, "GET /moon HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert!(world.told(client).ends_with(&format!("/moon is visit {visit}\n")));
    }
}

#[test]
fn proxy_relays() {
    let mut world = World::new(proxy::server);
    world.net.answer_dials(true);
    let client = world.dial_in();
    world.say(client, "question");
    assert_eq!(world.net.last_dialled().sent(), b"question");
}

#[test]
fn line_client_says_hello_and_stops_when_answered() {
    let mut world = World::new(|net| Ok(line_client::client(net)));
    world.net.answer_dials(true);
    world.net.settle(&mut world.reactor).unwrap();
    assert_eq!(world.net.last_dialled().sent(), b"hello, world\n");
    world.net.last_dialled().feed(b"hello yourself\nand more\n");
    world.net.last_dialled().close();
    world.net.settle(&mut world.reactor).unwrap();
    assert_eq!(world.reactor.app, ["hello yourself"]);
    assert_eq!(world.reactor.turn(&mut world.net, Some(Duration::ZERO)).unwrap(), Turn::Stopped);
}

#[test]
fn line_client_stops_when_nobody_is_there() {
    let mut world = World::new(|net| Ok(line_client::client(net)));
    world.net.settle(&mut world.reactor).unwrap();
    world.net.last_dialled().refuse(io::ErrorKind::ConnectionRefused);
    world.net.settle(&mut world.reactor).unwrap();
    assert_eq!(world.reactor.turn(&mut world.net, Some(Duration::ZERO)).unwrap(), Turn::Stopped);
}

#[test]
fn get_brings_a_page_and_stops() {
    let request = http::Request::get("http://10.0.0.1/").body(Vec::new()).unwrap();
    let mut world = World::new(|net| Ok(get::client(net, protocols::http::AgentConfig::default(), request)));
    world.net.answer_dials(true);
    world.net.settle(&mut world.reactor).unwrap();
    assert!(world.net.last_dialled().sent().starts_with(b"GET / HTTP/1.1\r\nHost: 10.0.0.1\r\n"));
    world.net.last_dialled().feed(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    world.net.settle(&mut world.reactor).unwrap();
    let page = world.reactor.app.result.take().unwrap().unwrap();
    assert_eq!(page.body(), b"hello");
    world.net.last_dialled().close();
    assert_eq!(world.reactor.turn(&mut world.net, Some(Duration::ZERO)).unwrap(), Turn::Stopped);
}
