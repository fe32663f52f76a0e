//! Nodes on hosts: turns, timers, crashes.

use super::*;
use crate::random::Random;
use crate::reactor::Turn;
use crate::sim::{Crash, Node, Runner};

const TICK: Duration = Duration::from_millis(100);

/// Counts its turns and ticks; the disk outlives it.
struct Ticker {
    due: Time,
    ticks: u32,
    disk: u32,
    stops: bool,
}

impl Node for Ticker {
    fn turn(&mut self, net: &mut SimNet<'_>) -> io::Result<Turn> {
        net.poll(None, &mut Vec::new())?;
        if self.due <= net.now() {
            self.due = net.now() + TICK;
            self.ticks += 1;
            self.disk += 1;
        }
        Ok(if self.stops { Turn::Stopped } else { Turn::Running })
    }

    fn is_busy(&self) -> bool {
        false
    }

    fn next_timer(&self) -> Option<Time> {
        Some(self.due)
    }
}

fn tickers(faults: Faults) -> Runner<Ticker> {
    let world = World::new(1, faults);
    let mut runner = Runner::new(world, |net, dead: Option<Ticker>| {
        let disk = dead.map_or(0, |dead| dead.disk);
        Ticker { due: net.now() + TICK, ticks: 0, disk, stops: false }
    });
    for _ in 0..3 {
        runner.add_host();
    }
    runner
}

#[test]
fn timers_are_due_in_virtual_time() {
    let mut runner = tickers(Faults::none());
    assert!(!runner.run_for(SECOND).unwrap());
    assert_eq!(runner.world().now(), seconds(1));
    assert_eq!(runner.nodes().map(|(_, node)| node.ticks).collect::<Vec<_>>(), [10, 10, 10]);
}

#[test]
fn a_crash_ends_a_node_and_a_restart_makes_another_with_the_old_disk() {
    let mut runner = tickers(Faults::none());
    let host = runner.nodes().next().unwrap().0;
    runner.run_for(SECOND).unwrap();
    runner.crash(host, Crash::Power);
    runner.run_for(SECOND).unwrap();
    assert_eq!(runner.nodes().count(), 2);
    assert!(runner.enter(host, |_, _| ()).is_none());
    runner.restart(host);
    runner.run_for(SECOND).unwrap();
    let node = runner.node(host).unwrap();
    assert_eq!((node.ticks, node.disk), (10, 20));
}

#[test]
fn scheduled_crashes_and_standstills_strike_and_heal() {
    let faults =
        Faults { pause: TICK..SECOND, lasting: TICK..SECOND, ..Faults::drawn(&mut Random::seeded(1)) };
    let mix = crate::sim::Mix { crash: 1, power_cut: 1, standstill: 1, ..crate::sim::Mix::default() };
    let mut runner = tickers(Faults { mix, ..faults });
    runner.run_for(100 * SECOND).unwrap();
    let counts = runner.world().counts();
    assert!(counts.crashes > 5 && counts.power_cuts > 5 && counts.standstills > 5, "{counts:?}");
    runner.world_mut().heal_all();
    runner.run_for(SECOND).unwrap();
    assert_eq!(runner.nodes().count(), 3);
}

#[test]
fn a_node_that_has_stopped_is_turned_no_more() {
    let mut runner = tickers(Faults::none());
    let host = runner.nodes().next().unwrap().0;
    runner.run_for(SECOND).unwrap();
    runner.enter(host, |node, _| node.stops = true);
    runner.run_for(SECOND).unwrap();
    assert_eq!(runner.nodes().count(), 2);
    assert_eq!(runner.node(host).unwrap().ticks, 11);
}
