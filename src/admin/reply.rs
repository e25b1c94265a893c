//! What the admin API answers.

use serde::{Deserialize, Serialize};

use super::{
    request::AccessCursor,
    row::{
        AccessCheckRow, AccessRow, AliasRow, ConflictDetail, ConflictRow, Done, GrantRow, HoldRow,
        IdentitySetRow, JournalRow, MembershipRow, NewToken, Page, ProviderDetail, ProviderRow,
        ResourceDetail, ResourceRow, RoleDetail, RoleRow, SetupStep, StatusReport,
        TemporaryAccessRow, TokenDetail, TokenRow, UndoRow, UserDetail, UserRow, Warning,
    },
};
use crate::{
    directory::ExchangeId,
    service::{
        exchange::{Exchange, ExchangeLine},
        sync::SyncDigest,
    },
    store::backup::Counts,
};

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
    /// A provider with its newest sync and history.
    Provider(Box<ProviderDetail>),
    /// A provider that was acted on.
    ProviderDone(Box<Done<ProviderRow>>),
    /// Every token.
    Tokens(Vec<TokenRow>),
    /// A new token with its secret.
    NewToken(Box<NewToken>),
    /// A token with its history.
    Token(Box<TokenDetail>),
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
    /// A page of a sync's exchanges.
    SyncExchanges {
        /// The lines, oldest first.
        lines: Vec<ExchangeLine>,
        /// What to ask the next page with; `None` where this was the last.
        next: Option<ExchangeId>,
    },
    /// A page of resources.
    Resources(Page<ResourceRow>),
    /// A resource.
    Resource(Box<ResourceDetail>),
    /// A resource that was acted on.
    ResourceDone(Box<Done<ResourceRow>>),
    /// A role's right that was acted on.
    GrantDone(Box<Done<GrantRow>>),
    /// Temporary access that was acted on.
    TemporaryAccessDone(Box<Done<TemporaryAccessRow>>),
    /// Whether someone reaches something.
    AccessCheck(Box<AccessCheckRow>),
    /// Who reaches what.
    Access {
        /// A row for each way of each user to each resource.
        rows: Vec<AccessRow>,
        /// What to ask the next page with; `None` where this was the last.
        next: Option<AccessCursor>,
    },
    /// Identity sets.
    IdentitySets(Vec<IdentitySetRow>),
    /// The aliases in an identity set.
    IdentitySet(Vec<AliasRow>),
    /// What the operator should know.
    Warnings(Vec<Warning>),
    /// Held mass suspensions.
    Holds(Vec<HoldRow>),
    /// A hold that was acted on.
    HoldDone(Box<Done<HoldRow>>),
    /// An act that was taken back.
    UndoDone(Box<Done<UndoRow>>),
    /// What contradicts itself in the store, a sentence each; nothing where all is well.
    Check(Vec<String>),
    /// A piece of a document, to be put together as it comes.
    Text {
        /// The piece.
        text: String,
    },
    /// The document is whole. Without this it was cut off.
    TextEnd {
        /// How many rows of each kind it holds.
        rows: Counts,
    },
    /// It was refused or failed: one sentence that says why and what to do.
    Error {
        /// The sentence.
        message: String,
    },
}
