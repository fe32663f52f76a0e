//! One run: the storm, the healing, the calm.

use std::fmt;
use std::io;
use std::time::Duration;

use reactor::sim::{FaultCounts, Note, World};
use reactor::{Random, Time};

use super::cluster::Cluster;
use super::history::History;
use super::judges::{
    Failure, Judges, expect_every_question_answered, expect_every_report_answered, expect_the_same_everywhere,
};
use super::plan::Plan;
use super::rare;
use super::story::Story;

/// How long the herd may take, once healed, until all links are up and all servers hold the same; and then until
/// all have heard the last reports.
const PATIENCE: Duration = Duration::from_secs(30);
/// The time that clients give the last of their visits.
const LAST_VISIT: Duration = Duration::from_secs(6);

/// What one seed did.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// The hash of everything that was delivered, and when.
    pub trace: u64,
    /// What went wrong; nothing, if all is well.
    pub failures: Vec<Failure>,
    /// Reports sent.
    pub reports: usize,
    /// Reports that a server answered.
    pub acknowledged: usize,
    /// WHATSATs that got places.
    pub places: usize,
    /// Whether it was the simulated service that found them.
    pub has_service: bool,
    /// Requests to it over a connection that had carried another.
    pub reused: u64,
    /// How often strangers came.
    pub attempts: u64,
    /// The faults that were injected.
    pub faults: FaultCounts,
    /// The faults of disks.
    pub disk_faults: u64,
    /// The numbers of the scheduled ones among them.
    pub struck: Vec<usize>,
    /// How often a rare branch was made to be taken.
    pub rare: u64,
    /// How long the storm lasted, on the virtual clock.
    pub storm: Duration,
    /// How long it took in all, on the virtual clock.
    pub simulated: Duration,
    /// Deliveries on the network.
    pub deliveries: u64,
}

impl Outcome {
    /// Whether nothing went wrong.
    pub fn is_ok(&self) -> bool {
        self.failures.is_empty()
    }

    /// All faults together: of the network, the hosts, the clocks and the disks.
    pub fn faults(&self) -> u64 {
        self.faults.total() + self.disk_faults
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_ok() { "ok" } else { "FAILED" };
        let Outcome { seed, trace, reports, acknowledged, places, .. } = self;
        write!(
            f,
            "seed {seed}: {verdict}, trace {trace:016x}, {reports} reports, {acknowledged} acknowledged, \
             {places} places, {} faults, {:.1} simulated s",
            self.faults(),
            self.simulated.as_secs_f64()
        )
    }
}

/// Runs the herd of this plan once. With `log`, the run is told to it line by line.
///
/// # Errors
///
/// The simulated net's; there are none unless the simulator itself is broken.
pub fn simulate(plan: &Plan, log: Option<&mut dyn FnMut(&str)>) -> io::Result<Outcome> {
    let [of_world, _, of_rare] = plan.seeds;
    let mut world = World::new(of_world, plan.faults.clone());
    world.record(log.is_some());
    world.spare(plan.spared.clone());
    rare::begin(plan.is_buggified.then(|| Random::seeded(of_rare)));
    let mut cluster = Cluster::new(world, plan)?;
    let failures = run(&mut cluster, plan)?;
    let outcome = outcome(plan, &cluster, failures, rare::end());
    if let Some(log) = log {
        tell(plan, cluster.world().trace().log(), &outcome, log);
    }
    Ok(outcome)
}

fn tell(plan: &Plan, notes: &[Note], outcome: &Outcome, log: &mut dyn FnMut(&str)) {
    let story = Story::of(plan);
    story
        .beginning(notes)
        .chain(notes.iter().filter_map(|note| story.line(note)))
        .for_each(|line| log(&line));
    outcome.failures.iter().for_each(|failure| log(&format!("{failure}")));
}

/// The storm, and then the calm; a run ends when something is wrong.
fn run(cluster: &mut Cluster, plan: &Plan) -> io::Result<Vec<Failure>> {
    let mut judges = Judges::default();
    cluster.start_load(plan.has_strangers);
    cluster.run_to(Time::ZERO + plan.storm, &mut judges, |_| false)?;
    cluster.end_load();
    cluster.heal();
    if !judges.has_failures() {
        calm(cluster, plan, &mut judges)?;
    }
    Ok(judges.into_failures())
}

/// All links must come up, and all servers hold the same if that is owed, without any new report; then new reports must
/// reach everybody.
fn calm(cluster: &mut Cluster, plan: &Plan, judges: &mut Judges) -> io::Result<()> {
    let healed = cluster.now();
    cluster.run_to(healed + LAST_VISIT, judges, |_| false)?;
    let agrees = |cluster: &Cluster| !plan.owes_agreement() || cluster.is_in_agreement();
    let is_well = |cluster: &Cluster| cluster.is_linked() && agrees(cluster);
    if !cluster.run_to(healed + PATIENCE, judges, is_well)? && !judges.has_failures() {
        judges.check("liveness", not_well(cluster));
    }
    if judges.has_failures() {
        return Ok(());
    }
    expect_nothing_lost(cluster, plan, judges);
    cluster.report_once_each();
    let until = cluster.now() + PATIENCE;
    if !cluster.run_to(until, judges, Cluster::has_the_last_reports)? && !judges.has_failures() {
        judges.fail("liveness", format!("after {PATIENCE:?} some servers have not heard the last reports"));
    }
    Ok(())
}

fn not_well(cluster: &Cluster) -> Result<(), String> {
    if !cluster.is_linked() {
        return Err(format!("{PATIENCE:?} after all was healed some links are still down"));
    }
    let stores = cluster.stores();
    let stores = stores.iter().map(|(server, store)| (*server, &**store));
    let same = expect_the_same_everywhere(stores);
    same.map_err(|what| format!("{PATIENCE:?} after all was healed {what}"))
}

fn expect_nothing_lost(cluster: &Cluster, plan: &Plan, judges: &mut Judges) {
    let Some(history) = cluster.history() else { return };
    let stores = cluster.stores();
    let stores = stores.iter().map(|(server, store)| (*server, &**store));
    if plan.owes_agreement() {
        judges.check("lost", cluster.lost().check(stores, history));
    }
    if history.refused > 0 && !cluster.had_bad_disks() {
        judges.fail("replies", format!("{} reports were refused though every disk is well", history.refused));
    }
    if plan.is_good {
        judges.check("lost", expect_every_report_answered(history));
        let failed = cluster.failed_questions();
        judges.check("places", expect_every_question_answered(history.questions, failed));
    }
}

fn outcome(plan: &Plan, cluster: &Cluster, failures: Vec<Failure>, rare: u64) -> Outcome {
    let (reports, acknowledged) = cluster.history().map_or((0, 0), History::counts);
    Outcome {
        seed: plan.seed,
        trace: cluster.world().trace().hash(),
        failures,
        reports,
        acknowledged,
        places: cluster.history().map_or(0, |history| history.questions.told),
        has_service: plan.service.is_some(),
        reused: cluster.reused(),
        attempts: cluster.attempts(),
        faults: cluster.world().counts(),
        disk_faults: cluster.disk_faults(),
        struck: cluster.world().struck().iter().map(|struck| struck.number).collect(),
        rare,
        storm: plan.storm,
        simulated: cluster.now().since(Time::ZERO),
        deliveries: cluster.world().trace().deliveries(),
    }
}
