//! The step that reads each ready link once.

use std::io;

use super::Reactor;
use crate::layer::Layer;
use crate::net::{ConnId, Net};
use crate::protocol::Input;
use crate::wires::{Closing, Reading, Wire};

/// What is done with the bytes of a link.
#[derive(PartialEq)]
enum Use {
    Deliver,
    /// The link is closing or lingering; unread bytes would reset it and take our last words along.
    Discard,
    /// Paused: the bytes stay where they are, unless they are of a handshake, which goes on.
    Leave,
}

fn use_of(wire: Option<&Wire>) -> Use {
    match wire {
        Some(wire) if wire.closing == Closing::No => {
            if wire.reading == Reading::On {
                Use::Deliver
            } else {
                Use::Leave
            }
        }
        _ => Use::Discard,
    }
}

impl<A: 'static> Reactor<A> {
    /// Queues a link for reading if there may be something and it is not queued yet (law 9).
    pub(super) fn queue_read(&mut self, id: ConnId) {
        let Some(link) = self.links.get_mut(id) else { return };
        if link.readable && !link.queued && !link.ended {
            link.queued = true;
            self.ready.push_back(id);
        }
    }

    pub(super) fn read(&mut self, net: &mut impl Net) {
        if self.core.is_swamped() {
            return self.core.count_swamped();
        }
        self.secure_links(net);
        for _ in 0..self.ready.len() {
            if let Some(id) = self.ready.pop_front() {
                self.read_once(net, id);
            }
        }
    }

    fn read_once(&mut self, net: &mut impl Net, id: ConnId) {
        let Some(link) = self.links.get_mut(id) else { return };
        link.queued = false;
        let is_sealed = matches!(link.layer, Layer::Tls(_));
        let use_ = use_of(self.wires.get(id));
        if use_ == Use::Leave && !link.layer.is_handshaking() {
            return;
        }
        self.core.counters.reads += 1;
        let mut buffer = std::mem::take(&mut self.read_buffer);
        let outcome = net.read(id, &mut buffer);
        match outcome {
            Ok(0) => self.stream_ended(net, id),
            Ok(count) => {
                link.readable = count == buffer.len() || link.end_announced;
                match use_ {
                    _ if is_sealed => self.unseal(net, id, &buffer[..count]),
                    Use::Deliver => self.received(id, &buffer[..count]),
                    Use::Discard | Use::Leave => {}
                }
                self.queue_read(id);
            }
            Err(error) => self.read_failed(net, id, error),
        }
        self.read_buffer = buffer;
    }

    pub(super) fn received(&mut self, id: ConnId, data: &[u8]) {
        self.core.counters.bytes_in += data.len() as u64;
        if let Some(wire) = self.wires.get_mut(id) {
            wire.heard = self.core.now;
            wire.has_spoken = true;
        }
        self.hear(id, Input::Data(data));
    }

    /// The net has no more bytes. Under TLS that must have been announced.
    fn stream_ended(&mut self, net: &mut impl Net, id: ConnId) {
        let Some(link) = self.links.get_mut(id) else { return };
        link.readable = false;
        match link.layer.tls() {
            Some(tls) if !tls.has_peer_closed => self.cut_off(net, id),
            Some(_) if link.ended => {}
            _ => self.read_ended(net, id),
        }
    }

    /// The peer has closed its sending side.
    pub(super) fn read_ended(&mut self, net: &mut impl Net, id: ConnId) {
        let Some(link) = self.links.get_mut(id) else { return };
        link.ended = true;
        link.readable = false;
        let both_closed = link.write_shut;
        match self.wires.get(id).map(|wire| wire.closing) {
            Some(Closing::No) => {
                self.hear(id, Input::ReadClosed);
                if both_closed {
                    self.wires.lose(id);
                }
            }
            Some(_) => {}
            None => self.discard(net, id), // it lingered for this
        }
    }

    fn read_failed(&mut self, net: &mut impl Net, id: ConnId, error: io::Error) {
        match error.kind() {
            io::ErrorKind::WouldBlock => {
                if let Some(link) = self.links.get_mut(id) {
                    link.readable = false;
                    link.end_announced = false; // spurious, or of a socket that had this name before
                }
            }
            io::ErrorKind::Interrupted => self.queue_read(id),
            _ => self.broken(net, id, error),
        }
    }
}
