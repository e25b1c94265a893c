//! The store of a conversation, of the kind that `ROLECALL_TEST_STORE` names: `memory`, which it is by
//! itself, `redb`, in a folder of its own, or `postgres`, in a database of its own. `tests/stores` holds
//! every conversation over each.

use std::{env, sync::Arc};

use rolecall::store::{MemoryStore, RedbStore, Store, postgres::PostgresStore};
use tempfile::TempDir;

use crate::postgres::Database;

/// What a store lives in, and goes with. It must outlive the store.
pub(crate) enum Home {
    /// The process.
    Memory,
    /// A folder, which is removed.
    Folder { _folder: TempDir },
    /// A database, which is dropped.
    Database { _database: Database },
}

/// An empty store of the kind that is asked for.
pub(crate) fn chosen() -> (Arc<dyn Store>, Home) {
    let kind = env::var("ROLECALL_TEST_STORE").unwrap_or_default();
    match kind.as_str() {
        "" | "memory" => (Arc::new(MemoryStore::new()), Home::Memory),
        "redb" => {
            let folder = tempfile::tempdir().expect("a temporary directory");
            let store = RedbStore::open(folder.path()).expect("a fresh store");
            (Arc::new(store), Home::Folder { _folder: folder })
        }
        "postgres" => {
            let database = Database::new();
            let store = PostgresStore::open(&database.options("test")).expect("a fresh store");
            let home = Home::Database {
                _database: database,
            };
            (Arc::new(store), home)
        }
        _ => panic!("ROLECALL_TEST_STORE is {kind:?}; it can be memory, redb or postgres"),
    }
}
