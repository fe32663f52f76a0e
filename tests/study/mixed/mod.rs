//! Our servers beside those of the Twisted original (`study/twisted`): in one herd, and told the same.
//!
//! They form any of the 32 herds that five servers of two kinds can (`mixed/herds.rs`). What they answer
//! differently is a list, `mixed/differences.txt`; docs/study.md says why.

mod differences;
mod explained;
mod herds;
mod kind;
mod listing;
mod script;
mod service;
mod visit;
