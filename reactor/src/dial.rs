//! A connection on its way: its addresses race (RFC 8305).

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::layer::ClientTls;
use crate::net::ConnId;
use crate::time::Time;

/// A connection on its way.
#[derive(Debug)]
pub(crate) struct Dial {
    /// Addresses not tried yet.
    pub(crate) left: VecDeque<SocketAddr>,
    /// Those being tried, none while the name is looked up.
    pub(crate) attempts: Vec<Attempt>,
    /// When the next address is tried, even if the others have not failed.
    pub(crate) next_attempt: Time,
    /// What the last attempt that failed said.
    pub(crate) last: Option<io::Error>,
    /// How long it may take once the name is looked up.
    pub(crate) within: Duration,
    pub(crate) give_up: Time,
    /// TLS, and the name that the certificate must be for.
    pub(crate) tls: Option<(ClientTls, String)>,
}

/// One address being tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    /// What the net calls it: as the link, or, beside another attempt, a name of its own.
    pub(crate) socket: ConnId,
    pub(crate) address: SocketAddr,
}
