//! Our servers beside those of the Twisted original (`study/twisted`): in one herd, and told the same.
//!
//! They form any of the 32 herds that five servers of two kinds can (`mixed/herds.rs`). What they answer
//! differently is a list, `mixed/differences.txt`; docs/study.md says why.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the tests stand outside of the reactor"
)]

mod common;
#[path = "mixed/differences.rs"]
mod differences;
#[path = "mixed/explained.rs"]
mod explained;
#[path = "mixed/herds.rs"]
mod herds;
#[path = "mixed/kind.rs"]
mod kind;
#[path = "mixed/listing.rs"]
mod listing;
#[path = "mixed/script/mod.rs"]
mod script;
#[path = "mixed/service.rs"]
mod service;
#[path = "mixed/visit.rs"]
mod visit;
