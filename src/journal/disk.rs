//! The records of one server on disk.

use redb::{
    Builder, Database, Durability, ReadTransaction, ReadableDatabase, ReadableTable, ReadableTableMetadata,
    TableDefinition, TableHandle,
};

use super::batch::Batch;
use super::error::DiskError;
use super::memory::Memory;
use super::salvage::salvage;
use super::slot::Slot;
use super::value::{line_of, prefix, record_of, write_key, write_value};
use super::volume::Volume;
use crate::command::AtLine;
use crate::planted::{Planted, is_planted};
use crate::store::{Bucket, Store};

/// What the file is: `format` and `server`.
const ABOUT: TableDefinition<'_, &str, &str> = TableDefinition::new("herd");
const RECORDS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("records");
/// How records are kept; another way gets another number.
const FORMAT: &str = "1";
/// Pages of the file that redb keeps in memory. The records are there already; the branches of the tree are
/// what every commit needs.
const CACHE: usize = 32 * 1024 * 1024;

/// One server's records on disk, shared with the threads that write and read them.
#[derive(Debug)]
pub struct Disk {
    volume: Box<dyn Volume>,
    server: String,
    slot: Slot,
}

/// What was found on disk.
#[derive(Debug)]
pub struct Found<L> {
    /// The lines.
    pub lines: L,
    /// Records that are not as they were written. They count as unknown: one of them is nobody else's trouble, and
    /// whatever is heard of its client takes its place.
    pub altered: u64,
}

/// What became of a file that was damaged.
#[derive(Debug)]
pub struct Damage {
    /// What is wrong with it.
    pub why: DiskError,
    /// Where it is now.
    pub aside: String,
    /// Whole records that were found in it, older ones of the same client included.
    pub found: u64,
    /// What looks like a record and is not as it was written.
    pub dropped: u64,
}

impl Disk {
    /// Opens the database of `server`, and hands each of its records to `each`. A damaged one is set aside
    /// instead, one that holds what could be found in it takes its place, and `each` gets that, in any order.
    ///
    /// # Errors
    ///
    /// If the file is another's, is in use, or cannot be read at all.
    pub fn open(
        volume: Box<dyn Volume>,
        server: &str,
        mut each: impl FnMut(&AtLine<'_>),
    ) -> Result<(Disk, Option<Damage>), DiskError> {
        let (disk, damage) = Disk::read(volume, server, &mut each)?;
        let damage = damage.map(|why| disk.replace(why, each)).transpose()?;
        Ok((disk, damage))
    }

    /// The same; but a damaged one is only closed, and it is for the caller to [replace](Disk::replace) it. What
    /// `each` got by then is not to be relied on.
    pub(super) fn read(
        volume: Box<dyn Volume>,
        server: &str,
        mut each: impl FnMut(&AtLine<'_>),
    ) -> Result<(Disk, Option<DiskError>), DiskError> {
        let disk = Disk { volume, server: server.to_owned(), slot: Slot::default() };
        match disk.attempt(|database| load(database, &mut each)) {
            Ok(()) => Ok((disk, None)),
            Err(why) if why.is_damage() => Ok((disk, Some(why))),
            Err(error) => Err(error),
        }
    }

    /// Puts a database of all that is whole in the place of a damaged one, in one step: whoever is interrupted
    /// begins again with the damaged one.
    pub(super) fn replace(
        &self,
        why: DiskError,
        mut each: impl FnMut(&AtLine<'_>),
    ) -> Result<Damage, DiskError> {
        let (mut found, mut store) = (0, Store::default());
        let dropped = salvage(&self.volume.read()?, |at| {
            found += 1;
            store.accept(at);
            each(at);
        });
        let aside = self.volume.replace(&database_of(&store, &self.server)?)?;
        self.attempt(|_| Ok(()))?;
        Ok(Damage { why, aside, found, dropped })
    }

    /// Writes all records of `batch`, or none. When it returns they outlive the power, and are in the file that the next
    /// start reads; if somebody had moved, removed or replaced that, it says so.
    ///
    /// # Errors
    ///
    /// redb's and the system's; the next call opens the file again, as redb wants it after any of them.
    pub fn commit(&self, batch: &Batch) -> Result<Option<String>, DiskError> {
        let before = self.put_back()?; // after a commit that failed the file is closed, and open() refuses another one
        self.attempt(|database| write(database, batch))?;
        Ok(self.put_back()?.or(before))
    }

    /// Sees to it that the file has its name: somebody may have moved, removed or replaced it. Says so then.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn put_back(&self) -> Result<Option<String>, DiskError> {
        if self.volume.is_in_place()? {
            return Ok(None);
        }
        self.slot.while_closed(|| match self.volume.is_in_place()? {
            true => Ok(None), // another thread has done it
            false => Ok(Some(self.volume.put_back()?)),
        })
    }

    /// The line of the client `id`.
    ///
    /// # Errors
    ///
    /// As [`Disk::commit`].
    pub fn get(&self, id: &[u8]) -> Result<Option<Vec<u8>>, DiskError> {
        Ok(self.get_all(&[id.to_vec()])?.lines.pop().flatten())
    }

    /// The line of each of these clients, as far as they are known.
    ///
    /// # Errors
    ///
    /// As [`Disk::commit`].
    pub fn get_all(&self, ids: &[Vec<u8>]) -> Result<Found<Vec<Option<Vec<u8>>>>, DiskError> {
        self.attempt(|database| {
            let records = database.begin_read()?.open_table(RECORDS)?;
            let mut altered = 0;
            let lines = ids.iter().map(|id| get(&records, id, &mut altered));
            Ok(Found { lines: lines.collect::<Result<_, _>>()?, altered })
        })
    }

    /// The lines of all clients of `bucket`, by id.
    ///
    /// # Errors
    ///
    /// As [`Disk::commit`].
    pub fn bucket(&self, bucket: Bucket) -> Result<Found<Vec<Vec<u8>>>, DiskError> {
        self.attempt(|database| {
            let records = database.begin_read()?.open_table(RECORDS)?;
            let from = prefix(bucket);
            let to = (bucket.number() + 1).to_be_bytes();
            let mut found = Found { lines: Vec::new(), altered: 0 };
            for entry in records.range(&from[..]..&to[..])? {
                let (key, value) = entry?;
                found.lines.extend(whole(key.value(), value.value(), &mut found.altered));
            }
            Ok(found)
        })
    }

    fn attempt<R>(&self, f: impl FnOnce(&Database) -> Result<R, DiskError>) -> Result<R, DiskError> {
        let open = || {
            let database = self.volume.open(&builder())?;
            claim(&database, &self.server)?;
            Ok(database)
        };
        self.slot.attempt(open, f)
    }
}

/// Every page is checked before any is believed: otherwise redb may panic on what a bad disk makes of them.
fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE).set_check_integrity_on_open(true);
    builder
}

/// The bytes of a database that holds what is in `store`.
fn database_of(store: &Store, server: &str) -> Result<Vec<u8>, DiskError> {
    let memory = Memory::default();
    let database = builder().create_with_backend(memory.clone())?;
    claim(&database, server)?;
    let mut batch = Batch::default();
    store.records().for_each(|record| batch.push(record));
    write(&database, &batch)?;
    drop(database);
    Ok(memory.take())
}

/// Checks whose database it is; a fresh one is this server's from now on.
fn claim(database: &Database, server: &str) -> Result<(), DiskError> {
    let read = database.begin_read()?;
    if read.list_tables()?.next().is_none() {
        return mark(database, server);
    }
    if !read.list_tables()?.any(|table| table.name() == ABOUT.name()) {
        return Err(DiskError::Foreign);
    }
    match (about(&read, "format")?, about(&read, "server")?) {
        (format, _) if format != FORMAT => Err(DiskError::OfFormat(format)),
        (_, name) if name != server => Err(DiskError::OfServer(name)),
        _ => Ok(()),
    }
}

fn about(read: &ReadTransaction, key: &str) -> Result<String, DiskError> {
    let value = read.open_table(ABOUT)?.get(key)?;
    Ok(value.map(|value| value.value().to_owned()).unwrap_or_default())
}

fn mark(database: &Database, server: &str) -> Result<(), DiskError> {
    let write = database.begin_write()?;
    {
        let mut about = write.open_table(ABOUT)?;
        about.insert("format", FORMAT)?;
        about.insert("server", server)?;
        write.open_table(RECORDS)?;
    }
    Ok(write.commit()?)
}

/// Hands every record to `each`.
fn load(database: &Database, each: &mut impl FnMut(&AtLine<'_>)) -> Result<(), DiskError> {
    let records = database.begin_read()?.open_table(RECORDS)?;
    let mut left = records.len()?;
    for entry in records.iter()? {
        let (key, value) = entry?;
        left = left.saturating_sub(1);
        if left == 0 && is_planted(Planted::ForgetsLastRecord) {
            return Ok(());
        }
        let record = record_of(key.value(), value.value());
        let altered = || DiskError::Damaged("a record is not as it was written".to_owned());
        each(&record.ok_or_else(altered)?);
    }
    if left == 0 { Ok(()) } else { Err(DiskError::Damaged(format!("{left} records are missing"))) }
}

fn get(
    records: &impl ReadableTable<&'static [u8], &'static [u8]>,
    id: &[u8],
    altered: &mut u64,
) -> Result<Option<Vec<u8>>, DiskError> {
    let mut key = Vec::new();
    write_key(id, &mut key);
    let value = records.get(&key[..])?;
    Ok(value.and_then(|value| whole(&key, value.value(), altered)))
}

/// The line of a record that is as it was written; another is counted.
fn whole(key: &[u8], value: &[u8], altered: &mut u64) -> Option<Vec<u8>> {
    let line = record_of(key, value).and_then(|_| line_of(value));
    *altered += u64::from(line.is_none());
    line.map(<[u8]>::to_vec)
}

fn write(database: &Database, batch: &Batch) -> Result<(), DiskError> {
    let mut write = database.begin_write()?;
    // Synced once before it is the last commit, and once more as that: so a last commit that is not whole is
    // damage and nothing else. With one sync redb takes it for torn, and goes back to the one before in silence.
    write.set_two_phase_commit(true);
    if is_planted(Planted::CommitWithoutSync) {
        write.set_durability(Durability::None)?;
    }
    insert(&mut write.open_table(RECORDS)?, batch)?;
    Ok(write.commit()?)
}

/// In the order of the keys: the tree's pages are then touched once each, and not once for each record. A client
/// may be there twice, and then the newer record comes last.
fn insert(records: &mut redb::Table<'_, &[u8], &[u8]>, batch: &Batch) -> Result<(), DiskError> {
    let mut entries: Vec<(Bucket, &[u8], &[u8])> =
        batch.iter().map(|(id, line)| (Bucket::of(id), id, line)).collect();
    entries.sort_by_key(|(bucket, id, _)| (*bucket, *id));
    let (mut key, mut value) = (Vec::new(), Vec::new());
    for (_, id, line) in entries {
        write_key(id, &mut key);
        write_value(line, &mut value);
        if is_planted(Planted::AltersWhatItStores) && line.ends_with(b"00") {
            write_value(&line[..line.len() - 1], &mut value);
        }
        if is_planted(Planted::KeepsOlderOnDisk) && records.get(&key[..])?.is_some() {
            continue;
        }
        records.insert(&key[..], &value[..])?;
    }
    Ok(())
}
