//! Which client speaks next on a connection.

use reactor::Random;

/// The clients of one connection, in an order of their own, over and over. No two connections share one, so the
/// reports of a client stay in order.
#[derive(Debug)]
pub(super) struct Walk {
    /// Its first client; the others are `stride` apart.
    first: u32,
    stride: u32,
    count: u32,
    /// Where the order begins, and how far its next is: no divisor of `count`, so that it meets all.
    offset: u32,
    step: u32,
    /// How many have spoken so far, all rounds together.
    taken: u64,
}

impl Walk {
    /// The clients of the `place`-th of so many connections.
    pub(super) fn new(place: u32, connections: u32, clients: u32, random: &mut Random) -> Walk {
        let count = clients.saturating_sub(place).div_ceil(connections);
        let offset = below(random, count);
        let step = (0..).map(|_| 1 + below(random, count)).find(|step| gcd(*step, count) == 1);
        Walk { first: place, stride: connections, count, offset, step: step.unwrap_or(1), taken: 0 }
    }

    /// Whether each has spoken.
    pub(super) fn is_round(&self) -> bool {
        self.taken >= u64::from(self.count)
    }

    /// The next that `is_free`, if any is.
    pub(super) fn next(&mut self, is_free: impl Fn(u32) -> bool) -> Option<u32> {
        (0..self.count).find_map(|_| {
            let client = self.nth(self.taken % u64::from(self.count));
            self.taken += 1;
            is_free(client).then_some(client)
        })
    }

    /// One of those that have spoken, and `is_free`, if any is.
    pub(super) fn earlier(&self, random: &mut Random, is_free: impl Fn(u32) -> bool) -> Option<u32> {
        let known = self.taken.min(u64::from(self.count));
        let from = random.below(known);
        (0..known).map(|place| self.nth((from + place) % known)).find(|client| is_free(*client))
    }

    /// The `place`-th of a round.
    #[expect(clippy::cast_possible_truncation, reason = "less than `count`")]
    fn nth(&self, place: u64) -> u32 {
        let index = (u64::from(self.offset) + place * u64::from(self.step)) % u64::from(self.count);
        self.first + self.stride * index as u32
    }
}

#[expect(clippy::cast_possible_truncation, reason = "less than `bound`")]
fn below(random: &mut Random, bound: u32) -> u32 {
    random.below(u64::from(bound)) as u32
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn connections_share_all_clients_among_them_and_a_round_meets_each_once() {
        let mut met = BTreeSet::new();
        for place in 0..7 {
            let mut walk = Walk::new(place, 7, 100, &mut Random::seeded(1));
            while !walk.is_round() {
                assert!(met.insert(walk.next(|_| true).unwrap()));
            }
        }
        assert!(met.into_iter().eq(0..100));
    }

    #[test]
    fn who_is_not_free_is_passed_over() {
        let mut walk = Walk::new(0, 1, 4, &mut Random::seeded(2));
        let busy = walk.next(|_| true).unwrap();
        let others: BTreeSet<u32> = (0..3).map(|_| walk.next(|client| client != busy).unwrap()).collect();
        assert!(others.len() == 3 && !others.contains(&busy));
        assert_eq!(walk.next(|_| false), None);
    }

    #[test]
    fn only_who_has_spoken_is_asked_about() {
        let (mut random, mut walk) = (Random::seeded(3), Walk::new(0, 1, 1000, &mut Random::seeded(3)));
        assert_eq!(walk.earlier(&mut random, |_| true), None);
        let spoken: BTreeSet<u32> = (0..5).map(|_| walk.next(|_| true).unwrap()).collect();
        let asked: BTreeSet<u32> = (0..99).filter_map(|_| walk.earlier(&mut random, |_| true)).collect();
        assert_eq!(asked, spoken);
    }
}
