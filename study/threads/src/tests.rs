//! Servers on loopback, as clients and neighbours see them.

use std::io::{BufRead, BufReader, Read, Write};
use std::iter;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use herd::places::ApiKey;

use crate::places::Places;
use crate::server::Server;

/// A test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(120);

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Serves as long as the tests run.
fn start(listener: TcpListener, server: Server) {
    thread::spawn(move || server.run(&listener));
}

fn start_alone(name: &str, places: Option<Places>) -> Client {
    let (listener, address) = listen();
    start(listener, Server::new(name, Vec::new(), places));
    Client::new(address)
}

struct Client(BufReader<TcpStream>);

impl Client {
    fn new(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Client(BufReader::new(stream))
    }

    fn say(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line
    }

    fn ask(&mut self, line: &str) -> String {
        self.say(&format!("{line}\n"));
        self.hear()
    }
}

/// A service that answers every question with two places, one question a connection.
fn places() -> Places {
    let (listener, address) = listen();
    let text = "{\n   \"results\" : [\n      1,\n      2\n   ],\n\n   \"status\" : \"OK\"\n}\n";
    let length = text.len();
    let answer = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{text}");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                reader.read_line(&mut head).unwrap();
            }
            let is_right = head.starts_with(
                "GET /maps/api/place/nearbysearch/json?location=34.06893,-118.445127&radius=10000&key=key ",
            );
            let answer = if is_right { &answer } else { "HTTP/1.1 404 Not Found\r\n\r\n" };
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    Places::new(&format!("http://{address}"), ApiKey::read(b"key").unwrap())
}

#[test]
fn a_report_is_answered_and_the_newest_wins() {
    let mut client = start_alone("Welsh", Some(places()));
    let newest = client.ask("IAMAT kiwi +34.068930-118.445127 1479413884.392014451");
    assert!(newest.starts_with("AT Welsh +"), "{newest}");
    assert!(newest.ends_with(" kiwi +34.068930-118.445127 1479413884.392014451\n"), "{newest}");
    let older = client.ask("IAMAT kiwi +1-1 1479413884.392014450");
    assert!(older.ends_with(" kiwi +1-1 1479413884.392014450\n"), "{older}");
    assert_eq!(client.ask("WHATSAT kiwi 10 1"), newest);
}

#[test]
fn a_question_is_answered_with_places_cut_to_the_bound() {
    let mut client = start_alone("Welsh", Some(places()));
    let at = client.ask("IAMAT kiwi +34.068930-118.445127 5");
    client.say("WHATSAT kiwi 10 1\nend\n");
    let reply: String = iter::repeat_with(|| client.hear()).take_while(|line| line != "? end\n").collect();
    let places = "{\n   \"results\" : [\n      1\n   ],\n   \"status\" : \"OK\"\n}\n\n";
    assert_eq!(reply, format!("{at}{places}"));
}

#[test]
fn what_cannot_be_answered_comes_back_behind_a_question_mark() {
    let mut client = start_alone("Welsh", None);
    client.ask("IAMAT kiwi +34.068930-118.445127 5");
    for line in ["", "iamat kiwi +1-1 5", "WHATSAT nobody 10 1", "WHATSAT kiwi 51 1", "WHATSAT kiwi 10 1"] {
        assert_eq!(client.ask(line), format!("? {line}\n"), "no key, no places");
    }
    assert_eq!(client.ask(" spaced \r"), "?  spaced \n");
}

#[test]
fn lines_may_share_a_segment_and_replies_keep_their_order() {
    let mut client = start_alone("Welsh", None);
    client.say("one\ntwo\r\nIAMAT kiwi +1-1 5\nfo");
    assert_eq!([client.hear(), client.hear()], ["? one\n", "? two\n"]);
    assert!(client.hear().ends_with(" kiwi +1-1 5\n"));
    client.say("ur\n");
    assert_eq!(client.hear(), "? four\n");
}

#[test]
fn a_line_that_is_too_long_ends_the_connection() {
    let mut client = start_alone("Welsh", None);
    assert_eq!(client.ask(&"a".repeat(16 * 1024)).len(), "? ".len() + 16 * 1024 + 1);
    client.say(&"a".repeat(16 * 1024 + 1));
    assert_eq!(client.0.read_to_end(&mut Vec::new()).unwrap(), 0);
}

#[test]
fn a_report_reaches_every_server_of_a_ring() {
    let listeners = [listen(), listen(), listen()];
    let [one, two, three] = [0, 1, 2].map(|n: usize| listeners[n].1);
    let servers = [("A", [two, three]), ("B", [one, three]), ("C", [one, two])];
    for ((listener, _), (name, neighbours)) in listeners.into_iter().zip(servers) {
        let neighbours = neighbours.iter().map(SocketAddr::to_string).collect();
        start(listener, Server::new(name, neighbours, Some(places())));
    }
    let at = Client::new(one).ask("IAMAT kiwi +34.068930-118.445127 5");
    for server in [two, three] {
        let end = Instant::now() + PATIENCE;
        let mut heard = iter::repeat_with(|| Client::new(server).ask("WHATSAT kiwi 10 1"));
        assert!(heard.by_ref().take_while(|_| Instant::now() < end).any(|reply| reply == at));
    }
}

#[test]
fn what_was_heard_before_is_not_passed_on() {
    let [(listener, address), (witness, neighbour)] = [listen(), listen()];
    start(listener, Server::new("A", vec![neighbour.to_string()], None));
    let lines = ["AT B +0.000000000 kiwi +1-1 5\n", "AT B +0.000000000 kiwi +1-1 6\n"];
    let mut client = Client::new(address);
    client.say(&[lines[0], lines[0], lines[1], lines[0]].concat());
    for line in lines {
        let mut heard = String::new();
        witness.accept().unwrap().0.read_to_string(&mut heard).unwrap();
        assert_eq!(heard, line);
    }
}
