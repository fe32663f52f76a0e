//! A server that sends back what it is sent; the first one in Twisted's "Writing Servers".
//!
//! ```sh
//! cargo run -p herd-protocols --example echo &
//! echo hello | nc -N localhost 8000
//! ```

use std::io;

use reactor::mio_net::MioNet;
use reactor::{Cx, Limits, Net, Peer, Protocol, Reactor};

/// One connection.
struct Echo;

impl Protocol<()> for Echo {
    fn data_received(&mut self, cx: &mut Cx<'_, (), Self>, data: &[u8]) {
        cx.transport.write(data);
    }
}

/// A reactor that listens on `net`; tests give it another net than `main` does.
pub(crate) fn server(net: &mut impl Net) -> io::Result<Reactor<()>> {
    let mut reactor = Reactor::new((), 0, Limits::default());
    let factory = |_: &mut (), _: Peer| Some(Echo);
    reactor.listen(net, ([127, 0, 0, 1], 8000).into(), factory)?;
    Ok(reactor)
}

fn main() -> io::Result<()> {
    let mut net = MioNet::new()?.with_signals()?;
    server(&mut net)?.run(&mut net)
}
