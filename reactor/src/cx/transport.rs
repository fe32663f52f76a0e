//! `cx.transport`: this connection, and the others by id.

use std::fmt;
use std::io::Write as _;
use std::time::Duration;

use crate::endpoint::Peer;
use crate::layer::{ClientTls, Secured};
use crate::net::ConnId;
use crate::reason::Reason;
use crate::time::Time;
use crate::wires::{Closing, Sent, Wire, Wires};

/// This connection; Twisted's `self.transport` (`interfaces.ITransport`).
pub struct Transport<'a> {
    wires: &'a mut Wires,
    me: ConnId,
}

impl<'a> Transport<'a> {
    pub(super) fn new(wires: &'a mut Wires, me: ConnId) -> Transport<'a> {
        Transport { wires, me }
    }

    pub(super) fn reborrow(&mut self) -> Transport<'_> {
        Transport { wires: self.wires, me: self.me }
    }

    fn wire(&self) -> Option<&Wire> {
        self.wires.get(self.me)
    }

    /// The name of this connection, for [`Peers`] and [`Requests::call`](crate::Requests::call).
    pub fn id(&self) -> ConnId {
        self.me
    }

    /// Who is at the other end.
    pub fn peer(&self) -> Peer {
        self.wire().map_or(Peer::UNKNOWN, |wire| wire.peer)
    }

    /// Since when the two are connected: accepted, or dialled with success. TLS is agreed on after that and
    /// before `connection_made`, so a deadline that is to cover both begins here.
    pub fn since(&self) -> Time {
        self.wire().map_or(Time::NEVER, |wire| wire.since)
    }

    /// Writes `bytes`. They wait in the outbox; the end of the turn sends all of a turn's writes
    /// at once. After `lose_connection` nothing more is taken. A write that would exceed
    /// [`Limits::write_buffer`](crate::Limits::write_buffer) ends the connection with
    /// [`Reason::OutboxFull`], since a stream with a hole in it is worth nothing.
    pub fn write(&mut self, bytes: &[u8]) {
        self.append(|outbox| outbox.extend_from_slice(bytes));
    }

    /// Writes the parts one after the other.
    #[inline]
    pub fn write_sequence(&mut self, parts: &[&[u8]]) {
        self.append(|outbox| parts.iter().for_each(|part| outbox.extend_from_slice(part)));
    }

    /// Formats straight into the outbox: `write!(cx.transport, "{n} bottles\n")`.
    pub fn write_fmt(&mut self, args: fmt::Arguments<'_>) {
        // Writing to a Vec fails only if a Display implementation does; nothing is to be done then.
        self.append(|outbox| drop(outbox.write_fmt(args)));
    }

    fn append(&mut self, fill: impl FnOnce(&mut Vec<u8>)) {
        if self.wires.append(self.me, fill) == Sent::Full {
            self.wires.doom(self.me, Reason::OutboxFull);
        }
    }

    /// Closes once everything written before is sent (law 5). No further byte is delivered (law 6).
    pub fn lose_connection(&mut self) {
        self.wires.lose(self.me);
    }

    /// Closes now; what was not sent is lost.
    pub fn abort_connection(&mut self) {
        self.wires.doom(self.me, Reason::Aborted);
    }

    /// Closes our sending side once everything written before is sent; reading goes on
    /// (Twisted: `loseWriteConnection`).
    pub fn lose_write(&mut self) {
        self.wires.lose_write(self.me);
    }

    /// Speaks TLS from here on, as the client, with whoever can prove to be called `server`
    /// (Twisted: `startTLS`). What was written before goes out as it is; what is written from here
    /// on waits until the handshake is over and goes out sealed. What is heard from here on was
    /// sealed. If it fails, the connection ends with [`Reason::Tls`]; there is no way back. So it does
    /// where TLS is spoken already, or after `lose_write`.
    ///
    /// To be asked for between two messages of whatever was spoken before, when the peer is silent
    /// until it hears of TLS: as after the answer to a proxy's CONNECT, or to STARTTLS. Whatever is
    /// left of the chunk in hand came in clear, from anybody: refuse it.
    pub fn start_tls(&mut self, tls: &ClientTls, server: &str) {
        self.wires.secure(self.me, tls.clone(), server.to_owned());
    }

    fn secured(&self) -> Option<&Secured> {
        self.wire()?.secured.as_deref()
    }

    /// Whether TLS is spoken and agreed on.
    pub fn is_secure(&self) -> bool {
        self.secured().is_some()
    }

    /// Whether TLS has taken up an earlier session instead of proving everything anew.
    pub fn is_resumed(&self) -> bool {
        self.secured().is_some_and(|secured| secured.is_resumed)
    }

    /// Whether the peer has shown a certificate that is for the server `name`. That its authority is
    /// trusted, and its dates are right, was settled before the connection was made.
    pub fn is_peer_called(&self, name: &str) -> bool {
        self.secured().is_some_and(|secured| secured.is_peer_called(name))
    }

    /// The protocol that both sides have agreed on (ALPN, RFC 7301).
    pub fn alpn(&self) -> Option<&[u8]> {
        self.secured()?.alpn.as_deref()
    }

    /// Stops delivery, at once: a line protocol delivers no further line of the chunk in hand
    /// (law 6). What the peer sends then waits in its own socket.
    pub fn pause_reading(&mut self) {
        self.wires.pause(self.me);
    }

    /// Goes on with delivery, after this callback.
    pub fn resume_reading(&mut self) {
        self.wires.resume(self.me);
    }

    /// Whether bytes and lines are delivered at this moment: neither paused nor closing.
    #[inline]
    pub fn is_reading(&self) -> bool {
        self.wire().is_some_and(Wire::is_reading)
    }

    /// Whether the connection is being closed from this side.
    pub fn is_disconnecting(&self) -> bool {
        self.wire().is_none_or(|wire| wire.closing != Closing::No)
    }

    /// Whether the outbox has passed the high water mark and not yet sunk to half of it. A
    /// protocol that answers many small requests asks this within a chunk, where `pressure` has
    /// not been told yet.
    #[inline]
    pub fn is_high(&self) -> bool {
        self.wire().is_some_and(|wire| wire.high)
    }

    /// Bytes that wait in the outbox.
    pub fn buffered(&self) -> usize {
        self.wires.get(self.me).map_or(0, |wire| wire.outbox.len())
    }

    /// Ends the connection with [`Reason::Idle`] when nothing is heard for so long, counted from
    /// now. It costs one lazily moved timer, whatever the traffic.
    pub fn set_idle_timeout(&mut self, after: Option<Duration>) {
        self.wires.retime(self.me, |wire| {
            wire.idle = after.unwrap_or(Duration::MAX);
            wire.heard = Time::NEVER;
        });
    }

    /// Ends the connection with [`Reason::DeadlinePassed`] at `at`, whatever is heard until then:
    /// for an operation as a whole, which a drip must not prolong.
    pub fn set_deadline(&mut self, at: Option<Time>) {
        self.wires.retime(self.me, |wire| wire.deadline = at.unwrap_or(Time::NEVER));
    }

    /// If this connection was dialled by name: tries the other addresses of that name before this one, next time.
    /// For a peer that is not the one that was sought. Where nothing was heard from the peer until the connection ended
    /// in disorder, or TLS failed, this is done without asking.
    pub fn demote_address(&mut self) {
        self.wires.demote(self.me);
    }

    /// The other connections, by id.
    pub fn peers(&mut self) -> Peers<'_> {
        Peers::new(self.wires)
    }
}

/// Any connection, by id. Ids of connections that are gone are safe to use: nothing happens.
pub struct Peers<'a> {
    wires: &'a mut Wires,
}

impl<'a> Peers<'a> {
    pub(super) fn new(wires: &'a mut Wires) -> Peers<'a> {
        Peers { wires }
    }

    /// Writes `bytes` to a connection that was made, whole or not at all.
    pub fn write(&mut self, to: ConnId, bytes: &[u8]) -> Sent {
        self.wires.append(to, |outbox| outbox.extend_from_slice(bytes))
    }

    /// Writes the parts one after the other, all or none.
    pub fn write_sequence(&mut self, to: ConnId, parts: &[&[u8]]) -> Sent {
        self.wires.append(to, |outbox| parts.iter().for_each(|part| outbox.extend_from_slice(part)))
    }

    /// Closes a connection once everything written before is sent, or gives up connecting it.
    pub fn lose(&mut self, id: ConnId) {
        self.wires.lose(id);
    }

    /// Closes a connection now.
    pub fn abort(&mut self, id: ConnId) {
        self.wires.doom(id, Reason::Aborted);
    }

    /// Closes our sending side of a connection once everything written before is sent.
    pub fn lose_write(&mut self, id: ConnId) {
        self.wires.lose_write(id);
    }

    /// Stops delivery to a connection.
    pub fn pause_reading(&mut self, id: ConnId) {
        self.wires.pause(id);
    }

    /// Goes on with delivery to a connection.
    pub fn resume_reading(&mut self, id: ConnId) {
        self.wires.resume(id);
    }

    /// Whether its outbox has passed the high water mark and not yet sunk to half of it.
    pub fn is_high(&self, id: ConnId) -> bool {
        self.wires.get(id).is_some_and(|wire| wire.high)
    }

    /// Bytes that wait in its outbox; 0 if it is gone.
    pub fn buffered(&self, id: ConnId) -> usize {
        self.wires.get(id).map_or(0, |wire| wire.outbox.len())
    }

    /// Whether bytes and lines are delivered to it at this moment: neither paused nor closing.
    pub fn is_reading(&self, id: ConnId) -> bool {
        self.wires.get(id).is_some_and(|wire| wire.made && wire.is_reading())
    }

    /// When something was last heard from it, or, if nothing was, when it was made; `None` if it is gone.
    pub fn last_heard(&self, id: ConnId) -> Option<Time> {
        self.wires.get(id).map(|wire| wire.heard)
    }

    /// Whether it is made and not closing.
    pub fn is_open(&self, id: ConnId) -> bool {
        self.wires.get(id).is_some_and(|wire| wire.made && wire.closing == Closing::No)
    }
}
