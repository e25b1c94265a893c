//! The store over `PostgreSQL`, in a database of its own.

use rolecall::store::{
    Store,
    postgres::{PostgresOptions, PostgresStore},
};

use crate::postgres::Database;

pub(super) struct OverPostgres {
    store: Option<PostgresStore>,
    options: PostgresOptions,
    /// Outlives the store in it.
    _database: Database,
}

impl OverPostgres {
    /// Empty.
    pub(super) fn new() -> Self {
        let database = Database::new();
        let options = database.options("model");
        Self {
            store: Some(PostgresStore::open(&options).expect("it opens")),
            options,
            _database: database,
        }
    }

    pub(super) fn store(&self) -> &dyn Store {
        self.store.as_ref().expect("the database is open")
    }

    /// Goes away and comes back, as another process would.
    pub(super) fn reopen(&mut self) {
        self.store = None;
        self.store = Some(PostgresStore::open(&self.options).expect("it opens again"));
    }
}
