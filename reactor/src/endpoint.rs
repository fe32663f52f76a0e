//! Where to connect, and who is at the other end.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::layer::ClientTls;

/// The other end of a connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub struct Peer {
    /// Its address; unspecified (`0.0.0.0:0`) while a name is still being looked up.
    pub address: SocketAddr,
}

impl Peer {
    pub(crate) const UNKNOWN: Peer = Peer::at(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0));

    /// The peer at `address`.
    pub const fn at(address: SocketAddr) -> Peer {
        Peer { address }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

/// A host: its address, or a name to look up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Host {
    /// An address.
    Addr(IpAddr),
    /// A name, looked up on the net's threads when the connection is begun.
    Name(String),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Addr(ip) => ip.fmt(f),
            Host::Name(name) => f.write_str(name),
        }
    }
}

/// Where to connect to, and how long that may take.
///
/// ```
/// use reactor::Endpoint;
/// use std::time::Duration;
///
/// let there = Endpoint::new("localhost", 12000).within(Duration::from_secs(2));
/// assert_eq!(there.to_string(), "localhost:12000");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    pub(crate) host: Host,
    pub(crate) port: u16,
    pub(crate) timeout: Option<Duration>,
    pub(crate) tls: Option<ClientTls>,
    /// Whom the certificate must be for, if not the host.
    pub(crate) called: Option<String>,
}

impl Endpoint {
    /// The port `port` of `host`, an address or a name.
    pub fn new(host: &str, port: u16) -> Endpoint {
        let host = host.parse().map_or_else(|_| Host::Name(host.to_owned()), Host::Addr);
        Endpoint { host, port, timeout: None, tls: None, called: None }
    }

    /// The same, but TLS is spoken there, by somebody who can prove to be this host (Twisted: `wrapClientTLS`).
    /// The connection is made once that is agreed on.
    pub fn tls(self, tls: &ClientTls) -> Endpoint {
        Endpoint { tls: Some(tls.clone()), ..self }
    }

    /// The same, but under TLS the certificate there must be for `name`, whatever host is dialled.
    pub fn called(self, name: impl Into<String>) -> Endpoint {
        Endpoint { called: Some(name.into()), ..self }
    }

    /// The same, but the connection must be made within `timeout`, TLS included (default:
    /// [`Limits::connect_timeout`](crate::Limits::connect_timeout)). Looking up the name comes before that, and has
    /// [a limit of its own](crate::Limits::lookup_timeout).
    pub fn within(self, timeout: Duration) -> Endpoint {
        Endpoint { timeout: Some(timeout), ..self }
    }
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Endpoint {
        Endpoint {
            host: Host::Addr(address.ip()),
            port: address.port(),
            timeout: None,
            tls: None,
            called: None,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Addr(ip) => SocketAddr::new(*ip, self.port).fmt(f),
            Host::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}
