//! What is to go wrong, and the count of what was asked.

use std::collections::{BTreeMap, VecDeque};
use std::io;

#[cfg(doc)]
use crate::net::Net;

/// A method of [`Net`] that can be counted, and, if it can fail, made to fail.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Call {
    /// [`Net::listen`].
    Listen,
    /// [`Net::accept`].
    Accept,
    /// [`Net::close_port`].
    ClosePort,
    /// [`Net::connect`].
    Connect,
    /// [`Net::rename`].
    Rename,
    /// [`Net::connect_result`].
    ConnectResult,
    /// [`Net::read`].
    Read,
    /// [`Net::write`].
    Write,
    /// [`Net::shutdown_write`].
    ShutdownWrite,
    /// [`Net::close`].
    Close,
    /// [`Net::resolve`].
    Resolve,
    /// [`Net::defer`].
    Defer,
    /// [`Net::poll`].
    Poll,
}

impl Call {
    /// Whether it can fail at all; for `Resolve` that means its answer.
    fn is_fallible(self) -> bool {
        !matches!(self, Call::ClosePort | Call::Close | Call::Defer)
    }
}

/// The script of a net or of one connection.
#[derive(Debug, Default)]
pub(super) struct Script {
    failures: BTreeMap<Call, VecDeque<io::Error>>,
    counts: BTreeMap<Call, u64>,
    fallible: u64,
    /// The number of one fallible call, whichever it is, and how it fails.
    nth: Option<(u64, io::Error)>,
}

impl Script {
    pub(super) fn fail_next(&mut self, call: Call, error: io::Error) {
        assert!(call.is_fallible(), "{call:?} cannot fail");
        self.failures.entry(call).or_default().push_back(error);
    }

    pub(super) fn fail_nth(&mut self, n: u64, error: io::Error) {
        self.nth = Some((n, error));
    }

    /// Counts a call and says how it fails, if it is to.
    pub(super) fn begin(&mut self, call: Call) -> io::Result<()> {
        *self.counts.entry(call).or_default() += 1;
        self.fallible += u64::from(call.is_fallible());
        let is_nth = call.is_fallible() && self.nth.as_ref().is_some_and(|(n, _)| *n == self.fallible);
        let nth = self.nth.take_if(|_| is_nth).map(|(_, error)| error);
        match nth.or_else(|| self.failures.get_mut(&call)?.pop_front()) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    pub(super) fn count(&self, call: Call) -> u64 {
        self.counts.get(&call).copied().unwrap_or_default()
    }

    pub(super) fn fallible(&self) -> u64 {
        self.fallible
    }
}
