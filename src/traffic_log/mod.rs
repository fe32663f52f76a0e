//! A server's input, output and notices, in `<dir>/<Name>.log` (the specification, section 7).
//!
//! The loop never waits for the disk: lines gather in memory, and a thread writes what has gathered. While
//! it does, the next lines gather; past a bound they are dropped, counted, and the count is written as soon
//! as there is room again.

mod file;
mod line;

use std::time::Duration;

use reactor::{AppCx, JobError, Peer, Requests};

pub use file::LogFile;
pub use line::Direction;

use crate::herd::Herd;
use line::Writer;

/// Bytes that gather at most. At a million lines a second it is some ten milliseconds of a disk that hangs.
const MOST_GATHERED: usize = 4 * 1024 * 1024;
/// Bytes of notices that gather beyond that: what becomes of neighbours is said whatever clients send.
const FOR_NOTICES: usize = 64 * 1024;
/// Bytes that are handed to the thread without waiting for more: few enough to stay in the cache meanwhile.
const ENOUGH: usize = 128 * 1024;
/// How long the first line waits for more to be written with it.
const PATIENCE: Duration = Duration::from_millis(50);

/// Gathers lines and has them written.
#[derive(Debug)]
pub struct TrafficLog {
    writer: Writer,
    /// Client and neighbour lines are wanted, not only notices.
    traffic: bool,
    file: Disk,
    /// Somebody will look at what has gathered.
    scheduled: bool,
    reopen: bool,
    dropped: u64,
}

#[derive(Debug)]
enum Disk {
    /// Nothing is logged at all.
    None,
    Here(LogFile),
    /// With the thread.
    Writing,
}

impl TrafficLog {
    /// Logs nothing: for simulations and tests.
    pub fn off() -> TrafficLog {
        TrafficLog::new(Disk::None, false)
    }

    /// Logs notices to `file`, and with `traffic` every line in and out.
    pub fn to(file: LogFile, traffic: bool) -> TrafficLog {
        TrafficLog::new(Disk::Here(file), traffic)
    }

    fn new(file: Disk, traffic: bool) -> TrafficLog {
        let writer = Writer::default();
        TrafficLog { writer, traffic, file, scheduled: false, reopen: false, dropped: 0 }
    }

    /// Lines that were dropped because the disk could not keep up.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Notes one line, or one answer of several lines, in parts. Who the peer is, is asked only if that is
    /// wanted.
    pub fn line(
        &mut self,
        reactor: &mut Requests<'_, Herd>,
        direction: Direction,
        peer: impl FnOnce() -> Peer,
        parts: &[&[u8]],
    ) {
        if self.traffic && self.has_room(MOST_GATHERED) {
            self.writer.traffic(reactor.wall_clock(), direction, peer(), parts);
            self.schedule(reactor);
        }
    }

    /// Notes something about the server itself.
    pub fn notice(&mut self, reactor: &mut Requests<'_, Herd>, text: &str) {
        if !matches!(self.file, Disk::None) && self.has_room(MOST_GATHERED + FOR_NOTICES) {
            self.writer.notice(reactor.wall_clock(), text);
            self.schedule(reactor);
        }
    }

    /// Logs every line in and out from now on, or no longer; not if nothing is logged at all.
    pub fn want_traffic(&mut self, traffic: bool) {
        self.traffic = traffic && !matches!(self.file, Disk::None);
    }

    /// Opens the file anew before the next line is written: it may have been moved (SIGHUP).
    pub fn reopen(&mut self) {
        self.reopen = true;
    }

    /// Whether everything noted so far is written.
    pub fn is_written(&self) -> bool {
        matches!(self.file, Disk::None) || self.writer.gathered() == 0 && !matches!(self.file, Disk::Writing)
    }

    fn has_room(&mut self, most: usize) -> bool {
        let has_room = self.writer.gathered() < most;
        self.dropped += u64::from(!has_room);
        has_room
    }

    fn schedule(&mut self, reactor: &mut Requests<'_, Herd>) {
        if !self.scheduled {
            self.scheduled = true;
            reactor.app_later(PATIENCE, write);
        } else if self.writer.gathered() >= ENOUGH && matches!(self.file, Disk::Here(_)) {
            self.hand_over(reactor);
        }
    }

    /// Gives the thread what has gathered, if it is not busy with what gathered before.
    fn hand_over(&mut self, reactor: &mut Requests<'_, Herd>) {
        let Disk::Here(mut file) = std::mem::replace(&mut self.file, Disk::Writing) else { return };
        let text = self.writer.take(reactor.wall_clock(), self.dropped);
        let reopen = std::mem::take(&mut self.reopen);
        let done = reactor.app_reply(written);
        let work = move || {
            file.append(&text, reopen);
            (file, text)
        };
        reactor.defer_to_thread(work, done);
    }
}

/// Has what has gathered written, now that it has waited long enough.
fn write(cx: &mut AppCx<'_, Herd>) {
    let log = &mut cx.app.traffic;
    log.scheduled = false;
    match log.file {
        Disk::Here(_) if log.writer.gathered() > 0 => log.hand_over(&mut cx.reactor),
        Disk::Writing => log.schedule(&mut cx.reactor),
        _ => {}
    }
}

/// The thread is done with the file.
fn written(cx: &mut AppCx<'_, Herd>, outcome: Result<(LogFile, Vec<u8>), JobError>) {
    let log = &mut cx.app.traffic;
    match outcome {
        Ok((file, text)) => {
            log.file = Disk::Here(file);
            log.writer.give_back(text);
        }
        Err(error) => {
            log::error!("{}: the traffic log ends here: {error}", cx.app.name);
            log.file = Disk::None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::herd::{Neighbours, Rules};
    use crate::key::HerdKey;
    use crate::places::Desk;
    use reactor::testing::MockNet;
    use reactor::{Limits, Reactor};

    #[test]
    fn notices_have_room_where_lines_have_none_and_a_bound_too() {
        let (key, traffic) = (HerdKey::new(&[1; 32]), TrafficLog::new(Disk::Writing, true));
        let herd = Herd::new("Welsh", Neighbours::default(), key, Desk::builtin(), traffic, Rules::default());
        let mut reactor = Reactor::new(herd, 1, Limits::default());
        reactor.enter(&MockNet::new(), |cx| {
            let (log, peer) = (&mut cx.app.traffic, || Peer::at(([127, 0, 0, 1], 4000).into()));
            while log.dropped() == 0 {
                log.line(&mut cx.reactor, Direction::In, peer, &[&[b'x'; 1000]]);
            }
            log.notice(&mut cx.reactor, "neighbour Alford: up");
            assert_eq!(log.dropped(), 1);
            (0..10_000).for_each(|_| log.notice(&mut cx.reactor, "neighbour Alford: up"));
            assert!(log.dropped() > 1 && log.writer.gathered() < MOST_GATHERED + FOR_NOTICES + 1000);
        });
    }
}
