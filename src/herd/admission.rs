//! Who is let in at the clients' port.

use std::net::IpAddr;

use reactor::Peer;

use super::{Curb, Herd};
use crate::crowd::Crowd;

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

    /// A client has gone that was let in.
    pub(super) fn dismiss(&mut self, client: IpAddr) {
        self.clients -= 1;
        self.addresses.leave(client);
    }
}
