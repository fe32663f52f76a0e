//! One simulated machine: its address, its clock, its ports, and the events its process has not
//! polled yet.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::stream::EndId;
use crate::net::{ConnId, Event, PortId, Work};
use crate::time::{Time, WallTime};

/// Names one host of a [`World`](super::World).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HostId(u16);

impl HostId {
    pub(super) const FIRST: HostId = HostId(0);

    /// The host that was, or will be, added after `index` others.
    pub const fn nth(index: u16) -> HostId {
        HostId(index)
    }

    /// Counts the hosts from zero, in the order in which they were added.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The host's address: 10.0.0.1 for the first, and so on.
    pub fn ip(self) -> IpAddr {
        let [high, low] = self.0.saturating_add(1).to_be_bytes();
        Ipv4Addr::new(10, 0, high, low).into()
    }

    /// The host that has this address, as seen from `here`. Whoever has it need not exist.
    pub(super) fn at(ip: IpAddr, here: HostId) -> Option<HostId> {
        match ip {
            _ if ip.is_loopback() || ip.is_unspecified() => Some(here),
            IpAddr::V4(v4) => match v4.octets() {
                [10, 0, high, low] => u16::from_be_bytes([high, low]).checked_sub(1).map(HostId),
                _ => None,
            },
            IpAddr::V6(_) => None,
        }
    }
}

/// What a process has yet to learn from its next poll.
pub(super) enum Pending {
    /// This end, then known to the process as this connection, has flags set.
    Conn(ConnId, EndId),
    /// Anything else.
    Event(Event),
}

/// A listening port and who waits at it.
pub(super) struct Port {
    id: PortId,
    /// Whether the next arrival is an edge: `accept` has said `WouldBlock` since the last one.
    pub(super) armed: bool,
    pub(super) waiting: VecDeque<EndId>,
}

/// A wall clock: the true time, shifted, and fast or slow.
#[derive(Default)]
pub(super) struct WallClock {
    offset_nanos: i128,
    drift_ppm: i128,
}

impl WallClock {
    /// What a right clock shows at [`Time::ZERO`], in nanoseconds since 1970.
    const START: i128 = 1_479_413_884_000_000_000;

    pub(super) fn new(offset_nanos: i128, drift_ppm: i128) -> WallClock {
        WallClock { offset_nanos, drift_ppm }
    }

    fn without_offset(&self, now: Time) -> i128 {
        let nanos = i128::from(now.as_nanos());
        WallClock::START + nanos + nanos * self.drift_ppm / 1_000_000
    }

    pub(super) fn read(&self, now: Time) -> WallTime {
        let nanos = self.without_offset(now) + self.offset_nanos;
        WallTime::from_unix_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
    }

    pub(super) fn set(&mut self, now: Time, to: WallTime) {
        self.offset_nanos = i128::from(to.as_unix_nanos()) - self.without_offset(now);
    }
}

/// One machine.
pub(super) struct Host {
    id: HostId,
    /// Whether a process runs on it.
    pub(super) is_up: bool,
    /// Counts the processes that have run on it, so that answers for a dead one are dropped.
    pub(super) boot: u32,
    pub(super) paused_until: Time,
    /// It was asked to stop; once it has, a new process starts after so long.
    pub(super) away: Option<Duration>,
    /// Whether the scheduled faults may crash it or let it stand still.
    pub(super) restartable: bool,
    pub(super) reads_slowly: bool,
    pub(super) wall: WallClock,
    pub(super) conns: BTreeMap<ConnId, EndId>,
    pub(super) pending: Vec<Pending>,
    /// Work that the last process left unfinished.
    pub(super) orphans: Vec<Work>,
    ports: BTreeMap<SocketAddr, Port>,
    addresses: BTreeMap<PortId, SocketAddr>,
    last_port: u16,
}

impl Host {
    /// Where the ports begin that a host chooses itself (Linux: `ip_local_port_range`).
    const FIRST_FREE_PORT: u16 = 32_768;
    /// How many connections may wait at one port (Linux had this `SOMAXCONN` for long).
    pub(super) const BACKLOG: usize = 128;

    pub(super) fn new(id: HostId) -> Host {
        Host {
            id,
            is_up: true,
            boot: 0,
            paused_until: Time::ZERO,
            away: None,
            restartable: false,
            reads_slowly: false,
            wall: WallClock::default(),
            conns: BTreeMap::new(),
            pending: Vec::new(),
            orphans: Vec::new(),
            ports: BTreeMap::new(),
            addresses: BTreeMap::new(),
            last_port: Host::FIRST_FREE_PORT,
        }
    }

    fn owns(&self, ip: IpAddr) -> bool {
        HostId::at(ip, self.id) == Some(self.id)
    }

    /// Listens at `at`: one of this host's addresses, or the unspecified one for all of them.
    pub(super) fn listen(&mut self, mut at: SocketAddr, id: PortId) -> io::Result<SocketAddr> {
        if !self.owns(at.ip()) {
            return Err(io::ErrorKind::AddrNotAvailable.into());
        }
        if at.port() == 0 {
            at.set_port(self.free_port());
        } else if self.is_in_use(at) {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        self.ports.insert(at, Port { id, armed: true, waiting: VecDeque::new() });
        self.addresses.insert(id, at);
        Ok(at)
    }

    fn is_in_use(&self, at: SocketAddr) -> bool {
        let overlaps = |ip: IpAddr| ip == at.ip() || ip.is_unspecified() || at.ip().is_unspecified();
        self.ports.keys().any(|other| other.port() == at.port() && overlaps(other.ip()))
    }

    /// A port that nobody listens at, for a listener or as the near end of a connection.
    pub(super) fn free_port(&mut self) -> u16 {
        loop {
            self.last_port = self.last_port.checked_add(1).unwrap_or(Host::FIRST_FREE_PORT);
            if !self.ports.keys().any(|at| at.port() == self.last_port) {
                return self.last_port;
            }
        }
    }

    /// Who listens at `at`, if anybody.
    pub(super) fn listener(&mut self, at: SocketAddr) -> Option<&mut Port> {
        let anywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, at.port()));
        let found = [at, anywhere].into_iter().find(|at| self.ports.contains_key(at))?;
        self.ports.get_mut(&found).filter(|_| HostId::at(at.ip(), self.id) == Some(self.id))
    }

    pub(super) fn port_mut(&mut self, id: PortId) -> Option<&mut Port> {
        self.ports.get_mut(self.addresses.get(&id)?)
    }

    /// Stops listening and returns who waited.
    pub(super) fn close_port(&mut self, id: PortId) -> VecDeque<EndId> {
        let port = self.addresses.remove(&id).and_then(|at| self.ports.remove(&at));
        port.map(|port| port.waiting).unwrap_or_default()
    }

    /// Queues `end`, which waits at `at`; refuses if nobody listens or too many wait.
    pub(super) fn welcome(&mut self, at: SocketAddr, end: EndId) -> Result<(), Refused> {
        let port = self.listener(at).filter(|port| port.waiting.len() < Host::BACKLOG).ok_or(Refused)?;
        port.waiting.push_back(end);
        if std::mem::take(&mut port.armed) {
            let incoming = Event::Incoming(port.id);
            self.pending.push(Pending::Event(incoming));
        }
        Ok(())
    }

    /// Ends the process: its events are gone; returns its streams, accepted or still waiting.
    pub(super) fn end_process(&mut self) -> Vec<EndId> {
        self.is_up = false;
        self.boot += 1;
        self.paused_until = Time::ZERO;
        self.pending.clear();
        self.addresses.clear();
        let accepted = std::mem::take(&mut self.conns).into_values();
        let waiting = std::mem::take(&mut self.ports).into_values().flat_map(|port| port.waiting);
        accepted.chain(waiting).collect()
    }
}

/// Nobody listens there, or too many wait.
pub(super) struct Refused;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_hosts_and_back() {
        for index in [0, 1, 254, 255, 1_000] {
            let host = HostId::nth(index);
            assert_eq!(HostId::at(host.ip(), HostId::FIRST), Some(host));
        }
        assert_eq!(HostId::nth(0).ip(), IpAddr::from([10, 0, 0, 1]));
        assert_eq!(HostId::at([127, 0, 0, 9].into(), HostId::nth(3)), Some(HostId::nth(3)));
        assert_eq!(HostId::at([10, 0, 0, 0].into(), HostId::FIRST), None);
        assert_eq!(HostId::at([192, 168, 0, 1].into(), HostId::FIRST), None);
    }

    #[test]
    fn a_drifting_clock_gains_and_can_be_set() {
        let second = Time::from_nanos(1_000_000_000);
        let mut wall = WallClock::new(0, 100);
        let gained = wall.read(second).as_unix_nanos() - wall.read(Time::ZERO).as_unix_nanos();
        assert_eq!(gained, 1_000_100_000);
        wall.set(second, WallTime::from_unix_nanos(5));
        assert_eq!(wall.read(second).as_unix_nanos(), 5);
    }
}
