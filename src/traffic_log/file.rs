//! The file of the log: appended to, rotated when it is large, opened anew when asked.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::private_file::{self, PRIVATE};

/// How many full files are kept beside the one that is written.
const KEEP: u32 = 5;

/// A file that grows up to a size and then makes room: `x.log` becomes `x.log.1`, `x.log.1` becomes
/// `x.log.2`, and so on; the fifth is the oldest that is kept. Those that it makes are their owner's alone: they say
/// where people are.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    file: File,
    size: u64,
    max_size: u64,
    /// The last write failed, and was spoken of.
    failing: bool,
}

impl LogFile {
    /// Opens the file for appending, and makes it and its folder if need be.
    ///
    /// # Errors
    ///
    /// Those of the file system.
    pub fn open(path: impl Into<PathBuf>, max_size: u64) -> io::Result<LogFile> {
        let path = path.into();
        if let Some(folder) = path.parent() {
            private_file::make_folder(folder)?;
        }
        let (file, size) = open(&path)?;
        Ok(LogFile { path, file, size, max_size, failing: false })
    }

    /// Appends `text`, whole or not at all; says whether it did. Trouble with the disk is logged once and does not stop
    /// the server. After it, where the file is and how long it is are certain only once it is opened anew.
    pub(super) fn append(&mut self, text: &[u8], reopen: bool) -> bool {
        match self.try_append(text, reopen) {
            Ok(()) => self.failing = false,
            Err(error) if !std::mem::replace(&mut self.failing, true) => {
                log::error!("cannot write {}: {error}", self.path.display());
            }
            Err(_) => {}
        }
        !self.failing
    }

    fn try_append(&mut self, text: &[u8], reopen: bool) -> io::Result<()> {
        if reopen || !self.path.exists() {
            (self.file, self.size) = open(&self.path)?; // somebody has moved it, or a rotation broke off
        }
        if self.size > 0 && self.size + text.len() as u64 > self.max_size {
            self.rotate()?;
        }
        if let Err(error) = self.file.write_all(text) {
            let _ = self.take_back(); // the first error is the one to tell of
            return Err(error);
        }
        self.size += text.len() as u64;
        Ok(())
    }

    /// Takes back what was written of a text before its write failed: half a line would swallow the next one.
    fn take_back(&self) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        if length > self.size { self.file.set_len(self.size) } else { Ok(()) }
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
        (self.file, self.size) = open(&self.path)?;
        Ok(())
    }

    fn aged(&self, age: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{age}"));
        name.into()
    }
}

fn open(path: &Path) -> io::Result<(File, u64)> {
    let file = OpenOptions::new().create(true).append(true).mode(PRIVATE).open(path)?;
    let size = file.metadata()?.len();
    Ok((file, size))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn read(folder: &Path, name: &str) -> Option<String> {
        fs::read_to_string(folder.join(name)).ok()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_its_owners_alone_and_what_is_there_keeps_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let (new, old) = (folder.path().join("new"), folder.path().join("old.log"));
        let mut log = LogFile::open(new.join("x.log"), 10).unwrap();
        ["one-----\n", "two-----\n"].iter().for_each(|line| _ = log.append(line.as_bytes(), false));
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
            assert!(log.append(format!("line {number}\n").as_bytes(), false));
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
            ["one-----\n", "two-----\n"].iter().for_each(|line| _ = log.append(line.as_bytes(), false));
            fs::rename(folder.path().join("x.log"), folder.path().join("moved")).unwrap();
            log.append(b"three---\n", reopen);
            assert_eq!(read(folder.path(), "moved").as_deref(), Some("two-----\n"));
            assert_eq!(read(folder.path(), "x.log").as_deref(), Some("three---\n"));
            assert_eq!(read(folder.path(), "x.log.1").as_deref(), Some("one-----\n"));
        }
    }

    #[test]
    fn a_moved_file_is_left_alone_after_a_reopen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let mut log = LogFile::open(&path, 1000).unwrap();
        log.append(b"before\n", false);
        fs::rename(&path, folder.path().join("moved")).unwrap();
        log.append(b"after\n", true);
        assert_eq!(read(folder.path(), "moved").as_deref(), Some("before\n"));
        assert_eq!(read(folder.path(), "x.log").as_deref(), Some("after\n"));
    }

    #[test]
    fn a_text_that_cannot_be_written_is_not_there_in_part() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let mut log = LogFile::open(&path, 1000).unwrap();
        assert!(log.append(b"one\n", false));
        fs::write(&path, "one\ntw").unwrap(); // as a disk leaves it that is full by then
        log.take_back().unwrap();
        assert_eq!(read(folder.path(), "x.log").as_deref(), Some("one\n"));
        log.file = File::open(&path).unwrap(); // it cannot be written
        assert!(!log.append(b"two\n", false));
        assert!(log.append(b"three\n", true));
        assert_eq!(read(folder.path(), "x.log").as_deref(), Some("one\nthree\n"));
    }
}
