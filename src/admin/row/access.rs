//! Rows of what there is to reach, and of who reaches it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::JournalRow;
use crate::directory::{
    ManagedBy, ResourceId, RoleId, UserId,
    access::{Reason, Via},
};

/// Something to reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceRow {
    /// Its id.
    pub id: ResourceId,
    /// Its name.
    pub name: String,
    /// What it is: `postgres`, `ssh`, …
    pub kind: String,
    /// What else is said of it.
    pub tags: BTreeMap<String, String>,
    /// When it was made.
    pub created: Timestamp,
}

/// A resource with what leads to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResourceDetail {
    /// The row.
    #[serde(flatten)]
    pub row: ResourceRow,
    /// The roles whose members reach it, at most a few hundred.
    pub grants: Vec<GrantRow>,
    /// Who was given it for a time, at most a few hundred.
    pub temporary_access: Vec<TemporaryAccessRow>,
    /// The newest journal entries about it, newest first.
    pub history: Vec<JournalRow>,
}

/// A role's right to a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantRow {
    /// The role's id.
    pub role: RoleId,
    /// The role's name.
    pub role_name: String,
    /// The resource's id.
    pub resource: ResourceId,
    /// The resource's name.
    pub resource_name: String,
}

/// A user's right to a resource for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemporaryAccessRow {
    /// The user's id.
    pub user: UserId,
    /// The user's name.
    pub user_name: String,
    /// The resource's id.
    pub resource: ResourceId,
    /// The resource's name.
    pub resource_name: String,
    /// From this moment on.
    pub from: Timestamp,
    /// Until before this moment.
    pub until: Timestamp,
}

/// Whether someone reaches a resource now, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessCheckRow {
    /// The user's id.
    pub user: UserId,
    /// The user's name.
    pub user_name: String,
    /// The resource's id.
    pub resource: ResourceId,
    /// The resource's name.
    pub resource_name: String,
    /// Whether they do.
    pub allowed: bool,
    /// Every way in which they do.
    pub because: Vec<Reason>,
    /// Why they do not, where they do not.
    pub refused_because: Option<String>,
}

/// One way in which a user reaches a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRow {
    /// The user's id.
    pub user: UserId,
    /// The user's name.
    pub user_name: String,
    /// The resource's id.
    pub resource: ResourceId,
    /// The resource's name.
    pub resource_name: String,
    /// Through what.
    pub via: Via,
    /// The role's name, if it is one.
    pub role: Option<String>,
    /// Since when temporary access holds.
    pub from: Option<Timestamp>,
    /// Until when; `null`: as long as membership and grant last.
    pub until: Option<Timestamp>,
}

/// An identity set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentitySetRow {
    /// Its name.
    pub name: String,
}

/// Who goes by an alias in an identity set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasRow {
    /// The set.
    pub set: String,
    /// The alias.
    pub alias: String,
    /// The user's id.
    pub user: UserId,
    /// The user's name.
    pub user_name: String,
    /// `local` or a provider: where the alias is to be edited.
    pub managed_by: ManagedBy,
}
