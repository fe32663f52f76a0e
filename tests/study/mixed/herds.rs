//! Herds of both kinds: whoever of the five is ours and whoever is the original, all know the same.

use super::kind::{Kind, Makers, Server};
use super::service::{self, Response};
use crate::common::{Herd, NAMES, eventually};

/// The first report of a client. A float can tell the three times apart: the original has nothing else.
const FIRST: &str = "1479413884.25";
/// One that is older than the next.
const BETWEEN: &str = "1479413884.375";
const NEWER: &str = "1479413884.5";

#[test]
fn five_of_ours() {
    assert_eq!(mixes_with(0), 1);
}

#[test]
fn a_single_original_among_four_of_ours() {
    assert_eq!(mixes_with(1), 5);
}

#[test]
fn two_originals_among_three_of_ours() {
    assert_eq!(mixes_with(2), 10);
}

#[test]
fn three_originals_and_two_of_ours() {
    assert_eq!(mixes_with(3), 10);
}

#[test]
fn a_single_one_of_ours_among_four_originals() {
    assert_eq!(mixes_with(4), 5);
}

#[test]
fn five_originals() {
    assert_eq!(mixes_with(5), 1);
}

#[test]
fn herds_of_all_three_kinds() {
    let Some(makers) = Makers::find_all() else { return };
    for turn in 0..5 {
        let mut kinds = [Kind::Ours, Kind::Twisted, Kind::Node, Kind::Ours, Kind::Node];
        kinds.rotate_left(turn);
        Mix::start(&makers, kinds, Kind::linked).all_know_the_same();
    }
}

#[test]
fn without_links_nobody_else_is_seen_to_know() {
    let Some(makers) = Makers::find() else { return };
    let kinds = [Kind::Ours, Kind::Twisted, Kind::Ours, Kind::Twisted, Kind::Ours];
    let mix = Mix::start(&makers, kinds, Kind::alone);
    for (place, name) in (0..).zip(NAMES) {
        let known = mix.report(place, place, FIRST);
        let knowing = NAMES.iter().filter(|name| mix.whatsat(name, &known) == known.answer());
        assert_eq!(knowing.collect::<Vec<_>>(), [&name]);
    }
}

/// Tries all herds with so many servers of the Twisted original: how many those are.
fn mixes_with(originals: u32) -> usize {
    let mixes = (0..1_u32 << NAMES.len()).filter(|mix| mix.count_ones() == originals);
    let kind = |mix: u32, place: u32| if mix >> place & 1 == 0 { Kind::Ours } else { Kind::Twisted };
    let mixes: Vec<[Kind; 5]> = mixes.map(|mix| [0, 1, 2, 3, 4].map(|place| kind(mix, place))).collect();
    if let Some(makers) = Makers::find() {
        mixes.iter().for_each(|kinds| Mix::start(&makers, *kinds, Kind::linked).all_know_the_same());
    }
    mixes.len()
}

/// Five servers that listen.
struct Mix {
    herd: Herd,
    _servers: Vec<Server>,
}

impl Mix {
    /// With the flags that `links` gives for each kind and server.
    fn start(makers: &Makers, kinds: [Kind; 5], links: fn(Kind, &Herd, &str) -> Vec<String>) -> Mix {
        println!("{kinds:?}"); // shown if the test fails
        let service = service::open(|query| Response::ok(places(query, 3)));
        let herd = Herd::new();
        let start = |(name, kind)| makers.start(kind, &herd, name, &service, &links(kind, &herd, name));
        let mut servers: Vec<Server> = NAMES.into_iter().zip(kinds).map(start).collect();
        servers.iter_mut().for_each(|server| server.await_ready(&herd));
        Mix { herd, _servers: servers }
    }

    fn all_know_the_same(&self) {
        let clients = 0..NAMES.len();
        let first: Vec<Known> = clients.clone().map(|client| self.report(client, client, FIRST)).collect();
        first.iter().for_each(|known| self.await_everywhere(known));
        let newer: Vec<Known> = clients.map(|client| self.report(client, client + 1, NEWER)).collect();
        newer.iter().for_each(|known| self.await_everywhere(known));
        for name in NAMES {
            self.tell_old_news(name, &newer);
            newer.iter().for_each(|known| assert_eq!(self.whatsat(name, known), known.answer(), "{name}"));
        }
    }

    /// Reports the client `client` to the server at the place `server`.
    fn report(&self, client: usize, server: usize, time: &str) -> Known {
        let name = NAMES[server % NAMES.len()];
        let id = format!("Zoë-{client}");
        let location = format!("+{client}.5-{server}.25");
        let at = self.herd.client(name).ask(&format!("IAMAT {id} {location} {time}"));
        check_reply(&at, name, &[&id, &location, time]);
        let query = format!("location={client}.5,-{server}.25");
        Known { at, id, places: places(&query, 2) }
    }

    fn await_everywhere(&self, known: &Known) {
        for name in NAMES {
            eventually(&format!("{name} knows {}", known.at), || self.whatsat(name, known) == known.answer());
        }
    }

    fn whatsat(&self, name: &str, known: &Known) -> String {
        self.herd.client(name).whatsat(&format!("{} 10 2", known.id))
    }

    /// Says what a neighbour would say that is late, and waits until it has been heard.
    fn tell_old_news(&self, name: &str, known: &[Known]) {
        let mut neighbour = self.herd.client(name);
        for Known { id, .. } in known {
            neighbour.send(format!("AT Nobody +1.000000000 {id} +1+1 {BETWEEN}\n"));
        }
        assert_eq!(neighbour.ask("that was all"), "? that was all");
    }
}

/// What all are to know of a client.
struct Known {
    at: String,
    id: String,
    places: String,
}

impl Known {
    fn answer(&self) -> String {
        format!("{}\n{}\n\n", self.at, self.places)
    }
}

/// The reply to an IAMAT, but for the digits of the difference.
fn check_reply(at: &str, server: &str, report: &[&str]) {
    let fields: Vec<&str> = at.split(' ').collect();
    assert_eq!([&fields[..2], &fields[3..]].concat(), [&["AT", server], report].concat());
    let (whole, decimals) = fields[2].split_once('.').unwrap();
    assert!(whole.starts_with('+') && decimals.len() == 9, "{at}");
}

/// The first of three places near the location that a query names. The text is in the form that Python gives to JSON
/// with Google's indent and colons: any other the original prints anew, and that is in the list of differences.
fn places(query: &str, most: usize) -> String {
    let (latitude, longitude) =
        query.split('&').find_map(|field| field.strip_prefix("location=")?.split_once(',')).unwrap();
    let place = |name| {
        format!(
            "      {{\n         \"name\" : \"{name}\",\n         \"lat\" : {latitude},\n         \
             \"lng\" : {longitude}\n      }}"
        )
    };
    let results = ["Café", "東京", "Two \\\"Bridges\\\""].map(place)[..most].join(",\n");
    format!(
        "{{\n   \"html_attributions\" : [],\n   \"results\" : [\n{results}\n   ],\n   \"status\" : \"OK\"\n}}"
    )
}
