//! One link under TLS 1.2 or 1.3, by rustls: what comes is opened, what goes is sealed.
//!
//! Certificates are judged by the net's clock, so one expires in a simulation as it does in the world
//! (law 8); keys are the system's randomness, so a trace under TLS does not repeat itself to the byte.

use std::error::Error;
use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConnection, Connection, HandshakeKind, ServerConnection};

use super::config::{ClientTls, Clock, ServerTls, is_for};
use crate::outbox::{Outbox, Spares};
use crate::time::{Time, WallTime};

/// Plaintext sealed at once: four records, as much as one read brings.
const SEAL: usize = 64 * 1024;

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

impl TlsError {
    /// Whether the peer was not accepted because its certificate, which its authority vouches for, is for the server
    /// `name` and not for the one that was sought.
    pub fn is_certificate_of(&self, name: &str) -> bool {
        let TlsError::Failed(TlsFailure(failure)) = self else { return false };
        let rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext { presented, .. }) =
            &**failure
        else {
            return false;
        };
        let printed = format!("DnsName(\"{name}\")"); // as the library prints it
        presented.iter().any(|other| *other == printed || other == name)
    }
}

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
    /// The certificate that the peer has shown, and that was found good.
    certificate: Option<CertificateDer<'static>>,
}

impl Secured {
    /// Whether the peer has shown a certificate for `name`.
    pub(crate) fn is_peer_called(&self, name: &str) -> bool {
        self.certificate.as_ref().is_some_and(|certificate| is_for(certificate, name))
    }
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
            certificate: self.connection.peer_certificates().and_then(|chain| chain.first()).cloned(),
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
