//! Servers inside the test's own process: on the simulator's network, on one that the test scripts, or, where system
//! calls are counted, on the real one.

#![expect(
    clippy::disallowed_types,
    reason = "the client of a real net is a plain socket, outside the reactor"
)]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

#[path = "../oracles/mod.rs"]
mod oracles;
#[path = "../pair/mod.rs"]
mod pair;
#[path = "../common/reports.rs"]
mod reports;

mod clients_known;
mod corpus;
mod faults;
mod herd_sim;
mod hung_neighbour;
mod large_commit;
mod manners;
mod paper_sim;
mod resync_sim;
mod slow_places;
mod steady_state;
mod web_places;
