//! What real servers reach of the targets of reliability, measured.
//!
//!     cargo bench --bench reliability
//!     cargo bench --bench reliability -- kills readers
//!
//! prints one table: all of it, or the lines whose names hold one of these words. It takes some ten minutes, and
//! wants a machine that is otherwise idle. Where it may make name spaces, packets are dropped in silence in a network
//! of its own; else these lines are left out.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the measurements stand outside of the reactor"
)]
#![expect(clippy::unwrap_used, reason = "what fails here fails the measurement")]

#[path = "../../tests/common/mod.rs"]
mod common;
mod convergence;
mod crowds;
mod disk;
mod gauge;
#[path = "../../tests/processes/rig/mod.rs"]
mod rig;
mod table;

use rig::lab;
use table::Row;

/// A name to ask for it by, and what gives its lines.
type Measurement = (&'static str, fn() -> Vec<Row>);

const MEASUREMENTS: &[Measurement] = &[
    ("partition: silent", convergence::after_a_silent_partition),
    ("partition: closed", convergence::after_a_closed_partition),
    ("pause", convergence::after_a_pause),
    ("restart", convergence::after_a_restart),
    ("one link cut", convergence::of_a_report_where_one_link_is_cut),
    ("rebuilt from neighbours", disk::rebuilt),
    ("kills", disk::kills),
    ("damaged file", disk::damage),
    ("nobody", crowds::nobody),
    ("idle connections", crowds::idle),
    ("slow loris", crowds::slow_loris),
    ("greedy client", crowds::greedy),
    ("slow readers", crowds::slow_readers),
    ("out of descriptors", crowds::out_of_descriptors),
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    if lab::enter() {
        return; // it was all done inside
    }
    let is_wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(&**word));
    table::print_head();
    Row::note("processors, and who else wanted them (load average)", gauge::load_average()).print();
    for (name, measure) in MEASUREMENTS.iter().filter(|(name, _)| is_wanted(name)) {
        eprintln!("measuring {name} ..");
        measure().iter().for_each(Row::print);
    }
}
