//! Signals. SIGHUP: configuration and certificates are read again, and the log is reopened. SIGUSR1: the log is
//! reopened. SIGINT, SIGTERM, SIGQUIT: the server stops. SIGCHLD: children are collected. SIGHUP and a stop also log the
//! counters.

use herd::config::Config;
use herd::herd::{Herd, Rules};
use herd::link::{PeerTls, Proof};
use reactor::{AppCx, JobError, ServerTls, Signal};

use crate::Failure;
use crate::arguments::ConfigArguments;
use crate::serve::client_tls;
use crate::signals;

/// Acts on a signal, beside what the reactor does itself. Files are read on a thread, not in the loop.
pub(crate) fn on_signal(cx: &mut AppCx<'_, Herd>, signal: Signal, arguments: &ConfigArguments) {
    match signal {
        Signal::Hangup => {
            say_counters(cx);
            reopen(cx);
            reload(cx, arguments);
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
    cx.app.notice(&mut cx.reactor, "the log is opened anew");
}

fn say_counters(cx: &mut AppCx<'_, Herd>) {
    let Herd { counters, journal, desk, agent, neighbours, .. } = &*cx.app;
    let (journal, http, lag) = (journal.counters(), agent.counters(), &cx.reactor.counters().lag);
    let paper =
        neighbours.paper().map(|paper| format!("; to neighbours: {}", paper.counters())).unwrap_or_default();
    let counters = format!("since the start: {counters}{paper}; {journal}; {desk}; over HTTP: {http}; {lag}");
    cx.app.notice(&mut cx.reactor, &counters);
}

fn reload(cx: &mut AppCx<'_, Herd>, arguments: &ConfigArguments) {
    let request = cx.app.reloads.ask();
    let (arguments, name) = (arguments.clone(), cx.app.name.clone());
    let done = cx.reactor.app_reply(move |cx, read: Result<Result<Fresh, String>, JobError>| {
        let read = read.unwrap_or_else(|error| Err(error.to_string()));
        // Threads may answer in another order than they were asked in: what is old by then is passed over.
        let notice = match cx.app.reloads.take(request) {
            true => take_over(cx, read),
            false => "what was read again is older than what is in force, and passed over".to_owned(),
        };
        cx.app.notice(&mut cx.reactor, &notice);
    });
    cx.reactor
        .defer_to_thread(move || Fresh::read(&arguments, &name).map_err(|failure| failure.message), done);
}

/// What was read again. All of it is good, or there is none.
struct Fresh {
    config: Config,
    client_tls: Option<ServerTls>,
    peer_tls: Option<PeerTls>,
}

impl Fresh {
    fn read(arguments: &ConfigArguments, name: &str) -> Result<Fresh, Failure> {
        let config = arguments.load()?;
        let peer_tls = PeerTls::of(&config, name).map_err(Failure::usage)?;
        Ok(Fresh { client_tls: client_tls(&config)?, peer_tls, config })
    }
}

/// A good configuration is taken over as far as a running server can; a bad one is refused whole.
fn take_over(cx: &mut AppCx<'_, Herd>, read: Result<Fresh, String>) -> String {
    match read {
        Ok(Fresh { config, client_tls, peer_tls }) => {
            let Rules { clients, descriptors, .. } = cx.app.rules; // the reactor has room for these
            cx.app.rules = Rules { clients, descriptors, ..Rules::of(&config) };
            cx.app.traffic.want_traffic(config.log.traffic);
            cx.app.renew(&mut cx.reactor, client_tls.as_ref(), peer_tls.map(Proof::from));
            "the configuration is read again: its rules and certificates hold for new connections; addresses, \
             links, peers.mode, the herd's key, providers and sizes need a restart"
                .to_owned()
        }
        Err(error) => format!("the configuration is refused, the old one stays: {error}"),
    }
}
