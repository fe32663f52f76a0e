//! The application server herd: location reports from mobile clients, flooded among five servers.
//!
//! | module | what it holds |
//! |---|---|
//! | [`command`] | what one line says: IAMAT, AT, WHATSAT; exact, on bytes |
//! | [`store`] | the newest record of every client |
//! | [`journal`] | the records on disk: when they get there, and who waits for it |
//! | [`herd`] | one server: its state, its clients' protocol, flooding |
//! | [`link`] | links between neighbours: who may speak, pings, dialling again |
//! | [`paper`] | the original's way instead: a connection for each update, and no proofs |
//! | [`places`] | what is near a point: providers |
//! | [`simulate`] | the whole herd on a simulated network, from a seed |
//! | [`traffic_log`] | the log of input and output |
//! | [`config`], [`key`], [`keys`] | what the operator says; the key the servers share, or their certificates |
//! | [`certificate`] | the dates of certificates |
//! | [`bench`](mod@bench) | a load on servers, and what it measures |
//! | [`buggify`], [`planted`] | rare branches made common, mistakes made on purpose: for the simulator only |
//!
//! None of it names a socket, a clock or a thread; all of it runs in the simulator.

pub mod bench;
pub mod buggify;
pub mod certificate;
pub mod command;
pub mod config;
mod counted;
mod crowd;
pub mod herd;
pub mod journal;
pub mod key;
pub mod keys;
pub mod link;
pub mod paper;
pub mod places;
pub mod planted;
mod private_file;
pub mod simulate;
pub mod store;
pub mod traffic_log;
