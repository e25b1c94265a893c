//! What a decision did, as the journal keeps it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    access::Resource,
    conflict::Conflict,
    facts::Facts,
    id::{ExchangeId, TokenId},
    provider::Provider,
    role::Role,
    safeguard::Hold,
    token::Token,
    user::{User, UserKind},
};

/// Who asked for a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// A provider, with the token it used.
    Provider {
        /// Which provider.
        provider: Provider,
        /// With which token.
        token: TokenId,
    },
    /// An operator, by the name of the account that runs the command or the console.
    Operator {
        /// The account's name.
        name: String,
    },
    /// rolecall itself, for what happens by the clock.
    System,
}

impl Actor {
    /// The acting provider, if it is one.
    pub fn provider(&self) -> Option<Provider> {
        match self {
            Self::Provider { provider, .. } => Some(*provider),
            _ => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider { provider, .. } => f.pad(provider.as_str()),
            Self::Operator { name } => write!(f, "operator {name}"),
            Self::System => f.pad("rolecall"),
        }
    }
}

/// The kinds of things that a change can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectKind {
    /// A person.
    User,
    /// A service account.
    ServiceAccount,
    /// A role.
    Role,
    /// A provider.
    Provider,
    /// A token.
    Token,
    /// A conflict.
    Conflict,
    /// A resource.
    Resource,
    /// A held mass suspension.
    Hold,
}

impl SubjectKind {
    /// The words for sentences.
    pub fn words(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::ServiceAccount => "service account",
            Self::Role => "role",
            Self::Provider => "provider",
            Self::Token => "token",
            Self::Conflict => "conflict",
            Self::Resource => "resource",
            Self::Hold => "hold",
        }
    }
}

/// What a change is about, named so that the journal can be read when it is long gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// User, role, …
    pub kind: SubjectKind,
    /// Its id, or a provider's name.
    pub id: String,
    /// Its name at that moment.
    pub name: String,
}

impl Subject {
    /// A user or service account.
    pub fn user(user: &User) -> Self {
        let kind = match user.kind {
            UserKind::Person => SubjectKind::User,
            UserKind::ServiceAccount => SubjectKind::ServiceAccount,
        };
        Self {
            kind,
            id: user.id.to_string(),
            name: user.user_name.clone(),
        }
    }

    /// A role.
    pub fn role(role: &Role) -> Self {
        Self {
            kind: SubjectKind::Role,
            id: role.id.to_string(),
            name: role.display_name.clone(),
        }
    }

    /// A provider.
    pub fn provider(provider: Provider) -> Self {
        Self {
            kind: SubjectKind::Provider,
            id: provider.to_string(),
            name: provider.to_string(),
        }
    }

    /// A token, by the name that the operator gave it.
    pub fn token(token: &Token) -> Self {
        Self {
            kind: SubjectKind::Token,
            id: token.id.to_string(),
            name: token.name.clone(),
        }
    }

    /// A conflict, by the name that was pushed.
    pub fn conflict(conflict: &Conflict) -> Self {
        Self {
            kind: SubjectKind::Conflict,
            id: conflict.id.to_string(),
            name: conflict.name.clone(),
        }
    }

    /// A resource.
    pub fn resource(resource: &Resource) -> Self {
        Self {
            kind: SubjectKind::Resource,
            id: resource.id.to_string(),
            name: resource.name.clone(),
        }
    }

    /// A held mass suspension, by the provider whose it is.
    pub fn hold(hold: &Hold) -> Self {
        Self {
            kind: SubjectKind::Hold,
            id: hold.id.to_string(),
            name: hold.provider.to_string(),
        }
    }
}

/// What happened. The wire names (`user-created`) are only ever added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// A user or service account was made; `after` is the whole of it.
    UserCreated,
    /// Attributes changed; `before` and `after` hold just those.
    UserUpdated,
    /// `active` became false.
    UserSuspended,
    /// `active` was false and is no longer.
    UserReinstated,
    /// The user is gone; `before` is the whole of it.
    UserDeleted,
    /// A provider took control; `before` and `after` hold `managed_by`.
    UserTakenOver,
    /// The permission level changed.
    UserLevelChanged,
    /// A role was made; `after` is the whole of it, without members.
    RoleCreated,
    /// Attributes other than the name changed.
    RoleUpdated,
    /// The name changed.
    RoleRenamed,
    /// The role is gone; `before` is the whole of it, without members.
    RoleDeleted,
    /// A provider took control; `before` and `after` hold `managed_by`.
    RoleTakenOver,
    /// `after.members` were added to the role: `id`, `user_name` and `origin` each.
    MembersAdded,
    /// `before.members` were removed from the role: `id`, `user_name` and `origin` each.
    MembersRemoved,
    /// The origin of memberships changed: `before.members` and `after.members`.
    MembersMoved,
    /// Some of a push was left out: `after.unknown` ids, `after.kept` local attachments.
    MembersSkipped,
    /// A provider may push from now on.
    ProviderActivated,
    /// A provider may push no longer.
    ProviderDeactivated,
    /// A token was made.
    TokenCreated,
    /// A token was revoked.
    TokenRevoked,
    /// A push was refused because of what is here.
    ConflictOpened,
    /// The same push was refused again.
    ConflictRepeated,
    /// The existing one became the provider's.
    ConflictLinked,
    /// The existing one got another name.
    ConflictRenamed,
    /// The operator dismissed it.
    ConflictDismissed,
    /// What it stood on has changed.
    ConflictGone,
    /// The provider's retry after a link got its answer.
    ConflictSettled,
    /// An operator made the user local; `before` and `after` hold `managed_by`.
    UserReleased,
    /// An operator made the role local; `before` and `after` hold `managed_by`.
    RoleReleased,
    /// A resource was made; `after` is the whole of it.
    ResourceAdded,
    /// A resource is gone; `before` is the whole of it.
    ResourceDeleted,
    /// The subject, a role, reaches `after.resource` (`id`, `name`) from now on.
    AccessGranted,
    /// The subject, a role, reaches `before.resource` (`id`, `name`) no longer.
    AccessRevoked,
    /// The subject, a user, reaches `after.resource` from `after.from` until `after.until`;
    /// `before` holds the times that this replaces, if there were any.
    AccessGiven,
    /// What was given to the subject, a user, for later has begun: `after.resource`, `from`, `until`.
    AccessStarted,
    /// An operator took back what the subject, a user, was given, or one of both sides was deleted.
    AccessTaken,
    /// The time of what the subject, a user, was given is over.
    AccessEnded,
    /// A provider's suspensions and deletions have become too many at once: further ones are held.
    HoldOpened,
    /// One more was held or, after a refusal, turned away.
    HoldRepeated,
    /// An operator lets the provider go on.
    HoldApproved,
    /// An operator turns the rest away.
    HoldRefused,
    /// The hold is over; suspensions and deletions are counted anew.
    HoldEnded,
}

impl Action {
    /// The wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserCreated => "user-created",
            Self::UserUpdated => "user-updated",
            Self::UserSuspended => "user-suspended",
            Self::UserReinstated => "user-reinstated",
            Self::UserDeleted => "user-deleted",
            Self::UserTakenOver => "user-taken-over",
            Self::UserLevelChanged => "user-level-changed",
            Self::RoleCreated => "role-created",
            Self::RoleUpdated => "role-updated",
            Self::RoleRenamed => "role-renamed",
            Self::RoleDeleted => "role-deleted",
            Self::RoleTakenOver => "role-taken-over",
            Self::MembersAdded => "members-added",
            Self::MembersRemoved => "members-removed",
            Self::MembersMoved => "members-moved",
            Self::MembersSkipped => "members-skipped",
            Self::ProviderActivated => "provider-activated",
            Self::ProviderDeactivated => "provider-deactivated",
            Self::TokenCreated => "token-created",
            Self::TokenRevoked => "token-revoked",
            Self::ConflictOpened => "conflict-opened",
            Self::ConflictRepeated => "conflict-repeated",
            Self::ConflictLinked => "conflict-linked",
            Self::ConflictRenamed => "conflict-renamed",
            Self::ConflictDismissed => "conflict-dismissed",
            Self::ConflictGone => "conflict-gone",
            Self::ConflictSettled => "conflict-settled",
            Self::UserReleased => "user-released",
            Self::RoleReleased => "role-released",
            Self::ResourceAdded => "resource-added",
            Self::ResourceDeleted => "resource-deleted",
            Self::AccessGranted => "access-granted",
            Self::AccessRevoked => "access-revoked",
            Self::AccessGiven => "access-given",
            Self::AccessStarted => "access-started",
            Self::AccessTaken => "access-taken",
            Self::AccessEnded => "access-ended",
            Self::HoldOpened => "hold-opened",
            Self::HoldRepeated => "hold-repeated",
            Self::HoldApproved => "hold-approved",
            Self::HoldRefused => "hold-refused",
            Self::HoldEnded => "hold-ended",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One thing that a decision did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What happened.
    pub action: Action,
    /// To what.
    pub subject: Subject,
    /// What was, as far as it changed; `null` where there was nothing.
    pub before: Facts,
    /// What is, as far as it changed; `null` where there is nothing any more.
    pub after: Facts,
}

/// An event with its place in the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// From 1, without gaps, in the order of the commits.
    pub seq: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// Who asked for it.
    pub actor: Actor,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// The request that caused it, for what came over SCIM.
    pub exchange: Option<ExchangeId>,
}
