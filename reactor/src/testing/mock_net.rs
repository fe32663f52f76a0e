//! A net whose every answer the test writes.

use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;
use std::io::{self, IoSlice};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::remote::{Phase, Remote, RemoteId};
use super::script::{Call, Script};
use crate::net::{ConnId, Event, JobError, JobId, Net, Outcome, PortId, Signal, Work};
use crate::reactor::{Reactor, Turn};
use crate::time::{Time, WallTime};

/// EMFILE of accept(2): the process has no descriptor left.
const EMFILE: i32 = 24;

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

/// A [`Net`] in memory, with the test as the rest of the world.
///
/// It keeps the contract of readiness as strictly as it may: no edge is reported twice, and none
/// that was not earned by a short read, a short write or a `WouldBlock`. It panics where the reactor
/// breaks its own side of the contract: an id that is not in use, a second close, a write after
/// `shutdown_write`, a read after the end.
///
/// `CONTAINS` is [`Net::CONTAINS_PANICS`].
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
        let address = SocketAddr::from(([192, 0, 2, 1], self.guests));
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

    fn conn(&mut self, conn: ConnId, call: Call) -> &mut Remote {
        match self.conns.get(&conn) {
            Some(id) => &mut self.remotes[id.0],
            None => panic!("{call:?} of {conn:?}, which is not in use"),
        }
    }

    /// Makes a call on a connection, unless it is to fail.
    fn on_conn<T: Debug>(
        &mut self,
        call: Call,
        conn: ConnId,
        go: impl FnOnce(&mut Remote) -> io::Result<T>,
    ) -> io::Result<T> {
        let scripted = self.script.begin(call);
        let remote = self.conn(conn, call);
        let scripted = scripted.and(remote.script.begin(call));
        if let Err(error) = &scripted {
            remote.rearm(call, error);
        }
        let result = scripted.and_then(|()| go(remote));
        self.note(call, conn, &result);
        result
    }

    fn note(&mut self, call: Call, of: impl Debug, result: &impl Debug) {
        self.log.push(format!("{call:?} {of:?} -> {result:?}"));
    }

    fn introduce(&mut self, conn: ConnId, remote: RemoteId) {
        let before = self.conns.insert(conn, remote);
        assert!(before.is_none(), "{conn:?} is in use already");
    }

    fn check_descriptors(&self) -> io::Result<()> {
        match self.descriptors {
            Some(most) if self.conns.len() >= most => Err(io::Error::from_raw_os_error(EMFILE)),
            _ => Ok(()),
        }
    }

    fn port(&mut self, id: PortId, call: Call) -> &mut MockPort {
        match self.ports.get_mut(&id) {
            Some(port) => port,
            None => panic!("{call:?} of {id:?}, which is not in use"),
        }
    }

    fn try_accept(&mut self, id: PortId, conn: ConnId) -> io::Result<SocketAddr> {
        let port = self.port(id, Call::Accept);
        let Some(&remote) = port.waiting.front() else {
            port.armed = true;
            return Err(io::ErrorKind::WouldBlock.into());
        };
        self.check_descriptors()?;
        self.port(id, Call::Accept).waiting.pop_front();
        self.introduce(conn, remote);
        self.remote(remote).accepted();
        Ok(self.remote(remote).address)
    }

    fn accept_fails(&mut self, id: PortId, error: &io::Error) {
        let port = self.port(id, Call::Accept);
        match error.kind() {
            io::ErrorKind::WouldBlock => port.edge = true, // somebody may wait, and is to be found
            io::ErrorKind::ConnectionAborted => drop(port.waiting.pop_front()),
            _ => {}
        }
    }

    fn try_listen(&mut self, at: SocketAddr, id: PortId) -> io::Result<SocketAddr> {
        let mut at = at;
        if at.port() == 0 {
            let free = (49_152..=u16::MAX).find(|port| self.ports.values().all(|p| p.at.port() != *port));
            at.set_port(free.ok_or(io::ErrorKind::AddrNotAvailable)?);
        }
        if self.ports.values().any(|port| port.at == at) {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        let port = MockPort { at, waiting: VecDeque::new(), armed: true, edge: false };
        assert!(self.ports.insert(id, port).is_none(), "{id:?} is in use already");
        Ok(at)
    }

    fn look_up(&mut self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let found = self.names.get(host).ok_or(io::ErrorKind::NotFound)?;
        Ok(found.iter().map(|ip| SocketAddr::new(*ip, port)).collect())
    }

    fn report(&mut self, events: &mut Vec<Event>) {
        events.extend(self.signals.drain(..).map(Event::Signal));
        if !self.holds_answers {
            events.extend(self.answers.drain(..));
        }
        for (id, port) in &mut self.ports {
            events.extend(std::mem::take(&mut port.edge).then_some(Event::Incoming(*id)));
        }
        for (conn, id) in &self.conns {
            events.extend(self.remotes[id.0].news(*conn));
        }
    }
}

impl<const CONTAINS: bool> Net for MockNet<CONTAINS> {
    const CONTAINS_PANICS: bool = CONTAINS;

    fn now(&self) -> Time {
        self.now
    }

    fn wall_clock(&self) -> WallTime {
        self.wall_clock
    }

    fn listen(&mut self, at: SocketAddr, port: PortId) -> io::Result<SocketAddr> {
        let result = self.script.begin(Call::Listen).and_then(|()| self.try_listen(at, port));
        self.note(Call::Listen, at, &result);
        result
    }

    fn accept(&mut self, port: PortId, conn: ConnId) -> io::Result<SocketAddr> {
        let scripted = self.script.begin(Call::Accept);
        if let Err(error) = &scripted {
            self.accept_fails(port, error);
        }
        let result = scripted.and_then(|()| self.try_accept(port, conn));
        self.note(Call::Accept, (port, conn), &result);
        result
    }

    fn close_port(&mut self, id: PortId) {
        self.script.begin(Call::ClosePort).unwrap_or_default();
        let waiting = std::mem::take(&mut self.port(id, Call::ClosePort).waiting);
        for remote in waiting {
            self.remote(remote).phase = Phase::Gone;
        }
        self.ports.remove(&id);
        self.note(Call::ClosePort, id, &());
    }

    fn connect(&mut self, to: SocketAddr, conn: ConnId) -> io::Result<()> {
        let scripted = self.script.begin(Call::Connect).and_then(|()| self.check_descriptors());
        let phase = if scripted.is_ok() { Phase::Dialling } else { Phase::Gone };
        let remote = self.add(Remote::new(to, phase));
        self.dialled.push(Dialled { to, conn, remote });
        self.note(Call::Connect, (to, conn), &scripted);
        scripted?;
        self.introduce(conn, remote);
        if self.answers_dials {
            self.remote(remote).answer();
        }
        Ok(())
    }

    fn connect_result(&mut self, conn: ConnId) -> io::Result<()> {
        self.on_conn(Call::ConnectResult, conn, Remote::connect_result)
    }

    fn read(&mut self, conn: ConnId, into: &mut [u8]) -> io::Result<usize> {
        self.on_conn(Call::Read, conn, |remote| remote.read(into))
    }

    fn write(&mut self, conn: ConnId, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.on_conn(Call::Write, conn, |remote| remote.write(parts))
    }

    fn shutdown_write(&mut self, conn: ConnId) -> io::Result<()> {
        self.on_conn(Call::ShutdownWrite, conn, |remote| {
            remote.shutdown_write();
            Ok(())
        })
    }

    fn close(&mut self, conn: ConnId) {
        self.script.begin(Call::Close).unwrap_or_default();
        self.conn(conn, Call::Close).phase = Phase::Gone;
        self.conns.remove(&conn);
        self.note(Call::Close, conn, &());
    }

    fn resolve(&mut self, job: JobId, host: &str, port: u16) {
        let answer = self.script.begin(Call::Resolve).and_then(|()| self.look_up(host, port));
        self.note(Call::Resolve, (job, host, port), &answer);
        self.answers.push_back(Event::Resolved(job, answer));
    }

    /// Does the work at once, and keeps the outcome for the next poll.
    fn defer(&mut self, job: JobId, work: Work) {
        self.script.begin(Call::Defer).unwrap_or_default();
        let outcome = catch_unwind(AssertUnwindSafe(work)).map_err(|panic| panicked(&*panic));
        self.note(Call::Defer, job, &outcome.is_ok());
        self.answers.push_back(Event::Done(job, outcome as Outcome));
    }

    /// Does not wait: time passes by [`advance`](MockNet::advance) only.
    fn poll(&mut self, timeout: Option<Duration>, events: &mut Vec<Event>) -> io::Result<()> {
        self.last_wait = timeout;
        let result = self.script.begin(Call::Poll);
        if result.is_ok() {
            self.report(events);
        }
        self.note(Call::Poll, timeout, &result);
        result
    }
}

fn panicked(panic: &(dyn Any + Send)) -> JobError {
    let text = panic.downcast_ref::<&str>().copied();
    JobError::Panicked(text.unwrap_or("(no message)").to_owned())
}

/// An address for who does not care which.
pub(super) const SOMEWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)), 7);
