//! Backups of every version that was ever written are taken in.

use rolecall::store::{MemoryStore, RedbStore, Store, backup::restore};

/// As version 1 was written first. Fields that rows have gained since are not in it.
const VERSION_1: &str = include_str!("backups/version-1.jsonl");

/// Every kind of row.
const KINDS: [&str; 14] = [
    "conflict",
    "departure",
    "grant",
    "hold",
    "journal",
    "membership",
    "provider",
    "resource",
    "role",
    "role-push",
    "temporary-access",
    "token",
    "token-use",
    "user",
];

#[test]
fn the_first_version_is_taken_in_by_either_store() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = RedbStore::open(directory.path()).expect("it opens");
    for store in [&file as &dyn Store, &MemoryStore::new()] {
        let counts = restore(store, &mut VERSION_1.as_bytes()).expect("it is whole");
        assert!(counts.keys().eq(KINDS), "{counts:?}");
        let rows: u64 = counts.values().sum();
        assert_eq!(rows, VERSION_1.lines().count() as u64 - 2);
        assert_eq!(store.check().expect("a check"), [""; 0]);
    }
}
