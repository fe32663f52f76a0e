//! TLS between a reactor and the library that it is made with, over a net whose every answer is
//! written here: what goes over the wire, and what of it is heard.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/certs.rs"]
mod certs;
#[path = "../support/mod.rs"]
mod support;

mod certificates;
mod ends;
mod handshakes;
mod mutual;
mod peer;
mod random;
mod records;
mod segments;
mod start_tls;

use std::sync::LazyLock;

use reactor::testing::RemoteId;
use reactor::{ClientTls, ConnId, Endpoint, Limits, Peer as Address, ServerTls};

use certs::{Authority, Identity, params};
use peer::{Peer, Serving, Version};
use support::{AT, App, Probe, World};

static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| Authority::new("the authority"));
static IDENTITY: LazyLock<Identity> = LazyLock::new(|| AUTHORITY.sign(&params(&["server.test"])));

fn trusting() -> ClientTls {
    AUTHORITY.client(&[])
}

fn serving() -> Serving {
    Serving::new(&IDENTITY, Version::Tls13, &[])
}

fn proven() -> ServerTls {
    IDENTITY.server(&[])
}

fn at_server(tls: &ClientTls) -> Endpoint {
    Endpoint::new("server.test", 443).tls(tls)
}

fn world() -> World {
    let mut world = World::with(Limits { write_buffer: 2 << 20, ..Limits::default() });
    for name in ["server.test", "server.test."] {
        world.net.set_addresses(name, ["192.0.2.1".parse().unwrap()]);
    }
    world
}

/// A reactor, somebody it speaks TLS with, and the link between.
struct Talk<const CONTAINS: bool = false> {
    world: World<CONTAINS>,
    remote: RemoteId,
    peer: Peer,
}

impl Talk {
    /// The reactor has dialled `peer`, who has not yet said anything.
    fn dialled(to: Endpoint, probe: Probe, peer: Peer) -> Talk {
        let mut world = world();
        world.net.answer_dials(true);
        world.dial(to, probe);
        world.settle();
        let remote = world.net.dialled()[0].remote;
        Talk { world, remote, peer }
    }

    /// A client with everything agreed on.
    fn client(probe: Probe) -> Talk {
        let mut talk = Talk::dialled(at_server(&trusting()), probe, serving().peer());
        talk.carry();
        talk.peer.take_records();
        talk
    }

    /// The reactor has accepted `peer`, who has not yet said anything.
    fn accepted(tls: &ServerTls, peer: Peer, dress: impl Fn(Probe) -> Probe + 'static) -> Talk {
        let mut world = world();
        let factory = move |_: &mut App, _: Address| Some(dress(Probe::new("a")));
        world.reactor.listen_tls(&mut world.net, AT, tls, factory).unwrap();
        let remote = world.guest();
        Talk { world, remote, peer }
    }

    /// A server with everything agreed on.
    fn server(dress: impl Fn(Probe) -> Probe + 'static) -> Talk {
        let mut talk = Talk::accepted(&proven(), Peer::client(&AUTHORITY, Version::Tls13), dress);
        talk.carry();
        talk.peer.take_records();
        talk
    }
}

impl<const CONTAINS: bool> Talk<CONTAINS> {
    fn conn(&self) -> ConnId {
        self.world.reactor.app.id("a")
    }

    /// Lets the peer take what it was sent.
    fn up(&mut self) -> bool {
        let sent = self.world.remote(self.remote).take_sent();
        self.peer.take(&sent);
        !sent.is_empty()
    }

    /// Sends what the peer has to say.
    fn down(&mut self) -> bool {
        let said = self.peer.give();
        let can_send = self.world.remote(self.remote).is_open();
        if !said.is_empty() && can_send {
            self.world.remote(self.remote).feed(&said);
        }
        !said.is_empty() && can_send
    }

    /// Carries bytes until both are silent.
    fn carry(&mut self) {
        loop {
            self.world.settle();
            let (up, down) = (self.up(), self.down());
            if !up && !down {
                return;
            }
        }
    }

    fn say(&mut self, bytes: &[u8]) {
        self.peer.say(bytes);
        self.carry();
    }

    fn write(&mut self, bytes: &[u8]) {
        self.world.write(self.conn(), bytes);
    }

    /// The peer closes its side of the stream, with a farewell or without.
    fn close(&mut self, with_farewell: bool) {
        if with_farewell {
            self.peer.leave();
            self.down();
        }
        self.world.remote(self.remote).close();
        self.carry();
    }

    fn log(&mut self) -> Vec<String> {
        self.world.log()
    }
}
