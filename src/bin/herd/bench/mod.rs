//! `herd bench`: a load on servers that speak the protocol.

mod arguments;
mod first;
mod load;
mod processor;
mod spread;
mod summary;
mod targets;
mod watch;

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::Failure;
use crate::arguments::ConfigArguments;
use crate::stdio::print;

pub(crate) use arguments::BenchArguments;
use arguments::BenchCommand;

pub(crate) fn run(config: &ConfigArguments, arguments: BenchArguments) -> Result<(), Failure> {
    let config = config.load_and_warn()?;
    let BenchArguments { command, load } = arguments;
    match command {
        None => load::run(load::LOAD, load.plan(load.targets.find(&config)?), &load.output),
        Some(BenchCommand::Hold(hold)) => {
            load::run("hold", hold.plan(hold.targets.find(&config)?), &hold.output)
        }
        Some(BenchCommand::Fill(fill)) => {
            load::run("fill", fill.plan(fill.targets.find(&config)?), &fill.output)
        }
        Some(BenchCommand::Spread(spread)) => spread::run(spread.targets.find(&config)?, &spread),
        Some(BenchCommand::First(first)) => first::run(first.targets.find(&config)?, &first),
    }
}

/// Where JSON goes to standard output nothing else does.
fn tell(results: &impl Serialize, summary: impl Display, json: Option<&PathBuf>) -> Result<(), Failure> {
    let text = || serde_json::to_string(results).map(|text| text + "\n").map_err(Failure::other);
    match json {
        Some(path) if path == Path::new("-") => return print(text()?.as_bytes()),
        Some(path) => {
            let failed = |error| Failure::other(format!("{} cannot be written: {error}", path.display()));
            fs::write(path, text()?).map_err(failed)?;
        }
        None => {}
    }
    print(summary.to_string().as_bytes())
}
