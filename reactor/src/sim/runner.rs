//! Turns the reactors of all hosts of a world, until nothing is left to do or a time has come.

use std::io;
use std::time::Duration;

use super::chaos::Crash;
use super::host::HostId;
use super::sim_net::SimNet;
use super::world::World;
use crate::reactor::{Reactor, Turn};
use crate::time::Time;

/// What runs on a host: a [`Reactor`], or a stand-in for one.
pub trait Node {
    /// One turn without waiting.
    fn turn(&mut self, net: &mut SimNet<'_>) -> io::Result<Turn>;

    /// Whether another turn has something to do although no event and no timer is due.
    fn is_busy(&self) -> bool;

    /// When the next timer is due.
    fn next_timer(&self) -> Option<Time>;
}

impl<A: 'static> Node for Reactor<A> {
    fn turn(&mut self, net: &mut SimNet<'_>) -> io::Result<Turn> {
        Reactor::turn(self, net, Some(Duration::ZERO))
    }

    fn is_busy(&self) -> bool {
        Reactor::is_busy(self)
    }

    fn next_timer(&self) -> Option<Time> {
        Reactor::next_timer(self)
    }
}

type Boot<N> = Box<dyn FnMut(&mut SimNet<'_>, Option<N>) -> N>;

/// One host's process.
struct Slot<N> {
    host: HostId,
    /// After a crash, what it left.
    node: Option<N>,
    /// Which process of the host `node` is: once the world says another, it has to be made anew.
    process: u32,
    /// Whether it has had no turn yet, so that nobody can say that it is idle.
    is_new: bool,
}

/// A world and what runs on its hosts.
///
/// Hosts without a node are the test's own to drive, through [`World::net`].
pub struct Runner<N> {
    world: World,
    boot: Boot<N>,
    slots: Vec<Slot<N>>,
}

impl<N: Node> Runner<N> {
    /// Nothing runs yet. `boot` makes what runs on a host, at its start and after each crash; it is then
    /// given what the crash left: take the simulated disk out of that, and nothing else.
    pub fn new(world: World, boot: impl FnMut(&mut SimNet<'_>, Option<N>) -> N + 'static) -> Runner<N> {
        Runner { world, boot: Box::new(boot), slots: Vec::new() }
    }

    /// Adds a host and boots it; scheduled faults may crash it from now on.
    pub fn add_host(&mut self) -> HostId {
        let host = self.add_bystander();
        self.world.set_restartable(host);
        host
    }

    /// Adds a host and boots it; scheduled faults neither crash it nor let it stand still.
    pub fn add_bystander(&mut self) -> HostId {
        let host = self.world.add_host();
        let node = (self.boot)(&mut self.world.net(host), None);
        self.slots.push(Slot::new(host, 0, node));
        host
    }

    /// The world, to look at.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The world, for faults by hand and for hosts without node.
    pub fn world_mut(&mut self) -> &mut World {
        &mut self.world
    }

    /// What runs on `host`, or what a crash left of it. `None`: the host was not added here.
    pub fn node(&self, host: HostId) -> Option<&N> {
        self.slots.iter().find(|slot| slot.host == host)?.node.as_ref()
    }

    /// Does something with what runs on `host` and its network, from outside; `None`: nothing runs.
    pub fn enter<R>(&mut self, host: HostId, f: impl FnOnce(&mut N, &mut SimNet<'_>) -> R) -> Option<R> {
        let slot = self.slots.iter_mut().find(|slot| slot.host == host)?;
        self.world.process(host).filter(|process| *process == slot.process)?;
        Some(f(slot.node.as_mut()?, &mut self.world.net(host)))
    }

    /// What runs on the hosts that are up and not standing still.
    pub fn nodes(&self) -> impl Iterator<Item = (HostId, &N)> {
        let runs = |slot: &&Slot<N>| self.world.process(slot.host) == Some(slot.process);
        self.slots.iter().filter(runs).filter_map(|slot| Some((slot.host, slot.node.as_ref()?)))
    }

    /// Ends the process on `host`; see [`World::crash`].
    pub fn crash(&mut self, host: HostId, how: Crash) {
        self.world.crash(host, how);
    }

    /// Boots `host` anew; see [`World::restart`].
    pub fn restart(&mut self, host: HostId) {
        self.world.restart(host);
    }

    /// Runs until `until`, or until nothing is left to do, now or ever. Says whether it is the latter;
    /// what a cut link holds may still be waiting.
    pub fn run_until(&mut self, until: Time) -> io::Result<bool> {
        loop {
            self.turn_all()?;
            let Some(next) = self.next().filter(|next| *next <= until) else {
                let is_quiet = self.next().is_none();
                self.world.step(until);
                return Ok(is_quiet);
            };
            self.world.step(next);
        }
    }

    /// Runs for a while; see [`run_until`](Runner::run_until).
    pub fn run_for(&mut self, lasting: Duration) -> io::Result<bool> {
        self.run_until(self.world.now() + lasting)
    }

    /// The next delivery or timer. The timers of a host that stands still are due when it goes on, which
    /// is a delivery.
    fn next(&self) -> Option<Time> {
        let timers = self.nodes().filter_map(|(_, node)| node.next_timer());
        timers.chain(self.world.next_delivery()).min()
    }

    /// Turns every host until it has nothing to do at this instant. No turn gives another host something
    /// to do: that takes a delivery.
    fn turn_all(&mut self) -> io::Result<()> {
        for slot in &mut self.slots {
            let Some(process) = self.world.process(slot.host) else { continue };
            if slot.process != process {
                let dead = slot.node.take();
                let node = (self.boot)(&mut self.world.net(slot.host), dead);
                *slot = Slot::new(slot.host, process, node);
            }
            slot.turn_until_idle(&mut self.world)?;
        }
        Ok(())
    }
}

impl<N: Node> Slot<N> {
    /// So many turns of one host in one instant are an endless loop.
    const MAX_TURNS: u32 = 100_000;

    fn new(host: HostId, process: u32, node: N) -> Slot<N> {
        Slot { host, node: Some(node), process, is_new: true }
    }

    fn turn_until_idle(&mut self, world: &mut World) -> io::Result<()> {
        let Some(node) = &mut self.node else { return Ok(()) };
        let is_new = std::mem::take(&mut self.is_new);
        let mut turns = 0;
        while (is_new && turns == 0) || has_work(node, self.host, world) {
            if node.turn(&mut world.net(self.host))? == Turn::Stopped {
                world.exit(self.host);
                break;
            }
            turns += 1;
            assert!(turns < Self::MAX_TURNS, "{:?} is busy for ever at {:?}", self.host, world.now());
        }
        Ok(())
    }
}

fn has_work(node: &impl Node, host: HostId, world: &World) -> bool {
    node.is_busy() || world.pending(host) || node.next_timer().is_some_and(|due| due <= world.now())
}
