//! Both ends of a link, each against a script.

mod namesakes;
mod slow_disk;

use std::time::Duration;

use protocols::Lines;
use reactor::testing::Harness;
use reactor::{Endpoint, Limits, Peer, Reason};

use super::client_protocol::ClientProtocol;
use super::hello::{self, Nonce};
use super::resync::{BATCH, print_digest, print_leaves, print_question};
use super::{PING_EVERY, PeerProtocol};
use crate::command::{AtLine, Command};
use crate::herd::{Hearing, Herd, Neighbour, Neighbours, Rules};
use crate::key::HerdKey;
use crate::places::Desk;
use crate::store::{Bucket, Store};
use crate::traffic_log::TrafficLog;

const KEY: [u8; 32] = [1; 32];
const KIWI: &str = "AT Welsh +0.000000000 kiwi +1-1 5";

fn at(line: &[u8]) -> AtLine<'_> {
    match Command::parse(line) {
        Ok(Command::At(at)) => at,
        other => panic!("{other:?}"),
    }
}

/// Welsh, neighbour of Ball, for whom few bytes may wait.
fn welsh() -> Herd {
    let ball = Neighbour::new("Ball", Endpoint::new("127.0.0.1", 12101), 100);
    let key = HerdKey::new(&KEY);
    let mut herd = Herd::new(
        "Welsh",
        Neighbours::new(vec![ball]),
        key,
        Desk::builtin(),
        TrafficLog::off(),
        Rules::default(),
    );
    herd.store.accept(&at(KIWI.as_bytes()));
    herd
}

/// Twenty clients in the bucket of kiwi.
fn crowd(store: &mut Store, time: u32) {
    let ids = (0..).map(|n: u32| format!("id-{n}"));
    for id in ids.filter(|id| Bucket::of(id.as_bytes()) == Bucket::of(b"kiwi")).take(20) {
        store.accept(&at(format!("AT Welsh +0.000000000 {id} +1-1 {time}").as_bytes()));
    }
}

fn kiwis_bucket() -> String {
    format!("{:03x}", Bucket::of(b"kiwi").number())
}

/// The lines of a digest, or of leaves.
fn digest(print: impl FnOnce(&mut dyn FnMut(&[u8]))) -> Vec<u8> {
    let mut digest = Vec::new();
    print(&mut |line| digest.extend_from_slice(&[line, b"\n"].concat()));
    digest
}

fn nonce(byte: u8) -> Nonce {
    Nonce::draw(&HerdKey::new(&KEY), &[&[byte]])
}

fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8(bytes.to_vec()).unwrap().lines().map(str::to_owned).collect()
}

fn is_aborted(harness: &Harness<Herd>) -> bool {
    matches!(harness.lost(), Some(Reason::Aborted))
}

fn ball(harness: &mut Harness<Herd>) -> &mut Neighbour {
    harness.app().neighbours.get_mut(0).unwrap()
}

/// A report of Welsh's own: stored and flooded.
fn report(harness: &mut Harness<Herd>, line: &str) {
    harness.reactor.enter(&harness.net, |cx| {
        let record = cx.app.store.accept(&at(line.as_bytes())).unwrap();
        let (traffic, peers) = (&mut cx.app.traffic, &mut cx.peers);
        cx.app.neighbours.flood(None, record.line(), traffic, peers, &mut cx.reactor);
    });
    harness.settle();
}

/// Welsh has dialled Ball and is welcome; Ball is the test.
fn dialler() -> Harness<Herd> {
    let limits = Limits { high_water: 300, ..Limits::default() };
    let client = Lines::new(ClientProtocol::new(0));
    let mut harness = Harness::with_limits(welsh(), client, limits);
    let hello = lines(&harness.take_sent()).remove(0);
    let (_, meeting) = hello::read_hello(hello.as_bytes(), "Ball", nonce(2)).unwrap();
    harness.receive(format!("{}\n", meeting.acceptor_proof(&HerdKey::new(&KEY))).as_bytes());
    harness.take_sent();
    harness.receive(b"WELCOME\n");
    harness
}

/// Somebody has come to the herd's port.
fn visited(mut herd: Herd) -> Harness<Herd> {
    let peer = PeerProtocol::new(&mut herd, Peer::at(([127, 0, 0, 1], 5).into()));
    Harness::new(herd, Lines::new(peer))
}

/// Ball has dialled Welsh and is welcome; Ball is the test.
fn acceptor() -> Harness<Herd> {
    let key = HerdKey::new(&KEY);
    let mut harness = visited(welsh());
    harness.receive(format!("{}\n", hello::hello("Ball", "Welsh", nonce(1))).as_bytes());
    let proof = lines(&harness.take_sent()).remove(0);
    let meeting = hello::check_acceptor(&key, proof.as_bytes(), "Ball", "Welsh", nonce(1)).unwrap();
    harness.receive(format!("{}\n", meeting.dialler_proof(&key)).as_bytes());
    assert_eq!(harness.take_sent(), b"WELCOME\n");
    harness
}

#[test]
fn a_neighbour_is_compared_as_soon_as_it_is_up_and_told_what_it_lacks() {
    let mut welsh = dialler();
    assert_eq!(welsh.take_sent(), b"PING\nCOMPARE\n");
    welsh.receive(b"PONG\nDIGEST\n");
    assert_eq!(lines(&welsh.take_sent()), [KIWI, "MARK 1"]);
    welsh.receive(b"MARKED 1\n");
    assert_eq!(welsh.take_sent(), b"SYNCED\n");
    let counters = ball(&mut welsh).counters;
    assert_eq!((counters.compared, counters.resynced, counters.records), (1, 1, 1));
}

#[test]
fn a_neighbour_that_holds_the_same_is_told_so() {
    let mut welsh = dialler();
    let digest = digest(|each| print_digest(welsh.app().store.digest(), each));
    welsh.take_sent();
    welsh.receive_slowly(&digest);
    assert_eq!(welsh.take_sent(), b"SYNCED\n");
}

#[test]
fn of_a_bucket_with_many_records_a_neighbour_is_asked_finer_and_told_the_leaves_that_differ() {
    let mut welsh = dialler();
    crowd(&mut welsh.app().store, 5);
    let mut ball = Store::default();
    crowd(&mut ball, 5);
    welsh.take_sent();
    welsh.receive_slowly(&digest(|each| print_digest(ball.digest(), each)));
    assert_eq!(welsh.take_sent(), format!("COMPARE {}\n", kiwis_bucket()).into_bytes());
    welsh.receive_slowly(&digest(|each| print_leaves(&[Bucket::of(b"kiwi")], &ball, each)));
    let told = lines(&welsh.take_sent());
    assert!(told.len() < 5 && told[0] == KIWI && told.last().unwrap() == "MARK 1", "{told:?}");
    welsh.receive(b"MARKED 1\n");
    assert_eq!(welsh.take_sent(), b"SYNCED\n");
}

#[test]
fn news_is_told_while_leaves_are_asked_about() {
    let mut welsh = dialler();
    crowd(&mut welsh.app().store, 5);
    welsh.receive(format!("DIGEST {}:0000000000000001\nDIGEST\n", kiwis_bucket()).as_bytes());
    assert!(welsh.take_sent().ends_with(format!("COMPARE {}\n", kiwis_bucket()).as_bytes()));
    let plum = "AT Welsh +0.000000000 plum +1-1 5";
    report(&mut welsh, plum);
    assert_eq!(lines(&welsh.take_sent()), [plum]);
    welsh.receive(b"DIGEST\n");
    assert_eq!(lines(&welsh.take_sent()).len(), 22, "what is not known of its leaves is told whole");
}

#[test]
fn an_answer_about_another_bucket_ends_the_link() {
    let mut welsh = dialler();
    crowd(&mut welsh.app().store, 5);
    welsh.receive(format!("DIGEST {}:0000000000000001\nDIGEST\n", kiwis_bucket()).as_bytes());
    welsh.receive(format!("DIGEST {:03x}\n", Bucket::of(b"plum").number()).as_bytes());
    assert!(is_aborted(&welsh) && welsh.app().counters.refused_neighbours == 1);
}

#[test]
fn what_a_neighbour_may_not_say_ends_the_link() {
    for words in [
        &b"MARKED 1\n"[..],
        b"DIGEST 001:0\n",
        b"DIGEST 002:0000000000000001 001:0000000000000001\n",
        b"DIGEST\nMARKED 2\n",
        b"DIGEST\nDIGEST\n",
        b"WELCOME\n",
        b"AT Ball +0.000000000 plum +1-1 5\n",
    ] {
        let mut welsh = dialler();
        welsh.receive(words);
        assert!(is_aborted(&welsh), "{}", words.escape_ascii());
        assert_eq!((welsh.app().counters.refused_neighbours, welsh.app().store.len()), (1, 1));
    }
}

#[test]
fn nothing_waits_for_a_neighbour_that_is_down() {
    let mut welsh = dialler();
    welsh.peer_resets();
    report(&mut welsh, "AT Welsh +0.000000000 plum +1-1 5");
    assert_eq!(ball(&mut welsh).waiting(), 0);
}

#[test]
fn news_goes_before_the_next_batch() {
    let mut welsh = dialler();
    for number in 0..1000 {
        let line = format!("AT Welsh +0.000000000 id-{number} +34.068930-118.445127 5");
        welsh.app().store.accept(&at(line.as_bytes()));
    }
    welsh.receive(b"DIGEST\n");
    let first = welsh.take_sent();
    assert!(first.len() < BATCH + 100 && first.ends_with(b"MARK 1\n"));
    let plum = "AT Welsh +0.000000000 plum +1-1 5";
    report(&mut welsh, plum);
    assert_eq!(lines(&welsh.take_sent()), [plum], "it does not wait for the mark");
    welsh.receive(b"MARKED 1\n");
    assert!(welsh.take_sent().ends_with(b"MARK 2\n"));
}

#[test]
fn too_much_for_a_slow_neighbour_is_dropped_and_found_by_comparing() {
    let mut welsh = dialler();
    welsh.receive(b"DIGEST\nMARKED 1\n");
    welsh.take_sent();
    welsh.remote().set_room(0);
    let lines_of = |from: u32, to: u32| (from..to).map(|n| format!("AT Welsh +0.000000000 id-{n} +1-1 5"));
    lines_of(0, 30).for_each(|line| report(&mut welsh, &line));
    assert!(ball(&mut welsh).is_behind() && ball(&mut welsh).counters.overflows > 0);
    assert!(ball(&mut welsh).waiting() < 4);
    welsh.remote().set_room(usize::MAX);
    welsh.settle();
    let told = lines(&welsh.take_sent());
    assert!(told.len() < 30 && told.last().unwrap() == "COMPARE", "{told:?}");
    welsh.receive(b"DIGEST\n");
    let told = lines(&welsh.take_sent());
    assert!(lines_of(0, 30).all(|line| told.contains(&line)), "{told:?}");
}

#[test]
fn a_stop_waits_until_the_neighbour_lacks_nothing() {
    let mut welsh = dialler();
    welsh.reactor.enter(&welsh.net, |cx| cx.reactor.stop());
    welsh.advance(PING_EVERY / 2);
    assert!(welsh.lost().is_none());
    welsh.receive(b"DIGEST\nMARKED 1\n");
    welsh.advance(Duration::from_millis(20));
    assert!(matches!(welsh.lost(), Some(Reason::Closed)), "{:?}", welsh.lost());
    assert!(lines(welsh.sent()).ends_with(&["MARK 1".to_owned(), "SYNCED".to_owned()]));
}

#[test]
fn who_is_asked_says_what_it_holds_and_marks_what_it_hears() {
    let mut welsh = acceptor();
    welsh.receive(b"COMPARE\n");
    let digest = digest(|each| print_digest(welsh.app().store.digest(), each));
    assert_eq!(welsh.take_sent(), digest);
    welsh.receive(b"AT Ball +0.000000000 plum +1-1 5\nMARK 1\nPING\n");
    assert_eq!(welsh.take_sent(), b"MARKED 1\nPONG\n");
    assert!(matches!(ball(&mut welsh).hearing, Hearing::News(_)));
    welsh.receive(b"SYNCED\n");
    assert!(matches!(ball(&mut welsh).hearing, Hearing::Synced(_)));
    assert_eq!(welsh.app().store.len(), 2);
    welsh.peer_closes();
    assert_eq!(ball(&mut welsh).hearing, Hearing::Nothing);
}

#[test]
fn who_is_asked_finer_says_what_its_leaves_hold() {
    let mut welsh = acceptor();
    crowd(&mut welsh.app().store, 5);
    welsh.receive(b"COMPARE\n");
    welsh.take_sent();
    let mut asked = [Bucket::of(b"kiwi"), Bucket::of(b"plum")];
    asked.sort();
    let leaves = digest(|each| print_leaves(&asked, &welsh.app().store, each));
    welsh.receive(print_question(&asked).as_bytes());
    assert_eq!(lines(&leaves).len(), 3);
    assert_eq!(welsh.take_sent(), leaves);
}

#[test]
fn marks_and_ends_of_what_was_not_begun_end_the_link() {
    for words in [
        &b"MARK 1\n"[..],
        b"SYNCED\n",
        b"COMPARE\nSYNCED\nSYNCED\n",
        b"COMPARE\nMARK 01\n",
        b"COMPARE\nMARK \n",
        b"COMPARE \n",
        b"COMPARE 001\n",
        b"COMPARE\nCOMPARE x\n",
        b"COMPARE\nCOMPARE 002 001\n",
        b"DIGEST\n",
        b"MARKED 1\n",
    ] {
        let mut welsh = acceptor();
        welsh.receive(words);
        assert!(is_aborted(&welsh), "{}", words.escape_ascii());
    }
}

#[test]
fn who_asks_again_and_again_and_does_not_read_is_not_heard_for_ever() {
    let mut welsh = acceptor();
    (0..3000).for_each(|n| {
        let line = format!("AT Welsh +0.000000000 id-{n} +1-1 5");
        welsh.app().store.accept(&at(line.as_bytes()));
    });
    welsh.remote().set_room(0);
    welsh.receive("COMPARE\n".repeat(1000).as_bytes());
    assert!(!welsh.is_reading() && welsh.lost().is_none());
    welsh.advance(Duration::from_secs(5));
    assert!(matches!(welsh.lost(), Some(Reason::Idle)), "{:?}", welsh.lost());
}

#[test]
fn before_the_proof_nothing_of_it_is_heard() {
    for words in [&b"COMPARE\n"[..], b"MARK 1\n", b"SYNCED\n", KIWI.as_bytes()] {
        let mut welsh = visited(welsh());
        welsh.app().store = Store::default();
        welsh.receive(&[words, b"\n"].concat());
        assert!(is_aborted(&welsh) && welsh.sent().is_empty() && welsh.app().store.is_empty());
    }
}

#[test]
fn a_hello_has_two_seconds_however_it_drips_and_is_counted_if_it_does_not_come() {
    let mut welsh = visited(welsh());
    for byte in b"HELLO 1 Ball Welsh 0" {
        welsh.receive(&[*byte]);
        assert!(welsh.lost().is_none());
        welsh.advance(Duration::from_millis(100));
    }
    assert!(matches!(welsh.lost(), Some(Reason::DeadlinePassed)), "{:?}", welsh.lost());
    let herd = welsh.app();
    assert_eq!((herd.strangers, herd.counters.refused_neighbours), (0, 1));
}

#[test]
fn whoever_is_refused_is_counted_once_and_whoever_is_not_is_not_counted() {
    let mut herd = visited(welsh());
    herd.receive(b"AT Ball\nPING\n");
    assert!(is_aborted(&herd));
    assert_eq!((herd.app().strangers, herd.app().counters.refused_neighbours), (0, 1));
    let mut herd = acceptor();
    assert_eq!((herd.app().strangers, herd.app().counters.refused_neighbours), (0, 0));
}

/// What the judges of a simulation are to find out: each of these mistakes lets a stranger in.
#[cfg(feature = "buggify")]
mod mistakes {
    use super::*;
    use crate::herd::ServerProtocol;
    use crate::planted::{Planted, plant};

    /// What comes of a hello whose proof is made from the acceptor's own.
    fn answer(mistake: Option<Planted>, proof: impl Fn(&str) -> String) -> Vec<u8> {
        plant(mistake);
        let mut welsh = visited(welsh());
        welsh.receive(format!("{}\n", hello::hello("Ball", "Welsh", nonce(1))).as_bytes());
        let challenge = lines(&welsh.take_sent()).remove(0);
        let tag = challenge.rsplit(' ').next().unwrap_or_default().to_owned();
        welsh.receive(format!("PROOF {}\n", proof(&tag)).as_bytes());
        plant(None);
        welsh.take_sent()
    }

    #[test]
    fn any_proof_lets_a_stranger_in_and_so_does_one_that_does_not_say_its_role() {
        let zeros = |_: &str| "0".repeat(64);
        let reflected = |tag: &str| tag.to_owned();
        assert_eq!(answer(Some(Planted::AnyProof), zeros), b"WELCOME\n");
        assert_eq!(answer(Some(Planted::RolelessProof), reflected), b"WELCOME\n");
        assert_eq!(answer(Some(Planted::RolelessProof), zeros), b"");
        assert_eq!(answer(None, zeros), b"");
        assert_eq!(answer(None, reflected), b"");
    }

    #[test]
    fn a_clients_news_is_believed_by_mistake_alone() {
        for (mistake, is_believed) in [(None, false), (Some(Planted::ClientsNews), true)] {
            plant(mistake);
            let here = std::net::IpAddr::from([127, 0, 0, 1]);
            let mut client = Harness::new(welsh(), Lines::new(ServerProtocol::new(&Rules::default(), here)));
            client.receive(b"AT Ball +0.000000000 plum +1-1 5\n");
            plant(None);
            assert_eq!(client.app().store.get(b"plum").is_some(), is_believed);
        }
    }
}
