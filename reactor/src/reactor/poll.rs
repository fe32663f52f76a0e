//! The step that waits, and notes what happened.

use std::io;
use std::time::Duration;

use super::Reactor;
use crate::net::{ConnId, Event, JobId, Net, Outcome};
use crate::requests::Request;

impl<A: 'static> Reactor<A> {
    /// Waits, and notes what happened; whether anything did.
    pub(super) fn poll(&mut self, net: &mut impl Net, at_most: Option<Duration>) -> io::Result<bool> {
        let mut events = std::mem::take(&mut self.events);
        let patience = self.patience(net, at_most);
        let polled = net.poll(patience, &mut events);
        self.core.counters.turns += 1;
        self.read_clocks(net);
        let has_events = !events.is_empty();
        for event in events.drain(..) {
            self.note(net, event);
        }
        self.events = events;
        polled.map(|()| has_events)
    }

    /// How long to wait: not at all while there is something to do, else until the next timer.
    /// The last turn may have taken long, so it is the net that knows how late it is.
    fn patience(&self, net: &impl Net, at_most: Option<Duration>) -> Option<Duration> {
        if self.is_busy() {
            return Some(Duration::ZERO);
        }
        let timer = self.next_timer().map(|at| at.since(net.now()));
        timer.into_iter().chain(at_most).min()
    }

    fn note(&mut self, net: &mut impl Net, event: Event) {
        match event {
            Event::Ready { conn, read, write, read_closed } => {
                self.on_ready(net, conn, write);
                self.on_readable(conn, read, read_closed);
            }
            Event::Incoming(port) => self.on_incoming(port),
            Event::Resolved(job, addresses) => self.on_resolved(net, job, addresses),
            Event::Done(job, outcome) => self.on_done(job, outcome),
            Event::Signal(signal) => self.signals.push(signal),
        }
    }

    pub(super) fn on_done(&mut self, job: JobId, outcome: Outcome) {
        if let Some(call) = self.core.end_job(job, outcome) {
            self.core.ask(Request::Call(call));
        }
    }

    fn on_ready(&mut self, net: &mut impl Net, conn: ConnId, write: bool) {
        let Some(link) = self.links.get_mut(conn).filter(|link| !link.is_dialling()) else {
            return self.check_attempt(net, conn);
        };
        if write && !link.writable {
            link.writable = true;
            self.wires.mark_dirty(conn);
        }
    }

    fn on_readable(&mut self, conn: ConnId, read: bool, read_closed: bool) {
        let Some(link) = self.links.get_mut(conn).filter(|link| !link.is_dialling()) else { return };
        link.readable |= read || read_closed;
        link.end_announced |= read_closed;
        self.queue_read(conn);
    }
}
