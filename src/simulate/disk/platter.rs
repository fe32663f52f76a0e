//! The bytes of a file: as its process sees them, and as they are safe.

use std::io;

use reactor::Random;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// One change that is not safe yet.
#[derive(Debug)]
enum Change {
    Write(usize, Vec<u8>),
    SetLen(usize),
}

/// What a cut of the power took.
#[derive(Debug, Default)]
pub(super) struct Lost {
    pub(super) forgotten: u64,
    pub(super) torn: u64,
}

/// What becomes of all that is not safe, drawn for each cut of the power.
#[derive(Clone, Copy)]
enum Mood {
    /// The disk had written everything.
    Kept,
    /// It had written nothing.
    Forgotten,
    /// Any part of it, in any order.
    Torn,
}

#[derive(Debug, Default)]
pub(super) struct Platter {
    contents: Vec<u8>,
    safe: Vec<u8>,
    /// What makes `contents` of `safe`, in this order.
    changes: Vec<Change>,
    /// Nothing was ever written beyond here: what the file has beyond is a hole.
    allocated: usize,
}

impl Platter {
    pub(super) fn of(contents: Vec<u8>) -> Platter {
        Platter { allocated: contents.len(), safe: contents.clone(), contents, changes: Vec::new() }
    }

    pub(super) fn contents(&self) -> &[u8] {
        &self.contents
    }

    pub(super) fn len(&self) -> u64 {
        self.contents.len() as u64
    }

    pub(super) fn allocated(&self) -> u64 {
        self.allocated as u64
    }

    pub(super) fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = index(offset)?;
        let bytes = start.checked_add(out.len()).and_then(|end| self.contents.get(start..end));
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    pub(super) fn write(&mut self, offset: u64, data: &[u8]) -> io::Result<()> {
        let start = index(offset)?;
        write(&mut self.contents, start, data);
        self.allocated = self.allocated.max(start + data.len());
        self.changes.push(Change::Write(start, data.to_vec()));
        Ok(())
    }

    pub(super) fn set_len(&mut self, len: u64) {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        self.contents.resize(len, 0);
        self.allocated = self.allocated.min(len);
        self.changes.push(Change::SetLen(len));
    }

    pub(super) fn sync(&mut self) {
        for change in self.changes.drain(..) {
            match change {
                Change::Write(start, data) => write(&mut self.safe, start, &data),
                Change::SetLen(len) => self.safe.resize(len, 0),
            }
        }
    }

    /// The power goes: what is left becomes what is safe.
    pub(super) fn forget(&mut self, random: &mut Random) -> Lost {
        let mood = match random.below(4) {
            0 => Mood::Kept,
            1 => Mood::Forgotten,
            _ => Mood::Torn,
        };
        let mut lost = Lost::default();
        for change in std::mem::take(&mut self.changes) {
            match change {
                Change::SetLen(len) if mood.keeps(random) => self.safe.resize(len, 0),
                Change::Write(start, data) => tear(&mut self.safe, start, &data, mood, random, &mut lost),
                Change::SetLen(_) => lost.forgotten += 1,
            }
        }
        self.contents.clone_from(&self.safe);
        self.allocated = self.contents.len();
        lost
    }

    pub(super) fn flip(&mut self, count: u64, random: &mut Random) -> u64 {
        if self.contents.is_empty() {
            return 0;
        }
        for _ in 0..count {
            let bit = usize::try_from(random.below(8 * self.len())).unwrap_or(0);
            for bytes in [&mut self.contents, &mut self.safe] {
                bytes.get_mut(bit / 8).into_iter().for_each(|byte| *byte ^= 1 << (bit % 8));
            }
        }
        count
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.contents.truncate(len);
        *self = Platter::of(std::mem::take(&mut self.contents));
    }
}

impl Mood {
    fn keeps(self, random: &mut Random) -> bool {
        match self {
            Mood::Kept => true,
            Mood::Forgotten => false,
            Mood::Torn => random.percent(50),
        }
    }
}

/// Writes those sectors of `data` that the disk got to.
fn tear(safe: &mut Vec<u8>, start: usize, data: &[u8], mood: Mood, random: &mut Random, lost: &mut Lost) {
    let (mut kept, mut dropped, mut from) = (0, 0, 0);
    while from < data.len() {
        let to = data.len().min(from + SECTOR - (start + from) % SECTOR);
        // Beyond the end there is nothing: the file's new length was forgotten.
        if start + to <= safe.len() && mood.keeps(random) {
            write(safe, start + from, &data[from..to]);
            kept += 1;
        } else {
            dropped += 1;
        }
        from = to;
    }
    lost.forgotten += u64::from(kept == 0 && dropped > 0);
    lost.torn += u64::from(kept > 0 && dropped > 0);
}

fn write(file: &mut Vec<u8>, start: usize, data: &[u8]) {
    let end = start + data.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[start..end].copy_from_slice(data);
}

fn index(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(|_| io::ErrorKind::InvalidInput.into())
}
