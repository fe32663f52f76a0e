//! The records on disk: when they get there, and who waits for it.
//!
//! The loop never waits for the disk. The [`Store`] lists what has changed; a commit takes a batch of that list
//! to another thread, and one commit is under way at a time. What changes meanwhile gathers in the list, each
//! client once and with its newest value: the slower the disk, the more a commit does (group commit).
//!
//! | `store.durability` | an AT reply leaves | the news leave | a commit begins |
//! |---|---|---|---|
//! | `always` | after the commit that holds it | after it | as soon as something has changed |
//! | `everysec` | at once | at once | a second after something has changed |
//! | `no` | at once | at once | never |
//!
//! In `always` nobody is shown what is not on disk: whatever is written to a client, also the answer to a
//! WHATSAT and also by way of comparison with a newer record, waits for all that had changed before. News from
//! a neighbour is passed on at once in every mode: to keep it is for the server that took it. A neighbour that is
//! compared may be told a report a little before it is on disk here; that acknowledges nothing.
//!
//! After each commit the path of the file is checked. If somebody has moved, removed or replaced the file, it is copied
//! back from the one that is still open, before any reply is sent; if that is not possible, the commit has failed.
//!
//! A commit that fails is tried again every second, with the same records. Meanwhile, in `always`: connections
//! that wait for it are closed, since their reports may yet get to the disk and `? ` would deny it; a new IAMAT
//! is refused before it is stored; a WHATSAT is answered if what it shows is on disk. In `everysec` the server
//! goes on as if nothing had happened, and says that something has. A commit that does not come back is waited for,
//! and after five seconds said.

mod batch;
mod commit;
mod counters;
mod disk;
mod error;
mod memory;
mod salvage;
mod search;
mod silence;
mod slot;
#[cfg(test)]
mod tests;
mod value;
mod volume;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use reactor::{ConnId, JobError, Requests, Time};

pub use batch::Batch;
pub use counters::JournalCounters;
pub use disk::{Damage, Disk, Found};
pub use error::DiskError;
use search::Search;
pub use search::Sought;
use silence::Silence;
pub use volume::{FileVolume, Volume};

use crate::config::Durability;
use crate::herd::Herd;
use crate::planted::{Planted, is_planted};
use crate::store::{Record, Store};

/// Records that are copied in one turn: it costs the loop less than half a millisecond.
const SHARE: usize = 4096;
/// Records that one commit takes. Among a million, 4,096 of them take a disk 0.2 s and 65,536 take 0.9 s, for
/// many stand on one page: more would gain little, and keep whoever waits for one of them waiting. Where there are
/// neighbours, [`commit`] may take fewer.
const MOST: usize = 32_768;
/// How often a server that stops looks for the disk's answer.
pub const LOOK: Duration = Duration::from_millis(50);
/// It looks so many times at least.
const LEAST_LOOKS: u32 = 10;
/// How long `everysec` lets changes gather, and how long a disk that failed is left alone.
const SECOND: Duration = Duration::from_secs(1);

/// Has a store's changes written to disk, and knows how far that has got.
#[derive(Debug)]
pub struct Journal {
    durability: Durability,
    /// `None`: nothing is kept.
    disk: Option<Arc<Disk>>,
    state: State,
    /// What is being written, or was not.
    batch: Arc<Batch>,
    /// Bytes of `batch` that the neighbours are to be told.
    news: usize,
    /// The number of the last change in `batch`.
    taken: u64,
    /// There was more to write than `batch` holds.
    has_more: bool,
    /// All changes up to this one are on disk.
    committed: u64,
    /// Commits have failed since then.
    failing: Option<Time>,
    silence: Silence,
    /// Connections that are to be told of the next commit, or of its failure; each once, as long as it is there.
    waiting: BTreeSet<ConnId>,
    /// Since then the server stops: nothing is put off any more.
    stopping: Option<Time>,
    /// Whoever stops it will not wait any longer.
    is_given_up: bool,
    /// How often he has looked whether everything is written, and when he is to look again.
    looks: (u32, Time),
    search: Search,
    counters: JournalCounters,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Nothing is to be done.
    Idle,
    /// A timer will begin a commit.
    Due,
    /// A batch is being put together.
    Gathering,
    /// A commit is under way.
    Writing,
}

impl Journal {
    /// Keeps nothing.
    pub fn off() -> Journal {
        Journal::new(Durability::No, None)
    }

    fn new(durability: Durability, disk: Option<Arc<Disk>>) -> Journal {
        Journal {
            durability,
            disk,
            state: State::Idle,
            batch: Arc::default(),
            news: 0,
            taken: 0,
            has_more: false,
            committed: 0,
            failing: None,
            silence: Silence::default(),
            waiting: BTreeSet::new(),
            stopping: None,
            is_given_up: false,
            looks: (0, Time::ZERO),
            search: Search::default(),
            counters: JournalCounters::default(),
        }
    }

    /// Reads what `server` knew when it last ran, and keeps what it learns from here on. With it comes what the
    /// operator is to be told, if the file was damaged.
    ///
    /// # Errors
    ///
    /// If the file is another's, is in use, or can be neither read nor written.
    pub fn open(
        durability: Durability,
        volume: impl FnOnce() -> Box<dyn Volume>,
        server: &str,
    ) -> Result<(Journal, Store, Option<String>), DiskError> {
        Journal::open_bounded(durability, volume, server, usize::MAX)
    }

    /// The same, with about `most` records in memory; the others stay on disk.
    ///
    /// # Errors
    ///
    /// As [`Journal::open`].
    pub fn open_bounded(
        durability: Durability,
        volume: impl FnOnce() -> Box<dyn Volume>,
        server: &str,
        most: usize,
    ) -> Result<(Journal, Store, Option<String>), DiskError> {
        let mut store = Store::bounded(most);
        if durability == Durability::No {
            return Ok((Journal::off(), store, None));
        }
        let volume = volume();
        let name = volume.to_string();
        let (disk, damage) = Disk::read(volume, server, |at| store.load(at))?;
        let notice = damage.map(|why| {
            store = Store::bounded(most); // what comes in any order is compared, and so it is all in memory
            let damage = disk.replace(why, |at| _ = store.accept(at))?;
            Ok::<_, DiskError>(damage.notice(&name, store.len()))
        });
        let notice = notice.transpose()?;
        store.keep_changes(true);
        Ok((Journal::new(durability, Some(Arc::new(disk))), store, notice))
    }

    /// Has what has changed in the store written, sooner or later. To be called after every change.
    pub fn changed(&mut self, reactor: &mut Requests<'_, Herd>) {
        if self.state == State::Idle && self.disk.is_some() {
            self.state = State::Due;
            reactor.app_later(self.patience(), commit::commit);
        }
    }

    /// How long changes gather: in `always` until the sockets of this turn are read.
    fn patience(&self) -> Duration {
        let is_eager = self.stopping.is_some() || self.durability == Durability::Always;
        if is_eager || crate::buggify::fires(crate::buggify::Point::EarlyCommit) {
            Duration::ZERO
        } else {
            SECOND
        }
    }

    /// Whether replies and news wait for the disk.
    pub fn delays(&self) -> bool {
        self.durability == Durability::Always
    }

    /// Whether a report's news leaves without waiting for the disk.
    pub fn floods_at_once(&self) -> bool {
        !self.delays() || is_planted(Planted::FloodBeforeCommit)
    }

    /// What a reply that is made now has to wait for; while the disk fails, nothing: see [`Journal::may_show`].
    pub fn ticket(&self, store: &Store) -> Ticket {
        let waits = self.delays() && self.failing.is_none() && !is_planted(Planted::AckBeforeCommit);
        Ticket(if waits { store.changes() } else { 0 })
    }

    /// Whether a reply with this ticket may leave.
    pub fn has_come(&self, ticket: Ticket) -> bool {
        ticket.0 <= self.committed
    }

    /// Has [`Herd::journal`]'s next news told to `client`, which holds replies back.
    pub fn wait(&mut self, client: ConnId) {
        self.waiting.insert(client);
    }

    /// `connection` has gone, and neither waits nor seeks any more: else a disk that does not answer would have us
    /// remember all who come and go meanwhile.
    pub(crate) fn forget(&mut self, connection: ConnId) {
        self.waiting.remove(&connection);
        self.search.forget(connection);
    }

    /// Whether a report cannot be taken, because it could not be kept; counted.
    pub fn refuses(&mut self) -> bool {
        let refuses = self.is_failing();
        self.counters.refused += u64::from(refuses);
        refuses
    }

    /// Whether a client may be shown `record`, now or once what has changed is on disk.
    pub fn may_show(&self, record: &Record) -> bool {
        !self.is_failing() || !(record.is_listed() || self.batch.holds(record.id()))
    }

    /// Whether those wait who will not be served until the disk is well again.
    pub fn is_failing(&self) -> bool {
        self.delays() && self.failing.is_some()
    }

    /// Whether everything that has changed is on disk, or nothing is to be kept.
    pub fn is_written(&self, store: &Store) -> bool {
        self.disk.is_none() || self.committed >= store.changes()
    }

    /// The server stops: what has changed is written at once.
    pub fn hurry(&mut self, reactor: &mut Requests<'_, Herd>) {
        self.stopping = Some(reactor.now());
        if matches!(self.state, State::Idle | State::Due) && self.disk.is_some() {
            self.state = State::Due; // a timer may be set for later; whichever comes second finds nothing to do
            reactor.app_later(Duration::ZERO, commit::commit);
        }
    }

    /// Nobody waits for what is not on disk yet.
    pub fn give_up(&mut self) {
        self.is_given_up = true;
    }

    /// Whether a server that stops waits for the disk, and is to look again in a moment: until `most` has passed
    /// since the stop began. A process may have stood still for as long, with a commit at hand; so it looks a few
    /// times, [`LOOK`] apart, whatever the clock says.
    pub fn is_awaited(&mut self, store: &Store, now: Time, most: Duration) -> bool {
        let (looks, next) = self.looks;
        if now >= next {
            self.looks = (looks + 1, now + LOOK);
        }
        let is_over = self.stopping.is_none_or(|since| now >= since + most);
        let is_late = is_over && looks >= LEAST_LOOKS;
        !(self.is_written(store) || self.is_given_up || is_late)
    }

    /// What has happened so far.
    pub fn counters(&self) -> &JournalCounters {
        &self.counters
    }

    /// Has the file of records put back if somebody has moved, removed or replaced it; and that said, or why it cannot be.
    pub fn look_after_file(&self, reactor: &mut Requests<'_, Herd>) {
        let Some(disk) = self.disk() else { return };
        let done = reactor.app_reply(|cx, outcome: Result<Result<Option<String>, DiskError>, JobError>| {
            let said = match outcome {
                Ok(Ok(put_back)) => put_back,
                Ok(Err(error)) => Some(format!("the file of records: {error}")),
                Err(error) => Some(format!("the file of records is not looked at: {error}")),
            };
            said.iter().for_each(|notice| cx.app.notice(&mut cx.reactor, notice));
        });
        reactor.defer_to_thread(move || disk.put_back(), done);
    }

    /// The records on disk, to be read on another thread; `None` if nothing is kept.
    pub fn disk(&self) -> Option<Arc<Disk>> {
        self.disk.clone()
    }
}

/// What a reply waits for: the number of a change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Ticket(u64);

impl Damage {
    fn notice(&self, name: &str, kept: usize) -> String {
        let Damage { why, aside, found: _, dropped } = self;
        format!(
            "{name} is damaged: {why}; {kept} clients were found in it whole and kept, {dropped} damaged records \
             dropped; what else it held comes from the neighbours; it is set aside as {aside}"
        )
    }
}
