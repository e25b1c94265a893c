//! What can be asked of the admin API: one JSON line in, one JSON line out, or lines without end
//! for what follows. The console and the command line ask nothing else of the directory.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::row::{
    ConflictDetail, ConflictRow, Done, JournalRow, MembershipRow, NewToken, Page, ProviderRow,
    RoleDetail, RoleRow, SetupStep, StatusReport, TokenRow, UserDetail, UserRow,
};
use crate::{
    directory::{ConflictId, ExchangeId, PermissionLevel, Provider, TokenId},
    service::{
        exchange::{Exchange, ExchangeLine},
        sync::SyncDigest,
    },
};

/// One question or act. Users and roles are named by id or by name. `operator` is the account that
/// acts, for the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Who acts.
    pub operator: String,
    /// Whether to say what would happen, and do nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// The question or act.
    pub request: Request,
}

/// Questions and acts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub enum Request {
    /// [`Reply::Status`].
    Status,
    /// [`Reply::Setup`].
    Setup,
    /// [`Reply::Users`], in the order of their making.
    Users {
        /// A SCIM filter, or plain text that names contain.
        filter: Option<String>,
        /// So many are left out.
        offset: u64,
        /// At most so many, up to [`MAXIMUM_PAGE`].
        limit: u32,
    },
    /// [`Reply::User`].
    User {
        /// Id or name.
        user: String,
    },
    /// Makes a person or service account. [`Reply::UserDone`].
    AddUser {
        /// E-mail address, or a service account's name.
        user_name: String,
        /// Whether it is a service account.
        service_account: bool,
        /// First name.
        given: Option<String>,
        /// Last name.
        family: Option<String>,
        /// The permission level.
        level: PermissionLevel,
    },
    /// Sets a permission level. [`Reply::UserDone`].
    SetLevel {
        /// Id or name.
        user: String,
        /// The level.
        level: PermissionLevel,
    },
    /// [`Reply::Roles`], in the order of their making.
    Roles {
        /// A SCIM filter, or plain text that names contain.
        filter: Option<String>,
        /// So many are left out.
        offset: u64,
        /// At most so many, up to [`MAXIMUM_PAGE`].
        limit: u32,
    },
    /// [`Reply::Role`].
    Role {
        /// Id or name.
        role: String,
        /// At most so many members.
        members: u32,
    },
    /// Makes a role. [`Reply::RoleDone`].
    AddRole {
        /// Its name.
        display_name: String,
    },
    /// Puts a user into a role. [`Reply::MembershipDone`].
    Attach {
        /// Id or name.
        role: String,
        /// Id or name.
        user: String,
    },
    /// Takes a user out of a role. [`Reply::MembershipDone`].
    Detach {
        /// Id or name.
        role: String,
        /// Id or name.
        user: String,
    },
    /// [`Reply::Providers`].
    Providers,
    /// [`Reply::ProviderDone`].
    ActivateProvider {
        /// Which.
        provider: Provider,
    },
    /// Revokes its tokens, too. [`Reply::ProviderDone`].
    DeactivateProvider {
        /// Which.
        provider: Provider,
    },
    /// [`Reply::Tokens`], the oldest first.
    Tokens,
    /// Makes a token and activates its provider. [`Reply::NewToken`].
    CreateToken {
        /// For whom.
        provider: Provider,
        /// What to call it.
        name: Option<String>,
        /// Until when.
        expires: Option<Timestamp>,
    },
    /// [`Reply::TokenDone`].
    RevokeToken {
        /// Which.
        id: TokenId,
    },
    /// [`Reply::Conflicts`], open ones first, then the newest first.
    Conflicts {
        /// Resolved ones, too.
        all: bool,
        /// At most so many, up to [`MAXIMUM_PAGE`].
        limit: u32,
    },
    /// [`Reply::Conflict`].
    Conflict {
        /// Which.
        id: ConflictId,
    },
    /// [`Reply::ConflictDone`].
    LinkConflict {
        /// Which.
        id: ConflictId,
    },
    /// [`Reply::ConflictDone`].
    RenameConflict {
        /// Which.
        id: ConflictId,
        /// The existing one's new name.
        name: String,
    },
    /// [`Reply::ConflictDone`].
    DismissConflict {
        /// Which.
        id: ConflictId,
    },
    /// [`Reply::Journal`]: entries after a number, oldest first.
    Journal {
        /// Entries with higher numbers.
        after: u64,
        /// At most so many, up to [`MAXIMUM_PAGE`].
        limit: u32,
    },
    /// [`Reply::Journal`] without end, an entry or more a line.
    FollowJournal {
        /// Entries with higher numbers.
        after: u64,
    },
    /// [`Reply::Exchanges`]: the newest ones, oldest first.
    Exchanges {
        /// Only those after this one.
        after: Option<ExchangeId>,
        /// At most so many, up to [`MAXIMUM_PAGE`].
        limit: u32,
    },
    /// [`Reply::Exchanges`] without end, as they come; a follower that is too slow is told how many it
    /// missed, and never holds anything up.
    FollowExchanges {
        /// Starts after this one, as far as the ring still has it; else with what comes from now on.
        after: Option<ExchangeId>,
    },
    /// [`Reply::Exchange`].
    Exchange {
        /// Which.
        id: ExchangeId,
    },
    /// [`Reply::Syncs`], newest first.
    Syncs {
        /// At most so many, up to [`MAXIMUM_PAGE`].
        limit: u32,
    },
}

/// The largest page that the admin API answers.
pub const MAXIMUM_PAGE: u32 = 1_000;

impl Request {
    /// Whether the request changes something: what a read-only console or socket refuses.
    pub fn is_act(&self) -> bool {
        matches!(
            self,
            Self::AddUser { .. }
                | Self::SetLevel { .. }
                | Self::AddRole { .. }
                | Self::Attach { .. }
                | Self::Detach { .. }
                | Self::ActivateProvider { .. }
                | Self::DeactivateProvider { .. }
                | Self::CreateToken { .. }
                | Self::RevokeToken { .. }
                | Self::LinkConflict { .. }
                | Self::RenameConflict { .. }
                | Self::DismissConflict { .. }
        )
    }
}

/// Answers. [`Reply::Error`] can stand for any other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub enum Reply {
    /// The state of the whole.
    Status(Box<StatusReport>),
    /// The steps of connecting a provider.
    Setup(Vec<SetupStep>),
    /// A page of users.
    Users(Page<UserRow>),
    /// A user.
    User(Box<UserDetail>),
    /// A user that was acted on.
    UserDone(Box<Done<UserRow>>),
    /// A page of roles.
    Roles(Page<RoleRow>),
    /// A role.
    Role(Box<RoleDetail>),
    /// A role that was acted on.
    RoleDone(Box<Done<RoleRow>>),
    /// A membership that was acted on.
    MembershipDone(Box<Done<MembershipRow>>),
    /// Every provider.
    Providers(Vec<ProviderRow>),
    /// A provider that was acted on.
    ProviderDone(Box<Done<ProviderRow>>),
    /// Every token.
    Tokens(Vec<TokenRow>),
    /// A new token with its secret.
    NewToken(Box<NewToken>),
    /// A token that was acted on.
    TokenDone(Box<Done<TokenRow>>),
    /// Conflicts.
    Conflicts(Vec<ConflictRow>),
    /// A conflict side by side.
    Conflict(Box<ConflictDetail>),
    /// A conflict that was acted on.
    ConflictDone(Box<Done<ConflictRow>>),
    /// Journal entries.
    Journal(Vec<JournalRow>),
    /// Exchanges, and how many were missed before them.
    Exchanges {
        /// The lines, oldest first.
        lines: Vec<ExchangeLine>,
        /// How many a slow follower missed before these.
        missed: u64,
    },
    /// An exchange.
    Exchange(Box<Exchange>),
    /// Syncs.
    Syncs(Vec<SyncDigest>),
    /// It was refused or failed: one sentence that says why and what to do.
    Error {
        /// The sentence.
        message: String,
    },
}
