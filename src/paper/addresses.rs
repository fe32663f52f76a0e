//! Where neighbours come from: whose AT lines are believed.

use std::io;
use std::net::{IpAddr, Ipv4Addr};

use reactor::{AppCx, Peer};

use super::LOOK_UP_EVERY;
use crate::herd::Herd;

/// The addresses of one neighbour.
#[derive(Debug)]
pub(super) struct Addresses {
    /// To be looked up; an address need not be.
    pub(super) name: Option<Box<str>>,
    known: Vec<IpAddr>,
}

impl Addresses {
    /// Those of a neighbour whose host is this address, or has this name.
    pub(super) fn of(host: &str) -> Addresses {
        match host.parse() {
            Ok(address) => Addresses { name: None, known: vec![plain(address)] },
            Err(_) => Addresses { name: Some(host.into()), known: Vec::new() },
        }
    }

    /// Whether the neighbour may come from here.
    pub(super) fn contain(&self, address: IpAddr) -> bool {
        self.known.contains(&plain(address))
    }

    fn learn(&mut self, found: Vec<IpAddr>) {
        self.known = found.into_iter().map(plain).collect();
    }
}

/// An address without what does not tell one peer from another: IPv4 may be written as IPv6, and the system chooses
/// among the addresses of this machine as it likes, so they are all one.
fn plain(address: IpAddr) -> IpAddr {
    let address = address.to_canonical();
    let is_here = address.is_loopback() || address.is_unspecified();
    if is_here { Ipv4Addr::LOCALHOST.into() } else { address }
}

impl Herd {
    /// Whether AT lines of this peer are a neighbour's: in `paper` mode those from a neighbour's address, else none on
    /// the clients' port.
    pub(crate) fn believes(&self, peer: Peer) -> bool {
        self.neighbours.paper().is_some_and(|paper| paper.are_at(peer.address.ip()))
    }
}

/// Looks up the neighbours that have names, now and every so often: addresses change.
pub(super) fn look_up(cx: &mut AppCx<'_, Herd>) {
    let Some(paper) = &cx.app.neighbours.paper else { return };
    let mut is_any_named = false;
    for (place, name) in paper.names() {
        is_any_named = true;
        let found = cx.reactor.app_reply(move |cx, found| found_out(cx, place, found));
        cx.reactor.resolve(name, found);
    }
    if is_any_named {
        cx.reactor.app_later(LOOK_UP_EVERY, look_up);
    }
}

/// A name that cannot be looked up keeps the addresses it had.
fn found_out(cx: &mut AppCx<'_, Herd>, place: usize, found: io::Result<Vec<IpAddr>>) {
    let Some(correspondent) = cx.app.neighbours.paper.as_mut().and_then(|all| all.get_mut(place)) else {
        return;
    };
    match found {
        Ok(found) => correspondent.addresses.learn(found),
        Err(error) => {
            let notice = format!("neighbour {}: its name cannot be looked up: {error}", correspondent.name);
            let admitted = correspondent.unknown.admit(cx.reactor.now());
            cx.app.notice_if(&mut cx.reactor, admitted, &notice);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(host: &str, address: &str) -> bool {
        Addresses::of(host).contain(address.parse().unwrap())
    }

    #[test]
    fn an_address_is_known_in_every_form_and_this_machine_by_all_of_its() {
        for (host, address) in [
            ("10.0.0.2", "10.0.0.2"),
            ("10.0.0.2", "::ffff:10.0.0.2"),
            ("::ffff:10.0.0.2", "10.0.0.2"),
            ("2001:db8::2", "2001:db8:0::2"),
            ("127.0.0.2", "127.0.0.1"),
            ("0.0.0.0", "127.0.0.1"),
            ("127.0.0.1", "::1"),
            ("::1", "::ffff:127.0.0.1"),
        ] {
            assert!(contains(host, address), "{address} is {host}");
        }
        for (host, address) in
            [("10.0.0.2", "10.0.0.3"), ("127.0.0.1", "10.0.0.2"), ("10.0.0.2", "127.0.0.1")]
        {
            assert!(!contains(host, address), "{address} is not {host}");
        }
    }

    #[test]
    fn a_name_is_nowhere_until_it_is_looked_up_and_may_have_several_addresses() {
        let [one, other] = [IpAddr::from([10, 0, 0, 2]), IpAddr::from([10, 0, 0, 3])];
        let mut addresses = Addresses::of("ball.example");
        assert!(!addresses.contain(one));
        addresses.learn(vec![one, other]);
        assert!(addresses.contain(one) && addresses.contain(other));
        addresses.learn(vec![other]);
        assert!(!addresses.contain(one) && addresses.contain(other));
    }
}
