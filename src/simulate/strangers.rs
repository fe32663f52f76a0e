//! Strangers at the servers' ports: they have no key, and know what they have overheard.

use std::net::SocketAddr;
use std::time::Duration;

use protocols::{LineReceiver, Lines};
use reactor::{AppCx, Cx, Random};

use super::history::Heard;
use super::topology::place;
use crate::key::{HerdKey, encode};

/// The longest pause between two attempts.
const PAUSE: Duration = Duration::from_millis(400);
/// How long an attempt lasts.
const ATTEMPT: Duration = Duration::from_secs(3);

/// A server as strangers know it.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) name: String,
    pub(super) neighbours: Vec<String>,
    pub(super) clients: SocketAddr,
    pub(super) peers: SocketAddr,
}

/// All strangers together: the application of their reactor.
pub(super) struct Strangers {
    targets: Vec<Target>,
    /// What was overheard of the dialling sides of real links.
    pub(super) overheard: Vec<Vec<u8>>,
    /// What has come of it.
    pub(super) heard: Vec<Heard>,
    /// How many attempts were made.
    pub(super) attempts: u64,
    random: Random,
    is_on: bool,
}

impl Strangers {
    pub(super) fn new(targets: Vec<Target>, random: Random) -> Strangers {
        Strangers { targets, overheard: Vec::new(), heard: Vec::new(), attempts: 0, random, is_on: false }
    }

    /// A line that no client has sent, and that would win.
    fn forgery(&mut self, target: &Target) -> Vec<u8> {
        let (client, time) = (self.random.below(12), 1_479_414_000 + self.random.below(1_000));
        format!("AT {} +0.000000001 client-{client} +66.6-66.6 {time}\n", target.name).into_bytes()
    }

    fn draw(&mut self) -> Option<Attempt> {
        let index = place(&mut self.random, self.targets.len());
        let target = self.targets.get(index)?.clone();
        let forgery = self.forgery(&target);
        let neighbour = place(&mut self.random, target.neighbours.len());
        let neighbour = target.neighbours.get(neighbour).cloned().unwrap_or_default();
        let nonce = self.random.next_u64().to_le_bytes().repeat(2);
        let hello = format!("HELLO 1 {neighbour} {} {}\n", target.name, encode(&nonce)).into_bytes();
        let (what, at, first) = match self.random.below(8) {
            0 => ("AT line at its clients' port", target.clients, Vec::new()),
            1 => ("AT line", target.peers, Vec::new()),
            2 => ("noise", target.peers, self.noise()),
            3 => ("half hello", target.peers, hello[..place(&mut self.random, hello.len())].to_vec()),
            4 => ("replayed hello", target.peers, self.replay()),
            5 => ("reflected proof", target.peers, hello),
            6 => ("proof of another key", target.peers, hello),
            _ => ("WELCOME", target.peers, [&hello[..], b"WELCOME\n"].concat()),
        };
        let server = target.name;
        Some(Attempt { server, what, at, first, forgery, nonce, neighbour })
    }

    fn noise(&mut self) -> Vec<u8> {
        let words = 1 + self.random.below(40);
        (0..words).flat_map(|_| self.random.next_u64().to_le_bytes()).collect()
    }

    fn replay(&mut self) -> Vec<u8> {
        let index = place(&mut self.random, self.overheard.len());
        self.overheard.get(index).cloned().unwrap_or_default()
    }
}

/// Comes again and again.
fn come(cx: &mut AppCx<'_, Strangers>) {
    if !cx.app.is_on {
        return;
    }
    if let Some(attempt) = cx.app.draw() {
        cx.app.attempts += 1;
        cx.reactor.connect(attempt.at, Lines::new(attempt));
    }
    let pause = cx.app.random.between(Duration::ZERO, PAUSE);
    cx.reactor.app_later(pause, come);
}

pub(super) fn start(cx: &mut AppCx<'_, Strangers>) {
    cx.app.is_on = true;
    come(cx);
}

pub(super) fn end(cx: &mut AppCx<'_, Strangers>) {
    cx.app.is_on = false;
}

/// One connection of a stranger.
struct Attempt {
    server: String,
    what: &'static str,
    at: SocketAddr,
    /// What is said first.
    first: Vec<u8>,
    /// What is to be believed.
    forgery: Vec<u8>,
    nonce: Vec<u8>,
    neighbour: String,
}

impl Attempt {
    /// What a stranger makes of the server's proof, as far as it can.
    fn proof(&self, line: &[u8]) -> Option<Vec<u8>> {
        let tag = line.strip_prefix(b"PROOF ")?.rsplit(|&byte| byte == b' ').next()?;
        let reflected = [b"PROOF ", tag, b"\n"].concat();
        if self.what == "reflected proof" {
            return Some(reflected);
        }
        let wrong = HerdKey::new(&[8; 32]);
        let names = [self.neighbour.as_bytes(), self.server.as_bytes()];
        let tag = wrong.sign(&[b"herd 1 dialler", names[0], names[1], &self.nonce, &self.nonce]);
        (self.what == "proof of another key").then(|| format!("PROOF {}\n", encode(&tag)).into_bytes())
    }
}

impl LineReceiver<Strangers> for Attempt {
    fn connection_made(&mut self, cx: &mut Cx<'_, Strangers, Self>) {
        let deadline = cx.reactor.now() + ATTEMPT;
        cx.transport.set_deadline(Some(deadline));
        cx.transport.write(&self.first);
        if self.what != "half hello" && !self.what.contains("proof") {
            cx.transport.write(&self.forgery);
        }
    }

    fn line_received(&mut self, cx: &mut Cx<'_, Strangers, Self>, line: &[u8]) {
        if let Some(proof) = self.proof(line) {
            cx.transport.write(&proof);
            cx.transport.write(&self.forgery);
            return;
        }
        let is_refused = line.starts_with(b"? ") || line.starts_with(b"PROOF ");
        if !is_refused {
            let (server, attempt) = (self.server.clone(), self.what);
            cx.app.heard.push(Heard::Admission { server, attempt, came: line.to_vec() });
        }
    }
}
