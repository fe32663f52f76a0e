//! Which servers there are, who is linked with whom, and under which rules.

use std::collections::BTreeSet;
use std::time::Duration;

use reactor::{Limits, Random};

use crate::config::{Config, PeerMode};
use crate::herd::{Rules, limits};

/// Names for herds of any size that is drawn.
const NAMES: [&str; 7] = ["Alford", "Ball", "Hamilton", "Holiday", "Kerckhoff", "Powell", "Welsh"];

/// A herd before it is started.
#[derive(Clone, Debug)]
pub struct Topology {
    /// The servers' names.
    pub(super) names: Vec<String>,
    /// For each server, its neighbours' places in `names`.
    pub(super) links: Vec<Vec<usize>>,
    /// How neighbours talk.
    pub(super) mode: PeerMode,
    pub(super) rules: Rules,
    pub(super) limits: Limits,
}

impl Topology {
    /// The operator's.
    pub fn of(config: &Config) -> Topology {
        let names: Vec<String> = config.servers.keys().cloned().collect();
        let place = |name: &String| names.iter().position(|other| other == name);
        let links = |name: &String| config.neighbours(name).iter().filter_map(|n| place(&n.name)).collect();
        let links = names.iter().map(links).collect();
        let mode = config.peers.mode;
        Topology { links, names, mode, rules: Rules::of(config), limits: limits(config) }
    }

    /// Three to seven servers under the same rules: a ring, a line, a star, all with all, or a tree with a few
    /// links more.
    pub fn drawn(&self, random: &mut Random) -> Topology {
        let count = 3 + place(random, 5);
        let names = NAMES[..count].iter().map(|name| (*name).to_owned()).collect();
        let pairs = draw_pairs(random, count);
        let others = |place: usize| {
            let of_it = |&(a, b): &(usize, usize)| match place {
                _ if place == a => Some(b),
                _ if place == b => Some(a),
                _ => None,
            };
            pairs.iter().filter_map(of_it).collect()
        };
        Topology { names, links: (0..count).map(others).collect(), ..self.clone() }
    }

    /// The first `count` servers and the links between them.
    #[must_use]
    pub fn first(mut self, count: usize) -> Topology {
        self.names.truncate(count);
        self.links.truncate(count);
        self.links.iter_mut().for_each(|links| links.retain(|&other| other < count));
        self
    }

    /// How many servers there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether news can get from each server to each other.
    pub fn is_connected(&self) -> bool {
        self.reached_from(0).len() == self.len()
    }

    fn reached_from(&self, place: usize) -> BTreeSet<usize> {
        let (mut reached, mut next) = (BTreeSet::from([place]), vec![place]);
        while let Some(place) = next.pop() {
            let links = self.links.get(place).into_iter().flatten();
            next.extend(links.copied().filter(|&other| reached.insert(other)));
        }
        reached
    }

    /// Bounds so small that they are reached.
    pub(super) fn draw_small_limits(&mut self, random: &mut Random, is_good: bool) {
        self.rules.neighbour_queue = 100 + place(random, 2_000);
        if !is_good {
            self.rules.clients = 2 + place(random, 6);
            self.rules.idle = Duration::from_secs(1 + random.below(10));
            self.limits.write_buffer = 2_048 + place(random, 16_384);
            self.limits.high_water = self.limits.write_buffer / 4;
        }
    }
}

fn draw_pairs(random: &mut Random, count: usize) -> BTreeSet<(usize, usize)> {
    let shape = random.below(5);
    let all = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b)));
    let line = (1..count).map(|place| (place - 1, place));
    match shape {
        0 => line.chain([(0, count - 1)]).collect(),
        1 => line.collect(),
        2 => (1..count).map(|place| (0, place)).collect(),
        3 => all.collect(),
        _ => {
            let mut pairs: BTreeSet<_> = (1..count).map(|b| (place(random, b), b)).collect();
            pairs.extend(all.filter(|_| random.percent(20)));
            pairs
        }
    }
}

/// A place below `bound`.
pub(super) fn place(random: &mut Random, bound: usize) -> usize {
    usize::try_from(random.below(bound as u64)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(seed: u64) -> Topology {
        Topology::of(&Config::default()).drawn(&mut Random::seeded(seed))
    }

    #[test]
    fn every_drawn_herd_is_connected_and_its_links_go_both_ways() {
        for topology in (0..200).map(drawn) {
            assert!(topology.is_connected(), "{topology:?}");
            for (place, links) in topology.links.iter().enumerate() {
                assert!(links.iter().all(|&other| topology.links[other].contains(&place)), "{topology:?}");
            }
        }
    }

    #[test]
    fn herds_of_all_sizes_are_drawn() {
        let sizes: BTreeSet<usize> = (0..200).map(|seed| drawn(seed).len()).collect();
        assert_eq!(sizes, (3..=7).collect());
    }

    #[test]
    fn the_first_servers_of_a_ring_are_a_line_and_two_ends_are_not_connected() {
        let ring = Topology::of(&Config::default()); // Alford, Ball, Hamilton, Holiday, Welsh
        assert!(ring.is_connected());
        let three = ring.first(3);
        assert_eq!((three.len(), three.is_connected()), (3, false), "{three:?}");
    }
}
