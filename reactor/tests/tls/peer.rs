//! The other end of TLS: the library itself, without the layer.

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, ClientConnection, Connection, RootCertStore, ServerConfig, ServerConnection};
use rustls::{SupportedProtocolVersion, version};

use crate::certs::{Authority, Identity};

/// The clock of the mock, as it begins.
#[derive(Debug)]
struct Epoch;

impl TimeProvider for Epoch {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(std::time::Duration::ZERO))
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Version {
    Tls12,
    Tls13,
}

impl Version {
    fn get(self) -> &'static SupportedProtocolVersion {
        match self {
            Version::Tls12 => &version::TLS12,
            Version::Tls13 => &version::TLS13,
        }
    }
}

fn certificates(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).map(Result::unwrap).collect()
}

fn key(identity: &Identity) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap()
}

fn roots(authority: &Authority) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates(&authority.pem()));
    roots
}

/// A server's configuration; its sessions live as long as it does.
#[derive(Clone)]
pub(crate) struct Serving(Arc<ServerConfig>);

impl Serving {
    pub(crate) fn new(identity: &Identity, version: Version, alpn: &[&[u8]]) -> Serving {
        let builder = ServerConfig::builder_with_details(Arc::new(ring::default_provider()), Arc::new(Epoch));
        let builder = builder.with_protocol_versions(&[version.get()]).unwrap().with_no_client_auth();
        let mut config = builder.with_single_cert(certificates(&identity.chain), key(identity)).unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        Serving(Arc::new(config))
    }

    /// One that wants a certificate of `authority` from whoever comes.
    pub(crate) fn mutual(identity: &Identity, authority: &Authority) -> Serving {
        let (provider, roots) = (Arc::new(ring::default_provider()), Arc::new(roots(authority)));
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider.clone()).build().unwrap();
        let builder = ServerConfig::builder_with_details(provider, Arc::new(Epoch));
        let builder = builder.with_protocol_versions(&[&version::TLS13]).unwrap();
        let builder = builder.with_client_cert_verifier(verifier);
        Serving(Arc::new(builder.with_single_cert(certificates(&identity.chain), key(identity)).unwrap()))
    }

    pub(crate) fn peer(&self) -> Peer {
        Peer::new(ServerConnection::new(Arc::clone(&self.0)).unwrap().into())
    }
}

/// What it heard, and what it has to say.
pub(crate) struct Peer {
    connection: Connection,
    /// All that came, as it came.
    pub(crate) wire: Vec<u8>,
    /// What it said.
    pub(crate) heard: Vec<u8>,
    /// The farewell has come.
    pub(crate) is_left: bool,
    pub(crate) error: Option<String>,
}

impl Peer {
    fn new(mut connection: Connection) -> Peer {
        connection.set_buffer_limit(None);
        Peer { connection, wire: Vec::new(), heard: Vec::new(), is_left: false, error: None }
    }

    /// A client of `server.test`, who trusts `authority`.
    pub(crate) fn client(authority: &Authority, version: Version) -> Peer {
        Peer::client_with(authority, version, None)
    }

    /// The same, who shows this if it is asked.
    pub(crate) fn client_with(authority: &Authority, version: Version, shows: Option<&Identity>) -> Peer {
        let builder = ClientConfig::builder_with_details(Arc::new(ring::default_provider()), Arc::new(Epoch));
        let builder = builder.with_protocol_versions(&[version.get()]).unwrap();
        let builder = builder.with_root_certificates(roots(authority));
        let config = match shows {
            None => builder.with_no_client_auth(),
            Some(one) => builder.with_client_auth_cert(certificates(&one.chain), key(one)).unwrap(),
        };
        let name = "server.test".try_into().unwrap();
        Peer::new(ClientConnection::new(Arc::new(config), name).unwrap().into())
    }

    /// Takes what came.
    pub(crate) fn take(&mut self, mut wire: &[u8]) {
        self.wire.extend_from_slice(wire);
        while !wire.is_empty() && !self.is_left && self.error.is_none() {
            self.connection.read_tls(&mut wire).unwrap();
            match self.connection.process_new_packets() {
                Ok(state) => self.is_left = state.peer_has_closed(),
                Err(error) => self.error = Some(error.to_string()),
            }
            let _end = self.connection.reader().read_to_end(&mut self.heard);
        }
    }

    /// What is to be sent.
    pub(crate) fn give(&mut self) -> Vec<u8> {
        let mut wire = Vec::new();
        while self.connection.wants_write() {
            self.connection.write_tls(&mut wire).unwrap();
        }
        wire
    }

    /// The server that a client wants to speak with (SNI).
    pub(crate) fn wanted(&self) -> Option<&str> {
        match &self.connection {
            Connection::Server(server) => server.server_name(),
            Connection::Client(_) => None,
        }
    }

    pub(crate) fn is_agreed(&self) -> bool {
        !self.connection.is_handshaking()
    }

    pub(crate) fn say(&mut self, bytes: &[u8]) {
        self.connection.writer().write_all(bytes).unwrap();
    }

    /// Says that nothing more will come.
    pub(crate) fn leave(&mut self) {
        self.connection.send_close_notify();
    }

    /// Asks for new keys on both sides.
    pub(crate) fn renew_keys(&mut self) {
        self.connection.refresh_traffic_keys().unwrap();
    }

    /// The lengths of the records that came since this was last asked.
    pub(crate) fn take_records(&mut self) -> Vec<usize> {
        let wire = std::mem::take(&mut self.wire);
        let mut rest = &wire[..];
        let mut lengths = Vec::new();
        while let [_, _, _, high, low, after @ ..] = rest {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            lengths.push(length);
            rest = &after[length..];
        }
        lengths
    }
}
