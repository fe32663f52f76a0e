//! A deterministic network of simulated hosts: the same seed gives the same run (law 8).
//!
//! A [`World`] owns a virtual clock, the hosts, their sockets and everything that is on its way
//! between them. [`World::net`] lends the network as one host sees it: a [`SimNet`], which obeys the
//! contract of [`Net`](crate::net::Net) to the letter and takes every liberty that it grants. Edges
//! are reported once; reads and writes are cut short; events may be spurious or about the dead.
//!
//! Time passes in [`World::step`] alone, which delivers what is due next; turns take no time. The
//! seed also draws the trouble: see [`Faults`]. A [`Runner`] turns the reactors of all hosts.
//!
//! ```
//! use std::time::Duration;
//! use reactor::net::{ConnId, Key, Net, PortId};
//! use reactor::sim::{Faults, World};
//! use reactor::Time;
//!
//! let mut world = World::new(7, Faults::none());
//! let (server, client) = (world.add_host(), world.add_host());
//! let key = |slot| Key { slot, serial: 1 };
//!
//! let at = (world.ip(server), 80).into();
//! world.net(server).listen(at, PortId(key(0)))?;
//! world.net(client).connect(at, ConnId(key(0)))?;
//! while world.step(Time::ZERO + Duration::from_secs(1)) {}
//! let who = world.net(server).accept(PortId(key(0)), ConnId(key(1)))?;
//! assert_eq!(who.ip(), world.ip(client));
//! # Ok::<(), std::io::Error>(())
//! ```

mod chaos;
mod faults;
mod host;
mod links;
mod runner;
mod schedule;
mod sim_net;
mod stream;
mod tap;
mod tcp;
mod trace;
mod world;

#[cfg(test)]
mod tests;

pub use chaos::{Crash, Death, Direction};
pub use faults::{FaultCounts, Faults, Mix};
pub use host::HostId;
pub use runner::{Node, Runner};
pub use schedule::{Fault, Spared, Struck};
pub use sim_net::SimNet;
pub use trace::{Note, Segment, Trace, What};
pub use world::World;
