//! Records that lie on disk alone are found there.
//!
//! Whoever is told something of such a client, or asked about it, lets the line wait and has the record sought. One
//! thread at a time looks for all that are wanted by then: the more of them, the more one look does, as with
//! commits. In this way a bounded number of jobs serves any number of connections.

use std::sync::Arc;

use reactor::{AppCx, ConnId, JobError, Reply, Requests, tally};

use super::value::as_at_line;
use super::{DiskError, Found, Journal};
use crate::herd::Herd;
use crate::store::{Bucket, Store};

/// Records that are looked for at a time: what a thread finds in some ten milliseconds.
const MOST: usize = 1024;

/// What has become of a record that was sought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sought {
    /// It is in memory again. It may leave again before one looks.
    Found,
    /// There is none: the client is new, or what was there is altered.
    Unknown,
    /// The disk could not be read.
    Failed,
}

/// The records that are wanted.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// One for each connection at most, for the lines behind it wait. It is forgotten when its connection has gone,
    /// unless a thread is just at it: then it has its answer, which nobody hears.
    wanted: Vec<Want>,
    is_under_way: bool,
}

impl Search {
    /// Nobody is there any more to be told what `asker` wanted.
    pub(super) fn forget(&mut self, asker: ConnId) {
        self.wanted.retain(|want| want.done.asker() != Some(asker));
    }

    /// How many are not being looked for yet.
    #[cfg(test)]
    pub(super) fn wanted(&self) -> usize {
        self.wanted.len()
    }
}

struct Want {
    id: Vec<u8>,
    /// How often a record of its bucket had left memory when the disk was read.
    departures: u64,
    done: Reply<Herd, Sought>,
}

impl std::fmt::Debug for Want {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.id.escape_ascii().fmt(f)
    }
}

impl Herd {
    /// Has the record of the client `id` brought back from disk; `done` is told what has become of it.
    pub(crate) fn seek(&mut self, reactor: &mut Requests<'_, Herd>, id: &[u8], done: Reply<Herd, Sought>) {
        self.journal.search.wanted.push(Want { id: id.to_vec(), departures: 0, done });
        self.journal.search(&self.store, reactor);
    }
}

impl Journal {
    /// Looks for what is wanted, unless a thread is at it.
    fn search(&mut self, store: &Store, reactor: &mut Requests<'_, Herd>) {
        let Search { wanted, is_under_way } = &mut self.search;
        let Some(disk) = self.disk.as_ref().filter(|_| !*is_under_way && !wanted.is_empty()) else { return };
        *is_under_way = true;
        let mut wants: Vec<Want> = wanted.drain(..MOST.min(wanted.len())).collect();
        for want in &mut wants {
            want.departures = store.departures(Bucket::of(&want.id));
        }
        let ids: Vec<Vec<u8>> = wants.iter().map(|want| want.id.clone()).collect();
        let (disk, done) = (Arc::clone(disk), reactor.app_reply(|cx, outcome| searched(cx, wants, outcome)));
        reactor.defer_to_thread(move || disk.get_all(&ids), done);
    }

    fn bring_back(&mut self, store: &mut Store, line: Option<&[u8]>) -> Sought {
        let Some(at) = line.and_then(as_at_line) else { return Sought::Unknown };
        store.take_back(&at);
        self.counters.found += 1;
        Sought::Found
    }

    /// Has records leave memory, as far as there are too many.
    pub(super) fn evict(&mut self, store: &mut Store) {
        self.counters.evicted += store.evict() as u64;
    }

    /// Counts that the disk could not be read, and says so, but ever more rarely.
    pub(crate) fn count_unread(&mut self, why: &dyn std::fmt::Display) {
        let unread = &mut self.counters.unread;
        if tally(unread) {
            log::warn!("the disk cannot be read: {why} ({unread} times so far)");
        }
    }

    /// The lines that were found. Counts the records that were altered, and says so, ever more rarely, too.
    pub(crate) fn lines_of<L>(&mut self, found: Found<L>) -> L {
        let before = self.counters.altered;
        self.counters.altered += found.altered;
        if before.checked_ilog2() != self.counters.altered.checked_ilog2() {
            log::warn!("a record on disk is not as it was written ({} times so far)", self.counters.altered);
        }
        found.lines
    }
}

type Lines = Vec<Option<Vec<u8>>>;
/// What a disk has said of those that were wanted.
type Outcome = Result<Result<Found<Lines>, DiskError>, JobError>;

fn searched(cx: &mut AppCx<'_, Herd>, wants: Vec<Want>, outcome: Outcome) {
    cx.app.journal.search.is_under_way = false;
    match outcome {
        Ok(Ok(lines)) => found(cx, wants, lines),
        Ok(Err(error)) => failed(cx, wants, &error),
        Err(error) => failed(cx, wants, &error),
    }
    let Herd { journal, store, .. } = &mut *cx.app;
    journal.search(store, &mut cx.reactor);
}

/// Room is made before they come: they must not be the first to leave.
fn found(cx: &mut AppCx<'_, Herd>, wants: Vec<Want>, lines: Found<Lines>) {
    let Herd { journal, store, .. } = &mut *cx.app;
    let lines = journal.lines_of(lines);
    let is_fresh = |want: &Want| store.departures(Bucket::of(&want.id)) == want.departures;
    let answers: Vec<_> =
        wants.into_iter().zip(lines).map(|(want, line)| (is_fresh(&want), want, line)).collect();
    journal.evict(store);
    for (is_fresh, want, line) in answers {
        if store.get(&want.id).is_some() {
            cx.reactor.send(want.done, Sought::Found);
        } else if !is_fresh {
            journal.search.wanted.push(want); // it may have been there, and newer, and left again
        } else {
            let sought = journal.bring_back(store, line.as_deref());
            cx.reactor.send(want.done, sought);
        }
    }
}

fn failed(cx: &mut AppCx<'_, Herd>, wants: Vec<Want>, why: &dyn std::fmt::Display) {
    cx.app.journal.count_unread(why);
    for want in wants {
        cx.reactor.send(want.done, Sought::Failed);
    }
}
