//! Rows as the journal shows them, and what differs between two of them.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::{
    directory::{Role, User, user_facts::UserFacts},
    scim::Document,
};

/// Two users as the journal tells them, but for the attributes in which they do not differ.
pub(super) fn user_documents(one: &User, other: &User) -> (Document, Document) {
    let beside = |user, other| UserFacts::beside(user, other).to_document();
    (beside(one, other), beside(other, one))
}

/// The whole of a role but its id, times and members.
pub(super) fn role_document(role: &Role) -> Document {
    let mut document = Document::new();
    document.insert("displayName".into(), role.display_name.clone().into());
    document.insert("managed_by".into(), json!(role.managed_by));
    if !role.external_ids.is_empty() {
        document.insert("external_ids".into(), json!(role.external_ids));
    }
    let attributes = role.attributes.iter();
    document.extend(attributes.map(|(name, value)| (name.clone(), value.clone())));
    document
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
    use super::*;

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
