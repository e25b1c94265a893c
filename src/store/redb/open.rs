//! Making and opening: who may, and what is refused rather than guessed.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{ErrorKind, Read as _, Seek as _, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use redb::{Builder, Database, DatabaseError, ReadableDatabase, StorageError, TableDefinition};

use super::{
    FILE_NAME, LOCK_NAME, failed,
    medium::Medium,
    tables::META,
    transact,
    upgrade::{LATEST, OLDEST, STEPS, upgrade},
};
use crate::store::{Ending, StoreError};

/// What redb may keep of the file in memory, in bytes; a quarter more is taken for it. The operating system
/// caches the file, too: a look-up among a million users is no faster with 192 MiB, and the process much larger.
const CACHE_BYTES: usize = 8 * 1024 * 1024;

/// Makes the data directory, for the owner only.
pub(super) fn make_directory(directory: &Path) -> Result<(), StoreError> {
    let there = directory.is_dir();
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(directory)
        .map_err(|error| cannot("make the data directory", directory, &error))?;
    // A directory with other things in it is not ours alone.
    let ours = !there
        || directory.join(FILE_NAME).exists()
        || fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_none());
    if ours {
        close_to_others(directory, 0o700);
    }
    Ok(())
}

/// Takes the data directory for this process, as long as the file is open.
pub(super) fn lock(directory: &Path) -> Result<File, StoreError> {
    let path = directory.join(LOCK_NAME);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options
        .open(&path)
        .map_err(|error| cannot("open the lock file", &path, &error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(in_use(directory, &mut file)),
        Err(TryLockError::Error(error)) => return Err(cannot("lock", &path, &error)),
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(|error| cannot("write the lock file", &path, &error))?;
    Ok(file)
}

/// The process that the lock file names.
pub(super) fn running_process(directory: &Path) -> Option<u32> {
    named_process(&mut File::open(directory.join(LOCK_NAME)).ok()?)
}

fn named_process(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn in_use(directory: &Path, lock: &mut File) -> StoreError {
    let process = match named_process(lock) {
        Some(pid) => format!("process {pid}"),
        None => "another process".to_owned(),
    };
    StoreError::InUse(format!(
        "The data directory {} is in use by {process}; stop that one, or choose another directory with --data.",
        directory.display()
    ))
}

/// Makes an empty store. It gets its name when it is whole, so that a file with that name always
/// is one.
pub(super) fn make(path: &Path) -> Result<(), StoreError> {
    let unfinished = path.with_extension("redb.new");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(cannot("remove", &unfinished, &error));
        }
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(&unfinished)
        .map_err(|error| cannot("make", &unfinished, &error))?;
    fill(builder().create(&unfinished).map_err(failed)?)?;
    fs::rename(&unfinished, path).map_err(|error| cannot("make", path, &error))?;
    // The name itself must survive a power cut.
    if let Some(directory) = path.parent() {
        File::open(directory)
            .and_then(|directory| directory.sync_all())
            .map_err(|error| cannot("write", directory, &error))?;
    }
    Ok(())
}

/// Makes every table in a new database, and closes it.
fn fill(database: Database) -> Result<(), StoreError> {
    transact(&database, |rows| {
        rows.0.make_all()?;
        rows.0.meta.put("schema", LATEST)?;
        Ok(Ending::Commit)
    })?;
    database.close().map_err(failed)
}

/// How every database is opened.
pub(super) fn builder() -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

/// Makes an empty store where there is nothing, not even a name that says whether it is whole.
pub(super) fn make_on(medium: &dyn Medium) -> Result<(), StoreError> {
    fill(medium.open(&builder()).map_err(failed)?)
}

/// Opens the file that is there, for its owner only.
pub(super) fn open_file(path: &PathBuf) -> Result<Database, StoreError> {
    close_to_others(path, 0o600);
    open(path)
}

/// Opens the store that is there.
pub(super) fn open(medium: &dyn Medium) -> Result<Database, StoreError> {
    let name = medium.name();
    let length = medium
        .length()
        .map_err(|error| StoreError::Failed(format!("cannot read {name}: {error}")))?;
    if length == 0 {
        return Err(damaged(&name, "it is empty"));
    }
    // redb may panic on a file that something else has written to, and while it lets go of it.
    let opening = AssertUnwindSafe(|| {
        let database = medium
            .open(&builder())
            .map_err(|error| refused(&name, error))?;
        bring_up(&name, &database)?;
        Ok(database)
    });
    catch_unwind(opening).unwrap_or_else(|_| Err(damaged(&name, "its pages contradict each other")))
}

/// Brings what an older version has written to the latest layout. A newer one is refused, for this
/// version cannot know what it would break.
fn bring_up(name: &str, database: &Database) -> Result<(), StoreError> {
    let schema = written_layout(database).map_err(|error| match error {
        redb::Error::Io(error) if is_about_access(&error) => {
            StoreError::Failed(format!("cannot read {name}: {error}"))
        }
        error => damaged(name, &error.to_string()),
    })?;
    match schema {
        Some(LATEST) => Ok(()),
        Some(older @ OLDEST..LATEST) => upgrade(name, database, older, STEPS),
        Some(newer) if newer > LATEST => Err(StoreError::Newer(format!(
            "{name} was written by a newer version of rolecall (layout {newer}; this version knows {LATEST}); \
             install that version again, or restore a backup made with this one."
        ))),
        _ => Err(damaged(name, "it does not say which layout it has")),
    }
}

fn written_layout(database: &Database) -> Result<Option<u64>, redb::Error> {
    let meta = TableDefinition::<&str, u64>::new(META);
    let meta = database.begin_read()?.open_table(meta)?;
    let layout = meta.get("schema")?;
    Ok(layout.map(|layout| layout.value()))
}

/// Whether it is the disk or the system that failed, rather than what was read.
fn is_about_access(error: &std::io::Error) -> bool {
    !matches!(
        error.kind(),
        ErrorKind::InvalidData | ErrorKind::UnexpectedEof
    )
}

fn refused(name: &str, error: DatabaseError) -> StoreError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => StoreError::InUse(format!(
            "{name} is open in another process; stop that one, or choose another directory with --data."
        )),
        DatabaseError::UpgradeRequired(version) => damaged(
            name,
            &format!("its file format {version} is not one that rolecall has ever written"),
        ),
        DatabaseError::Storage(StorageError::Io(error)) if is_about_access(&error) => {
            StoreError::Failed(format!("cannot open {name}: {error}"))
        }
        error => damaged(name, &error.to_string()),
    }
}

fn damaged(name: &str, why: &str) -> StoreError {
    StoreError::Damaged(format!(
        "{name} is not a store that rolecall can read: {why}. Move it away and restore a backup, or start anew \
         with another directory."
    ))
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Failed(format!("cannot {what} {}: {error}", path.display()))
}

/// Takes away what others may do with the file or directory. Where that is not possible, since
/// it belongs to someone else, the log says so.
#[cfg(unix)]
fn close_to_others(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    let Ok(metadata) = fs::metadata(path) else {
        return;
    };
    let for_others = metadata.permissions().mode() & 0o077;
    if for_others == 0 {
        return;
    }
    if let Err(error) = fs::set_permissions(path, fs::Permissions::from_mode(mode)) {
        tracing::warn!(path = %path.display(), %error, "others may read this, and it cannot be changed");
    }
}

#[cfg(not(unix))]
fn close_to_others(_path: &Path, _mode: u32) {}
