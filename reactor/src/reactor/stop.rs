//! The end of the loop: close the ports, let the connections finish, cut off the rest.

use super::calls::guarded;
use super::{Reactor, Turn};
use crate::cx::AppCx;
use crate::net::{Net, Signal};
use crate::protocol::Input;
use crate::reason::{ConnectError, Reason};
use crate::time::Time;

/// How far a stop has got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stopping {
    No,
    /// Connections may finish, until then.
    Draining(Time),
}

impl Stopping {
    pub(super) fn has_begun(self) -> bool {
        self != Stopping::No
    }

    pub(super) fn by(self) -> Option<Time> {
        match self {
            Stopping::No => None,
            Stopping::Draining(by) => Some(by),
        }
    }
}

impl<A: 'static> Reactor<A> {
    /// SIGINT and SIGTERM stop; the second of them cuts off at once.
    pub(super) fn act_on_signals(&mut self, net: &mut impl Net) {
        for signal in std::mem::take(&mut self.signals) {
            self.tell_signal(signal);
            match signal {
                Signal::Hangup => {}
                _ if self.stopping.has_begun() => self.cut_off(net),
                _ => self.begin_stop(net),
            }
        }
    }

    fn tell_signal(&mut self, signal: Signal) {
        let Some(mut hook) = self.on_signal.take() else { return };
        let (contain, parts) = (self.contain_panics, self.parts());
        if let Err(message) = guarded(contain, || hook(&mut AppCx::new(parts), signal)) {
            self.core.counters.panics += 1;
            log::error!("the hook of a signal panicked: {message}");
        }
        self.on_signal = Some(hook);
    }

    pub(super) fn begin_stop(&mut self, net: &mut impl Net) {
        if self.stopping.has_begun() {
            return;
        }
        self.stopping = Stopping::Draining(self.core.now + self.core.limits.stop_timeout);
        for port in self.ports.ids() {
            self.close_port(net, port);
        }
        if let Some(hook) = self.on_stop.take() {
            self.call_app(hook);
        }
        for id in self.links.ids() {
            if self.links.get_mut(id).is_some_and(|link| link.is_dialling()) {
                self.dial_failed(net, id, &ConnectError::Cancelled);
            } else {
                self.hear(id, Input::Stopping);
            }
        }
    }

    /// Ends whatever is left.
    fn cut_off(&mut self, net: &mut impl Net) {
        for id in self.links.ids() {
            self.end(net, id, Reason::Stopped);
        }
    }

    pub(super) fn enforce_stop(&mut self, net: &mut impl Net) {
        if self.stopping.by().is_some_and(|by| by <= self.core.now) {
            self.cut_off(net);
        }
    }

    pub(super) fn progress(&self) -> Turn {
        if self.stopping.has_begun() && self.links.len() == 0 { Turn::Stopped } else { Turn::Running }
    }
}
