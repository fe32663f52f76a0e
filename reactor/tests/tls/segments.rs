//! However the stream is cut, the same is heard.

use crate::support::Probe;
use crate::{AUTHORITY, Peer, Talk, Version, at_server, proven, serving, trusting};

const HEARD: [&str; 4] = ["a made", "a data hello", "a read_closed", "a lost: closed by the peer"];

/// Sends the whole of what the peer has to say, in two pieces cut at `cut`, if that is within.
fn down_cut(talk: &mut Talk, cut: usize) -> bool {
    let said = talk.peer.give();
    let (one, two) = said.split_at(cut.min(said.len()));
    for piece in [one, two] {
        if !piece.is_empty() {
            talk.world.remote(talk.remote).feed(piece);
            talk.world.settle();
        }
    }
    cut < said.len()
}

/// Plays a conversation; says whether a flight was long enough for the cut.
fn play(mut talk: Talk, cut: usize) -> bool {
    let mut was_cut = false;
    for _ in 0..3 {
        talk.world.settle();
        talk.up();
        was_cut |= down_cut(&mut talk, cut);
    }
    talk.carry();
    talk.peer.say(b"hello");
    talk.peer.leave();
    was_cut |= down_cut(&mut talk, cut);
    talk.world.remote(talk.remote).close();
    talk.carry();
    assert_eq!(talk.log(), HEARD, "cut at {cut}");
    assert!(talk.peer.is_left);
    assert_eq!(talk.world.net.open(), 0);
    was_cut
}

#[test]
fn every_cut_of_a_servers_flights_is_the_same_to_the_client() {
    let (client, server) = (trusting(), serving());
    let talk = || Talk::dialled(at_server(&client), Probe::new("a"), server.peer());
    let cuts = (0..).take_while(|cut| play(talk(), *cut)).count();
    assert!(cuts > 200, "{cuts}");
}

#[test]
fn every_cut_of_a_clients_flights_is_the_same_to_the_server() {
    let server = proven();
    let talk = || Talk::accepted(&server, Peer::client(&AUTHORITY, Version::Tls13), |probe| probe);
    let cuts = (0..).take_while(|cut| play(talk(), *cut)).count();
    assert!(cuts > 150, "{cuts}");
}

#[test]
fn byte_by_byte_is_the_same() {
    for version in [Version::Tls12, Version::Tls13] {
        let peer = crate::Serving::new(&crate::IDENTITY, version, &[]).peer();
        let mut talk = Talk::dialled(at_server(&trusting()), Probe::new("a"), peer);
        let remote = talk.remote;
        talk.world.remote(remote).cut_reads([1; 20_000]);
        talk.world.remote(remote).take_at_most(1);
        talk.carry();
        for byte in b"hello" {
            talk.say(&[*byte]);
        }
        talk.close(true);
        let letters = ["h", "e", "l", "l", "o"].map(|letter| format!("a data {letter}"));
        let log = talk.log();
        assert_eq!(log[0], HEARD[0]);
        assert_eq!(log[1..6], letters, "{version:?}");
        assert_eq!(log[6..], HEARD[2..], "{version:?}");
    }
}
