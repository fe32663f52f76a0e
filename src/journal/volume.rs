//! Where a database lies: a file of a folder, or whatever a simulation has instead.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, StorageBackend};

use crate::private_file::{self, PRIVATE};

/// Holds one database, and keeps what is damaged for whoever wants to look at it. It is printed as the
/// operator knows it.
pub trait Volume: fmt::Debug + fmt::Display + Send + Sync + 'static {
    /// Opens the database, or begins one where there is none. A file that is there and holds nothing is damaged.
    ///
    /// # Errors
    ///
    /// redb's, or the system's.
    fn open(&self, builder: &Builder) -> Result<Database, DatabaseError>;

    /// All bytes that are there.
    ///
    /// # Errors
    ///
    /// The system's.
    fn read(&self) -> io::Result<Vec<u8>>;

    /// Puts a database of these bytes, whole or not at all, in the place of what is there, which is kept aside;
    /// never over anything. Says where.
    ///
    /// # Errors
    ///
    /// The system's; what was there is in its place then.
    fn replace(&self, database: &[u8]) -> io::Result<String>;
}

/// A file, readable and writable by its owner alone: where people are is nobody else's affair.
#[derive(Debug)]
pub struct FileVolume(PathBuf);

impl FileVolume {
    /// The file at `path`; its folder is made when it is opened.
    pub fn new(path: impl Into<PathBuf>) -> FileVolume {
        FileVolume(path.into())
    }

    fn folder(&self) -> &Path {
        self.0.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    /// Until the folder is synced, a new name in it may be gone with the power, and all that was synced to it.
    fn sync_folder(&self) -> io::Result<()> {
        File::open(self.folder())?.sync_all()
    }

    fn aside(&self, number: u32) -> PathBuf {
        let mut path = self.0.clone().into_os_string();
        path.push(format!(".damaged-{number}"));
        path.into()
    }
}

impl fmt::Display for FileVolume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

impl Volume for FileVolume {
    fn open(&self, builder: &Builder) -> Result<Database, DatabaseError> {
        fs::create_dir_all(self.folder())?;
        let is_new = !self.0.try_exists()?;
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&self.0)?;
        self.sync_folder()?;
        let backend = FileBackend::new(file)?; // it is nobody else's from here on
        if !is_new && backend.len()? == 0 {
            // redb would begin a database in it, and nobody would hear that there may have been another.
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is empty").into());
        }
        builder.create_with_backend(backend)
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        fs::read(&self.0)
    }

    fn replace(&self, database: &[u8]) -> io::Result<String> {
        // A link, unlike a renaming, is never made over a file that is there.
        let free = |path: &PathBuf| match fs::hard_link(&self.0, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => None,
            linked => Some(linked),
        };
        let mut paths = (1..=u32::MAX).map(|number| self.aside(number));
        let (path, linked) = paths
            .find_map(|path| free(&path).map(|linked| (path, linked)))
            .ok_or_else(|| io::Error::other("no number is left for a damaged file"))?;
        linked?;
        private_file::replace(&self.0, database, PRIVATE)?;
        Ok(path.display().to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::config::Durability;
    use crate::journal::Journal;

    #[test]
    fn the_file_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("Welsh.redb");
        let database = FileVolume::new(&path).open(&Builder::new()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(database);
    }

    #[test]
    fn an_empty_file_is_not_taken_for_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Welsh.redb");
        fs::write(&path, "").unwrap();
        let volume = || Box::new(FileVolume::new(&path)) as Box<dyn Volume>;
        let open = || Journal::open(Durability::Always, volume, "Welsh").unwrap().2;
        let notice = open().unwrap();
        assert!(notice.contains("Welsh.redb is damaged: it is empty; 0 clients were found"), "{notice}");
        assert_eq!(fs::read(path.with_extension("redb.damaged-1")).unwrap(), b"");
        assert_eq!(open(), None, "the fresh one is not empty");
    }

    #[test]
    fn what_is_set_aside_is_neither_overwritten_nor_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Welsh.redb");
        let volume = FileVolume::new(&path);
        for text in ["one", "two"] {
            fs::write(&path, text).unwrap();
            volume.replace(b"fresh").unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"fresh");
        }
        let text = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(
            (text("Welsh.redb.damaged-1"), text("Welsh.redb.damaged-2")),
            ("one".into(), "two".into())
        );
    }
}
