//! What a seed makes of a run, before it begins.

use std::time::Duration;

use reactor::Random;
use reactor::sim::{Faults, Spared};

use super::load::LoadPlan;
use super::places::Mood;
use super::topology::{Topology, place};
use super::trim::{Ingredient, Trim};
use crate::config::{Config, Durability, PeerMode};

/// How long the storm lasts.
const STORM: Duration = Duration::from_secs(10);
/// Every so many seeds the network is good: then nothing at all may be lost.
const GOOD_EVERY: u64 = 8;

/// What is the same for all seeds.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The operator's herd.
    pub topology: Topology,
    /// Where its servers keep their records.
    pub durability: Durability,
    /// Whether the seed draws another herd in two of three runs, small limits in some, and where records are kept:
    /// to try the code. To try a configuration, it must not.
    pub is_drawn: bool,
}

impl Setting {
    /// What the operator has configured.
    pub fn of(config: &Config, is_drawn: bool) -> Setting {
        let durability = config.store.durability;
        Setting { topology: Topology::of(config), durability, is_drawn }
    }
}

/// Everything that is drawn before a run begins.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed it was drawn from.
    pub seed: u64,
    /// Nothing is wrong with the network, and no host crashes.
    pub is_good: bool,
    /// The herd.
    pub topology: Topology,
    /// What goes wrong.
    pub faults: Faults,
    /// What is left out of that.
    pub spared: Spared,
    /// Where servers keep their records.
    pub durability: Durability,
    /// How long.
    pub storm: Duration,
    /// The service of places, if there is one.
    pub service: Option<Mood>,
    /// The clients.
    pub load: LoadPlan,
    /// Whether strangers come.
    pub has_strangers: bool,
    /// Rare branches are common.
    pub is_buggified: bool,
    /// The seeds of the network, of whatever runs on it, and of the rare branches.
    pub(super) seeds: [u64; 3],
}

impl Plan {
    /// What this seed draws, less what is trimmed.
    pub fn drawn(setting: &Setting, seed: u64, trim: &Trim) -> Plan {
        let mut random = Random::seeded(seed);
        let is_good = seed.is_multiple_of(GOOD_EVERY);
        let mood = if is_good { Mood::Even } else { Mood::Changing };
        let is_other = random.percent(66) && setting.is_drawn;
        let (drawn, has_small_limits) =
            (setting.topology.drawn(&mut random), random.percent(30) && setting.is_drawn);
        let mut plan = Plan {
            seed,
            is_good,
            topology: if is_other { drawn } else { setting.topology.clone() },
            faults: if is_good { Faults::none() } else { Faults::drawn(&mut random) },
            spared: trim.spared.clone(),
            durability: setting.durability,
            storm: trim.storm.unwrap_or(STORM).min(STORM),
            service: random.percent(50).then_some(mood),
            load: LoadPlan::drawn(&mut random, is_good),
            has_strangers: random.percent(40),
            is_buggified: random.percent(75),
            seeds: [(); 3].map(|()| random.next_u64()),
        };
        // Without links, what small limits drop is lost, be the network ever so good.
        let has_small_limits = has_small_limits && plan.topology.mode == PeerMode::Links;
        if has_small_limits && !trim.without.contains(&Ingredient::SmallLimits) {
            plan.topology.draw_small_limits(&mut random, is_good);
        }
        if setting.is_drawn {
            let all = [Durability::No, Durability::Everysec, Durability::Always, Durability::Always];
            plan.durability = all[place(&mut random, all.len())];
        }
        if plan.durability != Durability::No && !is_good && random.percent(60) {
            plan.faults.mix.other = 1 + random.below(9);
        }
        plan.trim(trim);
        plan
    }

    /// Whether all servers must hold the same once all is healed. In `paper` mode nothing is compared, so what a storm
    /// has kept from a neighbour is lost to it by design.
    pub(super) fn owes_agreement(&self) -> bool {
        self.topology.mode == PeerMode::Links || self.is_good
    }

    fn trim(&mut self, trim: &Trim) {
        if let Some(count) = trim.servers {
            let whole = &self.topology;
            let mut fewer = (count.max(1)..whole.len()).map(|count| whole.clone().first(count));
            self.topology = fewer.find(Topology::is_connected).unwrap_or_else(|| whole.clone());
        }
        self.load.clients = self.load.clients.min(trim.clients.unwrap_or(u64::MAX)).max(1);
        for ingredient in &trim.without {
            ingredient.leave_out_of(&mut self.faults);
            match ingredient {
                Ingredient::Service => self.service = None,
                Ingredient::Strangers => self.has_strangers = false,
                Ingredient::Manners => self.load.bad_manners = 0,
                Ingredient::Nonsense => self.load.nonsense = 0,
                Ingredient::Questions => self.load.questions = 0,
                Ingredient::Buggify => self.is_buggified = false,
                Ingredient::Disks => (self.durability, self.faults.mix.other) = (Durability::No, 0),
                _ => {}
            }
        }
    }
}
