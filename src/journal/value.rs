//! What a record is on disk.
//!
//! | | |
//! |---|---|
//! | key | the number of its bucket, two bytes, the higher first; the client's id |
//! | value | the hash of its line ([`hash_of`]), eight bytes, the higher first; the line |
//!
//! So the records of a bucket stand together, and a value is known to be whole by itself, wherever it is found.

use crate::command::{AtLine, Command};
use crate::store::{Bucket, hash_of};

pub(super) const HASH: usize = 8;
const BUCKET: usize = 2;

/// The beginning of every key of a bucket.
pub(super) fn prefix(bucket: Bucket) -> [u8; BUCKET] {
    bucket.number().to_be_bytes()
}

/// Writes the key of the client `id`.
pub(super) fn write_key(id: &[u8], key: &mut Vec<u8>) {
    key.clear();
    key.extend_from_slice(&prefix(Bucket::of(id)));
    key.extend_from_slice(id);
}

/// Writes the value of a record with this line.
pub(super) fn write_value(line: &[u8], value: &mut Vec<u8>) {
    value.clear();
    value.extend_from_slice(&hash_of(line).to_be_bytes());
    value.extend_from_slice(line);
}

/// The line of a value, if it is as it was written.
pub(super) fn line_of(value: &[u8]) -> Option<&[u8]> {
    let (hash, line) = value.split_first_chunk::<HASH>()?;
    (hash_of(line) == u64::from_be_bytes(*hash)).then_some(line)
}

/// The record of a key and a value, if both are as they were written and belong together.
pub(super) fn record_of<'a>(key: &[u8], value: &'a [u8]) -> Option<AtLine<'a>> {
    let at = as_at_line(line_of(value)?)?;
    let (bucket, id) = key.split_first_chunk::<BUCKET>()?;
    (*bucket == prefix(Bucket::of(at.id)) && id == at.id).then_some(at)
}

/// The AT line that `line` is, to the byte.
pub(super) fn as_at_line(line: &[u8]) -> Option<AtLine<'_>> {
    match Command::parse(line) {
        Ok(Command::At(at)) => Some(at),
        _ => None,
    }
}
