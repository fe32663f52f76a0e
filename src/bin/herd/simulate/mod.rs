//! `herd simulate`: the herd on a simulated network, once per seed.

mod arguments;
mod jobs;
mod planting;
mod progress;

use herd::simulate::{Outcome, Plan, Setting, Trim, minimise, simulate};
use reactor::Time;
use reactor::mio_net::MioNet;

use crate::Failure;
use crate::arguments::ConfigArguments;
use crate::stdio;

pub(crate) use arguments::SimulateArguments;
use jobs::for_each_in_order;
use progress::Progress;

/// Runs the seeds; one line each, on standard output, the same whatever the number of jobs. Ends with 1 if any of
/// them failed.
pub(crate) fn run(config: &ConfigArguments, arguments: &SimulateArguments) -> Result<(), Failure> {
    if arguments.list_planted {
        return planting::list();
    }
    planting::check(arguments.planted.as_deref())?;
    let setting = Setting::of(&config.load_and_warn()?, arguments.draw);
    let trim = arguments.trim()?;
    let again = |seed, trim: &Trim| arguments.again(config, seed, trim);
    if arguments.minimise {
        return shorten(&setting, arguments, trim, again);
    }
    if arguments.trace {
        return tell(&setting, arguments, &trim);
    }
    run_all(&setting, arguments, &trim, again)
}

fn run_all(
    setting: &Setting,
    arguments: &SimulateArguments,
    trim: &Trim,
    again: impl Fn(u64, &Trim) -> String,
) -> Result<(), Failure> {
    let clock = MioNet::new().map_err(Failure::other)?;
    let started = now(&clock);
    let seeds = arguments.seeds();
    let mut progress = Progress::new(seeds.end - seeds.start);
    let planted = arguments.planted.as_deref();
    let run = |seed| {
        planting::plant(planted);
        simulate(&Plan::drawn(setting, seed, trim), None)
    };
    let mut failure = None;
    for_each_in_order(seeds, arguments.jobs(), run, |seed, outcome| match outcome {
        Ok(outcome) => progress.note(&outcome),
        Err(error) => {
            let _ = failure.get_or_insert_with(|| Failure::other(format!("seed {seed}: {error}")));
            Ok(())
        }
    })?;
    failure.map_or(Ok(()), Err)?;
    let failed = progress.finish(now(&clock).since(started), arguments.jobs());
    match failed {
        None => Ok(()),
        Some((count, seed)) => {
            let again = again(seed, trim);
            Err(Failure::other(format!("{count} failed; the first again: {again} --trace")))
        }
    }
}

fn now(clock: &MioNet) -> Time {
    reactor::Net::now(clock)
}

/// Each seed, told line by line.
fn tell(setting: &Setting, arguments: &SimulateArguments, trim: &Trim) -> Result<(), Failure> {
    let mut failed = Vec::new();
    for seed in arguments.seeds() {
        planting::plant(arguments.planted.as_deref());
        let plan = Plan::drawn(setting, seed, trim);
        let mut print = |line: &str| drop(stdio::print(format!("{line}\n").as_bytes()));
        let outcome = simulate(&plan, Some(&mut print)).map_err(Failure::other)?;
        stdio::print(format!("{outcome}\n").as_bytes())?;
        failed.extend((!outcome.is_ok()).then_some(seed));
    }
    if failed.is_empty() { Ok(()) } else { Err(Failure::other(format!("{} failed", failed.len()))) }
}

/// Shortens the first seed that fails, and says how to see what is left.
fn shorten(
    setting: &Setting,
    arguments: &SimulateArguments,
    trim: Trim,
    again: impl Fn(u64, &Trim) -> String,
) -> Result<(), Failure> {
    let run = |seed, trim: &Trim| {
        planting::plant(arguments.planted.as_deref());
        simulate(&Plan::drawn(setting, seed, trim), None)
    };
    let failing = arguments.seeds().find_map(|seed| run(seed, &trim).ok().filter(|outcome| !outcome.is_ok()));
    let Some(Outcome { seed, failures, struck: all, .. }) = failing else {
        return stdio::print(b"none of the seeds fails\n");
    };
    let whole = Plan::drawn(setting, seed, &Trim::default());
    let size = (whole.storm, whole.topology.len(), whole.load.clients);
    let (mut last, mut runs) = (String::new(), 0);
    let (trim, left) = minimise(trim, size, |trim| {
        runs += 1;
        let outcome = run(seed, trim).ok()?;
        let failure = outcome.failures.first().filter(|failure| failure.judge == failures[0].judge)?;
        last = failure.to_string();
        Some(outcome.struck)
    });
    let (all, left, again) = (all.len(), left.len(), again(seed, &trim));
    stdio::print(
        format!("{last}\n{left} of {all} faults are left, after {runs} runs:\n{again} --trace\n").as_bytes(),
    )
}
