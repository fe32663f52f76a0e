//! `herd bench first`: how long a server takes from its start to its first right reply.

use herd::bench::{First, Target, drive, start_first};
use reactor::mio_net::MioNet;
use reactor::{Limits, Net, Reactor};
use serde::Serialize;

use super::arguments::FirstArguments;
use super::summary::Micros;
use super::tell;
use crate::Failure;

#[derive(Serialize)]
struct Results<'a> {
    version: u32,
    mode: &'static str,
    target: [&'a str; 1],
    dials: u64,
    first_reply_us: f64,
}

pub(super) fn run(targets: Vec<Target>, arguments: &FirstArguments) -> Result<(), Failure> {
    let [target] = <[Target; 1]>::try_from(targets).map_err(|targets| {
        Failure::usage(format!("which of {} servers? Say --to or --servers", targets.len()))
    })?;
    let name = target.name.clone();
    let mut net = MioNet::new().and_then(MioNet::with_signals).map_err(Failure::other)?;
    let since = arguments.since.unwrap_or(net.wall_clock().as_unix_nanos());
    let mut reactor = Reactor::new(First::new(target), 0, Limits::default());
    reactor.enter(&net, |cx| start_first(cx, arguments.within));
    drive(&mut reactor, &mut net, |_, _| {}).map_err(Failure::other)?;
    let (dials, at) = reactor.app.found();
    let at = at.ok_or_else(|| Failure::other(format!("{name} has not answered, dialled {dials} times")))?;
    let first_reply_us = micros(at.as_unix_nanos().saturating_sub(since));
    let results = Results { version: 1, mode: "first", target: [&name], dials, first_reply_us };
    let summary = format!("{name}: first reply after {}, {dials} dials\n", Micros(first_reply_us));
    tell(&results, summary, arguments.json.as_ref())
}

#[expect(clippy::cast_precision_loss, reason = "hundred days in nanoseconds are less than 2^53")]
fn micros(nanos: i64) -> f64 {
    nanos as f64 / 1e3
}
