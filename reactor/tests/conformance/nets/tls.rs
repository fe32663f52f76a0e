//! Any net once more, with TLS on every connection.

use std::net::SocketAddr;
use std::sync::LazyLock;

use reactor::{ClientTls, Reactor, ServerTls, Signal};

use super::Stage;
use crate::certs::{Authority, params};

/// Both ends of TLS between a client and a server of this suite.
pub(crate) struct Ends {
    pub(crate) client: ClientTls,
    pub(crate) server: ServerTls,
}

static ENDS: LazyLock<Ends> = LazyLock::new(|| {
    let authority = Authority::new("the authority");
    let server = authority.sign(&params(&["127.0.0.1", "localhost"]));
    Ends { client: authority.client(&[b"conformance"]), server: server.server(&[b"conformance"]) }
});

/// The net `S`, and TLS over it.
pub(crate) struct Tls<S>(S);

impl<S: Stage> Stage for Tls<S> {
    type Net<'n> = S::Net<'n>;

    const PERFORMANCES: u64 = S::PERFORMANCES;

    fn open(seed: u64) -> Tls<S> {
        Tls(S::open(seed))
    }

    fn with<R>(&mut self, f: impl FnOnce(&mut Self::Net<'_>) -> R) -> R {
        self.0.with(f)
    }

    fn go_on<A: 'static>(&mut self, reactor: &Reactor<A>) {
        self.0.go_on(reactor);
    }

    fn silent(&mut self) -> SocketAddr {
        self.0.silent()
    }

    fn with_signals(self) -> Tls<S> {
        Tls(self.0.with_signals())
    }

    fn signal(&mut self, signal: Signal) {
        self.0.signal(signal);
    }

    fn tls() -> Option<&'static Ends> {
        Some(&ENDS)
    }
}
