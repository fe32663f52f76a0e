//! The database of a file, open for as long as nothing goes wrong with it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use reactor::panic_text;
use redb::Database;

use super::DiskError;

/// Where all threads find the database. Whoever uses it holds the lock as a reader until he is done. So it is closed
/// under nobody, and a file that is still in use is not opened again.
#[derive(Debug, Default)]
pub(super) struct Slot(RwLock<Opened>);

#[derive(Debug, Default)]
struct Opened {
    /// `None`: something went wrong, and it is opened again for the next who wants it.
    database: Option<Database>,
    /// How often it has been opened.
    times: u64,
}

impl Slot {
    /// Lets `f` use the database, which `open` opens if it is not.
    ///
    /// # Errors
    ///
    /// Those of both. After one of `f` the database is closed, as redb wants it after any of them.
    pub(super) fn attempt<R>(
        &self,
        open: impl Fn() -> Result<Database, DiskError>,
        f: impl FnOnce(&Database) -> Result<R, DiskError>,
    ) -> Result<R, DiskError> {
        loop {
            let opened = self.read();
            if let Some(database) = &opened.database {
                let (result, times) = (contain(|| f(database)), opened.times);
                drop(opened);
                if result.is_err() {
                    self.close(times);
                }
                return result;
            }
            drop(opened);
            self.open(&open)?;
        }
    }

    /// Closes the database, and lets nobody open it again before `f` is done.
    ///
    /// # Errors
    ///
    /// Those of `f`.
    pub(super) fn while_closed<R>(&self, f: impl FnOnce() -> Result<R, DiskError>) -> Result<R, DiskError> {
        let mut opened = self.write();
        opened.close();
        f()
    }

    fn open(&self, open: impl FnOnce() -> Result<Database, DiskError>) -> Result<(), DiskError> {
        let mut opened = self.write();
        if opened.database.is_none() {
            opened.database = Some(contain(open)?);
            opened.times += 1;
        }
        Ok(())
    }

    /// Closes the database, unless another was opened since it failed: that one is well.
    fn close(&self, times: u64) {
        let mut opened = self.write();
        if opened.times == times {
            opened.close();
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Opened> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever panicked while he held it left a database or none, and both are whole.
    fn write(&self) -> RwLockWriteGuard<'_, Opened> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Opened {
    /// redb writes its last page then, which may fail as anything else.
    fn close(&mut self) {
        let database = self.database.take();
        let _ = contain(|| {
            drop(database);
            Ok(())
        });
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let times = self.read().times;
        self.close(times);
    }
}

/// redb promises errors for damaged pages where it looks for them, and elsewhere may panic. As the reactor does
/// with a callback's, a panic is made an error of whoever asked: it must not end a server that can do without
/// the file. What unwinds was redb's, and it is closed then.
fn contain<R>(f: impl FnOnce() -> Result<R, DiskError>) -> Result<R, DiskError> {
    let outcome = catch_unwind(AssertUnwindSafe(f));
    outcome.unwrap_or_else(|panic| Err(DiskError::Damaged(format!("redb panicked: {}", panic_text(&*panic)))))
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    use std::thread;

    use redb::Builder;

    use super::super::{FileVolume, Volume};
    use super::*;

    fn fail(_: &Database) -> Result<(), DiskError> {
        Err(DiskError::Foreign)
    }

    fn succeed(_: &Database) -> Result<(), DiskError> {
        Ok(())
    }

    #[test]
    fn a_real_file_is_not_opened_again_while_another_thread_is_still_at_it() {
        let folder = tempfile::tempdir().unwrap();
        let volume = FileVolume::new(folder.path().join("Ball.redb"));
        let (slot, open) = (Slot::default(), || Ok(volume.open(&Builder::new())?));
        let [both_are_at_it, one_fails] = [Barrier::new(2), Barrier::new(2)];
        thread::scope(|scope| {
            scope.spawn(|| {
                let commit = slot.attempt(open, |database| {
                    both_are_at_it.wait();
                    one_fails.wait();
                    let write = database.begin_write()?;
                    Ok(write.commit()?) // it takes a while, and the other goes on meanwhile
                });
                commit.unwrap();
            });
            let failing = slot.attempt(open, |database| {
                both_are_at_it.wait();
                one_fails.wait();
                fail(database)
            });
            assert!(matches!(failing, Err(DiskError::Foreign)));
            slot.attempt(open, succeed).unwrap();
        });
    }

    #[test]
    fn whoever_fails_late_does_not_close_what_another_has_opened_since() {
        let opened = AtomicU32::new(0);
        let open = || {
            opened.fetch_add(1, Relaxed);
            Ok(Builder::new().create_with_backend(redb::backends::InMemoryBackend::new())?)
        };
        let slot = Slot::default();
        slot.attempt(open, fail).unwrap_err();
        slot.attempt(open, succeed).unwrap();
        slot.close(1); // as of a second thread that failed with the first database, too
        slot.attempt(open, succeed).unwrap();
        assert_eq!(opened.load(Relaxed), 2);
        slot.attempt(open, fail).unwrap_err();
        slot.attempt(open, succeed).unwrap();
        assert_eq!(opened.load(Relaxed), 3);
    }
}
