//! `herd check`: what is wrong with the configuration, or what is in effect.

use herd::config::{Config, Environment, PeerAuth, PeerMode, Problem, Provider};
use herd::herd::Providers;
use herd::key::HerdKey;
use herd::link::PeerTls;
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

/// By what neighbours prove who they are. The herd's key may be for the first server to make; certificates
/// are there for those servers that run on this machine, of which there must be one.
fn check_proof(config: &Config) -> Result<(), Failure> {
    if config.peers.mode == PeerMode::Paper {
        return Ok(()); // nobody proves anything
    }
    if config.peers.auth == PeerAuth::Tls {
        return check_certificates(config);
    }
    match HerdKey::load(&config.peers.key_file) {
        Err(error) if error.is_missing() => Ok(()),
        loaded => loaded.map(drop).map_err(Failure::usage),
    }
}

fn check_certificates(config: &Config) -> Result<(), Failure> {
    let mut missing = None;
    let mut good = 0;
    for name in config.servers.keys() {
        match PeerTls::of(config, name) {
            Ok(_) => good += 1,
            Err(error) if is_elsewhere(error.problem()) => missing = missing.or(Some(error)),
            Err(error) => return Err(Failure::usage(error)),
        }
    }
    missing.filter(|_| good == 0).map_or(Ok(()), |error| Err(Failure::usage(error)))
}

/// Whether a certificate may be another machine's: not in its place here, or another server's by name.
fn is_elsewhere(problem: &Problem) -> bool {
    matches!(problem, Problem::NoCertificate(..) | Problem::NotForServer(..))
}

/// What the configuration only names: keys, certificates, and imported places, all of which a server reads
/// before it listens.
fn check_files(config: &Config) -> Result<(), Failure> {
    check_proof(config)?;
    client_tls(config)?;
    trusted_servers(config)?;
    Providers::of(config, &Environment::of_process(), proxies()).map(drop).map_err(Failure::usage)
}
