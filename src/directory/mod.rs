//! Floor 2, the decisions: what the directory holds, who may change what, and what a change does.
//! Pure: no I/O, no clock, no randomness. Time and new ids arrive in a [`command::Stamp`].

pub mod access;
mod attributes;
pub mod command;
pub mod comparison;
pub mod conflict;
pub mod decide;
pub mod etag;
pub mod event;
mod facts;
pub mod id;
pub mod identity;
pub mod membership;
pub mod provider;
pub mod refusal;
mod refusal_text;
pub mod role;
pub mod safeguard;
pub mod summary;
pub mod token;
pub mod undo;
pub mod user;
mod user_facts;
pub mod view;

pub use access::{Grant, Resource, TemporaryAccess};
pub use attributes::{Attribute, Attributes};
pub use command::{Change, Command, Condition, Decision, Outcome, Profile, Stamp};
pub use conflict::{Conflict, ConflictKind, ConflictState};
pub use event::{Action, Actor, Event, JournalEntry, Subject, SubjectKind};
pub use facts::{Facts, MemberFact};
pub use id::{ConflictId, ExchangeId, HoldId, ResourceId, RoleId, TokenId, UserId};
pub use identity::IdentityAlias;
pub use membership::{Membership, Origin};
pub use provider::{ManagedBy, Provider, ProviderRecord, ProviderState};
pub use refusal::Refusal;
pub use role::{Role, RoleName};
pub use safeguard::{Departure, Hold, HoldState, Policy};
pub use token::{Token, TokenHash, TokenState};
pub use user::{PermissionLevel, User, UserKind};
pub use view::{AccessView, Read, ReadError, SafeguardView, View};

/// Folds a name for comparison without case. Every index key and every comparison of names uses
/// this one function, so that they cannot disagree.
pub fn fold(name: &str) -> String {
    name.trim().to_lowercase()
}

#[cfg(test)]
mod tests;
