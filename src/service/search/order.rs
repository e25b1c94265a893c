//! By which of its columns a list is sorted.

use serde::{Deserialize, Serialize};

/// By which column, and which way round. Rows that are equal in it stay in the order of their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sort<By> {
    /// The column.
    pub by: By,
    /// The greatest first.
    #[serde(default)]
    pub descending: bool,
}

/// The columns of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserOrder {
    /// The e-mail address, or a service account's name.
    UserName,
    /// The name to show.
    DisplayName,
    /// Active ones, then suspended ones.
    State,
    /// How many roles.
    Roles,
    /// The permission level, the least first.
    Level,
    /// `local`, then the providers by name.
    ManagedBy,
    /// When it was made.
    Created,
    /// When it last changed.
    Changed,
}

/// The columns of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleOrder {
    /// Its name.
    Name,
    /// How many members, whoever attached them.
    Members,
    /// How many members that the provider attached.
    ProviderMembers,
    /// How many members that were attached here.
    LocalMembers,
    /// `local`, then the providers by name.
    ManagedBy,
    /// When a provider last pushed it; those that never were come first.
    LastPush,
    /// When it was made.
    Created,
    /// When it last changed.
    Changed,
}

/// The columns of resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceOrder {
    /// What it is called.
    Name,
    /// What it is.
    Kind,
    /// What its tags are, read as one text.
    Tags,
    /// When it was made.
    Created,
}
