//! Loads on a server that the test plays, and on real ones in the simulator.

mod closed;
mod herd;
mod http;
mod open;
mod trouble;

use std::collections::BTreeMap;
use std::time::Duration;

use reactor::testing::MockNet;
use reactor::{Limits, Reactor, WallTime};

use super::{Load, Pace, Plan, Questions, Results, Span, Target, finish, start};

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// One connection with one line in flight to one server; a closed loop for a second.
fn plan() -> Plan {
    Plan {
        targets: vec![target(1)],
        connections: 1,
        in_flight: 1,
        clients: 10,
        questions: Questions { per_million: 0, radius: "10".to_owned(), bound: 5 },
        pace: Pace::Closed,
        span: Span::For { warm_up: Duration::ZERO, duration: SECOND },
        http: None,
        seed: 1,
    }
}

fn target(number: u8) -> Target {
    let at = ([192, 0, 2, number], 12_000);
    Target { at: std::net::SocketAddr::from(at).into(), name: format!("server-{number}") }
}

/// A load, and the test as its server.
struct Rig {
    net: MockNet,
    reactor: Reactor<Load>,
    /// What the server knows: the last report of each client.
    known: BTreeMap<String, String>,
}

impl Rig {
    /// Everybody who is dialled is there.
    fn new(plan: Plan) -> Rig {
        Rig::started(plan, true)
    }

    fn started(plan: Plan, answer_dials: bool) -> Rig {
        let (mut net, reactor) = (MockNet::new(), Reactor::new(Load::new(plan), 1, Limits::default()));
        net.answer_dials(answer_dials);
        net.set_wall_clock(WallTime::from_unix_nanos(1_479_413_884_000_000_000));
        let mut rig = Rig { net, reactor, known: BTreeMap::new() };
        rig.reactor.on_stop(finish);
        rig.reactor.enter(&rig.net, start);
        rig.pass(Duration::ZERO);
        rig
    }

    fn pass(&mut self, time: Duration) {
        self.net.pass(&mut self.reactor, time).unwrap();
    }

    /// The lines that were sent since this was last asked, and over which connection.
    fn take_lines(&mut self) -> Vec<(usize, String)> {
        let remotes = self.net.remotes().enumerate();
        let sent = remotes.map(|(place, remote)| (place, String::from_utf8(remote.take_sent()).unwrap()));
        let lines = |(place, text): (usize, String)| {
            text.lines().map(|line| (place, line.to_owned())).collect::<Vec<_>>()
        };
        sent.flat_map(lines).collect()
    }

    fn feed(&mut self, place: usize, reply: &str) {
        if let Some(remote) = self.net.remotes().nth(place).filter(|remote| remote.is_open()) {
            remote.feed(reply.as_bytes());
        }
        self.pass(Duration::ZERO);
    }

    /// What a server says to a line.
    fn reply(&mut self, line: &str) -> String {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["IAMAT", id, location, time] => {
                let report = format!("{id} {location} {time}");
                self.known.insert(id.to_owned(), report.clone());
                format!("AT Welsh +0.263873386 {report}\n")
            }
            ["WHATSAT", id, _, _] if self.known.contains_key(id) => {
                format!("AT Welsh +0.263873386 {}\n{{\n   \"results\" : []\n}}\n\n", self.known[id])
            }
            _ => format!("? {line}\n"),
        }
    }

    /// Answers everything that was sent before, rightly; says how many lines that were.
    fn answer(&mut self) -> usize {
        let lines = self.take_lines();
        for (place, line) in &lines {
            let reply = self.reply(line);
            self.feed(*place, &reply);
        }
        lines.len()
    }

    /// Answers everything after a millisecond each, for so many of them.
    fn answer_for(&mut self, milliseconds: u32) -> usize {
        let answer = |_| {
            self.pass(MILLISECOND);
            self.answer()
        };
        (0..milliseconds).map(answer).sum()
    }

    fn results(&self) -> Results {
        self.reactor.app.results("load", Duration::ZERO, false)
    }
}

fn is_near(micros: f64, expected: f64) -> bool {
    (micros - expected).abs() <= expected * 0.002 // three digits
}
