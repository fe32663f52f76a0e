//! One connection of a load. What it says and hears is the [`Load`]'s; it has its place there.

use protocols::LineReceiver;
use reactor::{AppCx, ConnectError, Cx, Reason};

use super::load::{Brought, Load, Moment};
use super::phases::{redial, settled, tried};

/// The longest line of a reply: all places may be one line.
pub(super) const LINE: usize = crate::places::LONGEST;

/// A connection that speaks in lines. Once rubbish has come it is closed and dialled again: from there on no reply
/// could be told from another.
#[derive(Debug)]
pub(super) struct Connection {
    place: usize,
}

impl Connection {
    pub(super) fn new(place: usize) -> Connection {
        Connection { place }
    }
}

impl LineReceiver<Load> for Connection {
    const MAX_LENGTH: usize = LINE;

    fn connection_made(&mut self, cx: &mut Cx<'_, Load, Self>) {
        made(self.place, cx);
    }

    fn line_received(&mut self, cx: &mut Cx<'_, Load, Self>, line: &[u8]) {
        match hear(self.place, cx, line) {
            Brought::Part => {}
            Brought::Reply => go_on(self.place, cx),
            Brought::Rubbish => cx.transport.abort_connection(),
        }
    }

    /// The end of a load has nothing to say, and waits for nobody.
    fn stopping(&mut self, cx: &mut Cx<'_, Load, Self>) {
        cx.transport.abort_connection();
    }

    fn connection_lost(&mut self, cx: &mut Cx<'_, Load, Self>, _: &Reason) {
        lost(self.place, cx);
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, Load>, error: &ConnectError) {
        failed(self.place, cx, error);
    }
}

pub(super) fn made<P: 'static>(place: usize, cx: &mut Cx<'_, Load, P>) {
    let caller = &mut cx.app.callers[place];
    caller.conn = Some(cx.transport.id());
    caller.backoff.reset();
    tried(cx.app, &mut cx.transport.peers(), &mut cx.reactor, place);
    let at = Moment::of(&cx.reactor);
    cx.app.send_due(&mut cx.transport.peers(), place, at);
}

/// A line came; says what it has brought.
pub(super) fn hear<P: 'static>(place: usize, cx: &mut Cx<'_, Load, P>, line: &[u8]) -> Brought {
    cx.app.hear(place, line, cx.reactor.now())
}

/// A line was settled, which makes room for another.
pub(super) fn go_on<P: 'static>(place: usize, cx: &mut Cx<'_, Load, P>) {
    let at = Moment::of(&cx.reactor);
    cx.app.send_due(&mut cx.transport.peers(), place, at);
    settled(cx.app, &mut cx.reactor);
}

pub(super) fn lost<P: 'static>(place: usize, cx: &mut Cx<'_, Load, P>) {
    if cx.reactor.is_stopping() {
        return;
    }
    cx.app.lose(place, cx.reactor.now());
    settled(cx.app, &mut cx.reactor);
    redial(cx.app, &mut cx.reactor, place);
}

pub(super) fn failed(place: usize, cx: &mut AppCx<'_, Load>, error: &ConnectError) {
    if cx.reactor.is_stopping() {
        return;
    }
    cx.app.tally.failed_connects += 1;
    if cx.app.has_nobody_but(place) {
        cx.app.trouble = Some(error.to_string());
        return cx.reactor.stop();
    }
    tried(cx.app, &mut cx.peers, &mut cx.reactor, place);
    redial(cx.app, &mut cx.reactor, place);
}
