//! The addresses that servers bind, and which of them clash.

use super::error::{ConfigError, Problem};
use super::{Config, host};

/// An address that a server binds.
struct Listener<'c> {
    key: String,
    machine: &'c str,
    name: &'c str,
    host: &'c str,
    port: u16,
}

impl Listener<'_> {
    /// Whether one machine would have to bind both and cannot.
    fn clashes(&self, other: &Listener<'_>) -> bool {
        let one_machine = || self.name == other.name || self.machine.eq_ignore_ascii_case(other.machine);
        self.port == other.port && one_machine() && self.overlaps(other)
    }

    fn overlaps(&self, other: &Listener<'_>) -> bool {
        match (host::address(self.host), host::address(other.host)) {
            (Some(a), Some(b)) => a == b || a.is_unspecified() || b.is_unspecified(),
            _ => host::name(self.host).eq_ignore_ascii_case(host::name(other.host)),
        }
    }
}

impl Config {
    /// Refuses two listeners of one machine on one address.
    pub(super) fn check_listeners(&self) -> Result<(), ConfigError> {
        let mut seen: Vec<Listener<'_>> = Vec::new();
        for listener in self.listeners() {
            if let Some(other) = seen.iter().find(|other| other.clashes(&listener)) {
                return Err(self.shared_address(&listener, other));
            }
            seen.push(listener);
        }
        Ok(())
    }

    /// Whoever wrote a setting gets the error, not the default that was there before.
    fn shared_address(&self, one: &Listener<'_>, other: &Listener<'_>) -> ConfigError {
        let is_default = |listener: &Listener<'_>| self.origin(&listener.key).is_none();
        let (one, other) = if is_default(one) && !is_default(other) { (other, one) } else { (one, other) };
        let address = format!("{}:{}", one.host, one.port);
        self.refuse(&one.key, Problem::SharedAddress { address, other: other.key.clone() })
    }

    /// What all servers bind; not all listen for neighbours.
    fn listeners(&self) -> impl Iterator<Item = Listener<'_>> {
        self.servers.iter().flat_map(|(name, server)| {
            let peer_port = if self.has_peer_port(name) { server.peer_port } else { 0 };
            let listener = |kind: &str, host, port| Listener {
                key: format!("servers.{name}.{kind}"),
                machine: host::machine(&server.host),
                name,
                host,
                port,
            };
            let all = [
                listener("client_port", &server.host, server.client_port),
                listener("peer_port", &server.host, peer_port),
                listener("web_port", &server.web_host, server.web_port),
            ];
            all.into_iter().filter(|listener| listener.port != 0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{read, refused};

    #[test]
    fn listeners_of_one_machine_have_addresses_of_their_own() {
        refused(&[
            (
                "servers.Ball.client_port = 12000",
                "herd.toml:1: servers.Ball.client_port: 127.0.0.1:12000 is taken by \
                 servers.Alford.client_port already",
            ),
            (
                "servers.Alford.client_port = 12101",
                "herd.toml:1: servers.Alford.client_port: 127.0.0.1:12101 is taken by \
                 servers.Ball.peer_port already",
            ),
            (
                "servers.Alford.host = \"a.example\"\n\
                 servers.Ball = { host = \"A.example.\", client_port = 12000 }\npeers.allow_plaintext = true",
                "herd.toml:2: servers.Ball.client_port: A.example.:12000 is taken by \
                 servers.Alford.client_port already",
            ),
            (
                "servers.Ball.web_host = \"0.0.0.0\"\nservers.Ball.web_port = 12000",
                "herd.toml:2: servers.Ball.web_port: 0.0.0.0:12000 is taken by \
                 servers.Alford.client_port already",
            ),
        ]);
    }

    #[test]
    fn equal_ports_of_different_machines_or_addresses_are_fine() {
        for text in [
            "servers.Ball = { host = \"10.0.0.2\", client_port = 12000, web_port = 12200 }\n\
             peers.allow_plaintext = true",
            "servers.Ball = { host = \"127.0.0.2\", client_port = 12000 }",
            "servers.Ball.web_port = 0\nservers.Welsh.web_port = 0",
            "servers.Alone = { client_port = 1, peer_port = 1 }",
            "peers.mode = \"paper\"\nservers.Ball.client_port = 12100",
        ] {
            assert!(read(text).is_ok(), "{text}");
        }
    }
}
