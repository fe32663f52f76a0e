//! The reactor on a net that the test scripts, and on the simulator's: the laws, the limits, and whatever can fail.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/certs.rs"]
mod certs;
#[path = "../support/mod.rs"]
mod support;

mod faults;
mod harness;
mod lag;
mod laws;
mod lifecycle;
mod limits;
mod log_lines;
mod racing;
mod readiness;
mod reentrancy;
mod said;
