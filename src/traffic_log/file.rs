//! The file of the log: appended to, rotated when it is large, opened anew when asked.

use std::fs::{self, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use reactor::tally;
use rustix::fs::OFlags;
use rustix::io::Errno;

use super::reserve::Reserve;
use super::stream::Stream;
use crate::private_file::{self, PRIVATE};

/// How many full files are kept beside the one that is written.
const KEEP: u32 = 5;

/// A file that grows up to a size and then makes room: `x.log` becomes `x.log.1`, `x.log.1` becomes
/// `x.log.2`, and so on; the fifth is the oldest that is kept. Those that it makes are their owner's alone: they say
/// where people are.
///
/// The path may also name a link, a device or a FIFO. A link is followed, and the file that it leads to is never rotated.
/// A device or a FIFO is written without blocking: as many whole lines as it has room for.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    max_size: u64,
    /// The room on the disk that is kept free for the records.
    reserve: Reserve,
    /// `None`: it is opened for the next text.
    output: Option<Output>,
    /// The last write failed.
    is_failing: bool,
    /// How often writes began to fail.
    failures: u64,
    /// How many files were given up for the records.
    given_up: u64,
    /// How often somebody moved, removed or replaced the file without a word.
    replacements: u64,
}

/// What became of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Appended {
    /// So many of its lines were taken, the first ones; the others are lost.
    pub(super) lines: u64,
    /// The last of them is written in part: the rest follows with the next text.
    pub(super) is_pending: bool,
}

/// The file as it was opened.
#[derive(Debug)]
struct Output {
    stream: Stream,
    id: FileId,
}

/// Which file it is, whatever its name: the device, and the number of the inode there.
type FileId = (u64, u64);

impl LogFile {
    /// Opens the file for appending, and makes it and its folder if need be. A FIFO that nobody reads is opened when
    /// somebody does.
    ///
    /// # Errors
    ///
    /// Those of the file system.
    pub fn open(path: impl Into<PathBuf>, max_size: u64) -> io::Result<LogFile> {
        let path = path.into();
        if let Some(folder) = path.parent() {
            private_file::make_folder(folder)?;
        }
        let output = match Output::open(&path) {
            Err(error) if is_unread(&path, &error) => None,
            opened => Some(opened?),
        };
        let reserve = Reserve::default();
        Ok(LogFile {
            path,
            max_size,
            reserve,
            output,
            is_failing: false,
            failures: 0,
            given_up: 0,
            replacements: 0,
        })
    }

    /// The same log, which keeps room on its disk free for the file of `records`, if they share one. Where there is too
    /// little it makes some now: the file of records may be about to be created.
    #[must_use]
    pub fn yielding_to(self, records: impl Into<PathBuf>) -> LogFile {
        let mut log = LogFile { reserve: Reserve::of(records.into()), ..self };
        for _ in 0..=KEEP {
            let about = fs::metadata(&log.path).ok().filter(Metadata::is_file);
            if about.is_none_or(|about| log.gives_way(&about, 0).unwrap_or(true)) {
                break;
            }
        }
        log
    }

    /// Where it is, and its greatest size.
    pub(super) fn place(&self) -> (PathBuf, u64) {
        (self.path.clone(), self.max_size)
    }

    /// Appends the lines of `text`: to a file all of them or none. Trouble is logged when it begins, ever more rarely,
    /// and does not stop the server. After it the file is opened anew.
    pub(super) fn append(&mut self, text: &[u8], reopen: bool) -> Appended {
        let appended = self.try_append(text, reopen);
        let was_failing = std::mem::replace(&mut self.is_failing, appended.is_err());
        appended.unwrap_or_else(|error| {
            self.output = None;
            if !was_failing && tally(&mut self.failures) {
                log::error!("cannot write {}: {error}", self.path.display());
            }
            Appended::default()
        })
    }

    fn try_append(&mut self, text: &[u8], reopen: bool) -> io::Result<Appended> {
        let about = self.find(reopen)?;
        if !about.is_file() {
            return self.stream()?.write(text);
        }
        let more = text.len() as u64;
        if about.len() > 0 && about.len() + more > self.max_size && self.is_owned() {
            self.rotate()?;
        }
        if !self.gives_way(&about, more)? {
            return Err(left_to_the_records());
        }
        self.stream()?.write_whole(text)
    }

    /// Sees to it that what is open is what has the name now: somebody may have moved, removed or replaced the file, or
    /// a rotation broke off.
    fn find(&mut self, reopen: bool) -> io::Result<Metadata> {
        let open = self.output.as_ref().map(|output| output.id);
        match fs::metadata(&self.path) {
            // The reader of a FIFO would see the end of the file if it were opened anew.
            Ok(about) if open == Some(id_of(&about)) && !(reopen && about.is_file()) => return Ok(about),
            _ => self.output = Some(Output::open(&self.path).map_err(|error| said(&self.path, error))?),
        }
        if open.is_some() && !reopen && tally(&mut self.replacements) {
            log::warn!("{} was moved, removed or replaced, and is opened anew", self.path.display());
        }
        fs::metadata(&self.path)
    }

    fn stream(&mut self) -> io::Result<&mut Stream> {
        let output = self.output.as_mut().ok_or(io::ErrorKind::NotFound)?;
        Ok(&mut output.stream)
    }

    fn rotate(&mut self) -> io::Result<()> {
        for age in (1..KEEP).rev() {
            let older = self.aged(age + 1);
            match fs::rename(self.aged(age), older) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::rename(&self.path, self.aged(1))?;
        self.output = Some(Output::open(&self.path)?);
        Ok(())
    }

    /// Whether the path is a file's own, and not a link to somebody else's.
    fn is_owned(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok_and(|about| about.is_file())
    }

    /// Whether there is room for `more` bytes beside what the records may need. If there is not, the oldest file is
    /// removed first; if only the current one is left, that is emptied.
    fn gives_way(&mut self, about: &Metadata, more: u64) -> io::Result<bool> {
        if !self.reserve.is_short(about, more) {
            return Ok(true);
        }
        if self.is_owned() {
            let oldest = (1..=KEEP).rev().map(|age| self.aged(age)).find(|path| path.is_file());
            match &oldest {
                Some(oldest) => fs::remove_file(oldest)?,
                None => self.stream()?.empty()?,
            }
            if (oldest.is_some() || about.len() > 0) && tally(&mut self.given_up) {
                let path = oldest.as_ref().unwrap_or(&self.path).display();
                log::warn!(
                    "the log {path} is given up: the records may need its room ({} so far)",
                    self.given_up
                );
            }
        }
        Ok(!self.reserve.is_short(about, more))
    }

    fn aged(&self, age: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{age}"));
        name.into()
    }
}

impl Output {
    /// Opens a file without waiting for it: a FIFO that nobody reads is an error, and neither that nor a terminal is
    /// ever waited for. A terminal does not become the process's own.
    fn open(path: &Path) -> io::Result<Output> {
        let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).mode(PRIVATE).custom_flags(flags).open(path)?;
        let id = id_of(&file.metadata()?);
        Ok(Output { stream: Stream::new(file), id })
    }
}

fn id_of(about: &Metadata) -> FileId {
    (about.dev(), about.ino())
}

/// Whether the file at `path` is not opened, with this error, because it is a FIFO that nobody reads.
fn is_unread(path: &Path, error: &io::Error) -> bool {
    let is_fifo = || fs::metadata(path).is_ok_and(|about| about.file_type().is_fifo());
    error.raw_os_error() == Some(Errno::NXIO.raw_os_error()) && is_fifo()
}

/// The error as the operator is told.
fn said(path: &Path, error: io::Error) -> io::Error {
    match is_unread(path, &error) {
        true => io::Error::other("nobody reads it; lines are lost until somebody does"),
        false => error,
    }
}

fn left_to_the_records() -> io::Error {
    io::Error::new(
        io::ErrorKind::StorageFull,
        "its disk is nearly full, and the rest is kept for the records",
    )
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    fn read(folder: &Path, name: &str) -> Option<String> {
        fs::read_to_string(folder.join(name)).ok()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    /// How many lines of a text the log takes.
    fn append(log: &mut LogFile, text: &str) -> u64 {
        log.append(text.as_bytes(), false).lines
    }

    #[test]
    fn what_is_made_is_its_owners_alone_and_what_is_there_keeps_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let (new, old) = (folder.path().join("new"), folder.path().join("old.log"));
        let mut log = LogFile::open(new.join("x.log"), 10).unwrap();
        ["one-----\n", "two-----\n"].iter().for_each(|line| _ = append(&mut log, line));
        assert_eq!(["", "x.log", "x.log.1"].map(|name| mode(&new.join(name))), [0o700, 0o600, 0o600]);
        fs::write(&old, "").unwrap();
        fs::set_permissions(&old, fs::Permissions::from_mode(0o640)).unwrap();
        LogFile::open(&old, 10).unwrap();
        assert_eq!(mode(&old), 0o640);
    }

    #[test]
    fn a_full_file_makes_room_and_five_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = LogFile::open(folder.path().join("new/x.log"), 10).unwrap();
        for number in 0..8 {
            assert_eq!(append(&mut log, &format!("line {number}\n")), 1);
        }
        let folder = folder.path().join("new");
        assert_eq!(read(&folder, "x.log").as_deref(), Some("line 7\n"));
        assert_eq!(read(&folder, "x.log.1").as_deref(), Some("line 6\n"));
        assert_eq!(read(&folder, "x.log.5").as_deref(), Some("line 2\n"));
        assert_eq!(read(&folder, "x.log.6"), None);
    }

    #[test]
    fn a_full_file_that_somebody_has_moved_costs_no_older_one() {
        for reopen in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let mut log = LogFile::open(folder.path().join("x.log"), 10).unwrap();
            ["one-----\n", "two-----\n"].iter().for_each(|line| _ = append(&mut log, line));
            fs::rename(folder.path().join("x.log"), folder.path().join("moved")).unwrap();
            log.append(b"three---\n", reopen);
            assert_eq!(read(folder.path(), "moved").as_deref(), Some("two-----\n"));
            assert_eq!(read(folder.path(), "x.log").as_deref(), Some("three---\n"));
            assert_eq!(read(folder.path(), "x.log.1").as_deref(), Some("one-----\n"));
        }
    }

    #[test]
    fn a_file_that_was_moved_or_replaced_is_left_alone_and_one_that_was_cut_has_no_hole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let mut log = LogFile::open(&path, 1000).unwrap();
        append(&mut log, "one\n");
        fs::rename(&path, folder.path().join("moved")).unwrap();
        append(&mut log, "two\n");
        fs::write(folder.path().join("another"), "three\n").unwrap();
        fs::rename(folder.path().join("another"), &path).unwrap();
        append(&mut log, "four\n");
        assert_eq!(read(folder.path(), "moved").as_deref(), Some("one\n"));
        assert_eq!(read(folder.path(), "x.log").as_deref(), Some("three\nfour\n"));
        fs::write(&path, "").unwrap();
        append(&mut log, "five\n");
        assert_eq!(read(folder.path(), "x.log").as_deref(), Some("five\n"));
    }

    #[test]
    fn after_a_write_that_failed_the_file_is_opened_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let mut log = LogFile::open(&path, 1000).unwrap();
        append(&mut log, "one\n");
        let id = id_of(&fs::metadata(&path).unwrap());
        log.output = Some(Output { stream: Stream::new(fs::File::open(&path).unwrap()), id }); // it cannot be written
        assert_eq!(append(&mut log, "two\n"), 0);
        assert_eq!(append(&mut log, "three\n"), 1);
        assert_eq!(read(folder.path(), "x.log").as_deref(), Some("one\nthree\n"));
    }

    #[test]
    fn a_link_is_followed_wherever_it_leads_and_neither_it_nor_that_is_rotated() {
        let folder = tempfile::tempdir().unwrap();
        let (link, there) = (folder.path().join("here/x.log"), folder.path().join("there"));
        [link.parent().unwrap(), &there].iter().for_each(|folder| fs::create_dir(folder).unwrap());
        symlink(there.join("one"), &link).unwrap(); // there is none yet
        let mut log = LogFile::open(&link, 10).unwrap();
        (0..3).for_each(|_| assert_eq!(append(&mut log, "line\nline\n"), 2));
        fs::remove_file(&link).unwrap();
        symlink(there.join("two"), &link).unwrap();
        assert_eq!(append(&mut log, "more\n"), 1);
        assert_eq!(read(&there, "one").unwrap(), "line\n".repeat(6));
        assert_eq!(read(&there, "two").as_deref(), Some("more\n"));
        assert!(link.is_symlink() && fs::read_dir(link.parent().unwrap()).unwrap().count() == 1);
    }

    #[test]
    fn a_device_takes_what_it_takes_and_stays_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        for (device, lines) in [("/dev/null", 2), ("/dev/full", 0)] {
            let path = folder.path().join("x.log");
            symlink(device, &path).unwrap();
            let mut log = LogFile::open(&path, 1).unwrap();
            (0..3).for_each(|_| assert_eq!(append(&mut log, "one\ntwo\n"), lines));
            assert_eq!(fs::read_link(&path).unwrap(), Path::new(device));
            fs::remove_file(path).unwrap();
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_cannot_be_a_log_is_an_error_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let [round, folder] = ["round", "folder"].map(|name| folder.path().join(name));
        fs::create_dir_all(&folder).unwrap();
        symlink(&round, &round).unwrap();
        assert_eq!(LogFile::open(&folder, 10).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert!(LogFile::open(&round, 10).is_err());
    }

    /// A FIFO, and a log that is to be written to it.
    fn fifo() -> (tempfile::TempDir, PathBuf, LogFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let log = LogFile::open(&path, 10).unwrap();
        (folder, path, log)
    }

    fn reader(path: &Path) -> fs::File {
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        OpenOptions::new().read(true).custom_flags(flags).open(path).unwrap()
    }

    /// What a reader finds that does not wait.
    fn found(mut reader: &fs::File) -> String {
        let mut found = Vec::new();
        match reader.read_to_end(&mut found) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => panic!("{error}"),
            _ => String::from_utf8(found).unwrap(),
        }
    }

    #[test]
    fn a_fifo_is_waited_for_neither_by_a_start_nor_by_a_line_and_readers_come_and_go() {
        let (_folder, path, mut log) = fifo();
        assert_eq!(append(&mut log, "one\n"), 0);
        for _ in 0..2 {
            let reader = reader(&path);
            assert_eq!(append(&mut log, "two\nthree\n"), 2);
            log.append(b"four\n", true);
            assert_eq!(found(&reader), "two\nthree\nfour\n");
            drop(reader);
            assert_eq!(append(&mut log, "five\n"), 0);
        }
    }

    #[test]
    fn a_fifo_that_is_read_slowly_gets_whole_lines_and_the_others_are_known_to_be_lost() {
        let (_folder, path, mut log) = fifo();
        let (reader, line) = (reader(&path), format!("{}\n", "x".repeat(10_001)));
        let first = log.append(line.repeat(20).as_bytes(), false);
        assert!(first.is_pending && (1..20).contains(&first.lines), "{first:?}");
        assert_eq!(append(&mut log, "lost\n"), 0);
        let mut text = found(&reader);
        assert!(!text.ends_with('\n'));
        assert_eq!(log.append(b"", false), Appended { lines: 0, is_pending: false });
        assert_eq!(append(&mut log, "last\n"), 1);
        text += &found(&reader);
        assert_eq!(text, line.repeat(usize::try_from(first.lines).unwrap()) + "last\n");
    }

    #[test]
    fn whoever_begins_to_read_a_fifo_does_not_begin_with_half_a_line() {
        let (_folder, path, mut log) = fifo();
        let gone = reader(&path);
        assert!(log.append("x".repeat(100_000).as_bytes(), false).is_pending);
        drop(gone);
        assert_eq!(append(&mut log, "lost\n"), 0);
        let reader = reader(&path);
        assert_eq!(append(&mut log, "one\n"), 1);
        assert_eq!(found(&reader), "one\n");
    }
}
