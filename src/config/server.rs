//! One server: its table in the file, and what it needs to know to run.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::error::{ConfigError, Problem};
use super::hint::Hint;
use super::{Config, PeerMode, host};

/// `[servers.NAME]`: where a server is. Its own addresses are listened on, the others' are dialled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerEntry {
    /// The host of the listeners for clients and neighbours: an IP address, or a name to dial.
    pub host: String,
    /// The port for clients.
    pub client_port: u16,
    /// The port for neighbours.
    pub peer_port: u16,
    /// The port of web page and metrics; 0 for none.
    pub web_port: u16,
    /// The host of web page and metrics.
    pub web_host: String,
}

impl Default for ServerEntry {
    /// A server on loopback whose ports are still to be given.
    fn default() -> ServerEntry {
        let loopback = || "127.0.0.1".to_owned();
        ServerEntry { host: loopback(), client_port: 0, peer_port: 0, web_port: 0, web_host: loopback() }
    }
}

impl ServerEntry {
    /// The server of a default herd with this index: 120xx for clients, 121xx for neighbours, 122xx for the
    /// web.
    pub(super) fn nth(index: u16) -> ServerEntry {
        ServerEntry {
            client_port: 12_000 + index,
            peer_port: 12_100 + index,
            web_port: 12_200 + index,
            ..ServerEntry::default()
        }
    }
}

/// What one server needs to know to run: where it listens and whom it calls.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerConfig {
    /// Its name.
    pub name: String,
    /// Where it listens for clients.
    pub clients: SocketAddr,
    /// Where it listens for neighbours; `None` if it has none, or they come as clients do ([`PeerMode::Paper`]).
    pub peers: Option<SocketAddr>,
    /// Where it shows its web page and metrics, if it does.
    pub web: Option<SocketAddr>,
    /// Its neighbours, by name.
    pub neighbours: Vec<Neighbour>,
}

/// A server on the other end of a link, and where to dial it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Its name.
    pub name: String,
    /// An IP address or a name.
    pub host: String,
    /// Its port for neighbours.
    pub peer_port: u16,
    /// Its port for clients, to which neighbours come in `paper` mode.
    pub client_port: u16,
}

impl Config {
    /// What the server `name` needs to know.
    ///
    /// # Errors
    ///
    /// If there is no such server, or one of its own hosts is a name that cannot be listened on.
    pub fn server(&self, name: &str) -> Result<ServerConfig, ConfigError> {
        let entry = self.entry(name)?;
        let at = |key, host, port| self.listener(name, key, host, port);
        let neighbours = self.neighbours(name);
        let web = Some(entry.web_port).filter(|port| *port != 0);
        let peers = Some(entry.peer_port).filter(|_| self.has_peer_port(name));
        Ok(ServerConfig {
            name: name.to_owned(),
            clients: at("host", &entry.host, entry.client_port)?,
            peers: peers.map(|port| at("host", &entry.host, port)).transpose()?,
            web: web.map(|port| at("web_host", &entry.web_host, port)).transpose()?,
            neighbours,
        })
    }

    /// What the configuration says of the server `name`, be it this machine's or another's.
    ///
    /// # Errors
    ///
    /// If there is no such server.
    pub fn entry(&self, name: &str) -> Result<&ServerEntry, ConfigError> {
        self.servers.get(name).ok_or_else(|| {
            let hint = Hint::new(name, self.servers.keys().map(String::as_str));
            ConfigError::general(None, Problem::UnknownServer(name.to_owned(), hint))
        })
    }

    /// The neighbours of the server `name`, by name; none if it has no link.
    pub fn neighbours(&self, name: &str) -> Vec<Neighbour> {
        let mut neighbours: Vec<Neighbour> =
            self.linked_with(name).filter_map(|other| self.neighbour(other)).collect();
        neighbours.sort_by(|a, b| a.name.cmp(&b.name));
        neighbours
    }

    fn neighbour(&self, name: &str) -> Option<Neighbour> {
        let ServerEntry { host, peer_port, client_port, .. } = self.servers.get(name)?.clone();
        Some(Neighbour { name: name.to_owned(), host, peer_port, client_port })
    }

    /// Whether the server `name` listens for neighbours.
    pub(super) fn has_peer_port(&self, name: &str) -> bool {
        self.peers.mode == PeerMode::Links && !self.neighbours(name).is_empty()
    }

    fn listener(&self, name: &str, key: &str, host: &str, port: u16) -> Result<SocketAddr, ConfigError> {
        match host::address(host) {
            Some(address) => Ok(SocketAddr::new(address, port)),
            None => Err(self.refuse(&format!("servers.{name}.{key}"), Problem::NotBindable(host.to_owned()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::read;
    use super::*;

    #[test]
    fn a_server_knows_its_addresses_and_neighbours() {
        let welsh = Config::default().server("Welsh").unwrap();
        assert_eq!(welsh.clients.to_string(), "127.0.0.1:12004");
        assert_eq!(welsh.peers.map(|at| at.to_string()), Some("127.0.0.1:12104".into()));
        assert_eq!(welsh.web.map(|at| at.to_string()), Some("127.0.0.1:12204".into()));
        let neighbour = |name: &str, number: u16| Neighbour {
            name: name.to_owned(),
            host: "127.0.0.1".to_owned(),
            peer_port: 12_100 + number,
            client_port: 12_000 + number,
        };
        assert_eq!(welsh.neighbours, [neighbour("Alford", 0), neighbour("Ball", 1)]);
    }

    #[test]
    fn the_default_links_are_a_ring() {
        let config = Config::default();
        assert!(config.servers.keys().all(|name| config.neighbours(name).len() == 2));
    }

    #[test]
    fn a_server_without_neighbours_does_not_listen_for_them() {
        let alone = read("[servers.Alone]\nclient_port = 1\npeer_port = 2").unwrap().server("Alone").unwrap();
        assert_eq!((alone.peers, alone.web, alone.neighbours), (None, None, vec![]));
    }

    #[test]
    fn in_paper_mode_neighbours_come_as_clients_do() {
        let welsh = read("peers.mode = \"paper\"").unwrap().server("Welsh").unwrap();
        assert_eq!((welsh.peers, welsh.neighbours.len()), (None, 2));
    }

    #[test]
    fn names_are_dialled_and_only_localhost_is_listened_on() {
        let text = "servers.Ball.host = \"ball.example\"\n\
             servers.Welsh.host = \"localhost\"\npeers.allow_plaintext = true";
        let config = read(text).unwrap();
        let welsh = config.server("Welsh").unwrap();
        assert_eq!(welsh.clients.to_string(), "127.0.0.1:12004");
        assert_eq!(welsh.neighbours[1].host, "ball.example");
        assert_eq!(
            config.server("Ball").unwrap_err().to_string(),
            "herd.toml:1: servers.Ball.host: \"ball.example\" is a name; \
             a server listens on an IP address or on localhost"
        );
    }

    #[test]
    fn an_unknown_server_gets_the_names() {
        let unknown = |name| Config::default().server(name).unwrap_err().to_string();
        assert_eq!(
            unknown("welsh"),
            "no server \"welsh\" among Alford, Ball, Hamilton, Holiday, Welsh; did you mean \"Welsh\"?"
        );
        assert_eq!(unknown("Zaphod"), "no server \"Zaphod\" among Alford, Ball, Hamilton, Holiday, Welsh");
    }
}
