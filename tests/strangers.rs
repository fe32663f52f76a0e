//! Strangers at the port of a herd that shares a key, on real sockets: what they have heard, and what they
//! send back, is worth nothing.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use common::client::Door;
use common::{Client, Herd, eventually};
use rustix::process::Signal;

const AT: &str = "AT Ball +0.000000000 kiwi +1-1 5";

fn welsh() -> Herd {
    let mut herd = Herd::new();
    herd.start_talkative("Welsh", &[]);
    herd
}

fn line(client: &mut Client) -> String {
    String::from_utf8(client.line().unwrap()).unwrap()
}

/// Nothing more comes, and nothing was believed.
fn assert_refused(herd: &Herd, mut stranger: Client, why: &str) {
    assert_eq!(stranger.rest(), b"");
    eventually(&format!("{why} is said"), || herd.said("Welsh").contains(why));
    assert_eq!(herd.knows("Welsh", "kiwi"), None);
    assert!(!herd.said("Welsh").contains(" is heard"));
}

/// What Ball says first to whoever answers in Welsh's place, and what it says to this answer.
fn ball_says(herd: &Herd, answer: impl Fn(&str) -> String) -> [String; 2] {
    let mut ball = Door::open(herd.port("Welsh") + 1).admit();
    let hello = line(&mut ball);
    ball.send(answer(&hello));
    [hello, String::from_utf8(ball.rest()).unwrap()]
}

#[test]
fn lines_that_were_heard_before_are_worth_nothing() {
    let mut herd = Herd::new();
    herd.start_talkative("Welsh", &[]);
    // Somebody in between hears all that Ball and Welsh say.
    let door = Door::open(0);
    herd.start_with("Ball", &[&format!("--set=servers.Welsh.peer_port={}", door.port())]);
    let (mut ball, mut welsh, mut heard) = (door.admit(), herd.stranger("Welsh"), String::new());
    for answer in ["PROOF ", "WELCOME"] {
        let said = line(&mut ball) + "\n";
        welsh.send(&said);
        heard += &said;
        let answered = line(&mut welsh);
        assert!(answered.starts_with(answer), "{answered}");
        ball.send(answered + "\n");
    }
    herd.kill("Ball");
    let mut stranger = herd.stranger("Welsh");
    stranger.send(&heard);
    stranger.send(format!("{AT}\n"));
    let answer = line(&mut stranger);
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
    let mut stranger = herd.stranger("Welsh");
    stranger.send(format!("HELLO 1 Ball Welsh {}\n", "0".repeat(32)));
    let proof = line(&mut stranger);
    let tag = proof.split(' ').next_back().unwrap();
    stranger.send(format!("PROOF {tag}\n{AT}\n"));
    assert_refused(&herd, stranger, " is refused: does not prove that it knows the herd's key");
}

/// Welsh itself is made to answer the challenge that it gives, by dialling it under a neighbour's name with
/// the nonce of the other link.
#[test]
fn one_link_does_not_answer_the_challenge_of_another() {
    let herd = welsh();
    let (mut one, mut other) = (herd.stranger("Welsh"), herd.stranger("Welsh"));
    one.send(format!("HELLO 1 Ball Welsh {}\n", "0".repeat(32)));
    let challenge = line(&mut one);
    let nonce = challenge.split(' ').nth(1).unwrap().to_owned();
    other.send(format!("HELLO 1 Ball Welsh {nonce}\n"));
    let answer = line(&mut other);
    let tag = answer.split(' ').next_back().unwrap();
    one.send(format!("PROOF {tag}\n{AT}\n"));
    assert_refused(&herd, one, " is refused: does not prove that it knows the herd's key");
}

/// Ball dials, and gets its own hello back, or its own words as a proof.
#[test]
fn a_dialler_is_not_convinced_by_its_own_words() {
    let mut herd = Herd::new();
    herd.start_talkative("Ball", &[]);
    let [hello, said] = ball_says(&herd, |hello| format!("{hello}\n"));
    assert!(hello.starts_with("HELLO 1 Ball Welsh ") && said.is_empty(), "{said}");
    let [_, said] = ball_says(&herd, |hello| {
        let nonce = hello.split(' ').next_back().unwrap();
        format!("PROOF {nonce} {}\n", nonce.repeat(2))
    });
    assert_eq!(said, "");
    eventually("both are refused", || {
        let said = herd.said("Ball");
        said.contains(" is refused: not a hello of this version")
            && said.contains(" is refused: does not prove that it knows the herd's key")
    });
}

#[test]
fn a_hello_that_is_cut_off_or_drips_is_no_hello() {
    let herd = welsh();
    let stranger = herd.stranger("Welsh");
    stranger.send("HELLO 1 Ball Welsh 0000");
    stranger.finish();
    assert_refused(&herd, stranger, " is no neighbour: closed");

    let stranger = herd.stranger("Welsh");
    stranger.drip(b"HELLO 1 Ball Welsh 0123456789");
    assert_refused(&herd, stranger, " is no neighbour: too slow: a deadline passed");
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
    assert!((1..=10).contains(&notices), "{notices} notices of 300 refusals");
}
