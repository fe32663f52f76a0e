//! At the neighbours' port nobody is heard who has not proved who it is; and whoever has is answered as the
//! protocol says, to the letter, or its link ends.
//!
//! The input: lines, each made up or taken from those that are due. A second, plain model of the port runs
//! beside the real one, and both must agree on every byte, on what is stored, and on the end.

use std::time::Duration;

use herd::herd::{Herd, Neighbour, Neighbours, Rules};
use herd::key::HerdKey;
use herd::link::PeerProtocol;
use herd::link::resync::{print_digest, print_leaves};
use herd::places::Desk;
use herd::store::{Bucket, Store};
use herd::traffic_log::TrafficLog;
use protocols::Lines;
use reactor::testing::Harness;
use reactor::{Endpoint, Peer};

use super::at_line::at_line;
use super::draw::Draw;

const US: &str = "Ball";
/// How long a stranger has, and how long a neighbour may be silent.
const HELLO_TIME: u64 = 2_000;
const SILENCE: u64 = 4_000;

pub(crate) fn check(input: &[u8]) {
    let mut draw = Draw(input);
    let mut herd = a_herd();
    let peer = PeerProtocol::new(&mut herd, Peer::at(([127, 0, 0, 1], 5).into()));
    let mut port = Harness::new(herd, Lines::new(peer));
    let mut model =
        Model { state: State::Stranger, due: HELLO_TIME, now: 0, refused: 0, store: Store::default() };
    while !draw.is_empty() && !matches!(model.state, State::Gone) {
        if draw.below(16) == 0 {
            let millis = 500 * (1 + draw.below(6) as u64);
            port.advance(Duration::from_millis(millis));
            model.wait(millis);
        } else {
            let line = a_line(&mut draw, &model);
            port.receive(&[&line[..], b"\n"].concat());
            let sent = port.take_sent();
            model.hear(line.strip_suffix(b"\r").unwrap_or(&line), &sent);
        }
        compare(&mut port, &model);
    }
}

fn a_herd() -> Herd {
    let neighbour = |name| Neighbour::new(name, Endpoint::new("127.0.0.1", 1), 1000);
    let neighbours = Neighbours::new(vec![neighbour("Welsh"), neighbour("Holiday")]);
    Herd::new(US, neighbours, key(), Desk::builtin(), TrafficLog::off(), Rules::default())
}

fn key() -> HerdKey {
    HerdKey::new(&[7; 32])
}

fn compare(port: &mut Harness<Herd>, model: &Model) {
    let is_gone = matches!(model.state, State::Gone);
    assert_eq!(port.lost().is_some(), is_gone, "{:?}", port.lost());
    let herd = port.app();
    assert!(herd.store.digest() == model.store.digest(), "it holds what it was told by neighbours");
    let is_stranger = matches!(model.state, State::Stranger | State::Claims { .. });
    assert_eq!((herd.strangers, herd.counters.refused_neighbours), (usize::from(is_stranger), model.refused));
}

/// Some line; often the one that is due.
fn a_line(draw: &mut Draw<'_>, model: &Model) -> Vec<u8> {
    let nonce = format!("{:032x}", draw.below(4));
    let line = match draw.below(20) {
        0..=3 => format!("HELLO 1 {} {US} {nonce}", draw.one_of(&["Welsh", "Holiday"])),
        4 => format!(
            "HELLO 1 {} {} {nonce}",
            draw.one_of(&["Ball", "Alford", "welsh"]),
            draw.one_of(&[US, "Welsh"])
        ),
        5..=8 => model.proof().unwrap_or_default(),
        9 => format!("PROOF {}", model.tag("herd 1 acceptor").unwrap_or_default()), // sent back to its maker
        10 => "COMPARE".to_owned(),
        11 => format!("MARK {}", draw.below(3)),
        12 => "SYNCED".to_owned(),
        13 => "PING".to_owned(),
        14..=16 => {
            let (id, time) = (draw.below(3), draw.below(10));
            format!("AT Welsh +0.000000000 id-{id} +1-1 {time}")
        }
        17 => format!("COMPARE {:03x} {:03x}", draw.below(4), draw.below(4)),
        _ => {
            let length = draw.below(80);
            let raw = draw.take(length).iter().copied().filter(|byte| *byte != b'\n');
            return raw.collect();
        }
    };
    let mut line = line.into_bytes();
    if draw.below(8) == 0 {
        let (at, byte) = (draw.byte(), draw.byte());
        let at = usize::from(at) % line.len().max(1);
        line.get_mut(at).into_iter().filter(|place| **place ^ byte != b'\n').for_each(|place| *place ^= byte);
    }
    line
}

/// The port, as the protocol describes it.
struct Model {
    state: State,
    /// When the link ends by itself.
    due: u64,
    now: u64,
    refused: u64,
    store: Store,
}

enum State {
    Stranger,
    /// The dialler's name, its nonce and ours.
    Claims {
        dialler: Vec<u8>,
        nonces: [Vec<u8>; 2],
    },
    Neighbour {
        is_resyncing: bool,
    },
    Gone,
}

impl Model {
    fn wait(&mut self, millis: u64) {
        self.now += millis;
        if self.now >= self.due {
            // Whoever goes before it has proved anything counts as refused.
            self.refused += u64::from(!matches!(self.state, State::Neighbour { .. }));
            self.state = State::Gone;
        }
    }

    /// The tag that proves a role in the meeting that is under way.
    fn tag(&self, role: &str) -> Option<String> {
        let State::Claims { dialler, nonces: [theirs, ours] } = &self.state else { return None };
        Some(hex(&key().sign(&[role.as_bytes(), dialler, US.as_bytes(), theirs, ours])))
    }

    /// What proves that the dialler knows the key.
    fn proof(&self) -> Option<String> {
        Some(format!("PROOF {}", self.tag("herd 1 dialler")?))
    }

    /// One line, and what the port has said to it.
    fn hear(&mut self, line: &[u8], sent: &[u8]) {
        let is_heard = match &self.state {
            State::Stranger => self.hello(line, sent),
            State::Claims { .. } => self.proves(line, sent),
            State::Neighbour { is_resyncing } => {
                self.due = self.now + SILENCE;
                let is_resyncing = *is_resyncing;
                self.says(line, sent, is_resyncing)
            }
            State::Gone => panic!("it is gone"),
        };
        if !is_heard {
            let is_namesake =
                matches!(&self.state, State::Claims { dialler, .. } if dialler == US.as_bytes());
            if !is_namesake {
                assert_eq!(sent.escape_ascii().to_string(), "", "nobody is told why");
            }
            self.state = State::Gone;
            self.refused += 1;
        }
    }

    fn hello(&mut self, line: &[u8], sent: &[u8]) -> bool {
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
        let [b"HELLO", b"1", dialler, acceptor, nonce] = fields[..] else { return false };
        let Some(theirs) = unhex(nonce).filter(|nonce| nonce.len() == 16) else { return false };
        let is_neighbour = acceptor == US.as_bytes() && [&b"Welsh"[..], b"Holiday"].contains(&dialler);
        // A server of our own name is refused, but sees by our proof that it has met one.
        if !is_neighbour && dialler != US.as_bytes() {
            return false;
        }
        let answer: Vec<&[u8]> = sent.split(|byte| *byte == b' ').collect();
        let ours = answer.get(1).and_then(|nonce| unhex(nonce)).unwrap_or_default();
        self.state = State::Claims { dialler: dialler.to_vec(), nonces: [theirs, ours.clone()] };
        let tag = self.tag("herd 1 acceptor").unwrap_or_default();
        assert_eq!(sent, format!("PROOF {} {tag}\n", hex(&ours)).as_bytes(), "it proves who it is");
        assert_eq!(ours.len(), 16);
        is_neighbour
    }

    fn proves(&mut self, line: &[u8], sent: &[u8]) -> bool {
        let right = self.proof().unwrap_or_default();
        if !line.starts_with(b"PROOF ") || !line.eq_ignore_ascii_case(right.as_bytes()) {
            return false;
        }
        assert_eq!(sent, b"WELCOME\n");
        self.state = State::Neighbour { is_resyncing: false };
        self.due = self.now + SILENCE;
        true
    }

    fn says(&mut self, line: &[u8], sent: &[u8], is_resyncing: bool) -> bool {
        let mut expected = Vec::new();
        let mut becomes = is_resyncing;
        match line {
            b"PING" => expected = b"PONG\n".to_vec(),
            b"COMPARE" => {
                becomes = true;
                print_digest(self.store.digest(), |line| {
                    expected.extend_from_slice(line);
                    expected.push(b'\n');
                });
            }
            _ if is_resyncing && let Some(buckets) = question(line) => {
                print_leaves(&buckets, &self.store, |line| {
                    expected.extend_from_slice(line);
                    expected.push(b'\n');
                });
            }
            b"SYNCED" if is_resyncing => becomes = false,
            _ if is_resyncing && is_mark(line) => expected = [b"MARKED ", &line[5..], b"\n"].concat(),
            _ => match at_line(line) {
                Some(at) => drop(self.store.accept(&at)),
                None => return false,
            },
        }
        self.state = State::Neighbour { is_resyncing: becomes };
        assert_eq!(sent.escape_ascii().to_string(), expected.escape_ascii().to_string());
        true
    }
}

/// At most thirty-two buckets, ascending.
fn question(line: &[u8]) -> Option<Vec<Bucket>> {
    let words: Vec<&str> = str::from_utf8(line.strip_prefix(b"COMPARE ")?).ok()?.split(' ').collect();
    let all: Vec<(String, Bucket)> = Bucket::all().map(|b| (format!("{:03x}", b.number()), b)).collect();
    let places: Vec<usize> =
        words.iter().map(|word| all.iter().position(|(name, _)| name == word)).collect::<Option<_>>()?;
    let is_right = places.len() <= 32 && places.is_sorted_by(|one, other| one < other);
    is_right.then(|| places.into_iter().map(|place| all[place].1).collect())
}

fn is_mark(line: &[u8]) -> bool {
    let Some(digits) = line.strip_prefix(b"MARK ") else { return false };
    let number = str::from_utf8(digits).ok().and_then(|digits| digits.parse::<u64>().ok());
    number.is_some_and(|number| number.to_string().as_bytes() == digits)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |digit: &u8| char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    });
    pairs.collect()
}
