//! `herd places import`: files of places become the gazetteer of the provider `file`.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use herd::places::{Format, Import, ImportError, Position, Summary, Tally};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::Failure;
use crate::arguments::ConfigArguments;
use crate::stdio::{print, say};

#[derive(Args)]
pub(crate) struct PlacesArguments {
    #[command(subcommand)]
    command: PlacesCommand,
}

#[derive(Subcommand)]
enum PlacesCommand {
    /// Makes the gazetteer of the provider "file" out of files of places
    ///
    /// All files make one gazetteer, which replaces the old one once it is whole; until then, and if anything
    /// goes wrong, the old one stays. A server reads it when it starts.
    ///
    /// Rows that are no places are skipped: the first of each file are named on standard error, all are counted. If
    /// less than half of all rows are left, nothing is written. Of the places with one identifier the last is taken.
    Import(ImportArguments),
}

#[derive(Args)]
#[command(after_help = "Examples:
  herd places import cities500.txt
  herd places import --output cafes.gazetteer cafes.csv
  overturemaps download --bbox=-118.5,34.0,-118.4,34.1 -f geojsonseq --type place |
    herd places import --format geojson -")]
struct ImportArguments {
    /// Where the places are; - is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// How all files are written [default: as their names say: .txt and .tsv, .csv, .json, .geojson and the like]
    #[arg(long, value_enum)]
    format: Option<FormatArgument>,

    /// Write the gazetteer even if less than half of all rows can be used
    #[arg(long)]
    allow_skipped: bool,

    /// The gazetteer to write [default: the key places.file]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatArgument {
    /// Tables of geonames.org: 19 columns with tabs between them
    #[value(name = "geonames")]
    GeoNames,
    /// A header with name, lat, lon; if there are, also id, types and address
    Csv,
    /// GeoJSON Features as overturemaps writes them, one on each line or in a collection or list
    #[value(name = "geojson", alias = "geojsonseq")]
    GeoJson,
}

impl From<FormatArgument> for Format {
    fn from(format: FormatArgument) -> Format {
        match format {
            FormatArgument::GeoNames => Format::GeoNames,
            FormatArgument::Csv => Format::Csv,
            FormatArgument::GeoJson => Format::GeoJson,
        }
    }
}

pub(crate) fn run(config: &ConfigArguments, arguments: PlacesArguments) -> Result<(), Failure> {
    match arguments.command {
        PlacesCommand::Import(arguments) => import(config, arguments),
    }
}

/// One line for each file, on standard output, when the gazetteer is in its place.
fn import(config: &ConfigArguments, arguments: ImportArguments) -> Result<(), Failure> {
    let config = config.load_and_warn()?;
    let format = arguments.format.map(Format::from);
    let inputs = arguments.files.iter().map(|path| Input::new(path, format));
    let inputs = inputs.collect::<Result<Vec<Input<'_>>, Failure>>()?;
    let import = Import::to(&arguments.output.unwrap_or(config.places.file)).map_err(Failure::other)?;
    let mut import = import.allow_skipped(arguments.allow_skipped);
    let mut report = String::new();
    for input in &inputs {
        let Tally { places, skipped, .. } = input.read(&mut import)?;
        let (places, skipped) = (counted(places, "place"), counted(skipped, "row"));
        report += &format!("{places} from {}, {skipped} skipped\n", input.name());
    }
    let Summary { replaced, .. } = import.finish().map_err(not_made)?;
    if replaced > 0 {
        report +=
            &format!("{} replaced by a later row with the same identifier\n", counted(replaced, "place"));
    }
    print(report.as_bytes())
}

fn not_made(error: ImportError) -> Failure {
    match error {
        ImportError::MostlySkipped { .. } => {
            Failure::other(format!("{error}. Say --allow-skipped to import them all the same"))
        }
        error => Failure::other(error),
    }
}

/// `1 row`, `2 rows`.
fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// A file of places, or standard input.
struct Input<'a> {
    path: &'a Path,
    format: Format,
}

impl Input<'_> {
    fn new(path: &Path, format: Option<Format>) -> Result<Input<'_>, Failure> {
        match format.or_else(|| Format::of(path)) {
            Some(format) => Ok(Input { path, format }),
            None if path != Path::new("-") && !path.exists() => {
                Err(Failure::other(format!("{}: there is no such file", path.display())))
            }
            None => Err(Failure::usage(format!(
                "{}: which format? Say --format geonames, csv or geojson",
                path.display()
            ))),
        }
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Reads it to its end, and says what is wrong with the first bad rows.
    fn read(&self, import: &mut Import) -> Result<Tally, Failure> {
        let (input, length) = self.open()?;
        let bar = progress(length);
        let tally = import.read(&self.name(), self.format, bar.wrap_read(input));
        bar.finish_and_clear();
        let tally = tally.map_err(Failure::other)?;
        for (at, why) in &tally.first {
            match at {
                Position::Line(line) => say(format_args!("{}:{line}: {why}", self.name())),
                Position::Feature(number) => say(format_args!("{}: feature {number}: {why}", self.name())),
            }
        }
        Ok(tally)
    }

    /// The bytes, and how many there are if that is known.
    fn open(&self) -> Result<(Box<dyn Read>, Option<u64>), Failure> {
        if self.path == Path::new("-") {
            return Ok((Box::new(io::stdin().lock()), None));
        }
        let failed = |error| Failure::other(format!("{} cannot be read: {error}", self.path.display()));
        let file = File::open(self.path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        Ok((Box::new(file), Some(metadata.len()).filter(|_| metadata.is_file())))
    }
}

/// On standard error, if that is a terminal.
fn progress(length: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    let template = match length {
        Some(_) => "{bar:40} {bytes} of {total_bytes}, {eta} left",
        None => "{spinner} {bytes}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "row")), ["0 rows", "1 row", "2 rows"]);
    }
}
