//! A host and a port, as they stand in the authority of a URI (RFC 3986, 3.2).

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use reactor::Endpoint;

use super::BadUri;

/// The longest host name (RFC 1035, 2.3.4, as text).
const NAME: usize = 253;

/// Where something listens.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct HostPort {
    /// In lower case, a name with the root's dot if it was written so; an IPv6 address in its usual form, without
    /// brackets.
    pub(super) host: String,
    pub(super) port: u16,
}

impl HostPort {
    /// Reads `host`, `host:port`, `[::1]` or `[::1]:port`; without a port it is `default`.
    pub(super) fn parse(text: &str, default: u16) -> Result<HostPort, BadUri> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (literal, port) = rest.split_once(']').ok_or(BadUri::Host)?;
                (ipv6(literal)?, port)
            }
            None => {
                let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
                (name(host)?, port)
            }
        };
        Ok(HostPort { host, port: parse_port(port, default)? })
    }

    /// Its address, if it is not a name.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// Its host without the root's dot, which makes no other name.
    pub(super) fn name(&self) -> &str {
        without_root(&self.host)
    }

    pub(super) fn endpoint(&self) -> Endpoint {
        Endpoint::new(&self.host, self.port)
    }
}

fn ipv6(literal: &str) -> Result<String, BadUri> {
    literal.parse().map(|ip: Ipv6Addr| ip.to_string()).map_err(|_| BadUri::Host)
}

/// A name is what names are made of in practice: `%41` and `(` are in the grammar, but in no DNS. Behind an address
/// there is no root.
fn name(host: &str) -> Result<String, BadUri> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_plain);
    let relative = without_root(host);
    let is_rooted_address = relative != host && relative.parse::<IpAddr>().is_ok();
    let is_name = relative.len() <= NAME && relative.split('.').all(is_label) && !is_rooted_address;
    if is_name { Ok(host.to_ascii_lowercase()) } else { Err(BadUri::Host) }
}

fn without_root(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

/// Reads `:80`; nothing, or nothing behind the colon, is `default`.
fn parse_port(text: &str, default: u16) -> Result<u16, BadUri> {
    let Some(digits) = text.strip_prefix(':') else {
        return if text.is_empty() { Ok(default) } else { Err(BadUri::Host) };
    };
    match digits {
        "" => Ok(default),
        _ if !digits.bytes().all(|byte| byte.is_ascii_digit()) => Err(BadUri::Port),
        _ => digits.parse().ok().filter(|port| *port != 0).ok_or(BadUri::Port),
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HostPort { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_come_with_and_without_a_port() {
        let said = |text| HostPort::parse(text, 80).unwrap().to_string();
        assert_eq!(said("Example.ORG"), "example.org:80");
        assert_eq!(said("example.org:"), "example.org:80");
        assert_eq!(said("10.0.0.1:8080"), "10.0.0.1:8080");
        assert_eq!(said("[0:0::1]"), "[::1]:80");
        assert_eq!(said("[::1]:00443"), "[::1]:443");
    }

    #[test]
    fn a_name_keeps_the_dot_of_the_root_and_is_known_without_it() {
        for (text, host, name) in [
            ("Example.ORG.", "example.org.", "example.org"),
            ("localhost.:8443", "localhost.", "localhost"),
            ("example.org", "example.org", "example.org"),
            ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ] {
            let at = HostPort::parse(text, 80).unwrap();
            assert_eq!((at.host.as_str(), at.name()), (host, name), "{text}");
        }
        assert!(HostPort::parse(&format!("{}.", "a".repeat(253)), 80).is_ok());
    }

    #[test]
    fn an_ipv6_address_loses_its_brackets() {
        let at = HostPort::parse("[2001:db8::1]:99", 80).unwrap();
        assert_eq!(at.host, "2001:db8::1");
        assert_eq!(at.ip(), Some("2001:db8::1".parse().unwrap()));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in
            ["", ":80", "a b", "a%41", "[::1", "[::1]80", "[fe80::1%25eth0]", "[v1.x]", "a\r\nb", "::1"]
        {
            assert!(HostPort::parse(text, 80).is_err(), "{text}");
        }
        for text in [".", "..", ".a", "a..b", "a..", "127.0.0.1.", "[::1.]", "[::1].", ".:80"] {
            assert!(HostPort::parse(text, 80).is_err(), "{text}");
        }
        assert!(HostPort::parse(&"a".repeat(254), 80).is_err());
    }

    #[test]
    fn what_is_no_port_is_refused() {
        for port in ["+80", "-1", "0", "65536", "8o", " 80", "80:80", "999999999999999999999"] {
            assert_eq!(HostPort::parse(&format!("host:{port}"), 80), Err(BadUri::Port), "{port}");
        }
    }
}
