//! The configuration as TOML, layer upon layer.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Table, Value};

use super::error::{ConfigError, Origin, Problem};
use super::hint::Hint;
use super::setting::{Given, Key, Setting};
use super::{Config, default_servers};

/// Who set each key that is not a default, by dotted key.
pub(super) type Origins = BTreeMap<String, Origin>;

/// Every key with its value so far, beginning with the defaults: what is not here is no key.
pub(super) struct Tree {
    table: Table,
    origins: Origins,
}

impl Tree {
    /// What a file begins with that holds these settings. One that names a server which is not among the default ones
    /// describes a herd of its own: none of them is in it but those that it names, and no default link.
    pub(super) fn for_file(settings: &[Setting]) -> Result<Tree, ConfigError> {
        let mut config = Config::default();
        if settings.iter().filter_map(Setting::server).any(|name| !config.servers.contains_key(name)) {
            config.servers.clear();
            config.herd.links.clear();
        }
        Ok(Tree { table: as_table(&config)?, origins: Origins::new() })
    }

    /// Sets one key, or the keys of a table of them.
    pub(super) fn apply(&mut self, setting: Setting) -> Result<(), ConfigError> {
        let Setting { key, given, origin } = setting;
        let refuse = |problem| ConfigError::new(Some(origin.clone()), key.to_string(), problem);
        let slot = find(&mut self.table, &key).map_err(refuse)?;
        match (given.value(slot), slot) {
            (Value::Table(inner), Value::Table(_)) => self.apply_table(&key, inner, &origin),
            (_, Value::Table(_)) => Err(refuse(Problem::NotATable)),
            (Value::Table(_), _) => Err(refuse(Problem::NotAValue)),
            (value, slot) => {
                judge(&key, value.clone()).map_err(refuse)?;
                *slot = value;
                self.origins.insert(key.to_string(), origin);
                Ok(())
            }
        }
    }

    fn apply_table(&mut self, key: &Key, table: Table, origin: &Origin) -> Result<(), ConfigError> {
        self.origins.insert(key.to_string(), origin.clone()); // a new server may say nothing but its name
        table.into_iter().try_for_each(|(part, value)| {
            self.apply(Setting { key: key.join(&part), given: Given::Toml(value), origin: origin.clone() })
        })
    }

    /// Every key that takes a value.
    pub(super) fn keys(&self) -> Vec<Key> {
        let mut keys = Vec::new();
        collect(&Key::default(), &self.table, &mut keys);
        keys
    }

    /// The configuration, and who set what is not a default.
    pub(super) fn into_parts(self) -> Result<(Config, Origins), ConfigError> {
        let config = Config::deserialize(self.table);
        let config = config.map_err(|error| unattributed(error.message().to_owned()))?;
        Ok((config, self.origins))
    }
}

/// Keys of earlier versions, and why they are gone.
const REMOVED: &[([&str; 2], &str)] = &[(
    ["places", "per_client"],
    "no address has a bound of its own; all have fair shares of places.queue. Delete it",
)];

/// The value of a key. A server that is named for the first time is added.
fn find<'t>(table: &'t mut Table, key: &Key) -> Result<&'t mut Value, Problem> {
    if let Some((_, why)) = REMOVED.iter().find(|(removed, _)| key.0 == removed) {
        return Err(Problem::RemovedKey(why));
    }
    add_server(table, key);
    let (first, rest) = key.0.split_first().ok_or(Problem::NotATable)?;
    rest.iter().try_fold(child(table, first)?, |value, part| {
        child(value.as_table_mut().ok_or(Problem::NotAValue)?, part)
    })
}

fn child<'t>(table: &'t mut Table, part: &str) -> Result<&'t mut Value, Problem> {
    if !table.contains_key(part) {
        return Err(Problem::UnknownKey(Hint::new(part, table.keys().map(String::as_str))));
    }
    Ok(&mut table[part])
}

/// A name that is new in `servers` gets its default entry, or one whose ports are still to be given.
fn add_server(table: &mut Table, key: &Key) {
    if let [section, name, ..] = key.0.as_slice()
        && section == "servers"
        && let Some(Value::Table(servers)) = table.get_mut(section)
        && !servers.contains_key(name)
        && let Ok(entry) = Value::try_from(default_servers().remove(name).unwrap_or_default())
    {
        servers.insert(name.clone(), entry);
    }
}

/// Whether a key can take a value. It is tried alone, so that its own writer gets the error.
fn judge(key: &Key, value: Value) -> Result<(), Problem> {
    let nest = |value, part: &String| Value::Table(Table::from_iter([(part.clone(), value)]));
    let shown = value.to_string();
    let alone = key.0.iter().rev().fold(value, nest);
    let plain = |error: toml::de::Error| Problem::Value(one_line(&in_plain_words(error.message(), &shown)));
    Config::deserialize(alone).map(drop).map_err(plain)
}

/// Says what is expected without the names that types have in Rust, and `value` as it stands.
fn in_plain_words(message: &str, value: &str) -> String {
    let is_about_types = ["invalid type: ", "invalid value: "].iter().any(|start| message.starts_with(start));
    match message.rsplit_once(", expected ").filter(|_| is_about_types) {
        Some((_, expected)) => format!("expected {}, not {value}", plain_name(expected)),
        None => message.to_owned(),
    }
}

fn plain_name(expected: &str) -> Cow<'_, str> {
    let most = match expected {
        "a boolean" => return "true or false".into(),
        "a string" | "path string" => return "text in quotation marks".into(),
        "a sequence" => return "a list, as in [\"google\", \"builtin\"]".into(), // places.chain alone has one
        "u16" => u64::from(u16::MAX),
        "u32" => u64::from(u32::MAX),
        "u64" | "usize" => i64::MAX.unsigned_abs(), // TOML's largest integer
        other => return other.into(),
    };
    format!("a whole number from 0 to {most}").into()
}

/// TOML shows a text of several lines on several lines.
fn one_line(message: &str) -> String {
    message.replace('\r', "\\r").replace('\n', "\\n")
}

fn collect(at: &Key, table: &Table, keys: &mut Vec<Key>) {
    for (part, value) in table {
        match value {
            Value::Table(inner) => collect(&at.join(part), inner, keys),
            _ => keys.push(at.join(part)),
        }
    }
}

/// Every key that takes a value, dotted, with its value.
pub(super) fn flattened(config: &Config) -> Result<BTreeMap<String, Value>, ConfigError> {
    let table = as_table(config)?;
    let mut keys = Vec::new();
    collect(&Key::default(), &table, &mut keys);
    let table = Value::Table(table);
    let value = |key: &Key| key.0.iter().try_fold(&table, |at, part| at.get(part)).cloned();
    Ok(keys.iter().filter_map(|key| Some((key.to_string(), value(key)?))).collect())
}

fn as_table(config: &Config) -> Result<Table, ConfigError> {
    Table::try_from(config).map_err(|error| unattributed(error.to_string()))
}

fn unattributed(message: String) -> ConfigError {
    ConfigError::general(None, Problem::Value(message))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::{layered, read};
    use super::*;

    /// The defaults but for one key, which has some other value.
    pub(in crate::config) fn changed(key: &str) -> Config {
        let mut table = as_table(&Config::default()).unwrap();
        let slot = find(&mut table, &Key::new(key)).unwrap();
        let texts = ["7m 7s", "7kB", "other", "always", "paper", "tls", "google"].map(Value::from);
        let others = match slot.clone() {
            Value::Integer(number) => vec![Value::Integer(number + 1)],
            Value::Boolean(is_so) => vec![Value::Boolean(!is_so)],
            Value::Array(_) => {
                vec![Value::try_from([["Ball", "Welsh"]]).unwrap(), Value::try_from(["google"]).unwrap()]
            }
            _ => texts.to_vec(),
        };
        let read = |other: &Value| {
            let mut table = table.clone();
            *find(&mut table, &Key::new(key)).unwrap() = other.clone();
            Config::deserialize(table).ok()
        };
        let config = others.iter().find_map(read);
        config.unwrap_or_else(|| panic!("{key} takes none of {others:?}"))
    }

    #[test]
    fn unknown_keys_are_refused_with_a_hint() {
        let cases = [
            ("\n[limits]\nlines = 1", "herd.toml:3: limits.lines: unknown key; did you mean \"line\"?"),
            (
                "[places]\nper_client = 16",
                "herd.toml:2: places.per_client: there is no such key any more: no address has a bound of its own; \
                 all have fair shares of places.queue. Delete it",
            ),
            ("[limit]\nline = 1", "herd.toml:2: limit.line: unknown key; did you mean \"limits\"?"),
            (
                "[servers.Ball]\nport = 1",
                "herd.toml:2: servers.Ball.port: unknown key; did you mean \"host\"?",
            ),
            ("log.colour = 1", "herd.toml:1: log.colour: unknown key; known here: dir, max_size, traffic"),
            (
                "log.\"a\\nb\" = 1",
                "herd.toml:1: log.\"a\\nb\": unknown key; known here: dir, max_size, traffic",
            ),
            (
                "colour = 1",
                "herd.toml:1: colour: unknown key; known here: \
                 clients, herd, limits, log, peers, places, servers, store",
            ),
        ];
        for (text, message) in cases {
            assert_eq!(read(text).unwrap_err(), message, "{text}");
        }
    }

    #[test]
    fn values_of_the_wrong_type_are_refused_where_they_stand() {
        let cases = [
            ("[log]\ntraffic = \"yes\"", "herd.toml:2: log.traffic: expected true or false, not \"yes\""),
            (
                "servers.New.client_port = 70000",
                "herd.toml:1: servers.New.client_port: expected a whole number from 0 to 65535, not 70000",
            ),
            (
                "limits.lines_per_second = \"many\"",
                "herd.toml:1: limits.lines_per_second: expected a whole number from 0 to 4294967295, not \"many\"",
            ),
            (
                "limits.connections = -1",
                "herd.toml:1: limits.connections: expected a whole number from 0 to 9223372036854775807, not -1",
            ),
            ("herd.dir = 5", "herd.toml:1: herd.dir: expected text in quotation marks, not 5"),
            (
                "herd.links = [[\"Ball\"]]",
                "herd.toml:1: herd.links: expected pairs of servers, as in [[\"Alford\", \"Ball\"], [\"Ball\", \
                 \"Welsh\"]], not [[\"Ball\"]]",
            ),
            (
                "herd.links = [\"Ball\", \"Welsh\"]",
                "herd.toml:1: herd.links: expected pairs of servers, as in [[\"Alford\", \"Ball\"], [\"Ball\", \
                 \"Welsh\"]], not [\"Ball\", \"Welsh\"]",
            ),
            (
                "herd.links = [[\"Ball\", \"Welsh\", \"Alford\"]]",
                "herd.toml:1: herd.links: expected pairs of servers, as in [[\"Alford\", \"Ball\"], [\"Ball\", \
                 \"Welsh\"]], not [[\"Ball\", \"Welsh\", \"Alford\"]]",
            ),
            (
                "places.chain = \"google\"",
                "herd.toml:1: places.chain: expected a list, as in [\"google\", \"builtin\"], not \"google\"",
            ),
            (
                "limits.idle = 10",
                "herd.toml:1: limits.idle: expected a duration such as \"10m\" or \"5s\", not 10",
            ),
            (
                "limits.line = -1",
                "herd.toml:1: limits.line: expected a size such as \"100MB\" or 16384, not -1",
            ),
            (
                "limits.line = \"1\\n2\"",
                "herd.toml:1: limits.line: expected a size such as \"100MB\" or 16384, not \"\"\"\\n1\\n2\"\"\"",
            ),
            ("limits = 1", "herd.toml:1: limits: this is a section, it takes keys and not a value"),
            ("servers.New = 1", "herd.toml:1: servers.New: this is a section, it takes keys and not a value"),
            (
                "[limits.line]\nmost = 1",
                "herd.toml:2: limits.line.most: this is a key, it takes a value and not further keys",
            ),
            (
                "limits.line = {}",
                "herd.toml:1: limits.line: this is a key, it takes a value and not further keys",
            ),
        ];
        for (text, message) in cases {
            assert_eq!(read(text).unwrap_err(), message, "{text}");
        }
    }

    #[test]
    fn flags_are_named_in_their_errors() {
        let cases = [
            ("limits.line", "--set limits.line: expected key=value"),
            ("limits.lines=1", "--set limits.lines: unknown key; did you mean \"line\"?"),
            (
                "=1",
                "--set \"\": unknown key; known here: \
                 clients, herd, limits, log, peers, places, servers, store",
            ),
            ("limits.line=0", "--set limits.line: must be greater than zero"),
            ("log.traffic=yes", "--set log.traffic: expected true or false, not \"yes\""),
            (
                "servers.Ball={port=1}",
                "--set servers.Ball: servers.Ball.port: unknown key; did you mean \"host\"?",
            ),
            (
                "places.base_url=https://user:word@example",
                "--set places.base_url: must be scheme, host, port and path alone; \
                 a key belongs in places.key_env or places.key_file",
            ),
        ];
        for (flag, message) in cases {
            assert_eq!(layered("", &[], &[flag]).unwrap_err(), message);
        }
    }

    #[test]
    fn flags_set_lists_tables_and_new_servers() {
        let flags =
            ["herd.links=[[\"New\", \"Ball\"]]", "servers.New={client_port=1, peer_port=2}", "herd.dir=2024"];
        let config = layered("", &[], &flags).unwrap();
        assert_eq!(config.herd.links, [["New", "Ball"]]);
        assert_eq!((config.servers["New"].client_port, config.servers["New"].peer_port), (1, 2));
        assert_eq!(config.herd.dir.to_str(), Some("2024"));
    }
}
