//! The simulated network seen through [`Net`], the way the reactor sees it.

mod crashes;
mod integrity;
mod partitions;
mod ring;
mod runner;
mod schedule;
mod streams;
mod world;

use std::io::{self, ErrorKind, IoSlice};
use std::net::SocketAddr;
use std::time::Duration;

use super::{Faults, HostId, SimNet, World};
use crate::net::{ConnId, Event, Key, Net, PortId};
use crate::time::Time;

const PORT: PortId = PortId(Key { slot: 0, serial: 1 });
/// The client's connection, at the client.
const NEAR: ConnId = ConnId(Key { slot: 1, serial: 1 });
/// The same, at the server.
const FAR: ConnId = ConnId(Key { slot: 2, serial: 1 });

const SECOND: Duration = Duration::from_secs(1);

/// A server that listens, and a client.
struct Lan {
    world: World,
    server: HostId,
    client: HostId,
    at: SocketAddr,
}

impl Lan {
    fn new(seed: u64, faults: Faults) -> Lan {
        let mut world = World::new(seed, faults);
        let (server, client) = (world.add_host(), world.add_host());
        let at = (world.ip(server), 80).into();
        world.net(server).listen(at, PORT).unwrap();
        Lan { world, server, client, at }
    }

    /// A quiet network on which `NEAR` and `FAR` are connected and all events polled.
    fn connected() -> Lan {
        Lan::connected_with(1, Faults::none())
    }

    fn connected_with(seed: u64, faults: Faults) -> Lan {
        let mut lan = Lan::new(seed, faults);
        lan.connect();
        lan.run(SECOND);
        lan.world.net(lan.server).accept(PORT, FAR).unwrap();
        assert_eq!(lan.world.net(lan.server).accept(PORT, FAR).unwrap_err().kind(), ErrorKind::WouldBlock);
        lan.poll(lan.client);
        lan.poll(lan.server);
        lan
    }

    fn connect(&mut self) {
        self.world.net(self.client).connect(self.at, NEAR).unwrap();
    }

    fn run(&mut self, lasting: Duration) {
        let until = self.world.now() + lasting;
        while self.world.step(until) {}
    }

    fn poll(&mut self, host: HostId) -> Vec<Event> {
        let mut events = Vec::new();
        self.world.net(host).poll(None, &mut events).unwrap();
        events
    }

    /// The flags (read, write, read closed) of the only event, which must be about `conn`.
    fn ready(&mut self, host: HostId, conn: ConnId) -> (bool, bool, bool) {
        match self.poll(host)[..] {
            [Event::Ready { conn: of, read, write, read_closed }] if of == conn => (read, write, read_closed),
            ref other => panic!("expected one event about {conn:?}, got {other:?}"),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.world.net(self.client).write(NEAR, &[IoSlice::new(bytes)])
    }

    fn write_back(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.world.net(self.server).write(FAR, &[IoSlice::new(bytes)])
    }

    /// What one read of up to `most` bytes brings the server.
    fn read(&mut self, most: usize) -> io::Result<Vec<u8>> {
        read(&mut self.world, self.server, FAR, most)
    }

    /// What one read brings the client.
    fn read_back(&mut self, most: usize) -> io::Result<Vec<u8>> {
        read(&mut self.world, self.client, NEAR, most)
    }

    fn connect_error(&mut self) -> Option<ErrorKind> {
        self.world.net(self.client).connect_result(NEAR).err().map(|error| error.kind())
    }
}

fn read(world: &mut World, host: HostId, conn: ConnId, most: usize) -> io::Result<Vec<u8>> {
    let mut into = vec![0; most];
    let n = world.net(host).read(conn, &mut into)?;
    into.truncate(n);
    Ok(into)
}

fn kind<T: std::fmt::Debug>(result: io::Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

fn seconds(seconds: u64) -> Time {
    Time::ZERO + SECOND * u32::try_from(seconds).unwrap()
}
