//! The steps that write each link's outbox once, and tell whose outbox is full.

use std::io::{self, IoSlice};

use super::Reactor;
use crate::layer::Layer;
use crate::link::{Link, Phase};
use crate::net::{ConnId, Net};
use crate::protocol::{Input, Pressure};
use crate::reason::Reason;
use crate::wires::{Closing, Wire};

impl<A: 'static> Reactor<A> {
    pub(super) fn flush(&mut self, net: &mut impl Net) {
        self.secure_links(net);
        let mut dirty = std::mem::take(&mut self.wires.notes.dirty);
        for id in dirty.drain(..) {
            self.flush_link(net, id);
        }
        // Callbacks of a failed write may have made others dirty; they keep their own list.
        if self.wires.notes.dirty.is_empty() {
            self.wires.notes.dirty = dirty;
        }
    }

    /// Writes an outbox once. What is not taken waits for the edge that says there is room.
    fn flush_link(&mut self, net: &mut impl Net, id: ConnId) {
        let Some(wire) = self.wires.get_mut(id) else { return };
        wire.clean();
        let Some(link) = self.links.get_mut(id) else { return };
        if !link.writable
            || link.write_shut
            || !matches!(link.phase, Phase::Securing | Phase::Open | Phase::Closing(_))
        {
            return;
        }
        if matches!(link.layer, Layer::Tls(_)) {
            return self.flush_sealed(net, id);
        }
        let waiting = wire.outbox.waiting();
        if waiting.is_empty() {
            return self.shut_write(net, id);
        }
        self.core.counters.writes += 1;
        match net.write(id, &[IoSlice::new(waiting)]) {
            Ok(count) => {
                link.writable = count == waiting.len();
                self.core.counters.bytes_out += count as u64;
                self.wires.advance(id, count);
                self.shut_write(net, id);
            }
            Err(error) => self.write_failed(net, id, error),
        }
    }

    pub(super) fn write_failed(&mut self, net: &mut impl Net, id: ConnId, error: io::Error) {
        match error.kind() {
            io::ErrorKind::WouldBlock => {
                if let Some(link) = self.links.get_mut(id) {
                    link.writable = false;
                }
            }
            io::ErrorKind::Interrupted => self.wires.mark_dirty(id),
            _ => self.broken(net, id, error),
        }
    }

    /// Closes our sending side if that was asked for and nothing waits any more.
    pub(super) fn shut_write(&mut self, net: &mut impl Net, id: ConnId) {
        let wanted = self.wires.get(id).is_some_and(|wire| wire.write_lost && wire.outbox.is_empty());
        let is_open = |link: &&mut Link<A>| !link.write_shut && link.layer.is_drained();
        let Some(link) = self.links.get_mut(id).filter(|link| wanted && is_open(link)) else { return };
        link.write_shut = true;
        if let Err(error) = net.shutdown_write(id) {
            self.end(net, id, &Reason::Lost(error));
        } else if link.ended {
            self.wires.lose(id); // both sides are closed
        }
    }

    /// Tells who has passed the high water mark this turn, and who has sunk to half of it.
    pub(super) fn report_pressure(&mut self) {
        for id in std::mem::take(&mut self.wires.notes.pressed) {
            let is_told = |wire: &&mut Wire| wire.high && wire.closing != Closing::Doomed;
            let Some(wire) = self.wires.get_mut(id).filter(is_told) else { continue };
            if !std::mem::replace(&mut wire.high_told, true) {
                self.hear(id, Input::Pressure(Pressure::High));
            }
            self.relieve(id);
        }
    }

    fn relieve(&mut self, id: ConnId) {
        let is_low = self.wires.get(id).is_some_and(|wire| self.wires.is_low(wire));
        let Some(wire) = self.wires.get_mut(id).filter(|_| is_low) else { return };
        wire.high = false;
        wire.high_told = false;
        self.hear(id, Input::Pressure(Pressure::Low));
    }
}
