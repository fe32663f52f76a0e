//! Real servers under what processes, networks and disks do to them: killed, paused, cut off, full, crowded.
//!
//! The measurements of the same are in `benches/reliability`.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the tests stand outside of the reactor"
)]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;
#[path = "processes/crowds.rs"]
mod crowds;
#[path = "processes/cuts.rs"]
mod cuts;
#[path = "processes/dialling.rs"]
mod dialling;
#[path = "processes/disk.rs"]
mod disk;
#[path = "processes/kills.rs"]
mod kills;
#[path = "processes/pauses.rs"]
mod pauses;
#[path = "processes/rig/mod.rs"]
mod rig;
#[path = "processes/signals.rs"]
mod signals;
