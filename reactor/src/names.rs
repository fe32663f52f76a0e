//! What the reactor remembers of the names that it has dialled.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::net::ConnId;
use crate::time::Time;

/// Names remembered at once: more than a program dials by name. Beyond them one is forgotten, which costs a look-up or
/// an attempt at an address that is of no use.
const NAMES: usize = 256;
/// Addresses of one name that are remembered as demoted: as many as are tried at once.
const DEMOTED: usize = 8;

/// Which addresses of names are tried last, and look-ups whose answer came too late.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<Box<str>, Name>);

#[derive(Debug, Default)]
struct Name {
    /// Connections to these failed after they were made; the oldest failure first.
    demoted: Vec<SocketAddr>,
    /// What was found when nobody waited for it any more, and until when it may be used.
    late: Option<(Time, Vec<SocketAddr>)>,
}

impl Names {
    /// Puts the addresses in the order in which they are tried: those that failed after they were connected come last,
    /// the one that failed most recently at the end.
    pub(crate) fn order(&self, name: &str, addresses: &mut [SocketAddr]) {
        if let Some(name) = self.0.get(name) {
            addresses.sort_by_key(|address| name.demoted.iter().position(|demoted| demoted == address));
        }
    }

    /// From now on this address is tried last.
    pub(crate) fn demote(&mut self, name: &str, address: SocketAddr) {
        let demoted = &mut self.remember(name).demoted;
        demoted.retain(|other| *other != address);
        if demoted.len() == DEMOTED {
            demoted.remove(0);
        }
        demoted.push(address);
    }

    /// From now on this address has its own place again.
    pub(crate) fn restore(&mut self, name: &str, address: SocketAddr) {
        let Some(known) = self.0.get_mut(name) else { return };
        known.demoted.retain(|other| *other != address);
        if known.demoted.is_empty() && known.late.is_none() {
            self.0.remove(name);
        }
    }

    /// Keeps what was found too late, for whoever asks until then.
    pub(crate) fn keep(&mut self, name: &str, found: Vec<SocketAddr>, until: Time) {
        self.remember(name).late = Some((until, found));
    }

    /// What was found too late and may still be used.
    pub(crate) fn found_late(&self, name: &str, port: u16, now: Time) -> Option<Vec<SocketAddr>> {
        let (_, found) = self.0.get(name)?.late.as_ref().filter(|(until, _)| now < *until)?;
        Some(found.iter().map(|address| SocketAddr::new(address.ip(), port)).collect())
    }

    fn remember(&mut self, name: &str) -> &mut Name {
        if self.0.len() >= NAMES && !self.0.contains_key(name) {
            self.0.pop_first();
        }
        self.0.entry(name.into()).or_default()
    }
}

/// A name that is being looked up.
#[derive(Debug)]
pub(crate) struct Lookup {
    pub(crate) conn: ConnId,
    pub(crate) name: Box<str>,
    pub(crate) begun: Time,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(last: u8) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, last], 80))
    }

    fn order(names: &Names) -> Vec<u8> {
        let mut addresses = [at(1), at(2), at(3)];
        names.order("a", &mut addresses);
        addresses.iter().map(|address| (1..).find(|last| at(*last) == *address).unwrap()).collect()
    }

    #[test]
    fn who_failed_comes_last_and_who_failed_last_at_the_end() {
        let mut names = Names::default();
        assert_eq!(order(&names), [1, 2, 3]);
        for (demoted, expected) in [(1, [2, 3, 1]), (2, [3, 1, 2]), (3, [1, 2, 3]), (1, [2, 3, 1])] {
            names.demote("a", at(demoted));
            assert_eq!(order(&names), expected);
        }
        names.restore("a", at(1));
        assert_eq!(order(&names), [1, 2, 3], "who has not failed, and then the others as they failed");
        names.demote("b", at(1));
        assert_eq!(order(&names), [1, 2, 3]);
    }

    #[test]
    fn what_came_too_late_is_used_for_a_while() {
        let mut names = Names::default();
        let second = |n| Time::ZERO + Duration::from_secs(n);
        names.keep("a", vec![at(1)], second(5));
        for port in [443, 80] {
            let there = SocketAddr::from(([192, 0, 2, 1], port));
            assert_eq!(names.found_late("a", port, second(4)), Some(vec![there]));
        }
        assert_eq!(names.found_late("a", 443, second(5)), None);
        assert_eq!(names.found_late("b", 443, second(4)), None);
    }

    #[test]
    fn law_7_names_and_addresses_are_bounded() {
        let mut names = Names::default();
        for n in 0..=u8::MAX {
            names.demote("a", at(n));
            names.demote(&n.to_string(), at(1));
            names.demote(&format!("name {n}"), at(1));
        }
        assert_eq!(names.0.len(), NAMES);
        assert!(names.0.values().all(|name| name.demoted.len() <= DEMOTED));
    }
}
