//! One commit after the other.

use std::sync::Arc;
use std::time::Duration;

use reactor::{AppCx, JobError, Requests};

use super::{DiskError, Journal, MOST, SECOND, SHARE, State};
use crate::buggify::{Point, fires};
use crate::command::is_of;
use crate::config::Durability;
use crate::herd::{Herd, Neighbour, ServerProtocol};
use crate::planted::{Planted, is_planted};
use crate::store::{Record, Store};

/// How long a commit is delayed by [`Point::SlowCommit`].
const DELAY: Duration = Duration::from_millis(500);

/// Gathers a batch, one share of it a turn, and has it written; unless a commit is under way.
pub(super) fn commit(cx: &mut AppCx<'_, Herd>) {
    let room = room(cx.app);
    let Herd { journal, store, name, .. } = &mut *cx.app;
    if matches!(journal.state, State::Idle | State::Writing) {
        return;
    }
    if fires(Point::SlowCommit) {
        cx.reactor.app_later(DELAY, commit);
    } else if journal.gathers(store, name, room) {
        journal.evict(store); // others, while these come
        cx.reactor.app_later(Duration::ZERO, commit);
    } else {
        journal.write(&mut cx.reactor);
    }
}

/// Bytes of news that a batch may have. In `always` all of them are passed on in one turn: so many find room in the
/// queue of a neighbour that keeps up, beside whatever else it is told. For one that is down nothing waits.
fn room(herd: &Herd) -> usize {
    let is_told = herd.neighbours.paper().is_some() || herd.neighbours.iter().any(Neighbour::is_up);
    if is_told && !herd.journal.floods_at_once() {
        (herd.rules.neighbour_queue / 2).max(1)
    } else {
        usize::MAX
    }
}

/// The disk has answered, or no thread was to be had.
fn done(cx: &mut AppCx<'_, Herd>, outcome: Result<Result<Option<String>, DiskError>, JobError>) {
    if let Some(took) = cx.app.journal.silence.ends(cx.reactor.now()) {
        let notice = format!("the disk answers again, after {} ms", took.as_millis());
        cx.app.notice(&mut cx.reactor, &notice);
    }
    let why = match outcome {
        Ok(Ok(put_back)) => {
            put_back.iter().for_each(|notice| cx.app.notice(&mut cx.reactor, notice));
            return written(cx);
        }
        Ok(Err(_)) if is_planted(Planted::FailedCommitIsDone) => return written(cx),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    failed(cx, &why);
}

fn written(cx: &mut AppCx<'_, Herd>) {
    let journal = &mut cx.app.journal;
    journal.committed = journal.taken;
    journal.counters.commits += 1;
    journal.counters.records += journal.batch.len() as u64;
    if let Some(since) = journal.failing.take() {
        let lasted = cx.reactor.now().since(since).as_millis();
        let notice = format!("the disk is well again: records were not written for {lasted} ms");
        cx.app.notice(&mut cx.reactor, &notice);
    }
    pass_on(cx);
    tell_who_waits(cx.app, &mut cx.reactor);
    let Herd { journal, store, .. } = &mut *cx.app;
    journal.forget_batch();
    store.settle();
    journal.evict(store);
    journal.go_on(store, &mut cx.reactor);
}

/// In `always` the neighbours hear of a report now that it is on disk.
fn pass_on(cx: &mut AppCx<'_, Herd>) {
    let Herd { journal, neighbours, traffic, name, .. } = &mut *cx.app;
    if journal.floods_at_once() {
        return;
    }
    for (_, line) in journal.batch.iter() {
        if is_of(line, name) {
            neighbours.flood(None, line, traffic, &mut cx.peers, &mut cx.reactor);
        }
    }
}

fn failed(cx: &mut AppCx<'_, Herd>, why: &str) {
    let journal = &mut cx.app.journal;
    journal.counters.failed += 1;
    journal.state = State::Due;
    cx.reactor.app_later(SECOND, commit);
    if journal.failing.is_none() {
        journal.failing = Some(cx.reactor.now());
        let closed = journal.waiting.len();
        let notice = match journal.durability {
            Durability::Always => format!(
                "the disk fails: {why}; reports are refused until it is well, and the {closed} clients that \
                 wait for it are closed"
            ),
            _ => format!("the disk fails: {why}; the server goes on, and tries again every second"),
        };
        cx.app.notice(&mut cx.reactor, &notice);
    }
    tell_who_waits(cx.app, &mut cx.reactor);
}

/// Each looks for itself whether what it waits for has come, or will not.
fn tell_who_waits(herd: &mut Herd, reactor: &mut Requests<'_, Herd>) {
    for client in std::mem::take(&mut herd.journal.waiting) {
        reactor.call(client, ServerProtocol::disk_answered);
    }
}

impl Journal {
    /// Whether a report that this `server` took is not on disk yet, in `always`: nobody may be told of it, for if it
    /// were forgotten here its client could make it again, and get another line. Once it is on disk it is flooded.
    pub fn hides(&self, line: &[u8], server: &str, store: &Store) -> bool {
        if self.floods_at_once() || !is_of(line, server) {
            return false;
        }
        let id = line.split(|&byte| byte == b' ').nth(3).unwrap_or_default();
        store.get(id).is_some_and(Record::is_listed) || self.batch.holds(id)
    }

    /// Takes a share of what has changed into the batch, until the news in it, what this `server` took, fill the
    /// `room`; one that could not be written is not added to. Whether another share is to be taken.
    fn gathers(&mut self, store: &mut Store, server: &str, room: usize) -> bool {
        if self.state == State::Due && !self.batch.is_empty() {
            return false;
        }
        if Arc::get_mut(&mut self.batch).is_none() {
            self.batch = Arc::default(); // a thread still has the old one, though it has answered
        }
        let Some(batch) = Arc::get_mut(&mut self.batch) else { return false };
        let (share, most) = if fires(Point::TinyCommit) { (1, 1) } else { (SHARE, MOST) };
        let end = most.min(batch.len() + share);
        self.has_more = true;
        while self.has_more && batch.len() < end && self.news < room {
            self.taken = store.take_changes(1, |record| {
                batch.push(record);
                self.news += if is_of(record.line(), server) { record.line().len() } else { 0 };
            });
            self.has_more = self.taken < store.changes();
        }
        self.state = State::Gathering;
        self.has_more && batch.len() < most && self.news < room
    }

    fn write(&mut self, reactor: &mut Requests<'_, Herd>) {
        self.state = State::Idle;
        let Some(disk) = self.disk.clone().filter(|_| !self.batch.is_empty()) else { return };
        self.state = State::Writing;
        self.silence.begins(reactor);
        let batch = Arc::clone(&self.batch);
        let done = reactor.app_reply(done);
        reactor.defer_to_thread(move || disk.commit(&batch), done);
    }

    fn forget_batch(&mut self) {
        self.news = 0;
        match Arc::get_mut(&mut self.batch) {
            Some(batch) => batch.clear(),
            None => self.batch = Arc::default(),
        }
    }

    /// After a commit: what has changed meanwhile is due, in `everysec` after another second unless the batch was
    /// too small for what was due.
    fn go_on(&mut self, store: &Store, reactor: &mut Requests<'_, Herd>) {
        self.state = State::Idle;
        if store.changes() > self.committed {
            self.state = State::Due;
            let wait = if self.has_more { Duration::ZERO } else { self.patience() };
            reactor.app_later(wait, commit);
        }
    }

    pub(crate) fn count_closed(&mut self) {
        self.counters.closed += 1;
    }
}
