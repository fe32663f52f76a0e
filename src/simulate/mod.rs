//! The whole herd in one process and one thread, on a simulated network (law 8): what a seed did once, it
//! does again.
//!
//! The servers are the real ones, down to the reactor. A [`Plan`] is drawn from the seed: the herd, what goes wrong
//! on its network and hosts, what clients and strangers do. A run has two phases: in the *storm* servers crash,
//! links break and clocks jump while clients report; then everything is healed, and in the *calm* the links must
//! come up, all servers must hold the same, and new reports must reach every server. The judges say whether
//! anything wrong was seen on the way; [`minimise`] shortens a run that fails.

mod cluster;
mod disk;
mod disks;
mod history;
mod judges;
mod load;
mod member;
mod minimise;
mod numbers;
mod places;
mod plan;
mod question;
mod rare;
mod run;
mod server;
mod storage;
mod story;
mod strangers;
mod topology;
mod trim;
mod whole;

pub use disk::{DiskCounts, SimDisk, SimFile, SimVolume};
pub use judges::Failure;
pub use load::LoadPlan;
pub use minimise::minimise;
pub use numbers::Numbers;
pub use places::Mood;
pub use plan::{Plan, Setting};
pub use run::{Outcome, simulate};
pub use topology::Topology;
pub use trim::{Ingredient, Trim};
