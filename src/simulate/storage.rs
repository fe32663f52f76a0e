//! The disks of the simulated servers, and what becomes of them when their hosts crash.

use reactor::Random;

use super::disk::{SimDisk, SimVolume};
use crate::config::Durability;
use crate::journal::{Journal, Volume};
use crate::store::Store;

/// A disk for each server, and how all of them keep records.
#[derive(Clone, Debug)]
pub struct Storage {
    durability: Durability,
    disks: Vec<SimDisk>,
    random: Random,
}

impl Storage {
    /// Disks for `count` servers; the seed draws how they keep records.
    pub fn drawn(count: usize, mut random: Random) -> Storage {
        let durability = match random.below(3) {
            0 => Durability::No,
            1 => Durability::Everysec,
            _ => Durability::Always,
        };
        let disks = (0..count).map(|_| SimDisk::new(random.split())).collect();
        Storage { durability, disks, random }
    }

    /// How the servers keep records.
    pub fn durability(&self) -> Durability {
        self.durability
    }

    /// The servers' disks, in their order.
    pub fn disks(&self) -> &[SimDisk] {
        &self.disks
    }

    /// The host of the server at `place` has crashed: in half of the cases its power was gone, too.
    pub fn crash(&mut self, place: usize) {
        let Some(disk) = self.disks.get(place) else { return };
        if disk.is_dead() || self.random.percent(50) {
            disk.cut_power();
        } else {
            disk.kill();
        }
    }

    /// What the server of this name finds on its disk.
    pub fn open(&self, place: usize, name: &str) -> (Journal, Store, Option<String>) {
        let disk = &self.disks[place];
        let volume = || Box::new(SimVolume(disk.clone())) as Box<dyn Volume>;
        match Journal::open(self.durability, volume, name) {
            Ok(opened) => opened,
            Err(error) => panic!("a simulated server has its disk to itself: {error}"),
        }
    }
}
