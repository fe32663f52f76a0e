//! Who is let in at the clients' port, and at the neighbours'.

use std::net::IpAddr;

use reactor::{Peer, tally};

use super::{Curb, Herd};
use crate::buggify::{Point, fires};
use crate::crowd::Crowd;

/// Connections at the neighbours' port that may be about to prove who they are: more than a herd has, and
/// few enough that strangers, who have two seconds each, are no burden.
pub(super) const MOST_STRANGERS: usize = 32;

impl Herd {
    /// Lets a client in if there is room for it, and for another one of its address; says as whom. It is to be
    /// [dismissed](Herd::dismiss) when it goes, made or not.
    pub(crate) fn admit(&mut self, peer: Peer) -> Option<IpAddr> {
        let client = Crowd::client_at(peer.address.ip());
        match self.refusal(client) {
            Some(curb) => {
                self.curb(curb, peer);
                None
            }
            None => {
                self.clients += 1;
                self.addresses.enter(client);
                Some(client)
            }
        }
    }

    fn refusal(&self, client: IpAddr) -> Option<Curb> {
        let most = self.rules.clients_per_address;
        if self.clients >= self.rules.clients {
            return Some(Curb::Connections);
        }
        (most > 0 && self.addresses.count(client) >= most).then_some(Curb::Address)
    }

    /// Whether there is room at the neighbours' port for somebody who has yet to prove who it is.
    pub(super) fn admits_stranger(&mut self, peer: Peer) -> bool {
        let has_room = self.strangers < MOST_STRANGERS && !fires(Point::NoRoomForStrangers);
        let refused = &mut self.counters.refused_strangers;
        if !has_room && tally(refused) {
            log::warn!(
                "neighbours' port: {peer} refused: {MOST_STRANGERS} connections there have not proved yet who they are \
                 ({refused} so far)"
            );
        }
        has_room
    }

    /// A client has gone that was let in.
    pub(super) fn dismiss(&mut self, client: IpAddr) {
        self.clients -= 1;
        self.addresses.leave(client);
    }
}
