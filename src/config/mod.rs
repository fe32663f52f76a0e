//! The configuration of a herd: defaults, file, environment and flags, each over the one before.
//!
//! Every key is optional; `herd.example.toml` shows them all. An error names whoever wrote what is wrong:
//!
//! ```
//! use herd::config::{Config, ConfigFile, Environment};
//!
//! let file = ConfigFile::new("herd.toml", "[limits]\nline = 4096\n");
//! let environment = Environment::from_iter([("HERD_LOG_TRAFFIC".to_owned(), "false".to_owned())]);
//! let config = Config::layered(Some(&file), &environment, &["limits.idle=1h".to_owned()])?;
//! assert_eq!(config.limits.line, 4096);
//! assert!(!config.log.traffic);
//!
//! let wrong = ConfigFile::new("herd.toml", "[limits]\nlines = 4096\n");
//! let error = Config::layered(Some(&wrong), &Environment::default(), &[]).unwrap_err();
//! assert_eq!(error.to_string(), "herd.toml:2: limits.lines: unknown key; did you mean \"line\"?");
//! # Ok::<(), herd::config::ConfigError>(())
//! ```

mod check;
mod credentials;
mod dates;
mod environment;
mod error;
mod file;
mod hint;
mod host;
mod identity;
mod limits;
mod links;
mod listener;
mod peers;
mod places;
mod sections;
mod server;
mod setting;
mod settings;
mod text;
mod tree;
mod url;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

pub use credentials::Certificate;
pub use dates::{CertificateDate, CertificateDates, Renewal};
pub use environment::Environment;
pub use error::{ConfigError, Origin, Problem};
pub use file::ConfigFile;
pub use hint::Hint;
pub use identity::{PeerFiles, PeerIdentity};
pub use limits::LimitsConfig;
pub use places::{PlacesConfig, Provider, SiteConfig};
pub use sections::{
    ClientsConfig, Durability, HerdConfig, LogConfig, PeerAuth, PeerMode, PeersConfig, StoreConfig,
};
pub use server::{Neighbour, ServerConfig, ServerEntry};
pub use settings::{Changes, Settings};

use setting::Setting;
use tree::{Origins, Tree};

/// The configuration of a herd.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What all servers share.
    pub herd: HerdConfig,
    /// Where each server is, by name.
    pub servers: BTreeMap<String, ServerEntry>,
    /// How neighbours talk and prove who they are.
    pub peers: PeersConfig,
    /// The listeners for clients.
    pub clients: ClientsConfig,
    /// Who knows what is near a location.
    pub places: PlacesConfig,
    /// What survives a restart.
    pub store: StoreConfig,
    /// The files of input and output.
    pub log: LogConfig,
    /// The limits of one server.
    pub limits: LimitsConfig,
    #[serde(skip)]
    origins: Origins,
    /// Default servers that are not in this herd, since nothing names them.
    #[serde(skip)]
    unnamed: Vec<String>,
    /// What was passed over.
    #[serde(skip)]
    warnings: Vec<String>,
}

impl Default for Config {
    /// Five servers on loopback in a ring.
    fn default() -> Config {
        Config {
            herd: HerdConfig::default(),
            servers: default_servers(),
            peers: PeersConfig::default(),
            clients: ClientsConfig::default(),
            places: PlacesConfig::default(),
            store: StoreConfig::default(),
            log: LogConfig::default(),
            limits: LimitsConfig::default(),
            origins: Origins::new(),
            unnamed: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// The five servers of the original.
fn default_servers() -> BTreeMap<String, ServerEntry> {
    let names = ["Alford", "Ball", "Hamilton", "Holiday", "Welsh"];
    (0..).zip(names).map(|(index, name)| (name.to_owned(), ServerEntry::nth(index))).collect()
}

impl Config {
    /// Reads the file that is meant (see [`ConfigFile::find`]) and lays environment and flags over it.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or as [`Config::layered`].
    pub fn load(
        named: Option<&Path>,
        environment: &Environment,
        flags: &[String],
    ) -> Result<Config, ConfigError> {
        let file = ConfigFile::find(named, environment)?;
        Config::layered(file.as_ref(), environment, flags)
    }

    /// The defaults, under the file, under the environment, under the flags (`key=value`; of equal keys the
    /// last).
    ///
    /// # Errors
    ///
    /// The first unknown key, bad value, or thing that [`Config::check`] finds.
    pub fn layered(
        file: Option<&ConfigFile>,
        environment: &Environment,
        flags: &[String],
    ) -> Result<Config, ConfigError> {
        let settings = file.map(ConfigFile::settings).transpose()?.unwrap_or_default();
        let mut tree = Tree::for_file(&settings)?;
        settings.into_iter().try_for_each(|setting| tree.apply(setting))?;
        let (variables, warnings) = environment.settings(&tree.keys())?;
        variables.into_iter().try_for_each(|setting| tree.apply(setting))?;
        flags.iter().try_for_each(|flag| tree.apply(Setting::of_flag(flag)?))?;
        Ok(Config { warnings, ..Config::of_tree(tree)? })
    }

    fn of_tree(tree: Tree) -> Result<Config, ConfigError> {
        let (mut config, origins) = tree.into_parts()?;
        let is_default = |key: &str, path: &Path| !origins.contains_key(key) || path.as_os_str().is_empty();
        if is_default("peers.key_file", &config.peers.key_file) {
            config.peers.key_file = config.herd.dir.join("herd.key");
        }
        if is_default("places.file", &config.places.file) {
            config.places.file = config.herd.dir.join("places.gazetteer");
        }
        if is_default("log.dir", &config.log.dir) {
            config.log.dir.clone_from(&config.herd.dir);
        }
        if !origins.contains_key("places.provider") {
            config.places.follow_chain();
        }
        config.origins = origins;
        config.unnamed = config.drop_unnamed();
        config.check()?;
        Ok(config)
    }

    /// What is accepted and may not be meant, one line each.
    pub fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        notices.extend(self.unnamed_notice());
        notices.extend(self.slip_notice());
        notices.extend(self.paper_notice());
        if self.servers.values().any(|server| server.web_port != 0) {
            notices
                .push("servers.*.web_port: this version has no web page; nothing listens there".to_owned());
        }
        notices.extend(self.places.unreachable().map(|(last, never)| {
            format!("places.chain: {never} is never asked, for {last} before it always answers")
        }));
        notices
    }

    /// What was passed over although it may be meant, one line each: variables `HERD_...` that set no key.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The whole configuration as TOML, which reads back as the same.
    ///
    /// It shows no secret, because none can be configured: keys are named by file or variable, and a URL that
    /// carries one is refused.
    ///
    /// # Errors
    ///
    /// If a path that was not read from a file is not UTF-8.
    pub fn effective(&self) -> Result<String, ConfigError> {
        toml::to_string(self).map_err(|error| ConfigError::general(None, Problem::Value(error.to_string())))
    }

    /// An error of `key`, which names whoever set it.
    fn refuse(&self, key: &str, problem: Problem) -> ConfigError {
        ConfigError::new(self.origin(key).cloned(), key.to_owned(), problem)
    }

    /// Who set `key`, or the first key of the table `key`.
    fn origin(&self, key: &str) -> Option<&Origin> {
        let inside =
            |set: &str| set.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.origins.iter().find(|(set, _)| inside(set)).map(|(_, origin)| origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The configuration of a file with this text.
    pub(super) fn read(text: &str) -> Result<Config, String> {
        layered(text, &[], &[])
    }

    /// The configuration of a file, variables and flags.
    pub(super) fn layered(text: &str, variables: &[(&str, &str)], flags: &[&str]) -> Result<Config, String> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        Config::layered(Some(&ConfigFile::new("herd.toml", text)), &variables.collect(), &flags)
            .map_err(|error| error.to_string())
    }

    /// Each text is refused with exactly this message.
    pub(super) fn refused(cases: &[(&str, &str)]) {
        for (text, message) in cases {
            assert_eq!(&read(text).unwrap_err(), message, "{text}");
        }
    }

    const EXAMPLE: &str = include_str!("../../herd.example.toml");

    #[test]
    fn an_empty_file_gives_the_defaults() {
        let defaults = Config::default().effective().unwrap();
        assert_eq!(read("").unwrap().effective().unwrap(), defaults);
        assert_eq!(
            Config::layered(None, &Environment::default(), &[]).unwrap().effective().unwrap(),
            defaults
        );
    }

    #[test]
    fn the_example_sets_every_key_to_its_default() {
        let tree = ConfigFile::new("herd.example.toml", EXAMPLE).settings().unwrap();
        let mut keys: Vec<String> = tree.iter().map(|setting| setting.key.to_string()).collect();
        let mut known: Vec<String> =
            Tree::for_file(&[]).unwrap().keys().iter().map(ToString::to_string).collect();
        keys.sort();
        known.sort();
        assert_eq!(keys, known);
        assert_eq!(read(EXAMPLE).unwrap().effective().unwrap(), Config::default().effective().unwrap());
    }

    #[test]
    fn each_layer_wins_over_the_one_before() {
        let line = |text, variables: &[(&str, &str)], flags: &[&str]| {
            layered(text, variables, flags).unwrap().limits.line
        };
        let (file, variable) = ("limits.line = 100", ("HERD_LIMITS_LINE", "200"));
        assert_eq!(line("", &[], &[]), 16_384);
        assert_eq!(line(file, &[], &[]), 100);
        assert_eq!(line(file, &[variable], &[]), 200);
        assert_eq!(line(file, &[variable], &["limits.line=300"]), 300);
        assert_eq!(line(file, &[variable], &["limits.line=300", "limits.line = 4KiB"]), 4096);
    }

    #[test]
    fn a_server_of_the_file_keeps_the_defaults_of_what_it_does_not_say() {
        let config = read("[servers.Welsh]\nclient_port = 13000").unwrap();
        let welsh = ServerEntry { client_port: 13_000, ..ServerEntry::nth(4) };
        assert_eq!(config.servers["Welsh"], welsh);
        assert_eq!(config.servers["Ball"], ServerEntry::nth(1));
    }

    #[test]
    fn a_file_with_a_server_of_another_name_describes_a_herd_of_its_own() {
        let bona = "[servers.Bona]\nclient_port = 12000\npeer_port = 12100\n";
        let names =
            |text: &str| read(text).map(|config| config.servers.into_keys().collect::<Vec<_>>().join(" "));
        assert_eq!(names(bona), Ok("Bona".into()), "the default servers have these ports");
        let two = format!("{bona}[servers.Welsh]\nhost = \"127.0.0.1\"\n");
        let missing = "herd.toml:2: herd.links: no news can get between Bona and Welsh: servers of other names than the \
                       default ones need their own links, as in herd.links = [[\"Bona\", \"Welsh\"]]";
        assert_eq!(names(&two), Err(missing.into()));
        let linked = format!("herd.links = [[\"Bona\", \"Welsh\"]]\n{two}");
        assert_eq!(names(&linked), Ok("Bona Welsh".into()));
        assert_eq!(read(&linked).unwrap().servers["Welsh"], ServerEntry::nth(4), "its default ports");
        assert_eq!(
            names(&format!("herd.links = [[\"Bona\", \"Ball\"]]\n{bona}")),
            Err("herd.toml:1: herd.links: no server \"Ball\" among Bona".into())
        );
        let variable = ("HERD_SERVERS_BALL_CLIENT_PORT", "1");
        assert_eq!(layered(bona, &[variable], &[]).unwrap().warnings().len(), 1, "Ball is not in it");
        assert_eq!(
            names("[servers.Welsh]\nclient_port = 1"),
            Ok("Alford Ball Hamilton Holiday Welsh".into())
        );
        let slip = read("[servers.Alfrod]\nclient_port = 1\npeer_port = 2").unwrap().notices();
        let note = "servers.Alfrod: did you mean \"Alford\"? The default servers are not in this herd";
        assert!(slip.iter().any(|notice| notice == note), "{slip:?}");
    }

    #[test]
    fn the_imported_places_follow_the_folder_too() {
        let file = |text| read(text).unwrap().places.file;
        assert_eq!(file(""), Path::new("herd-data/places.gazetteer"));
        assert_eq!(file("herd.dir = \"/var/herd\""), Path::new("/var/herd/places.gazetteer"));
        assert_eq!(file("herd.dir = \"/var/herd\"\nplaces.file = \"cafes\""), Path::new("cafes"));
    }

    #[test]
    fn the_logs_follow_the_folder_until_they_have_their_own() {
        let dir = |text, variables: &[(&str, &str)]| layered(text, variables, &[]).unwrap().log.dir;
        assert_eq!(dir("", &[]), Path::new("herd-data"));
        assert_eq!(dir("herd.dir = \"/var/herd\"", &[]), Path::new("/var/herd"));
        assert_eq!(
            dir("herd.dir = \"/var/herd\"\nlog.dir = \"/var/log/herd\"", &[]),
            Path::new("/var/log/herd")
        );
        assert_eq!(dir("log.dir = \"\"", &[]), Path::new("herd-data"));
        assert_eq!(dir("", &[("HERD_LOG_DIR", "logs")]), Path::new("logs"));
    }

    #[test]
    fn the_key_file_follows_the_folder_until_it_is_given() {
        let key_file = |text| read(text).unwrap().peers.key_file;
        assert_eq!(key_file("herd.dir = \"/var/herd\""), Path::new("/var/herd/herd.key"));
        assert_eq!(key_file("herd.dir = \"/var/herd\"\npeers.key_file = \"k\""), Path::new("k"));
        assert_eq!(
            key_file("herd.dir = \"/var/herd\"\npeers.key_file = \"\""),
            Path::new("/var/herd/herd.key")
        );
    }

    #[test]
    fn the_effective_configuration_reads_back_as_itself() {
        let text = "limits.line = \"4KiB\"\nlimits.idle = \"90s\"\nplaces.ca_file = \"ca.pem\"\n\
             servers.A = { client_port = 1, peer_port = 2 }";
        let effective = read(text).unwrap().effective().unwrap();
        assert_eq!(read(&effective).unwrap().effective().unwrap(), effective);
        for line in
            ["line = 4096", "idle = \"1m 30s\"", "ca_file = \"ca.pem\"", "links = []", "max_size = \"100MB\""]
        {
            assert!(effective.lines().any(|shown| shown == line), "{line} in\n{effective}");
        }
    }

    #[test]
    fn what_may_not_be_meant_is_said() {
        let web = "servers.*.web_port: this version has no web page; nothing listens there";
        assert_eq!(Config::default().notices(), [web]);
        let mut quiet = read("store.durability = \"always\"").unwrap();
        let chain = read("places.chain = [\"builtin\", \"file\"]").unwrap();
        let never = "places.chain: file is never asked, for builtin before it always answers";
        assert_eq!(chain.notices(), [web, never]);
        quiet.servers.values_mut().for_each(|server| server.web_port = 0);
        assert!(quiet.notices().is_empty());
    }
}
