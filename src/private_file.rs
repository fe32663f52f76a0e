//! Files that only their owner may read, and that are there whole or not at all; and folders for them.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A file that only its owner may read.
pub(crate) const PRIVATE: u32 = 0o600;
/// A file that everybody may read.
pub(crate) const PUBLIC: u32 = 0o644;
/// As much of a file is read as no key needs; what is longer holds something else.
const LONGEST: u64 = 64 * 1024;

/// Why a private file is not read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// The system's reason.
    Io(io::Error),
    /// Others than its owner have a right to it; its permissions.
    Exposed(u32),
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Unread {
        Unread::Io(error)
    }
}

/// Reads a private file. Permissions are asked of the file that is open: its name may be another's by then.
///
/// # Errors
///
/// If it cannot be read, or others than its owner could.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Unread> {
    let file = File::open(path)?;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Unread::Exposed(mode));
    }
    let mut text = Vec::new();
    file.take(LONGEST).read_to_end(&mut text)?;
    Ok(text)
}

/// Makes a private file, with its folder.
///
/// It is written under another name and then linked to its own, so that of several who make it at once one
/// succeeds, and nobody ever reads half of it.
///
/// # Errors
///
/// The system's; `AlreadyExists` if there is one.
pub(crate) fn create(path: &Path, text: &[u8]) -> io::Result<()> {
    make_folder(folder_of(path))?;
    publish(path, PRIVATE, |file| file.write_all(text), |draft| fs::hard_link(draft, path))
}

/// Makes a file with these permissions, with its folder, in place of the one that may be there.
///
/// # Errors
///
/// The system's; the old file is as it was then.
pub(crate) fn replace(path: &Path, text: &[u8], mode: u32) -> io::Result<()> {
    make_folder(folder_of(path))?;
    replace_by(path, mode, |file| file.write_all(text))
}

/// The same with a file that `write` fills; its folder is there.
///
/// # Errors
///
/// The system's, or those of `write`; the old file is as it was then.
pub(crate) fn replace_by(
    path: &Path,
    mode: u32,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    publish(path, mode, write, |draft| fs::rename(draft, path))
}

/// Makes a folder, and those above it, for its owner alone. One that is there stays as it is.
///
/// # Errors
///
/// The system's.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The folder that a file is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn publish(
    path: &Path,
    mode: u32,
    write: impl FnOnce(&mut File) -> io::Result<()>,
    name: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let draft = draft_of(path)?;
    let named = fill(&draft, mode, write).and_then(|()| name(&draft));
    let _ = fs::remove_file(&draft); // a name that was given up is gone already
    named?;
    File::open(folder_of(path))?.sync_all() // the name is to survive a power cut like the file
}

fn draft_of(path: &Path) -> io::Result<PathBuf> {
    let random = crate::key::random().map_err(io::Error::other)?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}.new", crate::key::encode(&random[..8])));
    Ok(draft.into())
}

fn fill(draft: &Path, mode: u32, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(draft)?;
    write(&mut file)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(path: &Path) -> (String, u32) {
        let mode = fs::metadata(path).unwrap().permissions().mode() & 0o777;
        (fs::read_to_string(path).unwrap(), mode)
    }

    #[test]
    fn a_file_is_made_once_and_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/secret");
        create(&path, b"one").unwrap();
        assert_eq!(state(&path), ("one".to_owned(), PRIVATE));
        assert_eq!(create(&path, b"two").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(state(&path).0, "one");
        replace(&path, b"three", PUBLIC).unwrap();
        assert_eq!(state(&path), ("three".to_owned(), PUBLIC));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "drafts are removed");
    }

    #[test]
    fn what_others_may_read_or_write_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        assert!(matches!(read(&path), Err(Unread::Io(error)) if error.kind() == io::ErrorKind::NotFound));
        create(&path, b"one").unwrap();
        assert_eq!(read(&path).unwrap(), b"one");
        for mode in [0o640, 0o604, 0o620, 0o601] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(read(&path), Err(Unread::Exposed(found)) if found == mode));
        }
    }
}
