//! Strangers at the port of a herd that shares a key, on real sockets: what they have heard, and what they
//! send back, is worth nothing.
//!
//! A server allows two seconds for a whole hello. Exchanges of several steps are repeated, since a slow machine may
//! exceed that.

use crate::common::client::Door;
use crate::common::{Client, Herd, eventually};
use rustix::process::Signal;

const AT: &str = "AT Ball +0.000000000 kiwi +1-1 5";

fn welsh() -> Herd {
    let mut herd = Herd::new();
    herd.start_talkative("Welsh", &[]);
    herd
}

/// `None`: the connection is closed.
fn line(client: &mut Client) -> Option<String> {
    Some(String::from_utf8(client.line()?).unwrap())
}

/// The last word of a line.
fn last_word(line: &str) -> &str {
    line.split(' ').next_back().unwrap()
}

/// Repeats `says` until Welsh has refused it for the reason `why`; checks that nothing more comes and that nothing is
/// believed. `says` returns `None` if Welsh closed the connection before everything was said.
fn assert_refused(herd: &Herd, why: &str, says: impl Fn() -> Option<Client>) {
    eventually(&format!("{why} is said"), || {
        if let Some(mut stranger) = says() {
            assert_eq!(stranger.rest(), b"");
        }
        herd.said("Welsh").contains(why)
    });
    assert_eq!(herd.knows("Welsh", "kiwi"), None);
    assert!(!herd.said("Welsh").contains(" is heard"));
}

/// Answers Ball at `door`, in Welsh's place, until Ball has refused that for the reason `why`; checks that Ball sends
/// only its hello.
fn assert_ball_refuses(herd: &Herd, door: &Door, why: &str, answer: impl Fn(&str) -> String) {
    eventually(&format!("{why} is said"), || {
        let mut ball = door.admit();
        if let Some(hello) = line(&mut ball) {
            assert!(hello.starts_with("HELLO 1 Ball Welsh "), "{hello}");
            ball.send_if_open(answer(&hello));
            assert_eq!(ball.rest(), b"");
        }
        herd.said("Ball").contains(why)
    });
}

/// Forwards what Ball and Welsh say until Welsh accepts Ball. Returns all that Ball said, or `None` if one of them
/// closed before.
fn overhear(mut ball: Client, mut welsh: Client) -> Option<String> {
    let mut heard = String::new();
    for answer in ["PROOF ", "WELCOME"] {
        let said = line(&mut ball)? + "\n";
        welsh.send_if_open(&said);
        heard += &said;
        let answered = line(&mut welsh)?;
        assert!(answered.starts_with(answer), "{answered}");
        ball.send_if_open(answered + "\n");
    }
    Some(heard)
}

#[test]
fn lines_that_were_heard_before_are_worth_nothing() {
    let mut herd = Herd::new();
    herd.start_talkative("Welsh", &[]);
    // Somebody in between hears all that Ball and Welsh say.
    let door = Door::open(0);
    herd.start_with("Ball", &[&format!("--set=servers.Welsh.peer_port={}", door.port())]);
    let mut heard = None;
    eventually("Ball is linked through us", || {
        heard = overhear(door.admit(), herd.stranger("Welsh"));
        heard.is_some()
    });
    herd.kill("Ball");
    let mut stranger = herd.stranger("Welsh");
    stranger.send(format!("{}{AT}\n", heard.unwrap()));
    let answer = line(&mut stranger).unwrap();
    assert!(answer.starts_with("PROOF "), "{answer}");
    assert_eq!(stranger.rest(), b"");
    eventually("the proof is refused", || {
        herd.said("Welsh").contains(" is refused: does not prove that it knows the herd's key")
    });
    assert_eq!(herd.knows("Welsh", "kiwi"), None);
}

#[test]
fn our_own_proof_is_none_when_it_comes_back() {
    let herd = welsh();
    assert_refused(&herd, " is refused: does not prove that it knows the herd's key", || {
        let mut stranger = herd.stranger("Welsh");
        stranger.send(format!("HELLO 1 Ball Welsh {}\n", "0".repeat(32)));
        let proof = line(&mut stranger)?;
        stranger.send_if_open(format!("PROOF {}\n{AT}\n", last_word(&proof)));
        Some(stranger)
    });
}

/// Welsh itself is made to answer the challenge that it gives, by dialling it under a neighbour's name with
/// the nonce of the other link.
#[test]
fn one_link_does_not_answer_the_challenge_of_another() {
    let herd = welsh();
    assert_refused(&herd, " is refused: does not prove that it knows the herd's key", || {
        let (mut one, mut other) = (herd.stranger("Welsh"), herd.stranger("Welsh"));
        one.send(format!("HELLO 1 Ball Welsh {}\n", "0".repeat(32)));
        let challenge = line(&mut one)?;
        let nonce = challenge.split(' ').nth(1).unwrap();
        other.send_if_open(format!("HELLO 1 Ball Welsh {nonce}\n"));
        let answer = line(&mut other)?;
        one.send_if_open(format!("PROOF {}\n{AT}\n", last_word(&answer)));
        Some(one)
    });
}

/// Ball dials, and gets its own hello back, or its own words as a proof.
#[test]
fn a_dialler_is_not_convinced_by_its_own_words() {
    let mut herd = Herd::new();
    herd.start_talkative("Ball", &[]);
    let door = Door::open(herd.port("Welsh") + 1);
    assert_ball_refuses(&herd, &door, " is refused: not a hello of this version", |hello| {
        format!(
            "{hello}
"
        )
    });
    assert_ball_refuses(&herd, &door, " is refused: does not prove that it knows the herd's key", |hello| {
        let nonce = last_word(hello);
        format!("PROOF {nonce} {}\n", nonce.repeat(2))
    });
}

#[test]
fn a_hello_that_is_cut_off_or_drips_is_no_hello() {
    let herd = welsh();
    assert_refused(&herd, " is no neighbour: closed", || {
        let stranger = herd.stranger("Welsh");
        stranger.send("HELLO 1 Ball Welsh 0000");
        stranger.finish();
        Some(stranger)
    });
    assert_refused(&herd, " is no neighbour: too slow: a deadline passed", || {
        let stranger = herd.stranger("Welsh");
        stranger.drip(b"HELLO 1 Ball Welsh 0123456789");
        Some(stranger)
    });
}

#[test]
fn whoever_knocks_all_the_time_does_not_fill_the_log() {
    let mut herd = Herd::of_one(&[]);
    for _ in 0..300 {
        let mut stranger = herd.stranger("Welsh");
        stranger.send("x\n");
        stranger.rest();
    }
    herd.process("Welsh").signal(Signal::HUP);
    eventually("all are counted", || herd.log("Welsh").contains(" 300 neighbours refused"));
    let log = herd.log("Welsh");
    let notices =
        log.lines().filter(|line| line.contains(" is refused: ") || line.contains("is no neighbour"));
    let notices = notices.count();
    // At most about ten within a minute, and one more for each further minute on a slow machine.
    assert!((1..=30).contains(&notices), "{notices} notices of 300 refusals");
}
