//! Rows as the journal shows them, and what differs between two of them.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::{
    directory::{Role, User},
    scim::Document,
};

/// The whole of a user but its id and the times, which the journal has anyway.
pub(super) fn user_document(user: &User) -> Document {
    let mut document = without_attributes(user);
    extend(&mut document, user.attributes.iter());
    document
}

/// The same of two users, but for the attributes in which they do not differ.
pub(super) fn user_documents(one: &User, other: &User) -> (Document, Document) {
    let beside = |user: &User, other: &User| {
        let attributes = user.attributes.iter();
        let mut document = without_attributes(user);
        let differ = |(name, value): &(&String, &Value)| other.attributes.get(*name) != Some(value);
        extend(&mut document, attributes.filter(differ));
        document
    };
    (beside(one, other), beside(other, one))
}

fn without_attributes(user: &User) -> Document {
    let mut document = Document::new();
    document.insert("kind".into(), json!(user.kind));
    document.insert("userName".into(), user.user_name.clone().into());
    if let Some(active) = user.active {
        document.insert("active".into(), active.into());
    }
    document.insert("managed_by".into(), json!(user.managed_by));
    document.insert("permission_level".into(), json!(user.permission_level));
    if !user.external_ids.is_empty() {
        document.insert("external_ids".into(), json!(user.external_ids));
    }
    if !user.aliases.is_empty() {
        document.insert("identityAliases".into(), aliases(user));
    }
    document
}

/// The whole of a role but its id, times and members.
pub(super) fn role_document(role: &Role) -> Document {
    let mut document = Document::new();
    document.insert("displayName".into(), role.display_name.clone().into());
    document.insert("managed_by".into(), json!(role.managed_by));
    if !role.external_ids.is_empty() {
        document.insert("external_ids".into(), json!(role.external_ids));
    }
    extend(&mut document, role.attributes.iter());
    document
}

/// The aliases as SCIM writes them.
pub(super) fn aliases(user: &User) -> Value {
    user.aliases.iter().map(ToString::to_string).collect()
}

fn extend<'a>(document: &mut Document, attributes: impl Iterator<Item = (&'a String, &'a Value)>) {
    document.extend(attributes.map(|(name, value)| (name.clone(), value.clone())));
}

/// What differs, attribute by attribute: as it was and as it is, `null` on the side that lacks it.
/// Of complex attributes the parts that differ, as `name.givenName`; of extensions their
/// attributes, as `urn:…:User:department`.
pub(in crate::directory) fn differences(
    before: &Document,
    after: &Document,
) -> (Document, Document) {
    let mut was = Document::new();
    let mut is = Document::new();
    let mut note = |name: String, old: &Value, new: &Value| {
        was.insert(name.clone(), old.clone());
        is.insert(name, new.clone());
    };
    for name in names(before, after) {
        if before.get(name) == after.get(name) {
            continue;
        }
        let (old, new) = (value(before, name), value(after, name));
        let parts = parts(old, new);
        if parts.is_empty() {
            note(name.clone(), old, new);
            continue;
        }
        let separator = if name.starts_with("urn:") { ':' } else { '.' };
        for (part, old, new) in parts {
            note(format!("{name}{separator}{part}"), old, new);
        }
    }
    (was, is)
}

static NOTHING: Value = Value::Null;

fn value<'a>(document: &'a Document, name: &str) -> &'a Value {
    document.get(name).unwrap_or(&NOTHING)
}

fn names<'a>(before: &'a Document, after: &'a Document) -> impl Iterator<Item = &'a String> {
    let gained = after.keys().filter(|name| !before.contains_key(*name));
    before.keys().chain(gained)
}

/// The parts in which two complex values differ; none where a side is anything else.
fn parts<'a>(old: &'a Value, new: &'a Value) -> Vec<(&'a String, &'a Value, &'a Value)> {
    static NO_PARTS: LazyLock<Document> = LazyLock::new(Document::new);
    let (old, new) = match (old, new) {
        (Value::Object(old), Value::Object(new)) => (old, new),
        (Value::Object(old), Value::Null) => (old, &*NO_PARTS),
        (Value::Null, Value::Object(new)) => (&*NO_PARTS, new),
        _ => return Vec::new(),
    };
    names(old, new)
        .map(|part| (part, value(old, part), value(new, part)))
        .filter(|(_, old, new)| old != new)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::directory::{Attributes, ManagedBy, PermissionLevel, UserId, UserKind};

    #[test]
    fn what_a_row_lacks_is_not_in_its_document() {
        let user = User {
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
        };
        let names: Vec<_> = user_document(&user).keys().cloned().collect();
        assert_eq!(
            names,
            ["kind", "userName", "managed_by", "permission_level"]
        );
    }

    #[test]
    fn differences_are_named_part_by_part() {
        let cases = [
            (json!({}), json!({}), json!({}), json!({})),
            (json!({"a": 1}), json!({"a": 1}), json!({}), json!({})),
            (
                json!({"a": 1}),
                json!({}),
                json!({"a": 1}),
                json!({"a": null}),
            ),
            (
                json!({}),
                json!({"a": [1]}),
                json!({"a": null}),
                json!({"a": [1]}),
            ),
            (
                json!({"name": {"x": 1, "y": 2}}),
                json!({"name": {"x": 1, "y": 3}}),
                json!({"name.y": 2}),
                json!({"name.y": 3}),
            ),
            (
                json!({}),
                json!({"name": {"x": 1}}),
                json!({"name.x": null}),
                json!({"name.x": 1}),
            ),
            (
                json!({"urn:x:User": {"d": 1}}),
                json!({}),
                json!({"urn:x:User:d": 1}),
                json!({"urn:x:User:d": null}),
            ),
            // What differs is never nothing: no change of a row may lack its journal entry.
            (
                json!({"name": {}}),
                json!({}),
                json!({"name": {}}),
                json!({"name": null}),
            ),
            (
                json!({"a": null}),
                json!({}),
                json!({"a": null}),
                json!({"a": null}),
            ),
        ];
        for (before, after, was, is) in cases {
            let document = |value: &Value| value.as_object().cloned().expect("an object");
            let found = differences(&document(&before), &document(&after));
            assert_eq!(found, (document(&was), document(&is)), "{before} {after}");
        }
    }
}
