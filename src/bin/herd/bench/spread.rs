//! `herd bench spread`: how long a report takes until every server knows it.

use herd::bench::{Spread, Target, drive, start_spread};
use reactor::mio_net::MioNet;
use reactor::{Limits, Reactor};

use super::arguments::SpreadArguments;
use super::processor::processor_time;
use super::summary::SpreadSummary;
use super::tell;
use crate::Failure;

pub(super) fn run(targets: Vec<Target>, arguments: &SpreadArguments) -> Result<(), Failure> {
    let mut net = MioNet::new().and_then(MioNet::with_signals).map_err(Failure::other)?;
    let mut reactor = Reactor::new(Spread::new(targets, arguments.updates), 0, Limits::default());
    reactor.enter(&net, start_spread);
    let used_before = processor_time();
    drive(&mut reactor, &mut net, |_, _| {}).map_err(Failure::other)?;
    let results = reactor.app.results(processor_time() - used_before);
    match reactor.app.trouble() {
        Some(trouble) => Err(Failure::other(trouble)),
        None => tell(&results, SpreadSummary(&results), arguments.json.as_ref()),
    }
}
