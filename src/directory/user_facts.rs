//! A user as the journal tells it: the whole but its id and the times, which the journal has anyway.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{
    attributes::Attribute,
    provider::{ManagedBy, Provider},
    user::{PermissionLevel, User, UserKind},
};
use crate::scim::Document;

/// What is written of a user.
#[derive(Serialize)]
pub(super) struct UserFacts<'a> {
    kind: UserKind,
    #[serde(rename = "userName")]
    user_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
    managed_by: ManagedBy,
    permission_level: PermissionLevel,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_ids: Option<&'a BTreeMap<Provider, String>>,
    #[serde(rename = "identityAliases", skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<String>,
    #[serde(flatten, serialize_with = "as_members")]
    attributes: Vec<(&'a str, Attribute<'a>)>,
}

impl<'a> UserFacts<'a> {
    /// All of the user.
    pub(super) fn of(user: &'a User) -> Self {
        Self::with(user, user.attributes.to_write())
    }

    /// All but the attributes in which it does not differ from another.
    pub(super) fn beside(user: &'a User, other: &User) -> Self {
        let differ = |(name, value): &(&String, &Value)| other.attributes.get(*name) != Some(value);
        let attributes = user.attributes.iter().filter(differ);
        let attributes = attributes.map(|(name, value)| (name.as_str(), Attribute::Value(value)));
        Self::with(user, attributes.collect())
    }

    fn with(user: &'a User, attributes: Vec<(&'a str, Attribute<'a>)>) -> Self {
        Self {
            kind: user.kind,
            user_name: &user.user_name,
            active: user.active,
            managed_by: user.managed_by,
            permission_level: user.permission_level,
            external_ids: Some(&user.external_ids).filter(|ids| !ids.is_empty()),
            aliases: user.alias_texts(),
            attributes,
        }
    }

    /// As values.
    pub(super) fn to_document(&self) -> Document {
        match serde_json::to_value(self) {
            Ok(Value::Object(document)) => document,
            // It is a map whose keys are text, which always has values.
            _ => Document::new(),
        }
    }
}

fn as_members<S: Serializer>(
    attributes: &[(&str, Attribute<'_>)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(attributes.iter().map(|(name, value)| (name, value)))
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;
    use crate::directory::{Attributes, Facts, IdentityAlias, UserId};

    pub(in crate::directory) fn user() -> User {
        User {
            id: UserId(uuid::Uuid::nil()),
            kind: UserKind::Person,
            managed_by: ManagedBy::Local,
            permission_level: PermissionLevel::User,
            user_name: "a".to_owned(),
            active: None,
            external_ids: BTreeMap::new(),
            aliases: Vec::new(),
            attributes: Attributes::default(),
            created: jiff::Timestamp::UNIX_EPOCH,
            last_modified: jiff::Timestamp::UNIX_EPOCH,
            version: 1,
        }
    }

    #[test]
    fn what_a_row_lacks_is_not_told() {
        let json = serde_json::to_string(&UserFacts::of(&user())).expect("JSON");
        let expected =
            r#"{"kind":"person","userName":"a","managed_by":"local","permission_level":"user"}"#;
        assert_eq!(json, expected);
    }

    #[test]
    fn a_user_is_told_as_it_always_was_made_or_stored_or_read() {
        let json = r#"{"name":{"givenName":"A"},"title":"t \"quoted\""}"#;
        let values = serde_json::from_str::<Document>(json).expect("a document");
        let stored = Attributes::stored(json).expect("attributes");
        for attributes in [stored, values.into()] {
            let user = User {
                active: Some(false),
                external_ids: BTreeMap::from([(Provider::Okta, "00u1".to_owned())]),
                aliases: vec![IdentityAlias::parse("set,alias").expect("an alias")],
                attributes,
                ..user()
            };
            let expected = json!({
                "kind": "person", "userName": "a", "active": false, "managed_by": "local",
                "permission_level": "user", "external_ids": {"okta": "00u1"},
                "identityAliases": ["set,alias"],
                "name": {"givenName": "A"}, "title": "t \"quoted\"",
            });
            let facts = Facts::of_user(user);
            let json = serde_json::to_string(&facts).expect("JSON");
            assert_eq!(json, expected.to_string(), "in this order");
            assert_eq!(facts, expected);
            let read: Facts = serde_json::from_str(&json).expect("facts");
            assert_eq!((&read, &facts), (&facts, &read));
        }
    }

    #[test]
    fn beside_another_only_the_attributes_are_told_that_differ() {
        let with = |title: &str| {
            let attributes = json!({"title": title, "nickName": "n"});
            let attributes = attributes.as_object().cloned().expect("an object");
            User {
                attributes: attributes.into(),
                ..user()
            }
        };
        let beside = Value::from(UserFacts::beside(&with("t"), &with("u")).to_document());
        let expected = json!({
            "kind": "person", "userName": "a", "managed_by": "local", "permission_level": "user",
            "title": "t",
        });
        assert_eq!(beside, expected);
    }
}
