//! The running directory: commands go through the writer, reads take a snapshot.

use std::{
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::{Notify, watch},
    task::{AbortHandle, JoinHandle},
};

use super::{
    auth::{self, Caller, Unauthenticated},
    exchange::Kept,
    following::{Following, OwnExchanges, follow},
    known::KnownTokens,
    listings::Listings,
    notes::Notes,
    observed::{Keep, Observed, store_observations},
    passing::pass_time,
    recorder::Recorder,
    sync::SyncDigest,
    warning::{Warning, WarningTimes, certificate_ending, warnings},
};
use crate::{
    directory::{Actor, Command, ExchangeId, Policy, Provider, Read, RoleId, Token, TokenId},
    store::{
        Ahead, Ids, Snapshot, Spent, Store, StoreError, guarded,
        writer::{Clock, Done, Failure, Writer},
    },
};

mod refill;

pub(super) use self::refill::know_users;
use self::refill::taken_back;

/// How an engine runs.
#[derive(Clone)]
pub struct EngineOptions {
    /// The time.
    pub clock: Clock,
    /// What the safeguards are told to do.
    pub policy: Arc<Policy>,
    /// The quiet that closes a sync.
    pub sync_gap: Duration,
    /// How many exchanges are kept in memory.
    pub ring_exchanges: usize,
    /// How many bytes of exchanges are kept in memory.
    pub ring_bytes: usize,
    /// How many exchanges are kept in the store.
    pub keep_exchanges: u64,
    /// How old a kept exchange may become; `None`: as old as it likes.
    pub keep_exchanges_for: Option<Duration>,
    /// How many journal entries are kept; `None`: none goes for its number.
    pub keep_journal: Option<u64>,
    /// How old a journal entry may become; `None`: none goes for its age.
    pub keep_journal_for: Option<Duration>,
    /// How long what was observed may wait to be stored.
    pub flush_every: Duration,
    /// From when on the operator is warned.
    pub warning: WarningTimes,
    /// What this process is called among those that share the store.
    pub node: String,
}

/// How long what was observed may wait to be stored where other processes wait to hear of it.
const SHARED_FLUSH: Duration = Duration::from_millis(500);

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            clock: Arc::new(Timestamp::now),
            policy: Arc::default(),
            sync_gap: Duration::from_secs(30),
            ring_exchanges: 2_000,
            ring_bytes: 4 * 1024 * 1024,
            keep_exchanges: 200_000,
            keep_exchanges_for: None,
            keep_journal: None,
            keep_journal_for: None,
            flush_every: Duration::from_secs(2),
            warning: WarningTimes::default(),
            node: "rolecall".to_owned(),
        }
    }
}

impl fmt::Debug for EngineOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineOptions")
            .field("policy", &self.policy)
            .field("sync_gap", &self.sync_gap)
            .field("ring_exchanges", &self.ring_exchanges)
            .field("ring_bytes", &self.ring_bytes)
            .field("keep_exchanges", &self.keep_exchanges)
            .field("keep_exchanges_for", &self.keep_exchanges_for)
            .field("keep_journal", &self.keep_journal)
            .field("keep_journal_for", &self.keep_journal_for)
            .field("flush_every", &self.flush_every)
            .field("warning", &self.warning)
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}

/// The running directory.
pub struct Engine {
    store: Arc<dyn Store>,
    writer: Arc<Writer>,
    observed: Arc<Observed>,
    clock: Clock,
    exchange_ids: Mutex<Ids>,
    /// Ready once: the task that stores observations shall store the last ones and end.
    closing: Arc<Notify>,
    storing: Mutex<Option<JoinHandle<()>>>,
    /// Does what the clock makes due; may be stopped anywhere.
    passing: AbortHandle,
    /// Follows other processes, where they share the store; may be stopped anywhere.
    following: Option<AbortHandle>,
    /// What this process is called among them; `None` where there are none.
    node: Option<String>,
    warning: WarningTimes,
    listings: Listings,
    known_tokens: KnownTokens,
    /// Tells when the listener's certificate ends.
    certificate_ends: OnceLock<Box<dyn Fn() -> Option<Timestamp> + Send + Sync>>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("store", &self.store.describe())
            .field("recorder", &self.observed.recorder)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Starts the writer and the tasks that store observations and do what is due, for which a tokio runtime must be
    /// there. What an earlier process recorded is taken back into the ring.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn start(store: Arc<dyn Store>, options: EngineOptions) -> Result<Arc<Self>, StoreError> {
        let bell = store.bell();
        let (writer, (recorder, mark)) = guarded(|| {
            let writer = Writer::start(
                Arc::clone(&store),
                Arc::clone(&options.clock),
                Arc::clone(&options.policy),
            )?;
            Ok((Arc::new(writer), taken_back(&*store, &options)?))
        })?;
        let observed = Arc::new(Observed {
            recorder,
            notes: Notes::default(),
            clock: Arc::clone(&options.clock),
            keep: Keep::of(&options),
            own: bell.is_some().then(OwnExchanges::default),
        });
        let closing = Arc::new(Notify::new());
        let storing = tokio::spawn(store_observations(
            Arc::clone(&observed),
            Arc::clone(&store),
            Arc::clone(&writer),
            Arc::clone(&closing),
            match bell {
                Some(_) => options.flush_every.min(SHARED_FLUSH),
                None => options.flush_every,
            },
        ));
        let clock = Arc::clone(&options.clock);
        let passing = tokio::spawn(pass_time(Arc::clone(&store), Arc::clone(&writer), clock));
        let node = bell.is_some().then_some(options.node);
        let following = bell.map(|bell| {
            let following = Arc::new(Following {
                store: Arc::clone(&store),
                writer: Arc::clone(&writer),
                observed: Arc::clone(&observed),
                mark: mark.into(),
            });
            tokio::spawn(follow(following, bell)).abort_handle()
        });
        Ok(Arc::new(Self {
            following,
            node,
            store,
            writer,
            observed,
            clock: options.clock,
            passing: passing.abort_handle(),
            warning: options.warning,
            listings: Listings::default(),
            known_tokens: KnownTokens::default(),
            certificate_ends: OnceLock::new(),
            exchange_ids: Mutex::default(),
            closing,
            storing: Mutex::new(Some(storing)),
        }))
    }

    /// Does what a command says. When this is ready, it is durable.
    ///
    /// # Errors
    /// It is refused, too much waits already, or the store cannot be written; nothing changed then.
    pub async fn execute(
        &self,
        actor: Actor,
        command: Command,
        exchange: Option<ExchangeId>,
    ) -> Result<Done, Failure> {
        self.writer.execute(actor, command, exchange).await
    }

    /// What a command would do now; nothing is done.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub async fn preview(&self, actor: Actor, command: Command) -> Result<Done, Failure> {
        let writer = Arc::clone(&self.writer);
        tokio::task::spawn_blocking(move || writer.preview(&actor, &command))
            .await
            .unwrap_or_else(|_| {
                Err(Failure::Unavailable(
                    "rolecall failed while it looked; the log says more, and rolecall check whether the store is damaged.".to_owned(),
                ))
            })
    }

    /// A consistent view, cheap to take.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.store.snapshot()
    }

    /// As [`Engine::snapshot`], for who says what it will read; see [`Store::look`].
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn look(&self, ahead: Ahead) -> Result<Box<dyn Snapshot>, StoreError> {
        self.store.look(ahead).await
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Changes with every commit, to the number of the newest journal entry.
    pub fn doorbell(&self) -> watch::Receiver<u64> {
        self.writer.doorbell()
    }

    /// The lists that were found for the pages of searches.
    pub fn listings(&self) -> &Listings {
        &self.listings
    }

    /// A managed role that was not pushed since then is stale.
    pub fn stale_before(&self) -> Timestamp {
        let before = self.now().checked_sub(self.warning.stale_after);
        before.unwrap_or(Timestamp::MIN)
    }

    /// The record of what passed.
    pub fn recorder(&self) -> &Recorder {
        &self.observed.recorder
    }

    /// Takes an exchange into the record. Its secrets are gone already. Never waits for a reader.
    pub fn record(&self, exchange: Kept) {
        let provider = exchange.line.provider;
        if self.recorder().record(exchange)
            && let Some(provider) = provider
            && let Ok(snapshot) = self.snapshot()
        {
            know_users(self.recorder(), &*snapshot, provider);
        }
    }

    /// The newest syncs now, newest first, at most `limit`, with what is held of them.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn syncs(&self, snapshot: &dyn Snapshot, limit: usize) -> Read<Vec<SyncDigest>> {
        let now = self.now();
        let mut syncs = self.recorder().syncs(now, limit);
        if syncs.iter().any(|sync| sync.held > 0) {
            for hold in snapshot.holds(false, None, Provider::ALL.len())? {
                let mut own = syncs.iter_mut();
                let newest = own.find(|sync| sync.provider == hold.provider && sync.held > 0);
                if let Some(sync) = newest.filter(|_| hold.is_live(now)) {
                    sync.note_hold(&hold);
                }
            }
        }
        Ok(syncs)
    }

    /// Who the token in an `Authorization` header belongs to; notes the token's use. A revocation acts
    /// at once.
    ///
    /// # Errors
    /// Why the request is not let in.
    pub fn authenticate(&self, authorization: Option<&str>) -> Result<Caller, Unauthenticated> {
        // What holds no token must cost no look at the store.
        let secret = auth::presented(authorization)?;
        let now = self.now();
        let as_of = self.writer.authority().count();
        let judge = |token: &Token, provider| auth::judge(token, provider, now);
        let caller = match self.known_tokens.judge(&secret.hash(), as_of, judge) {
            Some(known) => known?,
            None => self.look_up_token(&secret, as_of, now)?,
        };
        self.observed.notes.token_used(caller.token, now, || {
            self.snapshot().ok()?.token_use(caller.token).ok().flatten()
        });
        self.observed.recorder.stir();
        Ok(caller)
    }

    fn look_up_token(
        &self,
        secret: &auth::Secret,
        as_of: u64,
        now: Timestamp,
    ) -> Result<Caller, Unauthenticated> {
        let snapshot = self.snapshot().map_err(|error| {
            tracing::error!(%error, "a token cannot be checked");
            Unauthenticated::Unavailable
        })?;
        let (token, provider) = auth::find(&*snapshot, secret)?;
        let judged = auth::judge(&token, provider, now);
        self.known_tokens.note(as_of, token, provider);
        judged
    }

    /// Notes that a provider pushed the role.
    pub fn note_push(&self, role: RoleId) {
        self.observed.notes.role_pushed(role, self.now());
        self.observed.recorder.stir();
    }

    /// A token's last use and how many requests came with it, up to now.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn token_use(
        &self,
        snapshot: &dyn Snapshot,
        token: TokenId,
    ) -> Read<Option<(Timestamp, u64)>> {
        let notes = &self.observed.notes;
        match notes.token_use(token) {
            Some(uses) if self.node.is_none() => Ok(Some(uses)),
            _ => Ok(notes.token_use_of_all(token, snapshot.token_use(token)?)),
        }
    }

    /// When a provider last pushed the role, up to now.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn role_push(&self, snapshot: &dyn Snapshot, role: RoleId) -> Read<Option<Timestamp>> {
        Ok(snapshot
            .role_push(role)?
            .max(self.observed.notes.role_push(role)))
    }

    /// An id for an exchange that begins now. Ids are in the order in which they were given.
    pub fn new_exchange_id(&self) -> ExchangeId {
        let now = self.now();
        let ids = self.exchange_ids.lock();
        ExchangeId(ids.unwrap_or_else(PoisonError::into_inner).next(now))
    }

    /// Walks through the whole store, and says what contradicts itself, a sentence each.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        self.store.check()
    }

    /// What the operator should know now, the gravest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn warnings(&self, snapshot: &dyn Snapshot) -> Read<Vec<Warning>> {
        let now = self.now();
        let mut warnings = warnings(snapshot, &self.warning, now)?;
        if let Some(ends) = self.certificate_ends() {
            warnings.extend(certificate_ending(ends, &self.warning, now));
        }
        Ok(warnings)
    }

    /// Has the operator warned before the listener's certificate ends, of which `ends` tells; of the
    /// first listener, where there are several.
    pub fn watch_certificate(&self, ends: impl Fn() -> Option<Timestamp> + Send + Sync + 'static) {
        let _ = self.certificate_ends.set(Box::new(ends));
    }

    /// When the listener's certificate ends; `None` where it has none, or that cannot be told.
    pub fn certificate_ends(&self) -> Option<Timestamp> {
        self.certificate_ends.get().and_then(|ends| ends())
    }

    /// What the store calls itself.
    pub fn store_description(&self) -> String {
        self.store.describe()
    }

    /// How many bytes the store takes where it lives, as far as it can tell.
    pub fn store_size(&self) -> Option<u64> {
        self.store.size()
    }

    /// What this process is called among those that share the store; `None` where none does.
    pub fn node(&self) -> Option<&str> {
        self.node.as_deref()
    }

    /// The names of the processes that answered what is recorded and kept in memory, with this one's,
    /// where several share the store; in order.
    pub fn nodes(&self) -> Vec<String> {
        let mut nodes = self.recorder().nodes();
        nodes.extend(self.node.clone());
        nodes.into_iter().collect()
    }

    /// Tells the processes that share the store what this one spent of what is limited, and gives what
    /// they did. Blocks for a round trip.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn share(&self, spent: &[Spent]) -> Result<Vec<Spent>, StoreError> {
        self.store.share(spent)
    }

    /// Ends what may be stopped anywhere.
    fn stop_tasks(&self) {
        self.passing.abort();
        if let Some(following) = &self.following {
            following.abort();
        }
    }

    /// Stores what was observed, carries out what waits, and stops. Later commands are refused, and
    /// every following ends.
    pub async fn close(&self) {
        self.stop_tasks();
        self.observed.recorder.close();
        self.closing.notify_one();
        let storing = self
            .storing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(storing) = storing {
            // A panic of the task has been reported where it happened.
            let _ = storing.await;
        }
        let writer = Arc::clone(&self.writer);
        let _ = tokio::task::spawn_blocking(move || writer.close()).await;
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop_tasks();
        self.closing.notify_one();
    }
}

#[cfg(test)]
mod tests;
