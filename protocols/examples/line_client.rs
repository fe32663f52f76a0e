//! A client that says one line, prints the answer and leaves; the one in Twisted's "Writing
//! Clients".
//!
//! ```sh
//! cargo run -p herd-protocols --example echo &
//! cargo run -p herd-protocols --example line_client
//! ```

use std::io;

use protocols::{LineReceiver, Lines, send_line};
use reactor::mio_net::MioNet;
use reactor::{AppCx, ConnectError, Cx, Endpoint, Limits, Net, Reactor, Reason};

/// The connection; the lines it was answered are the application.
struct Hello;

impl LineReceiver<Vec<String>> for Hello {
    fn connection_made(&mut self, cx: &mut Cx<'_, Vec<String>, Self>) {
        send_line(&mut cx.transport, b"hello, world");
    }

    fn line_received(&mut self, cx: &mut Cx<'_, Vec<String>, Self>, line: &[u8]) {
        cx.app.push(String::from_utf8_lossy(line).into_owned());
        cx.transport.lose_connection();
    }

    fn connection_lost(&mut self, cx: &mut Cx<'_, Vec<String>, Self>, reason: &Reason) {
        println!("the server said {:?}; {reason}", cx.app);
        cx.reactor.stop();
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, Vec<String>>, error: &ConnectError) {
        println!("{error}");
        cx.reactor.stop();
    }
}

/// A reactor that dials on `net`; tests give it another net than `main` does.
pub(crate) fn client(net: &impl Net) -> Reactor<Vec<String>> {
    let mut reactor = Reactor::new(Vec::new(), 0, Limits::default());
    reactor.enter(net, |cx| cx.reactor.connect(Endpoint::new("127.0.0.1", 8000), Lines::new(Hello)));
    reactor
}

fn main() -> io::Result<()> {
    let mut net = MioNet::new()?.with_signals()?;
    client(&net).run(&mut net)
}
