//! Real servers, each a process of its own on loopback, as their clients, neighbours and operators meet them; and what
//! processes, networks and disks do to them: killed, paused, cut off, full, crowded (measured in `benches/reliability`).

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the tests stand outside of the reactor"
)]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

#[path = "../common/mod.rs"]
mod common;
mod rig;

mod bench_tcp;
mod clients_tls;
mod command_line;
mod crowds;
mod cuts;
mod dialling;
mod disk;
mod durability;
mod herd_tcp;
mod kills;
mod paper_tcp;
mod pauses;
mod peers_tls;
mod places_tcp;
mod signals;
mod specification;
mod standard_error;
mod stopping;
mod strangers;
mod zoo;
