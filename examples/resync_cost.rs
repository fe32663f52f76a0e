//! What it costs until two neighbours hold the same: bytes and time, by how many records differ.
//!
//! ```text
//! cargo run --release --example resync_cost [RECORDS]
//! ```
//!
//! Two servers in one thread, on two ports of loopback, know a million clients each, and of some of them Ball knows
//! more. Meanwhile Ball's own clients report, one after the other: `before` is the most that such a report had
//! before it, in the outbox and in the socket, `live` the longest it took until Welsh knew of it.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use herd::command::Command;
use herd::herd::{Herd, LinkState, Neighbour, Neighbours, Ports, Rules, open};
use herd::key::HerdKey;
use herd::places::Desk;
use herd::store::Store;
use herd::traffic_log::TrafficLog;
use reactor::mio_net::MioNet;
use reactor::{Endpoint, Limits, Reactor, Time, Turn};

const BALL: u16 = 12_961;
const WELSH: u16 = 12_962;

fn main() -> io::Result<()> {
    let records = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(1_000_000);
    let all = with_records(Store::default(), records, 5);
    println!(
        "{:>10} {:>12} {:>12} {:>9} {:>9} {:>9}",
        "differing", "there", "back", "time", "before", "live"
    );
    for differing in [0, 1, 10, 100, 1000, records] {
        let ball = with_records(all.clone(), differing, 6);
        Scene::new(ball, all.clone())?.play(&differing.to_string())?;
    }
    Scene::new(all.clone(), Store::default())?.play("all, empty")
}

/// The first `count` clients have reported at `time`.
fn with_records(mut store: Store, count: usize, time: u32) -> Store {
    for number in 0..count {
        let line = format!(
            "AT Ball +0.263873386 client-{number}.example.org +34.068930-118.445127 {time}.392014450"
        );
        if let Ok(Command::At(at)) = Command::parse(line.as_bytes()) {
            store.accept(&at);
        }
    }
    store
}

struct Server {
    reactor: Reactor<Herd>,
    net: MioNet,
}

impl Server {
    fn new(name: &str, store: Store, at: u16, neighbour: (&str, u16)) -> io::Result<Server> {
        let loopback = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let neighbour = Neighbour::new(neighbour.0, Endpoint::from(loopback(neighbour.1)), 1_000_000);
        let (key, desk, log) = (HerdKey::new(&[7; 32]), Desk::builtin(), TrafficLog::off());
        let mut herd = Herd::new(name, Neighbours::new(vec![neighbour]), key, desk, log, Rules::default());
        herd.store = store;
        let (mut reactor, mut net) = (Reactor::new(herd, 1, Limits::default()), MioNet::new()?);
        let ports = Ports { clients: loopback(0), client_tls: None, peers: Some(loopback(at)) };
        open(&mut reactor, &mut net, &ports)?;
        Ok(Server { reactor, net })
    }

    fn turn(&mut self) -> io::Result<Turn> {
        self.reactor.turn(&mut self.net, Some(Duration::ZERO))
    }

    fn is_synced(&self) -> bool {
        self.reactor.app.neighbours.iter().all(Neighbour::is_synced)
    }

    /// A client reports. How much stood in the outbox before it.
    fn report(&mut self, line: &str) -> u64 {
        self.reactor.enter(&self.net, |cx| {
            let Ok(Command::At(at)) = Command::parse(line.as_bytes()) else { return 0 };
            let Some(LinkState::Up(link, _)) = cx.app.neighbours.iter().map(|n| n.link).next() else {
                return 0;
            };
            let before = cx.peers.buffered(link) as u64;
            if let Some(record) = cx.app.store.report(&at) {
                let (traffic, peers) = (&mut cx.app.traffic, &mut cx.peers);
                cx.app.neighbours.flood(None, record.line(), traffic, peers, &mut cx.reactor);
            }
            before
        })
    }

    fn now(&mut self) -> Time {
        self.reactor.enter(&self.net, |cx| cx.reactor.now())
    }
}

struct Scene {
    ball: Server,
    welsh: Server,
    /// The report that is on its way: its number, and when it was made.
    live: Option<(usize, Time)>,
    reports: usize,
    before: u64,
    longest: Duration,
}

impl Scene {
    fn new(ball: Store, welsh: Store) -> io::Result<Scene> {
        let ball = Server::new("Ball", ball, BALL, ("Welsh", WELSH))?;
        let welsh = Server::new("Welsh", welsh, WELSH, ("Ball", BALL))?;
        Ok(Scene { ball, welsh, live: None, reports: 0, before: 0, longest: Duration::ZERO })
    }

    fn play(mut self, name: &str) -> io::Result<()> {
        while !self.are_up() {
            self.turn()?;
        }
        let begin = self.ball.now();
        while !(self.ball.is_synced() && self.welsh.is_synced()) {
            let _ = self.ball.turn()?;
            self.report(); // when a batch may just have gone
            let _ = self.welsh.turn()?;
        }
        let time = self.ball.now().since(begin);
        let sent = |server: &Server| server.reactor.counters().bytes_out;
        println!(
            "{name:>10} {:>12} {:>12} {:>6} ms {:>9} {:>6.1} ms",
            sent(&self.ball),
            sent(&self.welsh),
            time.as_millis(),
            self.before,
            self.longest.as_secs_f64() * 1000.0
        );
        Ok(())
    }

    fn turn(&mut self) -> io::Result<()> {
        let _ = (self.ball.turn()?, self.welsh.turn()?); // neither is ever asked to stop
        Ok(())
    }

    fn are_up(&self) -> bool {
        let is_up = |server: &Server| {
            server.reactor.app.neighbours.iter().all(|neighbour| neighbour.link != LinkState::Down)
        };
        is_up(&self.ball) && is_up(&self.welsh)
    }

    /// The next client reports as soon as the last one's report has arrived.
    fn report(&mut self) {
        if let Some((number, since)) = self.live {
            if self.welsh.reactor.app.store.get(format!("live-{number}").as_bytes()).is_none() {
                return;
            }
            self.longest = self.longest.max(self.ball.now().since(since));
        }
        self.reports += 1;
        let line = format!("AT Ball +0.000000000 live-{} +1-1 5", self.reports);
        self.live = Some((self.reports, self.ball.now()));
        let heard = self.welsh.reactor.counters().bytes_in;
        let unread = self.ball.reactor.counters().bytes_out - heard;
        self.before = self.before.max(unread + self.ball.report(&line));
    }
}
