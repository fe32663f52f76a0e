//! A single-threaded reactor in Twisted's Factory / Protocol / transport model, without an async
//! runtime.
//!
//! A [`Protocol`] is told what happens to one connection. Each callback gets a [`Cx`], three
//! disjoint borrows: `cx.app`, the application's own state; `cx.transport`, this connection;
//! `cx.reactor`, everything else that can be asked for. A [`Factory`] makes the protocols of a
//! listening port.
//!
//! ```
//! use reactor::{Cx, Protocol, testing::Harness};
//!
//! /// Sends back what it is sent, and counts it.
//! struct Echo;
//!
//! impl Protocol<u64> for Echo {
//!     fn data_received(&mut self, cx: &mut Cx<'_, u64, Self>, data: &[u8]) {
//!         *cx.app += data.len() as u64;
//!         cx.transport.write(data);
//!     }
//! }
//!
//! let mut echo = Harness::new(0, Echo); // a connection without a socket
//! echo.receive(b"hello");
//! assert_eq!(echo.sent(), b"hello");
//! assert_eq!(*echo.app(), 5);
//! ```
//!
//! On real sockets the same protocol is served like this:
//!
//! ```no_run
//! # struct Echo;
//! # impl reactor::Protocol<u64> for Echo {
//! #     fn data_received(&mut self, _: &mut reactor::Cx<'_, u64, Self>, _: &[u8]) {}
//! # }
//! use reactor::{Limits, Reactor, mio_net::MioNet};
//!
//! let mut net = MioNet::new()?.with_signals()?;
//! let mut reactor = Reactor::new(0, 1, Limits::default()); // the application, a seed, the bounds
//! reactor.listen(&mut net, ([127, 0, 0, 1], 8000).into(), |_: &mut u64, _| Some(Echo))?;
//! reactor.run(&mut net)?; // until SIGINT or SIGTERM
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # How it works
//!
//! The [`Reactor`] is a state machine that is lent a [`Net`] for one [turn](Reactor::turn):
//! [`MioNet`](mio_net::MioNet) is epoll, [`SimNet`](sim::SimNet) a seeded simulation of many hosts,
//! [`MockNet`](testing::MockNet) a network whose every answer a test writes. The net owns sockets,
//! clocks, threads and signals; the reactor owns protocols, timers and outboxes. A callback can only
//! append to outboxes, flag links and queue requests, so none ever runs inside another, and there is
//! no `Rc`, no `RefCell` and no `unsafe`.
//!
//! # TLS
//!
//! The same protocols speak TLS 1.2 and 1.3: a client by an [`Endpoint`] with [`tls`](Endpoint::tls), a
//! server by [`Reactor::listen_tls`], and a client in the middle of a conversation by
//! [`Transport::start_tls`]. `connection_made` is told once the handshake is over and the certificate
//! proven; if it is not, `connect_failed` says why. There is no way to leave the proof out. A stream that
//! ends without the farewell of TLS ends with [`Reason::Truncated`], since it may have been cut off.
//!
//! ```
//! use reactor::{ClientTls, Endpoint, Limits, Protocol, Reactor, testing::MockNet};
//! # struct Page;
//! # impl Protocol<u64> for Page {
//! #     fn data_received(&mut self, _: &mut reactor::Cx<'_, u64, Self>, _: &[u8]) {}
//! # }
//!
//! let tls = ClientTls::new(b"", &[b"http/1.1"])?; // the public authorities, and no others
//! let there = Endpoint::new("192.0.2.1", 443).tls(&tls); // must prove to be whom we dial
//!
//! let (mut net, mut reactor) = (MockNet::new(), Reactor::new(0, 1, Limits::default()));
//! net.answer_dials(true);
//! reactor.enter(&net, |cx| cx.reactor.connect(there, Page));
//! net.settle(&mut reactor)?;
//! assert_eq!(net.last_dialled().sent()[0], 22); // a handshake record: the client's hello
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a protocol can rely on
//!
//! 1. No callback runs inside a callback.
//! 2. `connection_made` once, then anything, then `connection_lost` once, then nothing; or
//!    `connect_failed` alone.
//! 3. An id names one connection for ever.
//! 4. A turn is: poll, accept, read each ready link once, timers, requests, flush each outbox once,
//!    pressure, reap. What a step queues for an earlier step waits for the next turn.
//! 5. `write`, then `lose_connection`, delivers everything written before.
//! 6. After `lose_connection`, `abort_connection` or `pause_reading` nothing more of the chunk in
//!    hand is delivered; what a pause keeps comes on resume, before any newer byte.
//! 7. Everything has a limit ([`Limits`]), reaching one is counted ([`Counters`]), and every end has
//!    a [`Reason`].
//! 8. Time, names, threads and signals come from the net alone, randomness from the seed alone.
//! 9. Readiness is an edge, remembered until a read or a write falls short.

pub mod mio_net;
pub mod net;
pub mod sim;
pub mod testing;

mod counters;
mod cx;
mod dial;
mod endpoint;
mod keys;
mod lag;
mod layer;
mod limits;
mod link;
mod names;
mod outbox;
mod panic_text;
mod port;
mod protocol;
mod random;
mod reactor;
mod reason;
mod requests;
mod slots;
mod tally;
mod time;
mod timers;
mod wires;

pub use counters::Counters;
pub use cx::{AppCx, Cx, Peers, ReactorHandle, Reply, Requests, Transport};
pub use endpoint::{Endpoint, Host, Peer};
pub use lag::LoopLag;
pub use layer::{ClientTls, Identity, ServerTls, TlsConfigError, TlsError, TlsFailure};
pub use limits::Limits;
pub use net::{ConnId, JobError, Net, PortId, Signal};
pub use panic_text::panic_text;
pub use protocol::{Factory, Pressure, Protocol};
pub use random::Random;
pub use reactor::{Reactor, Turn};
pub use reason::{ConnectError, Reason};
pub use tally::tally;
pub use time::{Time, WallTime};
pub use timers::TimerId;
pub use wires::Sent;
