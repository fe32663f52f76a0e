//! Whatever the world does, and whatever the protocols ask for, the laws of the reactor hold
//! (docs/architecture.md), every link comes to its one end, and nothing is left behind.
//!
//! The input: operations, each of some bytes. What a protocol hears is checked where it hears it; the bytes
//! are compared when all is over, and so are the counters.

mod probe;

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use reactor::testing::{Call, MockNet, RemoteId};
use reactor::{ConnId, Endpoint, Limits, Peer, Reactor, Signal, Turn};

use super::draw::Draw;
use probe::{App, Order, Probe, Stage, Told, pattern};

const AT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7);
/// Others that a run may bring in.
const MOST_GUESTS: usize = 12;
const ERRORS: [io::ErrorKind; 4] = [
    io::ErrorKind::WouldBlock,
    io::ErrorKind::Interrupted,
    io::ErrorKind::ConnectionReset,
    io::ErrorKind::TimedOut,
];

pub(crate) fn check(input: &[u8]) {
    let mut draw = Draw(input);
    let mut world = World::new(&mut draw);
    while !draw.is_empty() && world.is_running {
        world.operate(&mut draw);
    }
    world.come_to_rest();
    world.end();
}

/// So small that a short run reaches them.
fn small_limits(draw: &mut Draw<'_>) -> Limits {
    let mut limits = Limits { high_water: 64, write_buffer: 300, accepts_per_turn: 2, ..Limits::default() };
    let tight = draw.byte();
    if tight & 1 == 1 {
        limits.links = 3;
    }
    if tight & 2 == 2 {
        limits.timers = 2;
    }
    if tight & 4 == 4 {
        limits.requests_per_turn = 1;
    }
    if tight & 8 == 8 {
        limits.jobs = 1;
    }
    limits
}

/// Somebody at the other end, and what it has sent.
struct Guest {
    remote: RemoteId,
    fed: usize,
    is_reset: bool,
}

struct World {
    net: MockNet,
    reactor: Reactor<App>,
    guests: Vec<Guest>,
    is_running: bool,
}

impl World {
    fn new(draw: &mut Draw<'_>) -> World {
        let (mut net, limits) = (MockNet::new(), small_limits(draw));
        net.answer_dials(draw.below(2) == 1);
        net.set_addresses("two", [[192, 0, 2, 8].into(), [192, 0, 2, 9].into()]);
        let mut reactor = Reactor::new(App::default(), 1, limits);
        let listened = reactor.listen(&mut net, AT, |app: &mut App, _: Peer| {
            Some(app.add(VecDeque::from([Order::Write(5), Order::Reply])))
        });
        assert!(listened.is_ok());
        World { net, reactor, guests: Vec::new(), is_running: true }
    }

    fn operate(&mut self, draw: &mut Draw<'_>) {
        match draw.below(12) {
            0 => self.dial_in(),
            1 => self.dial_out(draw),
            2 | 3 => self.order(draw),
            4 | 5 => self.feed(draw),
            6 => self.disturb(draw),
            7 => self.fail(draw),
            8 => self.pass(Duration::from_millis(u64::from(draw.byte()) << draw.below(8))),
            9 => self.annoy(draw),
            _ => self.turn(),
        }
    }

    fn dial_in(&mut self) {
        if self.guests.len() < MOST_GUESTS && self.net.listening().contains(&AT) {
            let remote = self.net.dial_in(AT);
            self.guests.push(Guest { remote, fed: 0, is_reset: false });
        }
    }

    fn dial_out(&mut self, draw: &mut Draw<'_>) {
        if self.guests.len() >= MOST_GUESTS {
            return;
        }
        let host = draw.one_of(&["192.0.2.7", "two", "nowhere"]);
        let orders = (0..draw.below(4)).map(|_| Order::draw(draw)).collect();
        let World { net, reactor, .. } = self;
        reactor.enter(net, |cx| {
            let (place, probe) = (cx.app.links.len(), cx.app.add(orders));
            let to = Endpoint::new(host, 7).within(Duration::from_secs(3));
            cx.app.links[place].id = Some(cx.reactor.connect(to, probe));
        });
    }

    /// Tells a link to do something, now or when it hears something next.
    fn order(&mut self, draw: &mut Draw<'_>) {
        let (link, now, order) = (draw.below(16), draw.below(2), Order::draw(draw));
        let count = self.reactor.app.links.len();
        let Some(told) = self.reactor.app.links.get_mut(link % count.max(1)) else { return };
        match told.id.filter(|_| now == 1) {
            Some(id) => {
                let act = move |probe: &mut Probe, cx: &mut reactor::Cx<'_, App, Probe>| probe.act(cx, order);
                self.reactor.enter(&self.net, |cx| cx.reactor.call(id, act));
            }
            None => told.orders.push_back(order),
        }
    }

    /// Those whom we dialled are guests, too, once they are there.
    fn greet_dialled(&mut self) {
        let known = |guests: &[Guest], remote| guests.iter().any(|guest: &Guest| guest.remote == remote);
        for dialled in self.net.dialled().to_vec() {
            if !known(&self.guests, dialled.remote) {
                self.guests.push(Guest { remote: dialled.remote, fed: 0, is_reset: false });
            }
        }
    }

    fn a_guest(&mut self, draw: &mut Draw<'_>) -> Option<&mut Guest> {
        self.greet_dialled();
        let count = self.guests.len();
        self.guests.get_mut(draw.below(16) % count.max(1))
    }

    fn feed(&mut self, draw: &mut Draw<'_>) {
        let size = usize::from(draw.byte());
        let size = if size == 255 { 70_000 } else { size };
        let Some(&mut Guest { remote, fed, .. }) = self.a_guest(draw) else { return };
        if self.net.remote(remote).is_open() && size > 0 {
            self.net.remote(remote).feed(&pattern(fed, size));
            let guest = self.guests.iter_mut().find(|guest| guest.remote == remote);
            guest.into_iter().for_each(|guest| guest.fed += size);
        }
    }

    /// The other end, or the way to it, is not as it was.
    fn disturb(&mut self, draw: &mut Draw<'_>) {
        let (what, size) = (draw.below(11), usize::from(draw.byte()));
        let Some(&mut Guest { remote: id, .. }) = self.a_guest(draw) else { return };
        let remote = self.net.remote(id);
        match what {
            0 if remote.is_dialled() => remote.refuse(io::ErrorKind::ConnectionRefused),
            1 if remote.is_dialled() => remote.answer(),
            2 if remote.is_open() => remote.close(),
            3 if remote.is_open() => {
                remote.reset(io::ErrorKind::ConnectionReset);
                let guest = self.guests.iter_mut().find(|guest| guest.remote == id);
                guest.into_iter().for_each(|guest| guest.is_reset = true);
            }
            4 => remote.set_room(size),
            5 => remote.set_room(usize::MAX),
            6 => remote.take_at_most(size + 1),
            7 => remote.take_next([size, 0]),
            8 => remote.cut_reads([size, 0, 1]),
            _ => remote.stir(),
        }
    }

    /// A call that is to come will fail.
    fn fail(&mut self, draw: &mut Draw<'_>) {
        const OF_A_LINK: [Call; 4] = [Call::Read, Call::Write, Call::ShutdownWrite, Call::ConnectResult];
        let (call, error, exhausted) = (draw.below(7), draw.one_of(&ERRORS), draw.below(2));
        match OF_A_LINK.get(call) {
            Some(&call) if is_apt(call, error) => {
                if let Some(&mut Guest { remote, .. }) = self.a_guest(draw) {
                    self.net.remote(remote).fail_next(call, error);
                }
            }
            Some(_) => {}
            None if call == 4 => self.net.fail_next(Call::Connect, io::ErrorKind::NetworkUnreachable),
            None if exhausted == 1 => self.net.fail_next(Call::Accept, io::Error::from_raw_os_error(24)),
            None => self.net.fail_next(Call::Accept, io::ErrorKind::ConnectionAborted),
        }
    }

    fn annoy(&mut self, draw: &mut Draw<'_>) {
        match draw.below(24) {
            0 => self.net.signal(Signal::Terminate),
            1 => self.net.signal(Signal::Hangup),
            2..=5 => self.net.hold_answers(true),
            6..=9 => self.net.hold_answers(false),
            10..=12 => self.net.limit_descriptors(Some(2)),
            13..=15 => self.net.limit_descriptors(None),
            _ => self.settle(),
        }
    }

    fn turn(&mut self) {
        match self.reactor.turn(&mut self.net, Some(Duration::ZERO)) {
            Ok(turn) => self.is_running = turn == Turn::Running,
            Err(error) => panic!("nobody asked polling to fail: {error}"),
        }
    }

    fn settle(&mut self) {
        self.pass(Duration::ZERO);
    }

    fn pass(&mut self, time: Duration) {
        if let Err(error) = self.net.pass(&mut self.reactor, time) {
            panic!("nobody asked polling to fail: {error}");
        }
        self.turn();
    }
}

/// Whether this call says such things on real sockets.
fn is_apt(call: Call, error: io::ErrorKind) -> bool {
    match error {
        io::ErrorKind::WouldBlock => call != Call::ShutdownWrite,
        io::ErrorKind::Interrupted => matches!(call, Call::Read | Call::Write),
        _ => true,
    }
}

/// The end of a run.
impl World {
    /// Everybody listens again: whatever was sent and is wanted arrives (laws 5 and 9).
    fn come_to_rest(&mut self) {
        self.net.hold_answers(false);
        self.net.limit_descriptors(None);
        self.greet_dialled();
        for guest in &self.guests {
            let remote = self.net.remote(guest.remote);
            remote.take_at_most(usize::MAX);
            remote.set_room(usize::MAX);
        }
        self.settle();
        self.greet_dialled(); // another address may have been tried meanwhile
        for (told, guest) in ends(&self.reactor.app.links, &self.guests, &mut self.net) {
            if told.stage == Stage::Made && !told.is_closing && !guest.is_reset {
                let sent = self.net.remote(guest.remote).sent().len();
                assert_eq!(sent, told.written, "what is written goes out while the link lives");
                assert!(told.is_paused || told.heard.len() == guest.fed, "what is sent arrives (law 9)");
            }
        }
    }

    /// Everybody goes; nothing is left.
    fn end(&mut self) {
        for _ in 0..3 {
            self.close_all();
            self.pass(Duration::from_secs(200));
            self.greet_dialled();
        }
        assert_eq!(self.reactor.connections(), 0, "every link has ended");
        assert_eq!(self.net.open(), 0, "every socket is closed");
        assert!(!self.reactor.is_busy(), "nothing is left to do");
        assert!(self.reactor.app.replies.is_empty(), "every answer has come");
        if self.is_running {
            assert_eq!(self.reactor.next_timer(), None, "no timer outlives its link");
            self.reactor.enter(&self.net, |cx| cx.reactor.stop());
            self.settle();
        }
        assert!(!self.is_running && self.net.listening().is_empty(), "it stops when it is asked to");
        self.check_ends();
        self.check_counters();
    }

    fn close_all(&mut self) {
        for guest in &self.guests {
            let remote = self.net.remote(guest.remote);
            if remote.is_open() {
                remote.close();
            }
        }
        let ids: Vec<ConnId> = self.reactor.app.links.iter().filter_map(|told| told.id).collect();
        for told in &mut self.reactor.app.links {
            told.is_closing = true;
            told.orders.clear();
        }
        self.reactor.enter(&self.net, |cx| ids.into_iter().for_each(|id| cx.peers.lose(id)));
    }

    /// What each end got is the beginning of what the other sent, and all of it where that is promised.
    fn check_ends(&mut self) {
        for told in &self.reactor.app.links {
            assert!(matches!(told.stage, Stage::Lost { .. } | Stage::Failed), "{told:?} has no end (law 2)");
            assert_eq!(told.heard, pattern(0, told.heard.len()), "in order, none lost, none twice");
        }
        for (told, guest) in ends(&self.reactor.app.links, &self.guests, &mut self.net) {
            let sent = self.net.remote(guest.remote).sent();
            assert_eq!(sent, pattern(0, sent.len()), "in order, none lost, none twice");
            assert!(sent.len() <= told.written && told.heard.len() <= guest.fed);
            if told.stage == (Stage::Lost { delivered: true }) {
                assert_eq!(sent.len(), told.written, "all was delivered, it says (law 5)");
            }
            if told.read_closed && !guest.is_reset {
                assert_eq!(told.heard.len(), guest.fed, "the end comes after everything");
            }
        }
    }

    fn check_counters(&mut self) {
        let (links, counters) = (&self.reactor.app.links, self.reactor.counters());
        let of = |wanted: fn(&Stage) -> bool| links.iter().filter(|told| wanted(&told.stage)).count() as u64;
        let (lost, failed) =
            (of(|stage| matches!(stage, Stage::Lost { .. })), of(|stage| *stage == Stage::Failed));
        assert_eq!((counters.lost, counters.connect_failures), (lost, failed));
        assert_eq!(counters.accepted + counters.connected, lost, "what was made was lost");
        let heard: usize = links.iter().map(|told| told.heard.len()).sum();
        assert_eq!(counters.bytes_in, heard as u64);
        let sent: usize = self.net.remotes().map(|remote| remote.sent().len()).sum();
        assert_eq!((self.reactor.counters().bytes_out, self.reactor.counters().panics), (sent as u64, 0));
    }
}

/// Both ends of each link. Where several addresses were tried, the last that had its name is the one.
fn ends<'a>(links: &'a [Told], guests: &'a [Guest], net: &mut MockNet) -> Vec<(&'a Told, &'a Guest)> {
    let mut other_end = |told: &Told| {
        let id = told.id?;
        guests.iter().rev().find(|guest| net.remote(guest.remote).conn() == Some(id))
    };
    links.iter().filter_map(|told| Some((told, other_end(told)?))).collect()
}
