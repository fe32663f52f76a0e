//! The whole herd in one process and one thread, on a simulated network (law 8): what a seed did once, it
//! does again.
//!
//! The servers are the real ones, down to the reactor. The seed draws the network's faults and what the
//! clients say. A run has two phases: in the *storm* servers crash, links break and clocks jump while
//! clients report; then everything is healed, and in the *calm* the links must come up, every server must hold
//! whatever a server that has not crashed has acknowledged, and new reports must reach every server. In half of the seeds the servers ask a simulated service of places on a host of
//! its own, which fails like any other, in the others their own gazetteer. [`History`] and [`Watch`] say whether anything wrong was seen on the way.

mod cluster;
mod disk;
mod history;
mod load;
mod places;
mod question;
mod storage;
mod watch;

use std::fmt;
use std::io;
use std::time::Duration;

use reactor::sim::{FaultCounts, Faults, World};
use reactor::{Random, Time};

pub use cluster::{Cluster, Topology};
pub use disk::{DiskCounts, SimDisk, SimFile, SimVolume};
pub use history::{History, Questions};
pub use places::Mood;
pub use question::Question;
pub use storage::Storage;
pub use watch::Watch;

/// How long the storm lasts.
const STORM: Duration = Duration::from_secs(10);
/// How long a link may look up although its other end is gone: the time of the unanswered pings.
const SETTLING: Duration = Duration::from_secs(6);
/// How long the herd may take, once healed, until all links are up, and then until all servers agree.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the stores are looked at.
const GLANCE: Duration = Duration::from_millis(50);
/// Every so many seeds the network is good: then nothing at all may be lost.
const GOOD_EVERY: u64 = 8;

/// What one seed did.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// The hash of everything that was delivered, and when.
    pub trace: u64,
    /// What went wrong; nothing, if all is well.
    pub failures: Vec<String>,
    /// Reports sent, and how many of them were acknowledged.
    pub reports: usize,
    /// Reports that a server answered.
    pub acknowledged: usize,
    /// WHATSATs that got the places of the simulated service; 0 if there is none.
    pub places: usize,
    /// Requests to it over a connection that had carried another.
    pub reused: u64,
    /// The faults that were injected.
    pub faults: FaultCounts,
    /// How long it took on the virtual clock.
    pub simulated: Duration,
}

impl Outcome {
    /// Whether nothing went wrong.
    pub fn is_ok(&self) -> bool {
        self.failures.is_empty()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_ok() { "ok" } else { "FAILED" };
        let Outcome { seed, trace, reports, acknowledged, .. } = self;
        write!(
            f,
            "seed {seed}: {verdict}, trace {trace:016x}, {reports} reports, {acknowledged} acknowledged, \
             {} faults, {:.1} simulated s",
            self.faults.total(),
            self.simulated.as_secs_f64()
        )?;
        match self.places {
            0 => Ok(()),
            places => write!(f, ", {places} answers about places"),
        }
    }
}

/// Runs the herd of this topology once. With `log`, every delivery is handed to it as a line.
///
/// # Errors
///
/// The simulated net's; there are none unless the simulator itself is broken.
pub fn simulate(topology: &Topology, seed: u64, log: Option<&mut dyn FnMut(&str)>) -> io::Result<Outcome> {
    let mut random = Random::seeded(seed);
    let is_good = seed.is_multiple_of(GOOD_EVERY);
    let faults = if is_good { Faults::none() } else { Faults::drawn(&mut random) };
    let mut world = World::new(random.next_u64(), faults);
    world.record(log.is_some());
    let seed_of_cluster = random.next_u64();
    let mood = if is_good { Mood::Even } else { Mood::Changing };
    let service = random.percent(50).then_some(mood);
    let mut cluster = Cluster::new(world, topology, service, seed_of_cluster)?;
    let failures = run(&mut cluster, is_good)?;
    if let Some(log) = log {
        cluster.world().trace().log().iter().for_each(|line| log(line));
    }
    Ok(outcome(seed, &cluster, service, failures))
}

/// The storm, and then the calm.
fn run(cluster: &mut Cluster, is_good: bool) -> io::Result<Vec<String>> {
    let mut watch = Watch::default();
    cluster.start_load();
    cluster.watch_until(Time::ZERO + STORM, GLANCE, &mut watch)?;
    cluster.end_load();
    cluster.heal();
    if is_good {
        cluster.run_for(PATIENCE)?;
        watch.expect_nothing_lost(cluster);
    }
    cluster.watch_until(cluster.now() + SETTLING, GLANCE, &mut watch)?;
    let until = cluster.now() + PATIENCE;
    if !cluster.run_to(until, GLANCE, &mut watch, Cluster::is_linked)? {
        watch.fail(format!("after {PATIENCE:?} of calm some links are still down"));
    }
    let until = cluster.now() + PATIENCE;
    if !cluster.run_to(until, GLANCE, &mut watch, Cluster::agrees)? {
        watch.fail(format!("after {PATIENCE:?} of calm some servers hold different lines"));
    }
    watch.expect_survivors_reports_everywhere(cluster);
    cluster.report_once_each();
    let until = cluster.now() + PATIENCE;
    if !cluster.run_to(until, GLANCE, &mut watch, Cluster::agrees_on_the_last_reports)? {
        watch.fail(format!("after {PATIENCE:?} of calm some servers have not heard the last reports"));
    }
    Ok(watch.into_failures(cluster.history()))
}

fn outcome(seed: u64, cluster: &Cluster, service: Option<Mood>, failures: Vec<String>) -> Outcome {
    let (reports, acknowledged) = cluster.history().map_or((0, 0), History::counts);
    Outcome {
        seed,
        trace: cluster.world().trace().hash(),
        failures,
        reports,
        acknowledged,
        places: cluster.history().filter(|_| service.is_some()).map_or(0, |history| history.questions().told),
        reused: cluster.reused(),
        faults: cluster.world().counts(),
        simulated: cluster.now().since(Time::ZERO),
    }
}
