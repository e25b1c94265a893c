//! Users and service accounts.

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    attributes::Attributes,
    id::UserId,
    identity::IdentityAlias,
    provider::{ManagedBy, Provider},
};

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
    pub attributes: Attributes,
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

    /// The aliases as SCIM writes them.
    pub fn alias_texts(&self) -> Vec<String> {
        self.aliases.iter().map(ToString::to_string).collect()
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn user(kind: UserKind, managed_by: ManagedBy, attributes: &Value) -> User {
        User {
            id: UserId(uuid::Uuid::nil()),
            kind,
            managed_by,
            permission_level: PermissionLevel::User,
            user_name: "ann@x.io".to_owned(),
            active: None,
            external_ids: BTreeMap::new(),
            aliases: Vec::new(),
            attributes: attributes.as_object().cloned().expect("an object").into(),
            created: Timestamp::UNIX_EPOCH,
            last_modified: Timestamp::UNIX_EPOCH,
            version: 1,
        }
    }

    #[test]
    fn a_provider_sees_people_that_are_its_own_or_local() {
        use UserKind::{Person, ServiceAccount};
        let okta = ManagedBy::Provider(Provider::Okta);
        for (kind, managed_by, okta_sees, entra_sees) in [
            (Person, ManagedBy::Local, true, true),
            (Person, okta, true, false),
            (ServiceAccount, ManagedBy::Local, false, false),
            (ServiceAccount, okta, false, false),
        ] {
            let user = user(kind, managed_by, &json!({}));
            let seen = (
                user.is_seen_by(Provider::Okta),
                user.is_seen_by(Provider::Entra),
            );
            assert_eq!(seen, (okta_sees, entra_sees), "{kind:?} {managed_by}");
        }
    }

    #[test]
    fn the_name_to_show_is_the_best_there_is() {
        for (attributes, expected) in [
            (json!({}), "ann@x.io"),
            (
                json!({"displayName": " ", "name": {"givenName": "Ann"}}),
                "Ann",
            ),
            (json!({"name": {"familyName": "Berg"}}), "Berg"),
            (
                json!({"name": {"givenName": "Ann", "familyName": "Berg"}}),
                "Ann Berg",
            ),
            (
                json!({"displayName": "A. Berg", "name": {"givenName": "Ann"}}),
                "A. Berg",
            ),
        ] {
            let user = user(UserKind::Person, ManagedBy::Local, &attributes);
            assert_eq!(user.display_name(), expected, "{attributes}");
        }
    }

    #[test]
    fn addresses_are_folded_and_each_there_once() {
        let emails =
            json!({"emails": [{"value": "B@x.io"}, {"value": "a@x.io"}, {"value": "b@X.io"}, {}]});
        let user = user(UserKind::Person, ManagedBy::Local, &emails);
        assert_eq!(user.folded_emails(), ["a@x.io", "b@x.io"]);
    }
}
