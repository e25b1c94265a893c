//! What a decision may read, all by key or index, so that its cost follows the change.

use super::{
    conflict::{Conflict, ConflictKind},
    id::{ConflictId, RoleId, TokenId, UserId},
    membership::Membership,
    provider::{Provider, ProviderRecord},
    role::Role,
    token::{Token, TokenHash},
    user::User,
};

/// The store could not be read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the store could not be read: {0}")]
pub struct ReadError(pub String);

/// What a read gives.
pub type Read<T> = Result<T, ReadError>;

/// The directory as a decision sees it: consistent, and with every earlier command of its batch.
pub trait View {
    /// A user or service account by id.
    fn user(&self, id: UserId) -> Read<Option<User>>;
    /// A user or service account by name, compared without case.
    fn user_named(&self, user_name: &str) -> Read<Option<User>>;
    /// A role by id.
    fn role(&self, id: RoleId) -> Read<Option<Role>>;
    /// A role by name, compared without case.
    fn role_named(&self, display_name: &str) -> Read<Option<Role>>;
    /// One membership.
    fn membership(&self, role: RoleId, user: UserId) -> Read<Option<Membership>>;
    /// The memberships of a role, ordered by user id, those after `after`, at most `limit`.
    fn members(&self, role: RoleId, after: Option<UserId>, limit: usize) -> Read<Vec<Membership>>;
    /// The memberships of a user, ordered by role id. A user is in few roles.
    fn memberships_of(&self, user: UserId) -> Read<Vec<Membership>>;
    /// Who holds the alias in the set.
    fn alias_holder(&self, set: &str, alias: &str) -> Read<Option<UserId>>;
    /// A provider's record; [`ProviderRecord::unknown`] for one that was never activated.
    fn provider(&self, provider: Provider) -> Read<ProviderRecord>;
    /// A token by id.
    fn token(&self, id: TokenId) -> Read<Option<Token>>;
    /// A token by the hash of its secret.
    fn token_by_hash(&self, hash: &TokenHash) -> Read<Option<Token>>;
    /// Every token, revoked ones too, ordered by id. There are few.
    fn tokens(&self) -> Read<Vec<Token>>;
    /// A conflict by id.
    fn conflict(&self, id: ConflictId) -> Read<Option<Conflict>>;
    /// The newest conflict that a repeat of the same push belongs to, whatever its state.
    fn latest_conflict(
        &self,
        provider: Provider,
        kind: ConflictKind,
        key: &str,
    ) -> Read<Option<Conflict>>;
    /// The open and dismissed conflicts whose `existing` has this id.
    fn conflicts_about(&self, existing: &str) -> Read<Vec<Conflict>>;
}
