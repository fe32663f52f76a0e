//! `[places]`: who is asked what is near a location, in which order, and where.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::{ConfigError, Problem};
use super::text::{duration, optional_path};
use super::{Config, url};

/// `[places]`: who knows what is near a location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlacesConfig {
    /// The provider that is asked first.
    pub provider: Provider,
    /// All providers in the order in which they are asked, each where those before it fail; empty for
    /// [`PlacesConfig::provider`] alone.
    pub chain: Vec<Provider>,
    /// What `herd places import` writes and [`Provider::File`] reads; follows
    /// [`HerdConfig::dir`](super::HerdConfig::dir) where nothing else is configured.
    pub file: PathBuf,
    /// Where the provider on the network is asked, if there is one; empty for its own server.
    pub base_url: String,
    /// Authorities to trust besides the public roots (PEM).
    #[serde(with = "optional_path")]
    pub ca_file: Option<PathBuf>,
    /// The environment variable that holds the provider's key; the key itself is never configured.
    pub key_env: String,
    /// A file that holds the provider's key, instead of the variable.
    #[serde(with = "optional_path")]
    pub key_file: Option<PathBuf>,
    /// How long an answer may take.
    #[serde(with = "duration")]
    pub timeout: Duration,
    /// Requests to providers on the network at once. 32 that take the whole of their five seconds still
    /// answer six queries a second.
    pub max_in_flight: usize,
    /// Queries that may wait for one of those requests to end. 1024 hold half a megabyte at most; more would
    /// be answered too late anyhow. Clients' addresses take turns in it, those of an IPv6 /64 as one; when it is full,
    /// the address that has the most waiting loses its newest query.
    pub queue: usize,
    /// Where [`Provider::Google`] is asked.
    pub google: SiteConfig,
    /// Where [`Provider::GoogleLegacy`] is asked.
    #[serde(rename = "google-legacy")]
    pub google_legacy: SiteConfig,
    /// Where [`Provider::Overpass`] is asked.
    pub overpass: SiteConfig,
}

impl Default for PlacesConfig {
    fn default() -> PlacesConfig {
        PlacesConfig {
            provider: Provider::Builtin,
            chain: Vec::new(),
            file: "herd-data/places.gazetteer".into(),
            base_url: String::new(),
            ca_file: None,
            key_env: "GOOGLE_PLACES_API_KEY".into(),
            key_file: None,
            timeout: Duration::from_secs(5),
            max_in_flight: 32,
            queue: 1024,
            google: SiteConfig::default(),
            google_legacy: SiteConfig::default(),
            overpass: SiteConfig::default(),
        }
    }
}

/// `[places.google]` and its like: where one provider on the network is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SiteConfig {
    /// Scheme, host, port and path; empty for [`PlacesConfig::base_url`] or the provider's own server.
    pub base_url: String,
}

/// Who knows what is near a location. It prints as the configuration names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Provider {
    /// The embedded gazetteer.
    Builtin,
    /// A local import.
    File,
    /// Google's Places API (New).
    Google,
    /// Google's Nearby Search (Legacy).
    GoogleLegacy,
    /// OpenStreetMap through an Overpass server.
    Overpass,
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Provider::Builtin => "builtin",
            Provider::File => "file",
            Provider::Google => "google",
            Provider::GoogleLegacy => "google-legacy",
            Provider::Overpass => "overpass",
        })
    }
}

impl Provider {
    /// Whether it is asked over the network.
    pub fn is_web(self) -> bool {
        !matches!(self, Provider::Builtin | Provider::File)
    }

    /// Whether it answers only those who have a key of its own.
    pub fn needs_key(self) -> bool {
        matches!(self, Provider::Google | Provider::GoogleLegacy)
    }

    /// Its own server. An Overpass server must be named by the operator: the public ones refuse such use.
    fn own_url(self) -> Option<&'static str> {
        match self {
            Provider::Google => Some("https://places.googleapis.com"),
            Provider::GoogleLegacy => Some("https://maps.googleapis.com"),
            Provider::Builtin | Provider::File | Provider::Overpass => None,
        }
    }
}

impl PlacesConfig {
    /// The providers in the order in which they are asked; at least one.
    pub fn order(&self) -> Vec<Provider> {
        if self.chain.is_empty() { vec![self.provider] } else { self.chain.clone() }
    }

    /// Where `provider` is asked: its own `base_url`, else the one of `[places]`, else its own server. `None`
    /// if it is not on the network, or has no such server.
    pub fn base_url(&self, provider: Provider) -> Option<&str> {
        let configured = [&self.site(provider)?.base_url, &self.base_url].into_iter();
        configured.map(String::as_str).find(|url| !url.is_empty()).or(provider.own_url())
    }

    /// A provider in the chain that always answers, and the one behind it, which is never asked.
    pub(super) fn unreachable(&self) -> Option<(Provider, Provider)> {
        self.chain.windows(2).find(|pair| !pair[0].is_web()).map(|pair| (pair[0], pair[1]))
    }

    fn site(&self, provider: Provider) -> Option<&SiteConfig> {
        match provider {
            Provider::Builtin | Provider::File => None,
            Provider::Google => Some(&self.google),
            Provider::GoogleLegacy => Some(&self.google_legacy),
            Provider::Overpass => Some(&self.overpass),
        }
    }

    /// Nobody has named a provider: it is the first of the chain, if there is one.
    pub(super) fn follow_chain(&mut self) {
        self.provider = self.chain.first().copied().unwrap_or(self.provider);
    }
}

/// Who is asked, and where: `google at https://places.googleapis.com, then file cafes.gazetteer, then builtin`.
impl fmt::Display for PlacesConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, provider) in self.order().into_iter().enumerate() {
            let then = if index == 0 { "" } else { ", then " };
            write!(f, "{then}{provider}")?;
            match self.base_url(provider) {
                Some(url) => write!(f, " at {url}")?,
                None if provider == Provider::File => write!(f, " {}", self.file.display())?,
                None => {}
            }
        }
        Ok(())
    }
}

impl Config {
    /// Refuses a chain that contradicts itself, and a provider that cannot be found.
    pub(super) fn check_places(&self) -> Result<(), ConfigError> {
        self.check_chain()?;
        self.check_base_urls()?;
        self.check_sites()?;
        self.check_key_env()
    }

    fn check_chain(&self) -> Result<(), ConfigError> {
        let PlacesConfig { provider, chain, .. } = &self.places;
        let again = chain.iter().enumerate().find(|(index, provider)| chain[..*index].contains(provider));
        if let Some((_, again)) = again {
            return Err(self.refuse("places.chain", Problem::DuplicateProvider(*again)));
        }
        match chain.first() {
            Some(first) if first != provider => {
                let problem = Problem::ProviderAndChain { provider: *provider, first: *first };
                Err(self.refuse("places.provider", problem))
            }
            _ => Ok(()),
        }
    }

    fn check_base_urls(&self) -> Result<(), ConfigError> {
        let places = &self.places;
        let urls = [
            ("places.base_url", &places.base_url),
            ("places.google.base_url", &places.google.base_url),
            ("places.google-legacy.base_url", &places.google_legacy.base_url),
            ("places.overpass.base_url", &places.overpass.base_url),
        ];
        let given = urls.into_iter().filter(|(_, url)| !url.is_empty());
        let mut problems = given.filter_map(|(key, url)| Some((key, url::problem(url)?)));
        match problems.next() {
            Some((key, why)) => Err(self.refuse(key, Problem::BadUrl(why))),
            None => Ok(()),
        }
    }

    /// Every provider on the network has one place where it is asked.
    fn check_sites(&self) -> Result<(), ConfigError> {
        let web: Vec<Provider> = self.places.order().into_iter().filter(|p| p.is_web()).collect();
        if web.len() > 1 && !self.places.base_url.is_empty() {
            return Err(self.refuse("places.base_url", Problem::SharedBaseUrl(web)));
        }
        match web.into_iter().find(|provider| self.places.base_url(*provider).is_none()) {
            Some(provider) => {
                let key = format!("places.{provider}.base_url");
                Err(ConfigError::new(self.asker().cloned(), key, Problem::NoBaseUrl(provider)))
            }
            None => Ok(()),
        }
    }

    /// Variables are named in errors, so a key that was put in the name's place must not pass as one.
    fn check_key_env(&self) -> Result<(), ConfigError> {
        let is_usual = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        match self.places.key_env.chars().all(is_usual) {
            true => Ok(()),
            false => Err(self.refuse("places.key_env", Problem::BadVariableName)),
        }
    }

    /// Who has chosen the providers.
    pub(super) fn asker(&self) -> Option<&super::Origin> {
        self.origin("places.chain")
            .filter(|_| !self.places.chain.is_empty())
            .or(self.origin("places.provider"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{layered, read, refused};

    fn order(text: &str) -> String {
        read(text).unwrap().places.to_string()
    }

    #[test]
    fn a_provider_is_asked_alone_and_a_chain_in_its_order() {
        assert_eq!(order(""), "builtin");
        assert_eq!(order("places.provider = \"file\""), "file herd-data/places.gazetteer");
        assert_eq!(
            order("places.chain = [\"google\", \"file\", \"builtin\"]\nplaces.file = \"cafes\""),
            "google at https://places.googleapis.com, then file cafes, then builtin"
        );
        assert_eq!(
            order("places.provider = \"google-legacy\""),
            "google-legacy at https://maps.googleapis.com"
        );
        let chain = ("HERD_PLACES_CHAIN", "[\"file\", \"builtin\"]");
        let config = layered("", &[chain], &["places.file=cafes"]).unwrap();
        assert_eq!(config.places.to_string(), "file cafes, then builtin");
    }

    #[test]
    fn a_chain_names_each_provider_once_and_nobody_contradicts_it() {
        refused(&[
            (
                "places.provider = \"bing\"",
                "herd.toml:1: places.provider: unknown variant `bing`, expected one of `builtin`, `file`, \
                 `google`, `google-legacy`, `overpass`",
            ),
            (
                "places.chain = [\"file\", \"builtin\", \"file\"]",
                "herd.toml:1: places.chain: file is named twice",
            ),
            (
                "[places]\nchain = [\"file\", \"builtin\"]\nprovider = \"builtin\"",
                "herd.toml:3: places.provider: builtin is set beside places.chain, which begins with file; set \
                 one of the two: the chain names all that are asked, in their order",
            ),
        ]);
    }

    #[test]
    fn a_chain_reads_back_as_itself() {
        let effective = read("places.chain = [\"file\", \"builtin\"]").unwrap().effective().unwrap();
        assert!(effective.contains("provider = \"file\"\n"), "{effective}");
        assert_eq!(read(&effective).unwrap().effective().unwrap(), effective);
    }

    #[test]
    fn a_base_url_is_one_providers() {
        let two = "places.chain = [\"google\", \"google-legacy\"]\n";
        refused(&[(
            &format!("{two}places.base_url = \"https://example\""),
            "herd.toml:2: places.base_url: which provider is meant? \
             Set places.google.base_url and places.google-legacy.base_url instead",
        )]);
        assert_eq!(
            order(&format!("{two}places.google-legacy.base_url = \"http://[::1]:80\"")),
            "google at https://places.googleapis.com, then google-legacy at http://[::1]:80"
        );
        let general = "places.chain = [\"google\", \"file\"]\nplaces.base_url = \"https://a/b\"";
        assert_eq!(order(general), "google at https://a/b, then file herd-data/places.gazetteer");
    }

    #[test]
    fn an_overpass_server_is_the_operators_choice() {
        let message = "places.overpass.base_url: overpass has no server by default: name one that you may ask, \
                       here or as places.base_url";
        refused(&[
            ("\nplaces.provider = \"overpass\"", &format!("herd.toml:2: {message}")),
            ("places.chain = [\"builtin\", \"overpass\"]", &format!("herd.toml:1: {message}")),
        ]);
        for key in ["places.base_url", "places.overpass.base_url"] {
            let text = format!("places.provider = \"overpass\"\n{key} = \"https://a\"");
            assert_eq!(order(&text), "overpass at https://a");
        }
    }

    #[test]
    fn a_key_in_the_place_of_its_variables_name_is_refused_and_not_shown() {
        refused(&[(
            "places.key_env = \"AIzaSECRET\"",
            "herd.toml:1: places.key_env: not the name of a variable: capitals, digits and _ alone; \
             the key itself belongs in that variable, or in a file (places.key_file)",
        )]);
    }

    #[test]
    fn every_base_url_is_judged() {
        for key in ["places.google.base_url", "places.google-legacy.base_url", "places.overpass.base_url"] {
            refused(&[(
                &format!("{key} = \"http://example\""),
                &format!("herd.toml:1: {key}: http:// is for loopback only; use https://"),
            )]);
        }
    }
}
