//! Importing places: tables and features of others become a gazetteer of our own.
//!
//! An input is read as a stream; of what was read, memory keeps sixteen bytes for each place. The rest goes
//! to a temporary file, which takes the place of the old gazetteer when all is written.

mod bad_row;
mod bom;
mod error;
mod feature;
mod geonames;
mod lines;
mod replacement;
mod table;

use std::ffi::OsStr;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

pub use bad_row::BadRow;
pub use error::{ImportError, InputError};

use super::gazetteer::{Draft, Place, Record};
use bom::without_bom;
use lines::{Line, Lines};
use replacement::Replacement;
use table::Table;

/// How many bad rows of one input are named; the rest is counted.
const NAMED: usize = 5;

/// How an input is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// GeoNames' tables: 19 columns with tabs between them, without a header.
    GeoNames,
    /// Comma-separated values with a header: `name`, `lat`, `lon`, and what else there is.
    Csv,
    /// GeoJSON Features, one on each line, as `overturemaps` writes them.
    GeoJsonSeq,
}

impl Format {
    /// The format that the name of a file tells.
    ///
    /// ```
    /// use herd::places::Format;
    ///
    /// assert_eq!(Format::of("cities500.txt".as_ref()), Some(Format::GeoNames));
    /// assert_eq!(Format::of("cafes.CSV".as_ref()), Some(Format::Csv));
    /// assert_eq!(Format::of("places.geojsonseq".as_ref()), Some(Format::GeoJsonSeq));
    /// assert_eq!(Format::of("places".as_ref()), None);
    /// ```
    pub fn of(path: &Path) -> Option<Format> {
        match path.extension().and_then(OsStr::to_str)?.to_ascii_lowercase().as_str() {
            "txt" | "tsv" => Some(Format::GeoNames),
            "csv" => Some(Format::Csv),
            "geojsonseq" | "geojsons" | "geojsonl" | "ndjson" | "jsonl" => Some(Format::GeoJsonSeq),
            _ => None,
        }
    }
}

/// A gazetteer that is being made of one or more inputs.
#[derive(Debug)]
pub struct Import {
    output: PathBuf,
    draft: Draft<Replacement>,
}

impl Import {
    /// Begins to write a gazetteer; what `output` holds stays there until [`Import::finish`].
    ///
    /// # Errors
    ///
    /// [`ImportError::Output`], also if another import writes to the same folder.
    pub fn to(output: &Path) -> Result<Import, ImportError> {
        let failed = |error| ImportError::output(output, error);
        let draft = Replacement::of(output).and_then(Draft::new).map_err(failed)?;
        Ok(Import { output: output.to_owned(), draft })
    }

    /// Reads one input to its end. `name` is what its messages call it.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is not of this format as a whole; a bad row is none.
    pub fn read(&mut self, name: &str, format: Format, input: impl Read) -> Result<Tally, ImportError> {
        let input =
            without_bom(input).map_err(|error| ImportError::input(name, InputError::Unreadable(error)))?;
        let mut tally = Tally::default();
        match format {
            Format::GeoNames => self.read_lines(name, input, geonames::place, &mut tally)?,
            Format::GeoJsonSeq => self.read_lines(name, input, feature::place, &mut tally)?,
            Format::Csv => self.read_table(name, input, &mut tally)?,
        }
        Ok(tally)
    }

    fn read_lines(
        &mut self,
        name: &str,
        input: impl Read,
        parse: fn(&str) -> Result<Place<'_>, BadRow>,
        tally: &mut Tally,
    ) -> Result<(), ImportError> {
        let failed = |error| ImportError::input(name, InputError::Unreadable(error));
        let mut lines = Lines::new(BufReader::new(input));
        while let Some(Line { number, text }) = lines.next().map_err(failed)? {
            self.add(number, text.and_then(parse), tally)?;
        }
        Ok(())
    }

    fn read_table(&mut self, name: &str, input: impl Read, tally: &mut Tally) -> Result<(), ImportError> {
        let failed = |error| ImportError::input(name, error);
        let mut table = Table::open(name, input).map_err(failed)?;
        while let Some(table::Row { line, place }) = table.next().map_err(failed)? {
            self.add(line, place, tally)?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        line: u64,
        row: Result<Place<'_>, BadRow>,
        tally: &mut Tally,
    ) -> Result<(), ImportError> {
        match row.and_then(|place| Record::of(&place).map_err(BadRow::Unfit)) {
            Ok(record) => {
                tally.places += 1;
                self.draft.add(&record).map_err(|error| ImportError::output(&self.output, error))
            }
            Err(why) => {
                tally.skip(line, why);
                Ok(())
            }
        }
    }

    /// Puts the gazetteer in its place.
    ///
    /// # Errors
    ///
    /// [`ImportError::NoPlaces`] if there was no good row; [`ImportError::Output`]. The old one stays then.
    pub fn finish(self) -> Result<(), ImportError> {
        if self.draft.len() == 0 {
            return Err(ImportError::NoPlaces);
        }
        let failed = |error| ImportError::output(&self.output, error);
        self.draft.finish().and_then(Replacement::commit).map_err(failed)
    }
}

/// What has become of the rows of one input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// Rows that are places.
    pub places: u64,
    /// Rows that are none.
    pub skipped: u64,
    /// The line, counted from 1, of each of the first that are none, and why.
    pub first: Vec<(u64, BadRow)>,
}

impl Tally {
    fn skip(&mut self, line: u64, why: BadRow) {
        self.skipped += 1;
        if self.first.len() < NAMED {
            self.first.push((line, why));
        }
    }
}

#[cfg(test)]
mod tests;
