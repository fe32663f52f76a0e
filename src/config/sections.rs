//! The sections of the configuration that hold settings and nothing else.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::text::{duration, links, optional_path, size};

/// `[herd]`: what all servers share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HerdConfig {
    /// The folder of records and the herd key, and of logs unless they have one of their own.
    pub dir: PathBuf,
    /// Pairs of servers that talk to each other, both ways.
    #[serde(with = "links")]
    pub links: Vec<[String; 2]>,
    /// How far ahead of the server's clock a report may be dated.
    #[serde(with = "duration")]
    pub max_clock_skew: Duration,
}

impl Default for HerdConfig {
    /// The ring of five: any one server may die and the rest still hear each other.
    fn default() -> HerdConfig {
        let links = [
            ["Alford", "Hamilton"],
            ["Alford", "Welsh"],
            ["Ball", "Holiday"],
            ["Ball", "Welsh"],
            ["Hamilton", "Holiday"],
        ];
        HerdConfig {
            dir: "herd-data".into(),
            links: links.iter().map(|link| link.map(str::to_owned)).collect(),
            max_clock_skew: Duration::from_secs(24 * 3600),
        }
    }
}

/// `[peers]`: how neighbours talk and prove who they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PeersConfig {
    /// How updates travel.
    pub mode: PeerMode,
    /// How neighbours prove who they are; in [`PeerMode::Paper`] they do not.
    pub auth: PeerAuth,
    /// Accept [`PeerAuth::Key`], which does not encrypt, on an address that is not loopback.
    pub allow_plaintext: bool,
    /// Accept [`PeerMode::Paper`] on an address that is not loopback.
    pub allow_unauthenticated: bool,
    /// The shared herd key; follows [`HerdConfig::dir`] where nothing else is configured.
    pub key_file: PathBuf,
    /// This server's certificate (PEM), for [`PeerAuth::Tls`]; `<dir>/keys/<Name>.pem` unless configured.
    #[serde(with = "optional_path")]
    pub cert: Option<PathBuf>,
    /// The certificate's private key (PEM); `<dir>/keys/<Name>.key` unless configured.
    #[serde(with = "optional_path")]
    pub key: Option<PathBuf>,
    /// The authority that signs the certificates of neighbours (PEM); `<dir>/keys/ca.pem` unless configured.
    #[serde(with = "optional_path")]
    pub ca: Option<PathBuf>,
}

impl Default for PeersConfig {
    fn default() -> PeersConfig {
        PeersConfig {
            mode: PeerMode::Links,
            auth: PeerAuth::Key,
            allow_plaintext: false,
            allow_unauthenticated: false,
            key_file: "herd-data/herd.key".into(),
            cert: None,
            key: None,
            ca: None,
        }
    }
}

/// How updates travel between servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PeerMode {
    /// One lasting, authenticated link to each neighbour.
    Links,
    /// One short connection for each update and neighbour, as the original does it; nobody proves who they are.
    Paper,
}

/// How neighbours prove who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PeerAuth {
    /// The shared herd key: challenge and answer with HMAC-SHA256.
    Key,
    /// Mutual TLS; certificate names are server names.
    Tls,
}

/// `[clients]`: the listener for clients.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientsConfig {
    /// Whether clients must speak TLS.
    pub tls: bool,
    /// The certificate and those that lead to its authority (PEM), for TLS.
    #[serde(with = "optional_path")]
    pub cert: Option<PathBuf>,
    /// The certificate's private key (PEM).
    #[serde(with = "optional_path")]
    pub key: Option<PathBuf>,
    /// Authorities that `herd iamat` and `herd whatsat` trust besides the public roots (PEM).
    #[serde(with = "optional_path")]
    pub ca_file: Option<PathBuf>,
}

/// `[store]`: what survives a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreConfig {
    /// When a report is on disk.
    pub durability: Durability,
}

impl Default for StoreConfig {
    fn default() -> StoreConfig {
        StoreConfig { durability: Durability::Everysec }
    }
}

/// When a report is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Durability {
    /// Before its reply.
    Always,
    /// Within a second.
    Everysec,
    /// Never.
    No,
}

/// `[log]`: the file of one server's input and output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// The folder of the logs; follows [`HerdConfig::dir`] where nothing else is configured.
    pub dir: PathBuf,
    /// Whether every line is logged, or only notices of links, starts and stops.
    pub traffic: bool,
    /// The size in bytes from which the file is rotated; five are kept.
    #[serde(with = "size")]
    pub max_size: u64,
}

impl Default for LogConfig {
    fn default() -> LogConfig {
        LogConfig { dir: "herd-data".into(), traffic: true, max_size: 100_000_000 }
    }
}
