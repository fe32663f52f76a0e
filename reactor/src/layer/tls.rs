//! TLS 1.2 and 1.3 by rustls, with ring's cryptography: the one file that names either.
//!
//! Certificates are verified, and there is no way not to: a client trusts the public roots (those of
//! Mozilla, from webpki-roots) and the authorities it was given. Times are those of the net, so that
//! a certificate expires in a simulation as it does in the world (law 8); keys are the system's
//! randomness, so a trace under TLS does not repeat itself to the byte.

use std::error::Error;
use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ServerSessionMemoryCache;
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, ClientConnection, Connection, HandshakeKind, RootCertStore};
use rustls::{ServerConfig, ServerConnection};

use crate::outbox::{Outbox, Spares};
use crate::time::{Time, WallTime};

/// Plaintext sealed at once: four records, as much as one read brings.
const SEAL: usize = 64 * 1024;

/// Sessions that a server remembers, so that those who come back need no full handshake.
const SESSIONS: usize = 4096;

/// How a client speaks TLS: whom it trusts, and the protocols it offers (ALPN, RFC 7301). Clones share
/// the sessions by which a later handshake with the same server is shorter.
#[derive(Clone)]
pub struct ClientTls {
    config: Arc<ClientConfig>,
    clock: Arc<Clock>,
}

impl ClientTls {
    /// Trusts the public roots and the authorities in `extra_roots`, PEM, which may be empty; offers
    /// the protocols `alpn`, the best first.
    ///
    /// # Errors
    ///
    /// If `extra_roots` is not empty and holds no certificate, or one that cannot be an authority's.
    pub fn new(extra_roots: &[u8], alpn: &[&[u8]]) -> Result<ClientTls, TlsConfigError> {
        let clock = Arc::new(Clock::default());
        let builder = ClientConfig::builder_with_details(provider(), clock.clone());
        let builder = builder.with_safe_default_protocol_versions().map_err(TlsConfigError::of)?;
        let mut config = builder.with_root_certificates(roots(extra_roots)?).with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        Ok(ClientTls { config: Arc::new(config), clock })
    }
}

/// How a server speaks TLS: who it is, and the protocols it knows (ALPN). Clones share the sessions
/// that they remember.
#[derive(Clone)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
    clock: Arc<Clock>,
}

impl ServerTls {
    /// Is who the first certificate of `chain` says, proven by `key`; both PEM, the chain from the
    /// server's own certificate up to, but without, the root.
    ///
    /// # Errors
    ///
    /// If there is no certificate or no key, or they do not belong together.
    pub fn new(chain: &[u8], key: &[u8], alpn: &[&[u8]]) -> Result<ServerTls, TlsConfigError> {
        let clock = Arc::new(Clock::default());
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsConfigError::NoKey)?;
        let builder = ServerConfig::builder_with_details(provider(), clock.clone());
        let builder = builder.with_safe_default_protocol_versions().map_err(TlsConfigError::of)?;
        let builder = builder.with_no_client_auth();
        let mut config = builder.with_single_cert(certificates(chain)?, key).map_err(TlsConfigError::of)?;
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        config.session_storage = ServerSessionMemoryCache::new(SESSIONS);
        Ok(ServerTls { config: Arc::new(config), clock })
    }
}

/// ring, by name: a default could be another's.
fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn roots(extra: &[u8]) -> Result<RootCertStore, TlsConfigError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if !extra.is_empty() {
        for certificate in certificates(extra)? {
            roots.add(certificate).map_err(TlsConfigError::of)?;
        }
    }
    Ok(roots)
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
struct Clock(AtomicI64);

impl Clock {
    fn set(&self, now: WallTime) {
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

/// Why two could not agree on TLS, or did not keep to it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsError {
    /// The certificate was not accepted, the peer sent an alert, or what it sent is no TLS.
    Failed(TlsFailure),
    /// The host is neither a name nor an address that a certificate could be for.
    BadName,
    /// The stream ended before the handshake did.
    Closed,
    /// The handshake took longer than [`Limits::handshake_timeout`](crate::Limits::handshake_timeout)
    /// or the endpoint allows.
    TimedOut,
    /// TLS was asked for where it is spoken already, or after our sending side was closed.
    Misplaced,
}

/// What went wrong, in the words of the library below.
#[derive(Debug, Clone, PartialEq)]
pub struct TlsFailure(Box<rustls::Error>);

impl Eq for TlsFailure {}

impl From<rustls::Error> for TlsFailure {
    fn from(error: rustls::Error) -> TlsFailure {
        TlsFailure(Box::new(error))
    }
}

impl fmt::Display for TlsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for TlsFailure {}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TlsError::Failed(failure) => failure.fmt(f),
            TlsError::BadName => f.write_str("no certificate could be for such a host"),
            TlsError::Closed => f.write_str("the peer closed during the handshake"),
            TlsError::TimedOut => f.write_str("the handshake took too long"),
            TlsError::Misplaced => f.write_str("it cannot be begun here"),
        }
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            TlsError::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}

/// What two have agreed on.
#[derive(Debug)]
pub(crate) struct Secured {
    /// The protocol, if both offered one (ALPN).
    pub(crate) alpn: Option<Box<[u8]>>,
    /// An earlier session was taken up again.
    pub(crate) is_resumed: bool,
}

/// The TLS of one link. Idle, it holds about 9 KiB (measured), all of it the library's: half is the buffer
/// that it reads into. Buffers of ours go back to the spares.
pub(crate) struct Tls {
    connection: Connection,
    clock: Arc<Clock>,
    /// When the handshake must have ended.
    pub(crate) handshake_by: Time,
    /// What was opened and not delivered yet: the protocol may have paused meanwhile.
    pub(crate) opened: Outbox,
    /// What waits for the net.
    pub(crate) sealed: Outbox,
    /// The peer has said that nothing more will come (`close_notify`).
    pub(crate) has_peer_closed: bool,
    /// We have said so.
    said_goodbye: bool,
}

impl Tls {
    /// Our side of a handshake with the server called `name`.
    pub(crate) fn client(tls: &ClientTls, name: &str, now: WallTime, by: Time) -> Result<Tls, TlsError> {
        tls.clock.set(now);
        let name = ServerName::try_from(name.to_owned()).map_err(|_| TlsError::BadName)?;
        let connection = ClientConnection::new(tls.config.clone(), name);
        Ok(Tls::new(connection.map_err(TlsError::of)?.into(), &tls.clock, by))
    }

    /// Our side of a handshake with a client.
    pub(crate) fn server(tls: &ServerTls, now: WallTime, by: Time) -> Result<Tls, TlsError> {
        tls.clock.set(now);
        let connection = ServerConnection::new(tls.config.clone());
        Ok(Tls::new(connection.map_err(TlsError::of)?.into(), &tls.clock, by))
    }

    fn new(mut connection: Connection, clock: &Arc<Clock>, handshake_by: Time) -> Tls {
        connection.set_buffer_limit(None); // `seal` is given no more than the bound
        Tls {
            connection,
            clock: Arc::clone(clock),
            handshake_by,
            opened: Outbox::default(),
            sealed: Outbox::default(),
            has_peer_closed: false,
            said_goodbye: false,
        }
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    /// What was agreed on; of use once the handshake is over.
    pub(crate) fn secured(&self) -> Secured {
        Secured {
            alpn: self.connection.alpn_protocol().map(Into::into),
            is_resumed: self.connection.handshake_kind() == Some(HandshakeKind::Resumed),
        }
    }

    /// Takes what the net brought: what can be opened is added to `opened`, what is to be answered
    /// to `sealed`. After an error `sealed` holds the alert that says so.
    pub(crate) fn take(&mut self, wire: &[u8], now: WallTime, spares: &mut Spares) -> Result<(), TlsError> {
        self.clock.set(now);
        let taken = self.open(wire, spares);
        self.fetch(spares);
        taken
    }

    fn open(&mut self, mut wire: &[u8], spares: &mut Spares) -> Result<(), TlsError> {
        while !wire.is_empty() && !self.has_peer_closed {
            // The plaintext was drained, so there is room; an error would be ours.
            let read = self.connection.read_tls(&mut wire);
            read.map_err(|error| TlsError::of(rustls::Error::General(error.to_string())))?;
            let state = self.connection.process_new_packets().map_err(TlsError::of)?;
            if state.plaintext_bytes_to_read() > 0 {
                drain(&mut self.connection, self.opened.appendable(spares));
            }
            self.has_peer_closed = state.peer_has_closed();
        }
        Ok(())
    }

    /// Seals the beginning of `plain`, in as few records as possible; says how much of it.
    pub(crate) fn seal(&mut self, plain: &[u8], spares: &mut Spares) -> usize {
        let most = &plain[..plain.len().min(SEAL)];
        // Memory takes every write; if it did not, nothing would count as sealed.
        let count = self.connection.writer().write(most).unwrap_or(0);
        self.fetch(spares);
        count
    }

    /// Says that nothing more will come.
    pub(crate) fn say_goodbye(&mut self, spares: &mut Spares) {
        if !std::mem::replace(&mut self.said_goodbye, true) {
            self.connection.send_close_notify();
            self.fetch(spares);
        }
    }

    pub(crate) fn has_said_goodbye(&self) -> bool {
        self.said_goodbye
    }

    /// Fetches what is to be sent.
    pub(crate) fn fetch(&mut self, spares: &mut Spares) {
        while self.connection.wants_write() {
            // Memory takes every write.
            if self.connection.write_tls(self.sealed.appendable(spares)).is_err() {
                break;
            }
        }
    }

    /// Gives the buffers back.
    pub(crate) fn clear(&mut self, spares: &mut Spares) {
        self.opened.clear(spares);
        self.sealed.clear(spares);
    }
}

/// Appends all plaintext that is there.
fn drain(connection: &mut Connection, into: &mut Vec<u8>) {
    // It ends with `WouldBlock`, or with the end of the stream, which is asked for apart.
    let _end: io::Result<usize> = connection.reader().read_to_end(into);
}

impl TlsError {
    fn of(error: rustls::Error) -> TlsError {
        TlsError::Failed(error.into())
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("is_handshaking", &self.is_handshaking()).finish_non_exhaustive()
    }
}
