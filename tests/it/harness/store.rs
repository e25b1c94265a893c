//! The store of a conversation, of the kind that `ROLECALL_TEST_STORE` names: `memory`, which it is by
//! itself, or `redb`, in a folder of its own. `tests/stores` holds every conversation over each.

use std::{env, sync::Arc};

use rolecall::store::{MemoryStore, RedbStore, Store};
use tempfile::TempDir;

/// What a store lives in, and goes with. It must outlive the store.
pub(crate) enum Home {
    /// The process.
    Memory,
    /// A folder, which is removed.
    Folder { _folder: TempDir },
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
        _ => panic!("ROLECALL_TEST_STORE is {kind:?}; it can be memory or redb"),
    }
}
