//! Which faults a simulated world injects, how often, and how many it did inject.

use std::ops::Range;
use std::time::Duration;

use crate::random::Random;

/// What may go wrong, and how often.
///
/// Percentages are of the occasions named. [`Faults::drawn`] leaves many faults out altogether: seeds
/// with a few kinds of trouble reach states that a mix of all of them always masks.
#[derive(Clone, Debug)]
pub struct Faults {
    /// How long one segment travels.
    pub delay: Range<Duration>,
    /// Bytes that a stream takes before its reader has read any of them.
    pub window: Range<usize>,
    /// Percent of reads that bring only a part of what has arrived.
    pub short_reads: u64,
    /// Percent of writes of which only a part is taken though there is room.
    pub short_writes: u64,
    /// Percent of the occasions for an event without cause at which there is one.
    pub spurious_events: u64,
    /// Percent of connects that are refused though somebody listens.
    pub refused_connects: u64,
    /// Percent of connects that hear nothing, neither yes nor no.
    pub lost_connects: u64,
    /// Percent of accepts and connects that find no descriptor free (EMFILE).
    pub exhaustion: u64,
    /// Percent of name look-ups that fail or take as long as `give_up` says.
    pub failed_names: u64,
    /// Percent of resets that take what has arrived but was not read with them, as on BSD. Linux lets
    /// it be read first.
    pub discarding_resets: u64,
    /// Percent of hosts that read a few bytes at a time, now and then, through a small window.
    pub slow_readers: u64,
    /// How long TCP tries before it gives up with `TimedOut`.
    pub give_up: Range<Duration>,
    /// How far off a host's wall clock may be at the start, and may jump; either way.
    pub clock_skew: Duration,
    /// How many parts in a million a wall clock may be fast or slow.
    pub clock_drift_ppm: u64,
    /// The pause before each scheduled fault. Empty: none is scheduled.
    pub pause: Range<Duration>,
    /// How long a scheduled partition, clog, crash or standstill lasts.
    pub lasting: Range<Duration>,
    /// What the scheduled faults are.
    pub mix: Mix,
}

/// The weights of the scheduled faults: one of weight 2 comes twice as often as one of weight 1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mix {
    /// Hosts are parted: a pair, one from all, or two halves.
    pub partition: u64,
    /// Of the partitions, the percentage that stops one direction only.
    pub one_way: u64,
    /// One direction between two hosts stands still.
    pub clog: u64,
    /// One stream is reset at both ends.
    pub reset: u64,
    /// A process dies; its kernel closes its sockets.
    pub crash: u64,
    /// A machine goes dark and says nothing, until it is up again.
    pub power_cut: u64,
    /// A process stands still, as after SIGSTOP; its kernel goes on.
    pub standstill: u64,
    /// A wall clock jumps.
    pub clock_jump: u64,
    /// A process is asked to stop, as by SIGTERM, and started again after a while.
    pub stop: u64,
    /// Something that the world knows nothing of, such as a disk: see [`World::take_others`].
    ///
    /// [`World::take_others`]: super::World::take_others
    pub other: u64,
}

/// One kind of scheduled fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Partition,
    Clog,
    Reset,
    Crash,
    PowerCut,
    Standstill,
    ClockJump,
    Stop,
    Other,
}

const MICRO: Duration = Duration::from_micros(1);
const MILLI: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

impl Faults {
    /// A good network: short delays, large windows, whole reads and writes, right clocks.
    pub fn none() -> Faults {
        Faults {
            delay: 50 * MICRO..200 * MICRO,
            window: 65_536..262_144,
            short_reads: 0,
            short_writes: 0,
            spurious_events: 0,
            refused_connects: 0,
            lost_connects: 0,
            exhaustion: 0,
            failed_names: 0,
            discarding_resets: 0,
            slow_readers: 0,
            give_up: 60 * SECOND..120 * SECOND,
            clock_skew: Duration::ZERO,
            clock_drift_ppm: 0,
            pause: Duration::ZERO..Duration::ZERO,
            lasting: Duration::ZERO..Duration::ZERO,
            mix: Mix::default(),
        }
    }

    /// The mix of faults that `random` draws.
    pub fn drawn(random: &mut Random) -> Faults {
        let small_window = 4_096 + size(random, 61_440);
        Faults {
            delay: 20 * MICRO..random.between(MILLI, 50 * MILLI),
            window: small_window..small_window + 1 + size(random, 196_608),
            short_reads: maybe(random, 60),
            short_writes: maybe(random, 60),
            spurious_events: maybe(random, 30),
            refused_connects: maybe(random, 20),
            lost_connects: maybe(random, 10),
            exhaustion: maybe(random, 10),
            failed_names: maybe(random, 20),
            discarding_resets: maybe(random, 100),
            slow_readers: maybe(random, 25),
            give_up: 5 * SECOND..random.between(10 * SECOND, 120 * SECOND),
            clock_skew: MILLI * u32::try_from(maybe(random, 100_000)).unwrap_or(0),
            clock_drift_ppm: maybe(random, 200),
            pause: 10 * MILLI..random.between(100 * MILLI, 2 * SECOND),
            lasting: 10 * MILLI..random.between(SECOND, 10 * SECOND),
            mix: Mix::drawn(random),
        }
    }

    /// This mix without its trouble: what is left is delay, odd segmentation and spurious events, which
    /// a healthy network has too.
    pub(super) fn healed(&self) -> Faults {
        let Faults { delay, window, short_reads, short_writes, spurious_events, .. } = self.clone();
        Faults { delay, window, short_reads, short_writes, spurious_events, ..Faults::none() }
    }
}

impl Mix {
    fn drawn(random: &mut Random) -> Mix {
        Mix {
            partition: maybe(random, 9),
            one_way: maybe(random, 100),
            clog: maybe(random, 9),
            reset: maybe(random, 9),
            crash: maybe(random, 5),
            power_cut: maybe(random, 5),
            standstill: maybe(random, 5),
            clock_jump: maybe(random, 5),
            stop: maybe(random, 5),
            other: 0,
        }
    }

    /// One of the kinds, by their weights; `None` if all of them are zero.
    pub(super) fn choose(&self, random: &mut Random) -> Option<Kind> {
        let weights = [
            (Kind::Partition, self.partition),
            (Kind::Clog, self.clog),
            (Kind::Reset, self.reset),
            (Kind::Crash, self.crash),
            (Kind::PowerCut, self.power_cut),
            (Kind::Standstill, self.standstill),
            (Kind::ClockJump, self.clock_jump),
            (Kind::Stop, self.stop),
            (Kind::Other, self.other),
        ];
        let mut rest = random.below(weights.iter().map(|(_, weight)| weight).sum());
        let chosen = weights.into_iter().find(|&(_, weight)| {
            let here = rest < weight;
            rest = rest.saturating_sub(weight);
            here
        });
        chosen.map(|(kind, _)| kind)
    }
}

/// Nothing half of the time, else from 1 to `most`.
fn maybe(random: &mut Random, most: u64) -> u64 {
    if random.percent(50) { 0 } else { 1 + random.below(most) }
}

/// A size below `bound`; 0 if `bound` is 0.
pub(super) fn size(random: &mut Random, bound: usize) -> usize {
    usize::try_from(random.below(bound as u64)).unwrap_or(0)
}

/// How many faults were injected, by kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "each field counts what its name and the field of Faults or Mix say")]
pub struct FaultCounts {
    pub short_reads: u64,
    pub short_writes: u64,
    pub spurious_events: u64,
    pub refused_connects: u64,
    pub lost_connects: u64,
    pub exhaustions: u64,
    pub failed_names: u64,
    pub give_ups: u64,
    pub partitions: u64,
    pub clogs: u64,
    pub resets: u64,
    pub crashes: u64,
    pub power_cuts: u64,
    pub standstills: u64,
    pub clock_jumps: u64,
    pub stops: u64,
    pub others: u64,
}

impl FaultCounts {
    /// Faults of the network, the hosts and the clocks; segmentation and spurious events are none.
    pub fn total(&self) -> u64 {
        let connects = self.refused_connects + self.lost_connects + self.exhaustions + self.failed_names;
        let links = self.partitions + self.clogs + self.resets + self.give_ups;
        let hosts = self.crashes + self.power_cuts + self.standstills + self.stops;
        connects + links + hosts + self.clock_jumps + self.others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_weight_zero_is_never_chosen() {
        let mix = Mix { clog: 1, clock_jump: 2, ..Mix::default() };
        let mut random = Random::seeded(3);
        let chosen: Vec<_> = (0..300).filter_map(|_| mix.choose(&mut random)).collect();
        let clogs = chosen.iter().filter(|kind| **kind == Kind::Clog).count();
        let jumps = chosen.iter().filter(|kind| **kind == Kind::ClockJump).count();
        assert_eq!(clogs + jumps, 300);
        assert!(clogs > 60 && jumps > 150);
        assert_eq!(Mix::default().choose(&mut random), None);
    }

    #[test]
    fn every_fault_is_drawn_by_some_seeds_and_left_out_by_others() {
        let drawn: Vec<_> = (0..50).map(|seed| Faults::drawn(&mut Random::seeded(seed))).collect();
        let fields: [fn(&Faults) -> u64; 4] =
            [|f| f.short_reads, |f| f.lost_connects, |f| f.mix.power_cut, |f| f.clock_drift_ppm];
        for field in fields {
            assert!(drawn.iter().any(|faults| field(faults) == 0));
            assert!(drawn.iter().any(|faults| field(faults) > 0));
        }
    }
}
