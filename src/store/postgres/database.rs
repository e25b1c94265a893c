//! The connections: a bounded pool, driven by a thread of their own, and a way to wait for them.
//!
//! The thread reads and writes what goes over the connections; who asks puts its questions together and
//! takes the answers apart by itself, be it a task or a thread that waits. A runtime's worker that waits
//! lets another one take its place meanwhile.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, QueueMode, RecyclingMethod,
    Runtime as PoolRuntime, TimeoutType, Timeouts,
};
use futures_util::FutureExt as _;
use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};
use tokio_postgres::{Config, NoTls};

use super::{
    options::{PostgresOptions, Reach, cause},
    tls::Tls,
};
use crate::store::StoreError;

/// How long anything waits for the database before it gives up.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// The same where it has not answered the last time: nobody shall queue for what is not there.
const LITTLE_PATIENCE: Duration = Duration::from_secs(1);
/// How long a request waits for a connection of the pool to become free.
const TURN: Duration = Duration::from_secs(2);
/// For each connection, so many may wait for one; more are turned away at once.
const WAITING_EACH: usize = 16;

/// The pool and the thread that drives it.
pub(super) struct Database {
    runtime: Option<Runtime>,
    handle: Handle,
    pool: Pool,
    waiting: AtomicUsize,
    most_waiting: usize,
    /// Whether it has not answered the last time.
    silent: AtomicBool,
    /// Whether the database passes notices on (`LISTEN`).
    notifies: AtomicBool,
    name: String,
    config: Config,
    tls: Option<Tls>,
}

impl Database {
    /// Makes the pool. Nothing is connected yet.
    ///
    /// # Errors
    /// The options cannot be used.
    pub(super) fn new(options: &PostgresOptions) -> Result<Self, StoreError> {
        let reach = Reach::read(options)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("rolecall-postgres")
            .enable_all()
            .build()
            .map_err(|error| StoreError::Failed(format!("cannot start a thread: {error}")))?;
        let tls = reach
            .encrypted
            .then(|| Tls::trusting(reach.trusted.as_deref()))
            .transpose()?;
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = match &tls {
            Some(tls) => Manager::from_config(reach.config.clone(), tls.clone(), recycling),
            None => Manager::from_config(reach.config.clone(), NoTls, recycling),
        };
        let pool = Pool::builder(manager)
            .max_size(options.connections.max(2))
            .runtime(PoolRuntime::Tokio1)
            // What one has prepared and read into memory need not be there in all of them.
            .queue_mode(QueueMode::Lifo)
            .post_create(Hook::async_fn(|client, _| {
                Box::pin(async move {
                    client
                        .batch_execute(SESSION)
                        .await
                        .map_err(HookError::Backend)?;
                    Ok(())
                })
            }))
            .build()
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Self {
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
            most_waiting: options.connections.max(2) * WAITING_EACH,
            pool,
            waiting: AtomicUsize::new(0),
            silent: AtomicBool::new(false),
            notifies: AtomicBool::new(true),
            name: reach.name(),
            config: reach.config,
            tls,
        })
    }

    /// What people are told of where it is.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// How the driver connects.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// What encrypts a connection.
    pub(super) fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// Whether the database passes notices on.
    pub(super) fn notifies(&self) -> bool {
        self.notifies.load(Ordering::Relaxed)
    }

    /// It does not, or does so again.
    pub(super) fn set_notifies(&self, notifies: bool) {
        self.notifies.store(notifies, Ordering::Relaxed);
    }

    /// Has the thread do something beside all else.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.handle.spawn(work);
    }

    /// Waits, on this thread, for what the work gives.
    pub(super) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        aside(|| attend(self.within(work)))
    }

    /// The work, with the clock and the sockets of the thread, whoever looks at it.
    async fn within<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|looking| {
            let _thread = self.handle.enter();
            work.as_mut().poll(looking)
        })
        .await
    }

    /// Does the work without holding a thread. In a runtime of a single one that is what would wait for
    /// connections which its own tasks hold: there it waits.
    pub(super) async fn aside<T>(&self, work: impl Future<Output = T>) -> T {
        let flavor = Handle::try_current().map(|runtime| runtime.runtime_flavor());
        if matches!(flavor, Ok(RuntimeFlavor::CurrentThread)) {
            self.wait(work)
        } else {
            self.within(work).await
        }
    }

    /// A connection of the pool.
    ///
    /// # Errors
    /// None can be made, or none becomes free soon.
    pub(super) fn connection(&self) -> Result<Object, StoreError> {
        match self.free_connection() {
            Some(connection) => Ok(connection),
            None => self.wait(self.next_connection()),
        }
    }

    /// As [`Self::connection`], within the thread's runtime.
    ///
    /// # Errors
    /// As [`Self::connection`].
    pub(super) async fn connection_soon(&self) -> Result<Object, StoreError> {
        match self.free_connection() {
            Some(connection) => Ok(connection),
            None => self.next_connection().await,
        }
    }

    async fn next_connection(&self) -> Result<Object, StoreError> {
        let turn = Turn::take(self)?;
        let timeouts = Timeouts {
            wait: Some(TURN.min(self.patience())),
            create: Some(self.patience()),
            recycle: Some(TURN),
        };
        let got = self.pool.timeout_get(&timeouts).await;
        drop(turn);
        if let Err(PoolError::Timeout(TimeoutType::Create)) = &got {
            self.note_silence();
        }
        got.map_err(|error| unreachable(&error))
    }

    /// One that is free already: then nobody needs to wait for the thread to hand it over.
    fn free_connection(&self) -> Option<Object> {
        if self.pool.status().available == 0 {
            return None;
        }
        let at_once = Timeouts {
            wait: Some(Duration::ZERO),
            create: None,
            recycle: None,
        };
        // Where another one takes it meanwhile, this would make a new one, in that thread.
        let _thread = self.handle.enter();
        self.pool.timeout_get(&at_once).now_or_never()?.ok()
    }

    /// How long to wait for an answer now.
    pub(super) fn patience(&self) -> Duration {
        if self.silent.load(Ordering::Relaxed) {
            LITTLE_PATIENCE
        } else {
            PATIENCE
        }
    }

    /// It answered.
    pub(super) fn note_answer(&self) {
        self.silent.store(false, Ordering::Relaxed);
    }

    /// It did not answer.
    pub(super) fn note_silence(&self) {
        self.silent.store(true, Ordering::Relaxed);
    }

    /// Lets go of every connection that is free: what they lead to is not what it was.
    pub(super) fn forget_connections(&self) {
        let _ = self.pool.retain(|_, _| false);
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Also where the last owner is a task of another runtime, which may not wait.
            runtime.shutdown_background();
        }
    }
}

/// What every connection is told at its start. A time is read as it is written, wherever the server is.
///
/// Every statement finds its rows by keys, or walks an index from one on, and is planned so, once: what the
/// database believes of the tables' sizes, which it learns late, shall not lead it to walk through them.
/// A database that speaks the language and lacks one of these is left as it is.
const SESSION: &str = "SET timezone = 'UTC'; SET statement_timeout = '30s'; \
    SELECT set_config(name, 'off', false) FROM pg_settings WHERE name IN \
    ('enable_seqscan', 'enable_hashjoin', 'enable_mergejoin', 'enable_material', 'jit'); \
    SELECT set_config(name, 'force_generic_plan', false) FROM pg_settings WHERE name = 'plan_cache_mode'";

/// A place among those that wait for a connection.
struct Turn<'a>(&'a Database);

impl<'a> Turn<'a> {
    fn take(database: &'a Database) -> Result<Self, StoreError> {
        let waiting = database.waiting.fetch_add(1, Ordering::Relaxed);
        let turn = Self(database);
        if waiting >= database.most_waiting {
            return Err(StoreError::Failed(
                "the database is too slow for all that is asked of it; try again in a moment"
                    .to_owned(),
            ));
        }
        Ok(turn)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Waits, on a thread that may.
fn aside<T>(wait: impl FnOnce() -> T) -> T {
    let flavor = Handle::try_current().map(|runtime| runtime.runtime_flavor());
    if matches!(flavor, Ok(RuntimeFlavor::MultiThread)) {
        tokio::task::block_in_place(wait)
    } else {
        wait()
    }
}

/// Looks at the work until it is done, and sleeps in between.
fn attend<T>(work: impl Future<Output = T>) -> T {
    struct Rouse(Thread);
    impl Wake for Rouse {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
        fn wake_by_ref(self: &Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Rouse(thread::current())));
    let mut looking = Context::from_waker(&waker);
    let mut work = pin!(work);
    loop {
        match work.as_mut().poll(&mut looking) {
            Poll::Ready(done) => return done,
            Poll::Pending => thread::park(),
        }
    }
}

fn unreachable(error: &PoolError) -> StoreError {
    StoreError::Failed(match error {
        PoolError::Backend(error) if error.as_db_error().is_some() => {
            format!("the database lets nobody in: {}", cause(error))
        }
        PoolError::Backend(error) => format!("the database does not answer: {}", cause(error)),
        PoolError::Timeout(_) => {
            "the database is too slow for all that is asked of it, or does not answer; try again in a moment".to_owned()
        }
        other => format!("the database does not answer: {other}"),
    })
}
