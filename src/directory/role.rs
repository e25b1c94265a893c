//! Roles: what SCIM calls groups.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    id::RoleId,
    provider::{ManagedBy, Provider},
};
use crate::scim::Document;

/// A role, as it is stored. Its members are rows of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// Never changes, never used again.
    pub id: RoleId,
    /// Who may change it.
    pub managed_by: ManagedBy,
    /// Unique without case, kept as given.
    pub display_name: String,
    /// Each provider's own id for the role. Need not be unique.
    pub external_ids: BTreeMap<Provider, String>,
    /// Every other SCIM attribute, canonical and validated.
    pub attributes: Document,
    /// How many memberships have the origin `provider`.
    pub provider_members: u64,
    /// How many memberships have the origin `local`.
    pub local_members: u64,
    /// When the row was made.
    pub created: Timestamp,
    /// Moves with every change, of a member too.
    pub last_modified: Timestamp,
    /// One more with every change, of a member too; the `ETag`.
    pub version: u64,
}

/// What `groups` of a user tell of a role, and who sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RoleName {
    /// Who may change it.
    pub managed_by: ManagedBy,
    /// As given.
    pub display_name: String,
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        Self {
            managed_by: role.managed_by,
            display_name: role.display_name,
        }
    }
}

impl Role {
    /// Whether the row is visible to a provider over SCIM; see [`ManagedBy::is_seen_by`].
    pub fn is_seen_by(&self, provider: Provider) -> bool {
        self.managed_by.is_seen_by(provider)
    }
}
