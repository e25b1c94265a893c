//! Every change that anyone can ask for.

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{
    event::{Actor, Event},
    id::{ConflictId, RoleId, TokenId, UserId},
    membership::Membership,
    provider::{Provider, ProviderRecord},
    refusal::Refusal,
    role::Role,
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
