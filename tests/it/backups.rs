//! Backups of every version that was ever written are taken in, and move a directory from any kind of
//! store to any other.

use jiff::{Timestamp, ToSpan as _};
use rolecall::store::{
    MemoryStore, RedbStore, Store,
    backup::{backup, restore},
    postgres::PostgresStore,
};

use crate::postgres::Database;

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

fn over_postgres(database: &Database) -> PostgresStore {
    PostgresStore::open(&database.options("backups")).expect("it opens")
}

#[test]
fn the_first_version_is_taken_in_by_every_store() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = RedbStore::open(directory.path()).expect("it opens");
    let database = Database::new();
    for store in [
        &file as &dyn Store,
        &MemoryStore::new(),
        &over_postgres(&database),
    ] {
        let counts = restore(store, &mut VERSION_1.as_bytes()).expect("it is whole");
        assert!(counts.keys().eq(KINDS), "{counts:?}");
        let rows: u64 = counts.values().sum();
        assert_eq!(rows, VERSION_1.lines().count() as u64 - 2);
        assert_eq!(store.check().expect("a check"), [""; 0]);
    }
}

/// The lines of a backup, but for the moment of the first and the checksum of the last, which covers it.
fn lines(store: &dyn Store, taken: Timestamp) -> Vec<String> {
    let mut bytes = Vec::new();
    let snapshot = store.snapshot().expect("a snapshot");
    backup(&*snapshot, taken, &mut bytes).expect("a backup");
    let text = String::from_utf8(bytes).expect("UTF-8");
    let taken = taken.to_string();
    let mut lines: Vec<String> = text
        .lines()
        .map(|line| line.replace(&taken, "then"))
        .collect();
    let end = lines.pop().expect("a last line");
    let (counts, _checksum) = end.split_once("\"sha256\"").expect("a checksum");
    lines.push(counts.to_owned());
    lines
}

#[test]
fn a_directory_moves_from_a_file_to_postgresql_and_back_unchanged() {
    let folders = [0; 2].map(|_| tempfile::tempdir().expect("a directory"));
    let [before, after] = folders
        .each_ref()
        .map(|folder| RedbStore::open(folder.path()).expect("it opens"));
    let database = Database::new();
    let between = over_postgres(&database);

    restore(&before, &mut VERSION_1.as_bytes()).expect("it is whole");
    let mut taken: Timestamp = "2026-11-24T12:00:00Z".parse().expect("a time");
    let whole = lines(&before, taken);
    for (from, to) in [
        (&before as &dyn Store, &between as &dyn Store),
        (&between, &after),
    ] {
        let mut bytes = Vec::new();
        let snapshot = from.snapshot().expect("a snapshot");
        backup(&*snapshot, taken, &mut bytes).expect("a backup");
        restore(to, &mut bytes.as_slice()).expect("it is whole");
        taken += 1.hour();
        assert_eq!(lines(to, taken), whole, "{}", to.describe());
        assert_eq!(to.check().expect("a check"), [""; 0]);
    }
}
