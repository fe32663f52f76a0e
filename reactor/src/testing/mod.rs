//! Tests without sockets, clocks or sleeping.
//!
//! | Twisted | here | for |
//! |---|---|---|
//! | `StringTransport` | [`Harness`] | one protocol: what it says when it hears this |
//! | `task.Clock` | [`Harness::advance`], [`MockNet::advance`] | time that moves when the test says so |
//! | `MemoryReactor` | [`MockNet`] | who was dialled, where somebody listens, and what became of it |
//! | `StringTransport.value` | [`Harness::sent`] | the bytes a protocol wrote |
//! | `loseConnection` and `disconnecting` | [`Harness::lost`], [`Remote::has_ended`] | how it ended |
//!
//! Both drive the real [`Reactor`](crate::Reactor): what passes here passes through the very code
//! that runs in production, and the laws of a turn hold. A panic in a callback fails the test.
//!
//! One protocol:
//!
//! ```
//! use reactor::testing::Harness;
//! use reactor::{Cx, Protocol};
//!
//! struct Echo;
//!
//! impl Protocol<()> for Echo {
//!     fn data_received(&mut self, cx: &mut Cx<'_, (), Self>, data: &[u8]) {
//!         cx.transport.write(data);
//!     }
//! }
//!
//! let mut echo = Harness::new((), Echo);
//! echo.receive(b"hello");
//! assert_eq!(echo.sent(), b"hello");
//! ```
//!
//! Several, with the test as everybody else, and a call that fails:
//!
//! ```
//! use reactor::testing::{Call, MockNet};
//! use reactor::{Cx, Limits, Peer, Protocol, Reactor};
//! use std::io;
//! # struct Echo;
//! # impl Protocol<()> for Echo {
//! #     fn data_received(&mut self, cx: &mut Cx<'_, (), Self>, data: &[u8]) {
//! #         cx.transport.write(data);
//! #     }
//! # }
//!
//! let mut net = MockNet::new();
//! let mut reactor = Reactor::new((), 1, Limits::default());
//! let at = "10.0.0.1:7".parse().unwrap();
//! reactor.listen(&mut net, at, |_: &mut (), _: Peer| Some(Echo))?;
//!
//! let alice = net.dial_in(at);
//! let bob = net.dial_in(at);
//! net.remote(alice).feed(b"from alice");
//! net.remote(bob).feed(b"from bob");
//! net.fail_next(Call::Write, io::ErrorKind::BrokenPipe);
//! net.settle(&mut reactor)?;
//!
//! assert_eq!(net.remote(alice).sent(), b"");
//! assert_eq!(net.remote(bob).sent(), b"from bob");
//! assert_eq!(net.calls(Call::Write), 2);
//! # Ok::<(), io::Error>(())
//! ```

mod harness;
mod mock_net;
mod remote;
mod script;

pub use harness::Harness;
pub use mock_net::{Dialled, MockNet};
pub use remote::{Remote, RemoteId};
pub use script::Call;
