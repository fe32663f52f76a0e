//! One host of the simulated network, virtual time; with and without trouble.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use reactor::sim::{Direction, Faults, HostId, SimNet, World};
use reactor::{Reactor, Signal};

use super::{PATIENCE, Stage};
use crate::cast::Actor;
use crate::scene::Scene;

/// A good network.
pub(crate) struct Sim {
    world: World,
    host: HostId,
    silent: SocketAddr,
}

impl Sim {
    fn with_faults(seed: u64, faults: Faults) -> Sim {
        let mut world = World::new(seed, faults);
        let (host, silent) = (world.add_host(), world.add_host());
        world.cut(host, silent, Direction::Both);
        world.name("localhost", &[Ipv4Addr::LOCALHOST.into()]);
        let silent = (world.ip(silent), 7).into();
        Sim { world, host, silent }
    }
}

impl Stage for Sim {
    type Net<'n> = SimNet<'n>;

    fn open(seed: u64) -> Sim {
        Sim::with_faults(seed, Faults::none())
    }

    fn with<R>(&mut self, f: impl FnOnce(&mut SimNet<'_>) -> R) -> R {
        f(&mut self.world.net(self.host))
    }

    /// Makes the next delivery, unless the reactor has something to do before.
    fn go_on<A: 'static>(&mut self, reactor: &Reactor<A>) {
        if reactor.is_busy() || self.world.pending(self.host) {
            return;
        }
        let now = self.world.now();
        let timer = reactor.next_timer().unwrap_or(now + PATIENCE);
        self.world.step(timer.max(now).min(now + PATIENCE));
    }

    fn silent(&mut self) -> SocketAddr {
        self.silent
    }

    fn signal(&mut self, signal: Signal) {
        self.world.signal(self.host, signal);
    }
}

/// The trouble that every stream must bear without anybody noticing: long and uneven delays, small
/// windows, reads and writes cut anywhere, events without cause.
pub(crate) struct FaultySim(Sim);

impl Stage for FaultySim {
    type Net<'n> = SimNet<'n>;

    const PERFORMANCES: u64 = 5;

    fn open(seed: u64) -> FaultySim {
        let small = 4_096 << (seed % 5);
        FaultySim(Sim::with_faults(
            seed,
            Faults {
                delay: Duration::from_micros(20)..Duration::from_millis(5),
                window: small..2 * small,
                short_reads: 60,
                short_writes: 60,
                spurious_events: 30,
                ..Faults::none()
            },
        ))
    }

    fn with<R>(&mut self, f: impl FnOnce(&mut SimNet<'_>) -> R) -> R {
        self.0.with(f)
    }

    fn go_on<A: 'static>(&mut self, reactor: &Reactor<A>) {
        self.0.go_on(reactor);
    }

    fn silent(&mut self) -> SocketAddr {
        self.0.silent()
    }

    fn signal(&mut self, signal: Signal) {
        self.0.signal(signal);
    }
}

#[test]
fn the_trouble_does_come_and_the_good_network_has_none() {
    fn counts<S: Stage>(world: impl Fn(&S) -> &World) -> [bool; 3] {
        let mut scene = Scene::new(S::open(1));
        scene.reactor.app.left = 100_000;
        scene.play(Actor::echoes, Actor::new("client").produces());
        let counts = world(&scene.stage).counts();
        [counts.short_reads, counts.short_writes, counts.spurious_events].map(|count| count > 0)
    }
    assert_eq!(counts::<FaultySim>(|stage| &stage.0.world), [true; 3]);
    assert_eq!(counts::<Sim>(|stage| &stage.world), [false; 3]);
}
