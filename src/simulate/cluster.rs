//! The hosts of a simulated herd: a server on each, one for all clients, one for strangers, and perhaps one for a
//! service of places.

use std::borrow::Cow;
use std::io;
use std::time::Duration;

use reactor::sim::{HostId, Runner, World};
use reactor::{AppCx, Random, Time};

use super::disks::Disks;
use super::history::{Heard, History};
use super::judges::{Judges, Lost};
use super::load::{self, Load};
use super::member::{Builder, Member, PEER_PORT, Places};
use super::plan::Plan;
use super::storage::Storage;
use super::strangers::{self, Strangers};
use super::whole::whole;
use crate::herd::{Herd, Neighbour};
use crate::store::Store;

/// How often the stores are looked at.
const GLANCE: Duration = Duration::from_millis(50);

/// A simulated herd.
pub(super) struct Cluster {
    runner: Runner<Member>,
    names: Vec<String>,
    clients: HostId,
    strangers: HostId,
    disks: Disks,
    /// The process of each server that was looked at last.
    seen: Vec<Option<u32>>,
}

impl Cluster {
    /// Boots everything.
    ///
    /// # Errors
    ///
    /// The simulated net's.
    pub(super) fn new(world: World, plan: &Plan) -> io::Result<Cluster> {
        let mut random = Random::seeded(plan.seeds[1]);
        let storage = Storage::new(plan.durability, plan.topology.len(), &mut random);
        let disks = Disks::new(storage.clone(), plan.is_buggified);
        let mut builder = Builder::new(plan, storage, random)?;
        let mut runner = Runner::new(world, move |net, dead| builder.boot(net, dead));
        runner.world_mut().listen_in(PEER_PORT);
        let names = plan.topology.names.clone();
        for _ in &names {
            let _ = runner.add_host();
        }
        let (clients, strangers) = (runner.add_bystander(), runner.add_bystander());
        if plan.service.is_some() {
            runner.add_host();
        }
        let seen = vec![None; names.len()];
        Ok(Cluster { runner, names, clients, strangers, disks, seen })
    }

    /// The network.
    pub(super) fn world(&self) -> &World {
        self.runner.world()
    }

    /// The virtual clock.
    pub(super) fn now(&self) -> Time {
        self.world().now()
    }

    /// What the clients said and heard.
    pub(super) fn history(&self) -> Option<&History> {
        self.load().map(|load| &load.history)
    }

    fn load(&self) -> Option<&Load> {
        match self.runner.node(self.clients) {
            Some(Member::Clients(reactor)) => Some(&reactor.app),
            _ => None,
        }
    }

    /// What all servers that run know, in memory or not.
    pub(super) fn stores(&self) -> Vec<(&str, Cow<'_, Store>)> {
        self.herds().filter_map(|(_, herd)| Some((&*herd.name, whole(herd)?))).collect()
    }

    fn herds(&self) -> impl Iterator<Item = (HostId, &Herd)> {
        self.runner.nodes().filter_map(|(host, member)| match member {
            Member::Server(server) => Some((host, &server.reactor.app)),
            _ => None,
        })
    }

    /// Questions to which the servers that run found no places.
    pub(super) fn failed_questions(&self) -> u64 {
        self.herds().map(|(_, herd)| herd.desk.counters().failed).sum()
    }

    /// Requests of the servers that run over a connection that had carried another.
    pub(super) fn reused(&self) -> u64 {
        self.herds().map(|(_, herd)| herd.agent.counters().reused).sum()
    }

    /// How often strangers have come.
    pub(super) fn attempts(&self) -> u64 {
        match self.runner.node(self.strangers) {
            Some(Member::Strangers(reactor)) => reactor.app.attempts,
            _ => 0,
        }
    }

    /// The judge of what is lost, as things are.
    pub(super) fn lost(&self) -> Lost {
        Lost { excuses: self.disks.excuses(self.world(), &self.names) }
    }

    /// Whether a disk was in trouble.
    pub(super) fn had_bad_disks(&self) -> bool {
        self.disks.had_trouble()
    }

    /// Faults of disks.
    pub(super) fn disk_faults(&self) -> u64 {
        self.disks.faults()
    }

    /// Clients begin to visit servers, and strangers, if they are to come.
    pub(super) fn start_load(&mut self, with_strangers: bool) {
        self.with_clients(load::start);
        if with_strangers {
            self.with_strangers(strangers::start);
        }
    }

    /// Clients and strangers finish what they are at.
    pub(super) fn end_load(&mut self) {
        self.with_clients(load::end);
        self.with_strangers(strangers::end);
    }

    /// Every client reports once more.
    pub(super) fn report_once_each(&mut self) {
        self.with_clients(load::report_once_each);
    }

    fn with_clients<R>(&mut self, f: impl FnOnce(&mut AppCx<'_, Load>) -> R) -> Option<R> {
        self.runner.enter(self.clients, |member, net| match member {
            Member::Clients(reactor) => Some(reactor.enter(net, f)),
            _ => None,
        })?
    }

    fn with_strangers<R>(&mut self, f: impl FnOnce(&mut AppCx<'_, Strangers>) -> R) -> Option<R> {
        self.runner.enter(self.strangers, |member, net| match member {
            Member::Strangers(reactor) => Some(reactor.enter(net, f)),
            _ => None,
        })?
    }

    /// Ends all faults; what is down is booted.
    pub(super) fn heal(&mut self) {
        self.disks.heal(self.runner.world().now());
        self.runner.world_mut().heal_all();
    }

    /// Lets the herd run until `until`, or until `is_done`; the judges look at it every so often. Says whether it
    /// was done.
    ///
    /// # Errors
    ///
    /// The simulated net's.
    pub(super) fn run_to(
        &mut self,
        until: Time,
        judges: &mut Judges,
        is_done: impl Fn(&Cluster) -> bool,
    ) -> io::Result<bool> {
        while self.now() < until && !judges.has_failures() {
            self.runner.run_for(GLANCE)?;
            self.disks.act(self.runner.world_mut());
            self.glance(judges);
            if is_done(self) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn glance(&mut self, judges: &mut Judges) {
        let heard = self.listen_in();
        let Some(mut history) = self.with_clients(|cx| std::mem::take(&mut cx.app.history)) else { return };
        heard.into_iter().for_each(|heard| history.hear(heard));
        let mut seen = std::mem::take(&mut self.seen);
        for (host, herd) in self.herds() {
            let process = self.world().process(host).unwrap_or(0);
            let Some(store) = whole(herd) else { continue };
            judges.look(&herd.name, process, &store, &mut history, self.now());
            if seen[host.index()].replace(process) != Some(process) {
                judges.check("lost", self.lost().check_own(&herd.name, &store, &history));
            }
        }
        self.seen = seen;
        judges.listen(&mut history);
        self.with_clients(|cx| cx.app.history = history);
    }

    /// Strangers overhear what is said to neighbours; what they were told themselves.
    fn listen_in(&mut self) -> Vec<Heard> {
        if self.attempts() == 0 {
            return Vec::new(); // they do not come in this run, or not yet
        }
        let overheard: Vec<Vec<u8>> = self.world().overheard().map(<[u8]>::to_vec).collect();
        let heard = self.with_strangers(|cx| {
            cx.app.overheard = overheard;
            std::mem::take(&mut cx.app.heard)
        });
        heard.unwrap_or_default()
    }

    /// Whether every server runs and all its links are up.
    pub(super) fn is_linked(&self) -> bool {
        let is_up = |herd: &Herd| herd.neighbours.iter().all(Neighbour::is_up);
        self.herds().count() == self.names.len() && self.herds().all(|(_, herd)| is_up(herd))
    }

    /// Whether every server runs and all hold the same.
    pub(super) fn is_in_agreement(&self) -> bool {
        let mut digests = self.herds().map(|(_, herd)| herd.store.digest());
        let first = digests.next();
        self.herds().count() == self.names.len() && digests.all(|digest| Some(digest) == first)
    }

    /// Whether every client has the answer to its last report, and every server holds it.
    pub(super) fn has_the_last_reports(&self) -> bool {
        let Some(load) = self.load() else { return false };
        let holds = |store: &Store, line: &[u8]| {
            let id = line.split(|&byte| byte == b' ').nth(3).unwrap_or_default();
            store.get(id).is_some_and(|record| record.line() == line)
        };
        let stores = self.stores();
        load.last().all(|sent| {
            let line = sent.acknowledged.as_ref().map(|(_, line)| line);
            line.is_some_and(|line| stores.iter().all(|(_, store)| holds(store, line)))
        })
    }
}

/// Which host is which.
pub(super) fn names(plan: &Plan) -> Vec<String> {
    let places = Places::after(plan.topology.len());
    let mut names = plan.topology.names.clone();
    names.resize(places.clients, String::new());
    names.extend(["clients", "strangers", "places"].map(str::to_owned));
    names
}
