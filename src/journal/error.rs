//! Why a database cannot be used.

use std::error::Error;
use std::fmt;
use std::io;

/// Why records cannot be read from disk, or written to it.
#[derive(Debug)]
#[non_exhaustive]
pub enum DiskError {
    /// Somebody else has the file open.
    InUse,
    /// It holds what another server knows.
    OfServer(String),
    /// It was written by a version that keeps records in another way.
    OfFormat(String),
    /// It holds something else.
    Foreign,
    /// The system's.
    Io(io::Error),
    /// redb's.
    Database(redb::Error),
    /// What the file holds makes no sense: the message says where.
    Damaged(String),
}

impl DiskError {
    /// Whether the file itself is to blame, so that it is to be set aside: not its owner, nor the system.
    pub(super) fn is_damage(&self) -> bool {
        match self {
            DiskError::Damaged(_) => true,
            DiskError::Database(error) => !matches!(error, redb::Error::PreviousIo),
            _ => false,
        }
    }
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DiskError::InUse => f.write_str("another process has it open; is the server running already?"),
            DiskError::OfServer(name) => write!(f, "it is the store of the server {name:?}"),
            DiskError::OfFormat(format) => {
                write!(f, "it is of the format {format:?}, which this version does not know")
            }
            DiskError::Foreign => f.write_str("it is a database of something else"),
            DiskError::Io(error) => error.fmt(f),
            DiskError::Database(error) => error.fmt(f),
            DiskError::Damaged(why) => f.write_str(why),
        }
    }
}

impl Error for DiskError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            DiskError::Io(error) => Some(error),
            DiskError::Database(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for DiskError {
    fn from(error: io::Error) -> DiskError {
        match error.kind() {
            // redb's words for a file that is none of its own, or too short.
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                DiskError::Damaged(error.to_string())
            }
            _ => DiskError::Io(error),
        }
    }
}

impl From<redb::Error> for DiskError {
    fn from(error: redb::Error) -> DiskError {
        match error {
            redb::Error::DatabaseAlreadyOpen => DiskError::InUse,
            redb::Error::Io(error) => error.into(),
            error => DiskError::Database(error),
        }
    }
}

/// redb has an error for each thing that can be asked of it; its own type for all of them is enough here.
macro_rules! from_redb {
    ($($error:ident)*) => {
        $(impl From<redb::$error> for DiskError {
            fn from(error: redb::$error) -> DiskError {
                redb::Error::from(error).into()
            }
        })*
    };
}

from_redb! { CommitError DatabaseError SetDurabilityError StorageError TableError TransactionError }
