//! What a decision may read, all by key or index, so that its cost follows the change.

use jiff::Timestamp;

use super::{
    access::{Resource, TemporaryAccess},
    conflict::{Conflict, ConflictKind},
    id::{ConflictId, HoldId, ResourceId, RoleId, TokenId, UserId},
    membership::Membership,
    provider::{Provider, ProviderRecord},
    role::{Role, RoleName},
    safeguard::{Departure, Hold, Population},
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
pub trait View: AccessView + SafeguardView {
    /// A user or service account by id.
    fn user(&self, id: UserId) -> Read<Option<User>>;
    /// What a user or service account is called, by its id.
    fn user_name(&self, id: UserId) -> Read<Option<String>> {
        Ok(self.user(id)?.map(|user| user.user_name))
    }
    /// A user or service account by name, compared without case.
    fn user_named(&self, user_name: &str) -> Read<Option<User>>;
    /// A role by id.
    fn role(&self, id: RoleId) -> Read<Option<Role>>;
    /// A role's name by its id.
    fn role_name(&self, id: RoleId) -> Read<Option<RoleName>> {
        Ok(self.role(id)?.map(Into::into))
    }
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

/// What decisions about access read.
pub trait AccessView {
    /// A resource by id.
    fn resource(&self, id: ResourceId) -> Read<Option<Resource>>;
    /// A resource by name, compared without case.
    fn resource_named(&self, name: &str) -> Read<Option<Resource>>;
    /// Whether the members of the role reach the resource.
    fn is_granted(&self, role: RoleId, resource: ResourceId) -> Read<bool>;
    /// What the members of a role reach, ordered by id, what comes after `after`, at most `limit`.
    fn resources_of_role(
        &self,
        role: RoleId,
        after: Option<ResourceId>,
        limit: usize,
    ) -> Read<Vec<ResourceId>>;
    /// The roles whose members reach a resource, ordered by id, those after `after`, at most `limit`.
    fn roles_reaching(
        &self,
        resource: ResourceId,
        after: Option<RoleId>,
        limit: usize,
    ) -> Read<Vec<RoleId>>;
    /// What a user was given to a resource, also where its time has not come yet.
    fn temporary_access(&self, user: UserId, resource: ResourceId)
    -> Read<Option<TemporaryAccess>>;
    /// All that a user was given, ordered by resource, what comes after `after`, at most `limit`.
    fn temporary_access_of(
        &self,
        user: UserId,
        after: Option<ResourceId>,
        limit: usize,
    ) -> Read<Vec<TemporaryAccess>>;
    /// All that was given to a resource, ordered by user, what comes after `after`, at most `limit`.
    fn temporary_access_to(
        &self,
        resource: ResourceId,
        after: Option<UserId>,
        limit: usize,
    ) -> Read<Vec<TemporaryAccess>>;
    /// What starts or ends at `now` or before, the earliest first, at most `limit`.
    fn access_due(&self, now: Timestamp, limit: usize) -> Read<Vec<TemporaryAccess>>;
    /// When temporary access next starts or ends.
    fn next_access_change(&self) -> Read<Option<Timestamp>>;
}

/// What the safeguards read.
pub trait SafeguardView {
    /// How many users a provider has, and how many of them left lately.
    fn population(&self, provider: Provider) -> Read<Population>;
    /// Persons that are active and have the level `admin`, ordered by id, at most `limit`.
    fn active_admins(&self, limit: usize) -> Read<Vec<UserId>>;
    /// The suspension or deletion of a user, as far as it is counted.
    fn departure(&self, user: UserId) -> Read<Option<Departure>>;
    /// A provider's counted suspensions and deletions until `until`, the oldest first, at most `limit`.
    fn departures(
        &self,
        provider: Provider,
        until: Timestamp,
        limit: usize,
    ) -> Read<Vec<Departure>>;
    /// A hold by id.
    fn hold(&self, id: HoldId) -> Read<Option<Hold>>;
    /// The provider's hold that has not been ended.
    fn live_hold(&self, provider: Provider) -> Read<Option<Hold>>;
}
