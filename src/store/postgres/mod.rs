//! The directory in a `PostgreSQL` database, which any number of processes share.
//!
//! # What holds with any number of processes
//! A transaction that changes the directory begins by locking the one row of `rolecall.head`, and holds
//! it until it is committed. So changes are made one after another, whichever process makes them:
//! each decision sees everything that was decided before, journal numbers follow each other without a
//! gap in the order of the commits, and a follower that reads the journal from a number on misses
//! nothing. Up to 64 waiting commands share one transaction, which asks for all that their decisions
//! read in one round trip, and sends all that they change, with the commit, in another.
//!
//! Why not serializable transactions with retries? Whatever numbers the journal without a gap is written
//! by every transaction, so of two at the same time one would always be turned back. Why a row and not an
//! advisory lock? Databases that speak `PostgreSQL`'s language do not all have those, but all have rows.
//!
//! Where the answer to a commit never comes, the next connection looks whether its first journal entry is
//! there: acknowledged is what is durable, and what is durable is acknowledged where that can be told.
//!
//! # Reading
//! A snapshot is a read-only transaction that begins with its first statement, in the same round trip. It
//! keeps what it has read, and reads with a user what an answer shows of it. Who says ahead what it will
//! read gets that by one statement, which needs no transaction around it and holds no thread: a look-up is
//! one round trip, one message each way.
//!
//! Every statement is planned once for each connection, to find its rows by keys or to walk an index from
//! one on, whatever the database believes of the tables' sizes. The page behind so many rows is found by
//! counts of blocks of them, which move with the rows.
//!
//! # Beside it
//! Exchanges and uses are stored without the lock on the head, and without waiting for the disk: when the
//! database crashes, those of the last moments may be gone, and no acknowledged change is.
//!
//! # Hearing of others
//! Every commit notifies (`NOTIFY rolecall`), and one connection listens. Where the database knows no
//! notices, or a ring is lost, the tables are looked at a few times a second.

mod bell;
mod blocks;
mod change;
mod check;
mod database;
mod foresee;
mod known;
mod link;
mod lists;
mod look;
mod migrate;
mod observe;
mod options;
mod pending;
mod read;
mod rows;
mod share;
mod survey;
mod table;
mod tls;

use std::{fmt, sync::Arc};

use tokio::sync::watch;

pub use self::options::{PostgresOptions, has_password, without_password};
use self::{
    database::Database,
    link::{Kind, Link, Trouble},
    rows::Rows,
    share::Heard,
};
use super::{Ahead, Ending, Looking, Observations, Snapshot, Spent, Store, StoreError, Work};
use crate::directory::JournalEntry;

/// How often a transaction is tried where others are in its way.
const TRIES: usize = 5;

/// The directory in a database.
pub struct PostgresStore {
    database: Arc<Database>,
    node: String,
    bell: watch::Receiver<u64>,
    heard: Heard,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("database", &self.database.name())
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Connects, and brings the tables up to this version's layout.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] where the options or the database cannot be used, [`StoreError::Newer`] where a newer
    /// version has been there.
    pub fn open(options: &PostgresOptions) -> Result<Self, StoreError> {
        let database = Arc::new(Database::new(options)?);
        migrate::migrate(&database).map_err(|error| match error {
            StoreError::Failed(why) => StoreError::Unusable(format!(
                "{} cannot be used: {why}; see that it runs, and that --store and the password are right",
                database.name()
            )),
            other => other,
        })?;
        Ok(Self {
            bell: bell::hang(&database),
            database,
            node: options.node.clone(),
            heard: Heard::default(),
        })
    }

    fn begin(&self, kind: Kind) -> Result<Rows, StoreError> {
        Ok(Rows::over(Link::take(&self.database, kind)?, &self.node))
    }

    /// One try of a transaction: what came of it, and what to make of it where it failed.
    fn attempt(&self, work: &mut Work<'_>) -> Result<(), (Trouble, StoreError)> {
        let over = |error| (Trouble::Over, error);
        let mut rows = self.begin(Kind::Change).map_err(over)?;
        let ending = work(&mut rows).map_err(|error| (rows.link.trouble(), error))?;
        if ending == Ending::Discard {
            return Ok(());
        }
        let first = rows.first_entry();
        let steps = rows.last_steps().map_err(over)?;
        let Err(error) = rows.link.commit(steps) else {
            return Ok(());
        };
        let trouble = rows.link.trouble();
        drop(rows);
        match first.filter(|_| trouble == Trouble::InDoubt) {
            Some(entry) if self.is_there(&entry) => Ok(()),
            _ => Err((trouble, error)),
        }
    }

    /// Whether the entry became durable though nobody said so. Waits until its transaction is over.
    fn is_there(&self, entry: &JournalEntry) -> bool {
        let looked = self
            .begin(Kind::Change)
            .and_then(|rows| rows.has_entry(entry));
        match looked {
            Ok(there) => there,
            Err(error) => {
                tracing::warn!(%error, seq = entry.seq, "nobody can tell whether a change was made");
                false
            }
        }
    }
}

impl Store for PostgresStore {
    fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        Ok(Box::new(self.begin(Kind::Snapshot)?))
    }

    fn look(&self, ahead: Ahead) -> Looking<'_> {
        Box::pin(async move {
            let looking = look::look(&self.database, &self.node, &ahead);
            let rows = self.database.aside(looking).await?;
            Ok(Box::new(rows) as Box<dyn Snapshot>)
        })
    }

    fn write(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        for _ in 1..TRIES {
            match self.attempt(work) {
                Err((Trouble::Again, error)) => {
                    tracing::debug!(%error, "a transaction is tried again");
                }
                Ok(()) => return Ok(()),
                Err((_, error)) => return Err(error),
            }
        }
        self.attempt(work).map_err(|(_, error)| error)
    }

    fn observe(&self, observations: &Observations) -> Result<(), StoreError> {
        let rows = self.begin(Kind::Beside)?;
        let head = rows.keep_exchanges(observations)?;
        rows.trim_journal(observations)?;
        // Last, since a change of the same rows may wait for them.
        let mut steps = Rows::uses(observations)?;
        steps.extend(head);
        if !observations.exchanges.is_empty() {
            return rows.link.commit(steps);
        }
        // Of these nobody needs to hear.
        rows.link.all(steps)?;
        rows.link.end()
    }

    fn observes_beside(&self) -> bool {
        true
    }

    fn check(&self) -> Result<Vec<String>, StoreError> {
        let rows = self.begin(Kind::Snapshot)?;
        let mut found = super::check(&rows)?;
        found.extend(check::check(&rows)?);
        Ok(found)
    }

    fn describe(&self) -> String {
        self.database.name().to_owned()
    }

    fn size(&self) -> Option<u64> {
        let rows = self.begin(Kind::Snapshot).ok()?;
        rows.size().ok()
    }

    fn reopen(&self) -> Result<(), StoreError> {
        // Every transaction has a connection of the pool, which leaves out those that are broken.
        Ok(())
    }

    fn bell(&self) -> Option<watch::Receiver<u64>> {
        Some(self.bell.clone())
    }

    fn share(&self, spent: &[Spent]) -> Result<Vec<Spent>, StoreError> {
        self.heard.share(&self.begin(Kind::Beside)?, spent)
    }
}
