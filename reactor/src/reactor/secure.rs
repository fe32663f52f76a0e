//! What the turn does for links under TLS: agreeing, opening what comes, sealing what goes.

use std::io::IoSlice;

use super::Reactor;
use crate::endpoint::Peer;
use crate::layer::{ClientTls, Layer, Tls, TlsError};
use crate::link::Phase;
use crate::net::{ConnId, Net};
use crate::reason::{ConnectError, Reason};
use crate::time::Time;
use crate::wires::{Closing, Reading, Securing, Wire};

impl<A: 'static> Reactor<A> {
    /// Begins TLS on a connection that was just dialled.
    pub(super) fn agree(
        &mut self,
        net: &mut impl Net,
        id: ConnId,
        peer: Peer,
        (tls, name): (&ClientTls, &str),
        by: Time,
    ) {
        let Some(link) = self.links.get_mut(id) else { return };
        link.phase = Phase::Securing;
        if let Some(wire) = self.wires.get_mut(id) {
            wire.peer = peer;
        }
        match Tls::client(tls, name, self.core.wall_clock, by) {
            Ok(tls) => self.begin_handshake(id, tls),
            Err(error) => self.tls_failed(net, id, error),
        }
    }

    pub(super) fn begin_handshake(&mut self, id: ConnId, mut tls: Tls) {
        tls.fetch(&mut self.wires.spares);
        let Some(link) = self.links.get_mut(id) else { return };
        link.layer = Layer::Tls(Box::new(tls));
        self.wires.mark_layer(id);
        self.arm(id);
    }

    /// Begins TLS where a protocol has asked for it. Done before anything is read and before anything
    /// is written, so that nothing after `start_tls` is taken or sent as plain.
    pub(super) fn secure_links(&mut self, net: &mut impl Net) {
        for securing in std::mem::take(&mut self.wires.notes.securing) {
            let id = securing.id;
            if let Err(error) = self.secure(securing) {
                self.tls_failed(net, id, error);
            }
        }
    }

    fn secure(&mut self, Securing { id, tls, name, clear }: Securing) -> Result<(), TlsError> {
        let Some(link) = self.links.get_mut(id).filter(|link| link.protocol.is_some()) else { return Ok(()) };
        if link.layer.tls().is_some() {
            return Err(TlsError::Misplaced); // or the outer peer would pass for the inner one
        }
        let by = self.core.now + self.core.limits.handshake_timeout;
        let mut tls = Tls::client(&tls, &name, self.core.wall_clock, by)?;
        self.keep_clear(id, &mut tls, clear);
        self.begin_handshake(id, tls);
        self.queue_read(id); // a paused link was not queued
        Ok(())
    }

    /// What was written before `start_tls` goes to the net as it is, before anything sealed.
    fn keep_clear(&mut self, id: ConnId, tls: &mut Tls, clear: usize) {
        let Some(wire) = self.wires.get(id) else { return };
        let plain = wire.outbox.waiting()[..clear.min(wire.outbox.len())].to_vec();
        tls.sealed.appendable(&mut self.wires.spares).extend_from_slice(&plain);
        self.wires.advance(id, plain.len());
    }

    /// The net has brought bytes under TLS.
    pub(super) fn unseal(&mut self, net: &mut impl Net, id: ConnId, wire: &[u8]) {
        let now = self.core.wall_clock;
        let Some(tls) = self.links.get_mut(id).and_then(|link| link.layer.tls()) else { return };
        let was_handshaking = tls.is_handshaking();
        let taken = tls.take(wire, now, &mut self.wires.spares);
        let is_agreed = was_handshaking && !tls.is_handshaking();
        if !tls.sealed.is_empty() {
            self.wires.mark_layer(id);
        }
        if is_agreed {
            self.agreed(id);
        }
        self.deliver_opened(net, id);
        if let Err(error) = taken {
            self.tls_failed(net, id, error);
        }
    }

    /// The handshake is over.
    fn agreed(&mut self, id: ConnId) {
        let Some(link) = self.links.get_mut(id) else { return };
        let Some(secured) = link.layer.tls().map(|tls| tls.secured()) else { return };
        self.core.counters.handshakes += 1;
        self.core.counters.handshakes_resumed += u64::from(secured.is_resumed);
        let is_new = matches!(link.phase, Phase::Securing);
        let Some(wire) = self.wires.get_mut(id) else { return };
        wire.secured = Some(Box::new(secured));
        let peer = wire.peer;
        self.wires.mark_layer(id);
        if is_new {
            self.opened(id, peer);
        }
    }

    /// Delivers what was opened, and then the end, unless the protocol has paused.
    pub(super) fn deliver_opened(&mut self, net: &mut impl Net, id: ConnId) {
        let (is_reading, is_closing) = match self.wires.get(id) {
            Some(wire) => (wire.reading == Reading::On, wire.closing != Closing::No),
            None => (false, true),
        };
        let Some(tls) = self.links.get_mut(id).and_then(|link| link.layer.tls()) else { return };
        if is_closing {
            tls.opened.clear(&mut self.wires.spares);
        } else if is_reading && !tls.opened.is_empty() {
            let mut opened = std::mem::take(&mut tls.opened);
            self.received(id, opened.waiting());
            opened.clear(&mut self.wires.spares);
        }
        self.deliver_end(net, id);
    }

    fn deliver_end(&mut self, net: &mut impl Net, id: ConnId) {
        let is_paused =
            self.wires.get(id).is_some_and(|w| w.reading != Reading::On && w.closing == Closing::No);
        let Some(link) = self.links.get_mut(id) else { return };
        let has_ended = link.layer.tls().is_some_and(|tls| tls.has_peer_closed);
        if has_ended && !link.ended && !is_paused {
            self.read_ended(net, id);
        }
    }

    /// The net's stream has ended, and TLS did not say that it would.
    pub(super) fn cut_off(&mut self, net: &mut impl Net, id: ConnId) {
        let Some(link) = self.links.get_mut(id) else { return };
        link.ended = true;
        if link.layer.is_handshaking() {
            return self.tls_failed(net, id, TlsError::Closed);
        }
        self.core.counters.truncated += 1;
        if self.wires.get(id).is_some_and(|wire| wire.closing != Closing::No) {
            return; // nobody listens, and what waits still goes out (law 5)
        }
        self.end(net, id, &Reason::Truncated);
    }

    /// Ends a link for a reason of TLS. The peer is told by the alert, if there is one, and then as
    /// after any close: the socket lingers, so that the alert is not destroyed on its way.
    pub(super) fn tls_failed(&mut self, net: &mut impl Net, id: ConnId, error: TlsError) {
        let Some(link) = self.links.get_mut(id) else { return };
        let is_made = link.is_made();
        if let Some(tls) = link.layer.tls() {
            let alert = tls.sealed.waiting();
            if link.writable && !link.write_shut && !alert.is_empty() {
                self.core.counters.writes += 1;
                let sent = net.write(id, &[IoSlice::new(alert)]); // it is an attempt
                self.core.counters.bytes_out += sent.unwrap_or(0) as u64;
            }
        }
        if is_made {
            self.tell_lost(id, &Reason::Tls(error));
        } else {
            self.core.counters.connect_failures += 1;
            let protocol = link.protocol.take();
            self.judge_address(id, false);
            self.wires.remove(id);
            self.tell_failed(protocol, &ConnectError::Tls(error));
        }
        self.linger(net, id);
    }

    /// A link is done with TLS, or with all.
    pub(super) fn drop_layer(&mut self, id: ConnId) {
        let Some(link) = self.links.get_mut(id) else { return };
        if let Layer::Tls(mut tls) = std::mem::replace(&mut link.layer, Layer::Plain) {
            self.core.counters.handshakes_failed += u64::from(tls.is_handshaking());
            tls.clear(&mut self.wires.spares);
        }
    }

    /// Seals what waits and sends it. What is not taken waits for the edge that says there is room.
    pub(super) fn flush_sealed(&mut self, net: &mut impl Net, id: ConnId) {
        self.seal(id);
        let Some(link) = self.links.get_mut(id) else { return };
        let Some(tls) = link.layer.tls() else { return };
        if tls.sealed.is_empty() {
            return self.sealed_is_sent(net, id);
        }
        let waiting = tls.sealed.waiting();
        let all = waiting.len();
        self.core.counters.writes += 1;
        match net.write(id, &[IoSlice::new(waiting)]) {
            Ok(count) => {
                tls.sealed.advance(count, &mut self.wires.spares);
                link.writable = count == all;
                self.core.counters.bytes_out += count as u64;
                self.sealed_is_sent(net, id);
            }
            Err(error) => self.write_failed(net, id, error),
        }
    }

    /// Seals the beginning of the outbox, and the farewell once nothing will follow.
    fn seal(&mut self, id: ConnId) {
        let Some(wire) = self.wires.get_mut(id) else { return };
        let Some(tls) = self.links.get_mut(id).and_then(|link| link.layer.tls()) else { return };
        if tls.is_handshaking() || !tls.sealed.is_empty() {
            return;
        }
        let is_last = is_last(wire);
        let outbox = std::mem::take(&mut wire.outbox);
        let count = tls.seal(outbox.waiting(), &mut self.wires.spares);
        if is_last && count == outbox.len() {
            tls.say_goodbye(&mut self.wires.spares);
        }
        if let Some(wire) = self.wires.get_mut(id) {
            wire.outbox = outbox;
            wire.layer_waits = true;
        }
        self.wires.advance(id, count);
    }

    /// Goes on after a write: with what is not sealed yet next turn, and with the end at once.
    fn sealed_is_sent(&mut self, net: &mut impl Net, id: ConnId) {
        let Some(link) = self.links.get_mut(id) else { return };
        let (is_writable, is_drained) = (link.writable, link.layer.is_drained());
        let Some(tls) = link.layer.tls() else { return };
        let Some(wire) = self.wires.get_mut(id) else { return };
        let is_agreed = !tls.is_handshaking();
        let owes_goodbye = is_last(wire) && is_agreed && !tls.has_said_goodbye();
        wire.layer_waits = owes_goodbye || !tls.sealed.is_empty();
        if is_drained && wire.closing == Closing::Flushing {
            return self.wires.notes.closing.push(id);
        }
        if is_writable && is_agreed && (wire.layer_waits || !wire.outbox.is_empty()) {
            self.wires.mark_dirty(id);
        }
        self.shut_write(net, id);
    }
}

/// Whether nothing will be written after what waits.
fn is_last(wire: &Wire) -> bool {
    wire.write_lost || wire.closing == Closing::Flushing
}
