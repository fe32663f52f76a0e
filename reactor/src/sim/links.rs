//! What lies between the hosts: directed links that may be cut, clogged or end at a dark machine.

use std::collections::BTreeMap;

use super::host::HostId;
use super::world::Delivery;
use crate::time::Time;

/// One direction: from the first host to the second.
pub(super) type Direct = (HostId, HostId);

/// Why nothing passes a link. The reasons come and go independently.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Block {
    /// A partition.
    Cut,
    /// A clog.
    Clog,
    /// The receiving machine is dark.
    Dark,
}

/// One direction between two hosts.
#[derive(Default)]
struct Link {
    blocks: [bool; 3],
    blocked_since: Time,
    held: Vec<Delivery>,
}

impl Link {
    fn is_blocked(&self) -> bool {
        self.blocks.contains(&true)
    }
}

/// All links that were ever in trouble; the others are well.
#[derive(Default)]
pub(super) struct Links(BTreeMap<Direct, Link>);

impl Links {
    /// Since when nothing has passed; `None`: the link is well.
    pub(super) fn blocked_since(&self, direct: Direct) -> Option<Time> {
        self.0.get(&direct).filter(|link| link.is_blocked()).map(|link| link.blocked_since)
    }

    /// Stops a direction for the reason `why`.
    pub(super) fn block(&mut self, direct: Direct, why: Block, now: Time) {
        let link = self.0.entry(direct).or_default();
        if !link.is_blocked() {
            link.blocked_since = now;
        }
        link.blocks[why as usize] = true;
    }

    /// Keeps what cannot pass, until the last reason is gone.
    pub(super) fn hold(&mut self, direct: Direct, delivery: Delivery) {
        self.0.entry(direct).or_default().held.push(delivery);
    }

    /// Takes one reason away and returns what may now pass, in the order in which it was held.
    pub(super) fn unblock(&mut self, direct: Direct, why: Block) -> Vec<Delivery> {
        let Some(link) = self.0.get_mut(&direct) else { return Vec::new() };
        link.blocks[why as usize] = false;
        if link.is_blocked() { Vec::new() } else { std::mem::take(&mut link.held) }
    }

    /// Every direction that is blocked for this reason.
    pub(super) fn blocked(&self, why: Block) -> Vec<Direct> {
        self.0.iter().filter(|(_, link)| link.blocks[why as usize]).map(|(direct, _)| *direct).collect()
    }

    /// Drops what `host` has sent and what never left: its machine went dark.
    pub(super) fn drop_from(&mut self, host: HostId) {
        let from_host = self.0.range_mut((host, HostId::FIRST)..).take_while(|((from, _), _)| *from == host);
        from_host.for_each(|(_, link)| link.held.clear());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AB: Direct = (HostId::nth(0), HostId::nth(1));
    const BA: Direct = (HostId::nth(1), HostId::nth(0));

    #[test]
    fn a_link_passes_again_when_the_last_reason_is_gone() {
        let mut links = Links::default();
        links.block(AB, Block::Cut, Time::from_nanos(5));
        links.block(AB, Block::Clog, Time::from_nanos(9));
        links.hold(AB, Delivery::Fault);
        assert_eq!(links.blocked_since(AB), Some(Time::from_nanos(5)));
        assert_eq!(links.blocked_since(BA), None);
        assert!(links.unblock(AB, Block::Cut).is_empty());
        assert_eq!(links.unblock(AB, Block::Clog).len(), 1);
        assert_eq!(links.blocked_since(AB), None);
    }

    #[test]
    fn what_a_dark_machine_has_sent_is_dropped() {
        let mut links = Links::default();
        for direct in [AB, BA] {
            links.block(direct, Block::Cut, Time::ZERO);
            links.hold(direct, Delivery::Fault);
        }
        links.drop_from(HostId::nth(0));
        assert!(links.unblock(AB, Block::Cut).is_empty());
        assert_eq!(links.unblock(BA, Block::Cut).len(), 1);
    }
}
