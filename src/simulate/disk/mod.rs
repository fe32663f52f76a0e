//! A simulated disk that holds one file, and forgets, tears, fills up and fails as disks do.
//!
//! kill -9 does not test whether somebody syncs: the kernel keeps what was written. So here a cut of the power
//! takes from the file what was not synced, whole writes or single sectors of them, as the disk's generator
//! draws it. Every fault strikes whoever has the file open; whoever opens it afterwards sees what is left.

mod faults;
mod file;
mod platter;
mod volume;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reactor::Random;

pub use faults::DiskCounts;
pub use file::SimFile;
pub use volume::SimVolume;

use faults::Faults;
use platter::Platter;

/// The disk of one host. A clone is the same disk: it outlives the processes that use it, so whoever crashes
/// hosts keeps one.
///
/// ```
/// use herd::simulate::SimDisk;
/// use reactor::Random;
/// use redb::StorageBackend;
///
/// let disk = SimDisk::new(Random::seeded(1));
/// let file = disk.open();
/// file.set_len(4)?;
/// file.write(0, b"kept")?;
/// file.sync_data()?;
/// disk.cut_power();
/// assert!(file.len().is_err(), "its process is gone");
/// let mut bytes = [0; 4];
/// disk.open().read(0, &mut bytes)?;
/// assert_eq!(&bytes, b"kept");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SimDisk(Arc<Mutex<Drive>>);

/// What is behind the lock.
#[derive(Debug)]
struct Drive {
    platter: Platter,
    faults: Faults,
    random: Random,
    /// Files that were opened under another number belong to processes that are gone.
    process: u64,
    counts: DiskCounts,
    /// What was set aside, as it was.
    aside: Vec<Vec<u8>>,
}

impl SimDisk {
    /// A disk with an empty file, whose every choice is drawn from `random`.
    pub fn new(random: Random) -> SimDisk {
        SimDisk(Arc::new(Mutex::new(Drive {
            platter: Platter::default(),
            faults: Faults::default(),
            random,
            process: 0,
            counts: DiskCounts::default(),
            aside: Vec::new(),
        })))
    }

    /// Opens the file, as a process does that has just been started.
    pub fn open(&self) -> SimFile {
        SimFile::new(self.clone(), self.drive().process)
    }

    /// The process that uses the disk dies, and the machine goes on: what was written stays.
    pub fn kill(&self) {
        let drive = &mut *self.drive();
        drive.process += 1;
        drive.faults.power = None;
    }

    /// The power goes: of what was not synced, whole writes are forgotten and others torn. It is back at once,
    /// for whoever opens the file next.
    pub fn cut_power(&self) {
        let drive = &mut *self.drive();
        drive.process += 1;
        drive.faults.power = None;
        drive.counts.cuts += 1;
        let lost = drive.platter.forget(&mut drive.random);
        drive.counts.forgotten += lost.forgotten;
        drive.counts.torn += lost.torn;
    }

    /// The power goes in the midst of things: after so many more operations everything fails, until
    /// [`SimDisk::cut_power`] or [`SimDisk::kill`].
    pub fn cut_power_after(&self, operations: u64) {
        self.drive().faults.power = Some(operations);
    }

    /// Whether the power has gone, as [`SimDisk::cut_power_after`] wanted it: crash the host, then
    /// [`SimDisk::cut_power`].
    pub fn is_dead(&self) -> bool {
        self.drive().faults.power == Some(0)
    }

    /// After so many more operations one fails (EIO), or with `lasting` all of them do.
    pub fn fail_after(&self, operations: u64, lasting: bool) {
        self.drive().faults.fail_after(operations, lasting);
    }

    /// Other files take up what room there is (ENOSPC).
    pub fn fill(&self) {
        self.drive().faults.is_full = true;
    }

    /// There is room again, and nothing fails any more.
    pub fn mend(&self) {
        self.drive().faults.mend();
    }

    /// So many bits of the file turn over, in what is safe on the disk too: let nobody have it open.
    pub fn flip_bits(&self, count: u64) {
        let drive = &mut *self.drive();
        drive.counts.flipped += drive.platter.flip(count, &mut drive.random);
    }

    /// Cuts the file to `length` bytes, as a torn tail does: let nobody have it open.
    pub fn truncate(&self, length: usize) {
        self.drive().platter.truncate(length);
    }

    /// What has happened so far.
    pub fn counts(&self) -> DiskCounts {
        self.drive().counts.clone()
    }

    /// What the file holds at this moment.
    pub fn contents(&self) -> Vec<u8> {
        self.drive().platter.contents().to_vec()
    }

    /// The file becomes this, and all of it is safe.
    pub fn set_contents(&self, contents: Vec<u8>) {
        self.drive().platter = Platter::of(contents);
    }

    /// Moves the file aside and begins an empty one; says how many were set aside so far.
    pub fn set_aside(&self) -> usize {
        let drive = &mut *self.drive();
        let old = std::mem::take(&mut drive.platter);
        drive.aside.push(old.contents().to_vec());
        drive.process += 1;
        drive.aside.len()
    }

    /// What was set aside, the oldest first.
    pub fn aside(&self) -> Vec<Vec<u8>> {
        self.drive().aside.clone()
    }

    /// A panic of somebody who holds the lock leaves plain bytes, which are as whole as ever.
    fn drive(&self) -> MutexGuard<'_, Drive> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use redb::StorageBackend;

    use super::*;

    fn disk(seed: u64) -> SimDisk {
        SimDisk::new(Random::seeded(seed))
    }

    fn written(disk: &SimDisk, bytes: &[u8]) -> SimFile {
        let file = disk.open();
        file.set_len(bytes.len() as u64).unwrap();
        file.write(0, bytes).unwrap();
        file
    }

    #[test]
    fn what_was_synced_outlives_the_power_and_what_was_not_may_not() {
        let (mut kept, mut forgotten, mut torn) = (0, 0, 0);
        for seed in 0..200 {
            let disk = disk(seed);
            let file = written(&disk, &[1; 2048]);
            file.sync_data().unwrap();
            file.write(0, &[2; 2048]).unwrap();
            disk.cut_power();
            let contents = disk.contents();
            assert!(contents.chunks(512).all(|sector| sector == [1; 512] || sector == [2; 512]), "{seed}");
            let new = contents.chunks(512).filter(|sector| sector[0] == 2).count();
            kept += u32::from(new == 4);
            forgotten += u32::from(new == 0);
            torn += u32::from(new > 0 && new < 4);
        }
        assert!(kept > 20 && forgotten > 20 && torn > 20, "{kept} kept, {forgotten} forgotten, {torn} torn");
    }

    #[test]
    fn a_kill_takes_nothing_that_was_written() {
        let disk = disk(1);
        let file = written(&disk, b"written");
        disk.kill();
        assert!(file.write(0, b"ghost").is_err());
        assert_eq!(disk.contents(), b"written");
        disk.cut_power();
        assert_ne!(disk.counts().cuts, 0);
    }

    #[test]
    fn the_power_can_go_between_two_operations() {
        let disk = disk(1);
        let file = written(&disk, b"old");
        file.sync_data().unwrap();
        disk.cut_power_after(1);
        assert!(!disk.is_dead());
        file.write(0, b"new").unwrap();
        assert!(disk.is_dead());
        assert!(file.sync_data().is_err() && file.len().is_err());
        disk.cut_power();
        assert!(!disk.is_dead());
        assert!([b"old", b"new"].contains(&&disk.contents()[..].try_into().unwrap()));
    }

    #[test]
    fn it_fails_once_or_until_it_is_mended() {
        let disk = disk(1);
        let file = written(&disk, b"abc");
        disk.fail_after(1, false);
        assert!(file.len().is_ok() && file.len().is_err() && file.len().is_ok());
        disk.fail_after(0, true);
        assert!((0..9).all(|_| file.sync_data().is_err()));
        disk.mend();
        file.sync_data().unwrap();
        assert_eq!(disk.counts().errors, 10);
    }

    #[test]
    fn a_full_disk_lets_what_is_there_be_overwritten_and_nothing_be_added() {
        let disk = disk(1);
        let file = written(&disk, b"abc");
        file.set_len(1000).unwrap();
        disk.fill();
        file.write(0, b"xyz").unwrap();
        let full = std::io::ErrorKind::StorageFull;
        assert_eq!(file.set_len(2000).unwrap_err().kind(), full);
        assert_eq!(file.write(900, b"!").unwrap_err().kind(), full, "there is a hole");
        disk.mend();
        file.write(900, b"!").unwrap();
        assert_eq!(disk.counts().full, 2);
    }

    #[test]
    fn bits_flip_where_nobody_synced_them_away() {
        let disk = disk(3);
        written(&disk, &[0; 64]).sync_data().unwrap();
        disk.flip_bits(2);
        disk.cut_power();
        let ones: u32 = disk.contents().iter().map(|byte| byte.count_ones()).sum();
        assert!(ones == 2 || ones == 0, "the same bit may flip twice: {ones}");
        assert_eq!(disk.counts().flipped, 2);
    }

    #[test]
    fn a_file_that_is_set_aside_is_kept_and_a_fresh_one_begins() {
        let disk = disk(1);
        written(&disk, b"damaged");
        assert_eq!(disk.set_aside(), 1);
        assert_eq!(disk.contents(), b"");
        assert_eq!(disk.aside(), [b"damaged"]);
    }

    #[test]
    fn equal_seeds_forget_the_same() {
        let run = |seed| {
            let disk = disk(seed);
            for round in 0..8 {
                let file = disk.open();
                file.set_len(4096).unwrap();
                file.write(round * 300, &[u8::try_from(round).unwrap() + 1; 1500]).unwrap();
                disk.cut_power();
            }
            disk.contents()
        };
        assert_eq!(run(5), run(5));
        assert_ne!(run(5), run(6));
    }
}
