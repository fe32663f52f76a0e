//! Whole conversations under whatever trouble a seed draws, by peers that trust the edges.

use super::*;
use crate::random::Random;
use crate::sim::{FaultCounts, Mix};

/// Sends its text, closes its sending side, and reads to the end, acting on edges alone: an edge that
/// never comes leaves it stuck.
struct Peer {
    host: HostId,
    conn: ConnId,
    text: Vec<u8>,
    sent: usize,
    received: Vec<u8>,
    readable: bool,
    writable: bool,
    read_closed: bool,
    /// How reading ended.
    end: Option<Result<(), ErrorKind>>,
    broken: bool,
}

impl Peer {
    fn new(host: HostId, conn: ConnId, random: &mut Random) -> Peer {
        let length = 1 + random.below(300_000);
        Peer {
            host,
            conn,
            text: (0..length).map(|_| random.next_u64().to_le_bytes()[0]).collect(),
            sent: 0,
            received: Vec::new(),
            readable: false,
            writable: false,
            read_closed: false,
            end: None,
            broken: false,
        }
    }

    fn hear(&mut self, event: &Event) {
        if let Event::Ready { conn, read, write, read_closed } = event
            && *conn == self.conn
        {
            self.readable |= read;
            self.writable |= write;
            self.read_closed |= read_closed;
        }
    }

    fn write(&mut self, world: &mut World) {
        while self.writable && self.sent < self.text.len() {
            let rest = &self.text[self.sent..];
            let (head, tail) = rest.split_at(rest.len() / 3);
            match world.net(self.host).write(self.conn, &[IoSlice::new(head), IoSlice::new(tail)]) {
                Ok(n) => {
                    self.writable = n == rest.len();
                    self.sent += n;
                    if self.sent == self.text.len() {
                        self.broken |= world.net(self.host).shutdown_write(self.conn).is_err();
                    }
                }
                Err(error) => {
                    self.broken |=
                        error.kind() != ErrorKind::WouldBlock && error.kind() != ErrorKind::NotConnected;
                    self.writable = false;
                }
            }
        }
    }

    fn read(&mut self, world: &mut World) {
        while self.readable && self.end.is_none() {
            match read(world, self.host, self.conn, 1_000) {
                Ok(bytes) => {
                    self.readable = bytes.len() == 1_000 || self.read_closed;
                    self.end = bytes.is_empty().then_some(Ok(()));
                    self.received.extend(bytes);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    assert!(!self.read_closed, "a read after `read_closed` never says WouldBlock");
                    self.readable = false;
                }
                Err(error) => self.end = Some(Err(error.kind())),
            }
        }
    }

    fn has_failed(&self) -> bool {
        self.broken || matches!(self.end, Some(Err(_)))
    }
}

/// What a conversation came to.
struct Outcome {
    hash: u64,
    failed: bool,
    counts: FaultCounts,
}

/// A conversation for ten seconds of trouble, and then, healed, to its end.
fn converse(seed: u64, faults: Faults) -> Outcome {
    let mut lan = Lan::new(seed, faults);
    let mut random = Random::seeded(seed);
    let client = Peer::new(lan.client, NEAR, &mut random);
    let server = Peer::new(lan.server, FAR, &mut random);
    let mut peers = [client, server];
    while lan.world.net(lan.client).connect(lan.at, NEAR).is_err() {}
    for until in [seconds(10), seconds(1_000)] {
        while lan.world.step(until) {
            turn(&mut lan, &mut peers);
        }
        lan.world.heal_all();
    }
    verdict(&lan, &peers)
}

fn turn(lan: &mut Lan, peers: &mut [Peer; 2]) {
    while lan.world.pending(lan.client) || lan.world.pending(lan.server) {
        for peer in &mut *peers {
            for event in lan.poll(peer.host) {
                if matches!(event, Event::Incoming(_)) {
                    accept(lan);
                }
                peer.hear(&event);
            }
            peer.read(&mut lan.world);
            peer.write(&mut lan.world);
        }
    }
}

/// One connection is all that comes; descriptors may run out.
fn accept(lan: &mut Lan) {
    while let Err(error) = lan.world.net(lan.server).accept(PORT, FAR) {
        assert!(crate::net::is_exhaustion(&error));
    }
}

fn verdict(lan: &Lan, [one, two]: &[Peer; 2]) -> Outcome {
    let failed = one.has_failed() || two.has_failed();
    for (from, to) in [(one, two), (two, one)] {
        assert!(from.text.starts_with(&to.received), "bytes were lost inside, doubled or changed");
        assert!(to.end != Some(Ok(())) || to.received == from.text || from.broken, "the end came early");
        assert!(to.end.is_some() || failed, "stuck after {} of {}", to.received.len(), from.text.len());
    }
    Outcome { hash: lan.world.trace().hash(), failed, counts: lan.world.counts() }
}

fn drawn(seed: u64) -> Faults {
    Faults::drawn(&mut Random::seeded(seed))
}

#[test]
fn without_failures_every_byte_arrives() {
    for seed in 0..60 {
        let mix = Mix { reset: 0, ..drawn(seed).mix };
        let patience = 900 * SECOND..901 * SECOND;
        let faults = Faults { mix, give_up: patience, refused_connects: 0, lost_connects: 0, ..drawn(seed) };
        assert!(!converse(seed, faults).failed, "seed {seed}");
    }
}

#[test]
fn under_all_faults_what_arrives_is_what_was_sent() {
    let outcomes: Vec<_> = (0..200).map(|seed| converse(seed, drawn(seed))).collect();
    let failed = outcomes.iter().filter(|outcome| outcome.failed).count();
    assert!((5..190).contains(&failed), "{failed} of 200 conversations failed");
    let sum = |of: fn(&FaultCounts) -> u64| outcomes.iter().map(|outcome| of(&outcome.counts)).sum::<u64>();
    let kinds = [
        sum(|c| c.short_reads),
        sum(|c| c.short_writes),
        sum(|c| c.spurious_events),
        sum(|c| c.refused_connects),
        sum(|c| c.lost_connects),
        sum(|c| c.exhaustions),
        sum(|c| c.partitions),
        sum(|c| c.clogs),
        sum(|c| c.resets),
        sum(|c| c.clock_jumps),
    ];
    assert!(kinds.iter().all(|count| *count > 0), "some fault never came: {kinds:?}");
}

#[test]
fn the_same_seed_gives_the_same_trace_and_another_another() {
    let hashes: Vec<_> = (0..20).map(|seed| converse(seed, drawn(seed)).hash).collect();
    for (seed, hash) in (0..).zip(&hashes) {
        assert_eq!(converse(seed, drawn(seed)).hash, *hash);
    }
    let mut distinct = hashes.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), hashes.len());
}
