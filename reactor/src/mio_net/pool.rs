//! A few threads for what blocks: looking up names, and work that callers defer.
//!
//! Jobs go to the threads by one channel and come back, as events, by another; the waker says so.

use std::io;
use std::net::ToSocketAddrs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use mio::Waker;

use crate::net::{Event, JobError, JobId, Outcome, Work};
use crate::panic_text::panic_text;

/// Two, so that one slow job does not stop all others. More would only compete with the loop:
/// the net has two pools.
const THREADS: usize = 2;

/// Jobs whose answers are owed, waiting and running ones together. It bounds the memory of the
/// queue and the wait of its last; a caller who is told that it is full can still decide.
pub(super) const JOBS: usize = 1024;

/// Runs on another thread; its event is the answer.
type Job = Box<dyn FnOnce() -> Event + Send>;

/// Threads, started one by one as jobs find none idle, and detached: they end after the job they
/// have in hand when the pool is dropped.
pub(super) struct Pool {
    name: &'static str,
    pub(super) threads: usize,
    owed: usize,
    jobs: Sender<Job>,
    answers: Receiver<Event>,
    desk: Arc<Desk>,
}

/// What the threads of a pool share.
struct Desk {
    /// Held by the one idle thread that waits for the next job; the others wait for the lock.
    jobs: Mutex<Receiver<Job>>,
    answers: Sender<Event>,
    waker: Arc<Waker>,
    closed: AtomicBool,
}

impl Pool {
    /// `name` is what the threads are called, for those who look at the process.
    pub(super) fn new(name: &'static str, waker: Arc<Waker>) -> Pool {
        let (jobs, queue) = channel();
        let (sink, answers) = channel();
        let desk = Desk { jobs: Mutex::new(queue), answers: sink, waker, closed: AtomicBool::new(false) };
        Pool { name, threads: 0, owed: 0, jobs, answers, desk: Arc::new(desk) }
    }

    pub(super) fn resolve(&mut self, job: JobId, host: &str, port: u16) {
        // RFC 6761, 6.3; the files of a system know it without the root's dot alone.
        let host = if host.eq_ignore_ascii_case("localhost.") { "localhost" } else { host }.to_owned();
        let look_up = move || (host.as_str(), port).to_socket_addrs().map(Iterator::collect);
        let refusal = || Event::Resolved(job, Err(io::Error::other(JobError::Full)));
        self.submit(Box::new(move || Event::Resolved(job, look_up())), refusal);
    }

    pub(super) fn defer(&mut self, job: JobId, work: Work) {
        let refusal = || Event::Done(job, Err(JobError::Full));
        self.submit(Box::new(move || Event::Done(job, contain(work))), refusal);
    }

    /// Appends the answers that are there.
    pub(super) fn collect(&mut self, events: &mut Vec<Event>) {
        for answer in self.answers.try_iter() {
            self.owed -= 1;
            events.push(answer);
        }
    }

    /// Every job is answered exactly once: by itself, or by the refusal.
    fn submit(&mut self, job: Job, refusal: impl FnOnce() -> Event) {
        let full = self.owed >= JOBS;
        self.owed += 1;
        if full || !self.is_staffed() || self.jobs.send(job).is_err() {
            self.desk.answer(refusal());
        }
    }

    /// Hires a thread if all may be busy; false if there is none at all.
    fn is_staffed(&mut self) -> bool {
        if self.owed > self.threads && self.threads < THREADS {
            let desk = Arc::clone(&self.desk);
            let name = format!("{}-{}", self.name, self.threads);
            match thread::Builder::new().name(name).spawn(move || desk.serve()) {
                Ok(_detached) => self.threads += 1,
                Err(error) => log::warn!("cannot start a thread for {}: {error}", self.name),
            }
        }
        self.threads > 0
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.desk.closed.store(true, Ordering::Relaxed);
    }
}

impl Desk {
    fn serve(&self) {
        while let Some(job) = self.next_job() {
            self.answer(job());
        }
    }

    /// `None`: the pool is gone, and what was still waiting with it.
    fn next_job(&self) -> Option<Job> {
        let job = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()?;
        (!self.closed.load(Ordering::Relaxed)).then_some(job)
    }

    fn answer(&self, answer: Event) {
        // It fails when the pool is gone, and then nobody waits for the answer.
        if self.answers.send(answer).is_ok()
            && let Err(error) = self.waker.wake()
        {
            log::error!("cannot wake the loop for an answer: {error}");
        }
    }
}

/// Runs `work`; a panic of it ends here.
fn contain(work: Work) -> Outcome {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| JobError::Panicked(panic_text(&*panic).to_owned()))
}
