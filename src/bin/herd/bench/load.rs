//! `herd bench`, `herd bench hold` and `herd bench fill`: loads.

use herd::bench::{Load, Plan, Results, drive, finish, start};
use reactor::mio_net::MioNet;
use reactor::{Limits, Reactor};

use super::arguments::OutputArguments;
use super::summary::Summary;
use super::tell;
use super::watch::Watch;
use crate::Failure;
use crate::serve::raise_descriptors;

/// The mode of a load that ends when its time is over, whatever was done.
pub(super) const LOAD: &str = "load";

pub(super) fn run(mode: &'static str, plan: Plan, output: &OutputArguments) -> Result<(), Failure> {
    let names: Vec<&str> = plan.targets.iter().map(|target| target.name.as_str()).collect();
    let names = names.join(", ");
    let (results, trouble) = measure(mode, plan, output)?;
    if let Some(trouble) = trouble {
        return Err(Failure::other(format!("{names}: {trouble}")));
    }
    tell(&results, Summary(&results), output.json.as_ref())?;
    let answered = results.iamat.answered + results.whatsat.as_ref().map_or(0, |kind| kind.answered);
    match (answered, mode) {
        (0, _) => Err(Failure::other("no line was answered as it should be")),
        (_, LOAD) => Ok(()),
        (reported, _) if reported == u64::from(results.clients) => Ok(()),
        (reported, _) => {
            Err(Failure::other(format!("{reported} of {} clients were reported", results.clients)))
        }
    }
}

/// The results; and why there are none to speak of, if nobody could be reached.
fn measure(
    mode: &'static str,
    plan: Plan,
    output: &OutputArguments,
) -> Result<(Results, Option<String>), Failure> {
    raise_descriptors();
    let mut net = MioNet::new().and_then(MioNet::with_signals).map_err(Failure::other)?;
    let mut reactor = Reactor::new(Load::new(plan), output.seed, Limits::default());
    reactor.on_stop(finish);
    reactor.enter(&net, start);
    let mut watch = Watch::new();
    drive(&mut reactor, &mut net, |load, net| watch.look(load, net)).map_err(Failure::other)?;
    let trouble = reactor.app.trouble().map(str::to_owned);
    Ok((reactor.app.results(mode, watch.finish(), output.histograms), trouble))
}
