//! How many connections each client has.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

/// The bits of an IPv6 address that its holder cannot choose: one customer has a /64 at the least (RFC 6177).
const PREFIX: u32 = 64;

/// Clients by address, as far as they have any.
#[derive(Debug, Default)]
pub(crate) struct Crowd(BTreeMap<IpAddr, usize>);

impl Crowd {
    /// What all addresses of one client have in common.
    pub(crate) fn client_at(address: IpAddr) -> IpAddr {
        match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> PREFIX << PREFIX).into(),
            address => address,
        }
    }

    /// How many this client has.
    pub(crate) fn count(&self, client: IpAddr) -> usize {
        self.0.get(&client).copied().unwrap_or(0)
    }

    /// It has one more.
    pub(crate) fn enter(&mut self, client: IpAddr) {
        *self.0.entry(client).or_default() += 1;
    }

    /// It has one less. Who has none left is forgotten.
    pub(crate) fn leave(&mut self, client: IpAddr) {
        if let Some(count) = self.0.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_of_many_addresses_is_one() {
        let client_at = |address: &str| Crowd::client_at(address.parse().unwrap());
        assert_eq!(client_at("2001:db8:1:2:3:4:5:6"), client_at("2001:db8:1:2::1"));
        assert_ne!(client_at("2001:db8:1:2::1"), client_at("2001:db8:1:3::1"));
        assert_eq!(client_at("::ffff:192.0.2.1"), client_at("192.0.2.1"));
        assert_ne!(client_at("192.0.2.1"), client_at("192.0.2.2"));
    }
}
