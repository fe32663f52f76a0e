//! The same load in the bodies of HTTP requests.

use super::*;

const HEAD: &str =
    "POST /herd.php HTTP/1.1\r\nHost: server-1\r\nContent-Type: text/plain\r\nContent-Length: 63\r\n\r\n";

fn posting() -> Plan {
    Plan { http: Some("/herd.php".to_owned()), ..plan() }
}

/// The line in the one request that was sent.
fn posted(rig: &mut Rig) -> Option<String> {
    let sent = String::from_utf8(rig.net.last_dialled().take_sent()).unwrap();
    (!sent.is_empty()).then(|| sent.strip_prefix(HEAD).unwrap_or_else(|| panic!("{sent}")).to_owned())
}

fn response(body: &str, field: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{field}\r\n{body}", body.len())
}

#[test]
fn lines_are_posted_and_the_bodies_are_the_replies() {
    let mut rig = Rig::new(posting());
    for _ in 0..50 {
        let line = posted(&mut rig).unwrap();
        let reply = rig.reply(&line);
        rig.feed(0, &response(&reply, ""));
    }
    let results = rig.results();
    assert_eq!((results.iamat.answered, results.iamat.wrong, results.lost_connections), (50, 0, 0));
    assert_eq!(results.http.as_deref(), Some("/herd.php"));
}

#[test]
fn an_answer_about_places_ends_with_its_body() {
    let questions = Questions { per_million: 500_000, ..plan().questions };
    let mut rig = Rig::new(Plan { questions, ..posting() });
    for turn in 0..200 {
        let sent = String::from_utf8(rig.net.last_dialled().take_sent()).unwrap();
        let reply = rig.reply(sent.split("\r\n\r\n").nth(1).unwrap());
        let reply = if turn % 2 == 0 { reply.trim_end() } else { &reply };
        rig.feed(0, &response(reply, ""));
    }
    let (iamat, whatsat) = (rig.results().iamat, rig.results().whatsat.unwrap());
    assert_eq!((iamat.wrong, whatsat.wrong, iamat.answered + whatsat.answered), (0, 0, 200));
    assert!(whatsat.answered > 50);
}

#[test]
fn an_error_page_is_a_wrong_reply() {
    let mut rig = Rig::new(posting());
    posted(&mut rig).unwrap();
    rig.feed(0, "HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\n<html");
    assert_eq!((rig.results().iamat.answered, rig.results().iamat.wrong), (0, 1));
    assert!(posted(&mut rig).is_some(), "it goes on");
}

#[test]
fn a_server_that_closes_is_dialled_again() {
    let mut rig = Rig::new(posting());
    let line = posted(&mut rig).unwrap();
    let reply = rig.reply(&line);
    rig.feed(0, &response(&reply, "Connection: close\r\n"));
    rig.pass(150 * MILLISECOND);
    assert_eq!((rig.results().iamat.answered, rig.results().lost_connections), (1, 1));
    assert!(rig.net.dialled().len() == 2 && posted(&mut rig).is_some());
}
