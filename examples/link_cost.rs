//! What TLS between neighbours costs: to set a link up, and on the news that then go over it.
//!
//! ```text
//! cargo run --release --example link_cost
//! ```
//!
//! Two servers in one thread, on two ports of loopback: first with the herd's key, then with certificates. Ball
//! dials Welsh again and again, and each time is the time of both; then Ball's clients report, and Welsh hears
//! it.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use herd::command::Command;
use herd::config::{Config, ConfigFile, Environment};
use herd::herd::{Herd, LinkState, Neighbour, Neighbours, Ports, Rules, open};
use herd::key::HerdKey;
use herd::keys::{KeyFolder, Lifetime};
use herd::link::{PeerTls, Proof, dial};
use herd::places::Desk;
use herd::traffic_log::TrafficLog;
use reactor::mio_net::MioNet;
use reactor::{Endpoint, Limits, Net, Reactor, Time};

const BALL: u16 = 12_963;
const WELSH: u16 = 12_964;
const LINKS: u32 = 500;
const REPORTS: usize = 300_000;
/// Reports before the other server has its turn.
const BATCH: usize = 500;

fn main() -> io::Result<()> {
    let key = |_: &str| Ok(Proof::from(HerdKey::new(&[7; 32])));
    measure("key", key)?;
    let folder = tempfile::tempdir()?;
    let now = MioNet::new()?.wall_clock();
    let keys = KeyFolder::new(folder.path().join("keys"));
    keys.init(now, Lifetime::AUTHORITY).map_err(io::Error::other)?;
    let text = format!("herd.dir = {:?}\npeers.auth = \"tls\"", folder.path());
    let file = ConfigFile::new("herd.toml", &text);
    let config = Config::layered(Some(&file), &Environment::default(), &[]).map_err(io::Error::other)?;
    measure("tls", |name| {
        keys.server(name, now, Lifetime::SERVER).map_err(io::Error::other)?;
        let tls = PeerTls::of(&config, name).map_err(io::Error::other)?;
        tls.map(Proof::from).ok_or_else(|| io::Error::other("no certificates"))
    })
}

fn measure(name: &str, proof: impl Fn(&str) -> io::Result<Proof>) -> io::Result<()> {
    let mut scene = Scene {
        ball: Server::new("Ball", proof("Ball")?, BALL, ("Welsh", WELSH))?,
        welsh: Server::new("Welsh", proof("Welsh")?, WELSH, ("Ball", BALL))?,
    };
    let (link, news) = (scene.link()?, scene.news()?);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let rate = REPORTS as f64 / news.as_secs_f64();
    println!("{name}: {} us for a link, {rate:.0} reports a second", link.as_micros());
    Ok(())
}

struct Server {
    reactor: Reactor<Herd>,
    net: MioNet,
}

impl Server {
    fn new(name: &str, proof: Proof, at: u16, neighbour: (&str, u16)) -> io::Result<Server> {
        let loopback = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let neighbour = Neighbour::new(neighbour.0, Endpoint::from(loopback(neighbour.1)), 100_000_000);
        let (desk, log) = (Desk::builtin(), TrafficLog::off());
        let herd = Herd::new(name, Neighbours::new(vec![neighbour]), proof, desk, log, Rules::default());
        let (mut reactor, mut net) = (Reactor::new(herd, 1, Limits::default()), MioNet::new()?);
        let ports = Ports { clients: loopback(0), client_tls: None, peers: Some(loopback(at)) };
        open(&mut reactor, &mut net, &ports)?;
        Ok(Server { reactor, net })
    }

    fn turn(&mut self) -> io::Result<()> {
        self.reactor.turn(&mut self.net, Some(Duration::ZERO)).map(drop)
    }

    fn now(&self) -> Time {
        self.net.now()
    }

    fn neighbour(&self) -> Option<&Neighbour> {
        self.reactor.app.neighbours.iter().next()
    }

    fn link(&self) -> LinkState {
        self.neighbour().map_or(LinkState::Down, |neighbour| neighbour.link)
    }

    fn report(&mut self, numbers: std::ops::Range<usize>) {
        self.reactor.enter(&self.net, |cx| {
            for number in numbers {
                let line = format!(
                    "AT Ball +0.263873386 client-{number}.example.org +34.068930-118.445127 1479413884.392014450"
                );
                if let Ok(Command::At(at)) = Command::parse(line.as_bytes())
                    && let Some(record) = cx.app.store.report(&at)
                {
                    let (traffic, peers) = (&mut cx.app.traffic, &mut cx.peers);
                    cx.app.neighbours.flood(None, record.line(), traffic, peers, &mut cx.reactor);
                }
            }
        });
    }
}

struct Scene {
    ball: Server,
    welsh: Server,
}

impl Scene {
    fn turn_until(&mut self, is_so: impl Fn(&Scene) -> bool) -> io::Result<()> {
        while !is_so(self) {
            self.ball.turn()?;
            self.welsh.turn()?;
        }
        Ok(())
    }

    /// What a link costs on the average.
    fn link(&mut self) -> io::Result<Duration> {
        self.turn_until(|scene| scene.ball.neighbour().is_some_and(Neighbour::is_synced))?;
        let begin = self.ball.now();
        for _ in 0..LINKS {
            let last = self.ball.link();
            self.ball.reactor.enter(&self.ball.net, |cx| dial(cx, 0));
            self.turn_until(|scene| scene.ball.link() != last)?;
        }
        Ok(self.ball.now().since(begin) / LINKS)
    }

    /// How long it takes until Welsh knows all that is reported.
    fn news(&mut self) -> io::Result<Duration> {
        self.turn_until(|scene| scene.ball.neighbour().is_some_and(Neighbour::is_synced))?;
        let begin = self.ball.now();
        for first in (0..REPORTS).step_by(BATCH) {
            self.ball.report(first..first + BATCH);
            self.ball.turn()?;
            self.welsh.turn()?;
        }
        self.turn_until(|scene| scene.welsh.reactor.app.store.len() == REPORTS)?;
        Ok(self.ball.now().since(begin))
    }
}
