//! The step that ends what is to end, and the deadlines by which links end by themselves.

use std::io;

use super::Reactor;
use super::calls::guarded;
use crate::cx::Parts;
use crate::layer::TlsError;
use crate::link::Phase;
use crate::net::{ConnId, Net};
use crate::protocol::Input;
use crate::reason::{ConnectError, Reason};
use crate::tally::tally;
use crate::time::Time;
use crate::wires::{Closing, Wire};

impl<A: 'static> Reactor<A> {
    pub(super) fn reap(&mut self, net: &mut impl Net) {
        self.count_refused_writes();
        for (id, reason) in std::mem::take(&mut self.wires.notes.doomed) {
            self.end(net, id, &reason);
        }
        for id in std::mem::take(&mut self.wires.notes.closing) {
            self.close(net, id);
        }
        for id in std::mem::take(&mut self.wires.notes.retimed) {
            self.wires.begin_silence(id, self.core.now);
            self.arm(id);
        }
        self.enforce_stop(net);
    }

    fn count_refused_writes(&mut self) {
        let refused = &mut self.core.counters.outbox_full;
        while *refused < self.wires.refused {
            if tally(refused) {
                log::warn!("a write is refused: the outbox holds Limits::write_buffer ({refused} so far)");
            }
        }
    }

    /// Ends a link as soon as its outbox is empty (law 5).
    fn close(&mut self, net: &mut impl Net, id: ConnId) {
        let by = self.core.now + self.core.limits.flush_timeout;
        let Some(link) = self.links.get_mut(id) else { return self.close_once_dialled(id) };
        let flushed = link.layer.is_drained() && self.wires.get(id).is_none_or(|wire| wire.outbox.is_empty());
        match link.phase {
            Phase::Dialling(_) | Phase::Securing => self.dial_failed(net, id, &ConnectError::Cancelled),
            Phase::Lingering(_) => {}
            _ if flushed => self.finish(net, id),
            Phase::Closing(_) => {}
            Phase::Open => {
                link.phase = Phase::Closing(by);
                if link.layer.tls().is_some() {
                    self.wires.mark_layer(id); // it says goodbye
                }
                self.queue_read(id); // to discard; a paused link was not queued
                self.arm(id);
            }
        }
    }

    /// Waits for one that is asked for and not dialled yet, so that it hears of its end (law 2).
    fn close_once_dialled(&mut self, id: ConnId) {
        if self.core.conns.contains(id.0) {
            self.wires.notes.closing.push(id);
        }
    }

    /// The end of a link that was closed in good order: everything is sent.
    fn finish(&mut self, net: &mut impl Net, id: ConnId) {
        let Some(link) = self.links.get_mut(id) else { return };
        if link.ended {
            return self.end(net, id, &Reason::PeerClosed);
        }
        self.tell_lost(id, &Reason::Closed);
        self.linger(net, id);
    }

    /// Closes our side, and throws away what still comes until the peer closes its own.
    pub(super) fn linger(&mut self, net: &mut impl Net, id: ConnId) {
        let Some(link) = self.links.get_mut(id) else { return };
        if link.ended || (!link.write_shut && net.shutdown_write(id).is_err()) {
            return self.discard(net, id);
        }
        link.write_shut = true;
        link.phase = Phase::Lingering(self.core.now + self.core.limits.linger);
        self.drop_layer(id);
        self.queue_read(id);
        self.arm(id);
    }

    /// The end of a link, now.
    pub(super) fn end(&mut self, net: &mut impl Net, id: ConnId, reason: &Reason) {
        let Some(link) = self.links.get_mut(id) else { return };
        if !link.is_made() {
            return self.dial_failed(net, id, &ConnectError::Cancelled);
        }
        self.tell_lost(id, reason);
        self.discard(net, id);
    }

    /// The end of a link that the system has ended.
    pub(super) fn broken(&mut self, net: &mut impl Net, id: ConnId, error: io::Error) {
        match self.links.get_mut(id) {
            Some(link) if !link.is_made() => {
                self.judge_address(id, false);
                self.dial_failed(net, id, &ConnectError::Failed(error));
            }
            _ => self.end(net, id, &Reason::Lost(error)),
        }
    }

    /// Tells `connection_lost`, once; after it the id is dead (laws 2 and 3).
    pub(super) fn tell_lost(&mut self, id: ConnId, reason: &Reason) {
        let Reactor { app, wires, core, links, contain_panics, .. } = self;
        let Some(mut protocol) = links.get_mut(id).and_then(|link| link.protocol.take()) else { return };
        if let Some(wire) = wires.get_mut(id) {
            wire.closing = Closing::Doomed;
        }
        core.counters.lost += 1;
        let parts = Parts { app, wires, core };
        let told = guarded(*contain_panics, || protocol.hear(parts, id, Input::Lost(reason)));
        self.count_panic(told);
        self.core.timers.forget(id);
        self.judge_address(id, self.is_of_use(id, reason));
        self.wires.remove(id);
    }

    /// Whether the peer of a link that ends has said anything, unless we have not waited for that, and its protocol
    /// does not object to it.
    fn is_of_use(&self, id: ConnId, reason: &Reason) -> bool {
        let is_in_order = matches!(reason, Reason::Closed | Reason::PeerClosed | Reason::Stopped);
        self.wires.get(id).is_none_or(|wire| !wire.is_demoted && (wire.has_spoken || is_in_order))
    }

    /// Forgets a link and its socket.
    pub(super) fn discard(&mut self, net: &mut impl Net, id: ConnId) {
        self.drop_layer(id);
        let Some(link) = self.links.remove(id) else { return };
        match &link.phase {
            Phase::Dialling(dial) => self.close_attempts(net, id, dial),
            _ => net.close(id),
        }
        self.wires.remove(id);
        self.deadlines.remove(&(link.armed, id));
        self.core.conns.retire(id.0);
        self.end_rest(); // a descriptor may be free again
    }

    /// When a link ends by itself, as things stand.
    fn deadline(&mut self, id: ConnId) -> Time {
        let Some(link) = self.links.get_mut(id) else { return Time::NEVER };
        match &link.phase {
            Phase::Dialling(dial) => dial.give_up.min(dial.next_attempt),
            Phase::Securing => link.layer.handshake_deadline(),
            Phase::Closing(by) | Phase::Lingering(by) => *by,
            Phase::Open => {
                let expiry = self.wires.get(id).map_or(Time::NEVER, |wire| wire.expiry().0);
                expiry.min(link.layer.handshake_deadline())
            }
        }
    }

    /// Sees to it that the deadline is looked at in time. Only an earlier one needs anything done:
    /// a later one is found out when the old one comes.
    pub(super) fn arm(&mut self, id: ConnId) {
        let deadline = self.deadline(id);
        let Some(link) = self.links.get_mut(id).filter(|link| deadline < link.armed) else { return };
        self.deadlines.remove(&(link.armed, id));
        self.deadlines.insert((deadline, id));
        link.armed = deadline;
    }

    /// Ends the links whose time is up.
    pub(super) fn expire(&mut self, net: &mut impl Net) {
        while let Some(&(at, id)) = self.deadlines.first().filter(|(at, _)| *at <= self.core.now) {
            self.deadlines.remove(&(at, id));
            if let Some(link) = self.links.get_mut(id) {
                link.armed = Time::NEVER;
            }
            if self.deadline(id) > self.core.now {
                self.arm(id);
            } else {
                self.expired(net, id);
            }
        }
    }

    fn expired(&mut self, net: &mut impl Net, id: ConnId) {
        let Some(link) = self.links.get_mut(id) else { return };
        match link.phase {
            Phase::Dialling(ref dial) if self.core.now < dial.give_up => self.try_next(net, id),
            Phase::Dialling(_) => self.dial_timed_out(net, id),
            _ if link.layer.handshake_deadline() <= self.core.now => {
                self.tls_failed(net, id, TlsError::TimedOut);
            }
            Phase::Securing => {}
            Phase::Closing(_) => self.end(net, id, &Reason::FlushTimeout),
            Phase::Lingering(_) => self.discard(net, id),
            Phase::Open => self.time_is_up(id),
        }
    }

    /// The time of an open link is up, unless it is about to close: then it has the time for that (law 5).
    fn time_is_up(&mut self, id: ConnId) {
        let wire = self.wires.get(id).filter(|wire| wire.closing == Closing::No);
        if let Some((_, reason)) = wire.map(Wire::expiry) {
            self.wires.doom(id, reason);
        }
    }
}
