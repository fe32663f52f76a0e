//! What is left out of a run, so that what fails in it is seen more easily.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use reactor::sim::{Faults, Spared};

use super::numbers::Numbers;

/// A part of a run that can be left out as a whole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Ingredient {
    /// Reads and writes that are cut short.
    ShortReads,
    /// Events without cause.
    SpuriousEvents,
    /// Connects that are refused or hear nothing, and descriptors that run out.
    LostConnects,
    /// Hosts that read a few bytes at a time.
    SlowHosts,
    /// Wall clocks that are wrong, and drift.
    Clocks,
    /// The simulated service of places.
    Service,
    /// Strangers at the servers' ports.
    Strangers,
    /// Clients with bad manners.
    Manners,
    /// Lines that are no commands.
    Nonsense,
    /// WHATSATs.
    Questions,
    /// Bounds so small that they are reached.
    SmallLimits,
    /// Rare branches that are made common.
    Buggify,
    /// Disks: servers keep nothing.
    Disks,
}

impl Ingredient {
    /// All of them, and what they are called on the command line.
    pub const ALL: &[(&str, Ingredient)] = &[
        ("strangers", Ingredient::Strangers),
        ("buggify", Ingredient::Buggify),
        ("manners", Ingredient::Manners),
        ("nonsense", Ingredient::Nonsense),
        ("questions", Ingredient::Questions),
        ("service", Ingredient::Service),
        ("small-limits", Ingredient::SmallLimits),
        ("short-reads", Ingredient::ShortReads),
        ("spurious-events", Ingredient::SpuriousEvents),
        ("lost-connects", Ingredient::LostConnects),
        ("slow-hosts", Ingredient::SlowHosts),
        ("clocks", Ingredient::Clocks),
        ("disks", Ingredient::Disks),
    ];

    /// The ingredient of this name.
    pub fn named(name: &str) -> Option<Ingredient> {
        Ingredient::ALL.iter().find(|(other, _)| *other == name).map(|(_, ingredient)| *ingredient)
    }

    fn name(self) -> &'static str {
        Ingredient::ALL.iter().find(|(_, other)| *other == self).map_or("", |(name, _)| name)
    }

    /// Takes it out of these faults, if it is one of them.
    pub(super) fn leave_out_of(self, faults: &mut Faults) {
        let none = Faults::none();
        match self {
            Ingredient::ShortReads => (faults.short_reads, faults.short_writes) = (0, 0),
            Ingredient::SpuriousEvents => faults.spurious_events = 0,
            Ingredient::LostConnects => {
                (faults.refused_connects, faults.lost_connects, faults.exhaustion) = (0, 0, 0);
            }
            Ingredient::SlowHosts => faults.slow_readers = 0,
            Ingredient::Clocks => {
                (faults.clock_skew, faults.clock_drift_ppm) = (none.clock_skew, none.clock_drift_ppm);
            }
            _ => {}
        }
    }
}

/// What is left out. By default nothing is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trim {
    /// Faults of the schedule.
    pub spared: Spared,
    /// The storm lasts no longer than this.
    pub storm: Option<Duration>,
    /// No servers but the first: so many, or the next number of them that is connected.
    pub servers: Option<usize>,
    /// No clients but the first.
    pub clients: Option<u64>,
    /// All of these.
    pub without: BTreeSet<Ingredient>,
}

impl fmt::Display for Trim {
    /// As flags of `herd simulate`, each after a space.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.spared {
            Spared::These(numbers) if numbers.is_empty() => {}
            Spared::These(numbers) => write!(f, " --skip {}", Numbers(numbers.clone()))?,
            Spared::AllBut(numbers) => write!(f, " --only '{}'", Numbers(numbers.clone()))?,
        }
        if let Some(storm) = self.storm {
            write!(f, " --storm {}ms", storm.as_millis())?;
        }
        self.servers.map_or(Ok(()), |count| write!(f, " --servers {count}"))?;
        self.clients.map_or(Ok(()), |count| write!(f, " --clients {count}"))?;
        let names: Vec<&str> = self.without.iter().map(|ingredient| ingredient.name()).collect();
        if names.is_empty() { Ok(()) } else { write!(f, " --without {}", names.join(",")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ingredient_has_a_name_of_its_own() {
        for (name, ingredient) in Ingredient::ALL {
            assert_eq!((Ingredient::named(name), ingredient.name()), (Some(*ingredient), *name));
        }
        assert_eq!(Ingredient::named("salt"), None);
    }

    #[test]
    fn a_trim_is_written_as_flags() {
        assert_eq!(Trim::default().to_string(), "");
        let trim = Trim {
            spared: Spared::AllBut([3, 5, 6, 7].into()),
            storm: Some(Duration::from_millis(1500)),
            servers: Some(3),
            clients: Some(2),
            without: [Ingredient::Service, Ingredient::Clocks].into(),
        };
        let flags = " --only '3,5-7' --storm 1500ms --servers 3 --clients 2 --without clocks,service";
        assert_eq!(trim.to_string(), flags);
    }
}
