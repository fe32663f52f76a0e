//! Faults that are planted on purpose, to see whether the simulator's judges are awake.
//!
//! Each is a mistake that somebody could make in good faith. Without the feature `buggify` there is none, and
//! the compiler drops them all.

/// A mistake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Planted {
    /// A report of the same time as the record replaces it.
    EqualTimeWins,
    /// Whatever a neighbour answers to the challenge is taken for a proof.
    AnyProof,
    /// A proof does not say who made it, so that it can be sent back to its maker.
    RolelessProof,
    /// A client's AT is heard like a neighbour's.
    ClientsNews,
    /// The digest stays as it is when a record is overwritten.
    StaleDigest,
    /// Of the buckets that differ, the last is not sent.
    BucketForgotten,
    /// Of the leaves of a bucket that differ, the first is not sent.
    LeafForgotten,
    /// A resync is over after its first batch.
    ResyncStopsEarly,
    /// Too much has waited for a neighbour, and it is not compared.
    OverflowForgotten,
    /// A neighbour that is back is not compared.
    CompareForgotten,
    /// A flood leaves out the last neighbour.
    LastNeighbourForgotten,
    /// A reply leaves before the commit that holds its record.
    AckBeforeCommit,
    /// A report is passed on before the commit that holds it.
    FloodBeforeCommit,
    /// A commit is not synced.
    CommitWithoutSync,
    /// A record that is on disk is not overwritten by a newer one.
    KeepsOlderOnDisk,
    /// Loading ends before the last record.
    ForgetsLastRecord,
    /// A zero at the end of a time is not stored.
    AltersWhatItStores,
    /// A commit that failed is taken for done.
    FailedCommitIsDone,
    /// A client whose record lies on disk alone is taken for unknown.
    AwayIsUnknown,
    /// The digest forgets a record that leaves memory.
    DigestForgetsAway,
    /// While a WHATSAT waits for its answer, the commands behind it are answered.
    AnswersOutOfOrder,
    /// A client whose reading is paused is never read again.
    PausedForEver,
    /// Two records of one time are not told apart, and so the one that came first stays.
    TiesByTimeAlone,
    /// News go to the neighbour they came from, and to no other.
    FloodsBackAlone,
    /// A neighbour that could not be reached some times is dialled no more.
    RedialGivenUp,
}

impl Planted {
    /// All of them, and what they are called on the command line.
    pub const ALL: &[(&str, Planted)] = &[
        ("equal-time-wins", Planted::EqualTimeWins),
        ("any-proof", Planted::AnyProof),
        ("roleless-proof", Planted::RolelessProof),
        ("clients-news", Planted::ClientsNews),
        ("stale-digest", Planted::StaleDigest),
        ("bucket-forgotten", Planted::BucketForgotten),
        ("leaf-forgotten", Planted::LeafForgotten),
        ("resync-stops-early", Planted::ResyncStopsEarly),
        ("overflow-forgotten", Planted::OverflowForgotten),
        ("compare-forgotten", Planted::CompareForgotten),
        ("last-neighbour-forgotten", Planted::LastNeighbourForgotten),
        ("ack-before-commit", Planted::AckBeforeCommit),
        ("flood-before-commit", Planted::FloodBeforeCommit),
        ("commit-without-sync", Planted::CommitWithoutSync),
        ("keeps-older-on-disk", Planted::KeepsOlderOnDisk),
        ("forgets-last-record", Planted::ForgetsLastRecord),
        ("alters-what-it-stores", Planted::AltersWhatItStores),
        ("failed-commit-is-done", Planted::FailedCommitIsDone),
        ("away-is-unknown", Planted::AwayIsUnknown),
        ("digest-forgets-away", Planted::DigestForgetsAway),
        ("answers-out-of-order", Planted::AnswersOutOfOrder),
        ("paused-for-ever", Planted::PausedForEver),
        ("ties-by-time-alone", Planted::TiesByTimeAlone),
        ("floods-back-alone", Planted::FloodsBackAlone),
        ("redial-given-up", Planted::RedialGivenUp),
    ];
}

/// Whether this mistake is to be made.
#[cfg(not(feature = "buggify"))]
#[inline(always)]
pub const fn is_planted(_: Planted) -> bool {
    false
}

#[cfg(feature = "buggify")]
pub use chosen::{is_planted, plant};

#[cfg(feature = "buggify")]
mod chosen {
    use std::cell::Cell;

    use super::Planted;

    thread_local! {
        static CHOSEN: Cell<Option<Planted>> = const { Cell::new(None) };
    }

    /// Makes this mistake, and no other, in the simulations of this thread from here on.
    pub fn plant(mistake: Option<Planted>) {
        CHOSEN.set(mistake);
    }

    /// Whether this mistake is to be made.
    pub fn is_planted(mistake: Planted) -> bool {
        CHOSEN.get() == Some(mistake)
    }
}
