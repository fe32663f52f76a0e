//! How long a server takes from its start to its first right reply.

use std::time::Duration;

use protocols::{LineReceiver, Lines};
use reactor::{AppCx, ConnectError, Cx, Reason, WallTime};

use super::flight::{Errand, Flight, Heard, Verdict, What};
use super::plan::Target;
use super::words::Report;

/// How long after a dial that failed the next one comes: how late we may notice that the server is there.
const AGAIN: Duration = Duration::from_micros(200);
/// How long a dial, or a reply, may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// The application of a reactor that dials a server until it answers.
#[derive(Debug)]
pub struct First {
    target: Target,
    dials: u64,
    at: Option<WallTime>,
}

impl First {
    /// Dials this server.
    pub fn new(target: Target) -> First {
        First { target, dials: 0, at: None }
    }

    /// How often it was dialled, and what the wall clock said when the first right reply came, if it has.
    pub fn found(&self) -> (u64, Option<WallTime>) {
        (self.dials, self.at)
    }
}

/// Dials until the server answers, or so much time has passed.
pub fn start_first(cx: &mut AppCx<'_, First>, within: Duration) {
    cx.reactor.app_later(within, |cx| cx.reactor.stop());
    dial(cx);
}

fn dial(cx: &mut AppCx<'_, First>) {
    if cx.reactor.is_stopping() {
        return;
    }
    cx.app.dials += 1;
    let at = cx.app.target.at.clone().within(PATIENCE);
    cx.reactor.connect(at, Lines::new(Greeter { flight: Flight::new(b"") }));
}

#[derive(Debug)]
struct Greeter {
    flight: Flight,
}

impl LineReceiver<First> for Greeter {
    fn connection_made(&mut self, cx: &mut Cx<'_, First, Self>) {
        let stamp = u64::try_from(cx.reactor.wall_clock().as_unix_nanos()).unwrap_or_default();
        let (now, report) = (cx.reactor.now(), Report::new(0, stamp));
        self.flight.push(Errand { client: 0, due: now, what: What::Tell(report) });
        cx.transport.write_sequence(&[b"IAMAT ", report.as_bytes(), b"\n"]);
        cx.transport.set_deadline(Some(now + PATIENCE));
    }

    fn line_received(&mut self, cx: &mut Cx<'_, First, Self>, line: &[u8]) {
        if matches!(self.flight.hear(line), Heard::Settled(_, Verdict::Right)) {
            cx.app.at = Some(cx.reactor.wall_clock());
            cx.reactor.stop();
        }
    }

    fn stopping(&mut self, cx: &mut Cx<'_, First, Self>) {
        cx.transport.abort_connection();
    }

    fn connection_lost(&mut self, cx: &mut Cx<'_, First, Self>, _: &Reason) {
        cx.reactor.app_later(AGAIN, dial);
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, First>, _: &ConnectError) {
        cx.reactor.app_later(AGAIN, dial);
    }
}
