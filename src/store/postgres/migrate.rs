//! The tables' layout, brought up by numbered files, each in one transaction with the note that it was
//! applied.

use std::sync::Arc;

use deadpool_postgres::Object;
use tokio_postgres::error::SqlState;

use super::{blocks, database::Database, options::cause};
use crate::store::StoreError;

/// Every file, in order. Released ones never change; a new layout is a new file.
const MIGRATIONS: &[(i32, &str, &str)] = &[
    (
        1,
        "directory",
        include_str!("../../../assets/migrations/0001_directory.sql"),
    ),
    (
        2,
        "blocks",
        include_str!("../../../assets/migrations/0002_blocks.sql"),
    ),
];

/// Held while files are applied, so that of several processes one does it. Any number does that no
/// other program uses.
const LOCK: &str = "SELECT pg_advisory_xact_lock(8246498163174666)";

/// How often it is tried where others are in the way.
const TRIES: usize = 5;

const BEGIN: &str = "BEGIN; SET LOCAL statement_timeout = 0";
const LEDGER: &str = "CREATE SCHEMA IF NOT EXISTS rolecall; \
    CREATE TABLE IF NOT EXISTS rolecall.migrations (number integer PRIMARY KEY, name text NOT NULL, \
    applied timestamptz NOT NULL DEFAULT now())";

/// Brings the layout up to this version's.
///
/// # Errors
/// [`StoreError::Newer`] where a newer version has been here; [`StoreError::Failed`] where the
/// database does not answer or forbids it.
pub(super) fn migrate(database: &Arc<Database>) -> Result<(), StoreError> {
    let mut tries = 0;
    loop {
        let client = database.connection()?;
        match database.wait(apply(client)) {
            Err(Failure::Database(error)) if in_the_way(&error) && tries < TRIES => tries += 1,
            Err(Failure::Database(error)) => {
                return Err(StoreError::Failed(format!(
                    "the tables cannot be made or read: {}",
                    cause(&error)
                )));
            }
            Err(Failure::Newer(found)) => {
                return Err(StoreError::Newer(format!(
                    "the database {} was brought up by a newer version of rolecall (layout {found}; this version \
                     knows {}); install that version here, too",
                    database.name(),
                    latest()
                )));
            }
            Ok(()) => return Ok(()),
        }
    }
}

fn latest() -> i32 {
    MIGRATIONS.last().map_or(0, |(number, ..)| *number)
}

enum Failure {
    Database(tokio_postgres::Error),
    Newer(i32),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

/// Whether another process, which does the same, made it fail.
fn in_the_way(error: &tokio_postgres::Error) -> bool {
    let states = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_SCHEMA,
        SqlState::DUPLICATE_TABLE,
    ];
    error.code().is_some_and(|state| states.contains(state))
}

async fn apply(client: Object) -> Result<(), Failure> {
    match applied(&client).await? {
        Some(found) if found > latest() => return Err(Failure::Newer(found)),
        Some(found) if found == latest() => {}
        _ => {
            client.batch_execute(BEGIN).await?;
            let outcome = bring_up(&client).await;
            let end = if outcome.is_ok() {
                "COMMIT"
            } else {
                "ROLLBACK"
            };
            client.batch_execute(end).await?;
            outcome?;
        }
    }
    if let Err(error) = blocks::count_again(&client).await {
        // As where the database takes no changes now: pages cost more, and nothing else.
        tracing::warn!(error = %cause(&error), "users and roles cannot be counted in blocks; the next start tries again");
    }
    Ok(())
}

/// The newest file that was applied; `None` where none was. Needs no right but to read.
async fn applied(client: &Object) -> Result<Option<i32>, tokio_postgres::Error> {
    let there = client
        .query_one("SELECT to_regclass('rolecall.migrations') IS NOT NULL", &[])
        .await?;
    if !there.try_get::<_, bool>(0)? {
        return Ok(None);
    }
    let newest = client
        .query_one("SELECT max(number) FROM rolecall.migrations", &[])
        .await?;
    newest.try_get(0)
}

async fn bring_up(client: &Object) -> Result<(), Failure> {
    client.batch_execute(LOCK).await?;
    client.batch_execute(LEDGER).await?;
    let found = applied(client).await?.unwrap_or(0);
    if found > latest() {
        return Err(Failure::Newer(found));
    }
    for (number, name, sql) in MIGRATIONS.iter().filter(|(number, ..)| *number > found) {
        client.batch_execute(sql).await?;
        client
            .execute(
                "INSERT INTO rolecall.migrations (number, name) VALUES ($1, $2)",
                &[number, name],
            )
            .await?;
        tracing::info!(number, name, "the database's layout was brought up");
    }
    Ok(())
}
