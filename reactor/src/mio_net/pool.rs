//! A few threads for what blocks: looking up names, and work that callers defer.
//!
//! Jobs go to the threads by one channel and their answers come back by another; the waker says so.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use mio::Waker;

use crate::net::{JobError, Outcome, Work};
use crate::panic_text::panic_text;

/// Jobs whose answers are owed, waiting and running ones together. It bounds the memory of the
/// queue and the wait of its last; a caller who is told that it is full can still decide.
pub(super) const JOBS: usize = 1024;

/// Runs on another thread; what it gives is the answer.
type Job<T> = Box<dyn FnOnce() -> T + Send>;

/// Up to `most` threads, started one by one as jobs find none idle, and detached: they end after the job they
/// have in hand when the pool is dropped.
pub(super) struct Pool<T> {
    name: &'static str,
    most: usize,
    pub(super) threads: usize,
    owed: usize,
    jobs: Sender<Job<T>>,
    answers: Receiver<T>,
    desk: Arc<Desk<T>>,
}

/// What the threads of a pool share.
struct Desk<T> {
    /// Held by the one idle thread that waits for the next job; the others wait for the lock.
    jobs: Mutex<Receiver<Job<T>>>,
    answers: Sender<T>,
    waker: Arc<Waker>,
    closed: AtomicBool,
}

impl<T: Send + 'static> Pool<T> {
    /// `name` is what the threads are called, for those who look at the process.
    pub(super) fn new(name: &'static str, most: usize, waker: Arc<Waker>) -> Pool<T> {
        let (jobs, queue) = channel();
        let (sink, answers) = channel();
        let desk = Desk { jobs: Mutex::new(queue), answers: sink, waker, closed: AtomicBool::new(false) };
        Pool { name, most, threads: 0, owed: 0, jobs, answers, desk: Arc::new(desk) }
    }

    /// The answers that are there.
    pub(super) fn collect(&mut self) -> impl Iterator<Item = T> {
        self.answers.try_iter().inspect(|_| self.owed -= 1)
    }

    /// Every job is answered exactly once: by itself, or by the refusal.
    pub(super) fn submit(&mut self, job: Job<T>, refusal: impl FnOnce() -> T) {
        let full = self.owed >= JOBS;
        self.owed += 1;
        if full || !self.is_staffed() || self.jobs.send(job).is_err() {
            self.desk.answer(refusal());
        }
    }

    /// Hires a thread if all may be busy; false if there is none at all.
    fn is_staffed(&mut self) -> bool {
        if self.owed > self.threads && self.threads < self.most {
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

impl<T> Drop for Pool<T> {
    fn drop(&mut self) {
        self.desk.closed.store(true, Ordering::Relaxed);
    }
}

impl<T> Desk<T> {
    fn serve(&self) {
        while let Some(job) = self.next_job() {
            self.answer(job());
        }
    }

    /// `None`: the pool is gone, and what was still waiting with it.
    fn next_job(&self) -> Option<Job<T>> {
        let job = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()?;
        (!self.closed.load(Ordering::Relaxed)).then_some(job)
    }

    fn answer(&self, answer: T) {
        // It fails when the pool is gone, and then nobody waits for the answer.
        if self.answers.send(answer).is_ok()
            && let Err(error) = self.waker.wake()
        {
            log::error!("cannot wake the loop for an answer: {error}");
        }
    }
}

/// Runs `work`; a panic of it ends here.
pub(super) fn contain(work: Work) -> Outcome {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| JobError::Panicked(panic_text(&*panic).to_owned()))
}
