//! The simulated world: its clock, its hosts, and the deliveries that are due.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::chaos::{Death, Relief};
use super::faults::{FaultCounts, Faults, size};
use super::host::{Host, HostId, Pending, WallClock};
use super::links::Links;
use super::schedule::Schedule;
use super::sim_net::SimNet;
use super::stream::{EndId, Segment, Streams};
use super::tap::Tap;
use super::trace::{Trace, What};
use crate::net::{Event, JobId, Signal, Work};
use crate::random::Random;
use crate::time::{Time, WallTime};

/// What happens at a point in time.
pub(super) enum Delivery {
    /// The first segment on its way to this end arrives.
    Segment(EndId),
    /// A reset arrives at this end; it overtakes segments.
    Reset(EndId),
    /// A slow reader's process gets to see the next few bytes.
    Edge(EndId),
    /// TCP's patience with this end is over.
    GiveUp(EndId),
    /// An answer for the process that was the host's `u32`th.
    Answer(HostId, u32, Event),
    /// Work on a thread of that process is done.
    Work(HostId, u32, JobId, Work),
    /// The next scheduled fault strikes.
    Fault,
    /// A fault ends.
    Relief(Relief),
}

/// A seeded network of simulated hosts under a virtual clock.
///
/// See the [module](super) for the idea and an example.
pub struct World {
    pub(super) now: Time,
    scheduled: u64,
    agenda: BTreeMap<(Time, u64), Delivery>,
    /// Draws what happens to traffic.
    pub(super) random: Random,
    /// Draws the schedule of faults, so that it does not depend on the traffic.
    pub(super) schedule: Random,
    pub(super) hosts: Vec<Host>,
    pub(super) streams: Streams,
    pub(super) links: Links,
    pub(super) faults: Faults,
    pub(super) counts: FaultCounts,
    pub(super) trace: Trace,
    pub(super) plan: Schedule,
    pub(super) deaths: Vec<Death>,
    pub(super) tap: Option<Tap>,
    names: BTreeMap<String, Vec<IpAddr>>,
}

impl World {
    /// A world without hosts, with the faults given, drawn from `seed`.
    pub fn new(seed: u64, faults: Faults) -> World {
        let mut random = Random::seeded(seed);
        let mut world = World {
            now: Time::ZERO,
            scheduled: 0,
            agenda: BTreeMap::new(),
            schedule: random.split(),
            random,
            hosts: Vec::new(),
            streams: Streams::default(),
            links: Links::default(),
            faults,
            counts: FaultCounts::default(),
            trace: Trace::default(),
            plan: Schedule::default(),
            deaths: Vec::new(),
            tap: None,
            names: BTreeMap::new(),
        };
        world.plan.seed = world.schedule.next_u64();
        world.schedule_fault();
        world
    }

    /// A world with the faults that its own seed draws.
    pub fn seeded(seed: u64) -> World {
        World::new(seed, Faults::drawn(&mut Random::seeded(!seed)))
    }

    /// Adds a host, with the next address from 10.0.0.1 on. It is up; its clock may be wrong and its
    /// reader slow, as the faults have it.
    ///
    /// # Panics
    ///
    /// If there are 65,534 hosts already.
    pub fn add_host(&mut self) -> HostId {
        assert!(self.hosts.len() < usize::from(u16::MAX) - 1, "no address is left for another host");
        let id = HostId::nth(u16::try_from(self.hosts.len()).unwrap_or(u16::MAX));
        let mut host = Host::new(id);
        host.reads_slowly = self.schedule.percent(self.faults.slow_readers);
        let mut random = self.schedule.split();
        host.wall = WallClock::new(self.draw_skew(&mut random), self.draw_drift(&mut random));
        self.hosts.push(host);
        id
    }

    /// The network as `host` sees it.
    pub fn net(&mut self, host: HostId) -> SimNet<'_> {
        SimNet::new(self, host)
    }

    /// All hosts, in the order in which they were added.
    pub fn hosts(&self) -> impl ExactSizeIterator<Item = HostId> + use<> {
        (0..u16::try_from(self.hosts.len()).unwrap_or(u16::MAX)).map(HostId::nth)
    }

    /// The address of a host. It also has all of 127.0.0.0/8 to itself.
    pub fn ip(&self, host: HostId) -> IpAddr {
        host.ip()
    }

    /// Lets every host look up `name`.
    pub fn name(&mut self, name: &str, addresses: &[IpAddr]) {
        self.names.insert(name.to_owned(), addresses.to_vec());
    }

    /// Signals the process of `host`.
    pub fn signal(&mut self, host: HostId, signal: Signal) {
        self.hosts[host.index()].pending.push(Pending::Event(Event::Signal(signal)));
    }

    /// The virtual clock.
    pub fn now(&self) -> Time {
        self.now
    }

    /// What the wall clock of `host` shows.
    pub fn wall_clock(&self, host: HostId) -> WallTime {
        self.hosts[host.index()].wall.read(self.now)
    }

    /// Moves the clock to the next delivery and makes it. `false`: none is due by `until`; the clock now
    /// stands there (unless that is [`Time::NEVER`], where it stays as it is).
    pub fn step(&mut self, until: Time) -> bool {
        let Some(first) = self.agenda.first_entry().filter(|first| first.key().0 <= until) else {
            if until != Time::NEVER {
                self.now = self.now.max(until);
            }
            return false;
        };
        let ((at, _), delivery) = first.remove_entry();
        self.now = at;
        self.deliver(delivery);
        true
    }

    /// When [`step`](World::step) has something to do next, if ever. What a cut link holds does not
    /// count; a scheduled fault does.
    pub fn next_delivery(&self) -> Option<Time> {
        self.agenda.first_key_value().map(|(&(at, _), _)| at)
    }

    /// Whether `host` would learn something by polling.
    pub fn pending(&self, host: HostId) -> bool {
        !self.hosts[host.index()].pending.is_empty()
    }

    /// How many streams exist of which one end is in use: a test for leaks.
    pub fn streams(&self) -> usize {
        self.streams.len()
    }

    /// What has happened so far, as a hash and perhaps a log.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Starts the trace anew; with `log`, it also keeps a line per delivery.
    pub fn record(&mut self, log: bool) {
        self.trace = Trace::recording(log);
    }

    /// The processes that have ended so far, in order.
    pub fn deaths(&self) -> &[Death] {
        &self.deaths
    }

    /// Listens in at this port of every host from here on.
    pub fn listen_in(&mut self, port: u16) {
        self.tap = Some(Tap::new(port));
    }

    /// What was said to the port that [`World::listen_in`] names: the beginnings of the last streams.
    pub fn overheard(&self) -> impl Iterator<Item = &[u8]> {
        self.tap.iter().flat_map(Tap::heard)
    }

    /// Work in the hands of a process that ends: its threads may have done part of it. See
    /// [`SimNet::take_orphans`].
    pub(super) fn orphan_works(&mut self, host: HostId) {
        let is_its = |delivery: &Delivery| matches!(delivery, Delivery::Work(of, ..) if *of == host);
        let due = self.agenda.iter().filter(|(_, delivery)| is_its(delivery));
        let due: Vec<_> = due.map(|(at, _)| *at).collect();
        let works = due.iter().filter_map(|at| match self.agenda.remove(at) {
            Some(Delivery::Work(_, _, _, work)) => Some(work),
            _ => None,
        });
        self.hosts[host.index()].orphans = works.collect();
    }

    /// How many faults were injected so far.
    pub fn counts(&self) -> FaultCounts {
        self.counts
    }

    /// The faults in force.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    fn deliver(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::Segment(end) | Delivery::Reset(end) if self.blocked_since(end).is_some() => {
                self.hold(end, delivery);
            }
            Delivery::Segment(end) => self.arrive(end),
            Delivery::Reset(end) => self.reset_arrives(end),
            Delivery::Edge(end) => self.readable(end),
            Delivery::GiveUp(end) => self.give_up(end),
            Delivery::Answer(host, boot, event) => self.answer(host, boot, "answer", || event),
            Delivery::Work(host, boot, job, work) => {
                self.answer(host, boot, "work", || Event::Done(job, Ok(work())));
            }
            Delivery::Fault => self.strike(),
            Delivery::Relief(relief) => self.relieve(relief),
        }
    }

    /// Since when nothing has got through to `end`; `None` if it does.
    pub(super) fn blocked_since(&self, end: EndId) -> Option<Time> {
        let (to, from) = (self.streams.get(end)?, self.streams.get(end.far())?);
        self.links.blocked_since((from.host, to.host))
    }

    fn hold(&mut self, end: EndId, delivery: Delivery) {
        if let (Some(to), Some(from)) = (self.streams.get(end), self.streams.get(end.far())) {
            let is_ack = matches!(to.wire.front(), Some(Segment::Ack(_))); // not sent again by itself
            self.links.hold((from.host, to.host), delivery);
            if !is_ack {
                self.stall(end.far());
            }
        }
    }

    /// Hands an event to the process that waits for it, if that one still lives.
    fn answer(&mut self, host: HostId, boot: u32, kind: &'static str, event: impl FnOnce() -> Event) {
        if self.hosts[host.index()].boot == boot {
            self.trace.note(self.now, kind, host.index() as u64, b"");
            self.trace.tell(self.now, || What::Done(host, kind));
            self.hosts[host.index()].pending.push(Pending::Event(event()));
        }
    }

    /// Puts a delivery on the agenda.
    pub(super) fn after(&mut self, delay: Duration, delivery: Delivery) {
        self.scheduled += 1;
        self.agenda.insert((self.now + delay, self.scheduled), delivery);
    }

    /// Sends a delivery over the network.
    pub(super) fn travel(&mut self, delivery: Delivery) {
        let delay = self.draw_delay();
        self.after(delay, delivery);
    }

    pub(super) fn draw_delay(&mut self) -> Duration {
        self.random.between(self.faults.delay.start, self.faults.delay.end)
    }

    /// How many unread bytes the reader `host` allows its writer.
    pub(super) fn draw_window(&mut self, host: HostId) -> usize {
        let range = match self.hosts[host.index()].reads_slowly {
            true => 1_024..4_096,
            false => self.faults.window.clone(),
        };
        (range.start + size(&mut self.random, range.len())).max(1)
    }

    /// Whether to report an event without cause.
    pub(super) fn is_spurious(&mut self) -> bool {
        let spurious = self.faults.spurious_events > 0 && self.random.percent(self.faults.spurious_events);
        self.counts.spurious_events += u64::from(spurious);
        spurious
    }

    /// What a look-up brings. An address needs no name.
    pub(super) fn look_up(&mut self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        if let Ok(ip) = name.parse::<IpAddr>() {
            return Ok(vec![(ip, port).into()]);
        }
        let addresses = self.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(addresses.iter().map(|ip| (*ip, port).into()).collect())
    }
}
