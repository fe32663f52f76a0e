//! Trouble of disks, as it is scheduled; and which losses it, and the ends of processes, excuse.

use std::time::Duration;

use reactor::Time;
use reactor::sim::{Crash, Death, Fault, HostId, Struck, World};

use super::judges::Excuse;
use super::storage::{Outage, Storage, Trouble};
use crate::config::Durability;

/// Within this time `everysec` has a report on disk, if nothing is in the way: a second, the commit, and the
/// second after which one that failed is tried again.
const SOON: Duration = Duration::from_millis(2_500);
/// The same, if rare branches are common: commits of one record, half a second each.
const LATER: Duration = Duration::from_secs(20);
/// How long a host is down whose power went in the midst of a commit.
const DOWN: Duration = Duration::from_millis(500);

/// All disks, and what befalls them.
pub(super) struct Disks {
    storage: Storage,
    is_buggified: bool,
    /// Disks that are in trouble until then.
    mends: Vec<(Time, usize)>,
    outages: Vec<Outage>,
    /// Disks of which bits have turned over, and when.
    damages: Vec<(Time, usize)>,
    had_trouble: bool,
}

impl Disks {
    pub(super) fn new(storage: Storage, is_buggified: bool) -> Disks {
        let (mends, outages, damages) = (Vec::new(), Vec::new(), Vec::new());
        Disks { storage, is_buggified, mends, outages, damages, had_trouble: false }
    }

    /// Does what is scheduled, and lets hosts go down whose power has gone.
    pub(super) fn act(&mut self, world: &mut World) {
        let now = world.now();
        for struck in world.take_others() {
            self.strike(&struck, world);
        }
        let storage = &self.storage;
        self.mends.retain(|&(until, place)| {
            if until <= now {
                storage.mend(place);
            }
            until > now
        });
        for host in self.storage.dead().map(host) {
            if world.process(host).is_some() {
                world.crash_for(host, Crash::Power, DOWN);
            }
        }
    }

    fn strike(&mut self, struck: &Struck, world: &mut World) {
        let Fault::Other { host, draw, lasting } = struck.fault else { return };
        let (place, now, trouble) = (host.index(), world.now(), Trouble::drawn(draw));
        self.had_trouble = true;
        self.mends.push((now + lasting, place));
        self.outages.push(Outage { place, from: now, until: now + lasting });
        if self.storage.begin(place, trouble) {
            world.crash_for(host, Crash::Process, lasting);
        }
        if let Trouble::Flips(bits) = trouble {
            self.storage.flip(place, bits);
            self.damages.push((now, place));
        }
    }

    /// All is well from here on.
    pub(super) fn heal(&mut self, now: Time) {
        self.storage.mend_all();
        self.mends.clear();
        self.outages.iter_mut().for_each(|outage| outage.until = outage.until.min(now));
    }

    pub(super) fn had_trouble(&self) -> bool {
        self.had_trouble
    }

    pub(super) fn faults(&self) -> u64 {
        self.storage.faults()
    }

    /// Which acknowledged reports may be lost.
    pub(super) fn excuses(&self, world: &World, names: &[String]) -> Vec<Excuse> {
        let excuse =
            |place: usize, from, until| Some(Excuse { server: names.get(place)?.clone(), from, until });
        let damages = self.damages.iter().filter_map(|&(at, place)| excuse(place, Time::ZERO, at));
        let deaths = world.deaths().iter().filter_map(|death| {
            let from = self.unwritten_since(death, world)?;
            excuse(death.host.index(), from, death.at)
        });
        damages.chain(deaths).collect()
    }

    /// From when on what was acknowledged may not have been on disk when this process ended.
    fn unwritten_since(&self, death: &Death, world: &World) -> Option<Time> {
        let stopped_well = death.how.is_none() && !self.had_trouble && !self.is_buggified;
        match self.storage.durability {
            Durability::Always => None,
            Durability::No => Some(Time::ZERO),
            Durability::Everysec if stopped_well => None,
            Durability::Everysec => Some(self.soon_before(death, world)),
        }
    }

    /// The disk could not be written while it was in trouble, nor while the process stood still.
    fn soon_before(&self, death: &Death, world: &World) -> Time {
        let soon = if self.is_buggified { LATER } else { SOON };
        let outages = self.outages.iter().filter(|outage| outage.place == death.host.index());
        let outages = outages.map(|outage| (outage.from, outage.until));
        let standstills = world.struck().iter().filter_map(|struck| match struck.fault {
            Fault::Standstill { host, lasting } if host == death.host => {
                Some((struck.at, struck.at + lasting))
            }
            _ => None,
        });
        let mut spans: Vec<_> = outages.chain(standstills).filter(|(from, _)| *from <= death.at).collect();
        spans.sort_unstable();
        let mut since = before(death.at, soon);
        for (from, until) in spans.into_iter().rev() {
            if until >= since {
                since = since.min(before(from, soon));
            }
        }
        since
    }
}

fn before(time: Time, span: Duration) -> Time {
    let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
    Time::from_nanos(time.as_nanos().saturating_sub(nanos))
}

fn host(place: usize) -> HostId {
    HostId::nth(u16::try_from(place).unwrap_or(u16::MAX))
}
