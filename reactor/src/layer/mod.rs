//! What stands between the bytes of the net and those of a protocol: nothing, or TLS.
//!
//! A layer knows neither net nor protocol. The read step hands it what the net brought and delivers
//! what it opens; the flush step hands it what a protocol wrote and sends what it has sealed.

mod config;
mod tls;

pub use config::{ClientTls, Identity, ServerTls, TlsConfigError};
pub use tls::{TlsError, TlsFailure};

pub(crate) use tls::{Secured, Tls};

use crate::time::Time;

/// The layer of one link.
#[derive(Debug)]
pub(crate) enum Layer {
    /// The protocol's bytes are the net's.
    Plain,
    /// They are sealed.
    Tls(Box<Tls>),
}

impl Layer {
    /// The TLS of the link, if it has any.
    pub(crate) fn tls(&mut self) -> Option<&mut Tls> {
        match self {
            Layer::Plain => None,
            Layer::Tls(tls) => Some(tls),
        }
    }

    /// Whether TLS is being agreed on.
    pub(crate) fn is_handshaking(&self) -> bool {
        matches!(self, Layer::Tls(tls) if tls.is_handshaking())
    }

    /// When a handshake that is under way must have ended.
    pub(crate) fn handshake_deadline(&self) -> Time {
        match self {
            Layer::Tls(tls) if tls.is_handshaking() => tls.handshake_by,
            _ => Time::NEVER,
        }
    }

    /// Whether nothing of this layer's own is left to send before our sending side may be closed.
    pub(crate) fn is_drained(&self) -> bool {
        match self {
            Layer::Plain => true,
            Layer::Tls(tls) => tls.has_said_goodbye() && tls.sealed.is_empty(),
        }
    }
}
