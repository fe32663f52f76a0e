//! Where a database lies: a file of a folder, or whatever a simulation has instead.

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Seek};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, StorageBackend};

use crate::private_file::{self, PRIVATE, folder_of, replace_by};

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

    /// Whether the database that was opened last is where the next start looks for it: nobody has moved, removed or
    /// replaced its file.
    ///
    /// # Errors
    ///
    /// The system's.
    fn is_in_place(&self) -> io::Result<bool> {
        Ok(true)
    }

    /// Puts the database that was opened last, and is closed, back in its place, whole or not at all. What is there
    /// instead is kept aside. Says what had become of it.
    ///
    /// # Errors
    ///
    /// The system's.
    fn put_back(&self) -> io::Result<String> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// A file, readable and writable by its owner alone: where people are is nobody else's affair.
#[derive(Debug)]
pub struct FileVolume {
    path: PathBuf,
    /// What was opened last. It can be read even when its name is gone.
    opened: Mutex<Option<File>>,
}

impl FileVolume {
    /// The file at `path`; its folder is made when it is opened.
    pub fn new(path: impl Into<PathBuf>) -> FileVolume {
        FileVolume { path: path.into(), opened: Mutex::new(None) }
    }

    fn opened(&self) -> MutexGuard<'_, Option<File>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until the folder is synced, a new name in it may be gone with the power, and all that was synced to it.
    fn sync_folder(&self) -> io::Result<()> {
        File::open(folder_of(&self.path))?.sync_all()
    }

    /// Gives what is there another name, `<path>.<why>-<number>`: a link, unlike a renaming, is never made over a file
    /// that is there.
    fn set_aside(&self, why: &str) -> io::Result<String> {
        let free = |path: &PathBuf| match fs::hard_link(&self.path, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => None,
            linked => Some(linked),
        };
        let mut paths = (1..=u32::MAX).map(|number| self.aside(why, number));
        let (path, linked) = paths
            .find_map(|path| free(&path).map(|linked| (path, linked)))
            .ok_or_else(|| io::Error::other("no number is left for a file that is set aside"))?;
        linked.map(|()| path.display().to_string())
    }

    fn aside(&self, why: &str, number: u32) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(format!(".{why}-{number}"));
        path.into()
    }

    /// Copies the open file to its path. A missing folder is not created: another disk may be about to be mounted there.
    fn copy_back(&self, mut file: &File) -> io::Result<Option<String>> {
        let aside = match fs::symlink_metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            there => there.and_then(|_| self.set_aside("replaced")).map(Some)?,
        };
        file.rewind()?;
        replace_by(&self.path, PRIVATE, |copy| io::copy(&mut file, copy).map(drop))?;
        Ok(aside)
    }
}

impl fmt::Display for FileVolume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(f)
    }
}

impl Volume for FileVolume {
    fn open(&self, builder: &Builder) -> Result<Database, DatabaseError> {
        if !self.is_in_place()? {
            // A new file would be empty, and another one holds something else.
            return Err(io::Error::new(io::ErrorKind::NotFound, "it was removed or replaced").into());
        }
        fs::create_dir_all(folder_of(&self.path))?;
        let is_new = !self.path.try_exists()?;
        let mut options = OpenOptions::new();
        let file =
            options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&self.path)?;
        self.sync_folder()?;
        let opened = file.try_clone()?;
        let backend = FileBackend::new(file)?; // it is nobody else's from here on
        if !is_new && backend.len()? == 0 {
            // redb would begin a database in it, and nobody would hear that there may have been another.
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is empty").into());
        }
        let database = builder.create_with_backend(backend)?;
        *self.opened() = Some(opened);
        Ok(database)
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        fs::read(&self.path)
    }

    fn replace(&self, database: &[u8]) -> io::Result<String> {
        let aside = self.set_aside("damaged")?;
        private_file::replace(&self.path, database, PRIVATE)?;
        *self.opened() = None;
        Ok(aside)
    }

    fn is_in_place(&self) -> io::Result<bool> {
        let opened = self.opened();
        let Some(file) = &*opened else { return Ok(true) };
        let id = |about: Metadata| (about.dev(), about.ino());
        match fs::metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            there => Ok(id(there?) == id(file.metadata()?)),
        }
    }

    fn put_back(&self) -> io::Result<String> {
        let mut opened = self.opened();
        let Some(file) = &*opened else { return Err(io::ErrorKind::NotFound.into()) };
        let aside = self.copy_back(file).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("it was removed or replaced, and cannot be put back: {error}"),
            )
        })?;
        *opened = None;
        Ok(match aside {
            None => format!("{self} was removed while it was in use; it is put back with all that it held"),
            Some(aside) => format!(
                "{self} was replaced while it was in use; it is put back with all that it held, and what was there \
                 is {aside}"
            ),
        })
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
