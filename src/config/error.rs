//! Why a configuration is refused.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use reactor::TlsConfigError;

use super::dates::Renewal;
use super::hint::Hint;
use super::places::Provider;
use crate::certificate::Moment;

/// Who wrote a setting: what an error names first.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A line of the configuration file, counted from 1; 0 stands for the file as a whole.
    File {
        /// The file, as it was named.
        path: PathBuf,
        /// The line of the key.
        line: usize,
    },
    /// An environment variable, by its name.
    Variable(String),
    /// A `key=value` of the command line, by its key: what a flag was set to may be a secret.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File { path, line: 0 } => write!(f, "{}", path.display()),
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::Variable(name) => write!(f, "{}", name.escape_debug()), // it may hold anything but `=`
            Origin::Flag(key) => write!(f, "--set {key}"),
        }
    }
}

/// Why a configuration is refused: where it was written, the key, and the problem.
///
/// It prints on one line: `herd.toml:12: limits.lines: unknown key; did you mean "line"?`.
#[derive(Debug)]
pub struct ConfigError {
    origin: Option<Origin>,
    key: String,
    problem: Box<Problem>,
}

impl ConfigError {
    /// Who wrote what is refused; `None` where it is a default, or not a setting at all.
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// The dotted key; empty where the problem is not one key's.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What is wrong.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// A problem of `key`.
    pub(super) fn new(origin: Option<Origin>, key: String, problem: Problem) -> ConfigError {
        ConfigError { origin, key, problem: Box::new(problem) }
    }

    /// A problem of something that is not a setting.
    pub(super) fn general(origin: Option<Origin>, problem: Problem) -> ConfigError {
        ConfigError::new(origin, String::new(), problem)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        let said = matches!(&self.origin, Some(Origin::Flag(key)) if *key == self.key);
        if !self.key.is_empty() && !said {
            write!(f, "{}: ", self.key)?;
        }
        self.problem.fmt(f)
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.problem() {
            Problem::Unreadable(error) | Problem::UnreadableFile(_, error) => Some(error),
            Problem::BadCertificate(_, error) => Some(error),
            _ => None,
        }
    }
}

/// What is wrong with a configuration.
#[derive(Debug)]
#[non_exhaustive]
pub enum Problem {
    /// The file cannot be read.
    Unreadable(io::Error),
    /// The text is not TOML.
    Syntax(String),
    /// No such key.
    UnknownKey(Hint),
    /// No such key any more, and why.
    RemovedKey(&'static str),
    /// This environment variable could stand for either of two keys.
    AmbiguousVariable(String, String),
    /// A flag without `=`.
    NotAnAssignment,
    /// A single value where a table belongs.
    NotATable,
    /// A table where a single value belongs.
    NotAValue,
    /// A value that the key cannot take.
    Value(String),
    /// A number, size or duration that must be greater than zero.
    Zero,
    /// A server of this name is not configured.
    UnknownServer(String, Hint),
    /// Not a name for a server.
    BadServerName,
    /// The name is a subcommand, so `herd NAME` would not start the server.
    ReservedServerName,
    /// A server that is not one of the defaults has no such port.
    MissingPort(Hint),
    /// A link from a server to itself.
    SelfLink(String),
    /// Two links between the same servers.
    DuplicateLink(String, String),
    /// Links that leave the herd in these groups, without a way from one to another.
    Disconnected(Vec<Vec<String>>),
    /// The same of servers of other names than the default ones, for which nobody has set links.
    NoLinks(Vec<Vec<String>>),
    /// Neither an IP address nor a host name.
    BadHost(String),
    /// A name that a listener cannot be bound to.
    NotBindable(String),
    /// Two listeners of one machine on one address.
    SharedAddress {
        /// `host:port` of both.
        address: String,
        /// The key of the other listener's port.
        other: String,
    },
    /// A listener for neighbours that is not on loopback, without TLS.
    Plaintext(String),
    /// A server with neighbours, and its host, which is not loopback, in a mode that has no proofs.
    Unauthenticated(String, String),
    /// What `peers.mode = "paper"` does not have, for this reason.
    NotOnPaper(&'static str),
    /// Not a URL that a provider can have.
    BadUrl(&'static str),
    /// A key that must be set where another one asks for it.
    Required(&'static str),
    /// A file that the key names cannot be read.
    UnreadableFile(PathBuf, io::Error),
    /// A private key that others than its owner may read; with its permissions.
    ExposedKey(PathBuf, u32),
    /// A file for `peers.auth = "tls"` that was never made; with the server's name.
    NoCertificate(PathBuf, String),
    /// The files of a certificate are of no use together.
    BadCertificate(PathBuf, TlsConfigError),
    /// A certificate that has expired, when, and how to renew it.
    Expired(PathBuf, Moment, Renewal),
    /// A certificate that is for somebody else than this server.
    NotForServer(PathBuf, String),
    /// A name that no certificate could be for, or that the certificate of another server is for, too.
    NoCertificateName,
    /// A provider that is named twice.
    DuplicateProvider(Provider),
    /// A provider and a chain that begins with another one.
    ProviderAndChain {
        /// The provider.
        provider: Provider,
        /// The first of the chain.
        first: Provider,
    },
    /// One base URL for several providers.
    SharedBaseUrl(Vec<Provider>),
    /// A provider that has no base URL by default.
    NoBaseUrl(Provider),
    /// A provider that needs a key, which is neither in a file nor in this environment variable.
    NoKey(Provider, String),
    /// A key that is not one word of visible ASCII characters; it is not shown.
    BadKey,
    /// Not a usual name of an environment variable; it is not shown, for it may be a key.
    BadVariableName,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Unreadable(error) => write!(f, "cannot be read: {error}"),
            Problem::Syntax(message) => write!(f, "not TOML: {message}"),
            Problem::UnknownKey(hint) => write!(f, "unknown key; {hint}"),
            Problem::RemovedKey(why) => write!(f, "there is no such key any more: {why}"),
            Problem::AmbiguousVariable(one, other) => {
                write!(f, "may mean {one} or {other}; set the one that is meant by file or flag")
            }
            Problem::NotAnAssignment => f.write_str("expected key=value"),
            Problem::NotATable => f.write_str("this is a section, it takes keys and not a value"),
            Problem::NotAValue => f.write_str("this is a key, it takes a value and not further keys"),
            Problem::Value(message) => f.write_str(message),
            Problem::Zero => f.write_str("must be greater than zero"),
            Problem::UnknownServer(name, hint) => unknown_server(f, name, hint),
            Problem::BadServerName => f.write_str(
                "not a server name: it needs letters, digits, - and _, at least one, a letter or digit first",
            ),
            Problem::ReservedServerName => f.write_str("a command has this name; a server needs another"),
            Problem::MissingPort(hint) => missing_port(f, hint),
            Problem::SelfLink(name) => write!(f, "{name} is linked to itself"),
            Problem::DuplicateLink(a, b) => write!(f, "{a} and {b} are linked twice"),
            Problem::Disconnected(groups) => disconnected(f, groups),
            Problem::NoLinks(groups) => no_links(f, groups),
            Problem::BadHost(host) => write!(f, "{host:?} is neither an IP address nor a host name"),
            Problem::NotBindable(host) => {
                write!(f, "{host:?} is a name; a server listens on an IP address or on localhost")
            }
            Problem::SharedAddress { address, other } => write!(f, "{address} is taken by {other} already"),
            Problem::Plaintext(host) => plaintext(f, host),
            Problem::Unauthenticated(name, host) => unauthenticated(f, name, host),
            Problem::NotOnPaper(why) => {
                write!(f, "not together with peers.mode = \"paper\": {why}; leave out one of the two")
            }
            Problem::BadUrl(why) => f.write_str(why),
            Problem::Required(why) => write!(f, "needed for {why}"),
            Problem::UnreadableFile(path, error) => write!(f, "{} cannot be read: {error}", path.display()),
            Problem::ExposedKey(path, mode) => exposed_key(f, path, *mode),
            Problem::NoCertificate(path, name) => no_certificate(f, path, name),
            Problem::BadCertificate(path, error) => write!(f, "{}: {error}", path.display()),
            Problem::Expired(path, until, renewal) => {
                write!(f, "{} has expired on {until}; {renewal}", path.display())
            }
            Problem::NotForServer(path, name) => write!(
                f,
                "{} is no certificate for {name}: the name in it must be the server's",
                path.display()
            ),
            Problem::NoCertificateName => f.write_str(
                "no name for a certificate (peers.auth = \"tls\"): it needs a letter, at most 63 characters, \
                 none of them - at the end; it is neither ca nor clients; and no other server has it in other case",
            ),
            Problem::DuplicateProvider(provider) => write!(f, "{provider} is named twice"),
            Problem::ProviderAndChain { provider, first } => provider_and_chain(f, *provider, *first),
            Problem::SharedBaseUrl(providers) => shared_base_url(f, providers),
            Problem::NoBaseUrl(provider) => write!(
                f,
                "{provider} has no server by default: name one that you may ask, here or as places.base_url"
            ),
            Problem::NoKey(provider, variable) => no_key(f, *provider, variable),
            Problem::BadKey => f.write_str("holds no key: that is one word of visible ASCII characters"),
            Problem::BadVariableName => f.write_str(
                "not the name of a variable: capitals, digits and _ alone; \
                 the key itself belongs in that variable, or in a file (places.key_file)",
            ),
        }
    }
}

fn no_certificate(f: &mut fmt::Formatter<'_>, path: &Path, name: &str) -> fmt::Result {
    let path = path.display();
    write!(f, "there is no {path}; run: herd keys init (once for the herd), and: herd keys server {name}")
}

fn plaintext(f: &mut fmt::Formatter<'_>, host: &str) -> fmt::Result {
    write!(f, "neighbours would talk in plaintext on {host}, which is not loopback; ")?;
    f.write_str("set peers.auth = \"tls\", or peers.allow_plaintext = true if that is meant")
}

fn unauthenticated(f: &mut fmt::Formatter<'_>, name: &str, host: &str) -> fmt::Result {
    write!(
        f,
        "with \"paper\" whoever comes from a neighbour's address is believed, and {name} listens on {host}, "
    )?;
    f.write_str("which is not loopback; set peers.allow_unauthenticated = true as well if that is meant")
}

fn disconnected(f: &mut fmt::Formatter<'_>, groups: &[Vec<String>]) -> fmt::Result {
    let groups: Vec<String> = groups.iter().map(|names| names.join(", ")).collect();
    write!(f, "no news can get between {}", groups.join(" and "))
}

fn no_links(f: &mut fmt::Formatter<'_>, groups: &[Vec<String>]) -> fmt::Result {
    disconnected(f, groups)?;
    let link: Vec<&String> = groups.iter().filter_map(|names| names.first()).take(2).collect();
    f.write_str(": servers of other names than the default ones need their own links, ")?;
    write!(f, "as in herd.links = [{link:?}]")
}

fn exposed_key(f: &mut fmt::Formatter<'_>, path: &Path, mode: u32) -> fmt::Result {
    let path = path.display();
    write!(f, "{path} is open to others than its owner (mode {mode:03o}); run: chmod 600 {path}")
}

fn unknown_server(f: &mut fmt::Formatter<'_>, name: &str, hint: &Hint) -> fmt::Result {
    write!(f, "no server {name:?} among {}", hint.known().join(", "))?;
    match hint.near() {
        Some(_) => write!(f, "; {hint}"),
        None => Ok(()),
    }
}

fn provider_and_chain(f: &mut fmt::Formatter<'_>, provider: Provider, first: Provider) -> fmt::Result {
    write!(f, "{provider} is set beside places.chain, which begins with {first}; ")?;
    f.write_str("set one of the two: the chain names all that are asked, in their order")
}

fn shared_base_url(f: &mut fmt::Formatter<'_>, providers: &[Provider]) -> fmt::Result {
    let keys: Vec<String> = providers.iter().map(|provider| format!("places.{provider}.base_url")).collect();
    write!(f, "which provider is meant? Set {} instead", keys.join(" and "))
}

fn no_key(f: &mut fmt::Formatter<'_>, provider: Provider, variable: &str) -> fmt::Result {
    write!(f, "{provider} needs a key: ")?;
    match variable {
        "" => f.write_str("name an environment variable that holds it (places.key_env)")?,
        name => write!(f, "put it into the environment variable {name} (places.key_env)")?,
    }
    f.write_str(", or into a file (places.key_file)")
}

fn missing_port(f: &mut fmt::Formatter<'_>, hint: &Hint) -> fmt::Result {
    f.write_str("a server with a new name needs this port, from 1 to 65535")?;
    match hint.near() {
        Some(_) => write!(f, "; {hint}"),
        None => Ok(()),
    }
}
