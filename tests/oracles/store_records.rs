//! What the journal reads from a disk was written to it, byte for byte, whatever has become of the file.
//!
//! The input begins with which of two files is damaged. One is no database at all, but pieces with values among
//! them: what is whole is found, and nothing else. The other is a database of which bytes are changed.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::sync::{Arc, LazyLock};

use herd::journal::{Batch, Disk, Volume};
use herd::simulate::{SimDisk, SimVolume};
use herd::store::{Bucket, Store, hash_of};
use reactor::Random;
use redb::{Builder, Database, DatabaseError};

use super::at_line::at_line;
use super::draw::Draw;

const SERVER: &str = "Ball";

pub(crate) fn check(input: &[u8]) {
    let mut draw = Draw(input);
    if draw.byte() & 15 == 15 {
        check_database(&mut draw); // which takes long
    } else {
        check_pieces(&mut draw);
    }
}

/// A file that cannot be opened, and a place for a fresh one.
#[derive(Debug)]
struct Ruin {
    bytes: Arc<Vec<u8>>,
    fresh: SimVolume,
}

impl fmt::Display for Ruin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a ruin")
    }
}

impl Volume for Ruin {
    fn open(&self, builder: &Builder) -> Result<Database, DatabaseError> {
        if self.fresh.0.aside().is_empty() {
            return Err(io::Error::from(io::ErrorKind::InvalidData).into());
        }
        self.fresh.open(builder)
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        Ok(self.bytes.to_vec())
    }

    fn replace(&self, database: &[u8]) -> io::Result<String> {
        self.fresh.replace(database)
    }
}

/// Values, some of them changed, and whatever may stand between them.
fn check_pieces(draw: &mut Draw<'_>) {
    let (mut file, mut whole) = (Vec::new(), BTreeSet::new());
    while !draw.is_empty() {
        match draw.below(4) {
            0 => {
                let length = draw.below(64);
                file.extend_from_slice(draw.take(length));
            }
            1 => {
                let (mut value, at, byte) = (value_of(&a_line(draw)), draw.byte(), draw.byte());
                let at = usize::from(at) % value.len();
                value[at] ^= byte;
                file.extend_from_slice(&value);
            }
            2 => {
                let value = value_of(&a_line(draw));
                file.extend_from_slice(&value[..usize::from(draw.byte()) % value.len()]);
            }
            _ => {
                let line = a_line(draw);
                file.extend_from_slice(&value_of(&line));
                whole.insert(line);
            }
        }
    }
    let found = read_ruin(&file);
    assert!(whole.is_subset(&found), "what is whole is found");
    for line in &found {
        let value = value_of(line);
        let stands = file.windows(value.len()).any(|bytes| bytes == value);
        assert!(stands && at_line(line).is_some(), "{} was never written", line.escape_ascii());
    }
}

fn read_ruin(file: &[u8]) -> BTreeSet<Vec<u8>> {
    let fresh = SimVolume(SimDisk::new(Random::seeded(1)));
    let ruin = Box::new(Ruin { bytes: Arc::new(file.to_vec()), fresh });
    let (mut lines, mut found) = (BTreeSet::new(), 0);
    let opened = Disk::open(ruin, SERVER, |at| {
        let mut line = Vec::new();
        at.write_to(&mut line);
        lines.insert(line);
        found += 1;
    });
    match opened {
        Ok((_, Some(damage))) => assert_eq!(damage.found, found, "it says what it has found"),
        Ok((_, None)) => panic!("a ruin was taken for a database"),
        Err(error) => panic!("no fresh database could be begun: {error}"),
    }
    lines
}

fn a_line(draw: &mut Draw<'_>) -> Vec<u8> {
    let (id, place) =
        (draw.one_of(&["k", "AT", "kiwi.cs.ucla.edu", "AT k"]), draw.one_of(&["+1-1", "+0.5-0"]));
    let id = id.replace(' ', "\u{a0}");
    let time = draw.one_of(&["1", "11", "1.5", "1479413884.392014450"]);
    format!("AT {SERVER} +0.000000000 {id} {place} {time}").into_bytes()
}

/// A record on disk: the hash of its line, and the line.
fn value_of(line: &[u8]) -> Vec<u8> {
    [&hash_of(line).to_be_bytes()[..], line].concat()
}

/// A database with some records, each written twice; and all lines that were ever written to it.
static GOOD: LazyLock<(Vec<u8>, BTreeSet<Vec<u8>>)> = LazyLock::new(|| {
    let disk = SimDisk::new(Random::seeded(1));
    let opened = Disk::open(Box::new(SimVolume(disk.clone())), SERVER, |_| {});
    let Ok((file, None)) = opened else { panic!("no database could be begun") };
    let mut written = BTreeSet::new();
    for time in 1..3 {
        let lines = (0..40).map(|id| format!("AT Ball +0.{id:09} id-{id} +1-1 {time}.5").into_bytes());
        let lines: BTreeSet<Vec<u8>> = lines.collect();
        assert!(file.commit(&batch(&lines)).is_ok());
        written.extend(lines);
    }
    drop(file);
    (disk.contents(), written)
});

fn batch(lines: &BTreeSet<Vec<u8>>) -> Batch {
    let (mut store, mut batch) = (Store::default(), Batch::default());
    for at in lines.iter().filter_map(|line| at_line(line)) {
        store.accept(&at);
    }
    store.records().for_each(|record| batch.push(record));
    batch
}

/// Bytes that are changed are found out, or are of no importance.
fn check_database(draw: &mut Draw<'_>) {
    let (good, written) = &*GOOD;
    let mut contents = good.clone();
    while !draw.is_empty() {
        let at = draw.take(3).iter().fold(0, |at, byte| at << 8 | usize::from(*byte)) % contents.len();
        match draw.byte() {
            0 => contents.truncate(at + 1),
            byte => contents[at] ^= byte,
        }
    }
    let disk = SimDisk::new(Random::seeded(1));
    disk.set_contents(contents);
    let check = |line: &[u8]| assert!(written.contains(line), "{} was never written", line.escape_ascii());
    let opened = Disk::open(Box::new(SimVolume(disk)), SERVER, |at| {
        let mut line = Vec::new();
        at.write_to(&mut line);
        check(&line);
    });
    let Ok((file, _)) = opened else { return };
    for bucket in (0..40).map(|id| Bucket::of(format!("id-{id}").as_bytes())) {
        file.bucket(bucket).iter().flat_map(|found| &found.lines).for_each(|line| check(line));
    }
    file.get(b"id-7").iter().flatten().for_each(|line| check(line));
}
