//! Who we are and whom we trust under TLS, by rustls with ring's cryptography.
//!
//! Certificates are verified, and there is no way not to. A client trusts the public roots (those of
//! Mozilla, from webpki-roots) and the authorities it was given; who speaks mutually trusts one authority
//! and nobody else.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rustls::client::{Resumption, WantsClientCert, verify_server_name};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::{NoServerSessionStorage, ParsedCertificate, ServerSessionMemoryCache};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, ServerConfig, WantsVerifier};

use super::tls::TlsError;
use crate::time::WallTime;

/// Sessions that a server remembers, so that those who come back need no full handshake.
const SESSIONS: usize = 4096;

/// Who speaks mutually: both show a certificate of one authority. All of it PEM.
#[derive(Clone, Copy)]
pub struct Identity<'a> {
    /// Our certificate, and those between it and the authority's.
    pub chain: &'a [u8],
    /// Its private key.
    pub key: &'a [u8],
    /// The authority, beside which nobody is trusted.
    pub authority: &'a [u8],
}

/// How a client speaks TLS: whom it trusts, and the protocols it offers (ALPN, RFC 7301). Clones share
/// the sessions by which a later handshake with the same server is shorter.
#[derive(Clone)]
pub struct ClientTls {
    pub(super) config: Arc<ClientConfig>,
    pub(super) clock: Arc<Clock>,
}

impl ClientTls {
    /// Trusts the public roots and the authorities in `extra_roots`, PEM, which may be empty; offers
    /// the protocols `alpn`, the best first.
    ///
    /// # Errors
    ///
    /// If `extra_roots` is not empty and holds no certificate, or one that cannot be an authority's.
    pub fn new(extra_roots: &[u8], alpn: &[&[u8]]) -> Result<ClientTls, TlsConfigError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if !extra_roots.is_empty() {
            add(&mut roots, extra_roots)?;
        }
        let (builder, clock) = ClientTls::builder(roots)?;
        let mut config = builder.with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        Ok(ClientTls { config: Arc::new(config), clock })
    }

    /// Shows the certificate of `identity`, and trusts its authority alone. No session is taken up again:
    /// every handshake proves everything anew.
    ///
    /// # Errors
    ///
    /// If a part of `identity` is missing or unusable, or certificate and key do not belong together.
    pub fn mutual(identity: Identity<'_>) -> Result<ClientTls, TlsConfigError> {
        let (builder, clock) = ClientTls::builder(only(identity.authority)?)?;
        let (chain, key) = identity.shown()?;
        let mut config = builder.with_client_auth_cert(chain, key).map_err(TlsConfigError::of)?;
        config.resumption = Resumption::disabled();
        Ok(ClientTls { config: Arc::new(config), clock })
    }

    fn builder(roots: RootCertStore) -> Result<(ClientBuilder, Arc<Clock>), TlsConfigError> {
        let clock = Arc::new(Clock::default());
        let builder = ClientConfig::builder_with_details(provider(), clock.clone());
        let builder = builder.with_safe_default_protocol_versions().map_err(TlsConfigError::of)?;
        Ok((builder.with_root_certificates(roots), clock))
    }
}

type ClientBuilder = ConfigBuilder<ClientConfig, WantsClientCert>;

/// How a server speaks TLS: who it is, and the protocols it knows (ALPN). Clones share the sessions
/// that they remember.
#[derive(Clone)]
pub struct ServerTls {
    pub(super) config: Arc<ServerConfig>,
    pub(super) clock: Arc<Clock>,
    /// How long a handshake may take, if not as long as the reactor's limits allow.
    pub(crate) within: Option<Duration>,
}

impl ServerTls {
    /// Is who the first certificate of `chain` says, proven by `key`; both PEM, the chain from the
    /// server's own certificate up to, but without, the root.
    ///
    /// # Errors
    ///
    /// If there is no certificate or no key, or they do not belong together.
    pub fn new(chain: &[u8], key: &[u8], alpn: &[&[u8]]) -> Result<ServerTls, TlsConfigError> {
        let (builder, clock) = ServerTls::builder()?;
        let key = private_key(key)?;
        let builder = builder.with_no_client_auth();
        let mut config = builder.with_single_cert(certificates(chain)?, key).map_err(TlsConfigError::of)?;
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        config.session_storage = ServerSessionMemoryCache::new(SESSIONS);
        Ok(ServerTls { config: Arc::new(config), clock, within: None })
    }

    /// Shows the certificate of `identity`, and hears nobody who does not show one of its authority that
    /// is good for a client. No session is taken up again: what was once good may have expired.
    ///
    /// # Errors
    ///
    /// If a part of `identity` is missing or unusable, or certificate and key do not belong together.
    pub fn mutual(identity: Identity<'_>) -> Result<ServerTls, TlsConfigError> {
        let (builder, clock) = ServerTls::builder()?;
        let roots = Arc::new(only(identity.authority)?);
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider()).build();
        let builder = builder.with_client_cert_verifier(verifier.map_err(TlsConfigError::unverifiable)?);
        let (chain, key) = identity.shown()?;
        let mut config = builder.with_single_cert(chain, key).map_err(TlsConfigError::of)?;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(ServerTls { config: Arc::new(config), clock, within: None })
    }

    /// The same, but a handshake must be over within `time` of the accept (default:
    /// [`Limits::handshake_timeout`](crate::Limits::handshake_timeout)).
    pub fn within(self, time: Duration) -> ServerTls {
        ServerTls { within: Some(time), ..self }
    }

    fn builder() -> Result<(ConfigBuilder<ServerConfig, WantsVerifier>, Arc<Clock>), TlsConfigError> {
        let clock = Arc::new(Clock::default());
        let builder = ServerConfig::builder_with_details(provider(), clock.clone());
        let builder = builder.with_safe_default_protocol_versions().map_err(TlsConfigError::of)?;
        Ok((builder, clock))
    }
}

impl Identity<'_> {
    /// Whether its certificate is for `name`; not, where there is none.
    pub fn is_called(&self, name: &str) -> bool {
        certificates(self.chain).is_ok_and(|chain| is_for(&chain[0], name))
    }

    fn shown(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsConfigError> {
        Ok((certificates(self.chain)?, private_key(self.key)?))
    }
}

/// Says nothing of keys.
impl fmt::Debug for Identity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

/// Whether a certificate is for `name`, be it a host's or an address.
pub(super) fn is_for(certificate: &CertificateDer<'_>, name: &str) -> bool {
    let (Ok(certificate), Ok(name)) = (ParsedCertificate::try_from(certificate), ServerName::try_from(name))
    else {
        return false;
    };
    verify_server_name(&certificate, &name).is_ok()
}

/// ring, by name: a default could be another's.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Nobody but these.
fn only(authority: &[u8]) -> Result<RootCertStore, TlsConfigError> {
    let mut roots = RootCertStore::empty();
    add(&mut roots, authority)?;
    Ok(roots)
}

fn add(roots: &mut RootCertStore, pem: &[u8]) -> Result<(), TlsConfigError> {
    certificates(pem)?.into_iter().try_for_each(|one| roots.add(one).map_err(TlsConfigError::of))
}

fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsConfigError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| TlsConfigError::NoKey)
}

/// The certificates of a PEM text, at least one.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsConfigError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    found.ok().filter(|found| !found.is_empty()).ok_or(TlsConfigError::NoCertificate)
}

/// Two are equal if one is a clone of the other.
impl PartialEq for ClientTls {
    fn eq(&self, other: &ClientTls) -> bool {
        Arc::ptr_eq(&self.config, &other.config)
    }
}

impl Eq for ClientTls {}

/// Says nothing of keys.
impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls").finish_non_exhaustive()
    }
}

/// Says nothing of keys.
impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").finish_non_exhaustive()
    }
}

/// The wall clock of whoever uses a configuration, in seconds since the epoch; set before every use.
#[derive(Debug, Default)]
pub(super) struct Clock(AtomicI64);

impl Clock {
    pub(super) fn set(&self, now: WallTime) {
        self.0.store(now.as_unix_nanos() / 1_000_000_000, Ordering::Relaxed);
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.load(Ordering::Relaxed)).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

/// Why TLS cannot be spoken as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsConfigError {
    /// The PEM text holds no certificate, or a broken one.
    NoCertificate,
    /// The PEM text holds no private key, or a broken one.
    NoKey,
    /// A certificate or key is of no use.
    Unusable(TlsError),
}

impl TlsConfigError {
    fn of(error: rustls::Error) -> TlsConfigError {
        TlsConfigError::Unusable(TlsError::Failed(error.into()))
    }

    #[expect(clippy::needless_pass_by_value, reason = "a function for map_err")]
    fn unverifiable(error: VerifierBuilderError) -> TlsConfigError {
        TlsConfigError::of(rustls::Error::General(error.to_string()))
    }
}

impl fmt::Display for TlsConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TlsConfigError::NoCertificate => f.write_str("no certificate in PEM"),
            TlsConfigError::NoKey => f.write_str("no private key in PEM"),
            TlsConfigError::Unusable(error) => write!(f, "unusable certificate or key: {error}"),
        }
    }
}

impl Error for TlsConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            TlsConfigError::Unusable(error) => Some(error),
            _ => None,
        }
    }
}
