//! A load on servers that speak the protocol, ours or others: what it measures, docs/bench.md says how to read.
//!
//! A [`Load`] is the application of a reactor of its own: [`start`] it and [`drive`] it. It knows no socket and no
//! clock, so it also runs in the simulator, where a second is exactly one.
//!
//! | file | what it holds |
//! |---|---|
//! | `plan.rs` | what a load is to be |
//! | `phases.rs` | how it begins, goes on and ends |
//! | `load.rs` | what is sent, to whom and when; what a reply means |
//! | `caller.rs`, `connection.rs` | one connection's part, and its protocol |
//! | `words.rs`, `flight.rs` | the lines; which reply answers which, and whether it is right |
//! | `walk.rs`, `schedule.rs` | who speaks next; when the lines of an open loop are due |
//! | `tally.rs`, `report.rs` | what is counted; the results |
//! | `http.rs` | the same lines in the bodies of requests |
//! | `spread.rs`, `first.rs` | two other measurements: until all servers know a report, until one answers at all |
//! | `drive.rs` | turning a reactor so that lines leave when they are due |

mod caller;
mod connection;
mod drive;
mod first;
mod flight;
mod http;
mod load;
mod phases;
mod plan;
mod report;
mod schedule;
mod spread;
mod tally;
mod walk;
mod words;

#[cfg(test)]
mod tests;

pub use drive::drive;
pub use first::{First, start_first};
pub use load::Load;
pub use phases::{finish, start};
pub use plan::{Pace, Plan, Questions, Span, Target};
pub use report::{Kind, Latency, PerTarget, Results};
pub use spread::{Spread, SpreadResults, start_spread};
