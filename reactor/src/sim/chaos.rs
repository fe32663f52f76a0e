//! Trouble on purpose: by hand, or as the seed schedules it.

use std::time::Duration;

use super::faults::{Kind, size};
use super::host::HostId;
use super::links::{Block, Direct};
use super::world::{Delivery, World};
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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Crash {
    /// The process dies. Its kernel closes its sockets and refuses new connections.
    Process,
    /// The machine goes dark. Nobody hears anything until it is up again; then who sends to a stream of
    /// old is told by a reset.
    Power,
}

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

    fn cut_all(&mut self, directs: &[Direct]) {
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
        let Some(end) = self.streams.any(&mut self.schedule) else { return false };
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
                self.exit(host);
            }
            Crash::Power => {
                self.counts.power_cuts += 1;
                self.go_dark(host);
            }
        }
    }

    /// Ends the process of `host` as if it had returned from `main`: that is no fault.
    pub fn exit(&mut self, host: HostId) {
        let streams = self.hosts[host.index()].end_process();
        streams.into_iter().for_each(|end| self.close_end(end));
    }

    fn go_dark(&mut self, host: HostId) {
        let streams = self.hosts[host.index()].end_process();
        streams.into_iter().for_each(|end| self.silence_end(end));
        self.links.drop_from(host);
        for from in self.hosts() {
            self.links.block((from, host), Block::Dark, self.now);
        }
    }

    /// Lets a new process run on `host`; nothing happens if one runs.
    pub fn restart(&mut self, host: HostId) {
        self.hosts[host.index()].is_up = true;
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

    fn unblock(&mut self, direct: Direct, why: Block) {
        for held in self.links.unblock(direct, why) {
            self.travel(held);
        }
    }
}

/// Faults as scheduled.
impl World {
    /// Puts the next fault on the agenda, if there is to be one.
    pub(super) fn schedule_fault(&mut self) {
        if !self.faults.pause.is_empty() {
            let pause = self.schedule.between(self.faults.pause.start, self.faults.pause.end);
            self.after(pause, Delivery::Fault);
        }
    }

    /// A scheduled fault strikes, unless all was healed meanwhile.
    pub(super) fn strike(&mut self) {
        if let Some(kind) = self.faults.mix.choose(&mut self.schedule)
            && !self.hosts.is_empty()
        {
            self.trace.note(self.now, "fault", kind as u64, b"");
            self.inject(kind);
        }
        self.schedule_fault();
    }

    fn inject(&mut self, kind: Kind) {
        let lasting = self.schedule.between(self.faults.lasting.start, self.faults.lasting.end);
        match kind {
            Kind::Partition => self.part(lasting),
            Kind::Clog => {
                let (from, to) = (self.some_host(), self.some_host());
                if from != to {
                    self.clog(from, to, lasting);
                }
            }
            Kind::Reset => {
                self.reset_some_stream();
            }
            Kind::Crash => self.crash_some_host(Crash::Process, lasting),
            Kind::PowerCut => self.crash_some_host(Crash::Power, lasting),
            Kind::Standstill => {
                if let Some(host) = self.some_restartable() {
                    self.pause(host, lasting);
                }
            }
            Kind::ClockJump => self.jump_some_clock(),
        }
    }

    /// Parts a pair, one host from all others, or two random halves; for a while.
    fn part(&mut self, lasting: Duration) {
        let (one, other) = (self.some_host(), self.some_host());
        let mut directs = match self.schedule.below(3) {
            0 => vec![(one, other)],
            1 => self.hosts().map(|host| (one, host)).collect(),
            _ => self.halves(),
        };
        directs.retain(|(from, to)| from != to);
        if directs.is_empty() {
            return;
        }
        if !self.schedule.percent(self.faults.mix.one_way) {
            directs.extend_from_within(..);
            let back = directs.len() / 2;
            directs[back..].iter_mut().for_each(|direct| *direct = (direct.1, direct.0));
        }
        self.cut_all(&directs);
        self.after(lasting, Delivery::Relief(Relief::Heal(directs)));
    }

    /// Every direction from a random half of the hosts to the rest.
    fn halves(&mut self) -> Vec<Direct> {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for host in self.hosts() {
            if self.schedule.percent(50) { left.push(host) } else { right.push(host) }
        }
        left.iter().flat_map(|from| right.iter().map(|to| (*from, *to))).collect()
    }

    fn crash_some_host(&mut self, how: Crash, lasting: Duration) {
        if let Some(host) = self.some_restartable() {
            self.crash(host, how);
            self.after(lasting, Delivery::Relief(Relief::Restart(host)));
        }
    }

    fn jump_some_clock(&mut self) {
        let (host, skew) = (self.some_host(), self.draw_skew());
        let reading = i128::from(self.wall_clock(host).as_unix_nanos()) + skew;
        self.counts.clock_jumps += u64::from(skew != 0);
        self.set_wall_clock(host, WallTime::from_unix_nanos(i64::try_from(reading).unwrap_or(i64::MAX)));
    }

    /// A scheduled fault ends.
    pub(super) fn relieve(&mut self, relief: Relief) {
        match relief {
            Relief::Heal(directs) => {
                directs.into_iter().for_each(|direct| self.unblock(direct, Block::Cut));
            }
            Relief::Unclog(direct) => self.unblock(direct, Block::Clog),
            Relief::Restart(host) => self.restart(host),
            Relief::Resume => {}
        }
    }

    /// By how many nanoseconds a clock is wrong.
    pub(super) fn draw_skew(&mut self) -> i128 {
        let most = i128::try_from(self.faults.clock_skew.as_nanos()).unwrap_or(0);
        self.draw_either_way(most)
    }

    /// By how many parts in a million a clock is fast.
    pub(super) fn draw_drift(&mut self) -> i128 {
        self.draw_either_way(i128::from(self.faults.clock_drift_ppm))
    }

    fn draw_either_way(&mut self, most: i128) -> i128 {
        let span = u64::try_from(2 * most + 1).unwrap_or(u64::MAX);
        i128::from(self.schedule.below(span)) - most
    }

    fn some_host(&mut self) -> HostId {
        let index = size(&mut self.schedule, self.hosts.len());
        HostId::nth(u16::try_from(index).unwrap_or(0))
    }

    fn some_restartable(&mut self) -> Option<HostId> {
        let hosts: Vec<_> = self.hosts().filter(|host| self.hosts[host.index()].restartable).collect();
        hosts.get(size(&mut self.schedule, hosts.len())).copied()
    }
}

fn both_ways(a: HostId, b: HostId, direction: Direction) -> Vec<Direct> {
    match direction {
        Direction::Both => vec![(a, b), (b, a)],
        Direction::OneWay => vec![(a, b)],
    }
}
