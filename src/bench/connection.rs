//! One connection of a load. What it says and hears is the [`Load`]'s; it has its place there.

use protocols::LineReceiver;
use reactor::{AppCx, ConnectError, Cx, Reason};

use super::load::{Load, Moment};
use super::phases::{redial, settled, tried};

/// The longest line of a reply: one of the places' text.
const LINE: usize = 1024 * 1024;

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
        let caller = &mut cx.app.callers[self.place];
        caller.conn = Some(cx.transport.id());
        caller.backoff.reset();
        tried(cx.app, &mut cx.transport.peers(), &mut cx.reactor, self.place);
        let at = Moment::of(&cx.reactor);
        cx.app.send_due(&mut cx.transport.peers(), self.place, at);
    }

    fn line_received(&mut self, cx: &mut Cx<'_, Load, Self>, line: &[u8]) {
        let at = Moment::of(&cx.reactor);
        if cx.app.hear(self.place, line, at.now) {
            cx.app.send_due(&mut cx.transport.peers(), self.place, at);
            settled(cx.app, &mut cx.reactor);
        }
    }

    /// The end of a load has nothing to say, and waits for nobody.
    fn stopping(&mut self, cx: &mut Cx<'_, Load, Self>) {
        cx.transport.abort_connection();
    }

    fn connection_lost(&mut self, cx: &mut Cx<'_, Load, Self>, _: &Reason) {
        if cx.reactor.is_stopping() {
            return;
        }
        cx.app.lose(self.place, cx.reactor.now());
        cx.app.tally.lost_connections += 1;
        let target = cx.app.callers[self.place].target;
        cx.app.tally.targets[target].lost_connections += 1;
        settled(cx.app, &mut cx.reactor);
        redial(cx.app, &mut cx.reactor, self.place);
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, Load>, _: &ConnectError) {
        if cx.reactor.is_stopping() {
            return;
        }
        cx.app.tally.failed_connects += 1;
        tried(cx.app, &mut cx.peers, &mut cx.reactor, self.place);
        redial(cx.app, &mut cx.reactor, self.place);
    }
}
