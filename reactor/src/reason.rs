//! Why a connection ended, or never began.

use std::error::Error;
use std::fmt;
use std::io;

use crate::layer::TlsError;

/// Why a connection was lost; the last thing a protocol hears.
#[derive(Debug)]
#[non_exhaustive]
pub enum Reason {
    /// We asked for it, and everything written before was handed to the system.
    Closed,
    /// The peer closed first, or while what we had written before our own close still went out; everything
    /// written was handed to the system.
    PeerClosed,
    /// `abort_connection`: what was not sent is lost.
    Aborted,
    /// The system ended it: reset, timed out, broken pipe.
    Lost(io::Error),
    /// Nothing was heard for as long as `set_idle_timeout` allows.
    Idle,
    /// The moment of `set_deadline` passed.
    DeadlinePassed,
    /// It did not read what it was sent: [`Limits::write_buffer`](crate::Limits::write_buffer).
    OutboxFull,
    /// It did not read the rest in time: [`Limits::flush_timeout`](crate::Limits::flush_timeout).
    FlushTimeout,
    /// The stream ended without the farewell of TLS (`close_notify`): somebody may have cut it off.
    Truncated,
    /// TLS could not be agreed on after `start_tls`, or was not kept to.
    Tls(TlsError),
    /// A callback panicked with this message.
    Panicked(Box<str>),
    /// The reactor stopped before the connection was done.
    Stopped,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Closed => f.write_str("closed"),
            Reason::PeerClosed => f.write_str("closed by the peer"),
            Reason::Aborted => f.write_str("aborted"),
            Reason::Lost(error) => write!(f, "lost: {error}"),
            Reason::Idle => f.write_str("idle for too long"),
            Reason::DeadlinePassed => f.write_str("too slow: a deadline passed"),
            Reason::OutboxFull => f.write_str("does not read: its outbox is full"),
            Reason::FlushTimeout => f.write_str("did not read its last bytes in time"),
            Reason::Truncated => f.write_str("cut off: the end was not announced"),
            Reason::Tls(error) => write!(f, "TLS: {error}"),
            Reason::Panicked(message) => write!(f, "a callback panicked: {message}"),
            Reason::Stopped => f.write_str("cut off by the stop"),
        }
    }
}

impl Error for Reason {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Reason::Lost(error) => Some(error),
            Reason::Tls(error) => Some(error),
            _ => None,
        }
    }
}

/// Why a connection was never made.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// Every address was tried; this is what the last one said.
    Failed(io::Error),
    /// The name has no address.
    Unresolved(io::Error),
    /// It took longer than the endpoint allows.
    TimedOut,
    /// The connection was made, but TLS was not agreed on.
    Tls(TlsError),
    /// `lose` came first, or the reactor is stopping.
    Cancelled,
    /// A bound was reached, named here as the field of [`Limits`](crate::Limits).
    LimitReached(&'static str),
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConnectError::Failed(error) => write!(f, "cannot connect: {error}"),
            ConnectError::Unresolved(error) => write!(f, "cannot find the host: {error}"),
            ConnectError::Tls(error) => write!(f, "cannot agree on TLS: {error}"),
            ConnectError::TimedOut => f.write_str("cannot connect: no answer in time"),
            ConnectError::Cancelled => f.write_str("connecting was cancelled"),
            ConnectError::LimitReached(limit) => write!(f, "cannot connect: limit reached: {limit}"),
        }
    }
}

impl Error for ConnectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ConnectError::Failed(error) | ConnectError::Unresolved(error) => Some(error),
            ConnectError::Tls(error) => Some(error),
            _ => None,
        }
    }
}
