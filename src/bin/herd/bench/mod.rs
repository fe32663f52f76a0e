//! `herd bench`: a load on servers that speak the protocol.

mod arguments;
mod summary;
mod targets;
mod watch;

use std::fs;
use std::path::Path;

use herd::bench::{Load, Plan, Results, drive, finish, start};
use reactor::mio_net::MioNet;
use reactor::{Limits, Reactor};
use serde::Serialize;

use crate::Failure;
use crate::arguments::ConfigArguments;
use crate::serve::raise_descriptors;
use crate::stdio::print;

pub(crate) use arguments::BenchArguments;
use arguments::{BenchCommand, OutputArguments};
use summary::Summary;
use watch::Watch;

pub(crate) fn run(config: &ConfigArguments, arguments: BenchArguments) -> Result<(), Failure> {
    let config = config.load()?;
    let BenchArguments { command, load } = arguments;
    let (mode, plan, output) = match command {
        None => ("load", load.plan(load.targets.find(&config)?), load.output),
        Some(BenchCommand::Hold(hold)) => ("hold", hold.plan(hold.targets.find(&config)?), hold.output),
        Some(BenchCommand::Fill(fill)) => ("fill", fill.plan(fill.targets.find(&config)?), fill.output),
    };
    let results = load_servers(mode, plan, &output)?;
    tell(&results, &output)?;
    match results.iamat.answered {
        0 => Err(Failure::other("no line was answered rightly")),
        _ => Ok(()),
    }
}

fn load_servers(mode: &'static str, plan: Plan, output: &OutputArguments) -> Result<Results, Failure> {
    raise_descriptors();
    let mut net = MioNet::new().and_then(MioNet::with_signals).map_err(Failure::other)?;
    let mut reactor = Reactor::new(Load::new(plan), output.seed, Limits::default());
    reactor.on_stop(finish);
    reactor.enter(&net, start);
    let mut watch = Watch::new();
    drive(&mut reactor, &mut net, |load, net| watch.look(load, net)).map_err(Failure::other)?;
    Ok(reactor.app.results(mode, watch.finish(), output.histograms))
}

/// Where JSON goes to standard output nothing else does.
fn tell(results: &Results, output: &OutputArguments) -> Result<(), Failure> {
    match &output.json {
        Some(path) if path == Path::new("-") => print(json(results)?.as_bytes()),
        Some(path) => {
            let failed = |error| Failure::other(format!("{} cannot be written: {error}", path.display()));
            fs::write(path, json(results)?).map_err(failed)?;
            print(Summary(results).to_string().as_bytes())
        }
        None => print(Summary(results).to_string().as_bytes()),
    }
}

fn json(results: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(results).map(|text| text + "\n").map_err(Failure::other)
}
