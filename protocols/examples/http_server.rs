//! A server of pages that count their visits.
//!
//! ```sh
//! cargo run --example http_server &
//! curl -i localhost:8000/moon
//! ```

use std::io;

use http::{Request, Response};
use protocols::http::{HttpServer, HttpServerConfig};
use reactor::mio_net::MioNet;
use reactor::{Limits, Net, Peer, Reactor, Reply, Requests};

/// Visits so far.
type Visits = u64;

fn greet(
    visits: &mut Visits,
    reactor: &mut Requests<'_, Visits>,
    request: Request<Vec<u8>>,
    reply: Reply<Visits, Response<Vec<u8>>>,
) {
    *visits += 1;
    let (head, _) = request.into_parts();
    let page = format!("{} is visit {visits}\n", head.uri.path());
    reactor.send(reply, Response::new(page.into_bytes()));
}

/// A reactor that listens on `net`; tests give it another net than `main` does.
pub(crate) fn server(net: &mut impl Net) -> io::Result<Reactor<Visits>> {
    let mut reactor = Reactor::new(0, 0, Limits::default());
    let factory = |_: &mut Visits, _: Peer| Some(HttpServer::new(greet, HttpServerConfig::default()));
    reactor.listen(net, ([127, 0, 0, 1], 8000).into(), factory)?;
    Ok(reactor)
}

fn main() -> io::Result<()> {
    let mut net = MioNet::new()?.with_signals()?;
    let mut reactor = server(&mut net)?;
    eprintln!("http://localhost:8000/ is there; Ctrl-C ends it");
    reactor.run(&mut net)
}
