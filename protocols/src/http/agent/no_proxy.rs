//! `NO_PROXY`: the hosts that are reached without the proxy.

use std::net::IpAddr;

use super::host_port::HostPort;

/// The list, as curl and Go read it.
#[derive(Clone, Debug, Default)]
pub(super) struct NoProxy {
    entries: Vec<Entry>,
}

/// Some hosts, on one port or on all.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq)]
enum Hosts {
    All,
    /// This name, without the root's dot, and those below it.
    Under(String),
    /// The addresses that share so many bits with this one.
    Range(IpAddr, u8),
}

impl NoProxy {
    /// Reads a list: `*`, names (with or without a leading dot, and with or without the root's behind), addresses,
    /// ranges such as `10.0.0.0/8`, separated by commas or white space. What is none of these is said in the log and left out.
    pub(super) fn parse(list: &str) -> NoProxy {
        let texts = list.split([',', ' ', '\t']).filter(|text| !text.is_empty());
        let entry = |text: &str| {
            let entry = Entry::parse(text);
            if entry.is_none() {
                log::warn!("NO_PROXY: `{}` is neither a host nor a range of addresses", text.escape_debug());
            }
            entry
        };
        NoProxy { entries: texts.filter_map(entry).collect() }
    }

    /// Whether it names `at`.
    pub(super) fn covers(&self, at: &HostPort) -> bool {
        self.entries.iter().any(|entry| entry.covers(at))
    }
}

impl Entry {
    fn parse(text: &str) -> Option<Entry> {
        if text == "*" {
            return Some(Entry { hosts: Hosts::All, port: None });
        }
        if let Some(hosts) = range(text) {
            return Some(Entry { hosts, port: None });
        }
        let text = text.strip_prefix('*').unwrap_or(text);
        let text = text.strip_prefix('.').unwrap_or(text);
        let at = HostPort::parse(text, 0).ok()?;
        let hosts = range(&at.host).unwrap_or_else(|| Hosts::Under(at.name().to_owned()));
        Some(Entry { hosts, port: Some(at.port).filter(|port| *port != 0) })
    }

    fn covers(&self, at: &HostPort) -> bool {
        self.port.is_none_or(|port| port == at.port)
            && match &self.hosts {
                Hosts::All => true,
                Hosts::Under(name) => is_under(at.name(), name),
                Hosts::Range(start, bits) => at.ip().is_some_and(|ip| is_within(ip, *start, *bits)),
            }
    }
}

/// An address, or a range of them.
fn range(text: &str) -> Option<Hosts> {
    let Some((ip, bits)) = text.split_once('/') else {
        let ip: IpAddr = text.parse().ok()?;
        return Some(Hosts::Range(ip, width(ip)));
    };
    let ip: IpAddr = ip.parse().ok()?;
    let is_number = bits.bytes().all(|byte| byte.is_ascii_digit());
    let bits = bits.parse().ok().filter(|bits| is_number && *bits <= width(ip))?;
    Some(Hosts::Range(ip, bits))
}

fn width(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

fn is_under(host: &str, name: &str) -> bool {
    host.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

fn is_within(ip: IpAddr, start: IpAddr, bits: u8) -> bool {
    match (ip, start) {
        (IpAddr::V4(ip), IpAddr::V4(start)) => {
            let differ = ip.to_bits() ^ start.to_bits();
            differ.leading_zeros() >= u32::from(bits)
        }
        (IpAddr::V6(ip), IpAddr::V6(start)) => {
            let differ = ip.to_bits() ^ start.to_bits();
            differ.leading_zeros() >= u32::from(bits)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(list: &str, at: &str) -> bool {
        NoProxy::parse(list).covers(&HostPort::parse(at, 443).unwrap())
    }

    #[test]
    fn a_name_covers_itself_and_what_is_below_it() {
        for list in ["example.org", ".example.org", "*.example.org", "EXAMPLE.org"] {
            assert!(covers(list, "example.org") && covers(list, "a.b.Example.org."), "{list}");
            assert!(!covers(list, "badexample.org") && !covers(list, "example.org.evil.net"), "{list}");
        }
    }

    #[test]
    fn the_dot_of_the_root_makes_no_other_name() {
        for list in ["example.", "example", ".example.", "*.example.", "EXAMPLE.:443", ".example.:443"] {
            for at in ["example", "example.", "Example.:443", "a.example", "a.example."] {
                assert!(covers(list, at), "{list} {at}");
            }
            assert!(!covers(list, "badexample.") && !covers(list, "example.org."), "{list}");
        }
        assert!(!covers("example.:80", "example.:443"));
        for nothing in [".", "..", "*.", "example..", "10.0.0.1."] {
            let is_any = ["example", "example.", "10.0.0.1", "a"].iter().any(|at| covers(nothing, at));
            assert!(!is_any, "{nothing}");
        }
        assert!(covers("*", "example."));
    }

    #[test]
    fn addresses_and_ranges_cover_addresses() {
        assert!(covers("10.0.0.1", "10.0.0.1") && !covers("10.0.0.1", "10.0.0.10"));
        assert!(covers("10.0.0.0/8", "10.255.0.1") && !covers("10.0.0.0/8", "11.0.0.1"));
        assert!(covers("0.0.0.0/0", "192.0.2.1") && !covers("0.0.0.0/0", "[::1]"));
        assert!(covers("2001:db8::/32", "[2001:db8:1::1]") && !covers("2001:db8::/32", "[2001:db9::]"));
        assert!(covers("::1", "[::1]") && covers("[::1]", "[::1]"));
    }

    #[test]
    fn a_port_narrows_an_entry() {
        assert!(covers("example.org:8443", "example.org:8443") && !covers("example.org:8443", "example.org"));
        assert!(covers("[::1]:80", "[::1]:80") && !covers("[::1]:80", "[::1]:81"));
    }

    #[test]
    fn a_star_covers_everything_and_an_empty_list_nothing() {
        assert!(covers("*", "example.org") && covers("a, *", "[::1]"));
        assert!(!covers("", "example.org") && !covers(" ,, ", "example.org"));
    }

    #[test]
    fn entries_are_separated_by_commas_and_spaces_and_nonsense_is_left_out() {
        let list = "10.0.0.0/33, 10.0.0.0/+8,one.test\ttwo.test a/b";
        assert!(covers(list, "one.test") && covers(list, "two.test"));
        assert!(!covers(list, "10.0.0.1"));
    }
}
