//! What callbacks ask of the reactor: it waits here until the turn carries it out (law 1).

use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use crate::counters::Counters;
use crate::cx::{AppCx, Parts};
use crate::endpoint::Endpoint;
use crate::keys::Keys;
use crate::layer::ServerTls;
use crate::limits::Limits;
use crate::net::{ConnId, JobId, Outcome, PortId, Work};
use crate::protocol::{ErasedFactory, ErasedProtocol};
use crate::random::Random;
use crate::tally::tally;
use crate::time::{Time, WallTime};
use crate::timers::Timers;

/// A continuation on a link; it is given the protocol that the link's `target` names.
pub(crate) type LinkCall<A> = Box<dyn FnOnce(&mut dyn Any, Parts<'_, A>, ConnId)>;
/// A continuation on the application.
pub(crate) type AppCall<A> = Box<dyn FnOnce(&mut AppCx<'_, A>)>;
/// What an [`Outcome`] of a job becomes.
pub(crate) type JobDone<A> = Box<dyn FnOnce(Outcome) -> Call<A>>;

/// A continuation and whom it reaches.
pub(crate) enum Call<A> {
    Link(ConnId, LinkCall<A>),
    App(AppCall<A>),
}

/// One thing asked for.
pub(crate) enum Request<A> {
    Connect(ConnId, Endpoint, Box<dyn ErasedProtocol<A>>),
    Listen(PortId, SocketAddr, Option<ServerTls>, Box<dyn ErasedFactory<A>>),
    ClosePort(PortId),
    RenewTls(PortId, ServerTls),
    Call(Call<A>),
    Resolve(JobId, String),
    Defer(JobId, Work),
    Stop,
}

/// The part of a reactor that callbacks may change, links aside.
pub(crate) struct Core<A> {
    pub(crate) now: Time,
    pub(crate) wall_clock: WallTime,
    pub(crate) random: Random,
    pub(crate) limits: Limits,
    pub(crate) counters: Counters,
    pub(crate) timers: Timers<A>,
    pub(crate) queue: VecDeque<Request<A>>,
    pub(crate) conns: Keys,
    pub(crate) ports: Keys,
    /// Once a stop has begun: until when connections may finish.
    pub(crate) stop_by: Option<Time>,
    jobs: BTreeMap<JobId, JobDone<A>>,
    next_job: u64,
}

impl<A> Core<A> {
    pub(crate) fn new(seed: u64, limits: Limits) -> Core<A> {
        Core {
            now: Time::ZERO,
            wall_clock: WallTime::default(),
            random: Random::seeded(seed),
            limits,
            counters: Counters::default(),
            timers: Timers::new(),
            queue: VecDeque::new(),
            conns: Keys::default(),
            ports: Keys::default(),
            stop_by: None,
            jobs: BTreeMap::new(),
            next_job: 0,
        }
    }

    /// Queues a request. None is refused, for somebody counts on it: the queue is bounded at its source.
    pub(crate) fn ask(&mut self, request: Request<A>) {
        self.queue.push_back(request);
    }

    /// Whether so many requests wait that nobody is heard this turn, who would ask for more.
    pub(crate) fn is_swamped(&self) -> bool {
        self.queue.len() > self.limits.requests
    }

    pub(crate) fn count_swamped(&mut self) {
        let swamped = &mut self.counters.swamped;
        if tally(swamped) {
            log::error!("nobody is read: more than Limits::requests are waiting ({swamped} so far)");
        }
    }

    /// A new job whose outcome becomes `done`; too many: `done` comes back.
    pub(crate) fn begin_job(&mut self, done: JobDone<A>) -> Result<JobId, JobDone<A>> {
        if self.jobs.len() >= self.limits.jobs {
            self.refuse_job();
            return Err(done);
        }
        let job = self.new_job();
        self.jobs.insert(job, done);
        Ok(job)
    }

    /// A new name look-up beside `waiting` others; `None` when those are too many.
    pub(crate) fn begin_lookup(&mut self, waiting: usize) -> Option<JobId> {
        if waiting >= self.limits.jobs {
            self.refuse_job();
            return None;
        }
        Some(self.new_job())
    }

    fn refuse_job(&mut self) {
        let refused = &mut self.counters.jobs_refused;
        if tally(refused) {
            log::warn!("a job is refused: Limits::jobs are waiting ({refused} so far)");
        }
    }

    fn new_job(&mut self) -> JobId {
        self.next_job += 1;
        JobId(self.next_job)
    }

    /// What to call now that the job has its outcome; `None` if nobody waits for it.
    pub(crate) fn end_job(&mut self, job: JobId, outcome: Outcome) -> Option<Call<A>> {
        self.jobs.remove(&job).map(|done| done(outcome))
    }
}
