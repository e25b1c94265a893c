//! Every change that anyone can ask for.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{
    access::{Grant, Resource, TemporaryAccess},
    event::{Actor, Event},
    id::{ConflictId, HoldId, ResourceId, RoleId, TokenId, UserId},
    membership::Membership,
    provider::{Provider, ProviderRecord},
    refusal::Refusal,
    role::Role,
    safeguard::{Departure, Hold},
    token::{Token, TokenHash},
    user::{PermissionLevel, User, UserKind},
};
use crate::{
    directory::conflict::Conflict,
    scim::{
        patch::Patch,
        resource::{GroupAttributes, UserAttributes},
    },
};

/// A change that someone asks for. Who asks is the [`Actor`] beside it.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// POST /Users.
    CreateUser {
        /// The pushed user.
        attributes: UserAttributes,
    },
    /// PUT /Users/{id}.
    ReplaceUser {
        /// Which.
        id: UserId,
        /// The pushed user.
        attributes: UserAttributes,
        /// `If-Match`.
        condition: Condition,
    },
    /// PATCH /Users/{id}.
    PatchUser {
        /// Which.
        id: UserId,
        /// The operations.
        patch: Patch,
        /// The body as pushed, without secrets: what an ownership conflict keeps.
        payload: Value,
        /// `If-Match`.
        condition: Condition,
    },
    /// DELETE /Users/{id}.
    DeleteUser {
        /// Which.
        id: UserId,
        /// `If-Match`.
        condition: Condition,
    },
    /// POST /Groups.
    CreateRole {
        /// The pushed group.
        attributes: GroupAttributes,
    },
    /// PUT /Groups/{id}.
    ReplaceRole {
        /// Which.
        id: RoleId,
        /// The pushed group; absent `members` means none (RFC 7644 §3.5.1).
        attributes: GroupAttributes,
        /// `If-Match`.
        condition: Condition,
    },
    /// PATCH /Groups/{id}.
    PatchRole {
        /// Which.
        id: RoleId,
        /// The operations.
        patch: Patch,
        /// The body as pushed: what an ownership conflict keeps.
        payload: Value,
        /// `If-Match`.
        condition: Condition,
    },
    /// DELETE /Groups/{id}.
    DeleteRole {
        /// Which.
        id: RoleId,
        /// `If-Match`.
        condition: Condition,
    },
    /// An operator makes a user or a service account.
    AddUser {
        /// Person or service account.
        kind: UserKind,
        /// What a person may have beyond the name; only the name for a service account.
        attributes: UserAttributes,
        /// The permission level.
        level: PermissionLevel,
    },
    /// An operator sets anyone's permission level.
    SetPermissionLevel {
        /// Whose.
        id: UserId,
        /// To what.
        level: PermissionLevel,
    },
    /// An operator makes a role.
    AddRole {
        /// Its name.
        display_name: String,
    },
    /// An operator puts someone into a role.
    Attach {
        /// Into which.
        role: RoleId,
        /// Whom.
        user: UserId,
    },
    /// An operator takes someone out of a role.
    Detach {
        /// Out of which.
        role: RoleId,
        /// Whom.
        user: UserId,
    },
    /// A provider may push from now on.
    ActivateProvider {
        /// Which.
        provider: Provider,
    },
    /// A provider may push no longer; all its tokens are revoked.
    DeactivateProvider {
        /// Which.
        provider: Provider,
    },
    /// A new token, whose secret the caller keeps; activates the provider.
    CreateToken {
        /// For whom.
        provider: Provider,
        /// What to call it.
        name: String,
        /// Until when.
        expires: Option<Timestamp>,
        /// What is kept of the secret.
        hash: TokenHash,
        /// The secret's first characters.
        prefix: String,
    },
    /// The token is refused from now on.
    RevokeToken {
        /// Which.
        id: TokenId,
    },
    /// The existing one becomes the pushing provider's.
    LinkConflict {
        /// Which.
        id: ConflictId,
    },
    /// The existing one gets another name.
    RenameConflict {
        /// Which.
        id: ConflictId,
        /// The other name.
        name: String,
    },
    /// Nothing shall happen.
    DismissConflict {
        /// Which.
        id: ConflictId,
    },
    /// An operator edits a local user, or renames a local service account.
    EditUser {
        /// Whom.
        id: UserId,
        /// What changes.
        profile: Profile,
    },
    /// An operator suspends a local user or service account.
    SuspendUser {
        /// Whom.
        id: UserId,
    },
    /// An operator reinstates a local user or service account.
    ReinstateUser {
        /// Whom.
        id: UserId,
    },
    /// An operator deletes a local user or service account, with memberships and temporary access.
    RemoveUser {
        /// Whom.
        id: UserId,
    },
    /// A user becomes local again, and so do its memberships.
    ReleaseUser {
        /// Whom.
        id: UserId,
    },
    /// An operator gives a local role another name.
    RenameRole {
        /// Which.
        id: RoleId,
        /// The other name.
        display_name: String,
    },
    /// An operator deletes a local role, with its memberships and grants.
    RemoveRole {
        /// Which.
        id: RoleId,
    },
    /// A role becomes local again, and so do its memberships.
    ReleaseRole {
        /// Which.
        id: RoleId,
    },
    /// A new resource.
    AddResource {
        /// What to call it; unique without case.
        name: String,
        /// What it is: `postgres`, `ssh`, …
        kind: String,
        /// What else is to be said of it.
        tags: BTreeMap<String, String>,
    },
    /// A resource goes, with its grants and temporary access.
    DeleteResource {
        /// Which.
        id: ResourceId,
    },
    /// The members of the role reach the resource.
    GrantAccess {
        /// Whose members.
        role: RoleId,
        /// What.
        resource: ResourceId,
    },
    /// The members of the role reach the resource no longer.
    RevokeAccess {
        /// Whose members.
        role: RoleId,
        /// What.
        resource: ResourceId,
    },
    /// A user reaches the resource for a time; replaces the time given before.
    GiveAccess {
        /// Who.
        user: UserId,
        /// What.
        resource: ResourceId,
        /// From when on; `None`: at once.
        from: Option<Timestamp>,
        /// Until when.
        until: Timestamp,
    },
    /// A user's temporary access ends early.
    TakeAccess {
        /// Whose.
        user: UserId,
        /// To what.
        resource: ResourceId,
    },
    /// What the clock has made due: temporary access that starts or ends, holds that end. The
    /// system's own; see [`next_due`](super::access::next_due) for when to give it.
    PassTime,
    /// The provider may go on with what was held.
    ApproveHold {
        /// Which.
        id: HoldId,
    },
    /// What was held is turned away.
    RefuseHold {
        /// Which.
        id: HoldId,
    },
}

/// What an operator changes of a local user. `None` leaves a value as it is; an empty text or list
/// takes it away.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// The e-mail address that names the user; of a service account, its name.
    pub user_name: Option<String>,
    /// First name.
    pub given_name: Option<String>,
    /// Last name.
    pub family_name: Option<String>,
    /// The name to show.
    pub display_name: Option<String>,
    /// Every e-mail address, the primary one first. One that stays keeps its type.
    pub emails: Option<Vec<String>>,
    /// Every identity alias, as `set,alias`.
    pub aliases: Option<Vec<String>>,
}

/// `If-Match` (RFC 7644 §3.14): the versions at one of which the target must be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Condition {
    /// No such header.
    #[default]
    None,
    /// `*`: the target must exist, which it must anyway.
    Any,
    /// One of these entity tags, without `W/` and quotes.
    OneOf(Vec<String>),
}

/// What a decision may not make up for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Later than every stamp before.
    pub now: Timestamp,
    /// The id for the row that the command makes, if it makes one.
    pub fresh: Uuid,
    /// The id for the conflict that the command opens, if it opens one.
    pub fresh_conflict: Uuid,
}

/// What happens to one row.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A user row is made or changed.
    PutUser {
        /// As it was.
        before: Option<Box<User>>,
        /// As it will be.
        after: Box<User>,
    },
    /// A user row goes; its memberships went before it.
    DeleteUser(Box<User>),
    /// A role row is made or changed.
    PutRole {
        /// As it was.
        before: Option<Box<Role>>,
        /// As it will be.
        after: Box<Role>,
    },
    /// A role row goes; its memberships went before it.
    DeleteRole(Box<Role>),
    /// A membership is made, or its origin changes.
    PutMembership(Membership),
    /// A membership goes.
    DeleteMembership(Membership),
    /// A provider's state.
    PutProvider(ProviderRecord),
    /// A token is made or revoked.
    PutToken {
        /// As it was.
        before: Option<Box<Token>>,
        /// As it will be.
        after: Box<Token>,
    },
    /// A conflict is opened, repeated or resolved.
    PutConflict {
        /// As it was.
        before: Option<Box<Conflict>>,
        /// As it will be.
        after: Box<Conflict>,
    },
    /// A resource is made.
    PutResource(Box<Resource>),
    /// A resource goes; its grants and temporary access went before it.
    DeleteResource(Box<Resource>),
    /// A role's right to a resource is made.
    PutGrant(Grant),
    /// A role's right to a resource goes.
    DeleteGrant(Grant),
    /// A user's temporary access is made or changed.
    PutTemporaryAccess {
        /// As it was.
        before: Option<TemporaryAccess>,
        /// As it will be.
        after: TemporaryAccess,
    },
    /// A user's temporary access goes.
    DeleteTemporaryAccess(TemporaryAccess),
    /// A suspension or deletion is counted.
    PutDeparture(Departure),
    /// A suspension or deletion is counted no longer.
    DeleteDeparture(Departure),
    /// None of the provider's suspensions and deletions is counted any longer.
    ForgetDepartures(Provider),
    /// A hold is opened, repeated, decided or ended.
    PutHold {
        /// As it was.
        before: Option<Box<Hold>>,
        /// As it will be.
        after: Box<Hold>,
    },
}

/// What the asker gets to see.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The user as it is now.
    User {
        /// The row.
        user: Box<User>,
        /// Whether to answer 201: made, reactivated in place, or found by a retry after a link.
        created: bool,
    },
    /// The role as it is now.
    Role {
        /// The row.
        role: Box<Role>,
        /// Whether to answer 201: made, or found by a retry after a link.
        created: bool,
    },
    /// It is gone.
    Deleted,
    /// A membership as it is now, or as it was before it was detached.
    Membership(Membership),
    /// A provider's state.
    Provider(ProviderRecord),
    /// A token.
    Token(Box<Token>),
    /// A conflict as it is now.
    Conflict(Box<Conflict>),
    /// The push was refused, and the refusal is kept as this conflict.
    Refused {
        /// Why.
        refusal: Refusal,
        /// The conflict as it is now.
        conflict: Box<Conflict>,
    },
    /// A resource.
    Resource(Box<Resource>),
    /// A role's right as it is now, or as it was before it was revoked.
    Grant(Grant),
    /// A user's temporary access as it is now, or as it was before it was taken back.
    TemporaryAccess(TemporaryAccess),
    /// A hold as it is now.
    Hold(Box<Hold>),
    /// The push was refused by the safeguard against mass suspension, which keeps count of that.
    Held {
        /// Why.
        refusal: Refusal,
        /// The hold as it is now.
        hold: Box<Hold>,
    },
    /// The clock's changes are made.
    TimePassed {
        /// Whether more than one command does is due.
        more: bool,
    },
}

impl Outcome {
    /// The refusal, where a push was refused and something was kept of it.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } | Self::Held { refusal, .. } => Some(refusal),
            _ => None,
        }
    }
}

/// What to do about a command: everything or, as a refusal, nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The rows that change, in order. Empty where nothing changes.
    pub changes: Vec<Change>,
    /// What the journal says. Never empty where `changes` is not; alone only to report members of
    /// a push that were left out ([`Action::MembersSkipped`](super::event::Action::MembersSkipped)).
    pub events: Vec<Event>,
    /// What the asker gets to see.
    pub outcome: Outcome,
}

/// A command with its actor: what is decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Who asks.
    pub actor: Actor,
    /// For what.
    pub command: Command,
}
