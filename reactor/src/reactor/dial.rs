//! Outgoing connections, from the request to `connection_made` or `connect_failed`.
//!
//! The addresses of a name are raced as RFC 8305 says: families in turn, each address a moment after
//! the one before, or at once if those before have failed. The first that is connected is the link;
//! the others are given up.
//!
//! An address that was connected and then was of no use (nothing was heard there, TLS failed, or the protocol
//! says so) is tried after the others of its name next time: a server behind one of several addresses may
//! hang, or be another one.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::Reactor;
use super::calls::guarded;
use crate::cx::Parts;
use crate::dial::{Attempt, Dial};
use crate::endpoint::{Endpoint, Host, Peer};
use crate::link::{Link, Phase};
use crate::names::Lookup;
use crate::net::{ConnId, JobId, Net};
use crate::protocol::ErasedProtocol;
use crate::reason::ConnectError;
use crate::tally::tally;
use crate::time::Time;

/// Addresses of one name tried at once; a further one waits until one of them has failed. Otherwise
/// whoever answers for the name would decide how many sockets we open (law 7).
const ATTEMPTS: usize = 8;

impl<A: 'static> Reactor<A> {
    pub(super) fn dial(
        &mut self,
        net: &mut impl Net,
        id: ConnId,
        to: Endpoint,
        protocol: Box<dyn ErasedProtocol<A>>,
    ) {
        let within = to.timeout.unwrap_or(self.core.limits.connect_timeout);
        let mut link = Link::dialling(id, protocol, Dial::to(&to, within, self.core.now + within));
        if let Host::Name(name) = &to.host {
            link.name = Some(name.as_str().into());
        }
        self.wires.insert(id, Peer::UNKNOWN, self.core.now);
        self.links.insert(link);
        self.arm(id);
        if self.is_stopping() {
            return self.dial_failed(net, id, &ConnectError::Cancelled);
        }
        if self.links.len() > self.core.limits.links {
            self.refuse_link(&to.host);
            return self.dial_failed(net, id, &ConnectError::LimitReached("links"));
        }
        match to.host {
            Host::Addr(ip) => self.race(net, id, [SocketAddr::new(ip, to.port)].into()),
            Host::Name(name) => self.look_up(net, id, &name, to.port),
        }
    }

    /// Looks a name up, which has a time limit of its own.
    fn look_up(&mut self, net: &mut impl Net, id: ConnId, name: &str, port: u16) {
        if let Some(found) = self.names.found_late(name, port, self.core.now) {
            return self.found(net, id, found);
        }
        let Some(job) = self.core.begin_lookup(self.lookups.len()) else {
            return self.dial_failed(net, id, &ConnectError::LimitReached("jobs"));
        };
        self.lookups.insert(job, Lookup { conn: id, name: name.into(), begun: self.core.now });
        self.give_up_within(id, self.core.limits.lookup_timeout);
        net.resolve(job, name, port);
    }

    fn give_up_within(&mut self, id: ConnId, time: Duration) {
        let at = self.core.now + time;
        if let Some(dial) = self.dial_of(id) {
            dial.give_up = at;
        }
        self.arm(id);
    }

    pub(super) fn on_resolved(
        &mut self,
        net: &mut impl Net,
        job: JobId,
        answer: io::Result<Vec<SocketAddr>>,
    ) {
        let Some(lookup) = self.lookups.remove(&job) else {
            return self.on_done(job, Ok(Box::new(answer))); // nobody is dialled: it was a callback that asked
        };
        self.note_lookup(&lookup);
        let is_awaited = self.dial_of(lookup.conn).is_some();
        match answer {
            Ok(found) if is_awaited => self.found(net, lookup.conn, found),
            Err(error) if is_awaited => {
                self.dial_failed(net, lookup.conn, &ConnectError::Unresolved(error));
            }
            // It was given up. Whoever dials next may be as impatient, and need not wait anew.
            Ok(found) => {
                let until = self.core.now + self.core.limits.lookup_timeout;
                self.names.keep(&lookup.name, found, until);
            }
            Err(_) => {}
        }
    }

    /// Says if a look-up was slow: the name server is to be seen to.
    fn note_lookup(&mut self, lookup: &Lookup) {
        let took = self.core.now.since(lookup.begun);
        let slow = &mut self.core.counters.slow_lookups;
        if took >= self.core.limits.slow_lookup && tally(slow) {
            log::warn!("{} was looked up in {:.1} s ({slow} slow so far)", lookup.name, took.as_secs_f64());
        }
    }

    /// The addresses of a name are known; they can be dialled for as long as the endpoint says, from now on.
    fn found(&mut self, net: &mut impl Net, id: ConnId, found: Vec<SocketAddr>) {
        let Some(within) = self.dial_of(id).map(|dial| dial.within) else { return };
        self.give_up_within(id, within);
        let mut addresses = in_turn(found);
        if let Some(name) = self.links.get_mut(id).and_then(|link| link.name.as_deref()) {
            self.names.order(name, addresses.make_contiguous());
        }
        self.race(net, id, addresses);
    }

    fn race(&mut self, net: &mut impl Net, id: ConnId, addresses: VecDeque<SocketAddr>) {
        if let Some(dial) = self.dial_of(id) {
            dial.left = addresses;
        }
        self.try_next(net, id);
    }

    /// Tries the next address, beside those that are tried already. If none is left and none is being
    /// tried, the error of the last one is the answer.
    pub(super) fn try_next(&mut self, net: &mut impl Net, id: ConnId) {
        let next = self.core.now + self.core.limits.attempt_delay;
        while let Some(address) = self.next_address(id) {
            let socket = self.name_attempt(id);
            match net.connect(address, socket) {
                Ok(()) => return self.note_attempt(id, Attempt { socket, address }, next),
                Err(error) => self.attempt_failed(id, socket, error),
            }
        }
        self.give_up_if_lost(net, id);
    }

    fn next_address(&mut self, id: ConnId) -> Option<SocketAddr> {
        let dial = self.dial_of(id).filter(|dial| dial.attempts.len() < ATTEMPTS)?;
        dial.left.pop_front()
    }

    /// The first attempt has the name of the link; one beside it needs another.
    fn name_attempt(&mut self, id: ConnId) -> ConnId {
        let is_taken =
            self.dial_of(id).is_some_and(|dial| dial.attempts.iter().any(|attempt| attempt.socket == id));
        if !is_taken {
            return id;
        }
        let socket = ConnId(self.core.conns.issue());
        self.attempts.insert(socket, id);
        socket
    }

    fn note_attempt(&mut self, id: ConnId, attempt: Attempt, next: Time) {
        if let Some(dial) = self.dial_of(id) {
            dial.attempts.push(attempt);
            dial.next_attempt = if dial.left.is_empty() { Time::NEVER } else { next };
        }
        self.arm(id);
    }

    /// An attempt has failed, or is not wanted any more; its socket is closed, or never was.
    fn attempt_failed(&mut self, id: ConnId, socket: ConnId, error: io::Error) {
        self.forget_attempt(id, socket);
        if let Some(dial) = self.dial_of(id) {
            dial.attempts.retain(|attempt| attempt.socket != socket);
            dial.last = Some(error);
        }
    }

    fn forget_attempt(&mut self, id: ConnId, socket: ConnId) {
        if socket != id {
            self.attempts.remove(&socket);
            self.core.conns.retire(socket.0);
        }
    }

    /// No further address is to be tried now. Those that are being tried have until the time is up.
    fn give_up_if_lost(&mut self, net: &mut impl Net, id: ConnId) {
        let Some(dial) = self.dial_of(id) else { return };
        dial.next_attempt = Time::NEVER;
        if !dial.attempts.is_empty() {
            return self.arm(id);
        }
        let error = match dial.last.take() {
            Some(error) => ConnectError::Failed(error),
            None => ConnectError::Unresolved(io::ErrorKind::NotFound.into()),
        };
        self.dial_failed(net, id, &error);
    }

    /// The net says that something became of an attempt.
    pub(super) fn check_attempt(&mut self, net: &mut impl Net, socket: ConnId) {
        let id = self.attempts.get(&socket).copied().unwrap_or(socket);
        let Some(dial) = self.dial_of(id) else { return };
        let Some(&attempt) = dial.attempts.iter().find(|attempt| attempt.socket == socket) else { return };
        match net.connect_result(socket) {
            Ok(()) => self.dialled(net, id, attempt),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => {
                net.close(socket);
                self.attempt_failed(id, socket, error);
                self.try_next(net, id);
            }
        }
    }

    /// One attempt is connected: it becomes the link, and the others are given up.
    fn dialled(&mut self, net: &mut impl Net, id: ConnId, won: Attempt) {
        if let Err(error) = self.take_name(net, id, won.socket) {
            net.close(won.socket);
            self.attempt_failed(id, won.socket, error);
            return self.try_next(net, id); // the others are still on their way
        }
        let Some(dial) = self.dial_of(id) else { return };
        let (tls, give_up) = (dial.tls.take(), dial.give_up);
        for attempt in std::mem::take(&mut dial.attempts) {
            if attempt.socket != won.socket {
                net.close(attempt.socket);
            }
            self.forget_attempt(id, attempt.socket);
        }
        self.core.counters.connected += 1;
        if let Some(wire) = self.wires.get_mut(id) {
            wire.since = self.core.now;
        }
        match tls {
            None => self.opened(id, Peer::at(won.address)),
            Some((tls, name)) => self.agree(net, id, Peer::at(won.address), (&tls, &name), give_up),
        }
    }

    /// Gives the winner the name of the link, for which the attempt that has it is given up.
    fn take_name(&mut self, net: &mut impl Net, id: ConnId, winner: ConnId) -> io::Result<()> {
        let Some(dial) = self.dial_of(id).filter(|_| winner != id) else { return Ok(()) };
        if let Some(index) = dial.attempts.iter().position(|attempt| attempt.socket == id) {
            dial.attempts.swap_remove(index);
            net.close(id);
        }
        net.rename(winner, id)
    }

    /// The time of a connection that is on its way is up. What was tried in vain is tried last next time.
    pub(super) fn dial_timed_out(&mut self, net: &mut impl Net, id: ConnId) {
        let Some(dial) = self.dial_of(id) else { return };
        let tried: Vec<_> = dial.attempts.iter().map(|attempt| attempt.address).collect();
        if self.lookups.values().any(|lookup| lookup.conn == id) {
            let error = io::Error::new(io::ErrorKind::TimedOut, "its look-up takes too long");
            return self.dial_failed(net, id, &ConnectError::Unresolved(error));
        }
        if let Some(name) = self.links.get_mut(id).and_then(|link| link.name.as_deref()) {
            tried.into_iter().for_each(|address| self.names.demote(name, address));
        }
        self.dial_failed(net, id, &ConnectError::TimedOut);
    }

    /// A link that was dialled by name ends: notes whether its address was of use (`is_good`).
    pub(super) fn judge_address(&mut self, id: ConnId, is_good: bool) {
        let Some(address) = self.wires.get(id).map(|wire| wire.peer.address) else { return };
        let Some(name) = self.links.get_mut(id).and_then(|link| link.name.as_deref()) else { return };
        if is_good {
            self.names.restore(name, address);
        } else {
            self.names.demote(name, address);
        }
    }

    /// Gives up: the protocol hears `connect_failed`, and nothing else ever.
    pub(super) fn dial_failed(&mut self, net: &mut impl Net, id: ConnId, error: &ConnectError) {
        self.core.counters.connect_failures += 1;
        let protocol = self.links.get_mut(id).and_then(|link| link.protocol.take());
        self.discard(net, id);
        self.tell_failed(protocol, error);
    }

    pub(super) fn tell_failed(&mut self, protocol: Option<Box<dyn ErasedProtocol<A>>>, error: &ConnectError) {
        let Some(mut protocol) = protocol else { return };
        let Reactor { app, wires, core, contain_panics, .. } = self;
        let parts = Parts { app, wires, core };
        let told = guarded(*contain_panics, || protocol.connect_failed(parts, error));
        self.count_panic(told);
    }

    /// Closes the sockets of all attempts.
    pub(super) fn close_attempts(&mut self, net: &mut impl Net, id: ConnId, dial: &Dial) {
        for attempt in &dial.attempts {
            net.close(attempt.socket);
            self.forget_attempt(id, attempt.socket);
        }
    }

    pub(super) fn dial_of(&mut self, id: ConnId) -> Option<&mut Dial> {
        match &mut self.links.get_mut(id)?.phase {
            Phase::Dialling(dial) => Some(dial),
            _ => None,
        }
    }
}

impl Dial {
    fn to(to: &Endpoint, within: Duration, give_up: Time) -> Dial {
        let name = || to.called.clone().unwrap_or_else(|| to.host.to_string());
        let tls = to.tls.clone().map(|tls| (tls, name()));
        Dial {
            left: VecDeque::new(),
            attempts: Vec::new(),
            next_attempt: Time::NEVER,
            last: None,
            within,
            give_up,
            tls,
        }
    }
}

/// The addresses with their families in turn, beginning with that of the first, which the resolver
/// likes best (RFC 8305, section 4).
fn in_turn(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first_is_ipv6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, other): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_ipv6);
    let (mut first, mut other) = (first.into_iter(), other.into_iter());
    let mut mixed = VecDeque::new();
    loop {
        let pair = [first.next(), other.next()];
        if pair == [None, None] {
            return mixed;
        }
        mixed.extend(pair.into_iter().flatten());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns_and_keep_their_order() {
        let parse = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| format!("{text}:80").parse().unwrap()).collect()
        };
        let mixed = in_turn(parse(&["[::1]", "[::2]", "[::3]", "10.0.0.1", "10.0.0.2"]));
        assert_eq!(mixed, parse(&["[::1]", "10.0.0.1", "[::2]", "10.0.0.2", "[::3]"]));
        let mixed = in_turn(parse(&["10.0.0.1", "10.0.0.2", "[::1]"]));
        assert_eq!(mixed, parse(&["10.0.0.1", "[::1]", "10.0.0.2"]));
        assert!(in_turn(vec![]).is_empty());
    }
}
