//! `herd check`: what is wrong with the configuration, or what is in effect.

use crate::Failure;
use crate::arguments::ConfigArguments;
use crate::stdio::{print, say};

pub(crate) fn check(arguments: &ConfigArguments) -> Result<(), Failure> {
    let config = arguments.load()?;
    for name in config.servers.keys() {
        config.server(name).map_err(Failure::usage)?;
    }
    print(config.effective().map_err(Failure::usage)?.as_bytes())?;
    for notice in config.notices() {
        say(format_args!("note: {notice}"));
    }
    say("The configuration is good.");
    Ok(())
}
