//! What a configuration must hold as a whole.

use std::time::Duration;

use super::error::{ConfigError, Problem};
use super::hint::Hint;
use super::setting::Key;
use super::{Config, PeerMode, ServerEntry, default_servers, host};

/// The subcommands: `herd NAME` starts a server only if it is none of these.
const COMMANDS: [&str; 10] =
    ["all", "check", "iamat", "whatsat", "simulate", "bench", "roam", "keys", "places", "help"];

/// What a link to a neighbour may have to hold: a quarter is filled before it counts as slow, and then an AT line of
/// any server's longest (64 KiB and 256 bytes) may follow, or a batch of a resync. If that were too much, the link
/// would end, be dialled again, and end at the same line for ever. Four of our own longest lines must fit as well.
const LEAST_WRITE_BUFFER: usize = 128 * 1024;
/// The shortest longest line: the paper's own IAMAT has 65 bytes, those of short names some fifty.
const LEAST_LINE: usize = 64;
/// The longest line that neighbours read once it has become an AT line: a longer one would end their links, and the
/// resync that follows would send it again, and end them again.
const LONGEST_LINE: usize = 64 * 1024;

impl Config {
    /// Finds the first thing that is wrong with the configuration as a whole.
    ///
    /// # Errors
    ///
    /// That thing.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.servers.iter().try_for_each(|(name, server)| self.check_server(name, server))?;
        self.check_certificate_names()?;
        self.check_links()?;
        self.check_listeners()?;
        self.check_peers()?;
        self.check_places()?;
        self.check_folder()?;
        self.check_limits()
    }

    fn check_server(&self, name: &str, server: &ServerEntry) -> Result<(), ConfigError> {
        let table = Key(vec!["servers".into(), name.into()]);
        let refuse = |key: &str, problem| Err(self.refuse(&format!("{table}{key}"), problem));
        let bad_host = |host: &String| Problem::BadHost(host.clone());
        match server {
            _ if !is_server_name(name) => refuse("", Problem::BadServerName),
            _ if COMMANDS.contains(&name) => refuse("", Problem::ReservedServerName),
            server if server.client_port == 0 => Err(self.no_port(name, "client_port")),
            server if server.peer_port == 0 && self.peers.mode == PeerMode::Links => {
                Err(self.no_port(name, "peer_port"))
            }
            server if !host::is_valid(&server.host) => refuse(".host", bad_host(&server.host)),
            server if !host::is_valid(&server.web_host) => refuse(".web_host", bad_host(&server.web_host)),
            _ => Ok(()),
        }
    }

    /// The port was set to 0, or never set, maybe because the name is a slip.
    fn no_port(&self, name: &str, port: &str) -> ConfigError {
        let key = format!("servers.{name}.{port}");
        let names = default_servers();
        let missing = || Problem::MissingPort(Hint::new(name, names.keys().map(String::as_str)));
        let problem = if self.origins.contains_key(&key) { Problem::Zero } else { missing() };
        let origin = self.origin(&key).or(self.origin(&format!("servers.{name}"))).cloned();
        ConfigError::new(origin, key, problem)
    }

    /// `key` is missing, and whoever set `asker` gets the error.
    pub(super) fn require(&self, key: &str, why: &'static str, asker: &str) -> ConfigError {
        ConfigError::new(self.origin(asker).cloned(), key.to_owned(), Problem::Required(why))
    }

    fn check_folder(&self) -> Result<(), ConfigError> {
        match self.herd.dir.as_os_str().is_empty() {
            true => {
                Err(self.refuse("herd.dir", Problem::Value("must not be empty; . is this folder".into())))
            }
            false => Ok(()),
        }
    }

    fn check_limits(&self) -> Result<(), ConfigError> {
        let limits = &self.limits;
        if limits.line > LONGEST_LINE {
            let most = format!("must be at most {LONGEST_LINE}: neighbours read no longer lines");
            return Err(self.refuse("limits.line", Problem::Value(most)));
        }
        if (1..LEAST_LINE).contains(&limits.line) {
            let least = format!("must be at least {LEAST_LINE}: less is too small for a usual IAMAT");
            return Err(self.refuse("limits.line", Problem::Value(least)));
        }
        let least = LEAST_WRITE_BUFFER.max(limits.line * 4);
        if limits.write_buffer < least && limits.write_buffer > 0 {
            let least = format!("must be at least {least}");
            return Err(self.refuse("limits.write_buffer", Problem::Value(least)));
        }
        let zero = [
            ("limits.line", limits.line == 0),
            ("limits.connections", limits.connections == 0),
            ("limits.write_buffer", limits.write_buffer == 0),
            ("limits.idle", limits.idle == Duration::ZERO),
            ("limits.line_time", limits.line_time == Duration::ZERO),
            ("limits.neighbour_queue", limits.neighbour_queue == 0),
            ("limits.clients_known", limits.clients_known == 0),
            ("log.max_size", self.log.max_size == 0),
            ("places.timeout", self.places.timeout == Duration::ZERO),
            ("places.max_in_flight", self.places.max_in_flight == 0),
            ("places.queue", self.places.queue == 0),
        ];
        match zero.iter().find(|(_, is_zero)| *is_zero) {
            Some((key, _)) => Err(self.refuse(key, Problem::Zero)),
            None => Ok(()),
        }
    }
}

/// Names are words of AT lines, names of files, parts of environment variables and arguments of the command.
fn is_server_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

#[cfg(test)]
mod tests {
    use super::super::tests::{read, refused};

    #[test]
    fn a_write_buffer_has_room_for_a_few_lines() {
        refused(&[
            ("limits.write_buffer = 4096", "herd.toml:1: limits.write_buffer: must be at least 131072"),
            (
                "limits = { write_buffer = 150000, line = 50000 }",
                "herd.toml:1: limits.write_buffer: must be at least 200000",
            ),
            (
                "limits = { write_buffer = 131072, line = \"64KiB\" }",
                "herd.toml:1: limits.write_buffer: must be at least 262144",
            ),
        ]);
    }

    #[test]
    fn a_line_is_no_longer_than_neighbours_read() {
        let message = "herd.toml:1: limits.line: must be at most 65536: neighbours read no longer lines";
        refused(&[("limits.line = 65537", message), ("limits.line = 9223372036854775807", message)]);
        assert!(read("limits.line = \"64KiB\"").is_ok());
    }

    #[test]
    fn a_line_has_room_for_a_command() {
        let message = "herd.toml:1: limits.line: must be at least 64: less is too small for a usual IAMAT";
        refused(&[("limits.line = 5", message), ("limits.line = 63", message)]);
        assert!(read("limits.line = 64").is_ok());
    }

    #[test]
    fn a_server_has_a_name_that_is_one_plain_word() {
        let message =
            "not a server name: it needs letters, digits, - and _, at least one, a letter or digit first";
        refused(&[
            (
                "[servers.\"two words\"]\nhost = \"::1\"",
                &format!("herd.toml:2: servers.\"two words\": {message}"),
            ),
            ("[servers.\"\"]\nhost = \"::1\"", &format!("herd.toml:2: servers.\"\": {message}")),
            ("[servers.\"../etc\"]\nhost = \"::1\"", &format!("herd.toml:2: servers.\"../etc\": {message}")),
            ("[servers.-h]\nhost = \"::1\"", &format!("herd.toml:2: servers.-h: {message}")),
            (
                "[servers.check]\nclient_port = 1",
                "herd.toml:2: servers.check: a command has this name; a server needs another",
            ),
        ]);
    }

    #[test]
    fn a_new_server_needs_its_ports() {
        let missing = "a server with a new name needs this port, from 1 to 65535";
        refused(&[
            ("[servers.New]\npeer_port = 1", &format!("herd.toml:2: servers.New.client_port: {missing}")),
            ("[servers.New]\nclient_port = 1", &format!("herd.toml:2: servers.New.peer_port: {missing}")),
            ("[servers.New]", &format!("herd.toml:1: servers.New.client_port: {missing}")),
            (
                "[servers.Alfrod]\nhost = \"::1\"",
                &format!("herd.toml:2: servers.Alfrod.client_port: {missing}; did you mean \"Alford\"?"),
            ),
            (
                "servers.Alford.client_port = 0",
                "herd.toml:1: servers.Alford.client_port: must be greater than zero",
            ),
        ]);
        let config = read("[servers.New]\nclient_port = 1\npeer_port = 2").unwrap();
        assert_eq!(config.servers.len(), 1, "a herd of its own");
        let paper = read("peers.mode = \"paper\"\n[servers.New]\nclient_port = 1").unwrap();
        assert_eq!(paper.servers.len(), 1, "an original has one port");
    }

    #[test]
    fn hosts_are_addresses_or_names() {
        refused(&[
            (
                "servers.Ball.host = \"a b\"",
                "herd.toml:1: servers.Ball.host: \"a b\" is neither an IP address nor a host name",
            ),
            (
                "servers.Ball.web_host = \"\"",
                "herd.toml:1: servers.Ball.web_host: \"\" is neither an IP address nor a host name",
            ),
        ]);
    }

    #[test]
    fn limits_are_greater_than_zero() {
        for key in [
            "limits.line",
            "limits.connections",
            "limits.write_buffer",
            "limits.neighbour_queue",
            "limits.clients_known",
            "log.max_size",
            "places.max_in_flight",
            "places.queue",
        ] {
            refused(&[(&format!("{key} = 0"), &format!("herd.toml:1: {key}: must be greater than zero"))]);
        }
        for key in ["limits.idle", "limits.line_time", "places.timeout"] {
            refused(&[(
                &format!("{key} = \"0s\""),
                &format!("herd.toml:1: {key}: must be greater than zero"),
            )]);
        }
    }
}
