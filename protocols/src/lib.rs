//! Protocols on the [`reactor`]: lines, length-prefixed strings, HTTP, reconnecting, relaying.
//!
//! Nothing here names a socket, a clock or a thread: every protocol is a state machine that is told
//! what happened and says what it wants.

mod carry;
pub mod http;
mod line;
mod reconnect;
mod relay;
mod strings;

/// The right side of docs/twisted.md.
#[cfg(doctest)]
#[doc = include_str!("../../docs/twisted.md")]
pub struct TwistedMap;

pub use line::{LineReceiver, Lines, Mode, send_line};
pub use reconnect::Backoff;
pub use relay::Relay;
pub use strings::{
    Frame, Framing, Int8, Int8Strings, Int16, Int16Strings, Int32, Int32Strings, IntN, Netstring, Netstrings,
    StringReceiver, StringTooLong, Strings, send_string,
};
