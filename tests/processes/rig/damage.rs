//! What may become of a server's files.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::common::Herd;

/// Removes what a server has on its disk, but for its log.
pub(crate) fn forget(herd: &Herd, name: &str) {
    let files = fs::read_dir(herd.path("data")).unwrap().map(|file| file.unwrap().path());
    let is_its_own = |path: &PathBuf| {
        path.file_stem().is_some_and(|stem| stem == name) && path.extension().is_some_and(|end| end != "log")
    };
    files.filter(is_its_own).for_each(|path| fs::remove_file(path).unwrap());
}

pub(crate) fn flip_bits(path: &Path) {
    (1..=200).for_each(|seed| flip_one_bit(path, seed));
}

/// In a place that the seed says.
pub(crate) fn flip_one_bit(path: &Path, seed: u64) {
    let mut bytes = fs::read(path).unwrap();
    let at = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) % u64::try_from(bytes.len()).unwrap();
    let byte = &mut bytes[usize::try_from(at).unwrap()];
    *byte ^= 1 << (seed % 8);
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(&[*byte]).unwrap();
}

pub(crate) fn cut_in_half(path: &Path) {
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
}

pub(crate) fn empty(path: &Path) {
    fs::write(path, "").unwrap();
}

pub(crate) fn rubbish(path: &Path) {
    fs::write(path, "this was never a database\n".repeat(10_000)).unwrap();
}
