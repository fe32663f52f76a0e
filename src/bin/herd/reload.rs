//! SIGHUP: the configuration is read again, and the log is opened anew. Any signal: the counters are said.

use herd::config::Config;
use herd::herd::{Herd, Rules};
use reactor::{AppCx, JobError, Signal};

use crate::arguments::ConfigArguments;

/// Acts on a signal, beside what the reactor does itself. Files are read on a thread, not in the loop.
pub(crate) fn on_signal(cx: &mut AppCx<'_, Herd>, signal: Signal, arguments: &ConfigArguments) {
    let Herd { counters, journal, desk, agent, .. } = &*cx.app;
    let (journal, http, lag) = (journal.counters(), agent.counters(), &cx.reactor.counters().lag);
    let counters = format!("since the start: {counters}; {journal}; {desk}; over HTTP: {http}; {lag}");
    cx.app.notice(&mut cx.reactor, &counters);
    match signal {
        Signal::Hangup => {
            cx.app.traffic.reopen();
            cx.app.notice(&mut cx.reactor, "the log is opened anew");
            let arguments = arguments.clone();
            let done = cx.reactor.app_reply(take_over);
            cx.reactor.defer_to_thread(move || arguments.load().map_err(|failure| failure.message), done);
        }
        Signal::Interrupt | Signal::Terminate if cx.reactor.is_stopping() => cx.app.journal.give_up(),
        Signal::Interrupt | Signal::Terminate => cx.app.notice(&mut cx.reactor, "stopping"),
    }
}

/// A good configuration is taken over as far as a running server can; a bad one is refused whole.
fn take_over(cx: &mut AppCx<'_, Herd>, read: Result<Result<Config, String>, JobError>) {
    let notice = match read.unwrap_or_else(|error| Err(error.to_string())) {
        Ok(config) => {
            let clients = cx.app.rules.clients; // the reactor has room for these
            cx.app.rules = Rules { clients, ..Rules::of(&config) };
            cx.app.traffic.want_traffic(config.log.traffic);
            "the configuration is read again: its rules hold for new connections; addresses, links, keys, \
             providers and sizes need a restart"
                .to_owned()
        }
        Err(error) => format!("the configuration is refused, the old one stays: {error}"),
    };
    cx.app.notice(&mut cx.reactor, &notice);
}
