//! From a configuration to the desk that finds places, and the agent that it asks the web with.

use std::error::Error;
use std::fmt;

use http::Uri;
use protocols::http::{Agent, AgentConfig, BadProxy, HttpLimits, Proxies};
use reactor::{ClientTls, TlsConfigError};

use super::Herd;
use crate::config::{Config, ConfigError, Environment, PlacesConfig, Provider};
use crate::places::{
    ApiKey, Builtin, Desk, DeskBounds, File, FileError, Google, GoogleLegacy, LONGEST, Overpass, Web,
};

/// What is spoken over TLS (RFC 7301).
const ALPN: &[&[u8]] = &[b"http/1.1"];

/// Whom a server asks for places, and how.
pub struct Providers {
    pub(super) desk: Desk,
    pub(super) agent: Agent<Herd>,
}

impl Providers {
    /// Those that `config` names. Keys, authorities and imported places are read here, before anything is
    /// started.
    ///
    /// # Errors
    ///
    /// If one of them is missing or wrong, or a service could not be reached because the variable that names
    /// its proxy is of no use. No error shows a key or a password.
    pub fn of(
        config: &Config,
        environment: &Environment,
        proxies: Proxies,
    ) -> Result<Providers, PlacesError> {
        let key = config.places_key(environment)?;
        let desk = desk(&config.places, key.as_ref())?;
        let is_web = config.places.order().into_iter().any(Provider::is_web);
        let bounds = if is_web { for_the_web(config, proxies)? } else { AgentConfig::default() };
        Ok(Providers { desk, agent: Herd::agent(bounds) })
    }
}

/// An agent that has a connection for each request of the desk.
fn for_the_web(config: &Config, proxy: Proxies) -> Result<AgentConfig, PlacesError> {
    check_proxies(&config.places, &proxy)?;
    let tls = Some(ClientTls::new(&config.places_authorities()?, ALPN)?);
    let (defaults, per_origin) = (AgentConfig::default(), config.places.max_in_flight);
    let connections = defaults.connections.max(per_origin);
    let limits = HttpLimits { body: LONGEST, ..defaults.limits };
    Ok(AgentConfig { tls, proxy, limits, per_origin, connections, ..defaults })
}

/// A proxy that is none would let every request fail, and nobody would hear of it before.
fn check_proxies(config: &PlacesConfig, proxies: &Proxies) -> Result<(), PlacesError> {
    let order = config.order();
    let mut urls = order.iter().filter_map(|provider| config.base_url(*provider)?.parse::<Uri>().ok());
    match urls.find_map(|url| proxies.problem(&url)) {
        Some((variable, why)) => Err(PlacesError::Proxy(variable, why)),
        None => Ok(()),
    }
}

fn desk(config: &PlacesConfig, key: Option<&ApiKey>) -> Result<Desk, PlacesError> {
    let bounds = DeskBounds { in_flight: config.max_in_flight, waiting: config.queue };
    config.order().into_iter().try_fold(Desk::new(bounds), |desk, provider| {
        let name = provider.to_string();
        Ok(match provider {
            Provider::Builtin => desk.with_local(&name, Box::new(Builtin)),
            Provider::File => desk.with_local(&name, Box::new(File::open(&config.file)?)),
            web => desk.with_web(&name, Box::new(service(web, config, key)?)),
        })
    })
}

/// A service on the web. The configuration has been checked, so that it names what the service needs.
fn service(provider: Provider, config: &PlacesConfig, key: Option<&ApiKey>) -> Result<Web, PlacesError> {
    let service = match (provider, config.base_url(provider), key) {
        (Provider::Google, Some(url), Some(key)) => Some(Web::new(Google::new(url, key.clone()))),
        (Provider::GoogleLegacy, Some(url), Some(key)) => Some(Web::new(GoogleLegacy::new(url, key.clone()))),
        (Provider::Overpass, Some(url), _) => Some(Web::new(Overpass::new(url))),
        _ => None,
    };
    service.ok_or(PlacesError::Incomplete(provider))
}

/// Why a server cannot ask for places as it is configured.
#[derive(Debug)]
#[non_exhaustive]
pub enum PlacesError {
    /// The key or the authorities cannot be read.
    Config(ConfigError),
    /// The imported places cannot be read.
    File(FileError),
    /// The authorities are none.
    Tls(TlsConfigError),
    /// The variable of this name should name a proxy.
    Proxy(&'static str, BadProxy),
    /// This provider lacks its URL or its key.
    Incomplete(Provider),
}

impl fmt::Display for PlacesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlacesError::Config(error) => error.fmt(f),
            PlacesError::File(error) => error.fmt(f),
            PlacesError::Tls(error) => write!(f, "places.ca_file: {error}"),
            PlacesError::Proxy(variable, error) => write!(f, "{variable}: {error}"),
            PlacesError::Incomplete(provider) => write!(f, "{provider} lacks its base_url or its key"),
        }
    }
}

impl Error for PlacesError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            PlacesError::Config(error) => Some(error),
            PlacesError::File(error) => Some(error),
            PlacesError::Tls(error) => Some(error),
            PlacesError::Proxy(_, error) => Some(error),
            PlacesError::Incomplete(_) => None,
        }
    }
}

impl From<ConfigError> for PlacesError {
    fn from(error: ConfigError) -> PlacesError {
        PlacesError::Config(error)
    }
}

impl From<FileError> for PlacesError {
    fn from(error: FileError) -> PlacesError {
        PlacesError::File(error)
    }
}

impl From<TlsConfigError> for PlacesError {
    fn from(error: TlsConfigError) -> PlacesError {
        PlacesError::Tls(error)
    }
}
