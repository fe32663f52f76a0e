//! `herd NAME`: one server, until it is told to stop.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::ffi::OsString;
use std::io::Write;
use std::panic::PanicHookInfo;
use std::path::Path;
use std::time::Duration;

use herd::config::{Config, Environment, PeerMode, ServerConfig};
use herd::herd::{Herd, Ports, Providers, limits, open};
use herd::journal::{DiskError, FileVolume, Journal, LOOK, Volume};
use herd::key::HerdKey;
use herd::link::{PeerTls, Proof};
use herd::paper::Correspondents;
use herd::store::Store;
use herd::traffic_log::{LogFile, TrafficLog};
use log::{debug, error};
use protocols::http::Proxies;
use reactor::mio_net::MioNet;
use reactor::{Reactor, ServerTls};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::Failure;
use crate::arguments::ConfigArguments;
use crate::reload::on_signal;
use crate::stdio;

/// Descriptors for neighbours, strangers at their port, lingering connections, files and the poll.
const OWN_DESCRIPTORS: usize = 128;
/// How long the last lines of the log may take to reach the disk.
const LAST_WRITE: Duration = Duration::from_secs(1);

pub(crate) fn serve(arguments: &ConfigArguments, name: &str) -> Result<(), Failure> {
    let config = arguments.load()?;
    let server = config.server(name).map_err(Failure::usage)?;
    log_to_stderr(name);
    for notice in config.notices() {
        debug!("{notice}"); // `herd check` says them aloud
    }
    let mut net = MioNet::new().and_then(MioNet::with_signals).map_err(Failure::other)?;
    let (mut herd, damage) = make(&config, &server)?;
    let shortage = fit_clients(&mut herd);
    let mut reactor = Reactor::new(herd, seed()?, limits(&config));
    let again = arguments.clone();
    reactor.on_signal(move |cx, signal| on_signal(cx, signal, &again));
    if let Some(notice) = damage {
        reactor.enter(&net, |cx| cx.app.notice(&mut cx.reactor, &notice));
    }
    if let Some(warning) = shortage {
        reactor.enter(&net, |cx| cx.app.warning(&mut cx.reactor, &warning));
    }
    let client_tls = client_tls(&config)?;
    let ports = Ports { clients: server.clients, client_tls, peers: server.peers };
    let clients = open(&mut reactor, &mut net, &ports)
        .map_err(|error| Failure::other(format!("cannot listen on {error}")))?;
    say_ready(name, &clients.to_string(), server.peers.map(|at| at.to_string()));
    reactor.run(&mut net).map_err(Failure::other)?;
    finish_store(&mut reactor, &mut net)?;
    finish_log(&mut reactor, &mut net)
}

/// Bounds the clients by what the descriptors allow, once as many are taken as the system lets us: without room for
/// the neighbours, a crowd of clients would cut the server off from the herd. Says if that is fewer than configured.
fn fit_clients(herd: &mut Herd) -> Option<String> {
    let descriptors = raise_descriptors();
    let own = OWN_DESCRIPTORS + herd.neighbours.paper().map_or(0, Correspondents::most_connections);
    let room = descriptors - own.min(descriptors / 2);
    let wanted = std::mem::replace(&mut herd.rules.clients, room);
    if wanted <= room {
        herd.rules.clients = wanted;
        return None;
    }
    herd.rules.descriptors = Some(descriptors);
    Some(format!(
        "{room} of {wanted} clients (limits.connections) fit: this process may have {descriptors} descriptors (ulimit -n)"
    ))
}

/// Takes as many descriptors as the system lets us; says how many that are.
pub(crate) fn raise_descriptors() -> usize {
    let limit = getrlimit(Resource::Nofile);
    // If it is refused, the old limit holds; it is read again.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(descriptors).unwrap_or(usize::MAX)
}

/// The server, knowing what it knew when it last ran; and what the operator is to be told of that.
fn make(config: &Config, server: &ServerConfig) -> Result<(Herd, Option<String>), Failure> {
    let providers = Providers::of(config, &Environment::of_process(), proxies()).map_err(Failure::usage)?;
    let proof = proof(config, server)?;
    let path = config.herd.dir.join(format!("{}.log", server.name));
    let file = LogFile::open(&path, config.log.max_size)
        .map_err(|error| Failure::other(format!("cannot open {}: {error}", path.display())))?;
    let traffic = TrafficLog::to(file, config.log.traffic);
    let records = config.herd.dir.join(format!("{}.redb", server.name));
    let (journal, store, damage) = open_journal(config, &server.name, &records)
        .map_err(|error| Failure::other(format!("cannot use {}: {error}", records.display())))?;
    let mut herd = Herd::configured(config, server, proof, providers, traffic);
    (herd.journal, herd.store) = (journal, store);
    Ok((herd, damage))
}

/// By what it and its neighbours prove who they are; the first server to start makes the herd's key.
fn proof(config: &Config, server: &ServerConfig) -> Result<Proof, Failure> {
    if config.peers.mode == PeerMode::Paper {
        return Ok(Proof::Nothing);
    }
    match PeerTls::of(config, &server.name).map_err(Failure::usage)? {
        Some(tls) => Ok(Proof::from(tls)),
        None => HerdKey::load_or_create(&config.peers.key_file).map(Proof::from).map_err(Failure::other),
    }
}

fn open_journal(
    config: &Config,
    name: &str,
    path: &Path,
) -> Result<(Journal, Store, Option<String>), DiskError> {
    let volume = || Box::new(FileVolume::new(path)) as Box<dyn Volume>;
    Journal::open_bounded(config.store.durability, volume, name, config.limits.clients_known)
}

/// What clients speak, if not plain lines. They are offered no protocol by name: there is only one.
pub(crate) fn client_tls(config: &Config) -> Result<Option<ServerTls>, Failure> {
    let Some(certificate) = config.client_certificate().map_err(Failure::usage)? else { return Ok(None) };
    let tls = ServerTls::new(&certificate.chain, &certificate.key, &[]);
    tls.map(Some).map_err(|error| Failure::usage(format!("clients.cert and clients.key: {error}")))
}

/// The variables of the process that name proxies.
pub(crate) fn proxies() -> Proxies {
    let text = |text: OsString| text.into_string().ok();
    Proxies::from_environment(
        std::env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?))),
    )
}

/// Every line begins with the server's name, so that five of them can share a terminal.
fn log_to_stderr(name: &str) {
    let name = name.to_owned();
    let filter = env_logger::Env::default().default_filter_or("info");
    env_logger::Builder::from_env(filter)
        .format(move |out, record| match record.level() {
            log::Level::Info => writeln!(out, "{name}: {}", record.args()),
            level => writeln!(out, "{name}: {}: {}", level.as_str().to_lowercase(), record.args()),
        })
        .init();
    std::panic::set_hook(Box::new(log_panic));
}

/// A bug says, like any other line, which server it is in; with RUST_BACKTRACE also how it was reached.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let message = panic.to_string().replace('\n', " ");
    let backtrace = Backtrace::capture();
    match backtrace.status() {
        BacktraceStatus::Captured => error!("{message}\n{backtrace}"),
        _ => error!("{message}"),
    }
}

/// The reactor's only randomness: for jitter and load; secrets come from the herd's key.
fn seed() -> Result<u64, Failure> {
    let random = ring::rand::generate::<[u8; 8]>(&ring::rand::SystemRandom::new());
    let bytes = random.map_err(|_| Failure::other("the system gives no random numbers"))?;
    Ok(u64::from_ne_bytes(bytes.expose()))
}

fn say_ready(name: &str, clients: &str, peers: Option<String>) {
    let peers = peers.map(|at| format!(", for neighbours on {at}")).unwrap_or_default();
    stdio::say(format_args!("{name}: ready: for clients on {clients}{peers}"));
}

/// Turns until what is known is on disk; fails if it does not get there in time.
fn finish_store(reactor: &mut Reactor<Herd>, net: &mut MioNet) -> Result<(), Failure> {
    let most = reactor::Limits::default().stop_timeout;
    let is_awaited = |herd: &mut Herd, now| herd.journal.is_awaited(&herd.store, now, most);
    while is_awaited(&mut reactor.app, reactor::Net::now(net)) {
        let _ = reactor.turn(net, Some(LOOK)).map_err(Failure::other)?;
    }
    let Herd { journal, store, .. } = &reactor.app;
    let is_kept = journal.is_written(store);
    if is_kept { Ok(()) } else { Err(Failure::other("what was learnt last is not on disk")) }
}

/// Turns until the last lines are on their way to the disk.
fn finish_log(reactor: &mut Reactor<Herd>, net: &mut MioNet) -> Result<(), Failure> {
    let until = reactor::Net::now(net) + LAST_WRITE;
    while !reactor.app.traffic.is_written() && reactor::Net::now(net) < until {
        let _ = reactor.turn(net, Some(LAST_WRITE)).map_err(Failure::other)?;
    }
    Ok(())
}
