//! All are told the script: what the originals answer differently is what is listed, and nothing else.

use std::sync::{Arc, Mutex};

use super::kind::{Kind, Makers, Server};
use super::listing::{Difference, Heard, Listing};
use super::script::{Case, KIWI, USUAL, cases, replace};
use super::service::{self, Response};
use super::visit::visit;
use crate::common::Herd;

const SERVER: &str = "Welsh";

#[test]
fn the_originals_answer_differently_what_is_listed_and_nothing_else() {
    let Some(makers) = Makers::find_all() else { return };
    let cases = cases();
    let tell = &|kind| Subject::start(&makers, kind).hear_all(&cases);
    let [twisted, node, ours] = std::thread::scope(|scope| {
        let telling = [Kind::Twisted, Kind::Node, Kind::Ours].map(|kind| scope.spawn(move || tell(kind)));
        telling.map(|telling| telling.join().unwrap())
    });
    let heard =
        twisted.into_iter().zip(node).zip(ours).map(|((twisted, node), ours)| Heard { twisted, node, ours });
    let found = cases.iter().zip(heard).filter(|(_, heard)| heard.differs());
    let found = found.map(|(case, heard)| Difference::of(case, &heard)).collect();
    Listing::committed().assert_holds(found, cases.len());
}

/// Two servers of one kind, and what they are told of places.
struct Subject {
    places: Arc<Mutex<Response>>,
    alone: (Herd, Server),
    /// Its neighbours are not there.
    linked: (Herd, Server),
}

impl Subject {
    fn start(makers: &Makers, kind: Kind) -> Subject {
        let places = Arc::new(Mutex::new(Response::ok(USUAL)));
        let said = Arc::clone(&places);
        let service = service::open(move |query| said.lock().unwrap().clone().about(query));
        let start = |links: fn(Kind, &Herd, &str) -> Vec<String>| {
            let herd = Herd::new();
            let mut server = makers.start(kind, &herd, SERVER, &service, &links(kind, &herd, SERVER));
            server.await_ready(&herd);
            (herd, server)
        };
        Subject { places, alone: start(Kind::alone), linked: start(Kind::linked) }
    }

    /// What they answer to each of them.
    fn hear_all(&self, cases: &[Case]) -> Vec<Vec<u8>> {
        (0..).zip(cases).map(|(number, case)| self.hear(number, case)).collect()
    }

    fn hear(&self, number: usize, case: &Case) -> Vec<u8> {
        *self.places.lock().unwrap() = case.places.clone().unwrap_or_else(|| Response::ok(USUAL));
        let alias = format!("k{number:03}");
        let (herd, _) = if case.is_neighbour { &self.linked } else { &self.alone };
        let heard = visit(herd.address(SERVER), &case.about(alias.as_bytes()));
        *self.places.lock().unwrap() = Response::ok(USUAL);
        ask_as_usual(herd);
        without_differences(&replace(&heard, alias.as_bytes(), KIWI))
    }
}

/// Whatever it was told, it lives on.
fn ask_as_usual(herd: &Herd) {
    let mut client = herd.client(SERVER);
    assert!(client.ask("IAMAT control +1-1 5").ends_with(" control +1-1 5"));
    assert_eq!(client.whatsat("control 10 5").split_once('\n').unwrap().1, format!("{USUAL}\n\n"));
}

/// The answer without the digits of each difference: no two servers have one clock.
fn without_differences(heard: &[u8]) -> Vec<u8> {
    let lines: Vec<Vec<u8>> = heard.split(|byte| *byte == b'\n').map(without_difference).collect();
    lines.join(&b'\n')
}

fn without_difference(line: &[u8]) -> Vec<u8> {
    let mut fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    if let [b"AT", server, difference, ..] = &mut fields[..]
        && *server == SERVER.as_bytes()
        && is_difference(difference)
    {
        *difference = if difference[0] == b'+' { b"+N.NNNNNNNNN" } else { b"-N.NNNNNNNNN" };
    }
    fields.join(&b' ')
}

/// A sign, digits, a point and nine digits.
fn is_difference(field: &[u8]) -> bool {
    let Some((b'+' | b'-', number)) = field.split_first() else { return false };
    let mut parts = number.split(|byte| *byte == b'.');
    let [whole, decimals, None] = [parts.next(), parts.next(), parts.next()] else { return false };
    let are_digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    whole.is_some_and(are_digits)
        && decimals.is_some_and(|decimals| are_digits(decimals) && decimals.len() == 9)
}

#[test]
fn of_a_difference_the_digits_alone_are_passed_over() {
    for (heard, expected) in [
        ("AT Welsh +12.123456789 kiwi +1-1 5\n", "AT Welsh +N.NNNNNNNNN kiwi +1-1 5\n"),
        ("? a\nAT Welsh -0.123456789 kiwi", "? a\nAT Welsh -N.NNNNNNNNN kiwi"),
        ("AT Welsh +12.1234 kiwi", "AT Welsh +12.1234 kiwi"),
        ("AT Welsh 12.123456789 kiwi", "AT Welsh 12.123456789 kiwi"),
        ("AT Welsh +nan kiwi", "AT Welsh +nan kiwi"),
        ("AT Ball +1.000000000 kiwi", "AT Ball +1.000000000 kiwi"),
    ] {
        assert_eq!(String::from_utf8(without_differences(heard.as_bytes())).unwrap(), expected);
    }
}
