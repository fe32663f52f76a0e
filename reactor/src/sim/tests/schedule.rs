//! Faults as the seed schedules them.

use super::*;
use crate::sim::{Fault, Mix, Spared, Struck};

fn faults() -> Faults {
    let mix = Mix {
        partition: 2,
        clog: 1,
        crash: 1,
        power_cut: 1,
        standstill: 1,
        clock_jump: 1,
        stop: 1,
        other: 1,
        ..Mix::default()
    };
    let (pause, lasting) = (SECOND / 10..SECOND, SECOND..2 * SECOND);
    Faults { mix, pause, lasting, clock_skew: SECOND, ..Faults::none() }
}

fn struck(spared: Spared) -> Vec<Struck> {
    let mut world = World::new(5, faults());
    let hosts = [world.add_host(), world.add_host(), world.add_host()];
    world.set_restartable(hosts[1]);
    world.spare(spared);
    let until = seconds(60);
    while world.step(until) {}
    world.struck().to_vec()
}

#[test]
fn faults_that_are_left_out_change_no_other() {
    let all = struck(Spared::default());
    assert!(all.len() > 60, "{}", all.len());
    let some = struck(Spared::These((3..600).step_by(3).collect()));
    let expected: Vec<_> = all.iter().filter(|one| one.number < 3 || one.number % 3 != 0).cloned().collect();
    assert_eq!(some, expected);
    assert_eq!(struck(Spared::AllBut([all[7].number].into())), [all[7].clone()]);
}

#[test]
fn only_who_can_be_restarted_is_crashed_stopped_or_handed_other_faults() {
    let server = HostId::nth(1);
    for struck in struck(Spared::default()) {
        match struck.fault {
            Fault::Crash { host, .. } | Fault::Stop { host, .. } | Fault::Other { host, .. } => {
                assert_eq!(host, server);
            }
            Fault::Clog { from, to, .. } => assert_ne!(from, to),
            Fault::Partition { directs, .. } => assert!(directs.iter().all(|(from, to)| from != to)),
            _ => {}
        }
    }
}

#[test]
fn other_faults_are_handed_over_once() {
    let mut world = World::new(1, Faults { mix: Mix { other: 1, ..Mix::default() }, ..faults() });
    let host = world.add_host();
    world.set_restartable(host);
    let until = seconds(10);
    while world.step(until) {}
    assert_eq!(world.take_others().len() as u64, world.counts().others);
    assert!(world.counts().others > 5 && world.take_others().is_empty());
}
