//! Rows of a CSV table whose first row names the columns.

use std::io::{self, Read};

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder, Terminator};

use super::super::gazetteer::{Place, Source};
use super::InputError;
use super::bad_row::{BadRow, LONGEST_ROW, number};

/// How far a row is read at all. What goes on for longer is a quote that nobody has closed: it would take the
/// rest of the table, and all memory.
const LONGEST_READ: usize = 16 * LONGEST_ROW;

/// A table that is read row by row.
pub(super) struct Table<'n, R> {
    reader: Reader<Ration<R>>,
    columns: Columns,
    row: ByteRecord,
    /// What its rows are called that have no identifier.
    name: &'n str,
}

/// One row that is not empty.
pub(super) struct Row<'t> {
    /// Where it begins, counted from 1.
    pub(super) line: u64,
    pub(super) place: Result<Place<'t>, BadRow>,
}

impl<'n, R: Read> Table<'n, R> {
    /// Reads the names of the columns.
    pub(super) fn open(name: &'n str, input: R) -> Result<Table<'n, R>, InputError> {
        let input = Ration { input, left: LONGEST_READ, end: End::Ahead };
        // A CR is trimmed off its field: taken for an end of its own, it would put the lines' numbers out.
        let mut reader =
            ReaderBuilder::new().flexible(true).terminator(Terminator::Any(b'\n')).from_reader(input);
        let header = reader.byte_headers().map_err(|error| input_error(error, 1))?;
        let (columns, is_empty) = (Columns::of(header), header.is_empty());
        if !is_empty && reader.get_ref().is_at_end() {
            return Err(InputError::EndlessRow { line: 1 });
        }
        let columns = columns?;
        Ok(Table { reader, columns, row: ByteRecord::new(), name })
    }

    /// The next row that holds more than white space, with the line on which it begins, or on which empty
    /// lines before it do.
    pub(super) fn next(&mut self) -> Result<Option<Row<'_>>, InputError> {
        loop {
            self.reader.get_mut().left = LONGEST_READ;
            let line = self.reader.position().line();
            if !self.reader.read_byte_record(&mut self.row).map_err(|error| input_error(error, line))? {
                return Ok(None);
            }
            if self.reader.get_ref().is_at_end() {
                return Err(InputError::EndlessRow { line });
            }
            if !self.row.as_slice().trim_ascii().is_empty() {
                return Ok(Some(Row { line, place: self.place(line) }));
            }
        }
    }

    fn place(&self, line: u64) -> Result<Place<'_>, BadRow> {
        let columns = &self.columns;
        if self.row.as_slice().len() > LONGEST_ROW {
            return Err(BadRow::TooLong);
        }
        if self.row.len() != columns.count {
            return Err(BadRow::Columns { found: self.row.len(), expected: columns.count });
        }
        let id = self.optional(columns.id)?;
        Ok(Place {
            place_id: if id.is_empty() { format!("{}:{line}", self.name).into() } else { id.into() },
            name: self.field(columns.name)?.into(),
            types: words(self.optional(columns.types)?).map(Into::into).collect(),
            vicinity: self.optional(columns.vicinity)?.into(),
            latitude: number(self.field(columns.latitude)?, "latitude")?,
            longitude: number(self.field(columns.longitude)?, "longitude")?,
            source: Source::Own,
        })
    }

    fn optional(&self, column: Option<usize>) -> Result<&str, BadRow> {
        column.map_or(Ok(""), |column| self.field(column))
    }

    fn field(&self, column: usize) -> Result<&str, BadRow> {
        let field = self.row.get(column).unwrap_or_default();
        str::from_utf8(field).map(str::trim).map_err(|_| BadRow::NotUtf8)
    }
}

/// Types in one field, each made one word.
fn words(field: &str) -> impl Iterator<Item = String> {
    let types = field.split(['|', ';', ',']);
    types.map(|text| text.split_whitespace().collect::<Vec<_>>().join("_")).filter(|word| !word.is_empty())
}

/// Where in a row each field is.
struct Columns {
    count: usize,
    name: usize,
    latitude: usize,
    longitude: usize,
    id: Option<usize>,
    types: Option<usize>,
    vicinity: Option<usize>,
}

impl Columns {
    fn of(header: &ByteRecord) -> Result<Columns, InputError> {
        let names: Vec<String> = header.iter().map(column_name).collect();
        let find =
            |known: &[&str]| known.iter().find_map(|known| names.iter().position(|name| name == known));
        let missing = |column| InputError::NoColumn { column, found: shown(&names) };
        Ok(Columns {
            count: names.len(),
            name: find(&["name"]).ok_or_else(|| missing("name"))?,
            latitude: find(&["lat", "latitude"]).ok_or_else(|| missing("lat or latitude"))?,
            longitude: find(&["lon", "lng", "long", "longitude"])
                .ok_or_else(|| missing("lon, lng or longitude"))?,
            id: find(&["id", "place_id"]),
            types: find(&["types", "type", "category"]),
            vicinity: find(&["vicinity", "address"]),
        })
    }
}

fn column_name(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_ascii_lowercase()
}

/// The names for a message: of what is no table at all not too much, and on one line.
fn shown(names: &[String]) -> String {
    let names = names.iter().take(20).map(|name| name.escape_debug().take(40).collect::<String>());
    names.collect::<Vec<_>>().join(", ")
}

fn input_error(error: csv::Error, line: u64) -> InputError {
    match error.into_kind() {
        ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            InputError::EndlessRow { line }
        }
        ErrorKind::Io(error) => InputError::Unreadable(error),
        other => InputError::Unreadable(io::Error::other(format!("{other:?}"))), // none that bytes can cause
    }
}

/// An input that gives no more than it is allowed to, and ends its last line if nobody has. So a row never
/// needs the end of the input to be whole: one that takes it has a quote which is not closed.
struct Ration<R> {
    input: R,
    left: usize,
    end: End,
}

/// How much of the end of an input was read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Ahead,
    /// The end of its last line, of our making.
    OfLine,
    /// All.
    Passed,
}

impl<R> Ration<R> {
    fn is_at_end(&self) -> bool {
        self.end == End::Passed
    }

    /// The input has no more.
    fn end(&mut self, buffer: &mut [u8]) -> usize {
        if self.end == End::Ahead {
            self.end = End::OfLine;
            buffer[0] = b'\n';
            return 1;
        }
        self.end = End::Passed;
        0
    }
}

impl<R: Read> Read for Ration<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let most = buffer.len().min(self.left);
        if most == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let count = self.input.read(&mut buffer[..most])?;
        self.left -= count;
        Ok(if count == 0 { self.end(buffer) } else { count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line of a row, and its identifier and name, or what is wrong.
    type Found = (u64, Result<String, BadRow>);

    fn rows(text: &[u8]) -> Result<Vec<Found>, String> {
        let mut table = Table::open("t.csv", text).map_err(|error| error.to_string())?;
        let mut rows = Vec::new();
        while let Some(Row { line, place }) = table.next().map_err(|error| error.to_string())? {
            rows.push((line, place.map(|place| format!("{} {}", place.place_id, place.name))));
        }
        Ok(rows)
    }

    #[test]
    fn columns_are_found_by_their_names_in_any_order() {
        let text = "\u{feff}Place_ID, Longitude ,lat,extra,NAME,category,address\n\
                    x1,-118.4,34.0,,\" Café \"\"A\"\"\",coffee shop|bar,\"1 Main St,\nTown\"\n";
        let mut table = Table::open("t.csv", text.as_bytes()).unwrap();
        let Row { line, place } = table.next().unwrap().unwrap();
        let expected = Place {
            place_id: "x1".into(),
            name: "Café \"A\"".into(),
            types: vec!["coffee_shop".into(), "bar".into()],
            vicinity: "1 Main St,\nTown".into(),
            latitude: 34.0,
            longitude: -118.4,
            source: Source::Own,
        };
        assert_eq!((line, place), (2, Ok(expected)));
        assert!(table.next().unwrap().is_none());
    }

    #[test]
    fn rows_without_an_identifier_are_called_by_their_line() {
        let text = "name,lat,lng\na,1,2\n\"b\nb\",1,2\nc,1,2";
        let row = |line: u64, text: &str| (line, Ok(text.to_owned()));
        let found = [row(2, "t.csv:2 a"), row(3, "t.csv:3 b\nb"), row(5, "t.csv:5 c")];
        assert_eq!(rows(text.as_bytes()).unwrap(), found);
        let text = text.replace('\n', "\r\n").replace("b\r\nb", "b\nb");
        assert_eq!(rows(text.as_bytes()).unwrap(), found);
        let spaced = rows(b"name,lat,lng\r\n\r\na,1,2\r\n\r\n \t\r\n").unwrap();
        assert_eq!(spaced, [row(3, "t.csv:3 a")], "empty lines are no rows");
    }

    #[test]
    fn bad_rows_are_told_and_the_next_are_read() {
        let long = "x".repeat(LONGEST_ROW);
        let text = format!("name,lat,lon\na,1\nb,1,2,3\nc,north,2\nd,1,\n\u{1}{long},1,2\nf,1,2\n");
        let mut text = text.into_bytes();
        let at = text.iter().position(|byte| *byte == 1).unwrap();
        text.splice(at..=at, *b"\xff,1,2\n");
        let found: Vec<_> = rows(&text).unwrap().into_iter().map(|(line, row)| (line, row.err())).collect();
        let columns = |found| Some(BadRow::Columns { found, expected: 3 });
        let not = |field| Some(BadRow::NotANumber(field));
        assert_eq!(
            found,
            [
                (2, columns(2)),
                (3, columns(4)),
                (4, not("latitude")),
                (5, not("longitude")),
                (6, Some(BadRow::NotUtf8)),
                (7, Some(BadRow::TooLong)),
                (8, None)
            ]
        );
    }

    #[test]
    fn a_table_without_the_columns_of_a_place_is_refused() {
        let refused = |text: &str| rows(text.as_bytes()).unwrap_err();
        assert_eq!(refused("title,lat,lon\n"), "no column name among title, lat, lon");
        assert_eq!(refused("name;lat;lon\n"), "no column name among name;lat;lon");
        assert_eq!(refused("name,lon\n"), "no column lat or latitude among name, lon");
        assert_eq!(refused("name,lat\n"), "no column lon, lng or longitude among name, lat");
        assert_eq!(refused(""), "no column name among ");
    }

    #[test]
    fn a_quote_that_is_open_at_the_end_of_the_table_is_no_row() {
        let message = |line| format!("the row that begins on line {line} does not end: is its quote closed?");
        for open in ["\"b,1,2\nc,1,2\n", "b,1,\"2", "b,1,2,\"", "\"", "\" \n", "b,1,\"2\"\"\n", "\"b\r\n\r\n"]
        {
            let text = format!("name,lat,lon\n\"a\n\",1,2\n{open}");
            assert_eq!(rows(text.as_bytes()).unwrap_err(), message(4), "{open:?}");
            assert_eq!(rows(open.as_bytes()).unwrap_err(), message(1), "{open:?} as the header");
        }
        for closed in ["b,1,\"2\"", "b,1,\"2\n\"", "b,1,\"2\n\"\n", "b,1,2\r\n", "b\",1,2", "\"b\"\"\",1,2"] {
            let text = format!("name,lat,lon\n{closed}");
            assert!(rows(text.as_bytes()).unwrap()[0].1.is_ok(), "{closed:?}");
        }
        assert_eq!(rows(b"name,lat,lon").unwrap(), []);
    }

    #[test]
    fn a_quote_that_is_never_closed_does_not_take_all_memory() {
        let text = format!("name,lat,lon\na,1,2\n\"b,1,2\n{}", "c,1,2\n".repeat(LONGEST_READ));
        let message = "the row that begins on line 3 does not end: is its quote closed?";
        assert_eq!(rows(text.as_bytes()).unwrap_err(), message);
        let header = format!("\"name,lat,lon\n{}", "c,1,2\n".repeat(LONGEST_READ));
        assert!(rows(header.as_bytes()).unwrap_err().contains("line 1"));
    }
}
