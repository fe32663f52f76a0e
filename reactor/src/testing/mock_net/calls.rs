//! What the net says when it is asked: what the test has scripted, else what its state implies.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::{Dialled, MockNet, MockPort};
use crate::net::{ConnId, Event, JobError, JobId, Net, PortId, Work};
use crate::panic_text::panic_text;
use crate::testing::remote::{Phase, Remote, RemoteId};
use crate::testing::script::Call;
use crate::time::{Time, WallTime};

/// EMFILE of accept(2): the process has no descriptor left.
const EMFILE: i32 = 24;

impl<const CONTAINS: bool> MockNet<CONTAINS> {
    fn conn(&mut self, conn: ConnId, call: Call) -> &mut Remote {
        match self.conns.get(&conn) {
            Some(id) => &mut self.remotes[id.0],
            None => panic!("{call:?} of {conn:?}, which is not in use"),
        }
    }

    /// Makes a call on a connection, unless it is to fail.
    fn on_conn<T: Debug>(
        &mut self,
        call: Call,
        conn: ConnId,
        go: impl FnOnce(&mut Remote) -> io::Result<T>,
    ) -> io::Result<T> {
        let scripted = self.script.begin(call);
        let remote = self.conn(conn, call);
        let scripted = scripted.and(remote.script.begin(call));
        if let Err(error) = &scripted {
            remote.rearm(call, error);
        }
        let result = scripted.and_then(|()| go(remote));
        self.note(call, conn, &result);
        result
    }

    fn note(&mut self, call: Call, of: impl Debug, result: &impl Debug) {
        self.log.push(format!("{call:?} {of:?} -> {result:?}"));
        let took = self.durations.get(&call).copied().unwrap_or_default();
        self.advance(took);
    }

    fn introduce(&mut self, conn: ConnId, remote: RemoteId) {
        let before = self.conns.insert(conn, remote);
        assert!(before.is_none(), "{conn:?} is in use already");
        self.remote(remote).conn = Some(conn);
    }

    fn check_descriptors(&self) -> io::Result<()> {
        match self.descriptors {
            Some(most) if self.conns.len() >= most => Err(io::Error::from_raw_os_error(EMFILE)),
            _ => Ok(()),
        }
    }

    fn port(&mut self, id: PortId, call: Call) -> &mut MockPort {
        match self.ports.get_mut(&id) {
            Some(port) => port,
            None => panic!("{call:?} of {id:?}, which is not in use"),
        }
    }

    fn try_accept(&mut self, id: PortId, conn: ConnId) -> io::Result<SocketAddr> {
        let port = self.port(id, Call::Accept);
        let Some(&remote) = port.waiting.front() else {
            port.armed = true;
            return Err(io::ErrorKind::WouldBlock.into());
        };
        self.check_descriptors()?;
        self.port(id, Call::Accept).waiting.pop_front();
        self.introduce(conn, remote);
        self.remote(remote).accepted();
        Ok(self.remote(remote).address)
    }

    fn accept_fails(&mut self, id: PortId, error: &io::Error) {
        let port = self.port(id, Call::Accept);
        match error.kind() {
            io::ErrorKind::WouldBlock => port.edge = true, // somebody may wait, and is to be found
            io::ErrorKind::ConnectionAborted => drop(port.waiting.pop_front()),
            _ => {}
        }
    }

    fn try_listen(&mut self, at: SocketAddr, id: PortId) -> io::Result<SocketAddr> {
        let mut at = at;
        if at.port() == 0 {
            let free = (49_152..=u16::MAX).find(|port| self.ports.values().all(|p| p.at.port() != *port));
            at.set_port(free.ok_or(io::ErrorKind::AddrNotAvailable)?);
        }
        if self.ports.values().any(|port| port.at == at) {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        let port = MockPort { at, waiting: VecDeque::new(), armed: true, edge: false };
        assert!(self.ports.insert(id, port).is_none(), "{id:?} is in use already");
        Ok(at)
    }

    fn look_up(&mut self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let found = self.names.get(host).ok_or(io::ErrorKind::NotFound)?;
        Ok(found.iter().map(|ip| SocketAddr::new(*ip, port)).collect())
    }

    fn report(&mut self, events: &mut Vec<Event>) {
        events.extend(self.signals.drain(..).map(Event::Signal));
        if !self.holds_answers {
            events.extend(self.answers.drain(..));
        }
        for (id, port) in &mut self.ports {
            events.extend(std::mem::take(&mut port.edge).then_some(Event::Incoming(*id)));
        }
        for (conn, id) in &self.conns {
            events.extend(self.remotes[id.0].news(*conn));
        }
    }
}

impl<const CONTAINS: bool> Net for MockNet<CONTAINS> {
    const CONTAINS_PANICS: bool = CONTAINS;

    fn now(&self) -> Time {
        self.now
    }

    fn wall_clock(&self) -> WallTime {
        self.wall_clock
    }

    fn listen(&mut self, at: SocketAddr, port: PortId) -> io::Result<SocketAddr> {
        let result = self.script.begin(Call::Listen).and_then(|()| self.try_listen(at, port));
        self.note(Call::Listen, at, &result);
        result
    }

    fn accept(&mut self, port: PortId, conn: ConnId) -> io::Result<SocketAddr> {
        let scripted = self.script.begin(Call::Accept);
        if let Err(error) = &scripted {
            self.accept_fails(port, error);
        }
        let result = scripted.and_then(|()| self.try_accept(port, conn));
        self.note(Call::Accept, (port, conn), &result);
        result
    }

    fn close_port(&mut self, id: PortId) {
        self.script.begin(Call::ClosePort).unwrap_or_default();
        let waiting = std::mem::take(&mut self.port(id, Call::ClosePort).waiting);
        for remote in waiting {
            self.remote(remote).phase = Phase::Gone;
        }
        self.ports.remove(&id);
        self.note(Call::ClosePort, id, &());
    }

    fn connect(&mut self, to: SocketAddr, conn: ConnId) -> io::Result<()> {
        let scripted = self.script.begin(Call::Connect).and_then(|()| self.check_descriptors());
        let phase = if scripted.is_ok() { Phase::Dialling } else { Phase::Gone };
        let remote = self.add(Remote::new(to, phase));
        self.dialled.push(Dialled { to, conn, remote });
        self.note(Call::Connect, (to, conn), &scripted);
        scripted?;
        self.introduce(conn, remote);
        if self.answers_dials {
            self.remote(remote).answer();
        }
        Ok(())
    }

    fn rename(&mut self, conn: ConnId, to: ConnId) -> io::Result<()> {
        let scripted = self.script.begin(Call::Rename);
        self.note(Call::Rename, (conn, to), &scripted);
        scripted?;
        self.conn(conn, Call::Rename);
        if let Some(remote) = self.conns.remove(&conn) {
            self.introduce(to, remote);
            self.remote(remote).report_anew();
        }
        Ok(())
    }

    fn connect_result(&mut self, conn: ConnId) -> io::Result<()> {
        self.on_conn(Call::ConnectResult, conn, Remote::connect_result)
    }

    fn read(&mut self, conn: ConnId, into: &mut [u8]) -> io::Result<usize> {
        self.on_conn(Call::Read, conn, |remote| remote.read(into))
    }

    fn write(&mut self, conn: ConnId, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.on_conn(Call::Write, conn, |remote| remote.write(parts))
    }

    fn shutdown_write(&mut self, conn: ConnId) -> io::Result<()> {
        self.on_conn(Call::ShutdownWrite, conn, |remote| {
            remote.shutdown_write();
            Ok(())
        })
    }

    fn close(&mut self, conn: ConnId) {
        self.script.begin(Call::Close).unwrap_or_default();
        self.conn(conn, Call::Close).phase = Phase::Gone;
        self.conns.remove(&conn);
        self.note(Call::Close, conn, &());
    }

    fn resolve(&mut self, job: JobId, host: &str, port: u16) {
        let answer = self.script.begin(Call::Resolve).and_then(|()| self.look_up(host, port));
        self.note(Call::Resolve, (job, host, port), &answer);
        self.answers.push_back(Event::Resolved(job, answer));
    }

    /// Does the work at once, and keeps the outcome for the next poll.
    fn defer(&mut self, job: JobId, work: Work) {
        self.script.begin(Call::Defer).unwrap_or_default();
        let outcome = catch_unwind(AssertUnwindSafe(work));
        let outcome = outcome.map_err(|panic| JobError::Panicked(panic_text(&*panic).to_owned()));
        self.note(Call::Defer, job, &outcome.is_ok());
        self.answers.push_back(Event::Done(job, outcome));
    }

    /// Does not wait: time passes by [`advance`](MockNet::advance) only.
    fn poll(&mut self, timeout: Option<Duration>, events: &mut Vec<Event>) -> io::Result<()> {
        self.last_wait = timeout;
        let result = self.script.begin(Call::Poll);
        if result.is_ok() {
            self.report(events);
        }
        self.note(Call::Poll, timeout, &result);
        result
    }
}
