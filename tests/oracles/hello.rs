//! Whoever does not know the key is not believed: of all lines one alone proves it, in each role.
//!
//! The input: which line is due, whose transcript the attempt is taken from, and what is changed in it. The
//! target knows the key, so it can begin with what is nearly right.

use herd::key::HerdKey;
use herd::link::hello::{Meeting, Nonce, check_acceptor, hello, read_hello};

use super::draw::Draw;

const NAMES: [&str; 3] = ["Ball", "Welsh", "Bal"];

pub(crate) fn check(input: &[u8]) {
    let mut draw = Draw(input);
    let key = HerdKey::new(&[7; 32]);
    let (role, truth, attempt) = (draw.below(3), a_case(&mut draw), a_case(&mut draw));
    let truth = Case { knows_key: true, is_reflected: false, ..truth };
    let (right, tried) = (transcript(&key, &truth), transcript(&attempt.key(), &attempt));
    let line = mutated(tried[role % 3].as_bytes(), &mut draw);
    match role {
        0 => check_hello(&truth, &line),
        1 => check_as_dialler(&key, &truth, &line, right[1].as_bytes()),
        _ => check_as_acceptor(&key, &truth, &line, right[2].as_bytes()),
    }
}

/// A meeting that takes place, or that an attacker has heard or made up.
struct Case {
    dialler: &'static str,
    acceptor: &'static str,
    /// What the nonces are drawn from.
    fresh: [u8; 2],
    knows_key: bool,
    is_reflected: bool,
}

fn a_case(draw: &mut Draw<'_>) -> Case {
    let (dialler, acceptor) = (draw.one_of(&NAMES), draw.one_of(&NAMES));
    let (fresh, flags) = ([draw.byte() & 3, draw.byte() & 3], draw.byte());
    Case { dialler, acceptor, fresh, knows_key: flags & 3 != 0, is_reflected: flags & 12 == 12 }
}

impl Case {
    fn key(&self) -> HerdKey {
        HerdKey::new(&[if self.knows_key { 7 } else { 8 }; 32])
    }

    fn nonces(&self) -> [Nonce; 2] {
        [[b"dialler", &self.fresh[..1]], [b"acceptor", &self.fresh[1..]]].map(nonce)
    }
}

fn nonce(fresh: [&[u8]; 2]) -> Nonce {
    Nonce::draw(&HerdKey::new(&[7; 32]), &fresh)
}

/// The three lines that prove something, as `case` has them. Reflected, each proof is the other's tag.
fn transcript(key: &HerdKey, case: &Case) -> [String; 3] {
    let [ours, theirs] = case.nonces();
    let first = hello(case.dialler, case.acceptor, ours);
    let meeting = meet(first.as_bytes(), case.acceptor, theirs);
    let (second, third) = (meeting.acceptor_proof(key), meeting.dialler_proof(key));
    if !case.is_reflected {
        return [first, second, third];
    }
    let head = second.rsplit_once(' ').map_or("", |(head, _)| head);
    let [from_dialler, from_acceptor] =
        [&third, &second].map(|line| line.rsplit(' ').next().unwrap_or_default());
    [first, format!("{head} {from_dialler}"), format!("PROOF {from_acceptor}")]
}

fn meet(line: &[u8], me: &str, nonce: Nonce) -> Meeting {
    match read_hello(line, me, nonce) {
        Ok((_, meeting)) => meeting,
        Err(refusal) => panic!("{} is refused: {refusal}", line.escape_ascii()),
    }
}

/// What is left of the input says what becomes of the line.
fn mutated(line: &[u8], draw: &mut Draw<'_>) -> Vec<u8> {
    let mut line = line.to_vec();
    while !draw.is_empty() {
        let (what, at, byte) = (draw.below(6), draw.byte(), draw.byte());
        let at = usize::from(at) % (line.len() + 1);
        match what {
            0 => line.truncate(at),
            1 => line.insert(at, byte),
            2 => line = draw.take(200).to_vec(),
            3 => line[at..].make_ascii_uppercase(),
            _ => line.get_mut(at).into_iter().for_each(|place| *place ^= byte),
        }
    }
    line
}

/// A hello is five fields, of which the last is 32 hex digits, and is for us.
fn check_hello(truth: &Case, line: &[u8]) {
    let [_, nonce] = truth.nonces();
    let fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    let is_right = fields.len() == 5
        && fields[..2] == [&b"HELLO"[..], b"1"]
        && fields[3] == truth.acceptor.as_bytes()
        && fields[4].len() == 32
        && fields[4].iter().all(u8::is_ascii_hexdigit);
    let read = read_hello(line, truth.acceptor, nonce);
    assert_eq!(read.is_ok(), is_right, "{}", line.escape_ascii());
    if let Ok((dialler, _)) = read {
        assert_eq!(dialler, fields[2]);
    }
}

/// Hex digits may be of either case; nothing else may differ.
fn is_proof(line: &[u8], right: &[u8]) -> bool {
    line.starts_with(b"PROOF ") && line.eq_ignore_ascii_case(right)
}

/// The acceptor chooses its own nonce, so its proof may be for any; the rest of it is settled.
fn check_as_dialler(key: &HerdKey, truth: &Case, line: &[u8], right: &[u8]) {
    let [ours, _] = truth.nonces();
    let met = check_acceptor(key, line, truth.dialler, truth.acceptor, ours);
    let others = (0..4).map(|fresh| {
        let theirs = nonce([b"acceptor", &[fresh]]);
        meet(hello(truth.dialler, truth.acceptor, ours).as_bytes(), truth.acceptor, theirs)
            .acceptor_proof(key)
    });
    let is_right = is_proof(line, right) || others.into_iter().any(|proof| is_proof(line, proof.as_bytes()));
    assert_eq!(met.is_ok(), is_right, "{}", line.escape_ascii());
    if let Ok(meeting) = met {
        assert!(is_proof(line, meeting.acceptor_proof(key).as_bytes()), "both speak of one meeting");
    }
}

fn check_as_acceptor(key: &HerdKey, truth: &Case, line: &[u8], right: &[u8]) {
    let [ours, theirs] = truth.nonces();
    let first = hello(truth.dialler, truth.acceptor, ours);
    let heard = meet(first.as_bytes(), truth.acceptor, theirs).check_dialler(key, line);
    assert_eq!(heard.is_ok(), is_proof(line, right), "{}", line.escape_ascii());
}
