//! `herd check`: what is wrong with the configuration, or what is in effect.

use std::io;

use herd::config::{Config, Environment, Provider};
use herd::herd::Providers;
use herd::key::{HerdKey, KeyError};
use herd::places::FIELD_MASK;

use crate::Failure;
use crate::arguments::ConfigArguments;
use crate::ask::trusted_servers;
use crate::serve::{client_tls, proxies};
use crate::stdio::{print, say};

pub(crate) fn check(arguments: &ConfigArguments) -> Result<(), Failure> {
    let config = arguments.load()?;
    for name in config.servers.keys() {
        config.server(name).map_err(Failure::usage)?;
    }
    check_files(&config)?;
    print(config.effective().map_err(Failure::usage)?.as_bytes())?;
    for notice in config.notices() {
        say(format_args!("note: {notice}"));
    }
    say(format_args!("Places are asked of {}.", config.places));
    if config.places.order().contains(&Provider::Google) {
        say(format_args!("Of Google these fields are asked, and the dearest is the price: {FIELD_MASK}."));
    }
    say("The configuration is good.");
    Ok(())
}

/// The herd's key, unless the first server is yet to make it.
fn check_key(config: &Config) -> Result<(), Failure> {
    match HerdKey::load(&config.peers.key_file) {
        Err(KeyError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(()),
        loaded => loaded.map(drop).map_err(Failure::usage),
    }
}

/// What the configuration only names: keys, certificates, and imported places, all of which a server reads
/// before it listens.
fn check_files(config: &Config) -> Result<(), Failure> {
    check_key(config)?;
    client_tls(config)?;
    trusted_servers(config)?;
    Providers::of(config, &Environment::of_process(), proxies()).map(drop).map_err(Failure::usage)
}
