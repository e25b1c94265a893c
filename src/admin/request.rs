//! What can be asked of the admin API: one JSON line in, one JSON line out, or lines without end
//! for what follows. The console and the command line ask nothing else of the directory.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use super::reply::Reply;
use crate::directory::{
    ConflictId, ExchangeId, HoldId, PermissionLevel, Profile, Provider, ResourceId, TokenId, UserId,
};
pub use crate::service::{
    recording::ExportFormat,
    search::{ResourceOrder, RoleOrder, Sort, UserOrder},
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
    /// [`Reply::Users`].
    Users {
        /// A SCIM filter, or plain text that names contain.
        filter: Option<String>,
        /// In which order; `None`: of their making.
        #[serde(default)]
        sort: Option<Sort<UserOrder>>,
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
    /// [`Reply::Roles`].
    Roles {
        /// A SCIM filter, or plain text that names contain.
        filter: Option<String>,
        /// In which order; `None`: of their making.
        #[serde(default)]
        sort: Option<Sort<RoleOrder>>,
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
    /// [`Reply::Provider`].
    Provider {
        /// Which.
        provider: Provider,
    },
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
    /// [`Reply::Token`].
    Token {
        /// Which.
        id: TokenId,
    },
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
    /// [`Reply::Journal`]: entries after a number, oldest first. Refused where entries after that
    /// number have gone for their age.
    Journal {
        /// Entries with higher numbers.
        after: u64,
        /// At most so many, up to [`MAXIMUM_PAGE`].
        limit: u32,
    },
    /// [`Reply::Journal`] without end, an entry or more a line: each entry at least once, in order.
    /// Refused where entries after the number have gone for their age, so that a follower which goes
    /// on from where it was never misses one.
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
    /// Edits a local user, or renames a local service account. [`Reply::UserDone`].
    EditUser {
        /// Id or name.
        user: String,
        /// What changes.
        profile: Profile,
    },
    /// Suspends a local user or service account. [`Reply::UserDone`].
    SuspendUser {
        /// Id or name.
        user: String,
    },
    /// Reinstates a local user or service account. [`Reply::UserDone`].
    ReinstateUser {
        /// Id or name.
        user: String,
    },
    /// Deletes a local user or service account. [`Reply::UserDone`], as it was.
    DeleteUser {
        /// Id or name.
        user: String,
    },
    /// Makes a provider's user local. [`Reply::UserDone`].
    ReleaseUser {
        /// Id or name.
        user: String,
    },
    /// Gives a local role another name. [`Reply::RoleDone`].
    RenameRole {
        /// Id or name.
        role: String,
        /// The other name.
        display_name: String,
    },
    /// Deletes a local role. [`Reply::RoleDone`], as it was.
    DeleteRole {
        /// Id or name.
        role: String,
    },
    /// Makes a provider's role local. [`Reply::RoleDone`].
    ReleaseRole {
        /// Id or name.
        role: String,
    },
    /// [`Reply::Resources`].
    Resources {
        /// Plain text that name, kind or a tag contains.
        filter: Option<String>,
        /// In which order; `None`: of their making.
        #[serde(default)]
        sort: Option<Sort<ResourceOrder>>,
        /// So many are left out.
        offset: u64,
        /// At most so many, up to [`MAXIMUM_PAGE`].
        limit: u32,
    },
    /// [`Reply::Resource`].
    Resource {
        /// Id or name.
        resource: String,
    },
    /// Makes a resource. [`Reply::ResourceDone`].
    AddResource {
        /// What to call it.
        name: String,
        /// What it is: `postgres`, `ssh`, …
        kind: String,
        /// What else is to be said of it.
        tags: BTreeMap<String, String>,
    },
    /// Deletes a resource with its grants. [`Reply::ResourceDone`], as it was.
    DeleteResource {
        /// Id or name.
        resource: String,
    },
    /// The members of a role reach a resource. [`Reply::GrantDone`].
    GrantAccess {
        /// Id or name.
        role: String,
        /// Id or name.
        resource: String,
    },
    /// They do so no longer. [`Reply::GrantDone`], as it was.
    RevokeAccess {
        /// Id or name.
        role: String,
        /// Id or name.
        resource: String,
    },
    /// A user reaches a resource for a time. [`Reply::TemporaryAccessDone`].
    GiveAccess {
        /// Id or name.
        user: String,
        /// Id or name.
        resource: String,
        /// From when on; `None`: at once.
        from: Option<Timestamp>,
        /// Until when.
        until: Timestamp,
    },
    /// Ends it early. [`Reply::TemporaryAccessDone`], as it was.
    TakeAccess {
        /// Id or name.
        user: String,
        /// Id or name.
        resource: String,
    },
    /// [`Reply::AccessCheck`].
    AccessCheck {
        /// Id or name.
        user: String,
        /// Id or name.
        resource: String,
    },
    /// [`Reply::Access`]: who reaches what now, and why.
    AccessList {
        /// Id or name; `None`: everyone.
        user: Option<String>,
        /// Id or name; `None`: everything.
        resource: Option<String>,
        /// Where the page before ended: its `next`.
        after: Option<AccessCursor>,
        /// About so many rows, up to [`MAXIMUM_PAGE`]; every way of one user to one resource comes
        /// on one page.
        limit: u32,
    },
    /// [`Reply::IdentitySets`], shorter names first, then by letter.
    IdentitySets {
        /// Those after this one.
        after: Option<String>,
        /// At most so many, up to [`MAXIMUM_PAGE`].
        limit: u32,
    },
    /// [`Reply::IdentitySet`]: who goes by which alias in a set.
    IdentitySet {
        /// Which.
        set: String,
        /// Aliases after this one.
        after: Option<String>,
        /// At most so many, up to [`MAXIMUM_PAGE`].
        limit: u32,
    },
    /// [`Reply::Warnings`], the gravest first.
    Warnings,
    /// [`Reply::Holds`], newest first.
    Holds {
        /// Those that are over, too.
        all: bool,
        /// At most so many, up to [`MAXIMUM_PAGE`].
        limit: u32,
    },
    /// Lets the provider go on. [`Reply::HoldDone`].
    ApproveHold {
        /// Which.
        id: HoldId,
    },
    /// Turns the rest away. [`Reply::HoldDone`].
    RefuseHold {
        /// Which.
        id: HoldId,
    },
    /// Takes back the calling operator's own last act, where there is a way back. [`Reply::UndoDone`].
    Undo,
    /// The whole directory as it is now: [`Reply::Text`] until [`Reply::TextEnd`].
    Backup,
    /// Walks through the whole store. [`Reply::Check`].
    Check,
    /// Recorded exchanges, oldest first: [`Reply::Text`] until [`Reply::TextEnd`].
    ExportExchanges {
        /// In which form.
        format: ExportFormat,
        /// Only those after this one.
        after: Option<ExchangeId>,
        /// At most so many, up to [`MAXIMUM_EXPORT`].
        limit: u32,
    },
    /// [`Reply::SyncExchanges`]: a sync's exchanges as far as they are kept, oldest first.
    SyncExchanges {
        /// Which sync: the id of its first exchange.
        id: ExchangeId,
        /// Where the page before ended: its `next`.
        after: Option<ExchangeId>,
        /// At most so many, up to [`MAXIMUM_PAGE`].
        limit: u32,
    },
    /// A sync's digest as Markdown: [`Reply::Text`].
    SyncMarkdown {
        /// Which.
        id: ExchangeId,
    },
}

/// The most exchanges that one export holds.
pub const MAXIMUM_EXPORT: u32 = 1_000_000;

/// Where a page of the access list ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessCursor {
    /// At this resource.
    pub resource: ResourceId,
    /// And this user.
    pub user: UserId,
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
                | Self::EditUser { .. }
                | Self::SuspendUser { .. }
                | Self::ReinstateUser { .. }
                | Self::DeleteUser { .. }
                | Self::ReleaseUser { .. }
                | Self::RenameRole { .. }
                | Self::DeleteRole { .. }
                | Self::ReleaseRole { .. }
                | Self::AddResource { .. }
                | Self::DeleteResource { .. }
                | Self::GrantAccess { .. }
                | Self::RevokeAccess { .. }
                | Self::GiveAccess { .. }
                | Self::TakeAccess { .. }
                | Self::ApproveHold { .. }
                | Self::RefuseHold { .. }
                | Self::Undo
        )
    }
}
