//! Trouble on purpose, as the seed schedules it.
//!
//! The faults are numbered in the order in which they are due. Each is drawn from a generator of its own, so that
//! a run from which some are left out has the same others: that is how a failing run is made shorter.

use std::collections::BTreeSet;
use std::time::Duration;

use super::chaos::{Crash, Relief};
use super::faults::{Kind, size};
use super::host::HostId;
use super::links::{Block, Direct};
use super::trace::What;
use super::world::{Delivery, World};
use crate::random::Random;
use crate::time::{Time, WallTime};

/// One fault of the schedule.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing passes in these directions.
    Partition {
        /// Each from the first host to the second.
        directs: Vec<(HostId, HostId)>,
        /// For so long.
        lasting: Duration,
    },
    /// One direction stands still.
    Clog {
        /// From here.
        from: HostId,
        /// To there.
        to: HostId,
        /// For so long.
        lasting: Duration,
    },
    /// Some stream is reset at both ends.
    Reset,
    /// A process or a machine goes down.
    Crash {
        /// Where.
        host: HostId,
        /// Which of the two.
        how: Crash,
        /// For so long.
        lasting: Duration,
    },
    /// A process stands still.
    Standstill {
        /// Where.
        host: HostId,
        /// For so long.
        lasting: Duration,
    },
    /// A wall clock jumps.
    ClockJump {
        /// Where.
        host: HostId,
        /// By so many nanoseconds.
        nanos: i128,
    },
    /// A process is asked to stop, and started again.
    Stop {
        /// Where.
        host: HostId,
        /// After so long.
        away: Duration,
    },
    /// Something that the world knows nothing of; see [`World::take_others`].
    Other {
        /// Where.
        host: HostId,
        /// What: for whoever takes it to interpret.
        draw: u64,
        /// For so long.
        lasting: Duration,
    },
}

/// A fault that has struck.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Struck {
    /// Its number in the schedule.
    pub number: usize,
    /// When.
    pub at: Time,
    /// What.
    pub fault: Fault,
}

/// Which faults of the schedule are left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Spared {
    /// These.
    These(BTreeSet<usize>),
    /// All others.
    AllBut(BTreeSet<usize>),
}

impl Default for Spared {
    /// None is left out.
    fn default() -> Spared {
        Spared::These(BTreeSet::new())
    }
}

impl Spared {
    /// Whether the fault of this number is left out.
    pub fn contains(&self, number: usize) -> bool {
        match self {
            Spared::These(numbers) => numbers.contains(&number),
            Spared::AllBut(numbers) => !numbers.contains(&number),
        }
    }
}

/// The faults that are to come.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    /// Of the generators of all faults.
    pub(super) seed: u64,
    due: usize,
    spared: Spared,
    struck: Vec<Struck>,
    others: Vec<Struck>,
}

impl World {
    /// Leaves these faults out of the schedule. The others stay as they are.
    pub fn spare(&mut self, spared: Spared) {
        self.plan.spared = spared;
    }

    /// The scheduled faults that have struck so far.
    pub fn struck(&self) -> &[Struck] {
        &self.plan.struck
    }

    /// The faults of kind [`Fault::Other`] that have struck since the last call: whoever drives the world makes
    /// of them what it has drawn them for.
    pub fn take_others(&mut self) -> Vec<Struck> {
        std::mem::take(&mut self.plan.others)
    }

    /// Puts the next fault on the agenda, if there is to be one.
    pub(super) fn schedule_fault(&mut self) {
        if !self.faults.pause.is_empty() {
            let pause = self.schedule.between(self.faults.pause.start, self.faults.pause.end);
            self.after(pause, Delivery::Fault);
        }
    }

    /// A scheduled fault is due, unless all was healed meanwhile.
    pub(super) fn strike(&mut self) {
        let number = self.plan.due;
        self.plan.due += 1;
        let mut random = Random::seeded(self.plan.seed ^ number as u64).split();
        if !self.plan.spared.contains(number)
            && let Some(fault) = self.draw_fault(&mut random)
        {
            let struck = Struck { number, at: self.now, fault: fault.clone() };
            self.trace.note(self.now, "fault", number as u64, b"");
            self.trace.tell(self.now, || What::Fault(struck.clone()));
            if matches!(fault, Fault::Other { .. }) {
                self.plan.others.push(struck.clone());
            }
            self.plan.struck.push(struck);
            self.inject(fault, &mut random);
        }
        self.schedule_fault();
    }

    /// `None`: the mix has no fault, or there is nobody whom this one could befall.
    fn draw_fault(&mut self, random: &mut Random) -> Option<Fault> {
        let kind = self.faults.mix.choose(random)?;
        let lasting = random.between(self.faults.lasting.start, self.faults.lasting.end);
        Some(match kind {
            Kind::Partition => Fault::Partition { directs: self.draw_partition(random)?, lasting },
            Kind::Clog => {
                let (from, to) = self.some_pair(random)?;
                Fault::Clog { from, to, lasting }
            }
            Kind::Reset => Fault::Reset,
            Kind::Crash => self.crash_of(random, Crash::Process, lasting)?,
            Kind::PowerCut => self.crash_of(random, Crash::Power, lasting)?,
            Kind::Standstill => Fault::Standstill { host: self.some_restartable(random)?, lasting },
            Kind::ClockJump => {
                Fault::ClockJump { host: self.some_host(random)?, nanos: self.draw_skew(random) }
            }
            Kind::Stop => Fault::Stop { host: self.some_restartable(random)?, away: lasting },
            Kind::Other => {
                Fault::Other { host: self.some_restartable(random)?, draw: random.next_u64(), lasting }
            }
        })
    }

    fn crash_of(&self, random: &mut Random, how: Crash, lasting: Duration) -> Option<Fault> {
        Some(Fault::Crash { host: self.some_restartable(random)?, how, lasting })
    }

    fn inject(&mut self, fault: Fault, random: &mut Random) {
        match fault {
            Fault::Partition { directs, lasting } => {
                self.cut_all(&directs);
                self.after(lasting, Delivery::Relief(Relief::Heal(directs)));
            }
            Fault::Clog { from, to, lasting } => self.clog(from, to, lasting),
            Fault::Reset => {
                self.reset_stream(random);
            }
            Fault::Crash { host, how, lasting } => self.crash_for(host, how, lasting),
            Fault::Standstill { host, lasting } => self.pause(host, lasting),
            Fault::ClockJump { host, nanos } => self.jump_clock(host, nanos),
            Fault::Stop { host, away } => self.stop(host, away),
            Fault::Other { .. } => self.counts.others += 1,
        }
    }

    /// Parts a pair, one host from all others, or two random halves.
    fn draw_partition(&self, random: &mut Random) -> Option<Vec<Direct>> {
        let (one, other) = self.some_pair(random)?;
        let mut directs = match random.below(3) {
            0 => vec![(one, other)],
            1 => self.hosts().map(|host| (one, host)).collect(),
            _ => self.halves(random),
        };
        directs.retain(|(from, to)| from != to);
        if !random.percent(self.faults.mix.one_way) {
            directs.extend_from_within(..);
            let back = directs.len() / 2;
            directs[back..].iter_mut().for_each(|direct| *direct = (direct.1, direct.0));
        }
        Some(directs).filter(|directs| !directs.is_empty())
    }

    /// Every direction from a random half of the hosts to the rest.
    fn halves(&self, random: &mut Random) -> Vec<Direct> {
        let (left, right): (Vec<_>, Vec<_>) = self.hosts().partition(|_| random.percent(50));
        left.iter().flat_map(|from| right.iter().map(|to| (*from, *to))).collect()
    }

    fn jump_clock(&mut self, host: HostId, nanos: i128) {
        let reading = i128::from(self.wall_clock(host).as_unix_nanos()) + nanos;
        self.counts.clock_jumps += u64::from(nanos != 0);
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
    pub(super) fn draw_skew(&self, random: &mut Random) -> i128 {
        let most = i128::try_from(self.faults.clock_skew.as_nanos()).unwrap_or(0);
        draw_either_way(random, most)
    }

    /// By how many parts in a million a clock is fast.
    pub(super) fn draw_drift(&self, random: &mut Random) -> i128 {
        draw_either_way(random, i128::from(self.faults.clock_drift_ppm))
    }

    fn some_host(&self, random: &mut Random) -> Option<HostId> {
        self.hosts().nth(size(random, self.hosts.len()))
    }

    /// Two different hosts.
    fn some_pair(&self, random: &mut Random) -> Option<(HostId, HostId)> {
        let one = size(random, self.hosts.len());
        let other = (one + 1 + size(random, self.hosts.len().checked_sub(1)?)) % self.hosts.len();
        Some((self.hosts().nth(one)?, self.hosts().nth(other)?)).filter(|(one, other)| one != other)
    }

    fn some_restartable(&self, random: &mut Random) -> Option<HostId> {
        let hosts: Vec<_> = self.hosts().filter(|host| self.hosts[host.index()].restartable).collect();
        hosts.get(size(random, hosts.len())).copied()
    }
}

fn draw_either_way(random: &mut Random, most: i128) -> i128 {
    let span = u64::try_from(2 * most + 1).unwrap_or(u64::MAX);
    i128::from(random.below(span)) - most
}
