//! Which keys differ between what a server runs with and what it reads again.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use ring::digest::{SHA256, digest};
use toml::Value;

use super::tree::flattened;
use super::{Config, ConfigError, PeerAuth, PeerFiles};

/// The keys that a running server takes over. All others wait for a restart.
const TAKEN_OVER: &[&str] = &[
    "clients.ca_file", // read by commands alone, each time
    "clients.cert",
    "clients.key",
    "herd.max_clock_skew",
    "limits.connections_per_address",
    "limits.idle",
    "limits.line",
    "limits.line_time",
    "limits.lines_per_second",
    "limits.queries_per_second",
    "log.dir",
    "log.max_size",
    "log.traffic",
    "peers.ca",
    "peers.cert",
    "peers.key",
    "places.timeout",
];

/// The keys of a server with their values, and what the files hold that some of them name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings(BTreeMap<String, Value>);

/// The keys that have changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// Those that are in force from now on.
    pub taken_over: Vec<String>,
    /// Those that wait for a restart.
    pub waiting: Vec<String>,
}

impl Settings {
    /// Those of the server `name`.
    ///
    /// # Errors
    ///
    /// If a path that was not read from a file is not UTF-8.
    pub fn of(config: &Config, name: &str) -> Result<Settings, ConfigError> {
        let mut settings = Settings(flattened(config)?);
        let PeerFiles { cert, key, ca } = config.peer_files(name);
        let peers = [("peers.cert", &cert), ("peers.key", &key), ("peers.ca", &ca)];
        let uses_tls = config.peers.auth == PeerAuth::Tls;
        peers.into_iter().filter(|_| uses_tls).for_each(|(key, path)| settings.note_file(key, path));
        settings.note_file("peers.key_file", &config.peers.key_file);
        let others = [
            ("clients.cert", &config.clients.cert),
            ("clients.key", &config.clients.key),
            ("places.key_file", &config.places.key_file),
            ("places.ca_file", &config.places.ca_file),
        ];
        others.into_iter().for_each(|(key, path)| path.iter().for_each(|path| settings.note_file(key, path)));
        Ok(settings)
    }

    /// A file that cannot be read holds nothing: whoever needs it says so. What is no regular file might hold up whoever
    /// opens it. Keys are secrets, so only the hash is kept.
    fn note_file(&mut self, key: &str, path: &Path) {
        let mut text = Vec::new();
        if !path.is_file() {
            return;
        }
        let read = File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut text));
        let hash = read.map(|_| crate::key::encode(digest(&SHA256, &text).as_ref()));
        self.0.insert(format!("{key} {FILE}"), Value::String(hash.unwrap_or_default()));
    }

    /// Takes over what a running server can of `new`; says what has changed.
    pub fn take_over(&mut self, new: &Settings) -> Changes {
        let mut changes = Changes::default();
        for key in self.0.keys().chain(new.0.keys()).filter(|key| self.0.get(*key) != new.0.get(*key)) {
            let changed = if is_taken_over(key) { &mut changes.taken_over } else { &mut changes.waiting };
            let said = self.said(new, key);
            if !changed.contains(&said) {
                changed.push(said);
            }
        }
        self.0.retain(|key, _| !is_taken_over(key));
        self.0.extend(
            new.0
                .iter()
                .filter(|(key, _)| is_taken_over(key))
                .map(|(key, value)| (key.clone(), value.clone())),
        );
        changes
    }

    /// What is said of a key that has changed: a server that has come or gone is named once.
    fn said(&self, new: &Settings, key: &str) -> String {
        let has = |settings: &Settings, table: &str| {
            let inside = |key: &String| key.strip_prefix(table).is_some_and(|rest| rest.starts_with('.'));
            settings.0.keys().any(inside)
        };
        match key.rsplit_once('.') {
            Some((table, _)) if table.starts_with("servers.") && has(self, table) != has(new, table) => {
                table.to_owned()
            }
            _ => key.to_owned(),
        }
    }
}

/// No certificate file is longer. What is, or has no end, is compared up to here.
const LONGEST: u64 = 1024 * 1024;
/// Stands behind a key where it is not its value that has changed.
const FILE: &str = "(its file)";

fn is_taken_over(key: &str) -> bool {
    TAKEN_OVER.contains(&key.trim_end_matches(FILE).trim_end())
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (taken_over, waiting) = (self.taken_over.join(", "), self.waiting.join(", "));
        match (taken_over.as_str(), waiting.as_str()) {
            ("", "") => f.write_str("nothing has changed"),
            (_, "") => write!(f, "changed: {taken_over}"),
            ("", _) => write!(f, "changed, and waiting for a restart: {waiting}"),
            (_, _) => write!(f, "changed: {taken_over}; changed, and waiting for a restart: {waiting}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::tests::read;
    use super::super::tree::tests::changed;
    use super::*;
    use crate::herd::Rules;

    fn settings(text: &str) -> Settings {
        Settings::of(&read(text).unwrap(), "Ball").unwrap()
    }

    #[test]
    fn each_key_that_has_changed_is_named_and_whether_it_waits() {
        let mut running = settings("");
        assert_eq!(running.take_over(&settings("")).to_string(), "nothing has changed");
        let text =
            "limits.line = 100\nlog.traffic = false\nservers.Ball.client_port = 1\npeers.mode = \"paper\"";
        let said = "changed: limits.line, log.traffic; changed, and waiting for a restart: peers.mode, \
                    servers.Ball.client_port";
        assert_eq!(running.take_over(&settings(text)).to_string(), said);
        let still = "changed, and waiting for a restart: peers.mode, servers.Ball.client_port";
        assert_eq!(running.take_over(&settings(text)).to_string(), still, "until it is started again");
        assert_eq!(running.take_over(&settings("")).to_string(), "changed: limits.line, log.traffic");
    }

    #[test]
    fn a_server_that_comes_or_goes_is_named_once() {
        let two = "herd.links = [[\"A\", \"B\"]]\n[servers.A]\nclient_port = 1\npeer_port = 2\n\
                   [servers.B]\nclient_port = 3\npeer_port = 4\n";
        let three = two.replace("]]", "], [\"B\", \"C\"]]") + "[servers.C]\nclient_port = 5\npeer_port = 6\n";
        let waiting = "changed, and waiting for a restart: herd.links, servers.C";
        assert_eq!(settings(two).take_over(&settings(&three)).to_string(), waiting);
        assert_eq!(settings(&three).take_over(&settings(two)).to_string(), waiting);
    }

    #[test]
    fn what_a_file_holds_is_a_setting_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cert.pem");
        let text = format!("clients.cert = {path:?}\nplaces.key_file = {path:?}");
        fs::write(&path, "one").unwrap();
        let mut running = settings(&text);
        fs::write(&path, "SECRET").unwrap();
        let new = settings(&text);
        let said = "changed: clients.cert (its file); changed, and waiting for a restart: places.key_file (its file)";
        assert_eq!(running.take_over(&new).to_string(), said);
        assert!(!format!("{new:?}").contains("SECRET"));
    }

    /// Every key is changed, one by one: those that make other rules are those that are said to.
    #[test]
    fn what_is_said_to_be_taken_over_is() {
        let others = [
            "clients.ca_file",
            "clients.cert",
            "clients.key",
            "log.dir",
            "log.max_size",
            "log.traffic",
            "peers.ca",
            "peers.cert",
            "peers.key",
        ];
        let rules =
            |config: &Config| format!("{:?}", Rules::of(&Config::default()).taken_over(&Rules::of(config)));
        let keys = flattened(&Config::default()).unwrap();
        assert!(TAKEN_OVER.iter().all(|key| keys.contains_key(*key)), "each is a key");
        for (key, config) in keys.keys().map(|key| (key, changed(key))) {
            let is_another_rule = rules(&config) != rules(&Config::default());
            let is_said = TAKEN_OVER.contains(&key.as_str()) && !others.contains(&key.as_str());
            assert_eq!(is_another_rule, is_said, "{key}");
        }
    }
}
