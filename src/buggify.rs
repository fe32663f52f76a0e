//! Rare branches, made common while the herd is simulated.
//!
//! A batch that is full after one record, a queue that overflows at once, a wait that is over too early: a
//! real server may run for years before it meets them, and then all at the same time. So the code asks at
//! such a place whether the seed wants it to happen now. A point never changes what is right, only what is
//! rare. (The idea is FoundationDB's, and so is the name.)
//!
//! Without the feature `buggify` no point ever fires, and the compiler drops them all.

/// A place where a seed may make something rare happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Point {
    /// A resync's batch ends after its first line.
    TinyResyncBatch,
    /// Who comes to the neighbours' port has no time to prove who it is.
    ShortHello,
    /// A line of digests holds one bucket.
    ShortDigestLines,
    /// A bucket with few records is asked about, too.
    LeavesOfFew,
    /// A question about leaves is about one bucket.
    ShortQuestion,
    /// What the leaves of a bucket hold is not known.
    UnknownLeaves,
    /// A neighbour that keeps up is taken for one that does not: a line waits.
    SlowNeighbour,
    /// Too much waits for a neighbour, however little it is.
    NeighbourQueueOverflow,
    /// A neighbour is compared although it has missed nothing.
    CompareAgain,
    /// A commit takes one record and no more.
    TinyCommit,
    /// A commit is delayed by half a second, as by a disk that is busy.
    SlowCommit,
    /// The second between two commits is over at once.
    EarlyCommit,
    /// All records that are on disk leave memory, however few there are.
    TinyMemory,
    /// A client is no longer read as soon as one of its replies is held.
    FullHold,
    /// A client has to wait after a line, as if it had been too fast.
    HeldLine,
    /// A WHATSAT has to wait before it is asked, as if its client had been too fast.
    HeldQuery,
    /// A neighbour is pinged ten times as often.
    EarlyPing,
    /// A neighbour is dialled again without a pause.
    RedialAtOnce,
    /// A neighbour is dialled again two seconds later than it should.
    LateRedial,
    /// A link is given up as soon as it is up.
    LinkDropped,
    /// A neighbour's link is given up as soon as it has proved who it is.
    HeardLinkDropped,
    /// A neighbour is told a line twice.
    FloodedTwice,
    /// News also go back to where they came from.
    FloodedBack,
    /// The places for a WHATSAT come a little later.
    LateAnswer,
    /// There is no room at the neighbours' port.
    NoRoomForStrangers,
}

impl Point {
    /// All of them.
    pub const ALL: &[Point] = &[
        Point::TinyResyncBatch,
        Point::ShortHello,
        Point::ShortDigestLines,
        Point::LeavesOfFew,
        Point::ShortQuestion,
        Point::UnknownLeaves,
        Point::SlowNeighbour,
        Point::NeighbourQueueOverflow,
        Point::CompareAgain,
        Point::TinyCommit,
        Point::SlowCommit,
        Point::EarlyCommit,
        Point::TinyMemory,
        Point::FullHold,
        Point::HeldLine,
        Point::HeldQuery,
        Point::EarlyPing,
        Point::RedialAtOnce,
        Point::LateRedial,
        Point::LinkDropped,
        Point::HeardLinkDropped,
        Point::FloodedTwice,
        Point::FloodedBack,
        Point::LateAnswer,
        Point::NoRoomForStrangers,
    ];
}

/// Whether it happens here and now.
#[cfg(not(feature = "buggify"))]
#[inline(always)]
pub const fn fires(_: Point) -> bool {
    false
}

#[cfg(feature = "buggify")]
pub use drawn::{draw, fired, fires};

#[cfg(feature = "buggify")]
mod drawn {
    use std::cell::Cell;

    use reactor::Random;

    use super::Point;

    /// What a thread's simulation has drawn; a run stays on its thread.
    struct Drawn {
        random: Random,
        /// The points that may fire in this run, one bit each.
        enabled: u64,
        fired: u64,
    }

    thread_local! {
        static DRAWN: Cell<Option<Drawn>> = const { Cell::new(None) };
    }

    /// Draws which points may fire in the run that begins on this thread: a quarter of them. `None`: no point
    /// fires from here on.
    pub fn draw(random: Option<Random>) {
        DRAWN.set(random.map(|mut random| {
            let bit = |place| u64::from(random.percent(25)) << place;
            let enabled = (0..Point::ALL.len()).map(bit).sum();
            Drawn { random, enabled, fired: 0 }
        }));
    }

    /// Whether it happens here and now: at one occasion in five, if the run has drawn it.
    pub fn fires(point: Point) -> bool {
        with(|drawn| {
            let fires = drawn.enabled >> (point as u32) & 1 == 1 && drawn.random.percent(20);
            drawn.fired += u64::from(fires);
            fires
        })
    }

    /// How often any point has fired in this thread's run.
    pub fn fired() -> u64 {
        with(|drawn| drawn.fired)
    }

    fn with<R: Default>(f: impl FnOnce(&mut Drawn) -> R) -> R {
        let Some(mut drawn) = DRAWN.take() else { return R::default() };
        let result = f(&mut drawn);
        DRAWN.set(Some(drawn));
        result
    }
}
