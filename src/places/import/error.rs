//! Why an import ends without a gazetteer.

use std::path::{Path, PathBuf};
use std::{error, fmt, io};

/// Why there is no new gazetteer.
#[derive(Debug)]
#[non_exhaustive]
pub enum ImportError {
    /// This input cannot be read.
    Input {
        /// The input, as it was named.
        name: String,
        /// What is wrong with it.
        source: InputError,
    },
    /// This gazetteer cannot be written.
    Output {
        /// The gazetteer.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// No row of any input was a place.
    NoPlaces,
}

impl ImportError {
    pub(super) fn input(name: &str, source: InputError) -> ImportError {
        ImportError::Input { name: name.to_owned(), source }
    }

    pub(super) fn output(path: &Path, source: io::Error) -> ImportError {
        ImportError::Output { path: path.to_owned(), source }
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImportError::Input { name, source } => write!(f, "{name}: {source}"),
            ImportError::Output { path, source } if source.kind() == io::ErrorKind::ResourceBusy => {
                write!(f, "{}: another import is writing to this folder", path.display())
            }
            ImportError::Output { path, source } => {
                write!(f, "{} cannot be written: {source}", path.display())
            }
            ImportError::NoPlaces => f.write_str("no row is a place; nothing is written"),
        }
    }
}

impl error::Error for ImportError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            ImportError::Input { source, .. } => Some(source),
            ImportError::Output { source, .. } => Some(source),
            ImportError::NoPlaces => None,
        }
    }
}

/// What is wrong with an input as a whole.
#[derive(Debug)]
#[non_exhaustive]
pub enum InputError {
    /// It cannot be read.
    Unreadable(io::Error),
    /// It is a table without a column that it needs.
    NoColumn {
        /// The names that the column may have.
        column: &'static str,
        /// The columns that it has.
        found: String,
    },
    /// It has a row that goes on and on, or whose quote is not closed where the input ends.
    EndlessRow {
        /// Where it begins.
        line: u64,
    },
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InputError::Unreadable(error) => write!(f, "cannot be read: {error}"),
            InputError::NoColumn { column, found } => write!(f, "no column {column} among {found}"),
            InputError::EndlessRow { line } => {
                write!(f, "the row that begins on line {line} does not end: is its quote closed?")
            }
        }
    }
}

impl error::Error for InputError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            InputError::Unreadable(error) => Some(error),
            InputError::NoColumn { .. } | InputError::EndlessRow { .. } => None,
        }
    }
}
