//! One transaction on one connection: statements are sent without waiting for each other's answers, the
//! first ones together with what begins the transaction.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    sync::Arc,
};

use deadpool_postgres::Object;
use futures_util::future::{join_all, join3};
use tokio::time::error::Elapsed;
use tokio_postgres::{Row, error::SqlState, types::ToSql};

use super::{
    database::{Database, PATIENCE},
    options::cause,
};
use crate::store::StoreError;

/// A value for a place in a statement.
pub(super) type Value = Box<dyn ToSql + Sync + Send>;

/// A statement with its values.
pub(super) struct Step {
    sql: &'static str,
    values: Vec<Value>,
}

/// A statement; the values follow in the order of their places.
pub(super) fn step(sql: &'static str, values: Vec<Value>) -> Step {
    Step { sql, values }
}

/// How a transaction begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Sees what there is at its first statement, and nothing later.
    Snapshot,
    /// Changes the directory. Each statement sees what others have committed by then; what keeps them
    /// from changing what it has read is the lock on the head, with which it begins.
    Change,
    /// Notes something beside the directory, which nobody was promised: the database need not wait for
    /// its disk.
    Beside,
}

/// Locks the head, and gives what is there.
const LOCK: &str = "SELECT totals::text, to_json(newest_at)::text, newest_id, counted_to \
    FROM rolecall.head WHERE single FOR UPDATE";

impl Kind {
    /// A holder of the lock that hangs shall not hold up everyone: the database ends it.
    fn begin(self) -> &'static str {
        match self {
            Self::Snapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::Change => {
                "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '5s'; \
                 SET LOCAL idle_in_transaction_session_timeout = '10s'"
            }
            Self::Beside => {
                "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '5s'; \
                 SET LOCAL idle_in_transaction_session_timeout = '10s'; SET LOCAL synchronous_commit = off"
            }
        }
    }
}

/// How sure it is that a transaction came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Another transaction was in the way; it may go well when it is tried again.
    Again,
    /// The answer to the commit never came.
    InDoubt,
    /// It came to nothing.
    Over,
}

/// What was heard of what was asked, in time.
type Answers = Result<Result<Vec<Vec<Row>>, tokio_postgres::Error>, Elapsed>;

/// A transaction. It ends with the value, without having changed anything unless it was committed.
pub(super) struct Link {
    database: Arc<Database>,
    client: RefCell<Option<Arc<Object>>>,
    kind: Kind,
    begun: Cell<bool>,
    /// Whether the connection went back to the pool, as no transaction needs it yet.
    rests: Cell<bool>,
    head: RefCell<Option<Row>>,
    trouble: Cell<Trouble>,
}

impl Link {
    /// Takes a connection. The transaction begins with its first statement.
    ///
    /// # Errors
    /// There is none to be had.
    pub(super) fn take(database: &Arc<Database>, kind: Kind) -> Result<Self, StoreError> {
        Ok(Self::over(database, kind, database.connection()?))
    }

    fn over(database: &Arc<Database>, kind: Kind, connection: Object) -> Self {
        Self {
            client: RefCell::new(Some(Arc::new(connection))),
            database: Arc::clone(database),
            kind,
            begun: Cell::new(false),
            rests: Cell::new(false),
            head: RefCell::default(),
            trouble: Cell::new(Trouble::Over),
        }
    }

    /// The rows that one statement gives by itself, as of one moment, without holding a thread. What is
    /// read later is read as of a later one.
    ///
    /// # Errors
    /// There is no connection to be had, or the database failed.
    pub(super) async fn look(
        database: &Arc<Database>,
        step: Step,
    ) -> Result<(Self, Vec<Row>), StoreError> {
        let connection = database.connection_soon().await?;
        let link = Self::over(database, Kind::Snapshot, connection);
        let answers = link.ask(None, vec![step], None)?.await;
        let rows = link.take_in(answers, false)?;
        drop(link.client.take());
        link.rests.set(true);
        Ok((link, rows.into_iter().next().unwrap_or_default()))
    }

    /// What to make of the last error.
    pub(super) fn trouble(&self) -> Trouble {
        self.trouble.get()
    }

    /// The head of the directory, locked, where this changes it.
    ///
    /// # Errors
    /// As [`Self::rows`].
    pub(super) fn head(&self) -> Result<Option<Row>, StoreError> {
        if !self.begun.get() {
            self.run(Vec::new(), None)?;
        }
        Ok(self.head.take())
    }

    /// The rows that one statement gives.
    ///
    /// # Errors
    /// The database failed; the transaction is over then.
    pub(super) fn rows(
        &self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let rows = self.run(vec![step(sql, values)], None)?;
        Ok(rows.into_iter().next().unwrap_or_default())
    }

    /// The rows that each of the statements gives, in one round trip.
    ///
    /// # Errors
    /// As [`Self::rows`].
    pub(super) fn all(&self, steps: Vec<Step>) -> Result<Vec<Vec<Row>>, StoreError> {
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        self.run(steps, None)
    }

    /// Carries out the statements and makes everything durable, in one round trip.
    ///
    /// # Errors
    /// As [`Self::rows`]; whether it was made durable all the same, [`Self::trouble`] tells.
    pub(super) fn commit(&self, steps: Vec<Step>) -> Result<(), StoreError> {
        let end = if self.database.notifies() {
            "NOTIFY rolecall; COMMIT"
        } else {
            "COMMIT"
        };
        self.run(steps, Some(end))?;
        self.begun.set(false);
        Ok(())
    }

    /// Makes what was done durable, without telling anyone.
    ///
    /// # Errors
    /// As [`Self::commit`].
    pub(super) fn end(&self) -> Result<(), StoreError> {
        self.run(Vec::new(), Some("COMMIT"))?;
        self.begun.set(false);
        Ok(())
    }

    fn run(
        &self,
        mut steps: Vec<Step>,
        end: Option<&'static str>,
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        if self.rests.take() {
            let connection = self.database.connection()?;
            self.client.replace(Some(Arc::new(connection)));
        }
        let begin = (!self.begun.replace(true)).then(|| self.kind.begin());
        let locks = begin.is_some() && self.kind == Kind::Change;
        if locks {
            steps.insert(0, step(LOCK, Vec::new()));
        }
        let answers = self.database.wait(self.ask(begin, steps, end)?);
        let mut rows = self.take_in(answers, end.is_some())?;
        if locks {
            self.head.replace(rows.remove(0).into_iter().next());
        }
        Ok(rows)
    }

    /// Asks all of it, and waits for the answers as long as is right now.
    fn ask(
        &self,
        begin: Option<&'static str>,
        steps: Vec<Step>,
        end: Option<&'static str>,
    ) -> Result<impl Future<Output = Answers> + Send + use<>, StoreError> {
        let client = self.client.borrow().clone().ok_or_else(over)?;
        let patience = self.database.patience();
        Ok(async move { tokio::time::timeout(patience, converse(client, begin, steps, end)).await })
    }

    /// The rows, or what to make of there being none.
    fn take_in(&self, answers: Answers, ending: bool) -> Result<Vec<Vec<Row>>, StoreError> {
        let (trouble, error) = match answers {
            Ok(Ok(rows)) => {
                self.database.note_answer();
                return Ok(rows);
            }
            Ok(Err(error)) => self.judge(&error, ending),
            Err(_) => {
                self.database.note_silence();
                let told = "the database does not answer".to_owned();
                (in_doubt(ending), told)
            }
        };
        self.trouble.set(trouble);
        self.abandon();
        Err(StoreError::Failed(error))
    }

    fn judge(&self, error: &tokio_postgres::Error, ending: bool) -> (Trouble, String) {
        let told = cause(error);
        let Some(state) = error.code() else {
            // The connection broke; or the statement was never sent.
            return (
                in_doubt(ending),
                format!("the database did not answer: {told}"),
            );
        };
        let again = [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
        ];
        if again.contains(state) {
            return (Trouble::Again, told);
        }
        if *state == SqlState::READ_ONLY_SQL_TRANSACTION {
            // After a failover the connections lead to what is a standby now.
            self.database.forget_connections();
            return (
                Trouble::Over,
                "the database takes no changes now".to_owned(),
            );
        }
        if *state == SqlState::LOCK_NOT_AVAILABLE {
            let told = "another process has been changing the directory for too long";
            return (Trouble::Over, told.to_owned());
        }
        let shut = [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
        ];
        if shut.contains(state) {
            self.database.forget_connections();
            return (
                in_doubt(ending),
                format!("the database is stopping: {told}"),
            );
        }
        (Trouble::Over, format!("the database refused: {told}"))
    }

    /// Gives the connection up: nobody knows what it would do next.
    fn abandon(&self) {
        let client = self.client.borrow_mut().take();
        if let Some(object) = client.and_then(Arc::into_inner) {
            drop(Object::take(object));
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let client = self.client.borrow_mut().take();
        let Some(client) = client else { return };
        if !self.begun.get() {
            return;
        }
        self.database.spawn(async move {
            let ended = tokio::time::timeout(PATIENCE, client.batch_execute("ROLLBACK")).await;
            let is_clean = matches!(ended, Ok(Ok(())));
            if let Some(object) = Arc::into_inner(client).filter(|_| !is_clean) {
                drop(Object::take(object));
            }
        });
    }
}

fn in_doubt(ending: bool) -> Trouble {
    if ending {
        Trouble::InDoubt
    } else {
        Trouble::Over
    }
}

fn over() -> StoreError {
    StoreError::Failed("the database failed before".to_owned())
}

/// Sends everything, then waits for the answers. What follows a statement that failed fails, too, the
/// end included.
async fn converse(
    client: Arc<Object>,
    begin: Option<&'static str>,
    steps: Vec<Step>,
    end: Option<&'static str>,
) -> Result<Vec<Vec<Row>>, tokio_postgres::Error> {
    let mut statements = Vec::with_capacity(steps.len());
    for step in &steps {
        statements.push(client.prepare_cached(step.sql).await?);
    }
    let batch = async |sql: Option<&'static str>| match sql {
        Some(sql) => client.batch_execute(sql).await,
        None => Ok(()),
    };
    let queries = statements.iter().zip(&steps).map(|(statement, step)| {
        let values: Vec<&(dyn ToSql + Sync)> = step
            .values
            .iter()
            .map(|value| &**value as &(dyn ToSql + Sync))
            .collect();
        let client = &client;
        async move { client.query(statement, &values).await }
    });
    // Each is sent when it is first looked at, which these do in order.
    let (started, answers, ended) = join3(batch(begin), join_all(queries), batch(end)).await;
    started?;
    let rows = answers.into_iter().collect::<Result<_, _>>()?;
    ended?;
    Ok(rows)
}
