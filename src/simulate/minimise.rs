//! Makes a run that fails shorter, as long as it still fails in the same way.
//!
//! First whole ingredients are left out, then servers and clients, then the end of the storm; and then scheduled
//! faults, by delta debugging (Zeller, Hildebrandt: "Simplifying and isolating failure-inducing input", 2002):
//! ever smaller groups of them, until none can be spared. As one may make another needless, it begins anew until
//! nothing more can go.

use std::collections::BTreeSet;
use std::time::Duration;

use reactor::sim::Spared;

use super::trim::{Ingredient, Trim};

/// A storm is shortened to multiples of this.
const STEP: Duration = Duration::from_millis(100);

/// The trim under which a run still fails and from which nothing can be spared any more, and the numbers of the
/// faults that are left.
///
/// `run` runs it: `None` says that it does not fail, or not in the same way, else which faults have struck.
/// `storm`, `servers` and `clients` are what the run has without a trim.
pub fn minimise(
    trim: Trim,
    (storm, servers, clients): (Duration, usize, u64),
    mut run: impl FnMut(&Trim) -> Option<Vec<usize>>,
) -> (Trim, Vec<usize>) {
    let Some(struck) = run(&trim) else { return (trim, Vec::new()) };
    let mut best = Best { trim, struck, run };
    loop {
        let before = best.trim.clone();
        best.leave_out_ingredients();
        best.leave_out_servers(servers);
        best.leave_out_clients(clients);
        best.shorten(storm);
        best.leave_out_faults();
        if best.trim == before {
            return (best.trim, best.struck);
        }
    }
}

/// The shortest so far.
struct Best<F> {
    trim: Trim,
    struck: Vec<usize>,
    run: F,
}

impl<F: FnMut(&Trim) -> Option<Vec<usize>>> Best<F> {
    /// Whether it still fails so; then it is the best.
    fn attempt(&mut self, trim: Trim) -> bool {
        let Some(struck) = (self.run)(&trim) else { return false };
        (self.trim, self.struck) = (trim, struck);
        true
    }

    fn leave_out_ingredients(&mut self) {
        for (_, ingredient) in Ingredient::ALL {
            let mut trim = self.trim.clone();
            if trim.without.insert(*ingredient) {
                self.attempt(trim);
            }
        }
    }

    fn leave_out_servers(&mut self, servers: usize) {
        let now = self.trim.servers.unwrap_or(servers);
        for servers in 1..now {
            if self.attempt(Trim { servers: Some(servers), ..self.trim.clone() }) {
                return;
            }
        }
    }

    fn leave_out_clients(&mut self, clients: u64) {
        let now = self.trim.clients.unwrap_or(clients);
        for clients in [1, 2, 4, 8].into_iter().filter(|clients| *clients < now) {
            if self.attempt(Trim { clients: Some(clients), ..self.trim.clone() }) {
                return;
            }
        }
    }

    /// Halves the step by which the storm is shortened, as long as there is one.
    fn shorten(&mut self, storm: Duration) {
        let mut step = self.trim.storm.unwrap_or(storm) / 2;
        while step >= STEP {
            let shorter = self.trim.storm.unwrap_or(storm).saturating_sub(step);
            let shorter = STEP * u32::try_from(shorter.as_millis() / STEP.as_millis()).unwrap_or(0);
            if !self.attempt(Trim { storm: Some(shorter), ..self.trim.clone() }) {
                step /= 2;
            }
        }
    }

    fn leave_out_faults(&mut self) {
        if self.attempt_with(BTreeSet::new()) {
            return;
        }
        let mut parts = 1;
        while parts < 2 * self.struck.len() {
            let faults = self.struck.clone();
            let size = faults.len().div_ceil(parts).max(1);
            let smaller = faults.chunks(size).any(|part| {
                let rest = faults.iter().copied().filter(|fault| !part.contains(fault));
                self.attempt_with(rest.collect())
            });
            match smaller {
                true => parts = parts.saturating_sub(1).max(2),
                false if size == 1 => return,
                false => parts *= 2,
            }
        }
    }

    fn attempt_with(&mut self, faults: BTreeSet<usize>) -> bool {
        let spared = Spared::AllBut(faults);
        self.trim.spared != spared && self.attempt(Trim { spared, ..self.trim.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: (Duration, usize, u64) = (Duration::from_secs(10), 5, 24);

    /// Fails if the faults 3 and 17 strike within a storm of at least 4 s, with strangers and three servers.
    fn run(trim: &Trim) -> Option<Vec<usize>> {
        let struck: Vec<usize> = (0..40).filter(|fault| !trim.spared.contains(*fault)).collect();
        let fails = struck.contains(&3)
            && struck.contains(&17)
            && trim.storm.is_none_or(|storm| storm >= Duration::from_secs(4))
            && trim.servers.is_none_or(|servers| servers >= 3)
            && !trim.without.contains(&Ingredient::Strangers);
        fails.then_some(struck)
    }

    #[test]
    fn what_is_left_is_what_it_takes() {
        let (trim, struck) = minimise(Trim::default(), WHOLE, run);
        assert_eq!(struck, [3, 17]);
        assert_eq!((trim.servers, trim.clients), (Some(3), Some(1)));
        assert_eq!(trim.storm, Some(Duration::from_secs(4)));
        assert_eq!(trim.without.len(), Ingredient::ALL.len() - 1);
    }

    #[test]
    fn a_run_that_needs_no_fault_is_left_none() {
        let (trim, struck) = minimise(Trim::default(), WHOLE, |trim| {
            Some((0..40).filter(|fault| !trim.spared.contains(*fault)).collect())
        });
        assert_eq!((trim.spared, struck), (Spared::AllBut(BTreeSet::new()), vec![]));
    }

    #[test]
    fn a_run_that_does_not_fail_is_left_as_it_is() {
        assert_eq!(minimise(Trim::default(), WHOLE, |_| None), (Trim::default(), vec![]));
    }
}
