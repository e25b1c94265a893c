//! The rows that the admin API answers with: what `--json` prints, field by field. Fields are only
//! ever added to.

mod access;
mod operation;
mod provider;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use access::{
    AccessCheckRow, AccessRow, AliasRow, GrantRow, IdentitySetRow, ResourceDetail, ResourceRow,
    TemporaryAccessRow,
};
pub use operation::{HoldRow, UndoRow};
pub use provider::{ProviderDetail, TokenDetail};

pub use crate::service::{recorder::RequestFigures, setup::SetupStep, warning::Warning};

use crate::directory::{
    Action, ConflictId, ConflictKind, ConflictState, ExchangeId, ManagedBy, Origin,
    PermissionLevel, Provider, ProviderState, RoleId, Subject, TokenId, UserId, UserKind,
};

/// A page of rows with the total.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page<Row> {
    /// The rows.
    pub rows: Vec<Row>,
    /// How many the filter leaves.
    pub total: u64,
    /// How many there are without the filter.
    #[serde(default)]
    pub of: u64,
    /// Whether something has changed since these were found that may change which ones they are: ask
    /// again in a moment.
    #[serde(default)]
    pub behind: bool,
}

impl<Row> Page<Row> {
    /// Some rows of so many, without a filter.
    pub fn new(rows: Vec<Row>, total: u64) -> Self {
        Self {
            rows,
            total,
            of: total,
            behind: false,
        }
    }
}

/// A user or service account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserRow {
    /// Its id.
    pub id: UserId,
    /// Person or service account.
    pub kind: UserKind,
    /// The e-mail address, or a service account's name.
    pub user_name: String,
    /// The name to show.
    pub display_name: String,
    /// Not suspended.
    pub active: bool,
    /// `local` or a provider.
    pub managed_by: ManagedBy,
    /// The permission level.
    pub permission_level: PermissionLevel,
    /// The names of its roles.
    pub roles: Vec<String>,
    /// The managing provider's own id for it.
    pub external_id: Option<String>,
    /// As `set,alias`.
    pub identity_aliases: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub last_modified: Timestamp,
}

/// One of a user's roles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserRoleRow {
    /// The role.
    pub id: RoleId,
    /// Its name.
    pub display_name: String,
    /// Who manages the role.
    pub managed_by: ManagedBy,
    /// Who attached the user.
    pub origin: Origin,
}

/// A user with everything that a detail pane shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserDetail {
    /// The row.
    #[serde(flatten)]
    pub row: UserRow,
    /// The roles with origin.
    pub memberships: Vec<UserRoleRow>,
    /// What it was given for a time, at most a few hundred.
    #[serde(default)]
    pub temporary_access: Vec<TemporaryAccessRow>,
    /// The SCIM attributes.
    pub attributes: Value,
    /// Conflicts that stand on it, newest first.
    #[serde(default)]
    pub conflicts: Vec<ConflictRow>,
    /// The newest journal entries about it, newest first.
    pub history: Vec<JournalRow>,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoleRow {
    /// Its id.
    pub id: RoleId,
    /// Its name.
    pub display_name: String,
    /// `local` or a provider.
    pub managed_by: ManagedBy,
    /// The managing provider's own id for it.
    pub external_id: Option<String>,
    /// Memberships whose origin is the provider.
    pub provider_members: u64,
    /// Memberships whose origin is here.
    pub local_members: u64,
    /// When a provider last pushed it.
    pub last_push: Option<Timestamp>,
}

/// A member of a role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberRow {
    /// The user.
    pub id: UserId,
    /// Its name.
    pub user_name: String,
    /// Person or service account.
    pub kind: UserKind,
    /// Not suspended.
    pub active: bool,
    /// Who attached it.
    pub origin: Origin,
}

/// A role with its members.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoleDetail {
    /// The row.
    #[serde(flatten)]
    pub row: RoleRow,
    /// The members, at most as many as were asked for.
    pub members: Vec<MemberRow>,
    /// What the members reach through it, at most a few hundred.
    #[serde(default)]
    pub resources: Vec<ResourceRow>,
    /// Conflicts that stand on it, newest first.
    #[serde(default)]
    pub conflicts: Vec<ConflictRow>,
    /// The newest journal entries about it, newest first.
    pub history: Vec<JournalRow>,
}

/// A membership.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MembershipRow {
    /// The role's id.
    pub role: RoleId,
    /// The role's name.
    pub role_name: String,
    /// The user's id.
    pub user: UserId,
    /// The user's name.
    pub user_name: String,
    /// Who attached it.
    pub origin: Origin,
}

/// A provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProviderRow {
    /// Which.
    pub provider: Provider,
    /// Whether it may push.
    pub state: ProviderState,
    /// How many users it manages.
    pub users: u64,
    /// How many roles it manages.
    pub roles: u64,
    /// How many live tokens it has.
    pub tokens: u64,
    /// When it last came with a live token.
    pub last_seen: Option<Timestamp>,
}

/// A token; never its secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenRow {
    /// Its id.
    pub id: TokenId,
    /// Whose.
    pub provider: Provider,
    /// What it is called.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// When it was made.
    pub created: Timestamp,
    /// Until when it is accepted.
    pub expires: Option<Timestamp>,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
    /// How many requests came with it.
    pub requests: u64,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

/// A new token: the only answer that ever holds the secret.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct NewToken {
    /// Its id.
    pub id: TokenId,
    /// Whose.
    pub provider: Provider,
    /// What it is called.
    pub name: String,
    /// The secret, shown once; empty for a dry run, whose secret is good for nothing.
    pub token: String,
    /// When it was made.
    pub created: Timestamp,
    /// Until when it is accepted.
    pub expires: Option<Timestamp>,
}

impl std::fmt::Debug for NewToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewToken")
            .field("id", &self.id)
            .field("provider", &self.provider)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A conflict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConflictRow {
    /// Its id.
    pub id: ConflictId,
    /// What stands in the way.
    pub kind: ConflictKind,
    /// Who pushed.
    pub provider: Provider,
    /// What was pushed.
    pub name: String,
    /// What is here.
    pub existing: Subject,
    /// Where it stands.
    pub state: ConflictState,
    /// How often the provider tried.
    pub tries: u64,
    /// The first try.
    pub first_seen: Timestamp,
    /// The last try.
    pub last_seen: Timestamp,
}

/// A name in a side-by-side view.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NamedMember {
    /// The user's id, or the unknown id as pushed.
    pub id: String,
    /// The user's name; `null` for an unknown one.
    pub user_name: Option<String>,
}

/// An attribute in a side-by-side view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttributePair {
    /// Its name.
    pub name: String,
    /// As pushed.
    pub incoming: Value,
    /// As it is here.
    pub existing: Value,
}

/// A conflict, side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConflictDetail {
    /// The row.
    #[serde(flatten)]
    pub row: ConflictRow,
    /// Who manages the existing one; `null` when it is gone.
    pub existing_managed_by: Option<ManagedBy>,
    /// Attributes that differ.
    pub attributes: Vec<AttributePair>,
    /// Members that only the push has.
    pub only_incoming: Vec<NamedMember>,
    /// Members that only the existing one has.
    pub only_existing: Vec<NamedMember>,
    /// Members that both have.
    pub both: Vec<NamedMember>,
    /// The newest journal entries about it, newest first: the requests that opened and repeated it.
    #[serde(default)]
    pub history: Vec<JournalRow>,
}

/// A journal entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalRow {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who: a provider, `operator NAME` or `rolecall`.
    pub actor: String,
    /// What happened.
    pub action: Action,
    /// To what.
    pub subject: Subject,
    /// What was, as far as it changed.
    pub before: Value,
    /// What is, as far as it changed.
    pub after: Value,
    /// The request that caused it.
    pub exchange: Option<ExchangeId>,
}

/// What an act did, or with a dry run would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done<Row> {
    /// The thing as it is now, or would be.
    #[serde(flatten)]
    pub row: Row,
    /// The journal entries that the act made, or would make; numbers of a dry run are not final.
    pub changes: Vec<JournalRow>,
    /// Whether nothing was really done.
    pub dry_run: bool,
}

/// The state of the whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusReport {
    /// The program's version.
    pub version: String,
    /// The listener's address, `null` when no server runs.
    pub listen: Option<String>,
    /// Whether the listener speaks TLS.
    #[serde(default)]
    pub tls: bool,
    /// What providers are given as base URL.
    pub base_url: Option<String>,
    /// Where the directory lives.
    pub store: String,
    /// How many bytes the store takes where it lives; `null` where that cannot be told.
    #[serde(default)]
    pub store_bytes: Option<u64>,
    /// When the oldest journal entry that is kept was written.
    #[serde(default)]
    pub journal_oldest: Option<Timestamp>,
    /// When the oldest recorded request in the store came.
    #[serde(default)]
    pub exchanges_oldest: Option<Timestamp>,
    /// Seconds since the start; 0 when no server runs.
    pub uptime_s: u64,
    /// Users in figures.
    pub users: UserFigures,
    /// Roles in figures.
    pub roles: RoleFigures,
    /// Conflicts that wait.
    pub conflicts_open: u64,
    /// Each provider that was ever activated.
    pub providers: Vec<ProviderRow>,
    /// The number of the oldest journal entry that is kept, or of the next one where none is.
    pub journal_first: u64,
    /// The newest journal entry's number.
    pub journal_last: u64,
    /// Requests since the start.
    pub requests: RequestFigures,
    /// What the operator should know, a sentence each.
    pub warnings: Vec<Warning>,
    /// The quiet that closes a sync, in milliseconds; 0 of a server that does not tell.
    #[serde(default)]
    pub sync_gap_ms: u64,
    /// What the process that answers is called among those that share the store; `null` where none does.
    #[serde(default)]
    pub node: Option<String>,
    /// The names of those that answered what is recorded and kept in memory, this one's among them.
    #[serde(default)]
    pub nodes: Vec<String>,
}

/// Users in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UserFigures {
    /// Active persons.
    pub active: u64,
    /// Suspended persons.
    pub suspended: u64,
    /// Persons that no provider manages.
    pub local: u64,
    /// Service accounts.
    pub service_accounts: u64,
}

/// Roles in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RoleFigures {
    /// All.
    pub total: u64,
    /// Those that a provider manages.
    pub managed: u64,
}
