//! A stand-in for Google's Nearby Search (Legacy), for the study: see its README.

mod listing;
mod service;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use clap::Parser;
use protocols::http::{HttpServer, HttpServerConfig};
use reactor::mio_net::MioNet;
use reactor::{Limits, Peer, Reactor};

use service::{Service, answer};

/// Answers GET /maps/api/place/nearbysearch/json with places near the location asked for.
#[derive(Parser)]
#[command(name = "places", version)]
struct Arguments {
    /// Where to listen; with port 0 the system chooses one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:12900")]
    listen: SocketAddr,
    /// How long every answer takes, as a service that is far away would
    #[arg(long, value_name = "MS", default_value_t = 0)]
    delay: u64,
    /// How many places an answer has, at most twenty
    #[arg(long, value_name = "N", default_value_t = 20)]
    places: usize,
}

fn main() -> io::Result<()> {
    let Arguments { listen, delay, places } = Arguments::parse();
    let mut net = MioNet::new()?.with_signals()?;
    let service = Service { delay: Duration::from_millis(delay), places };
    let mut reactor = Reactor::new(service, 0, Limits::default());
    let factory = |_: &mut Service, _: Peer| Some(HttpServer::new(answer, HttpServerConfig::default()));
    let (_, address) = reactor.listen(&mut net, listen, factory)?;
    eprintln!("ready on {address}");
    reactor.run(&mut net)
}
