//! The running directory: commands go through the writer, reads take a snapshot.

use std::{fmt, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::sync::watch;

use super::{
    auth::{Caller, Unauthenticated},
    recorder::Recorder,
};
use crate::{
    directory::{Actor, Command, ExchangeId, RoleId},
    store::{
        Snapshot, Store, StoreError,
        writer::{Done, Failure},
    },
};

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How an engine runs.
#[derive(Clone)]
pub struct EngineOptions {
    /// The time.
    pub clock: Clock,
    /// The quiet that closes a sync.
    pub sync_gap: Duration,
    /// How many exchanges are kept in memory.
    pub ring_exchanges: usize,
    /// How many bytes of exchanges are kept in memory.
    pub ring_bytes: usize,
    /// How many exchanges are kept in the store.
    pub keep_exchanges: u64,
    /// How long what was observed may wait to be stored.
    pub flush_every: Duration,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            clock: Arc::new(Timestamp::now),
            sync_gap: Duration::from_secs(30),
            ring_exchanges: 2_000,
            ring_bytes: 8 * 1024 * 1024,
            keep_exchanges: 200_000,
            flush_every: Duration::from_secs(2),
        }
    }
}

impl fmt::Debug for EngineOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineOptions").finish_non_exhaustive()
    }
}

/// The running directory.
pub struct Engine {}

impl Engine {
    /// Starts the writer and what notes observations down. Must be called inside a tokio runtime.
    pub fn start(_store: Arc<dyn Store>, _options: EngineOptions) -> Result<Arc<Self>, StoreError> {
        todo!()
    }

    /// Does what a command says, durably.
    pub async fn execute(
        &self,
        _actor: Actor,
        _command: Command,
        _exchange: Option<ExchangeId>,
    ) -> Result<Done, Failure> {
        todo!()
    }

    /// What a command would do; nothing is done.
    pub async fn preview(&self, _actor: Actor, _command: Command) -> Result<Done, Failure> {
        todo!()
    }

    /// A consistent view.
    pub fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        todo!()
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        todo!()
    }

    /// Changes with every commit, to the number of the newest journal entry.
    pub fn doorbell(&self) -> watch::Receiver<u64> {
        todo!()
    }

    /// The record of what passed.
    pub fn recorder(&self) -> &Recorder {
        todo!()
    }

    /// Who the token in an `Authorization` header belongs to; notes the token's use.
    pub fn authenticate(&self, _authorization: Option<&str>) -> Result<Caller, Unauthenticated> {
        todo!()
    }

    /// Notes that a provider pushed the role.
    pub fn note_push(&self, _role: RoleId) {
        todo!()
    }

    /// An id for an exchange that begins now.
    pub fn new_exchange_id(&self) -> ExchangeId {
        todo!()
    }

    /// What the store calls itself.
    pub fn store_description(&self) -> String {
        todo!()
    }

    /// Writes what was observed and stops the writer. Commands after it are refused.
    pub async fn close(&self) {
        todo!()
    }
}
