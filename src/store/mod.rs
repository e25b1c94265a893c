//! Floor 3, where state lives, behind one small synchronous trait.
//!
//! # What was done to it, and what holds
//! [`RedbStore::open_on`] opens the store on any backend: a disk in memory that knows what was synced,
//! loses power, fails and is full. Short forms run with all tests (`cargo test --test it faults`); the
//! variables ask for more, and a failure names the seed and the place.
//!
//! | what befalls it | how it was tried (`tests/it/faults`) | what holds |
//! |---|---|---|
//! | the power goes | any moment of a random session through writer and file; of what was not synced any sectors (512 or 4,096 bytes) remain, in any order; again while it recovers. `ROLECALL_POWER_CUTS=5000`, `ROLECALL_POWER_SEED=N` | it opens, `check` finds nothing, the journal begins with every acknowledged entry, and the directory is the one that the journal tells |
//! | an access fails once | reading, writing, syncing, growing: an error, half a write, no space; then a power cut in which a failed sync has lost pages for good. `ROLECALL_IO_FAULTS=1` for every access | who asked hears of it (503), and the next try goes well; nothing is half done |
//! | the disk is full for a while | nothing can be written at all, under the listener | writes are refused (503); it goes on by itself with the next request once there is space |
//! | the process is killed | the binary under HTTP load of four clients, 100 times. `ROLECALL_KILLS=1000` | nothing acknowledged is lost, `check` finds nothing before the restart, either; ready within 3.1 s at worst, on a machine busy with builds |
//! | a restart under load | SIGTERM. `ROLECALL_RESTARTS=100` | what was answered is done, and what was not answered is not |
//! | the file is damaged | cut off, zeroed, overwritten, of another program | refused with advice and left as it was, or read as far as it is whole; never taken for an empty directory |
//! | a page is damaged that is found late | under the listener | what needs it is answered 503, in SCIM JSON; the rest goes on; `check` tells |
//! | an older layout | layout 1, which was never released, with the power going at any moment of being brought up, and every access failing once | brought up by the steps in `redb/upgrade.rs`, each in one transaction; whole in one layout or the other |
//! | a newer layout | newer numbers, and none | refused with advice, and left as it was |
//!
//! The store over `PostgreSQL` leaves disks to the database. What befalls its processes and connections
//! (`tests/it/nodes`, `tests/it/cluster`):
//!
//! | what befalls it | how it was tried | what holds |
//! |---|---|---|
//! | a process is killed | one of two real ones under the load of four clients | nothing acknowledged is lost, and who follows the journal at the other misses no entry |
//! | a process hangs | stopped by a signal under the same load, whatever lock it holds | the database ends its transaction after ten seconds, and the others go on |
//! | the database is killed | under load, twice, and started again | 503 with `Retry-After`, then everything goes on by itself; nothing acknowledged is lost |
//! | it takes no changes | set to read-only, and back | changes are refused (503), reads go on |
//! | it does not answer | frozen while 200 requests come | each is answered 503 in less than 20 s, and the next after it goes on |
//! | the answer to a commit is lost | the connection cut between the commit and its answer | the change is looked for, and acknowledged |
//! | the database fails over | the first killed under four clients, a synchronous standby promoted, both named in `--store` | nothing acknowledged is lost; 503 with `Retry-After` until the other takes changes, then all goes on |
//!
//! Done in release builds beside other work: 5,024 cuts and as many during recovery, all accesses in three
//! ways, 1,000 kills and 100 restarts in one go. None lost anything.
//!
//! What that taught:
//! - Only a release build reads the layout's page from the disk again while opening: a failing disk was
//!   called a damaged file there. Long forms are worth running in both.
//! - After a failed access redb refuses every further one until it is opened again. The writer therefore
//!   opens it again at once, and where that fails, whoever reads next tries. A read that fails alone is
//!   mended by the next write; what is noted of the failed request is one, two seconds later at most.
//! - Where the very last sync of a commit fails, nobody can know whether the change is durable. It is
//!   answered with 503 and may be there, whole and with its entry: the provider's next try finds it.
//! - Where even overwriting fails, as on a full copy-on-write file system, the store cannot be opened
//!   again, so that reads are answered 503, too, until there is space.
//! - redb trusts a file that was closed well, and may panic over a page that something else has
//!   written to: opening, starting and `check` tell that as damage, every read of a snapshot as an
//!   error. A changed byte inside a text that stays well-formed is told by `check` and `compact`
//!   alone, where no server runs: they compare every page with its checksum, over an overlay that
//!   keeps redb from mending the file before anyone has seen it.

mod ahead;
pub mod backup;
pub mod behalf;
mod check;
pub mod memory;
mod mint;
pub mod postgres;
pub mod redb;
pub mod survey;
mod totals;
pub mod writer;

pub use crate::directory::membership::each_member;
pub use ahead::{Ahead, Looking};
pub use check::check;
pub use memory::MemoryStore;
pub(crate) use mint::Ids;
pub use postgres::{PostgresOptions, PostgresStore};
pub use redb::RedbStore;
pub use survey::{Survey, UnknownMembers};
pub use totals::Totals;
pub use writer::{Done, Failure, Writer};

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::directory::{
    Change, Command, Conflict, ConflictId, ConflictState, Event, ExchangeId, JournalEntry,
    Provider, Read, Role, RoleId, TokenId, User, UserId, View, event::Actor,
};

/// The store failed. A failed commit makes the writer stop until the store is reopened.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Another process has the data directory open.
    #[error("{0}")]
    InUse(String),
    /// Made by a newer version of rolecall.
    #[error("{0}")]
    Newer(String),
    /// What is on disk cannot be what rolecall wrote.
    #[error("{0}")]
    Damaged(String),
    /// It cannot be used like this; says why.
    #[error("{0}")]
    Unusable(String),
    /// Reading or writing failed.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// Reads where the reader must not break off: what lies beneath may panic where pages were damaged.
///
/// # Errors
/// Those of `read`; [`StoreError::Damaged`] where it panicked.
pub(crate) fn guarded<T>(read: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(StoreError::Damaged(
            "The store is damaged: its pages contradict each other. Stop rolecall, move the file away and restore a \
             backup."
                .to_owned(),
        ))
    })
}

impl From<crate::directory::ReadError> for StoreError {
    fn from(error: crate::directory::ReadError) -> Self {
        Self::Failed(error.0)
    }
}

/// What is noted of tokens, roles and requests beside the directory: written lazily in the background,
/// without journal entries, since none of it is a change of who may reach what. What is noted of a
/// row that is gone by then is dropped.
#[derive(Debug, Clone, Default)]
pub struct Observations {
    /// Per token: the time of its last use and how many requests came with it since the last flush.
    pub token_uses: BTreeMap<TokenId, (Timestamp, u64)>,
    /// Per role: when a provider last pushed it.
    pub role_pushes: BTreeMap<RoleId, Timestamp>,
    /// Exchanges as their JSON, by id.
    pub exchanges: Vec<(ExchangeId, Arc<str>)>,
    /// How many exchanges to keep; older ones go, a bounded number of them at once.
    pub keep_exchanges: u64,
    /// How many bytes of exchanges to keep; older ones go. `None` keeps them however long they are.
    pub keep_exchange_bytes: Option<u64>,
    /// Exchanges from before this moment go; `None` keeps them whatever their age.
    pub exchanges_since: Option<Timestamp>,
    /// Journal entries from before this moment go, the newest of all excepted; `None` keeps all.
    pub journal_since: Option<Timestamp>,
    /// How many journal entries to keep, the newest of all in any case; `None` keeps all.
    pub keep_journal: Option<u64>,
}

/// The most exchanges, and the most journal entries, that go for their age or number at once.
const TRIM_AT_ONCE: usize = 10_000;

/// The id before which every exchange is older: its first 48 bits are milliseconds since 1970.
pub(crate) fn first_exchange_since(moment: Timestamp) -> ExchangeId {
    let milliseconds = u128::try_from(moment.as_millisecond()).unwrap_or(0);
    ExchangeId(uuid::Uuid::from_u128(milliseconds << 80))
}

/// What a page of users or roles is taken from. Either way it costs its length wherever it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visible {
    /// Everything, service accounts too: what operators see.
    Everything,
    /// What SCIM shows to this provider: persons and roles that are local or that it manages.
    To(Provider),
}

impl Visible {
    /// What a caller sees; `None` is an operator.
    pub fn to_caller(caller: Option<Provider>) -> Self {
        caller.map_or(Self::Everything, Self::To)
    }

    /// Whether the user is among it.
    pub fn has_user(self, user: &User) -> bool {
        match self {
            Self::Everything => true,
            Self::To(provider) => user.is_seen_by(provider),
        }
    }

    /// Whether the role is among it.
    pub fn has_role(self, role: &Role) -> bool {
        match self {
            Self::Everything => true,
            Self::To(provider) => role.is_seen_by(provider),
        }
    }
}

/// Where a page starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start<Id> {
    /// So many rows are left out; costs the same wherever it is.
    Offset(u64),
    /// After this row, which need not exist any more.
    After(Id),
}

impl<Id> Start<Id> {
    fn map<Other>(self, change: impl FnOnce(Id) -> Other) -> Start<Other> {
        match self {
            Self::Offset(rows) => Start::Offset(rows),
            Self::After(id) => Start::After(change(id)),
        }
    }
}

/// A consistent view of everything, as of one commit. Never waits for the writer, and the writer
/// never waits for it; still, keep it only as long as it is read.
pub trait Snapshot: View + Survey + Send {
    /// The totals.
    fn totals(&self) -> Read<Totals>;
    /// Users in the order of their ids.
    fn users(&self, visible: Visible, start: Start<UserId>, limit: usize) -> Read<Vec<User>>;
    /// Roles in the order of their ids.
    fn roles(&self, visible: Visible, start: Start<RoleId>, limit: usize) -> Read<Vec<Role>>;
    /// Users that have this `externalId` at the provider, in the order of their ids.
    fn users_by_external_id(&self, provider: Provider, external_id: &str) -> Read<Vec<UserId>>;
    /// Roles that have this `externalId` at the provider, in the order of their ids.
    fn roles_by_external_id(&self, provider: Provider, external_id: &str) -> Read<Vec<RoleId>>;
    /// Users with this e-mail address, compared without case, in the order of their ids.
    fn users_by_email(&self, email: &str) -> Read<Vec<UserId>>;
    /// Conflicts, newest first, those before `before`, at most `limit`; `all` includes resolved ones.
    fn conflicts(&self, all: bool, before: Option<ConflictId>, limit: usize)
    -> Read<Vec<Conflict>>;
    /// Journal entries with numbers above `after`, in order, at most `limit`.
    fn journal(&self, after: u64, limit: usize) -> Read<Vec<JournalEntry>>;
    /// A token's last use and how many requests came with it, as of the last flush.
    fn token_use(&self, token: TokenId) -> Read<Option<(Timestamp, u64)>>;
    /// When a provider last pushed the role, as of the last flush.
    fn role_push(&self, role: RoleId) -> Read<Option<Timestamp>>;
    /// The JSON of the newest recorded exchanges, oldest first, at most `limit`, and of so many bytes
    /// and one exchange more.
    fn exchanges(&self, limit: usize, bytes: usize) -> Read<Vec<String>>;
    /// Exchanges in the order in which they were stored, by whichever process, each with its mark and
    /// its JSON: those with marks above `mark`, at most `limit`. Empty where only one process writes.
    fn exchanges_stored(&self, mark: u64, limit: usize) -> Read<Vec<(u64, String)>> {
        let _ = (mark, limit);
        Ok(Vec::new())
    }
    /// The mark of the exchange that was stored last; 0 where there are no marks.
    fn exchange_mark(&self) -> Read<u64> {
        Ok(0)
    }
}

/// One write transaction: sees its own changes.
pub trait Transaction: View {
    /// Changes one row, with its indexes and the totals.
    fn apply(&mut self, change: &Change) -> Result<(), StoreError>;
    /// Appends to the journal and gives the entry with its number.
    fn append(
        &mut self,
        at: Timestamp,
        actor: &Actor,
        exchange: Option<ExchangeId>,
        event: &Event,
    ) -> Result<JournalEntry, StoreError>;
    /// Takes a journal entry of a backup, with its own number: the first one any, then the next.
    fn restore(&mut self, entry: &JournalEntry) -> Result<(), StoreError>;
    /// Notes uses of tokens, pushes of roles and exchanges; of these, older ones go for their number.
    fn note(&mut self, observations: &Observations) -> Result<(), StoreError>;
    /// Says which commands will be decided, so that a store that is far away can fetch at once what
    /// their decisions read. What it does not foresee is read when it is asked for.
    fn foresee(&mut self, commands: &[&Command]) -> Result<(), StoreError> {
        let _ = commands;
        Ok(())
    }
    /// The latest moment of a decision and the greatest id, whichever process they are from; `None`
    /// where only this process writes, and knows them.
    fn newest(&self) -> Read<Option<Newest>> {
        Ok(None)
    }
}

/// What later decisions must lie after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newest {
    /// When something was last decided.
    pub at: Timestamp,
    /// The greatest id of any row.
    pub id: uuid::Uuid,
}

/// Limited things that happened, in whichever process, and are counted by all.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Spent {
    /// What was limited, and for whom: the same text in every process.
    pub key: String,
    /// How often it happened.
    pub times: u32,
}

fn out_of_order(seq: u64, last: u64) -> StoreError {
    StoreError::Damaged(format!("the journal entry {seq} follows {last}"))
}

/// What the work in a transaction asks for at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Make it durable.
    Commit,
    /// Nothing was changed.
    Discard,
}

/// The work of one transaction.
pub type Work<'a> = dyn FnMut(&mut dyn Transaction) -> Result<Ending, StoreError> + 'a;

/// A place where the directory lives.
pub trait Store: Send + Sync + 'static {
    /// A consistent view, cheap to take.
    fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError>;
    /// A snapshot for who says what it will read, so that a store that is far away can fetch it without
    /// holding a thread. Only what was said is as of one commit then; what is read beyond that may be as
    /// of a later one.
    fn look(&self, ahead: Ahead) -> Looking<'_> {
        let _ = ahead;
        Box::pin(std::future::ready(self.snapshot()))
    }
    /// Runs `work` in one transaction; after `Ok` with [`Ending::Commit`] it is durable. One at a
    /// time. After `Err`, whether of `work` or of the commit, nothing is changed.
    fn write(&self, work: &mut Work<'_>) -> Result<(), StoreError>;
    /// Writes observations in a transaction of their own.
    fn observe(&self, observations: &Observations) -> Result<(), StoreError>;
    /// Whether it may write observations while it runs the work of a transaction.
    fn observes_beside(&self) -> bool {
        false
    }
    /// Walks everything, and says what contradicts itself, a sentence each; nothing where all is well.
    fn check(&self) -> Result<Vec<String>, StoreError> {
        Ok(check(&*self.snapshot()?)?)
    }
    /// What `status` calls it: `memory`, or the file's path.
    fn describe(&self) -> String;
    /// How many bytes it takes where it lives; `None` where that is memory, or cannot be told.
    fn size(&self) -> Option<u64> {
        None
    }
    /// Closes and opens again after a failed commit, so that nothing half-written can be seen.
    fn reopen(&self) -> Result<(), StoreError>;
    /// Where several processes share the store: rings after one of them, this one too, may have written
    /// something. What is heard says nothing; the journal and the exchanges do. `None` where only this
    /// process writes.
    fn bell(&self) -> Option<watch::Receiver<u64>> {
        None
    }
    /// Tells the other processes what this one spent of what is limited, and gives what they spent
    /// since this was last asked. Costs one round trip; call it a few times a second at most.
    fn share(&self, spent: &[Spent]) -> Result<Vec<Spent>, StoreError> {
        let _ = spent;
        Ok(Vec::new())
    }
}

/// The journal from a cursor on, for who must not miss anything.
///
/// # Errors
/// [`CursorError::Trimmed`] where entries after the cursor have gone for their age or number.
pub fn journal_after(
    snapshot: &dyn Snapshot,
    after: u64,
    limit: usize,
) -> Result<Vec<JournalEntry>, CursorError> {
    let first = snapshot.journal_first()?;
    if after.saturating_add(1) < first {
        return Err(CursorError::Trimmed { after, first });
    }
    Ok(snapshot.journal(after, limit)?)
}

/// Why the journal cannot be read from a cursor on.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CursorError {
    /// What came next is not kept any more.
    #[error(
        "The journal begins at entry {first}; what came after {after} is not kept any more. Take the directory as \
         it is now, then go on from there."
    )]
    Trimmed {
        /// The cursor.
        after: u64,
        /// The oldest entry that is kept.
        first: u64,
    },
    /// The store could not be read.
    #[error(transparent)]
    Unreadable(#[from] crate::directory::ReadError),
}

/// Whether a conflict may still end otherwise: waits, or was only dismissed.
fn is_undecided(state: ConflictState) -> bool {
    matches!(state, ConflictState::Open | ConflictState::Dismissed)
}
