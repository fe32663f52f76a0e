//! A single-threaded reactor in Twisted's Factory / Protocol / transport model, without an async
//! runtime.

pub mod mio_net;
pub mod net;
pub mod sim;
pub mod testing;

mod counters;
mod cx;
mod endpoint;
mod keys;
mod limits;
mod link;
mod outbox;
mod protocol;
mod random;
mod reactor;
mod reason;
mod requests;
mod time;
mod timers;
mod wires;

pub use counters::Counters;
pub use cx::{AppCx, Cx, Peers, ReactorHandle, Reply, Requests, Transport};
pub use endpoint::{Endpoint, Host, Peer};
pub use limits::Limits;
pub use net::{ConnId, JobError, Net, PortId, Signal};
pub use protocol::{Factory, Pressure, Protocol};
pub use random::Random;
pub use reactor::{Reactor, Turn};
pub use reason::{ConnectError, Reason};
pub use time::{Time, WallTime};
pub use timers::TimerId;
pub use wires::Sent;
