//! The file of a disk, as one process has it open.

use std::io;

use redb::StorageBackend;

use super::{Drive, SimDisk};

/// The file, open. Once its process is gone (killed, or the power with it) every operation fails.
#[derive(Debug)]
pub struct SimFile {
    disk: SimDisk,
    process: u64,
}

impl SimFile {
    pub(super) fn new(disk: SimDisk, process: u64) -> SimFile {
        SimFile { disk, process }
    }

    fn operate<R>(&self, f: impl FnOnce(&mut Drive) -> io::Result<R>) -> io::Result<R> {
        let drive = &mut *self.disk.drive();
        if drive.process != self.process {
            return Err(io::Error::other("the process is gone"));
        }
        drive.faults.pass(&mut drive.counts)?;
        f(drive)
    }
}

impl Drive {
    /// Whether there is room for what would take the file up to `end`.
    fn make_room(&mut self, end: u64, allocated: u64) -> io::Result<()> {
        if self.faults.is_full && end > allocated {
            self.counts.full += 1;
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

impl StorageBackend for SimFile {
    fn len(&self) -> io::Result<u64> {
        self.operate(|drive| Ok(drive.platter.len()))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.operate(|drive| drive.platter.read(offset, out))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.operate(|drive| {
            drive.make_room(len, drive.platter.len())?;
            drive.platter.set_len(len);
            Ok(())
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.operate(|drive| {
            drive.counts.syncs += 1;
            drive.platter.sync();
            Ok(())
        })
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.operate(|drive| {
            let end = offset.saturating_add(data.len() as u64);
            drive.make_room(end, drive.platter.allocated())?;
            drive.platter.write(offset, data)
        })
    }
}
