//! Whole reactors on five hosts, in trouble: each counts aloud to the next and hears the echo.

use super::*;
use crate::limits::Limits;
use crate::sim::Runner;
use crate::{AppCx, ConnectError, Cx, Endpoint, Protocol, Reactor, Reason};

const PAUSE: Duration = Duration::from_millis(100);
const HOSTS: u16 = 5;

/// One host's application.
struct Counter {
    next: SocketAddr,
    /// Echoes heard on the connections of this process.
    heard: u64,
}

/// Sends 8-byte numbers, one at a time, and checks that they come back in order.
struct Count {
    sent: u64,
    heard: u64,
    tail: Vec<u8>,
}

struct Echo;

impl Protocol<Counter> for Echo {
    fn data_received(&mut self, cx: &mut Cx<'_, Counter, Self>, data: &[u8]) {
        cx.transport.write(data);
    }
}

impl Count {
    fn say_next(&mut self, cx: &mut Cx<'_, Counter, Self>) {
        cx.transport.write(&self.sent.to_be_bytes());
        self.sent += 1;
        cx.reactor.call_later(PAUSE, Self::say_next);
    }
}

impl Protocol<Counter> for Count {
    fn connection_made(&mut self, cx: &mut Cx<'_, Counter, Self>) {
        cx.transport.set_idle_timeout(Some(3 * SECOND));
        self.say_next(cx);
    }

    fn data_received(&mut self, cx: &mut Cx<'_, Counter, Self>, data: &[u8]) {
        self.tail.extend(data);
        let whole = self.tail.len() / 8 * 8;
        for word in self.tail.drain(..whole).collect::<Vec<_>>().chunks_exact(8) {
            assert_eq!(word, self.heard.to_be_bytes());
            self.heard += 1;
            cx.app.heard += 1;
        }
        assert!(self.heard <= self.sent);
    }

    fn connection_lost(&mut self, cx: &mut Cx<'_, Counter, Self>, _: &Reason) {
        cx.reactor.app_later(PAUSE, dial);
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, Counter>, _: &ConnectError) {
        cx.reactor.app_later(PAUSE, dial);
    }
}

fn dial(cx: &mut AppCx<'_, Counter>) {
    let next = Endpoint::new(&cx.app.next.ip().to_string(), cx.app.next.port()).within(3 * SECOND);
    cx.reactor.connect(next, Count { sent: 0, heard: 0, tail: Vec::new() });
}

fn boot(net: &mut SimNet<'_>, _: Option<Reactor<Counter>>) -> Reactor<Counter> {
    let next = HostId::nth((u16::try_from(net.host().index()).unwrap() + 1) % HOSTS);
    let app = Counter { next: (next.ip(), 80).into(), heard: 0 };
    let mut reactor = Reactor::new(app, 1, Limits::default());
    let here = SocketAddr::from(([0, 0, 0, 0], 80));
    reactor.listen(net, here, |_: &mut Counter, _| Some(Echo)).unwrap();
    reactor.enter(net, dial);
    reactor
}

fn run(seed: u64) -> Runner<Reactor<Counter>> {
    let mut runner = Runner::new(World::seeded(seed), boot);
    for _ in 0..HOSTS {
        runner.add_host();
    }
    runner.run_for(10 * SECOND).unwrap();
    runner.world_mut().heal_all();
    runner
}

#[test]
fn every_ring_hears_its_echoes_again_after_healing() {
    let mut faults = 0;
    for seed in 0..60 {
        let mut runner = run(seed);
        faults += runner.world().counts().total();
        runner.run_for(10 * SECOND).unwrap();
        let before: Vec<_> = runner.nodes().map(|(_, node)| node.app.heard).collect();
        runner.run_for(2 * SECOND).unwrap();
        assert_eq!(before.len(), usize::from(HOSTS));
        for ((host, node), before) in runner.nodes().zip(before) {
            assert!(node.app.heard > before, "{host:?} is deaf in seed {seed}");
        }
    }
    assert!(faults > 600, "{faults}");
}

#[test]
fn whole_reactors_leave_the_same_trace_for_the_same_seed() {
    for seed in 0..10 {
        let hashes = [seed, seed, seed + 1].map(|seed| run(seed).world().trace().hash());
        assert!(hashes[0] == hashes[1] && hashes[0] != hashes[2]);
    }
}
