//! By what the servers of a herd know each other.

use reactor::{ClientTls, Endpoint, Identity, Requests, ServerTls, TlsConfigError};

use super::hello::Nonce;
use crate::config::{Config, ConfigError};
use crate::herd::Herd;
use crate::key::HerdKey;

/// By what a server and its neighbours prove who they are.
#[derive(Clone, Debug)]
pub enum Proof {
    /// The herd's key: challenge and answer.
    Key(HerdKey),
    /// Certificates: TLS settles it, before the first line, and the names are compared.
    Certificate(PeerTls),
    /// By nothing, in `paper` mode: nobody is linked, and whoever came would be refused.
    Nothing,
}

impl From<HerdKey> for Proof {
    fn from(key: HerdKey) -> Proof {
        Proof::Key(key)
    }
}

impl From<PeerTls> for Proof {
    fn from(tls: PeerTls) -> Proof {
        Proof::Certificate(tls)
    }
}

impl Proof {
    /// Where to dial the neighbour `name`, which listens `at`.
    pub(super) fn endpoint(&self, at: &Endpoint, name: &str) -> Endpoint {
        match self {
            Proof::Key(_) | Proof::Nothing => at.clone(),
            Proof::Certificate(tls) => at.clone().tls(&tls.client).called(name),
        }
    }
}

/// What a server shows its neighbours, and whom it believes.
#[derive(Clone, Debug)]
pub struct PeerTls {
    /// At its port.
    pub(crate) server: ServerTls,
    /// Where it dials.
    client: ClientTls,
}

impl PeerTls {
    /// What the server `name` shows under `config`, and whom it believes; `None` where the herd's key is the
    /// proof.
    ///
    /// # Errors
    ///
    /// If a file is missing, unusable or open to others, or the certificate is for another server.
    pub fn of(config: &Config, name: &str) -> Result<Option<PeerTls>, ConfigError> {
        let Some(files) = config.peer_identity(name)? else { return Ok(None) };
        PeerTls::new(files.identity()).map(Some).map_err(|error| config.unusable_identity(name, error))
    }

    /// Shows the certificate of `identity`, and believes its authority alone.
    ///
    /// # Errors
    ///
    /// If a part of `identity` is missing or unusable.
    pub fn new(identity: Identity<'_>) -> Result<PeerTls, TlsConfigError> {
        let server = ServerTls::mutual(identity)?.within(super::HELLO_TIME);
        Ok(PeerTls { server, client: ClientTls::mutual(identity)? })
    }
}

/// A nonce for this server: its name, its clocks and its generator are never all the same again.
pub(super) fn draw_nonce(key: &HerdKey, name: &str, reactor: &mut Requests<'_, Herd>) -> Nonce {
    let wall = reactor.wall_clock().as_unix_nanos().to_be_bytes();
    let (now, random) = (reactor.now().as_nanos().to_be_bytes(), reactor.random().to_be_bytes());
    Nonce::draw(key, &[name.as_bytes(), &wall, &now, &random])
}
