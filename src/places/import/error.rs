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
    /// Less than half of the rows were places, which [`Import::allow_skipped`](super::Import::allow_skipped) allows.
    MostlySkipped {
        /// Rows that are places.
        places: u64,
        /// All rows.
        rows: u64,
    },
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
            ImportError::MostlySkipped { places, rows } => {
                write!(f, "only {places} of {rows} rows can be used, less than half; nothing is written")
            }
        }
    }
}

impl error::Error for ImportError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            ImportError::Input { source, .. } => Some(source),
            ImportError::Output { source, .. } => Some(source),
            ImportError::NoPlaces | ImportError::MostlySkipped { .. } => None,
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
    /// It is a JSON text that is none from here on. What was meant behind that cannot be told.
    NotJson {
        /// Counted from 1.
        line: usize,
        /// The byte of that line, counted from 1.
        byte: usize,
    },
    /// It is JSON, but neither a FeatureCollection nor a list of Features nor a Feature.
    NotGeoJson,
    /// It has a Feature that goes on and on.
    EndlessFeature {
        /// Its number, counted from 1.
        number: u64,
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
            InputError::NotJson { line, byte } => write!(f, "not JSON from line {line}, byte {byte} on"),
            InputError::NotGeoJson => {
                f.write_str("not a GeoJSON FeatureCollection, a list of Features or a Feature")
            }
            InputError::EndlessFeature { number } => {
                write!(f, "feature {number} goes on for more than 16 MiB: is each quote closed?")
            }
        }
    }
}

impl error::Error for InputError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            InputError::Unreadable(error) => Some(error),
            _ => None,
        }
    }
}
