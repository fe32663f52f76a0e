//! Records that are written, damaged, and read again.

mod away;
mod removed;
mod server;

use std::collections::BTreeSet;

use proptest::prelude::*;
use reactor::Random;

use super::*;
use crate::command::{AtLine, Command};
use crate::simulate::{SimDisk, SimVolume};
use crate::store::{Bucket, Record};

fn commit_all(disk: &Disk, store: &Store) -> Result<(), DiskError> {
    let mut batch = Batch::default();
    store.records().for_each(|record| batch.push(record));
    disk.commit(&batch).map(drop)
}

fn store(lines: &[String]) -> Store {
    let mut store = Store::default();
    for line in lines {
        let Ok(Command::At(at)) = Command::parse(line.as_bytes()) else { panic!("{line}") };
        store.accept(&at);
    }
    store
}

fn line(client: u32, time: u32) -> String {
    format!("AT Ball +0.{client:09} client-{client} +34.068930-118.445127 {time}.{client:03}")
}

/// A disk with a good file of 300 records, some of which were written over; and every line that was ever
/// written.
fn good() -> (SimDisk, Vec<String>) {
    left(true)
}

/// The same; its process has closed the file, or was killed.
fn left(closed: bool) -> (SimDisk, Vec<String>) {
    let disk = SimDisk::new(Random::seeded(1));
    let lines: Vec<String> =
        (0..300).map(|c| line(c, 1)).chain((0..300).step_by(7).map(|c| line(c, 2))).collect();
    let (file, _) = Disk::open(Box::new(SimVolume(disk.clone())), "Ball", |_| {}).unwrap();
    for some in lines.chunks(50) {
        commit_all(&file, &store(some)).unwrap();
    }
    if !closed {
        disk.kill();
    }
    drop(file);
    (disk, lines)
}

fn open(disk: &SimDisk) -> (Store, Option<String>) {
    let volume = || Box::new(SimVolume(disk.clone())) as Box<dyn Volume>;
    let (_, store, notice) = Journal::open(Durability::Always, volume, "Ball").unwrap();
    (store, notice)
}

/// What a store holds. Of clients in one bucket, the first to be heard of comes first; here order is no matter.
fn lines(store: &Store) -> BTreeSet<String> {
    store.records().map(|record| String::from_utf8(record.line().to_vec()).unwrap()).collect()
}

#[test]
fn what_was_committed_is_there_again() {
    let (disk, written) = good();
    disk.cut_power();
    let (read, notice) = open(&disk);
    assert_eq!(notice, None);
    assert_eq!(lines(&read), lines(&store(&written)));
}

#[test]
fn one_client_and_one_bucket_are_found() {
    let (disk, _) = good();
    let (file, _) = Disk::open(Box::new(SimVolume(disk)), "Ball", |_| {}).unwrap();
    assert_eq!(file.get(b"client-7").unwrap().unwrap(), line(7, 2).as_bytes());
    assert_eq!(file.get(b"client-999").unwrap(), None);
    let all: Vec<Vec<u8>> = Bucket::all().flat_map(|bucket| file.bucket(bucket).unwrap().lines).collect();
    assert_eq!(all.len(), 300);
    let of_seven = file.bucket(Bucket::of(b"client-7")).unwrap().lines;
    assert!(of_seven.contains(&line(7, 2).into_bytes()));
}

/// Has `file` hold something about `client` that is no record, as if it had been altered there.
fn alter(file: &Disk, client: &str) {
    let Ok(Command::At(at)) = Command::parse(b"AT Ball +0.000000000 kiwi +1-1 5") else { panic!() };
    let at = AtLine { difference: b"not one", id: client.as_bytes(), ..at };
    let mut batch = Batch::default();
    batch.push(&Record::new(&at));
    file.commit(&batch).unwrap();
}

#[test]
fn a_record_that_is_altered_counts_as_unknown_and_the_others_are_found() {
    let (disk, _) = good();
    let (file, _) = Disk::open(Box::new(SimVolume(disk)), "Ball", |_| {}).unwrap();
    alter(&file, "client-7");
    let ids = ["client-6", "client-7", "client-8"].map(|id| id.as_bytes().to_vec());
    let found = file.get_all(&ids).unwrap();
    let expected = [Some(line(6, 1).into_bytes()), None, Some(line(8, 1).into_bytes())];
    assert_eq!((found.lines, found.altered), (expected.to_vec(), 1));
    let found: Vec<_> = Bucket::all().map(|bucket| file.bucket(bucket).unwrap()).collect();
    assert_eq!(found.iter().map(|found| found.lines.len()).sum::<usize>(), 299);
    assert_eq!(found.iter().map(|found| found.altered).sum::<u64>(), 1);
    commit_all(&file, &store(&[line(7, 3)])).unwrap();
    assert_eq!(file.get(b"client-7").unwrap().unwrap(), line(7, 3).as_bytes(), "it is written over");
}

#[test]
fn the_store_of_another_server_is_refused_and_left_alone() {
    let (disk, _) = good();
    let before = disk.contents().len();
    let error = Disk::open(Box::new(SimVolume(disk.clone())), "Welsh", |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "it is the store of the server \"Ball\"");
    assert_eq!(disk.contents().len(), before);
    assert!(disk.aside().is_empty());
}

#[test]
fn a_database_of_something_else_is_refused() {
    let disk = SimDisk::new(Random::seeded(1));
    let database = SimVolume(disk.clone()).open(&redb::Builder::new()).unwrap();
    let write = database.begin_write().unwrap();
    write.open_table(redb::TableDefinition::<u8, u8>::new("theirs")).unwrap();
    write.commit().unwrap();
    drop(database);
    let error = Disk::open(Box::new(SimVolume(disk.clone())), "Ball", |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "it is a database of something else");
}

/// Opens a file that is not as it was left: whatever comes of it is known to have been written, and is kept.
fn judge(disk: &SimDisk, written: &[String]) -> usize {
    let damaged = disk.contents();
    let (read, notice) = open(disk);
    let read = lines(&read);
    let stranger = read.iter().find(|line| !written.contains(line));
    assert_eq!(stranger, None);
    assert!(notice.is_some() || read == lines(&store(written)), "lost, and nothing was said");
    assert_eq!(disk.aside(), notice.iter().map(|_| damaged.clone()).collect::<Vec<_>>());
    disk.cut_power();
    let (again, notice) = open(disk);
    assert_eq!((lines(&again), notice), (read.clone(), None), "what was found is on disk again");
    read.len()
}

/// A copy of the good file on a disk of its own.
fn copy(contents: &[u8]) -> SimDisk {
    let disk = SimDisk::new(Random::seeded(1));
    disk.set_contents(contents.to_vec());
    disk
}

#[test]
fn a_file_that_is_no_database_is_set_aside() {
    for contents in [&b"not a database"[..], &[0; 4096], &[0xff; 10_000], b"redb"] {
        let disk = copy(contents);
        let (read, notice) = open(&disk);
        let notice = notice.unwrap();
        assert!(read.is_empty());
        assert!(notice.starts_with("a simulated disk is damaged: "), "{notice}");
        assert_eq!(disk.aside(), [contents]);
    }
    assert_eq!(open(&copy(b"")).1, None, "an empty file is a new one");
}

#[test]
fn one_damaged_page_costs_no_more_than_its_records() {
    let (disk, written) = good();
    let contents = disk.contents();
    let found = contents.windows(8).position(|bytes| bytes == b"client-9").unwrap();
    let mut damaged = contents;
    damaged[found] ^= 1;
    let disk = copy(&damaged);
    assert!(judge(&disk, &written) >= 299);
}

#[test]
fn damage_to_the_last_commit_is_not_taken_for_a_torn_one() {
    let (disk, written) = left(false);
    let mut contents = disk.contents();
    let newest = line(7, 2).into_bytes();
    let places: Vec<usize> =
        (0..contents.len() - newest.len()).filter(|at| contents[*at..].starts_with(&newest)).collect();
    places.iter().for_each(|at| contents[at + 3] ^= 1);
    let disk = copy(&contents);
    assert_eq!(judge(&disk, &written), 300, "an older one of this client is in a page that was given up");
    assert_eq!(disk.aside().len(), 1);
}

/// Of all bits of a file one can turn over unseen: it says which of the two last commits counts, nothing covers
/// it, and redb then goes back by one commit. That is no altered record, but older ones.
#[test]
fn one_bit_of_the_header_takes_back_a_commit_and_no_other_does_anything_unsaid() {
    let mut silent = Vec::new();
    for closed in [false, true] {
        let (disk, written) = left(closed);
        let contents = disk.contents();
        for bit in 0..8 * 320 {
            let mut contents = contents.clone();
            contents[bit / 8] ^= 1 << (bit % 8);
            let disk = copy(&contents);
            let (read, notice) = open(&disk);
            if notice.is_none() && lines(&read) != lines(&store(&written)) {
                assert_eq!(lines(&read).iter().find(|line| !written.contains(line)), None);
                silent.push((closed, bit / 8, bit % 8));
            }
        }
    }
    assert_eq!(silent, [(false, 9, 0)]);
}

#[test]
fn a_file_in_use_is_not_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let volume = || Box::new(FileVolume::new(folder.path().join("Ball.redb"))) as Box<dyn Volume>;
    let first = Disk::open(volume(), "Ball", |_| {}).unwrap();
    let error = Disk::open(volume(), "Ball", |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "another process has it open; is the server running already?");
    drop(first);
    assert!(Disk::open(volume(), "Ball", |_| {}).is_ok());
}

#[test]
fn a_commit_that_fails_can_be_tried_again() {
    let (disk, written) = good();
    let (file, _) = Disk::open(Box::new(SimVolume(disk.clone())), "Ball", |_| {}).unwrap();
    let newer = [line(1, 9)];
    for after in 0..12 {
        disk.fail_after(after, true);
        let _ = commit_all(&file, &store(&newer));
        disk.mend();
    }
    disk.fail_after(0, true);
    assert!(commit_all(&file, &store(&newer)).is_err());
    disk.mend();
    commit_all(&file, &store(&newer)).unwrap();
    disk.cut_power();
    let all: Vec<String> = written.into_iter().chain(newer).collect();
    assert_eq!(lines(&open(&disk).0), lines(&store(&all)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_flipped_bit_alters_nothing(at in any::<prop::sample::Index>(), bit in 0_u32..8, closed in any::<bool>()) {
        let (disk, written) = left(closed);
        let mut contents = disk.contents();
        // Nine tenths of the file are empty; a bit of what is not is flipped in most cases.
        let used: Vec<usize> = (0..contents.len()).filter(|at| bit == 0 || contents[*at] != 0).collect();
        let at = used[at.index(used.len())];
        contents[at] ^= 1 << bit;
        judge(&copy(&contents), &written);
    }

    #[test]
    fn a_cut_alters_nothing(at in any::<prop::sample::Index>(), closed in any::<bool>()) {
        let (disk, written) = left(closed);
        let contents = disk.contents();
        judge_cut(&contents[..at.index(contents.len())], &written);
    }

    #[test]
    fn a_block_written_over_alters_nothing(at in any::<prop::sample::Index>(), with in any::<u8>()) {
        let (disk, written) = good();
        let mut contents = disk.contents();
        let at = at.index(contents.len() / 512) * 512;
        contents[at..at + 512].fill(with);
        judge(&copy(&contents), &written);
    }

    #[test]
    fn power_that_goes_in_a_commit_takes_nothing_that_was_committed(after in 0_u64..40, seed in any::<u64>()) {
        let (good, written) = good();
        let disk = SimDisk::new(Random::seeded(seed));
        disk.set_contents(good.contents());
        let (file, _) = Disk::open(Box::new(SimVolume(disk.clone())), "Ball", |_| {}).unwrap();
        disk.cut_power_after(after);
        let newer: Vec<String> = (0..300).map(|client| line(client, 3)).collect();
        let committed = commit_all(&file, &store(&newer)).is_ok();
        disk.cut_power();
        drop(file);
        let (read, notice) = open(&disk);
        prop_assert_eq!(notice, None);
        let all: Vec<String> = written.iter().cloned().chain(newer).collect();
        let (read, old, new) = (lines(&read), lines(&store(&written)), lines(&store(&all)));
        prop_assert!(read == new || !committed && read == old);
    }
}

/// A file cut to nothing is a new one; of any other, something is said.
fn judge_cut(contents: &[u8], written: &[String]) {
    if contents.is_empty() {
        assert_eq!(open(&copy(contents)).0.len(), 0);
    } else {
        judge(&copy(contents), written);
    }
}

#[test]
fn a_start_that_is_interrupted_while_it_saves_what_is_whole_loses_none_of_it_in_silence() {
    let mut contents = good().0.contents();
    let at = memchr::memmem::find(&contents, b"client-7 ").unwrap();
    contents[at] ^= 1;
    let whole = lines(&open(&copy(&contents)).0);
    for operations in 0.. {
        let disk = copy(&contents);
        disk.cut_power_after(operations);
        let volume = || Box::new(SimVolume(disk.clone())) as Box<dyn Volume>;
        let opened = Journal::open(Durability::Always, volume, "Ball").is_ok();
        if opened && !disk.is_dead() {
            break;
        }
        disk.cut_power();
        assert_eq!(lines(&open(&disk).0), whole, "after {operations} operations");
    }
}
