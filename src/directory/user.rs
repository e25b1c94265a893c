//! Users and service accounts.

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    id::UserId,
    identity::IdentityAlias,
    provider::{ManagedBy, Provider},
};
use crate::scim::Document;

/// A person or a machine's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserKind {
    /// A person; visible over SCIM.
    Person,
    /// A non-human account, made by an operator; never visible over SCIM.
    ServiceAccount,
}

/// What a user may do in the access system. No SCIM request can read or change it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum PermissionLevel {
    /// Everything.
    Admin,
    /// Databases and who may reach them.
    DatabaseAdmin,
    /// A team's members and their access.
    TeamLeader,
    /// Sees, changes nothing.
    Auditor,
    /// Reaches what the roles grant. Every new user starts here.
    #[default]
    User,
}

impl PermissionLevel {
    /// Every level, the mightiest first.
    pub const ALL: [Self; 5] = [
        Self::Admin,
        Self::DatabaseAdmin,
        Self::TeamLeader,
        Self::Auditor,
        Self::User,
    ];

    /// The name in rows and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::DatabaseAdmin => "database-admin",
            Self::TeamLeader => "team-leader",
            Self::Auditor => "auditor",
            Self::User => "user",
        }
    }
}

impl fmt::Display for PermissionLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for PermissionLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|level| level.as_str() == text)
            .ok_or_else(|| {
                format!(
                    "there is no permission level {text:?}; choose admin, database-admin, \
                     team-leader, auditor or user"
                )
            })
    }
}

/// A user or a service account, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Never changes, never used again.
    pub id: UserId,
    /// Person or service account.
    pub kind: UserKind,
    /// Who may change it.
    pub managed_by: ManagedBy,
    /// Set by operators only.
    pub permission_level: PermissionLevel,
    /// Unique without case among users and service accounts together, kept as given.
    pub user_name: String,
    /// As it was sent; `None` when it never was, which counts as active.
    pub active: Option<bool>,
    /// Each provider's own id for the user. Need not be unique.
    pub external_ids: BTreeMap<Provider, String>,
    /// At most one per identity set, ordered by set.
    pub aliases: Vec<IdentityAlias>,
    /// Every other SCIM attribute, canonical and validated, extensions under their URN
    /// (without the identity aliases, which are above).
    pub attributes: Document,
    /// When the row was made.
    pub created: Timestamp,
    /// Moves with every change.
    pub last_modified: Timestamp,
    /// One more with every change; the start of the `ETag`.
    pub version: u64,
}

impl User {
    /// Whether the user may reach anything at all: only `active: false` suspends.
    pub fn is_active(&self) -> bool {
        self.active != Some(false)
    }

    /// Whether it is a person. What is not is never visible over SCIM.
    pub fn is_person(&self) -> bool {
        self.kind == UserKind::Person
    }

    /// Whether the row is visible to a provider over SCIM; see [`ManagedBy::is_seen_by`].
    pub fn is_seen_by(&self, provider: Provider) -> bool {
        self.is_person() && self.managed_by.is_seen_by(provider)
    }

    /// The name to show: `displayName`, else given and family name, else `userName`.
    pub fn display_name(&self) -> String {
        let text = |value: Option<&serde_json::Value>| {
            value
                .and_then(|value| value.as_str())
                .filter(|text| !text.trim().is_empty())
                .map(str::to_owned)
        };
        let name = |part: &str| text(self.attributes.get("name").and_then(|name| name.get(part)));
        text(self.attributes.get("displayName"))
            .or_else(|| match (name("givenName"), name("familyName")) {
                (Some(given), Some(family)) => Some(format!("{given} {family}")),
                (given, family) => given.or(family),
            })
            .unwrap_or_else(|| self.user_name.clone())
    }

    /// The e-mail addresses, folded for comparison. Also an index, for Entra ID looks users up by it.
    pub fn folded_emails(&self) -> Vec<String> {
        let mut emails: Vec<String> = self
            .attributes
            .get("emails")
            .and_then(|emails| emails.as_array())
            .into_iter()
            .flatten()
            .filter_map(|email| email.get("value")?.as_str())
            .map(super::fold)
            .collect();
        emails.sort();
        emails.dedup();
        emails
    }
}
