//! Several simulations at once, each whole and alone on its thread.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use crate::Failure;

/// Runs every seed on one of `jobs` threads, and hands what came of it to `each`, in the order of the seeds. Ends
/// early if `each` fails.
pub(super) fn for_each_in_order<T: Send>(
    seeds: Range<u64>,
    jobs: usize,
    run: impl Fn(u64) -> T + Sync,
    mut each: impl FnMut(u64, T) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let queue = Queue { next: AtomicU64::new(seeds.start), end: seeds.end, is_over: AtomicBool::new(false) };
    thread::scope(|scope| {
        let (results, arriving) = channel();
        for _ in 0..jobs {
            let (results, run, queue) = (results.clone(), &run, &queue);
            scope.spawn(move || queue.work(run, &results));
        }
        drop(results);
        let (mut due, mut early) = (seeds.start, BTreeMap::new());
        for (seed, result) in arriving {
            early.insert(seed, result);
            while let Some(result) = early.remove(&due) {
                each(due, result).inspect_err(|_| queue.is_over.store(true, Ordering::Relaxed))?;
                due += 1;
            }
        }
        Ok(())
    })
}

/// The seeds that nobody has taken yet.
struct Queue {
    next: AtomicU64,
    end: u64,
    is_over: AtomicBool,
}

impl Queue {
    /// Runs one seed after the other.
    fn work<T>(&self, run: impl Fn(u64) -> T, results: &Sender<(u64, T)>) {
        while !self.is_over.load(Ordering::Relaxed) {
            let seed = self.next.fetch_add(1, Ordering::Relaxed);
            if seed >= self.end || results.send((seed, run(seed))).is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_seeds_whoever_ran_them() {
        for jobs in [1, 2, 7] {
            let mut seen = Vec::new();
            let each = |seed, result| {
                seen.push((seed, result));
                Ok(())
            };
            assert!(for_each_in_order(5..50, jobs, |seed| seed * seed, each).is_ok());
            assert!(seen.into_iter().eq((5..50).map(|seed| (seed, seed * seed))));
        }
    }

    #[test]
    fn a_failure_ends_it() {
        let mut seen = 0;
        let each = |_, ()| {
            seen += 1;
            if seen == 3 { Err(Failure::other("enough")) } else { Ok(()) }
        };
        assert!(for_each_in_order(0..1_000_000_000, 2, |_| (), each).is_err());
        assert_eq!(seen, 3);
    }
}
