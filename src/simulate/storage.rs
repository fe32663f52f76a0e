//! The disks of the simulated servers, and what becomes of them.

use reactor::sim::{Crash, Death, SimNet};
use reactor::{Random, Time};

use super::disk::{SimDisk, SimVolume};
use super::topology::place;
use crate::config::Durability;
use crate::journal::{Journal, Volume};
use crate::store::Store;

/// The most operations of a disk that a commit of a few records takes.
const COMMIT: usize = 40;

/// What a scheduled fault does to a disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trouble {
    /// It is full.
    Full,
    /// One operation fails, so many from now.
    Error(u64),
    /// All operations fail, so many from now on.
    Errors(u64),
    /// The power goes after so many operations.
    PowerCut(u64),
    /// So many bits turn over while the server is down.
    Flips(u64),
}

impl Trouble {
    /// What the number of a fault stands for.
    pub(super) fn drawn(draw: u64) -> Trouble {
        let mut random = Random::seeded(draw);
        let operations = random.below(100);
        match random.below(6) {
            0 => Trouble::Full,
            1 => Trouble::Error(operations),
            2 => Trouble::Errors(operations),
            3 => Trouble::Flips(1 + random.below(3)),
            _ => Trouble::PowerCut(operations),
        }
    }
}

/// A disk for each server, and how all of them keep records.
#[derive(Clone, Debug)]
pub(super) struct Storage {
    pub(super) durability: Durability,
    disks: Vec<SimDisk>,
}

impl Storage {
    /// Disks for `count` servers.
    pub(super) fn new(durability: Durability, count: usize, random: &mut Random) -> Storage {
        Storage { durability, disks: (0..count).map(|_| SimDisk::new(random.split())).collect() }
    }

    /// Begins a trouble of the disk at `place`. `true`: its host is to go down.
    pub(super) fn begin(&self, place: usize, trouble: Trouble) -> bool {
        let Some(disk) = self.disks.get(place) else { return false };
        match trouble {
            Trouble::Full => disk.fill(),
            Trouble::Error(operations) => disk.fail_after(operations, false),
            Trouble::Errors(operations) => disk.fail_after(operations, true),
            Trouble::PowerCut(operations) => disk.cut_power_after(operations),
            Trouble::Flips(_) => return true,
        }
        false
    }

    /// The disk at `place` is well again.
    pub(super) fn mend(&self, place: usize) {
        self.disks.get(place).into_iter().for_each(mend);
    }

    pub(super) fn mend_all(&self) {
        self.disks.iter().for_each(mend);
    }

    /// Turns over bits of a disk that nobody has open.
    pub(super) fn flip(&self, place: usize, bits: u64) {
        self.disks.get(place).into_iter().for_each(|disk| disk.flip_bits(bits));
    }

    /// The servers whose power went in the midst of an operation, and whose hosts do not know of it yet.
    pub(super) fn dead(&self) -> impl Iterator<Item = usize> {
        self.disks.iter().enumerate().filter(|(_, disk)| disk.is_dead()).map(|(place, _)| place)
    }

    /// The faults of all disks.
    pub(super) fn faults(&self) -> u64 {
        self.disks.iter().map(|disk| disk.counts().faults()).sum()
    }

    /// A process has ended. What its threads were at, they may have done in part.
    pub(super) fn crash(&self, at: usize, net: &mut SimNet<'_>, random: &mut Random) {
        let Some(disk) = self.disks.get(at) else { return };
        let orphans = net.take_orphans();
        if !disk.is_dead() {
            disk.cut_power_after(place(random, COMMIT) as u64);
        }
        orphans.into_iter().for_each(|work| drop(work()));
        match net.last_death() {
            Some(Death { how: Some(Crash::Power), .. }) => disk.cut_power(),
            _ => disk.kill(),
        }
    }

    /// What the server of this name finds on its disk. One that fails or is full is mended first: no server starts
    /// with it.
    pub(super) fn open(&self, place: usize, name: &str) -> (Journal, Store) {
        let disk = &self.disks[place];
        let volume = || Box::new(SimVolume(disk.clone())) as Box<dyn Volume>;
        let opened = Journal::open(self.durability, volume, name).or_else(|_| {
            disk.mend();
            disk.kill();
            Journal::open(self.durability, volume, name)
        });
        match opened {
            Ok((journal, store, _)) => (journal, store),
            Err(error) => panic!("a simulated server has its disk to itself: {error}"),
        }
    }
}

/// Nothing is wrong with it any more, nor about to be.
fn mend(disk: &SimDisk) {
    disk.mend();
    if !disk.is_dead() {
        disk.cut_power_after(u64::MAX);
    }
}

/// A time in which a disk could not be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Outage {
    pub(super) place: usize,
    pub(super) from: Time,
    pub(super) until: Time,
}
