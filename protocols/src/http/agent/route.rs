//! How a request gets to its server.

use reactor::Endpoint;

use super::origin::Origin;
use super::proxy::Proxy;

/// An origin, and the way to it.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) origin: Origin,
    pub(super) by: Way,
}

#[derive(Clone, Debug)]
pub(super) enum Way {
    Direct,
    /// Plain HTTP: the proxy reads each request and passes it on.
    Through(Proxy),
    /// TLS: the proxy joins us to the server (CONNECT) and sees nothing of what follows.
    Tunnel(Proxy),
}

impl Route {
    pub(super) fn new(origin: Origin, proxy: Option<Proxy>) -> Route {
        let by = match proxy {
            None => Way::Direct,
            Some(proxy) if origin.is_secure => Way::Tunnel(proxy),
            Some(proxy) => Way::Through(proxy),
        };
        Route { origin, by }
    }

    pub(super) fn proxy(&self) -> Option<&Proxy> {
        match &self.by {
            Way::Direct => None,
            Way::Through(proxy) | Way::Tunnel(proxy) => Some(proxy),
        }
    }

    /// Whom to dial.
    pub(super) fn endpoint(&self) -> Endpoint {
        self.proxy().map_or(&self.origin.at, |proxy| &proxy.at).endpoint()
    }

    /// Whether TLS begins with the connection.
    pub(super) fn dials_tls(&self) -> bool {
        self.origin.is_secure && matches!(self.by, Way::Direct)
    }
}
