//! Importing places: tables and features of others become a gazetteer of our own.
//!
//! An input is read as a stream; of what was read, memory keeps 32 bytes for each place. The rest goes
//! to a temporary file, which takes the place of the old gazetteer when all is written.

mod bad_row;
mod bom;
mod document;
mod error;
mod feature;
mod geonames;
mod lines;
mod replacement;
mod shape;
mod table;
mod tally;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

pub use bad_row::BadRow;
pub use error::{ImportError, InputError};
pub use tally::{Position, Summary, Tally};

use super::gazetteer::{Draft, Place, Record};
use bom::without_bom;
use lines::{Line, Lines};
use replacement::Replacement;
use shape::{START, Shape};
use table::Table;

/// How an input is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// GeoNames' tables: 19 columns with tabs between them, without a header.
    GeoNames,
    /// Comma-separated values with a header: `name`, `lat`, `lon`, and what else there is.
    Csv,
    /// GeoJSON Features: one on each line, as `overturemaps` writes them, or each behind a record separator (RFC 8142);
    /// a FeatureCollection, a list, or one alone. Which, is told by how the text begins.
    GeoJson,
}

impl Format {
    /// The format that the name of a file tells.
    ///
    /// ```
    /// use herd::places::Format;
    ///
    /// assert_eq!(Format::of("cities500.txt".as_ref()), Some(Format::GeoNames));
    /// assert_eq!(Format::of("cafes.CSV".as_ref()), Some(Format::Csv));
    /// assert_eq!(Format::of("places.geojson".as_ref()), Some(Format::GeoJson));
    /// assert_eq!(Format::of("places".as_ref()), None);
    /// ```
    pub fn of(path: &Path) -> Option<Format> {
        match path.extension().and_then(OsStr::to_str)?.to_ascii_lowercase().as_str() {
            "txt" | "tsv" => Some(Format::GeoNames),
            "csv" => Some(Format::Csv),
            "json" | "geojson" => Some(Format::GeoJson),
            "geojsonseq" | "geojsons" | "geojsonl" | "ndjson" | "jsonl" => Some(Format::GeoJson),
            _ => None,
        }
    }
}

/// A gazetteer that is being made of one or more inputs.
#[derive(Debug)]
pub struct Import {
    output: PathBuf,
    draft: Draft<Replacement>,
    /// Rows so far that are places, and those that are none.
    places: u64,
    skipped: u64,
    may_skip_most: bool,
    /// What rows without an identifier are called after: each table by a name of its own.
    tables: BTreeSet<String>,
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
        let tables = BTreeSet::new();
        Ok(Import { output: output.to_owned(), draft, places: 0, skipped: 0, may_skip_most: false, tables })
    }

    /// The same, which replaces the old gazetteer even by less than half of the rows that are read. More often than not
    /// that is a file which was taken for something else.
    #[must_use]
    pub fn allow_skipped(self, allow: bool) -> Import {
        Import { may_skip_most: allow, ..self }
    }

    /// Reads one input to its end. `name` is what its messages call it.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is not of this format as a whole; a bad row is none.
    pub fn read(&mut self, name: &str, format: Format, input: impl Read) -> Result<Tally, ImportError> {
        let input = without_bom(input).map_err(|error| unreadable(name, error))?;
        let mut tally = Tally::default();
        match format {
            Format::GeoNames => self.read_lines(name, input, &mut tally)?,
            Format::GeoJson => self.read_geojson(name, input, &mut tally)?,
            Format::Csv => self.read_table(name, input, &mut tally)?,
        }
        self.places += tally.places;
        self.skipped += tally.skipped;
        Ok(tally)
    }

    fn read_lines(&mut self, name: &str, input: impl Read, tally: &mut Tally) -> Result<(), ImportError> {
        let mut lines = Lines::new(BufReader::new(input), b"\n");
        while let Some(Line { number, text }) = lines.next().map_err(|error| unreadable(name, error))? {
            self.add(Position::Line(number), text.and_then(geonames::place), tally)?;
        }
        Ok(())
    }

    fn read_geojson(
        &mut self,
        name: &str,
        mut input: impl Read,
        tally: &mut Tally,
    ) -> Result<(), ImportError> {
        let mut start = Vec::new();
        let read = input.by_ref().take(START as u64).read_to_end(&mut start);
        read.map_err(|error| unreadable(name, error))?;
        let shape = Shape::of(&start);
        let input = BufReader::new(Cursor::new(start).chain(input));
        match shape {
            Shape::Rows(ends) => self.read_rows(name, Lines::new(input, ends), tally),
            Shape::Document => self.read_document(name, input, tally),
        }
    }

    fn read_rows(
        &mut self,
        name: &str,
        mut rows: Lines<impl BufRead>,
        tally: &mut Tally,
    ) -> Result<(), ImportError> {
        while let Some(Line { number, text }) = rows.next().map_err(|error| unreadable(name, error))? {
            let at = Position::Line(number);
            match text {
                Ok(text) => feature::places(text).try_for_each(|place| self.add(at, place, tally))?,
                Err(why) => self.add(at, Err(why), tally)?,
            }
        }
        Ok(())
    }

    fn read_document(&mut self, name: &str, input: impl Read, tally: &mut Tally) -> Result<(), ImportError> {
        let mut added = Ok(());
        let read = document::read(input, |number, place| {
            added = self.add(Position::Feature(number), place, tally);
            added.is_ok()
        });
        added?;
        read.map_err(|error| ImportError::input(name, error))
    }

    fn read_table(&mut self, name: &str, input: impl Read, tally: &mut Tally) -> Result<(), ImportError> {
        let failed = |error| ImportError::input(name, error);
        let called = self.name_table(name);
        let mut table = Table::open(&called, input).map_err(failed)?;
        while let Some(table::Row { line, place }) = table.next().map_err(failed)? {
            self.add(Position::Line(line), place, tally)?;
        }
        Ok(())
    }

    /// What rows of a table are called after that have no identifier: its name without our folders, of which clients
    /// need not know, and with a number where another is called so. Else one's rows would replace the other's.
    fn name_table(&mut self, name: &str) -> String {
        let name = name.rsplit('/').next().unwrap_or(name);
        let numbered = (2_u32..).map(|number| format!("{name}({number})"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        names.find(|name| self.tables.insert(name.clone())).unwrap_or_default()
    }

    fn add(
        &mut self,
        at: Position,
        row: Result<Place<'_>, BadRow>,
        tally: &mut Tally,
    ) -> Result<(), ImportError> {
        match row.and_then(|place| Record::of(&place).map_err(BadRow::Unfit)) {
            Ok(record) => {
                tally.places += 1;
                self.draft.add(&record).map_err(|error| ImportError::output(&self.output, error))
            }
            Err(why) => {
                tally.skip(at, why);
                Ok(())
            }
        }
    }

    /// Puts the gazetteer in its place. Of the places with one identifier it has the last.
    ///
    /// # Errors
    ///
    /// [`ImportError::NoPlaces`] if there was no good row; [`ImportError::MostlySkipped`]; [`ImportError::Output`]. The
    /// old one stays then.
    pub fn finish(mut self) -> Result<Summary, ImportError> {
        match (self.places, self.places + self.skipped) {
            (0, _) => return Err(ImportError::NoPlaces),
            (places, rows) if places < rows - places && !self.may_skip_most => {
                return Err(ImportError::MostlySkipped { places, rows });
            }
            _ => {}
        }
        let replaced = self.draft.drop_replaced() as u64;
        let failed = |error| ImportError::output(&self.output, error);
        self.draft.finish().and_then(Replacement::commit).map_err(failed)?;
        Ok(Summary { places: self.places - replaced, replaced })
    }
}

fn unreadable(name: &str, error: io::Error) -> ImportError {
    ImportError::input(name, InputError::Unreadable(error))
}

#[cfg(test)]
mod tests;
