//! Opening a store that this process has just closed.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rolecall::store::{RedbStore, StoreError};

/// Opens the store. A program that another test is just starting has the lock, too, until it runs:
/// that moment is waited for.
pub(crate) fn open_again(directory: &Path) -> RedbStore {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match RedbStore::open(directory) {
            Err(StoreError::InUse(_)) if Instant::now() < deadline => thread::yield_now(),
            opened => return opened.expect("it opens"),
        }
    }
}
