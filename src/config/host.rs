//! Hosts: IP addresses and names.

use std::net::{IpAddr, Ipv4Addr};

/// Whether `host` is an IP address or could be a name (RFC 1123, and underscores, which are in use). A name may end in
/// the root's dot, which an address has not.
pub(super) fn is_valid(host: &str) -> bool {
    let label = |label: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        (1..=63).contains(&label.len()) && label.chars().all(plain)
    };
    let name = name(host);
    match name.parse::<IpAddr>() {
        Ok(_) => name == host,
        Err(_) => name.len() <= 253 && name.split('.').all(label),
    }
}

/// `host` without the root's dot: `example.` is the same host as `example`.
pub(super) fn name(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

/// Whether what is said to `host` stays on this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    address(host).is_some_and(|address| address.to_canonical().is_loopback())
}

/// The address that a listener on `host` binds: names are for those who dial, save `localhost`.
pub(super) fn address(host: &str) -> Option<IpAddr> {
    let is_localhost = name(host).eq_ignore_ascii_case("localhost");
    if is_localhost { Some(Ipv4Addr::LOCALHOST.into()) } else { host.parse().ok() }
}

/// The machine that binds a listener on `host`: this one for loopback and for the unspecified address
/// (`0.0.0.0`, `::`).
pub(super) fn machine(host: &str) -> &str {
    let is_here = is_loopback(host) || address(host).is_some_and(|address| address.is_unspecified());
    if is_here { "localhost" } else { name(host) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_are_hosts() {
        for host in ["127.0.0.1", "::1", "0.0.0.0", "localhost", "herd-1.example", "alford_1", "10.0.0.7"] {
            assert!(is_valid(host), "{host}");
        }
        for host in ["localhost.", "herd-1.example.", "a.", &format!("{}a.", "a.".repeat(126))] {
            assert!(is_valid(host), "{host}");
        }
        for host in ["", "a b", "a..b", ".", "[::1]", "10.0.0.1:80", "http://x", "\u{e9}", &"a".repeat(64)] {
            assert!(!is_valid(host), "{host}");
        }
        for host in ["..", "a..", ".a", "127.0.0.1.", "::1.", &"a.".repeat(128)] {
            assert!(!is_valid(host), "{host}");
        }
    }

    #[test]
    fn loopback_is_known_in_every_form() {
        for host in
            ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "localhost", "LocalHost", "localhost."]
        {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["0.0.0.0", "::", "10.0.0.1", "localhost.example", "localhost..", "127.0.0.1."] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
