//! A server's input, output and notices, in `<dir>/<Name>.log` (the specification, section 7).
//!
//! The loop never waits for the disk: lines gather in memory, and a thread writes what has gathered. While
//! it does, the next lines gather; past a bound they are dropped, and so are those that the disk refuses. They are
//! counted, and the count is written as soon as it can be.

mod file;
mod line;

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
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
    /// `None`: nothing is logged at all. Locked by one thread at a time and never by the loop; a job that is refused
    /// does not take it away.
    file: Option<Arc<Mutex<LogFile>>>,
    /// What the thread is at.
    writing: Option<Batch>,
    /// Somebody will look at what has gathered.
    scheduled: bool,
    reopen: bool,
    dropped: u64,
    /// Of these, as many are spoken of in the file.
    dropped_told: u64,
}

/// What is being written.
#[derive(Debug)]
struct Batch {
    lines: u64,
    /// So many dropped lines are spoken of once it is written.
    dropped: u64,
}

impl TrafficLog {
    /// Logs nothing: for simulations and tests.
    pub fn off() -> TrafficLog {
        TrafficLog::new(None, false)
    }

    /// Logs notices to `file`, and with `traffic` every line in and out.
    pub fn to(file: LogFile, traffic: bool) -> TrafficLog {
        TrafficLog::new(Some(Arc::new(Mutex::new(file))), traffic)
    }

    fn new(file: Option<Arc<Mutex<LogFile>>>, traffic: bool) -> TrafficLog {
        TrafficLog {
            writer: Writer::default(),
            traffic,
            file,
            writing: None,
            scheduled: false,
            reopen: false,
            dropped: 0,
            dropped_told: 0,
        }
    }

    /// Lines that were dropped because the disk could not keep up, or failed.
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

    /// Notes a line that was answered with `? `, and why.
    pub fn refusal(
        &mut self,
        reactor: &mut Requests<'_, Herd>,
        peer: impl FnOnce() -> Peer,
        line: &[u8],
        why: &impl Display,
    ) {
        if self.traffic && self.has_room(MOST_GATHERED) {
            self.writer.refusal(reactor.wall_clock(), peer(), line, why);
            self.schedule(reactor);
        }
    }

    /// Notes something about the server itself.
    pub fn notice(&mut self, reactor: &mut Requests<'_, Herd>, text: &str) {
        if self.file.is_some() && self.has_room(MOST_GATHERED + FOR_NOTICES) {
            self.writer.notice(reactor.wall_clock(), text);
            self.schedule(reactor);
        }
    }

    /// Logs every line in and out from now on, or no longer; not if nothing is logged at all.
    pub fn want_traffic(&mut self, traffic: bool) {
        self.traffic = traffic && self.file.is_some();
    }

    /// Opens the file anew before the next line is written: it may have been moved (SIGHUP).
    pub fn reopen(&mut self) {
        self.reopen = true;
    }

    /// Whether everything noted so far is written.
    pub fn is_written(&self) -> bool {
        self.writer.gathered() == 0 && self.writing.is_none()
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
        } else if self.writer.gathered() >= ENOUGH && self.writing.is_none() {
            self.hand_over(reactor);
        }
    }

    /// Gives a thread what has gathered; none is at what gathered before.
    fn hand_over(&mut self, reactor: &mut Requests<'_, Herd>) {
        let Some(file) = self.file.clone() else { return };
        let (text, lines) = self.writer.take(reactor.wall_clock(), self.dropped - self.dropped_told);
        self.writing = Some(Batch { lines, dropped: self.dropped });
        let reopen = std::mem::take(&mut self.reopen);
        let done = reactor.app_reply(|cx, outcome| cx.app.traffic.written(outcome));
        let work = move || {
            let is_written = file.lock().unwrap_or_else(PoisonError::into_inner).append(&text, reopen);
            (is_written, text)
        };
        reactor.defer_to_thread(work, done);
    }

    /// The thread is done with it, or none was to be had.
    fn written(&mut self, outcome: Result<(bool, Vec<u8>), JobError>) {
        let Some(Batch { lines, dropped }) = self.writing.take() else { return };
        let (is_written, text) = outcome.unwrap_or_else(|error| {
            log::debug!("{lines} lines are not logged: {error}");
            Default::default()
        });
        self.writer.give_back(text);
        if is_written {
            self.dropped_told = dropped;
        } else {
            self.dropped += lines;
            self.reopen = true;
        }
    }
}

/// Has what has gathered written, now that it has waited long enough.
fn write(cx: &mut AppCx<'_, Herd>) {
    let log = &mut cx.app.traffic;
    log.scheduled = false;
    if log.writing.is_some() {
        log.schedule(&mut cx.reactor);
    } else if log.writer.gathered() > 0 {
        log.hand_over(&mut cx.reactor);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use reactor::testing::MockNet;
    use reactor::{Limits, Reactor};

    use super::*;
    use crate::herd::{Neighbours, Rules};
    use crate::key::HerdKey;
    use crate::places::Desk;

    /// A server, and the folder that it logs to.
    struct Stage {
        reactor: Reactor<Herd>,
        net: MockNet,
        folder: PathBuf,
        _parent: tempfile::TempDir,
    }

    impl Stage {
        fn new() -> Stage {
            let parent = tempfile::tempdir().unwrap();
            let folder = parent.path().join("data");
            let file = LogFile::open(folder.join("Welsh.log"), 1_000_000).unwrap();
            let (key, traffic) = (HerdKey::new(&[1; 32]), TrafficLog::to(file, true));
            let herd =
                Herd::new("Welsh", Neighbours::default(), key, Desk::builtin(), traffic, Rules::default());
            let reactor = Reactor::new(herd, 1, Limits { jobs: 1, ..Limits::default() });
            Stage { reactor, net: MockNet::new(), folder, _parent: parent }
        }

        /// Says all of these, and waits until they are written or lost.
        fn say(&mut self, notices: &[&str]) {
            self.reactor
                .enter(&self.net, |cx| notices.iter().for_each(|it| cx.app.notice(&mut cx.reactor, it)));
            self.net.pass(&mut self.reactor, PATIENCE).unwrap();
            assert!(self.reactor.app.traffic.is_written());
        }

        /// The log without the times.
        fn log(&self) -> Vec<String> {
            let log = fs::read_to_string(self.folder.join("Welsh.log")).unwrap();
            log.lines().filter_map(|line| Some(line.split_once(" * ")?.1.to_owned())).collect()
        }

        fn dropped(&self) -> u64 {
            self.reactor.app.traffic.dropped()
        }
    }

    fn missing(lines: u64) -> String {
        format!("{lines} lines before this one are missing: the disk did not take them")
    }

    #[test]
    fn lines_that_a_failing_disk_refuses_are_counted_until_the_count_is_written() {
        let mut stage = Stage::new();
        stage.say(&["one"]);
        fs::remove_dir_all(&stage.folder).unwrap();
        stage.say(&["two", "three"]);
        assert_eq!(stage.dropped(), 2);
        stage.say(&["four"]);
        assert_eq!(stage.dropped(), 3);
        fs::create_dir(&stage.folder).unwrap();
        stage.say(&["five"]);
        stage.say(&["six"]);
        assert_eq!(stage.log(), ["five", &missing(3), "six"]);
        assert_eq!(stage.dropped(), 3);
    }

    #[test]
    fn a_job_that_is_refused_costs_its_lines_and_not_the_log() {
        let mut stage = Stage::new();
        stage.reactor.enter(&stage.net, |cx| {
            cx.reactor.app_later(PATIENCE, |cx| {
                let done = cx.reactor.app_reply(|_, _| ());
                cx.reactor.defer_to_thread(|| (), done); // the only one there may be
            });
            cx.app.traffic.reopen();
        });
        fs::rename(stage.folder.join("Welsh.log"), stage.folder.join("moved")).unwrap();
        fs::write(stage.folder.join("Welsh.log"), "").unwrap();
        stage.say(&["one"]);
        assert_eq!((stage.dropped(), stage.log()), (1, Vec::new()));
        stage.say(&["two"]);
        assert_eq!(stage.log(), ["two", &missing(1)], "and it is the one that is to be opened anew");
    }

    #[test]
    fn notices_have_room_where_lines_have_none_and_a_bound_too() {
        let mut stage = Stage::new();
        stage.reactor.enter(&stage.net, |cx| {
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
