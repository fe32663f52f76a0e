//! The layout of an imported gazetteer.
//!
//! All integers are little-endian and unsigned unless noted:
//!
//! | part | bytes | what |
//! |---|---|---|
//! | magic | 4 | `HGZ2` |
//! | text | | each place's text (`record.rs`), in the order of the import |
//! | rows | 16 each | latitude and longitude (signed, microdegrees), where in the file the place's text is (64 bits) |
//! | count | 8 | the number of rows |
//! | checksum | 32 | SHA-256 of all that comes before |
//!
//! Rows are sorted from south to north, from west to east, then as they were imported. What is counted stands at
//! the end, so that an import writes from the first byte to the last and keeps in memory the rows alone, with the
//! fingerprints of their identifiers: 32 bytes a place. The text of a place that a later one has replaced stays, and no
//! row points to it.

use std::cmp::Reverse;
use std::fmt;
use std::io::{self, Write};
use std::ops::Range;

use ring::digest::{Context, SHA256, digest};

use super::GazetteerError;
use super::place::Place;
use super::record::{self, Fingerprint, Record};
use super::rows::{self, latitude_of, longitude_of};

/// Latitude, longitude, and where the text is.
pub(super) type Row = rows::Row<4>;

const MAGIC: &[u8; 4] = b"HGZ2";
const COUNT_BYTES: usize = size_of::<u64>();
const CHECKSUM_BYTES: usize = 32;

/// The bytes of an imported gazetteer.
#[derive(Debug)]
pub(super) struct Imported {
    bytes: Vec<u8>,
    rows: Range<usize>,
}

impl Imported {
    /// Takes the bytes of a whole file, and reads all of them once for the checksum.
    pub(super) fn new(bytes: Vec<u8>) -> Result<Imported, GazetteerError> {
        let rows = rows_of(&bytes)?;
        Ok(Imported { bytes, rows })
    }

    pub(super) fn rows(&self) -> &[Row] {
        self.bytes[self.rows.clone()].as_chunks().0.as_chunks().0
    }

    /// The place of a row; there is one if the file was written by a [`Draft`].
    pub(super) fn place(&self, row: &Row) -> Option<Place<'_>> {
        let &[_, _, low, high] = row;
        let at = u64::from(rows::number(low)) | u64::from(rows::number(high)) << 32;
        let text = self.bytes[..self.rows.start].get(usize::try_from(at).ok()?..)?;
        record::read(text, latitude_of(row), longitude_of(row))
    }
}

/// Where in a whole and undamaged file the rows are.
fn rows_of(bytes: &[u8]) -> Result<Range<usize>, GazetteerError> {
    let body = bytes.strip_prefix(MAGIC).ok_or(GazetteerError::Magic)?;
    let (body, checksum) = body.split_last_chunk::<CHECKSUM_BYTES>().ok_or(GazetteerError::Length)?;
    let (body, count) = body.split_last_chunk::<COUNT_BYTES>().ok_or(GazetteerError::Length)?;
    let end = MAGIC.len() + body.len();
    if digest(&SHA256, &bytes[..end + COUNT_BYTES]).as_ref() != checksum {
        return Err(GazetteerError::Checksum);
    }
    let count = usize::try_from(u64::from_le_bytes(*count)).ok();
    let length = count.and_then(|count| count.checked_mul(size_of::<Row>()));
    match length.filter(|length| *length <= body.len()) {
        Some(length) => Ok(end - length..end),
        None => Err(GazetteerError::Length),
    }
}

/// A gazetteer that is being written.
pub(in crate::places) struct Draft<W> {
    to: W,
    checksum: Context,
    /// How many bytes are written.
    position: u64,
    rows: Vec<Entry>,
}

/// A row before all are known.
struct Entry {
    latitude: i32,
    longitude: i32,
    /// Where the text is.
    text: u64,
    fingerprint: Fingerprint,
}

impl<W> fmt::Debug for Draft<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft").field("places", &self.rows.len()).finish_non_exhaustive()
    }
}

impl<W: Write> Draft<W> {
    /// Begins to write.
    pub(in crate::places) fn new(to: W) -> io::Result<Draft<W>> {
        let mut draft = Draft { to, checksum: Context::new(&SHA256), position: 0, rows: Vec::new() };
        draft.write(MAGIC)?;
        Ok(draft)
    }

    /// Adds a place.
    pub(in crate::places) fn add(&mut self, record: &Record) -> io::Result<()> {
        let &Record { latitude, longitude, fingerprint, .. } = record;
        self.rows.push(Entry { latitude, longitude, text: self.position, fingerprint });
        self.write(&record.text)
    }

    /// Of the places with one identifier keeps the last; says how many it drops.
    pub(in crate::places) fn drop_replaced(&mut self) -> usize {
        let count = self.rows.len();
        self.rows.sort_unstable_by_key(|row| (row.fingerprint, Reverse(row.text)));
        self.rows.dedup_by_key(|row| row.fingerprint);
        count - self.rows.len()
    }

    /// The number of places so far.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.rows.len()
    }

    /// Writes the rest and gives back what was written to.
    pub(in crate::places) fn finish(mut self) -> io::Result<W> {
        let mut rows = std::mem::take(&mut self.rows);
        // No two texts are in one place.
        rows.sort_unstable_by_key(|row| (row.latitude, row.longitude, row.text));
        for Entry { latitude, longitude, text, .. } in &rows {
            let row = [latitude.to_le_bytes(), longitude.to_le_bytes()];
            self.write(row.as_flattened())?;
            self.write(&text.to_le_bytes())?;
        }
        self.write(&(rows.len() as u64).to_le_bytes())?;
        let Draft { mut to, checksum, .. } = self;
        to.write_all(checksum.finish().as_ref())?;
        Ok(to)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.checksum.update(bytes);
        self.position += bytes.len() as u64;
        self.to.write_all(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::place::Source;
    use super::*;

    /// The file of a place with an empty text in each point.
    fn file_of(points: &[(f64, f64)]) -> Vec<u8> {
        let mut draft = Draft::new(Vec::new()).unwrap();
        for (number, (latitude, longitude)) in points.iter().enumerate() {
            let place = Place {
                place_id: number.to_string().into(),
                name: "x".into(),
                types: vec![],
                vicinity: "".into(),
                latitude: *latitude,
                longitude: *longitude,
                source: Source::Own,
            };
            draft.add(&Record::of(&place).unwrap()).unwrap();
        }
        draft.finish().unwrap()
    }

    /// The same bytes with a checksum that is right.
    fn resealed(mut bytes: Vec<u8>) -> Vec<u8> {
        bytes.truncate(bytes.len() - CHECKSUM_BYTES);
        let checksum = digest(&SHA256, &bytes);
        bytes.extend(checksum.as_ref());
        bytes
    }

    #[test]
    fn rows_are_sorted_by_place_and_then_as_they_came() {
        let bytes = file_of(&[(1.0, 2.0), (-1.0, 5.0), (1.0, -2.0), (1.0, 2.0), (-1.000_001, 9.0)]);
        let imported = Imported::new(bytes).unwrap();
        let ids: Vec<_> =
            imported.rows().iter().map(|row| imported.place(row).unwrap().place_id.into_owned()).collect();
        assert_eq!(ids, ["4", "1", "2", "0", "3"]);
    }

    #[test]
    fn of_the_places_with_one_identifier_the_last_stays() {
        let mut draft = Draft::new(Vec::new()).unwrap();
        for (id, latitude) in [("a", 1.0), ("b", 2.0), ("a", 5.0), ("c", 4.0), ("a", 3.0), ("b", 2.0)] {
            let place = Place {
                place_id: id.into(),
                name: format!("{id} at {latitude}").into(),
                types: vec![],
                vicinity: "".into(),
                latitude,
                longitude: 0.0,
                source: Source::Own,
            };
            draft.add(&Record::of(&place).unwrap()).unwrap();
        }
        assert_eq!((draft.drop_replaced(), draft.drop_replaced(), draft.len()), (3, 0, 3));
        let imported = Imported::new(draft.finish().unwrap()).unwrap();
        let names: Vec<_> =
            imported.rows().iter().map(|row| imported.place(row).unwrap().name.into_owned()).collect();
        assert_eq!(names, ["b at 2", "a at 3", "c at 4"]);
    }

    #[test]
    fn any_cut_and_any_change_is_noticed() {
        let bytes = file_of(&[(1.0, 2.0), (-1.0, 5.0)]);
        for length in 0..bytes.len() {
            assert!(Imported::new(bytes[..length].to_vec()).is_err(), "{length}");
            let mut changed = bytes.clone();
            changed[length] ^= 1;
            assert!(Imported::new(changed).is_err(), "{length}");
        }
        let longer = [&bytes[..], b"\0"].concat();
        assert_eq!(Imported::new(longer).unwrap_err(), GazetteerError::Checksum);
    }

    #[test]
    fn a_foreign_file_is_told_from_a_damaged_one() {
        let refused = |bytes: &[u8]| Imported::new(bytes.to_vec()).unwrap_err();
        assert_eq!(refused(b""), GazetteerError::Magic);
        assert_eq!(refused(b"name,lat,lon\n"), GazetteerError::Magic);
        assert_eq!(refused(include_bytes!("../../../data/gazetteer.bin")), GazetteerError::Magic);
        assert_eq!(refused(b"HGZ2"), GazetteerError::Length);
        assert_eq!(refused(&[&b"HGZ2"[..], &[0; 40]].concat()), GazetteerError::Checksum);
    }

    #[test]
    fn a_forged_file_harms_nobody() {
        for count in [3, u64::MAX / 16 + 1, u64::MAX] {
            let mut bytes = file_of(&[(1.0, 2.0), (-1.0, 5.0)]);
            let end = bytes.len() - CHECKSUM_BYTES;
            bytes[end - COUNT_BYTES..end].copy_from_slice(&count.to_le_bytes());
            let forged = Imported::new(resealed(bytes));
            // Three rows would begin in the text: that is within the file, and none of them need have a place.
            assert!(forged.is_err() || count == 3);
            let places = |forged: Imported| forged.rows().iter().filter_map(|row| forged.place(row)).count();
            assert!(forged.map_or(0, places) <= 3);
        }
        let mut bytes = file_of(&[(1.0, 2.0)]);
        let offset = bytes.len() - CHECKSUM_BYTES - 2 * COUNT_BYTES;
        bytes[offset..offset + 8].fill(0xff);
        let forged = Imported::new(resealed(bytes)).unwrap();
        assert_eq!(forged.place(&forged.rows()[0]), None);
    }
}
