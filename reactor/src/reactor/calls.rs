//! The one place where callbacks are called, and the steps that call what was asked for.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Reactor;
use crate::cx::{AppCx, Parts};
use crate::net::{ConnId, Net};
use crate::panic_text::panic_text;
use crate::protocol::Input;
use crate::reason::Reason;
use crate::requests::{AppCall, Call, LinkCall, Request};
use crate::wires::Reading;

/// Runs user code; a panic becomes its message where panics are to be contained.
pub(super) fn guarded<R>(contain: bool, f: impl FnOnce() -> R) -> Result<R, Box<str>> {
    if !contain {
        return Ok(f());
    }
    // The reactor's own state is plain data that callbacks only append to, so it is whole after an
    // unwinding; what the application makes of its own is what Twisted leaves to it, too.
    catch_unwind(AssertUnwindSafe(f)).map_err(|panic| panic_text(&*panic).into())
}

impl<A: 'static> Reactor<A> {
    /// Tells a link's protocol something.
    pub(super) fn hear(&mut self, id: ConnId, input: Input<'_>) {
        let Reactor { app, wires, core, links, contain_panics, .. } = self;
        let Some(protocol) = links.get_mut(id).and_then(|link| link.protocol.as_mut()) else { return };
        let parts = Parts { app, wires, core };
        if let Err(message) = guarded(*contain_panics, || protocol.hear(parts, id, input)) {
            self.panicked(id, message);
        }
    }

    fn call(&mut self, call: Call<A>) {
        match call {
            Call::Link(id, f) => self.call_link(id, f),
            Call::App(f) => self.call_app(f),
        }
    }

    /// Calls back on a link, if it is made and not yet ended (laws 2 and 3).
    fn call_link(&mut self, id: ConnId, f: LinkCall<A>) {
        let Reactor { app, wires, core, links, contain_panics, .. } = self;
        let made = wires.get(id).is_some_and(|wire| wire.made);
        let protocol = links.get_mut(id).and_then(|link| link.protocol.as_mut());
        let Some(protocol) = protocol.filter(|_| made) else {
            core.counters.stale += 1;
            return;
        };
        let parts = Parts { app, wires, core };
        if let Err(message) = guarded(*contain_panics, || f(protocol.target(), parts, id)) {
            self.panicked(id, message);
        }
    }

    pub(super) fn call_app(&mut self, f: AppCall<A>) {
        let contain = self.contain_panics;
        let parts = self.parts();
        let called = guarded(contain, || f(&mut AppCx::new(parts)));
        self.count_panic(called);
    }

    /// A panic where no connection can be ended for it.
    pub(super) fn count_panic(&mut self, outcome: Result<(), Box<str>>) {
        if let Err(message) = outcome {
            self.core.counters.panics += 1;
            log::error!("a callback panicked: {message}");
        }
    }

    /// A panic ends the one connection it happened on, as an exception does in Twisted.
    fn panicked(&mut self, id: ConnId, message: Box<str>) {
        self.core.counters.panics += 1;
        log::error!("a callback of {id:?} panicked: {message}");
        self.wires.doom(id, Reason::Panicked(message));
    }

    pub(super) fn run_timers(&mut self, net: &mut impl Net) {
        if self.is_behind() {
            return;
        }
        self.expire(net);
        let mark = self.core.timers.mark();
        while let Some(call) = self.core.timers.pop_due(self.core.now, mark) {
            self.core.counters.timers += 1;
            self.call(call);
        }
    }

    /// Carries out what was asked for until now; what that asks for waits for the next turn.
    pub(super) fn run_requests(&mut self, net: &mut impl Net) {
        self.resume_links(net);
        self.carry_out_waiting(net, self.core.limits.requests_per_turn);
        self.act_on_signals(net);
    }

    /// Carries out those requests that wait now, up to so many.
    pub(super) fn carry_out_waiting(&mut self, net: &mut impl Net, most: usize) {
        for _ in 0..self.core.queue.len().min(most) {
            if let Some(request) = self.core.queue.pop_front() {
                self.core.counters.requests += 1;
                self.carry_out(net, request);
            }
        }
    }

    fn carry_out(&mut self, net: &mut impl Net, request: Request<A>) {
        match request {
            Request::Connect(id, to, protocol) => self.dial(net, id, to, protocol),
            Request::Listen(id, at, tls, factory) => {
                if let Err(error) = self.open_port(net, id, at, tls, factory) {
                    log::error!("cannot listen at {at}: {error}");
                    self.core.ports.retire(id.0);
                }
            }
            Request::ClosePort(id) => self.close_port(net, id),
            Request::RenewTls(id, tls) => self.renew_tls(id, tls),
            Request::Call(call) => self.call(call),
            Request::Resolve(job, name) => net.resolve(job, &name, 0),
            Request::Defer(job, work) => net.defer(job, work),
            Request::Stop => self.begin_stop(net),
        }
    }

    /// Lets links go on that asked for it: first with what they kept, then with newer bytes.
    fn resume_links(&mut self, net: &mut impl Net) {
        if self.core.is_swamped() {
            return;
        }
        for id in std::mem::take(&mut self.wires.notes.resumed) {
            let Some(wire) = self.wires.get_mut(id).filter(|wire| wire.reading == Reading::Resuming) else {
                continue;
            };
            wire.reading = Reading::On;
            if wire.made && wire.is_reading() {
                self.hear(id, Input::Resumed);
            }
            self.deliver_opened(net, id);
            self.queue_read(id);
        }
    }
}
