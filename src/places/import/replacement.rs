//! A file that takes the place of another once it is whole.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// Bytes that are collected for one write.
const BUFFER: usize = 256 * 1024;

/// What is written goes to a temporary file beside the target, which stays as it is until [`commit`]. One that
/// is dropped before leaves nothing behind; one that is killed leaves a file that the next takes over.
///
/// [`commit`]: Replacement::commit
#[derive(Debug)]
pub(super) struct Replacement {
    target: PathBuf,
    temporary: PathBuf,
    file: BufWriter<File>,
    /// Locked while the temporary file is ours, for its name is everybody's.
    folder: File,
    is_committed: bool,
}

impl Replacement {
    /// Begins to replace `target`, which need not exist; nor need its folder.
    ///
    /// # Errors
    ///
    /// The system's; [`io::ErrorKind::ResourceBusy`] if somebody else is replacing a file of this folder.
    pub(super) fn of(target: &Path) -> io::Result<Replacement> {
        let temporary = temporary_of(target).ok_or(io::ErrorKind::InvalidFilename)?;
        let folder = lock(folder_of(target))?;
        let file = BufWriter::with_capacity(BUFFER, File::create(&temporary)?);
        Ok(Replacement { target: target.to_owned(), temporary, file, folder, is_committed: false })
    }

    /// Puts the file in the target's place. After that it is there whatever happens to the machine.
    pub(super) fn commit(mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        fs::rename(&self.temporary, &self.target)?;
        self.is_committed = true;
        self.folder.sync_all()
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if !self.is_committed {
            // Whoever cannot remove it leaves it to the next.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// The same name for all, so that what one has left behind is in nobody's way.
fn temporary_of(target: &Path) -> Option<PathBuf> {
    let mut name = OsString::from(target.file_name()?);
    name.push(".new");
    Some(target.with_file_name(name))
}

fn folder_of(target: &Path) -> &Path {
    target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn lock(folder: &Path) -> io::Result<File> {
    fs::create_dir_all(folder)?;
    let folder = File::open(folder)?;
    match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
        Err(rustix::io::Errno::WOULDBLOCK) => Err(io::ErrorKind::ResourceBusy.into()),
        locked => Ok(locked.map(|()| folder)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<OsString> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_old_file_stays_until_the_new_one_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("new folder/places");
        for text in ["one", "two"] {
            let old = fs::read(&target).ok();
            let mut replacement = Replacement::of(&target).unwrap();
            replacement.write_all(text.as_bytes()).unwrap();
            replacement.flush().unwrap();
            assert_eq!(fs::read(&target).ok(), old);
            replacement.commit().unwrap();
            assert_eq!(fs::read_to_string(&target).unwrap(), text);
            assert_eq!(names(target.parent().unwrap()), ["places"]);
        }
    }

    #[test]
    fn what_is_given_up_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("places");
        fs::write(&target, "old").unwrap();
        let mut replacement = Replacement::of(&target).unwrap();
        replacement.write_all(b"half of it").unwrap();
        drop(replacement);
        assert_eq!(
            (fs::read_to_string(&target).unwrap(), names(folder.path())),
            ("old".into(), vec!["places".into()])
        );
    }

    #[test]
    fn what_a_killed_one_has_left_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("places");
        fs::write(folder.path().join("places.new"), "longer than what follows").unwrap();
        let mut replacement = Replacement::of(&target).unwrap();
        replacement.write_all(b"short").unwrap();
        replacement.commit().unwrap();
        assert_eq!(
            (fs::read_to_string(&target).unwrap(), names(folder.path())),
            ("short".into(), vec!["places".into()])
        );
    }

    #[test]
    fn two_at_once_do_not_write_into_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("places");
        let first = Replacement::of(&target).unwrap();
        assert_eq!(Replacement::of(&target).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        drop(first);
        assert!(Replacement::of(&target).is_ok());
        assert!(Replacement::of(Path::new("..")).is_err(), "no name");
    }
}
