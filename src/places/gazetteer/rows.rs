//! Rows of places, sorted from south to north: the one search of all gazetteers.

use super::circle::Circle;

/// A little-endian integer of a file.
pub(super) type Word = [u8; 4];

/// One place: latitude and longitude in signed microdegrees, then what else its layout has.
pub(super) type Row<const N: usize> = [Word; N];

/// How much smaller than asked the circles are that are searched first. Of a city on a dense map hardly
/// anything would be kept, and measuring it all would hold the loop up.
const NARROWER: [f64; 4] = [64.0, 16.0, 4.0, 1.0];

/// The rows within `radius_metres` of a point, nearest first, at most `bound` of them, with their distances.
/// Those at the same distance stay in the order in which they lie.
pub(super) fn nearest<const N: usize>(
    rows: &[Row<N>],
    (latitude, longitude): (f64, f64),
    radius_metres: f64,
    bound: usize,
) -> Vec<(f64, &Row<N>)> {
    let mut hits = Vec::new();
    for times in NARROWER {
        hits = inside(rows, &Circle::new(latitude, longitude, radius_metres / times));
        if hits.len() >= bound {
            break; // whatever lies further out is further away
        }
    }
    hits.sort_by(|(a, _), (b, _)| a.total_cmp(b)); // stable: equals stay in their order
    hits.truncate(bound);
    hits
}

/// Bisects for the parallels that bound the circle and looks at the rows between them.
fn inside<'r, const N: usize>(rows: &'r [Row<N>], circle: &Circle) -> Vec<(f64, &'r Row<N>)> {
    let rows = &rows[rows.partition_point(|row| latitude_of(row) < circle.south())..];
    let rows = &rows[..rows.partition_point(|row| latitude_of(row) <= circle.north())];
    let measure = |row| Some((circle.metres_to(latitude_of(row), longitude_of(row))?, row));
    rows.iter().filter_map(measure).collect()
}

pub(super) const fn number(word: Word) -> u32 {
    u32::from_le_bytes(word)
}

/// Degrees north.
pub(super) fn latitude_of<const N: usize>(row: &Row<N>) -> f64 {
    f64::from(i32::from_le_bytes(row[0])) / 1e6
}

/// Degrees east.
pub(super) fn longitude_of<const N: usize>(row: &Row<N>) -> f64 {
    f64::from(i32::from_le_bytes(row[1])) / 1e6
}
