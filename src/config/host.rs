//! Hosts: IP addresses and names.

use std::net::{IpAddr, Ipv4Addr};

/// Whether `host` is an IP address or could be a name (RFC 1123, and underscores, which are in use).
pub(super) fn is_valid(host: &str) -> bool {
    let label = |label: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        (1..=63).contains(&label.len()) && label.chars().all(plain)
    };
    host.parse::<IpAddr>().is_ok() || (host.len() <= 253 && host.split('.').all(label))
}

/// Whether what is said to `host` stays on this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    address(host).is_some_and(|address| address.to_canonical().is_loopback())
}

/// The address that a listener on `host` binds: names are for those who dial, save `localhost`.
pub(super) fn address(host: &str) -> Option<IpAddr> {
    if host.eq_ignore_ascii_case("localhost") { Some(Ipv4Addr::LOCALHOST.into()) } else { host.parse().ok() }
}

/// The machine that binds a listener on `host`: this one for loopback and for the unspecified address
/// (`0.0.0.0`, `::`).
pub(super) fn machine(host: &str) -> &str {
    let is_here = is_loopback(host) || address(host).is_some_and(|address| address.is_unspecified());
    if is_here { "localhost" } else { host }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_are_hosts() {
        for host in ["127.0.0.1", "::1", "0.0.0.0", "localhost", "herd-1.example", "alford_1", "10.0.0.7"] {
            assert!(is_valid(host), "{host}");
        }
        for host in ["", "a b", "a..b", ".", "[::1]", "10.0.0.1:80", "http://x", "\u{e9}", &"a".repeat(64)] {
            assert!(!is_valid(host), "{host}");
        }
    }

    #[test]
    fn loopback_is_known_in_every_form() {
        for host in ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "localhost", "LocalHost"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["0.0.0.0", "::", "10.0.0.1", "localhost.example", "example"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
