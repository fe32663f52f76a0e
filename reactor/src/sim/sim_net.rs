//! The network as the process of one host sees it.

use std::io::{self, ErrorKind, IoSlice};
use std::net::SocketAddr;
use std::time::Duration;

use super::chaos::Death;
use super::faults::size;
use super::host::{Host, HostId, Pending};
use super::stream::{End, EndId, Flags, Phase, Segment};
use super::world::{Delivery, World};
use crate::net::{ConnId, Event, JobId, Net, PortId, Work};
use crate::time::{Time, WallTime};

/// Linux: "too many open files".
const EMFILE: i32 = 24;

/// The [`Net`] of one host of a [`World`].
///
/// [`poll`](Net::poll) never waits: it brings what is pending, whatever its timeout; time passes in
/// [`World::step`]. A host that is down refuses everything with `NetworkDown`.
pub struct SimNet<'w> {
    world: &'w mut World,
    host: HostId,
}

impl SimNet<'_> {
    pub(super) fn new(world: &mut World, host: HostId) -> SimNet<'_> {
        SimNet { world, host }
    }

    /// Whose network this is.
    pub fn host(&self) -> HostId {
        self.host
    }

    /// How the last process of this host ended; `None` if it is the first.
    pub fn last_death(&self) -> Option<Death> {
        self.world.deaths.iter().rev().find(|death| death.host == self.host).copied()
    }

    /// Work on threads that the last process of this host did not see the end of: all, part or none of it may
    /// have been done when it ended.
    pub fn take_orphans(&mut self) -> Vec<Work> {
        std::mem::take(&mut self.kernel().orphans)
    }

    fn kernel(&mut self) -> &mut Host {
        &mut self.world.hosts[self.host.index()]
    }

    fn check_up(&mut self) -> io::Result<()> {
        if self.kernel().is_up { Ok(()) } else { Err(ErrorKind::NetworkDown.into()) }
    }

    fn check_descriptors(&mut self) -> io::Result<()> {
        if self.world.random.percent(self.world.faults.exhaustion) {
            self.world.counts.exhaustions += 1;
            return Err(io::Error::from_raw_os_error(EMFILE));
        }
        Ok(())
    }

    fn end_id(&mut self, conn: ConnId) -> io::Result<EndId> {
        self.kernel().conns.get(&conn).copied().ok_or_else(|| ErrorKind::NotConnected.into())
    }

    fn end(&mut self, id: EndId) -> io::Result<&mut End> {
        self.world.streams.get_mut(id).ok_or_else(|| ErrorKind::NotConnected.into())
    }

    /// Reports whatever is so to whom the stream has just been named.
    fn report_anew(&mut self, id: EndId) -> io::Result<()> {
        let end = self.end(id)?;
        let read_closed = end.has_ended();
        let read = !end.inbox.is_empty() || read_closed;
        (end.read_armed, end.write_armed) = (!read, false);
        end.flags = Flags::default();
        self.world.post(id, Flags { read, write: true, read_closed });
        Ok(())
    }

    /// Adds a stream to `to`, whoever has that address: an address without host is refused by ours.
    fn dial(&mut self, to: SocketAddr, conn: ConnId) -> EndId {
        let there = HostId::at(to.ip(), self.host).filter(|there| there.index() < self.world.hosts.len());
        let there = there.unwrap_or(self.host);
        let ip = if to.ip().is_loopback() { to.ip() } else { self.world.ip(self.host) };
        let here = SocketAddr::new(ip, self.kernel().free_port());
        let (near_window, far_window) = (self.world.draw_window(there), self.world.draw_window(self.host));
        let near = End::new(self.host, Some(conn), here, near_window);
        let far = End::new(there, None, to, far_window);
        self.world.streams.add(near, far)
    }

    /// How much of `space` this read may fill.
    fn draw_read(&mut self, space: usize) -> usize {
        let world = &mut *self.world;
        if world.hosts[self.host.index()].reads_slowly {
            return space.min(1 + size(&mut world.random, 64));
        }
        if world.faults.short_reads == 0 || !world.random.percent(world.faults.short_reads) {
            return space;
        }
        // Often cuts between the first bytes: that is where lines and headers end.
        let most = if world.random.percent(50) { space.min(100) } else { space };
        (1 + size(&mut world.random, most)).min(space)
    }

    /// How much of `bytes` this write takes.
    fn draw_write(&mut self, bytes: usize) -> usize {
        let world = &mut *self.world;
        if world.faults.short_writes == 0 || !world.random.percent(world.faults.short_writes) {
            return bytes;
        }
        world.counts.short_writes += 1;
        1 + size(&mut world.random, bytes)
    }

    /// The event for what is pending, if it is worth one. What was closed meanwhile may still appear.
    fn event(&mut self, pending: Pending) -> Option<Event> {
        let (conn, id) = match pending {
            Pending::Event(event) => return Some(event),
            Pending::Conn(conn, id) => (conn, id),
        };
        let end = self.world.streams.get_mut(id).filter(|end| end.conn == Some(conn));
        let flags = match end.map(|end| std::mem::take(&mut end.flags)) {
            Some(flags) => flags,
            None if self.world.is_spurious() => Flags::DEAD,
            None => return None,
        };
        let read = flags.read || self.world.is_spurious();
        let write = flags.write || self.world.is_spurious();
        Some(Event::Ready { conn, read, write, read_closed: flags.read_closed })
    }
}

impl Net for SimNet<'_> {
    fn now(&self) -> Time {
        self.world.now
    }

    fn wall_clock(&self) -> WallTime {
        self.world.wall_clock(self.host)
    }

    fn listen(&mut self, at: SocketAddr, port: PortId) -> io::Result<SocketAddr> {
        self.check_up()?;
        self.kernel().listen(at, port)
    }

    fn accept(&mut self, port: PortId, conn: ConnId) -> io::Result<SocketAddr> {
        let waiting = self.kernel().port_mut(port).ok_or(ErrorKind::InvalidInput)?;
        let Some(&id) = waiting.waiting.front() else {
            waiting.armed = true;
            return Err(ErrorKind::WouldBlock.into());
        };
        self.check_descriptors()?;
        self.kernel().port_mut(port).and_then(|port| port.waiting.pop_front());
        self.kernel().conns.insert(conn, id);
        let end = self.end(id)?;
        (end.conn, end.is_waiting) = (Some(conn), false);
        self.report_anew(id)?;
        Ok(self.end(id.far())?.address)
    }

    fn close_port(&mut self, port: PortId) {
        for id in self.kernel().close_port(port) {
            self.world.refuse_end(id);
        }
    }

    fn connect(&mut self, to: SocketAddr, conn: ConnId) -> io::Result<()> {
        self.check_up()?;
        self.check_descriptors()?;
        let id = self.dial(to, conn);
        self.kernel().conns.insert(conn, id);
        if self.world.random.percent(self.world.faults.lost_connects) {
            self.world.counts.lost_connects += 1;
            self.world.stall(id);
        } else {
            self.world.send(id.far(), Segment::Syn(to));
        }
        if self.world.is_spurious() {
            self.world.post(id, Flags::WRITE);
        }
        Ok(())
    }

    fn rename(&mut self, conn: ConnId, to: ConnId) -> io::Result<()> {
        let id = self.kernel().conns.remove(&conn).ok_or(ErrorKind::NotConnected)?;
        self.kernel().conns.insert(to, id);
        let end = self.end(id)?;
        end.conn = Some(to);
        self.report_anew(id)
    }

    fn connect_result(&mut self, conn: ConnId) -> io::Result<()> {
        let id = self.end_id(conn)?;
        let end = self.end(id)?;
        match (end.phase, end.error) {
            (Phase::Opening, _) => Err(ErrorKind::WouldBlock.into()),
            (_, Some(error)) => Err(error.into()),
            (_, None) => Ok(()),
        }
    }

    fn read(&mut self, conn: ConnId, into: &mut [u8]) -> io::Result<usize> {
        let id = self.end_id(conn)?;
        let (space, most) = (into.len(), self.draw_read(into.len()));
        let end = self.end(id)?;
        let result = end.read(&mut into[..most]);
        let cut = most < space && !end.inbox.is_empty();
        if let Err(error) = &result {
            end.read_armed = error.kind() == ErrorKind::WouldBlock;
        }
        let n = result?;
        self.world.counts.short_reads += u64::from(cut);
        self.world.after_read(id, n, n < space);
        Ok(n)
    }

    fn write(&mut self, conn: ConnId, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let id = self.end_id(conn)?;
        let total: usize = parts.iter().map(|part| part.len()).sum();
        let end = self.end(id)?;
        if let Err(error) = end.check_writable() {
            end.write_armed = error.kind() == ErrorKind::WouldBlock;
            return Err(error);
        }
        let fitting = total.min(end.room());
        let taken = self.draw_write(fitting).min(fitting);
        let end = self.end(id)?;
        end.outstanding += taken;
        end.write_armed = taken < total;
        let has_room = end.room() > 0;
        if taken > 0 {
            self.world.send(id.far(), Segment::Data(first_bytes(parts, taken)));
        }
        if taken < total && has_room {
            self.world.writable(id);
        }
        Ok(taken)
    }

    fn shutdown_write(&mut self, conn: ConnId) -> io::Result<()> {
        let id = self.end_id(conn)?;
        if self.end(id)?.phase != Phase::Open {
            return Err(ErrorKind::NotConnected.into());
        }
        self.world.end_sending(id);
        Ok(())
    }

    fn close(&mut self, conn: ConnId) {
        if let Some(id) = self.kernel().conns.remove(&conn) {
            self.world.close_end(id);
        }
    }

    fn resolve(&mut self, job: JobId, host: &str, port: u16) {
        let mut found = self.world.look_up(host, port);
        let mut delay = self.world.draw_delay();
        if self.world.random.percent(self.world.faults.failed_names) {
            self.world.counts.failed_names += 1;
            let patience = self.world.faults.give_up.clone();
            delay = self.world.random.between(patience.start, patience.end);
            if self.world.random.percent(50) {
                found = Err(io::Error::other("temporary failure in name resolution"));
                delay = self.world.draw_delay();
            }
        }
        let boot = self.kernel().boot;
        self.world.after(delay, Delivery::Answer(self.host, boot, Event::Resolved(job, found)));
    }

    fn defer(&mut self, job: JobId, work: Work) {
        let (delay, boot) = (self.world.draw_delay(), self.kernel().boot);
        self.world.after(delay, Delivery::Work(self.host, boot, job, work));
    }

    fn poll(&mut self, _timeout: Option<Duration>, events: &mut Vec<Event>) -> io::Result<()> {
        let pending = std::mem::take(&mut self.kernel().pending);
        events.extend(pending.into_iter().filter_map(|pending| self.event(pending)));
        Ok(())
    }
}

/// A copy of the first `n` bytes of `parts`.
fn first_bytes(parts: &[IoSlice<'_>], n: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(n);
    for part in parts {
        bytes.extend_from_slice(&part[..part.len().min(n - bytes.len())]);
    }
    bytes
}
