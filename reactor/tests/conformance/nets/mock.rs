//! The net in memory: here each remote end that was dialled is tied to one that dials in.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use reactor::testing::{MockNet, Remote, RemoteId};
use reactor::{Net as _, Reactor, Signal};

use super::{PATIENCE, Stage};

/// Bytes that a reader lets wait before the writer has to.
const WINDOW: usize = 64 * 1024;

/// How long carrying takes, so that a conversation without end takes time.
const ROUND: Duration = Duration::from_micros(10);

/// Where whoever dials is never answered.
const SILENT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 66)), 7);

pub(crate) struct Mock {
    net: MockNet,
    /// How many of the dialled connections were looked at.
    seen: usize,
    pairs: Vec<[RemoteId; 2]>,
}

impl Stage for Mock {
    type Net<'n> = MockNet;

    fn open(_seed: u64) -> Mock {
        let mut net = MockNet::new();
        net.set_addresses("localhost", [Ipv4Addr::LOCALHOST.into()]);
        Mock { net, seen: 0, pairs: Vec::new() }
    }

    fn with<R>(&mut self, f: impl FnOnce(&mut MockNet) -> R) -> R {
        f(&mut self.net)
    }

    fn go_on<A: 'static>(&mut self, reactor: &Reactor<A>) {
        self.put_through();
        let pairs = std::mem::take(&mut self.pairs);
        self.pairs = pairs.into_iter().filter(|[a, b]| self.carry(*a, *b) && self.carry(*b, *a)).collect();
        self.net.advance(ROUND);
        if !reactor.is_busy() && !self.net.has_news() {
            let now = self.net.now();
            let due = reactor.next_timer().unwrap_or(now + PATIENCE);
            self.net.advance(due.since(now).min(PATIENCE));
        }
    }

    fn silent(&mut self) -> SocketAddr {
        SILENT
    }

    fn signal(&mut self, signal: Signal) {
        self.net.signal(signal);
    }
}

impl Mock {
    /// Ties whoever was dialled to a guest of the port that listens there, or refuses.
    fn put_through(&mut self) {
        while let Some(&dialled) = self.net.dialled().get(self.seen) {
            self.seen += 1;
            let there = self.net.remote(dialled.remote);
            if dialled.to == SILENT || !there.is_dialled() {
                continue;
            }
            if !self.net.listening().contains(&dialled.to) {
                self.net.remote(dialled.remote).refuse(ErrorKind::ConnectionRefused);
                continue;
            }
            let guest = self.net.dial_in(dialled.to);
            self.net.remote(dialled.remote).answer();
            for end in [dialled.remote, guest] {
                self.net.remote(end).set_room(WINDOW);
            }
            self.pairs.push([dialled.remote, guest]);
        }
    }

    /// Carries what one end was sent to the other, and what became of it. `false`: no more will come.
    fn carry(&mut self, from: RemoteId, to: RemoteId) -> bool {
        let end = self.net.remote(from);
        let (bytes, has_ended, was_dropped) = (end.take_sent(), end.has_ended(), is_dropped(end));
        let far = self.net.remote(to);
        if was_dropped || (far.is_gone() && !bytes.is_empty()) {
            let survivor = if was_dropped { to } else { from };
            self.net.remote(survivor).reset(ErrorKind::ConnectionReset);
            return false;
        }
        if far.is_open() {
            deliver(far, &bytes, has_ended);
        }
        let room = WINDOW.saturating_sub(far.unread());
        self.net.remote(from).set_room(room);
        true
    }
}

fn deliver(far: &mut Remote, bytes: &[u8], has_ended: bool) {
    if !bytes.is_empty() {
        far.feed(bytes);
    }
    if has_ended {
        far.close();
    }
}

/// Whether the reactor dropped the connection before it had read everything, or never took it.
fn is_dropped(end: &Remote) -> bool {
    end.is_gone() && (end.unread() > 0 || end.conn().is_none())
}
