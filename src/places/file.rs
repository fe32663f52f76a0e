//! The provider that answers from what `herd places import` has written.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{error, fmt, fs, io};

use protocols::http::Agent;
use reactor::{Reply, Requests};

use super::{Gazetteer, GazetteerError, Nearby, Provider, Searched};
use crate::herd::Herd;

/// Answers from an imported gazetteer, nearest first, at once. It is held in memory; clones share it.
#[derive(Debug, Clone)]
pub struct File {
    gazetteer: Arc<Gazetteer>,
}

impl File {
    /// Reads a gazetteer, the whole of it: that is for before a server listens.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is foreign, cut off or damaged.
    pub fn open(path: &Path) -> Result<File, FileError> {
        let path = || path.to_owned();
        let bytes = fs::read(path()).map_err(|source| FileError::Unreadable { path: path(), source })?;
        let gazetteer =
            Gazetteer::new(bytes).map_err(|source| FileError::NotAGazetteer { path: path(), source })?;
        Ok(File { gazetteer: Arc::new(gazetteer) })
    }

    /// What is answered from.
    pub fn gazetteer(&self) -> &Gazetteer {
        &self.gazetteer
    }
}

impl Provider for File {
    fn nearby(
        &mut self,
        nearby: Nearby,
        _: &mut Agent<Herd>,
        reactor: &mut Requests<'_, Herd>,
        done: Reply<Herd, Searched>,
    ) {
        reactor.send(done, self.gazetteer.answer(&nearby));
    }
}

/// Why there is no gazetteer to answer from.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileError {
    /// The file cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file is not what an import has written.
    NotAGazetteer {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: GazetteerError,
    },
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileError::Unreadable { path, source } => {
                write!(f, "{} cannot be read: {source}", path.display())?;
            }
            FileError::NotAGazetteer { path, source } => write!(f, "{}: {source}", path.display())?,
        }
        f.write_str("; `herd places import` writes it")
    }
}

impl error::Error for FileError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            FileError::Unreadable { source, .. } => Some(source),
            FileError::NotAGazetteer { source, .. } => Some(source),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_missing_or_no_gazetteer_is_refused_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("places");
        let message = || File::open(&path).unwrap_err().to_string();
        let name = path.display();
        let hint = "; `herd places import` writes it";
        assert_eq!(message(), format!("{name} cannot be read: No such file or directory (os error 2){hint}"));
        fs::write(&path, "name,lat,lon\n").unwrap();
        assert_eq!(message(), format!("{name}: not a gazetteer file{hint}"));
    }
}
