//! How a load begins, goes on and ends.

use std::time::Duration;

use protocols::Lines;
use reactor::{AppCx, Peers, Requests, Time};

use super::connection::Connection;
use super::http::HttpConnection;
use super::load::{Load, Moment, Phase};
use super::plan::Span;
use super::schedule::Schedule;

/// Connections on their way at once, at first: more than this overflow the queue of a server that has the usual one
/// of 50, and whoever is dropped there dials again after a second.
const DIALS: usize = 32;
/// How long a dial may take.
const DIAL_TIME: Duration = Duration::from_secs(5);
/// How long the replies to the last lines may take; and how long all servers may be silent when each client is
/// reported once.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often that silence is looked for.
const LOOK: Duration = Duration::from_millis(250);

/// Dials, sends, measures; and stops the reactor at the end.
pub fn start(cx: &mut AppCx<'_, Load>) {
    for _ in 0..DIALS {
        dial_next(cx.app, &mut cx.reactor);
    }
    if cx.app.plan.is_once() {
        begin(cx.app, &mut cx.peers, &mut cx.reactor);
    }
}

fn dial_next(app: &mut Load, reactor: &mut Requests<'_, Load>) {
    if app.next_dial < app.callers.len() {
        app.next_dial += 1;
        dial(app, reactor, app.next_dial - 1);
    }
}

fn dial(app: &Load, reactor: &mut Requests<'_, Load>, place: usize) {
    let at = app.plan.targets[app.callers[place].target].at.clone().within(DIAL_TIME);
    match app.plan.http {
        None => reactor.connect(at, Lines::new(Connection::new(place))),
        Some(_) => reactor.connect(at, HttpConnection::new(place)),
    };
}

/// A connection was tried, with success or without. Once all were, sending begins.
pub(super) fn tried(app: &mut Load, peers: &mut Peers<'_>, reactor: &mut Requests<'_, Load>, place: usize) {
    if std::mem::replace(&mut app.callers[place].is_tried, true) {
        return;
    }
    app.tried += 1;
    dial_next(app, reactor);
    if app.tried == app.callers.len() && app.phase == Phase::Dialling {
        begin(app, peers, reactor);
    }
}

/// Dials a connection that is down again, after a while.
pub(super) fn redial(app: &mut Load, reactor: &mut Requests<'_, Load>, place: usize) {
    let random = reactor.random();
    let wait = app.callers[place].backoff.wait(random);
    reactor.app_later(wait, move |cx| {
        if matches!(cx.app.phase, Phase::Dialling | Phase::Running) {
            dial(cx.app, &mut cx.reactor, place);
        }
    });
}

fn begin(app: &mut Load, peers: &mut Peers<'_>, reactor: &mut Requests<'_, Load>) {
    let at = Moment::of(reactor);
    (app.phase, app.began, app.heard) = (Phase::Running, Some(at), at.now);
    match app.plan.span {
        Span::For { warm_up, duration } => {
            app.tally.window = at.now + warm_up..at.now + warm_up + duration;
            reactor.app_later(warm_up.saturating_add(duration), drain);
        }
        Span::Once { .. } => {
            app.tally.window = at.now..Time::NEVER;
            reactor.app_later(LOOK, look);
        }
    }
    match app.rate() {
        None => (0..app.callers.len()).for_each(|place| app.send_due(peers, place, at)),
        Some(rate) => {
            app.schedule = Some(Schedule::new(at.now, rate));
            deal(app, peers, reactor);
        }
    }
}

/// Deals the lines that are due by now to their connections, and waits for the next one.
fn deal(app: &mut Load, peers: &mut Peers<'_>, reactor: &mut Requests<'_, Load>) {
    let (at, Some(schedule)) = (Moment::of(reactor), app.schedule) else { return };
    if app.phase != Phase::Running {
        return;
    }
    let mut due = schedule.due(app.next_line);
    while due <= at.now && due < app.tally.window.end {
        app.tally.looked_at(due, at.now);
        let place = place_of(app, app.next_line);
        match app.callers[place].conn {
            Some(_) => app.send_due(peers, place, at),
            None => app.skip_due(place, at.now),
        }
        app.next_line += 1;
        due = schedule.due(app.next_line);
    }
    reactor.app_later(due.since(at.now), |cx| deal(cx.app, &mut cx.peers, &mut cx.reactor));
}

#[expect(clippy::cast_possible_truncation, reason = "less than the number of connections")]
fn place_of(app: &Load, line: u64) -> usize {
    (line % app.callers.len() as u64) as usize
}

/// The time is over: nothing more is sent.
fn drain(cx: &mut AppCx<'_, Load>) {
    let end = cx.app.tally.window.end;
    (0..cx.app.callers.len()).for_each(|place| cx.app.skip_due(place, end));
    cx.app.phase = Phase::Draining;
    cx.reactor.app_later(PATIENCE, |cx| end_now(cx.app, &mut cx.reactor));
    settled(cx.app, &mut cx.reactor);
}

/// A line was settled, or will not be any more. It may have been the last.
pub(super) fn settled(app: &mut Load, reactor: &mut Requests<'_, Load>) {
    match (app.phase, app.plan.span) {
        (Phase::Draining, _) if app.in_flight == 0 => end_now(app, reactor),
        (Phase::Running, Span::Once { hold }) if app.left == 0 => hold_for(app, reactor, hold),
        _ => {}
    }
}

fn hold_for(app: &mut Load, reactor: &mut Requests<'_, Load>, hold: Duration) {
    app.tally.window.end = reactor.now();
    app.phase = Phase::Holding;
    reactor.app_later(hold, |cx| end_now(cx.app, &mut cx.reactor));
}

/// Where each client is reported once there is no time at which to end: only the servers' silence.
fn look(cx: &mut AppCx<'_, Load>) {
    let now = cx.reactor.now();
    if cx.app.phase != Phase::Running {
        return;
    }
    if now.since(cx.app.heard) > PATIENCE {
        cx.app.tally.window.end = now;
        return end_now(cx.app, &mut cx.reactor);
    }
    cx.reactor.app_later(LOOK, look);
}

fn end_now(app: &mut Load, reactor: &mut Requests<'_, Load>) {
    app.phase = Phase::Over;
    reactor.stop();
}

/// To be called when the reactor stops, for whatever reason: what was not measured by then will not be.
pub fn finish(cx: &mut AppCx<'_, Load>) {
    let window = &mut cx.app.tally.window;
    window.end = window.end.min(cx.reactor.now());
    cx.app.phase = Phase::Over;
}
