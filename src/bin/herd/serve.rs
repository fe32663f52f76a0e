//! `herd NAME`: one server, until it is told to stop.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::time::Duration;

use herd::config::{Config, Durability, Environment, PeerMode, ServerConfig, Settings};
use herd::herd::{Expiry, Herd, Ports, Providers, limits, open};
use herd::journal::{DiskError, FileVolume, Journal, LOOK, Volume};
use herd::key::{HerdKey, KeyError};
use herd::link::{PeerTls, Proof};
use herd::paper::Correspondents;
use herd::store::Store;
use herd::traffic_log::{LogFile, TrafficLog};
use log::{debug, error};
use protocols::http::Proxies;
use reactor::mio_net::MioNet;
use reactor::{Net as _, Reactor, ServerTls};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::Failure;
use crate::arguments::{ConfigArguments, unknown_word};
use crate::reload::{Running, on_signal};
use crate::{stderr, stdio};

/// Descriptors for neighbours, strangers at their port, lingering connections, files and the poll.
const OWN_DESCRIPTORS: usize = 128;
/// What a server says to the `herd all` that started it, on standard output, once it listens.
pub(crate) const READY: &[u8] = b"ready\n";
/// How long the last lines of the log may take to reach the disk.
const LAST_WRITE: Duration = Duration::from_secs(1);

/// `is_child`: it was started by `herd all`, which says what all of them would say, and waits to hear that this one is
/// ready.
pub(crate) fn serve(arguments: &ConfigArguments, name: &str, is_child: bool) -> Result<(), Failure> {
    stderr::never_wait(name);
    let config = arguments.load()?;
    let server = config.server(name).map_err(|error| unknown_word(name, &config, error))?;
    log_to_stderr(name);
    for notice in config.notices() {
        debug!("{notice}"); // `herd check` says them aloud
    }
    let mut net = MioNet::new().and_then(MioNet::with_signals).map_err(Failure::other)?;
    let dates = config.valid_certificates(name, net.wall_clock()).map_err(Failure::usage)?;
    let (mut herd, notices) = make(&config, &server)?;
    herd.settings = Settings::of(&config, name).map_err(Failure::usage)?;
    (herd.expiry, herd.is_quiet_at_first) = (Expiry::of(dates), is_child);
    let shortage = fit_clients(&mut herd);
    let mut reactor = Reactor::new(herd, seed()?, limits(&config));
    let running = Running { arguments: arguments.clone(), records: records(&config, name) };
    reactor.on_signal(move |cx, signal| on_signal(cx, signal, &running));
    reactor.enter(&net, |cx| notices.iter().for_each(|notice| cx.app.notice(&mut cx.reactor, notice)));
    for warning in config.warnings().iter().filter(|_| !is_child) {
        reactor.enter(&net, |cx| cx.app.warn(&mut cx.reactor, warning));
    }
    if let Some(warning) = shortage {
        reactor.enter(&net, |cx| cx.app.warn(&mut cx.reactor, &warning));
    }
    let client_tls = client_tls(&config)?;
    let ports = Ports { clients: server.clients, client_tls, peers: server.peers };
    let clients = open(&mut reactor, &mut net, &ports)
        .map_err(|error| Failure::other(format!("cannot listen on {error}")))?;
    say_ready(name, &clients.to_string(), server.peers.map(|at| at.to_string()));
    if is_child {
        stderr::settle(); // so that what `herd all` says then stands below
        stdio::print(READY)?;
    }
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
fn make(config: &Config, server: &ServerConfig) -> Result<(Herd, Vec<String>), Failure> {
    let providers = Providers::of(config, &Environment::of_process(), proxies()).map_err(Failure::usage)?;
    let (proof, new_key) = proof(config, server)?;
    let log = log_file(config, &server.name, records(config, &server.name).as_deref())?;
    let traffic = TrafficLog::to(log, config.log.traffic);
    let records = records_file(config, &server.name);
    let (journal, store, damage) = open_journal(config, &server.name, &records)
        .map_err(|error| Failure::other(format!("cannot use {}: {error}", records.display())))?;
    let mut herd = Herd::configured(config, server, proof, providers, traffic);
    (herd.journal, herd.store) = (journal, store);
    Ok((herd, new_key.into_iter().chain(damage).collect()))
}

/// A file of the server's cannot be used. Where its folder cannot be written to, another one will do.
pub(crate) fn cannot(what: &str, path: &Path, error: &io::Error) -> Failure {
    let is_folder = matches!(
        error.kind(),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::NotADirectory
    );
    let hint = if is_folder { "; name another folder with --dir" } else { "" };
    Failure::other(format!("cannot {what} {}: {error}{hint}", path.display()))
}

/// The file of the server's records.
fn records_file(config: &Config, name: &str) -> PathBuf {
    config.herd.dir.join(format!("{name}.redb"))
}

/// The same, if it keeps any.
fn records(config: &Config, name: &str) -> Option<PathBuf> {
    (config.store.durability != Durability::No).then(|| records_file(config, name))
}

/// Where the server's log is, and its greatest size.
pub(crate) fn log_place(config: &Config, name: &str) -> (PathBuf, u64) {
    (config.log.dir.join(format!("{name}.log")), config.log.max_size)
}

/// The server's log, opened; it leaves room for the records.
pub(crate) fn log_file(config: &Config, name: &str, records: Option<&Path>) -> Result<LogFile, Failure> {
    let (path, max_size) = log_place(config, name);
    let file = LogFile::open(&path, max_size).map_err(|error| cannot("open", &path, &error))?;
    Ok(match records {
        Some(records) => file.yielding_to(records),
        None => file,
    })
}

/// By what it and its neighbours prove who they are. The first server to start makes the herd's key: what is said of
/// that comes with it, for where the others run already a key was lost.
fn proof(config: &Config, server: &ServerConfig) -> Result<(Proof, Option<String>), Failure> {
    if config.peers.mode == PeerMode::Paper {
        return Ok((Proof::Nothing, None));
    }
    if let Some(tls) = PeerTls::of(config, &server.name).map_err(Failure::usage)? {
        return Ok((Proof::from(tls), None));
    }
    let path = &config.peers.key_file;
    let (key, is_new) = HerdKey::load_or_create(path).map_err(|error| match error {
        KeyError::Io { path, source } => cannot("use", &path, &source),
        error => Failure::other(error),
    })?;
    let path = path.display();
    let notice =
        || format!("{path} did not exist: made a new herd's key; servers with another one are refused");
    Ok((Proof::from(key), is_new.then(notice)))
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
        .target(env_logger::Target::Pipe(Box::new(stderr::Lines)))
        .format(move |out, record| match record.level() {
            log::Level::Info => writeln!(out, "{name}: {}", record.args()),
            log::Level::Warn => writeln!(out, "{name}: warning: {}", record.args()),
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
