//! The end of the loop: close the ports, let the connections finish, cut off the rest.

use super::calls::guarded;
use super::{Reactor, Turn};
use crate::cx::AppCx;
use crate::net::{Net, Signal};
use crate::protocol::Input;
use crate::reason::{ConnectError, Reason};

impl<A: 'static> Reactor<A> {
    pub(super) fn is_stopping(&self) -> bool {
        self.core.stop_by.is_some()
    }

    /// SIGINT, SIGTERM and SIGQUIT stop; the second of them cuts off at once.
    pub(super) fn act_on_signals(&mut self, net: &mut impl Net) {
        for signal in std::mem::take(&mut self.signals) {
            self.tell_signal(signal);
            match signal {
                Signal::Hangup | Signal::User1 | Signal::Child => {}
                _ if self.is_stopping() => self.core.stop_by = Some(self.core.now),
                _ => self.begin_stop(net),
            }
        }
    }

    fn tell_signal(&mut self, signal: Signal) {
        let Some(mut hook) = self.on_signal.take() else { return };
        let (contain, parts) = (self.contain_panics, self.parts());
        let told = guarded(contain, || hook(&mut AppCx::new(parts), signal));
        self.count_panic(told);
        self.on_signal = Some(hook);
    }

    pub(super) fn begin_stop(&mut self, net: &mut impl Net) {
        if self.is_stopping() {
            return;
        }
        self.core.stop_by = Some(self.core.now + self.core.limits.stop_timeout);
        for port in self.ports.ids() {
            self.close_port(net, port);
        }
        if let Some(hook) = self.on_stop.take() {
            self.call_app(hook);
        }
        for id in self.links.ids() {
            if self.links.get_mut(id).is_some_and(|link| !link.is_made()) {
                self.dial_failed(net, id, &ConnectError::Cancelled);
            } else {
                self.hear(id, Input::Stopping);
            }
        }
    }

    /// Ends whatever is left when the time of a stop is over.
    pub(super) fn enforce_stop(&mut self, net: &mut impl Net) {
        if self.core.stop_by.is_none_or(|by| by > self.core.now) || self.is_behind() {
            return;
        }
        for id in self.links.ids() {
            self.end(net, id, &Reason::Stopped);
        }
        self.carry_out_last(net);
    }

    /// Carries out what waits, and a turn's share of what that asks for; not more, for it may ask for ever.
    fn carry_out_last(&mut self, net: &mut impl Net) {
        let share = self.core.limits.requests_per_turn;
        self.carry_out_waiting(net, usize::MAX);
        for _ in 0..share {
            if self.core.queue.is_empty() {
                return;
            }
            self.carry_out_waiting(net, 1);
        }
        self.core.queue.clear();
    }

    pub(super) fn progress(&self) -> Turn {
        let is_done = self.is_stopping() && self.links.len() == 0 && self.core.queue.is_empty();
        if is_done { Turn::Stopped } else { Turn::Running }
    }
}
