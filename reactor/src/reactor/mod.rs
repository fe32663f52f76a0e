//! The loop: [`Reactor::turn`] and its steps, one file each.
//!
//! | step | file | what it does |
//! |---|---|---|
//! | poll | `poll.rs` | waits, and notes what happened |
//! | accept | `accept.rs` | takes whoever waits at the ports |
//! | read | `read.rs` | reads each ready link once |
//! | timers | `calls.rs` | runs what is due, unless a pause has left more to read (`behind.rs`) |
//! | requests | `calls.rs`, `dial.rs` | carries out what callbacks asked for |
//! | flush | `flush.rs` | writes each link's outbox once |
//! | pressure | `flush.rs` | tells whose outbox is full, or no longer |
//! | reap | `reap.rs` | ends what is to end |
//! | measure | `lag.rs` | notes how long all that took |
//!
//! What links under TLS need in the steps that read and flush is in `secure.rs`.
//!
//! What a step queues for an earlier step waits for the next turn, so a turn never loops on its own
//! output (law 4). While more requests wait than may, nobody is accepted and nothing is read (law 7).

mod accept;
mod behind;
mod calls;
mod dial;
mod flush;
mod lag;
mod poll;
mod read;
mod reap;
mod secure;
mod stop;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::counters::Counters;
use crate::cx::{AppCx, Parts};
use crate::layer::ServerTls;
use crate::limits::Limits;
use crate::link::Link;
use crate::names::{Lookup, Names};
use crate::net::{ConnId, Event, JobId, Net, PortId, Signal};
use crate::port::Port;
use crate::protocol::Factory;
use crate::requests::Core;
use crate::slots::Slots;
use crate::time::Time;
use crate::wires::Wires;

use lag::Work;

/// Bytes read at once; also the most that one link gets of a turn.
const READ_BUFFER: usize = 64 * 1024;

/// Whether there will be another turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Turn {
    /// The reactor goes on.
    Running,
    /// It was asked to stop, and every connection has ended. What is asked for after
    /// [`Limits::stop_timeout`] is not done.
    Stopped,
}

type SignalHook<A> = Box<dyn FnMut(&mut AppCx<'_, A>, Signal)>;
type StopHook<A> = Box<dyn FnOnce(&mut AppCx<'_, A>)>;

/// A single-threaded reactor with the application `A`. It owns protocols, timers and outboxes, and
/// is lent a [`Net`] for each turn.
pub struct Reactor<A> {
    /// The user's own state; callbacks see it as `cx.app`.
    pub app: A,
    wires: Wires,
    core: Core<A>,
    links: Slots<Link<A>>,
    ports: Slots<Port<A>>,
    /// Links that may have something to read.
    ready: VecDeque<ConnId>,
    /// Ports at which somebody may wait.
    incoming: Vec<PortId>,
    /// Ports that rest because descriptors ran out, and until when.
    resting: Vec<PortId>,
    rest_until: Time,
    /// When each link that ends by itself is looked at next.
    deadlines: BTreeSet<(Time, ConnId)>,
    lookups: BTreeMap<JobId, Lookup>,
    names: Names,
    /// Attempts beside the first one of a link, by what the net calls them.
    attempts: BTreeMap<ConnId, ConnId>,
    /// Until when timers may wait for what is still to be read; `NEVER`: they do not.
    catch_up_by: Time,
    /// Until when no slow turn is said: one was, not long ago.
    slow_quiet_until: Time,
    signals: Vec<Signal>,
    on_signal: Option<SignalHook<A>>,
    on_stop: Option<StopHook<A>>,
    contain_panics: bool,
    events: Vec<Event>,
    read_buffer: Box<[u8]>,
}

impl<A: 'static> Reactor<A> {
    /// A reactor for `app`; `seed` is all the randomness it will ever have (law 8).
    pub fn new(app: A, seed: u64, limits: Limits) -> Reactor<A> {
        Reactor {
            app,
            wires: Wires::new(&limits),
            core: Core::new(seed, limits),
            links: Slots::new(),
            ports: Slots::new(),
            ready: VecDeque::new(),
            incoming: Vec::new(),
            resting: Vec::new(),
            rest_until: Time::NEVER,
            deadlines: BTreeSet::new(),
            lookups: BTreeMap::new(),
            names: Names::default(),
            attempts: BTreeMap::new(),
            catch_up_by: Time::NEVER,
            slow_quiet_until: Time::ZERO,
            signals: Vec::new(),
            on_signal: None,
            on_stop: None,
            contain_panics: false,
            events: Vec::new(),
            read_buffer: vec![0; READ_BUFFER].into(),
        }
    }

    /// Does what a callback could, from outside: for setting up.
    pub fn enter<R>(&mut self, net: &impl Net, f: impl FnOnce(&mut AppCx<'_, A>) -> R) -> R {
        self.read_clocks(net);
        f(&mut AppCx::new(self.parts()))
    }

    /// Listens at `at` at once, and says where: for setting up, where a failure must be seen.
    pub fn listen<F: Factory<A>>(
        &mut self,
        net: &mut impl Net,
        at: SocketAddr,
        factory: F,
    ) -> io::Result<(PortId, SocketAddr)> {
        self.listen_now(net, at, None, factory)
    }

    /// The same for connections that speak TLS: they are made once that is agreed on, or
    /// `connect_failed` is told.
    pub fn listen_tls<F: Factory<A>>(
        &mut self,
        net: &mut impl Net,
        at: SocketAddr,
        tls: &ServerTls,
        factory: F,
    ) -> io::Result<(PortId, SocketAddr)> {
        self.listen_now(net, at, Some(tls.clone()), factory)
    }

    fn listen_now<F: Factory<A>>(
        &mut self,
        net: &mut impl Net,
        at: SocketAddr,
        tls: Option<ServerTls>,
        factory: F,
    ) -> io::Result<(PortId, SocketAddr)> {
        let id = PortId(self.core.ports.issue());
        let opened = self.open_port(net, id, at, tls, Box::new(factory));
        Ok((id, opened.inspect_err(|_| self.core.ports.retire(id.0))?))
    }

    /// Hears every signal, before the reactor acts on it: SIGINT, SIGTERM and SIGQUIT stop it, a second
    /// one at once; the others mean nothing to it.
    pub fn on_signal(&mut self, hook: impl FnMut(&mut AppCx<'_, A>, Signal) + 'static) {
        self.on_signal = Some(Box::new(hook));
    }

    /// Is called once, when a stop begins and the ports are closed.
    pub fn on_stop(&mut self, hook: impl FnOnce(&mut AppCx<'_, A>) + 'static) {
        self.on_stop = Some(Box::new(hook));
    }

    /// One turn of the loop: waits at most `at_most` (`None`: for ever) unless there is something to
    /// do, and does it. An error is the net's own, of polling; trouble of a link never leaves here.
    pub fn turn<N: Net>(&mut self, net: &mut N, at_most: Option<Duration>) -> io::Result<Turn> {
        self.contain_panics = N::CONTAINS_PANICS;
        let has_events = self.poll(net, at_most)?;
        let before = Work::of(&self.core.counters);
        self.accept(net);
        self.read(net);
        self.look_behind(has_events);
        self.run_timers(net);
        self.run_requests(net);
        self.flush(net);
        self.report_pressure();
        self.reap(net);
        self.measure(net, before);
        Ok(self.progress())
    }

    /// Turns until stopped.
    pub fn run(&mut self, net: &mut impl Net) -> io::Result<()> {
        while self.turn(net, None)? == Turn::Running {}
        Ok(())
    }

    /// When the next timer or deadline is due.
    pub fn next_timer(&self) -> Option<Time> {
        let deadline = self.deadlines.first().map(|(at, _)| *at);
        let rest = Some(self.rest_until).filter(|at| *at != Time::NEVER);
        let stop = self.core.stop_by.filter(|_| self.links.len() > 0); // else there is nobody left to cut off
        [self.core.timers.next(), deadline, rest, stop].into_iter().flatten().min()
    }

    /// Whether the next turn has something to do without waiting.
    pub fn is_busy(&self) -> bool {
        !(self.ready.is_empty()
            && !self.is_behind()
            && self.incoming.is_empty()
            && self.signals.is_empty()
            && self.core.queue.is_empty()
            && self.wires.notes.is_empty())
    }

    /// What has happened so far.
    pub fn counters(&self) -> &Counters {
        &self.core.counters
    }

    /// Connections: made, on their way, or lingering.
    pub fn connections(&self) -> usize {
        self.links.len()
    }

    fn parts(&mut self) -> Parts<'_, A> {
        Parts { app: &mut self.app, wires: &mut self.wires, core: &mut self.core }
    }

    fn read_clocks(&mut self, net: &impl Net) {
        self.core.now = net.now();
        self.core.wall_clock = net.wall_clock();
    }
}
