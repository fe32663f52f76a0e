//! A proxy that joins each client to a server of its own; Twisted's `portforward`.
//!
//! Neither side is read faster than the other reads, a closed sending side is passed on, and a
//! connection that breaks takes the other along: all that is [`Relay`].
//!
//! ```sh
//! cargo run -p herd-protocols --example echo &
//! cargo run -p herd-protocols --example proxy &
//! echo hello | nc -N localhost 8001
//! ```

use std::io;

use protocols::Relay;
use reactor::mio_net::MioNet;
use reactor::{Endpoint, Limits, Net, Peer, Reactor};

/// A reactor that listens on `net`; tests give it another net than `main` does.
pub(crate) fn server(net: &mut impl Net) -> io::Result<Reactor<()>> {
    let mut reactor = Reactor::new((), 0, Limits::default());
    let there = Endpoint::new("127.0.0.1", 8000);
    let factory = move |_: &mut (), _: Peer| Some(Relay::to(there.clone()));
    reactor.listen(net, ([127, 0, 0, 1], 8001).into(), factory)?;
    Ok(reactor)
}

fn main() -> io::Result<()> {
    let mut net = MioNet::new()?.with_signals()?;
    server(&mut net)?.run(&mut net)
}
