//! The directory in one redb file.
//!
//! Rows stand by id, as JSON but for users (`rows.rs`); everything else is an index that the same
//! transaction keeps in step (`tables.rs` names them all). Commits are durable and in two phases, so that
//! the file opens at once after a crash, however large it is. For that each commit carries a map of the
//! file's pages, 64 KiB for a gibibyte: what is kept in numbers, recorded exchanges above all, is kept small
//! (`exchanges.rs`). What the file grows by is written with zeros first, a piece at a time (`zero_filled.rs`).

mod access;
mod blocks;
mod check;
mod encoding;
mod exchanges;
mod guarded;
mod keep;
mod medium;
mod open;
mod overlay;
mod read;
mod rows;
mod tables;
mod upgrade;
mod upkeep;
mod write;
mod zero_filled;

use std::{
    fmt::Display,
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard},
};

use redb::{Database, Durability, ReadTransaction, ReadableDatabase, StorageBackend};

pub use self::upkeep::Compacted;
use self::{
    guarded::Guarded,
    medium::{Backend, Medium},
    read::Rows,
    tables::{ReadTables, WriteTables},
};
use super::{Ending, Observations, Snapshot, Store, StoreError, Transaction as _, Work};
use crate::directory::ReadError;

/// The file's name in the data directory.
pub const FILE_NAME: &str = "rolecall.redb";
/// The name of the file that says which process has the data directory.
pub const LOCK_NAME: &str = "rolecall.lock";

/// The directory in a file, `rolecall.redb`, which only one process has open at a time.
#[derive(Debug)]
pub struct RedbStore {
    medium: Box<dyn Medium>,
    /// The newest commit as it is read, with its tables opened; `None` when something may have been
    /// committed since. Declared before the file, which it keeps open.
    newest: Mutex<Option<Arc<Rows<ReadTables>>>>,
    /// `None` after reopening has failed.
    database: RwLock<Option<Database>>,
    /// Locked as long as the store lives, where it is a file. Declared last, so that the file is
    /// closed before.
    _lock: Option<File>,
}

impl RedbStore {
    /// Opens the store in a data directory, and makes both where there is none. The directory
    /// and the files are for the owner only.
    ///
    /// # Errors
    /// [`StoreError::InUse`] where another process has it open, [`StoreError::Newer`] where a
    /// newer version has written it, [`StoreError::Damaged`] where the file is not what rolecall
    /// has written; each says what to do.
    pub fn open(data_dir: &Path) -> Result<Self, StoreError> {
        open::make_directory(data_dir)?;
        let lock = open::lock(data_dir)?;
        let path = data_dir.join(FILE_NAME);
        if !path.try_exists().map_err(failed)? {
            open::make(&path)?;
        }
        Ok(Self {
            database: RwLock::new(Some(open::open_file(&path)?)),
            newest: Mutex::default(),
            medium: Box::new(path),
            _lock: Some(lock),
        })
    }

    /// Opens the store on something else than a file, and makes it where there is nothing yet: the
    /// faults of a disk are played on such a backend. Every clone must reach the same bytes, for
    /// the store is opened again after a failed write.
    ///
    /// # Errors
    /// As [`Self::open`]; [`StoreError::InUse`] only where the backend knows locks.
    pub fn open_on(backend: impl StorageBackend + Clone) -> Result<Self, StoreError> {
        let medium = Backend(backend);
        if medium.length().map_err(failed)? == 0 {
            open::make_on(&medium)?;
        }
        Ok(Self {
            database: RwLock::new(Some(open::open(&medium)?)),
            newest: Mutex::default(),
            medium: Box::new(medium),
            _lock: None,
        })
    }

    /// Where a data directory has the file.
    pub fn file(data_dir: &Path) -> PathBuf {
        data_dir.join(FILE_NAME)
    }

    /// Compares every page of the file with its checksum, and what is free with what is used; says
    /// what is wrong, if something is. Reads all of it and writes nothing.
    ///
    /// # Errors
    /// [`StoreError::InUse`] where a process has it open, [`StoreError::Failed`] where it cannot be
    /// read.
    pub fn verify(data_dir: &Path) -> Result<Option<String>, StoreError> {
        upkeep::verify(data_dir)
    }

    /// Gives the disk back that the file does not need any more. A power cut meanwhile loses nothing.
    ///
    /// # Errors
    /// As [`Self::open`]; damaged files are left as they are.
    pub fn compact(data_dir: &Path) -> Result<Compacted, StoreError> {
        upkeep::compact(data_dir)
    }

    /// The process that has, or last had, the data directory open, as its lock file tells.
    pub fn running_process(data_dir: &Path) -> Option<u32> {
        open::running_process(data_dir)
    }

    fn database(&self) -> RwLockReadGuard<'_, Option<Database>> {
        self.database.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locked before the database, where both are.
    fn newest(&self) -> MutexGuard<'_, Option<Arc<Rows<ReadTables>>>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One durable transaction, after which everyone reads anew.
    fn transact(
        &self,
        work: impl FnOnce(&mut Rows<WriteTables<'_>>) -> Result<Ending, StoreError>,
    ) -> Result<(), StoreError> {
        let done = transact(opened(self.database().as_ref())?, work);
        *self.newest() = None;
        done
    }

    /// Begins to read. Where the file could not be opened again after a failed write, that is tried
    /// first: whoever only reads shall not have to wait for the next write.
    fn begin_read(&self) -> Result<ReadTransaction, StoreError> {
        if self.database().is_none() {
            let database = self.database.write();
            let mut database = database.unwrap_or_else(PoisonError::into_inner);
            if database.is_none() {
                *database = Some(open::open(&*self.medium)?);
            }
        }
        let database = self.database();
        opened(database.as_ref())?.begin_read().map_err(failed)
    }
}

impl Store for RedbStore {
    fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        // Held while it is read anew, so that what is kept was not overtaken by a commit meanwhile.
        let mut newest = self.newest();
        if newest.is_none() {
            let transaction = super::guarded(|| self.begin_read())?;
            *newest = Some(Arc::new(Rows(ReadTables::new(transaction))));
        }
        match &*newest {
            Some(rows) => Ok(Box::new(Guarded(Arc::clone(rows)))),
            None => Err(closed()),
        }
    }

    fn write(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        self.transact(|rows| work(rows))
    }

    fn observe(&self, observations: &Observations) -> Result<(), StoreError> {
        self.transact(|rows| {
            rows.note(observations)?;
            rows.trim(observations)?;
            Ok(Ending::Commit)
        })
    }

    fn check(&self) -> Result<Vec<String>, StoreError> {
        let rows = Rows(ReadTables::new(self.begin_read()?));
        super::guarded(|| {
            let mut found = super::check(&rows)?;
            found.extend(check::check(&rows)?);
            Ok(found)
        })
    }

    fn describe(&self) -> String {
        self.medium.name()
    }

    fn size(&self) -> Option<u64> {
        self.medium.length().ok()
    }

    fn reopen(&self) -> Result<(), StoreError> {
        let mut newest = self.newest();
        let mut database = self
            .database
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        // Closed first, since the file can be open only once; that closing fails, too, says nothing new.
        *newest = None;
        drop(database.take());
        *database = Some(open::open(&*self.medium)?);
        Ok(())
    }
}

fn opened(database: Option<&Database>) -> Result<&Database, StoreError> {
    database.ok_or_else(closed)
}

fn closed() -> StoreError {
    StoreError::Failed(
        "the file is closed, for it could not be opened again after a failed write".to_owned(),
    )
}

/// One durable transaction. Whatever goes wrong in it, nothing of it is there afterwards.
fn transact(
    database: &Database,
    work: impl FnOnce(&mut Rows<WriteTables<'_>>) -> Result<Ending, StoreError>,
) -> Result<(), StoreError> {
    let mut transaction = database.begin_write().map_err(failed)?;
    transaction
        .set_durability(Durability::Immediate)
        .map_err(failed)?;
    transaction.set_quick_repair(true);
    let mut rows = Rows(WriteTables::new(&transaction));
    let ending = work(&mut rows)?;
    if ending == Ending::Commit {
        rows.finish()?;
    }
    drop(rows);
    match ending {
        Ending::Commit => transaction.commit().map_err(failed),
        Ending::Discard => transaction.abort().map_err(failed),
    }
}

fn failed(error: impl Into<redb::Error>) -> StoreError {
    match error.into() {
        redb::Error::Corrupted(what) => StoreError::Damaged(format!(
            "the store is damaged ({what}); stop rolecall and restore a backup"
        )),
        error => StoreError::Failed(error.to_string()),
    }
}

fn unreadable(error: impl Display) -> ReadError {
    ReadError(error.to_string())
}

#[cfg(test)]
mod tests;
