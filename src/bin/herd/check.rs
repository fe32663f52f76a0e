//! `herd check`: what is wrong with the configuration, or what is in effect.

use herd::config::{
    CertificateDates, Config, ConfigError, Environment, PeerAuth, PeerMode, Problem, Provider,
};
use herd::herd::Providers;
use herd::key::HerdKey;
use herd::link::PeerTls;
use herd::places::FIELD_MASK;
use reactor::mio_net::MioNet;
use reactor::{Net as _, WallTime};

use crate::Failure;
use crate::arguments::{ConfigArguments, unknown_word};
use crate::ask::trusted_servers;
use crate::serve::{client_tls, proxies};
use crate::stdio::{print, say};

pub(crate) fn check(arguments: &ConfigArguments, server: Option<&str>) -> Result<(), Failure> {
    let config = arguments.load_and_warn()?;
    let names = match server {
        Some(name) => vec![config.server(name).map_err(|error| unknown_word(name, &config, error))?.name],
        None => config.servers.keys().cloned().collect(),
    };
    for name in &names {
        config.server(name).map_err(Failure::usage)?;
    }
    let clock = MioNet::new().map_err(Failure::other)?.wall_clock();
    let warnings = check_files(&config, server, clock)?;
    print(config.effective().map_err(Failure::usage)?.as_bytes())?;
    for notice in config.notices().iter().chain(&warnings) {
        say(format_args!("note: {notice}"));
    }
    say(format_args!("Places are asked of {}.", config.places));
    if config.places.order().contains(&Provider::Google) {
        say(format_args!("Of Google these fields are asked, and the dearest is the price: {FIELD_MASK}."));
    }
    match server {
        Some(name) => say(format_args!("The configuration is good, and so is what {name} will read.")),
        None => say("The configuration is good."),
    }
    Ok(())
}

/// What the configuration only names: keys, certificates, and imported places, all of which a server reads before it
/// listens. Returns what is to be said of certificates.
fn check_files(config: &Config, server: Option<&str>, clock: WallTime) -> Result<Vec<String>, Failure> {
    client_tls(config)?;
    trusted_servers(config)?;
    let dates = match server {
        Some(name) => check_server(config, name, clock).map_err(Failure::usage)?,
        None => check_all(config, clock)?,
    };
    check_key(config)?;
    Providers::of(config, &Environment::of_process(), proxies()).map_err(Failure::usage)?;
    Ok(dates.warnings(clock))
}

fn check_server(config: &Config, name: &str, clock: WallTime) -> Result<CertificateDates, ConfigError> {
    PeerTls::of(config, name)?;
    config.valid_certificates(name, clock)
}

/// Certificates are there for those servers that run on this machine, of which there must be one.
fn check_all(config: &Config, clock: WallTime) -> Result<CertificateDates, Failure> {
    let (mut good, mut missing) = (None, None);
    for name in config.servers.keys() {
        match check_server(config, name, clock) {
            Ok(dates) => good = Some(dates),
            Err(error) if is_elsewhere(error.problem()) => missing = missing.or(Some(error)),
            Err(error) => return Err(Failure::usage(error)),
        }
    }
    match (good, missing) {
        (Some(dates), _) => Ok(dates),
        (None, Some(error)) => Err(Failure::usage(error)),
        (None, None) => Ok(CertificateDates::default()),
    }
}

/// Whether a certificate may be another machine's: not in its place here, or another server's by name.
fn is_elsewhere(problem: &Problem) -> bool {
    matches!(problem, Problem::NoCertificate(..) | Problem::NotForServer(..))
}

/// The herd's key, by which neighbours prove who they are; it may be for the first server to make.
fn check_key(config: &Config) -> Result<(), Failure> {
    if config.peers.mode == PeerMode::Paper || config.peers.auth == PeerAuth::Tls {
        return Ok(());
    }
    match HerdKey::load(&config.peers.key_file) {
        Err(error) if error.is_missing() => Ok(()),
        loaded => loaded.map(drop).map_err(Failure::usage),
    }
}
