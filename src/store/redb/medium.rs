//! What the store lies on: a file, or anything else that can be read, written and synced by offset.

use std::{
    fmt::Debug,
    fs::{self, File},
    io,
    path::PathBuf,
};

use redb::{Builder, Database, DatabaseError, StorageBackend, backends::FileBackend};

use super::zero_filled::ZeroFilled;

/// Where a database lies, so that it can be opened there again after a failed write.
pub(super) trait Medium: Debug + Send + Sync {
    /// What it is called in messages.
    fn name(&self) -> String;

    /// How many bytes it holds.
    fn length(&self) -> io::Result<u64>;

    /// Opens what is there. Of a file it is never asked while that is empty: this would make a database of it.
    fn open(&self, builder: &Builder) -> Result<Database, DatabaseError>;
}

impl Medium for PathBuf {
    fn name(&self) -> String {
        self.display().to_string()
    }

    fn length(&self) -> io::Result<u64> {
        Ok(fs::metadata(self)?.len())
    }

    fn open(&self, builder: &Builder) -> Result<Database, DatabaseError> {
        let file = File::options().read(true).write(true).open(self)?;
        builder.create_with_backend(ZeroFilled::new(FileBackend::new(file)?)?)
    }
}

/// A backend, every clone of which reaches the same bytes.
#[derive(Debug)]
pub(super) struct Backend<B>(pub(super) B);

impl<B: StorageBackend + Clone> Medium for Backend<B> {
    fn name(&self) -> String {
        "the store".to_owned()
    }

    fn length(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn open(&self, builder: &Builder) -> Result<Database, DatabaseError> {
        builder.create_with_backend(ZeroFilled::new(self.0.clone())?)
    }
}
