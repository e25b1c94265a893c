//! What is done to the file while no server runs: verifying its pages, and giving disk back.

use std::{fs, io, path::Path};

use super::{
    FILE_NAME, failed,
    open::{self, builder},
    overlay::Overlay,
    transact,
};
use crate::store::{Ending, StoreError, guarded};

/// How long the file was before it was compacted, and how long it is now, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compacted {
    /// Before.
    pub before: u64,
    /// Now.
    pub after: u64,
}

/// Compares every page with its checksum, and what is free with what is used, and says what is wrong.
/// Nothing is written: even what opening would mend stays as it is.
pub(super) fn verify(directory: &Path) -> Result<Option<String>, StoreError> {
    let _lock = open::lock(directory)?;
    verify_file(&directory.join(FILE_NAME))
}

fn verify_file(path: &Path) -> Result<Option<String>, StoreError> {
    let overlay = Overlay::open(path).map_err(|error| unreadable(path, &error))?;
    let verified = guarded(|| match builder().create_with_backend(overlay) {
        Ok(mut database) => database.check_integrity().map_err(failed),
        // Opening the file itself will tell what it is, and what to do.
        Err(_) => Ok(true),
    });
    match verified {
        Ok(true) => Ok(None),
        Ok(false) => Ok(Some(
            "The file's own account of its pages contradicts them.".to_owned(),
        )),
        Err(StoreError::Damaged(_)) => Ok(Some(
            "Pages of the file do not hold what was written to them.".to_owned(),
        )),
        Err(error) => Err(error),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Failed(format!("cannot read {}: {error}", path.display()))
}

/// Moves what is used to the beginning of the file, and cuts off the rest.
pub(super) fn compact(directory: &Path) -> Result<Compacted, StoreError> {
    let _lock = open::lock(directory)?;
    let path = directory.join(FILE_NAME);
    let length = || match fs::metadata(&path) {
        Ok(metadata) => Ok(metadata.len()),
        Err(error) => Err(unreadable(&path, &error)),
    };
    let before = length()?;
    // A page that is moved gets a checksum of what is there, so that damage could not be told any more.
    if let Some(problem) = verify_file(&path)? {
        return Err(StoreError::Damaged(format!(
            "{problem} Nothing was compacted: move {} away and restore a backup.",
            path.display()
        )));
    }
    guarded(|| {
        let mut database = open::open_file(&path)?;
        database.compact().map_err(failed)?;
        // What compacting wrote would have to be gone through after a power cut; what this writes not.
        transact(&database, |_| Ok(Ending::Commit))?;
        database.close().map_err(failed)
    })?;
    let after = length()?;
    Ok(Compacted { before, after })
}
