//! `herd check`: what is wrong with the configuration, or what is in effect.

use crate::Failure;
use crate::arguments::ConfigArguments;

pub(crate) fn check(arguments: &ConfigArguments) -> Result<(), Failure> {
    let config = arguments.load()?;
    for name in config.servers.keys() {
        config.server(name).map_err(Failure::usage)?;
    }
    print!("{}", config.effective().map_err(Failure::usage)?);
    for notice in config.notices() {
        eprintln!("note: {notice}");
    }
    eprintln!("The configuration is good.");
    Ok(())
}
