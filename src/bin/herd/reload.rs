//! Signals. SIGHUP: configuration and certificates are read again, and the log is reopened. SIGUSR1: the log is
//! reopened. SIGINT, SIGTERM, SIGQUIT: the server stops. SIGCHLD: children are collected. SIGHUP and a stop also log the
//! counters.

use std::path::PathBuf;

use herd::config::{CertificateDates, Config, Environment, PeerMode, Settings};
use herd::herd::{Herd, Providers, Rules};
use herd::key::{HerdKey, KeyError};
use herd::link::{PeerTls, Proof};
use herd::traffic_log::LogFile;
use reactor::{AppCx, JobError, ServerTls, Signal, WallTime};

use crate::Failure;
use crate::arguments::ConfigArguments;
use crate::counters::say_counters;
use crate::serve::{client_tls, log_file, log_place, proxies};
use crate::signals;

/// What a running server keeps for when it reads its configuration again.
#[derive(Clone)]
pub(crate) struct Running {
    pub(crate) arguments: ConfigArguments,
    /// The file of its records, if it keeps any; the log leaves them room, wherever a new configuration has them.
    pub(crate) records: Option<PathBuf>,
}

/// Acts on a signal, beside what the reactor does itself. Files are read on a thread, not in the loop.
pub(crate) fn on_signal(cx: &mut AppCx<'_, Herd>, signal: Signal, running: &Running) {
    match signal {
        Signal::Hangup => {
            say_counters(cx);
            reopen(cx);
            reload(cx, running);
            cx.app.journal.look_after_file(&mut cx.reactor);
        }
        Signal::User1 => reopen(cx),
        Signal::Interrupt | Signal::Terminate | Signal::Quit => {
            say_counters(cx);
            if cx.reactor.is_stopping() {
                cx.app.journal.give_up();
            } else {
                cx.app.notice(&mut cx.reactor, "stopping");
            }
        }
        Signal::Child => signals::reap(|_, _| {}), // orphans, as process 1 of a container
        _ => {}
    }
}

fn reopen(cx: &mut AppCx<'_, Herd>) {
    cx.app.traffic.reopen();
    cx.app.notice(&mut cx.reactor, "the log is opened anew with the next line");
}

fn reload(cx: &mut AppCx<'_, Herd>, running: &Running) {
    let request = cx.app.reloads.ask();
    let (running, name, clock) = (running.clone(), cx.app.name.clone(), cx.reactor.wall_clock());
    let log = cx.app.traffic.place().clone();
    let done = cx.reactor.app_reply(move |cx, read: Result<Result<Fresh, String>, JobError>| {
        let read = read.unwrap_or_else(|error| Err(error.to_string()));
        // Threads may answer in another order than they were asked in: what is old by then is passed over.
        let notice = match cx.app.reloads.take(request) {
            true => take_over(cx, read),
            false => "a later SIGHUP has been obeyed already; what this one read is passed over".to_owned(),
        };
        cx.app.notice(&mut cx.reactor, &notice);
    });
    let read = move || Fresh::read(&running, &name, &log, clock).map_err(|failure| failure.message);
    cx.reactor.defer_to_thread(read, done);
}

/// What was read again. All of it is good, or there is none.
struct Fresh {
    config: Config,
    settings: Settings,
    /// If it is to be elsewhere, or of another size.
    log: Option<LogFile>,
    client_tls: Option<ServerTls>,
    peer_tls: Option<PeerTls>,
    dates: CertificateDates,
    key: Option<Result<HerdKey, KeyError>>,
}

impl Fresh {
    fn read(running: &Running, name: &str, log: &(PathBuf, u64), clock: WallTime) -> Result<Fresh, Failure> {
        let config = running.arguments.load()?;
        let peer_tls = PeerTls::of(&config, name).map_err(Failure::usage)?;
        let client_tls = client_tls(&config)?;
        // They wait for a restart, which should not be the first to find that they cannot be.
        Providers::of(&config, &Environment::of_process(), proxies()).map_err(Failure::usage)?;
        let dates = config.valid_certificates(name, clock).map_err(Failure::usage)?;
        let settings = Settings::of(&config, name).map_err(Failure::usage)?;
        let is_moved = log_place(&config, name) != *log;
        let log = is_moved.then(|| log_file(&config, name, running.records.as_deref())).transpose()?;
        let has_key = config.peers.mode == PeerMode::Links && peer_tls.is_none();
        let key = has_key.then(|| HerdKey::load(&config.peers.key_file));
        Ok(Fresh { config, settings, log, client_tls, peer_tls, dates, key })
    }
}

/// Says if the key is no longer the one that is in force: it is used until the next start.
fn look_at_key(cx: &mut AppCx<'_, Herd>, config: &Config, key: Option<Result<HerdKey, KeyError>>) {
    let (Proof::Key(ours), Some(key)) = (&cx.app.proof, key) else { return };
    let path = config.peers.key_file.display();
    let what = match key {
        Ok(key) if key == *ours => return,
        Ok(_) => format!("{path} holds another key"),
        Err(error) if error.is_missing() => {
            format!("{path} is missing, and a server that starts now makes another")
        }
        Err(error) => error.to_string(),
    };
    let notice = format!("{what}; this server keeps the herd's key that it has until a restart");
    cx.app.notice(&mut cx.reactor, &notice);
}

/// A good configuration is taken over as far as a running server can; a bad one is refused whole.
fn take_over(cx: &mut AppCx<'_, Herd>, read: Result<Fresh, String>) -> String {
    match read {
        Ok(Fresh { config, settings, log, client_tls, peer_tls, dates, key }) => {
            look_at_key(cx, &config, key);
            cx.app.rules = cx.app.rules.taken_over(&Rules::of(&config));
            cx.app.traffic.want_traffic(config.log.traffic);
            log.into_iter().for_each(|log| cx.app.traffic.move_to(log));
            cx.app.expiry.renew(dates);
            cx.app.renew(&mut cx.reactor, client_tls.as_ref(), peer_tls.map(Proof::from));
            let changes = cx.app.settings.take_over(&settings);
            format!("the configuration is read again: {changes}")
        }
        Err(error) => format!("the configuration is refused, the old one stays: {error}"),
    }
}
