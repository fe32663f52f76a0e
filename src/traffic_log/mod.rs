//! A server's input, output and notices, in `<dir>/<Name>.log` (the specification, section 7).
//!
//! The loop never waits for the disk: lines gather in memory, and a thread writes what has gathered. While
//! it does, the next lines gather; past a bound they are dropped, and so are those that the disk refuses, or a device or
//! FIFO does not take at once. They are counted, and the count is written as soon as it can be.
//!
//! Where the log shares a disk with the records it leaves them room (`reserve.rs`).

mod file;
mod line;
mod reserve;
mod stream;

use std::fmt::Display;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reactor::{AppCx, JobError, Peer, Requests};

use file::Appended;
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
    /// Where that is, and its greatest size.
    place: (PathBuf, u64),
    /// What the thread is at.
    writing: Option<Batch>,
    /// The last line is written in part: the rest is tried again, although nothing has gathered.
    is_pending: bool,
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
    /// Its last line, which is none of `lines`, speaks of them.
    has_notice: bool,
}

impl TrafficLog {
    /// Logs nothing: for simulations and tests.
    pub fn off() -> TrafficLog {
        TrafficLog::new(None, (PathBuf::new(), 0), false)
    }

    /// Logs notices to `file`, and with `traffic` every line in and out.
    pub fn to(file: LogFile, traffic: bool) -> TrafficLog {
        let place = file.place();
        TrafficLog::new(Some(Arc::new(Mutex::new(file))), place, traffic)
    }

    fn new(file: Option<Arc<Mutex<LogFile>>>, place: (PathBuf, u64), traffic: bool) -> TrafficLog {
        TrafficLog {
            writer: Writer::default(),
            traffic,
            file,
            place,
            writing: None,
            is_pending: false,
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

    /// Writes to `file` from the next line on; not if nothing is logged at all.
    pub fn move_to(&mut self, file: LogFile) {
        if self.file.is_some() {
            self.place = file.place();
            self.file = Some(Arc::new(Mutex::new(file)));
        }
    }

    /// Where the file is, and its greatest size.
    pub fn place(&self) -> &(PathBuf, u64) {
        &self.place
    }

    /// Whether everything noted so far is written.
    pub fn is_written(&self) -> bool {
        self.has_nothing_to_write() && self.writing.is_none()
    }

    fn has_nothing_to_write(&self) -> bool {
        self.writer.gathered() == 0 && !self.is_pending
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
        let missing = self.dropped - self.dropped_told;
        let (text, lines) = self.writer.take(reactor.wall_clock(), missing);
        self.writing = Some(Batch { lines, dropped: self.dropped, has_notice: missing > 0 });
        let reopen = std::mem::take(&mut self.reopen);
        let done = reactor.app_reply(written);
        let work = move || {
            let appended = file.lock().unwrap_or_else(PoisonError::into_inner).append(&text, reopen);
            (appended, text)
        };
        reactor.defer_to_thread(work, done);
    }

    /// So much of what was handed over is written.
    fn count(&mut self, appended: Appended) {
        let Some(Batch { lines, dropped, has_notice }) = self.writing.take() else { return };
        self.is_pending = appended.is_pending;
        self.dropped += lines.saturating_sub(appended.lines);
        if has_notice && appended.lines > lines {
            self.dropped_told = dropped;
        }
    }
}

/// The thread is done with it, or none was to be had.
fn written(cx: &mut AppCx<'_, Herd>, outcome: Result<(Appended, Vec<u8>), JobError>) {
    let log = &mut cx.app.traffic;
    let (appended, text) = outcome.unwrap_or_else(|error| {
        log::debug!("lines are not logged: {error}");
        log.reopen = true; // it may have been asked for
        (Appended { lines: 0, is_pending: log.is_pending }, Vec::new())
    });
    log.writer.give_back(text);
    log.count(appended);
    if log.is_pending {
        log.schedule(&mut cx.reactor);
    }
}

/// Has what has gathered written, now that it has waited long enough.
fn write(cx: &mut AppCx<'_, Herd>) {
    let log = &mut cx.app.traffic;
    log.scheduled = false;
    if log.writing.is_some() {
        log.schedule(&mut cx.reactor);
    } else if !log.has_nothing_to_write() {
        log.hand_over(&mut cx.reactor);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;
    use std::os::unix::fs::OpenOptionsExt;

    use reactor::testing::MockNet;
    use reactor::{Limits, Reactor};
    use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};

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
        format!("{lines} lines before this one are missing: the log could not take them")
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
    fn what_a_fifo_has_begun_to_take_is_written_to_its_end_though_nothing_more_is_said() {
        let mut stage = Stage::new();
        let path = stage.folder.join("fifo");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let nonblock = OFlags::NONBLOCK.bits().cast_signed();
        let mut reader = fs::OpenOptions::new().read(true).custom_flags(nonblock).open(&path).unwrap();
        stage.reactor.app.traffic.move_to(LogFile::open(&path, 1_000_000).unwrap());
        let long = "x".repeat(100_000);
        stage.reactor.enter(&stage.net, |cx| cx.app.notice(&mut cx.reactor, &long));
        stage.net.pass(&mut stage.reactor, PATIENCE).unwrap();
        let mut text = Vec::new();
        while !stage.reactor.app.traffic.is_written() {
            let _ = reader.read_to_end(&mut text);
            stage.net.pass(&mut stage.reactor, PATIENCE).unwrap();
        }
        let _ = reader.read_to_end(&mut text);
        assert!(text.ends_with(format!(" * {long}\n").as_bytes()));
        assert_eq!((stage.dropped(), stage.log().len()), (0, 0));
    }

    #[test]
    fn lines_that_are_lost_for_a_full_fifo_are_counted_one_by_one() {
        let mut stage = Stage::new();
        let path = stage.folder.join("fifo");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let nonblock = OFlags::NONBLOCK.bits().cast_signed();
        let mut reader = fs::OpenOptions::new().read(true).custom_flags(nonblock).open(&path).unwrap();
        stage.reactor.app.traffic.move_to(LogFile::open(&path, 1_000_000).unwrap());
        let page = "x".repeat(4096 - 31); // with its time and its end
        stage.say(&vec![&*page; 40]);
        let mut text = Vec::new();
        let _ = reader.read_to_end(&mut text);
        let lines = |text: &[u8]| memchr::memchr_iter(b'\n', text).count() as u64;
        assert!(lines(&text) > 0 && stage.dropped() > 0);
        assert_eq!(lines(&text) + stage.dropped(), 40);
        stage.say(&["more"]);
        text.clear();
        let _ = reader.read_to_end(&mut text);
        assert!(String::from_utf8(text).unwrap().ends_with(&format!(" * {}\n", missing(stage.dropped()))));
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
