//! Trouble on purpose, by hand.

use std::time::Duration;

use super::host::HostId;
use super::links::{Block, Direct};
use super::trace::What;
use super::world::{Delivery, World};
use crate::net::Signal;
use crate::random::Random;
use crate::time::{Time, WallTime};

/// Which direction a cut stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// Both.
    Both,
    /// From the first host to the second only.
    OneWay,
}

/// How a host goes down.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Crash {
    /// The process dies. Its kernel closes its sockets and refuses new connections.
    Process,
    /// The machine goes dark. Nobody hears anything until it is up again; then who sends to a stream of
    /// old is told by a reset.
    Power,
}

/// The end of a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Death {
    /// Where it ran.
    pub host: HostId,
    /// When it ended.
    pub at: Time,
    /// `None`: it ended by itself, as after SIGTERM.
    pub how: Option<Crash>,
}

/// A process that is stopping when all is healed is away no longer than this.
const SHORTLY: Duration = Duration::from_secs(1);

/// The end of a scheduled fault.
pub(super) enum Relief {
    Heal(Vec<Direct>),
    Unclog(Direct),
    Restart(HostId),
    /// A process may run again; there is nothing to do but to let time pass until then.
    Resume,
}

/// Faults by hand.
impl World {
    /// Stops what travels from `a` to `b`, and with [`Direction::Both`] also back. It is held, as if TCP
    /// sent it again and again, until the cut is healed or TCP gives up.
    pub fn cut(&mut self, a: HostId, b: HostId, direction: Direction) {
        self.cut_all(&both_ways(a, b, direction));
    }

    pub(super) fn cut_all(&mut self, directs: &[Direct]) {
        self.counts.partitions += 1;
        for direct in directs {
            self.links.block(*direct, Block::Cut, self.now);
        }
    }

    /// Heals every cut. What was held is delivered, with the delays of new traffic.
    pub fn heal(&mut self) {
        for direct in self.links.blocked(Block::Cut) {
            self.unblock(direct, Block::Cut);
        }
    }

    /// Stops what travels from `from` to `to` for a while.
    pub fn clog(&mut self, from: HostId, to: HostId, lasting: Duration) {
        self.counts.clogs += 1;
        self.links.block((from, to), Block::Clog, self.now);
        self.after(lasting, Delivery::Relief(Relief::Unclog((from, to))));
    }

    /// Resets some stream at both ends. `false`: there is none.
    pub fn reset_some_stream(&mut self) -> bool {
        let mut random = self.schedule.split();
        self.reset_stream(&mut random)
    }

    pub(super) fn reset_stream(&mut self, random: &mut Random) -> bool {
        let Some(end) = self.streams.any(random) else { return false };
        self.counts.resets += 1;
        self.travel(Delivery::Reset(end));
        self.travel(Delivery::Reset(end.far()));
        true
    }

    /// Ends the process of `host`: its sockets, ports, jobs and unpolled events are gone. Nothing
    /// happens if it is down already.
    pub fn crash(&mut self, host: HostId, how: Crash) {
        if !self.hosts[host.index()].is_up {
            return;
        }
        match how {
            Crash::Process => {
                self.counts.crashes += 1;
                self.end_process(host, Some(how));
            }
            Crash::Power => {
                self.counts.power_cuts += 1;
                self.go_dark(host);
            }
        }
    }

    /// The same, and a new process starts after a while.
    pub fn crash_for(&mut self, host: HostId, how: Crash, lasting: Duration) {
        self.crash(host, how);
        self.after(lasting, Delivery::Relief(Relief::Restart(host)));
    }

    /// Ends the process of `host` as if it had returned from `main`: that is no fault.
    pub fn exit(&mut self, host: HostId) {
        self.end_process(host, None);
        if let Some(lasting) = self.hosts[host.index()].away.take() {
            self.after(lasting, Delivery::Relief(Relief::Restart(host)));
        }
    }

    fn end_process(&mut self, host: HostId, how: Option<Crash>) {
        self.note_death(host, how);
        let streams = self.hosts[host.index()].end_process();
        streams.into_iter().for_each(|end| self.close_end(end));
    }

    fn note_death(&mut self, host: HostId, how: Option<Crash>) {
        let death = Death { host, at: self.now, how };
        self.deaths.push(death);
        self.trace.tell(self.now, || What::Down(death));
        self.orphan_works(host);
    }

    fn go_dark(&mut self, host: HostId) {
        self.note_death(host, Some(Crash::Power));
        let streams = self.hosts[host.index()].end_process();
        streams.into_iter().for_each(|end| self.silence_end(end));
        self.links.drop_from(host);
        for from in self.hosts() {
            self.links.block((from, host), Block::Dark, self.now);
        }
    }

    /// Lets a new process run on `host`; nothing happens if one runs.
    pub fn restart(&mut self, host: HostId) {
        if !std::mem::replace(&mut self.hosts[host.index()].is_up, true) {
            self.trace.tell(self.now, || What::Up(host));
        }
        for from in self.hosts() {
            self.unblock((from, host), Block::Dark);
        }
    }

    /// Lets the process of `host` stand still for a while; its kernel goes on.
    pub fn pause(&mut self, host: HostId, lasting: Duration) {
        self.counts.standstills += 1;
        let until = self.now + lasting;
        let paused_until = &mut self.hosts[host.index()].paused_until;
        *paused_until = until.max(*paused_until);
        self.after(lasting, Delivery::Relief(Relief::Resume));
    }

    /// Asks the process of `host` to stop, as SIGTERM does; once it has, a new one starts after a while.
    pub fn stop(&mut self, host: HostId, away: Duration) {
        if self.hosts[host.index()].is_up {
            self.counts.stops += 1;
            self.hosts[host.index()].away = Some(away);
            self.signal(host, Signal::Terminate);
        }
    }

    /// Sets the wall clock of `host`. Its drift stays.
    pub fn set_wall_clock(&mut self, host: HostId, to: WallTime) {
        self.hosts[host.index()].wall.set(self.now, to);
    }

    /// Ends every fault, now and for the rest of the run: links pass, hosts are up and read at full
    /// speed, nothing more is scheduled or drawn. Delays, odd segmentation, spurious events and the
    /// errors of the clocks remain.
    pub fn heal_all(&mut self) {
        self.faults = self.faults.healed();
        for why in [Block::Cut, Block::Clog] {
            for direct in self.links.blocked(why) {
                self.unblock(direct, why);
            }
        }
        for host in self.hosts() {
            self.restart(host);
            let host = &mut self.hosts[host.index()];
            (host.paused_until, host.reads_slowly) = (Time::ZERO, false);
            host.away = host.away.map(|away| away.min(SHORTLY));
        }
    }

    /// Lets the scheduled faults crash `host` and make it stand still. They spare all others: somebody
    /// must be there to start them again, such as a [`Runner`](super::Runner).
    pub fn set_restartable(&mut self, host: HostId) {
        self.hosts[host.index()].restartable = true;
    }

    /// Whether `host` runs a process that is not standing still, and which: 0 for its first.
    pub fn process(&self, host: HostId) -> Option<u32> {
        let host = &self.hosts[host.index()];
        (host.is_up && host.paused_until <= self.now).then_some(host.boot)
    }

    pub(super) fn unblock(&mut self, direct: Direct, why: Block) {
        for held in self.links.unblock(direct, why) {
            self.travel(held);
        }
    }
}

fn both_ways(a: HostId, b: HostId, direction: Direction) -> Vec<Direct> {
    match direction {
        Direction::Both => vec![(a, b), (b, a)],
        Direction::OneWay => vec![(a, b)],
    }
}
