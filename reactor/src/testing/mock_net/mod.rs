//! A net whose every answer the test writes.

mod calls;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::remote::{Phase, Remote, RemoteId};
use super::script::{Call, Script};
use crate::net::{ConnId, Event, PortId, Signal};
use crate::reactor::{Reactor, Turn};
use crate::time::{Time, WallTime};

/// More turns than anything needs that comes to rest at all.
const MANY_TURNS: usize = 100_000;

/// A connection that was dialled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dialled {
    /// Where to.
    pub to: SocketAddr,
    /// What the reactor calls it.
    pub conn: ConnId,
    /// Whom it reaches.
    pub remote: RemoteId,
}

#[derive(Debug)]
struct MockPort {
    at: SocketAddr,
    waiting: VecDeque<RemoteId>,
    /// Whether the next one to dial in is an edge.
    armed: bool,
    edge: bool,
}

/// A [`Net`](crate::Net) in memory, with the test as the rest of the world.
///
/// It keeps the contract of readiness as strictly as it may: no edge is reported twice, and none
/// that was not earned by a short read, a short write or a `WouldBlock`. It panics where the reactor
/// breaks its own side of the contract: an id that is not in use, a second close, a write after
/// `shutdown_write`, a read after the end.
///
/// `CONTAINS` is [`Net::CONTAINS_PANICS`](crate::Net::CONTAINS_PANICS).
#[derive(Default)]
pub struct MockNet<const CONTAINS: bool = false> {
    now: Time,
    wall_clock: WallTime,
    remotes: Vec<Remote>,
    conns: BTreeMap<ConnId, RemoteId>,
    ports: BTreeMap<PortId, MockPort>,
    dialled: Vec<Dialled>,
    answers_dials: bool,
    descriptors: Option<usize>,
    names: BTreeMap<String, Vec<IpAddr>>,
    answers: VecDeque<Event>,
    holds_answers: bool,
    signals: VecDeque<Signal>,
    script: Script,
    /// How long calls take.
    durations: BTreeMap<Call, Duration>,
    last_wait: Option<Duration>,
    log: Vec<String>,
    guests: u16,
}

impl MockNet {
    /// A net with nobody in it, at time zero.
    pub fn new() -> MockNet {
        MockNet::default()
    }

    /// The same, for tests of what a panic in a callback does.
    pub fn containing_panics() -> MockNet<true> {
        MockNet::default()
    }
}

/// The world around the reactor.
impl<const CONTAINS: bool> MockNet<CONTAINS> {
    /// Moves both clocks on.
    pub fn advance(&mut self, by: Duration) {
        self.now = self.now + by;
        let nanos = i64::try_from(by.as_nanos()).unwrap_or(i64::MAX);
        self.wall_clock = WallTime::from_unix_nanos(self.wall_clock.as_unix_nanos().saturating_add(nanos));
    }

    /// Lets every call of this kind take so long from now on, as on a machine that is too slow.
    pub fn let_take(&mut self, call: Call, time: Duration) {
        self.durations.insert(call, time);
    }

    /// Sets the wall clock, and it alone.
    pub fn set_wall_clock(&mut self, to: WallTime) {
        self.wall_clock = to;
    }

    /// Somebody dials in.
    ///
    /// # Panics
    ///
    /// If nobody listens there.
    pub fn dial_in(&mut self, at: SocketAddr) -> RemoteId {
        self.guests += 1;
        self.dial_in_from(at, SocketAddr::from(([192, 0, 2, 1], self.guests)))
    }

    /// Somebody dials in from this address.
    ///
    /// # Panics
    ///
    /// If nobody listens there.
    pub fn dial_in_from(&mut self, at: SocketAddr, address: SocketAddr) -> RemoteId {
        let id = self.add(Remote::new(address, Phase::Open));
        let Some(port) = self.ports.values_mut().find(|port| port.at == at) else {
            panic!("nobody listens at {at}");
        };
        port.waiting.push_back(id);
        port.edge |= std::mem::take(&mut port.armed);
        id
    }

    /// The other end of a connection.
    pub fn remote(&mut self, id: RemoteId) -> &mut Remote {
        &mut self.remotes[id.0]
    }

    /// All other ends there ever were, in the order of their dialling.
    pub fn remotes(&mut self) -> impl Iterator<Item = &mut Remote> {
        self.remotes.iter_mut()
    }

    /// The other end of a connection that the reactor calls `conn`; `None` if it has none.
    pub fn remote_of(&mut self, conn: ConnId) -> Option<&mut Remote> {
        let id = *self.conns.get(&conn)?;
        Some(self.remote(id))
    }

    /// Every connection that was dialled, in order; also those that failed at once.
    pub fn dialled(&self) -> &[Dialled] {
        &self.dialled
    }

    /// The other end of the connection that was dialled last.
    ///
    /// # Panics
    ///
    /// If none was.
    pub fn last_dialled(&mut self) -> &mut Remote {
        match self.dialled.last() {
            Some(&Dialled { remote, .. }) => self.remote(remote),
            None => panic!("nobody was dialled"),
        }
    }

    /// Whether whoever is dialled takes the connection by itself, or waits for
    /// [`Remote::answer`] or [`Remote::refuse`], as they do at first.
    pub fn answer_dials(&mut self, answer: bool) {
        self.answers_dials = answer;
    }

    /// Where somebody listens.
    pub fn listening(&self) -> Vec<SocketAddr> {
        self.ports.values().map(|port| port.at).collect()
    }

    /// How many connections the reactor has open.
    pub fn open(&self) -> usize {
        self.conns.len()
    }

    /// Gives a name its addresses. A name without any is not found.
    pub fn set_addresses(&mut self, name: &str, addresses: impl IntoIterator<Item = IpAddr>) {
        self.names.insert(name.to_owned(), addresses.into_iter().collect());
    }

    /// Whether the answers of look-ups and deferred work are held back from now on. They come at
    /// the next poll otherwise.
    pub fn hold_answers(&mut self, hold: bool) {
        self.holds_answers = hold;
    }

    /// Signals the process.
    pub fn signal(&mut self, signal: Signal) {
        self.signals.push_back(signal);
    }

    /// Has no descriptors for more than `most` connections: accepting and connecting say EMFILE.
    pub fn limit_descriptors(&mut self, most: Option<usize>) {
        self.descriptors = most;
    }

    /// Lets a call fail: the next of its kind, or, asked several times, the next ones.
    ///
    /// # Panics
    ///
    /// If that call cannot fail.
    pub fn fail_next(&mut self, call: Call, error: impl Into<io::Error>) {
        self.script.fail_next(call, error.into());
    }

    /// Lets the `n`-th of all calls that can fail do so, counted from 1 since the net was made.
    pub fn fail_nth(&mut self, n: u64, error: impl Into<io::Error>) {
        self.script.fail_nth(n, error.into());
    }

    /// How often a call was made.
    pub fn calls(&self, call: Call) -> u64 {
        self.script.count(call)
    }

    /// How many calls were made that can fail.
    pub fn fallible_calls(&self) -> u64 {
        self.script.fallible()
    }

    /// How long the last poll was willing to wait; `None`: for ever.
    pub fn last_wait(&self) -> Option<Duration> {
        self.last_wait
    }

    /// Every call and what it said, in order.
    pub fn log(&self) -> &[String] {
        &self.log
    }

    /// Whether the next poll has something to say.
    pub fn has_news(&self) -> bool {
        let answers = !self.answers.is_empty() && !self.holds_answers;
        let ports = self.ports.values().any(|port| port.edge);
        let conns = self.conns.values().any(|id| self.remotes[id.0].has_news());
        answers || ports || conns || !self.signals.is_empty()
    }

    /// Turns `reactor` until nothing more happens without time passing, or it has stopped.
    ///
    /// # Errors
    ///
    /// Those scripted for [`Call::Poll`].
    ///
    /// # Panics
    ///
    /// If it does not come to rest.
    pub fn settle<A: 'static>(&mut self, reactor: &mut Reactor<A>) -> io::Result<()> {
        self.rest(reactor).map(drop)
    }

    fn rest<A: 'static>(&mut self, reactor: &mut Reactor<A>) -> io::Result<Turn> {
        for _ in 0..MANY_TURNS {
            let turn = reactor.turn(self, Some(Duration::ZERO))?;
            let is_due = reactor.next_timer().is_some_and(|at| at <= self.now);
            if turn == Turn::Stopped || !(reactor.is_busy() || is_due || self.has_news()) {
                return Ok(turn);
            }
        }
        panic!("the reactor does not come to rest");
    }

    /// Lets time pass, from timer to timer, so that each finds the clock where it is due.
    ///
    /// # Errors
    ///
    /// As [`settle`](MockNet::settle).
    pub fn pass<A: 'static>(&mut self, reactor: &mut Reactor<A>, time: Duration) -> io::Result<()> {
        let end = self.now + time;
        while self.rest(reactor)? == Turn::Running && self.now < end {
            let next = reactor.next_timer().unwrap_or(end).min(end);
            self.advance(next.since(self.now));
        }
        self.advance(end.since(self.now));
        self.settle(reactor)
    }

    fn add(&mut self, remote: Remote) -> RemoteId {
        self.remotes.push(remote);
        RemoteId(self.remotes.len() - 1)
    }
}

/// An address for who does not care which.
pub(super) const SOMEWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)), 7);
