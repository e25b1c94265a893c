//! The bodies that Okta sends.

use serde_json::{Map, Value, json};

use super::names::Person;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// POST /Users.
pub(super) fn user(person: &Person) -> Value {
    let Person {
        user_name,
        given,
        family,
        external_id,
    } = person;
    json!({
        "schemas": [USER],
        "userName": user_name,
        "name": {"givenName": given, "familyName": family},
        "emails": [{"primary": true, "value": user_name, "type": "work"}],
        "displayName": format!("{given} {family}"),
        "locale": "en-US",
        "externalId": external_id,
        "groups": [],
        "password": "1mz050nq",
        "active": true
    })
}

/// Okta's data merged over what GET returned: PUT /Users/{id}. `title` is what changes.
pub(super) fn merged_user(current: &Value, person: &Person, title: &str, active: bool) -> Value {
    let mut merged = current.as_object().cloned().unwrap_or_else(Map::new);
    if let Value::Object(ours) = user(person) {
        for (key, value) in ours {
            if !matches!(key.as_str(), "schemas" | "password") || !merged.contains_key(&key) {
                merged.insert(key, value);
            }
        }
    }
    merged.remove("password");
    merged.insert("active".to_owned(), json!(active));
    if !title.is_empty() {
        merged.insert("title".to_owned(), json!(title));
    }
    Value::Object(merged)
}

/// PATCH /Users/{id}: profile, in one path-less operation.
pub(super) fn patch_profile(title: &str) -> Value {
    patch(&json!([{"op": "replace", "value": {"title": title}}]))
}

/// PATCH /Users/{id}: `active`.
pub(super) fn patch_active(active: bool) -> Value {
    patch(&json!([{"op": "replace", "value": {"active": active}}]))
}

/// POST /Groups.
pub(super) fn group(name: &str) -> Value {
    json!({"schemas": [GROUP], "displayName": name, "members": []})
}

/// PUT /Groups/{id}.
pub(super) fn whole_group(id: &str, name: &str, members: &[Member]) -> Value {
    json!({"schemas": [GROUP], "id": id, "displayName": name, "members": members_value(members)})
}

/// The path-less PATCH of id and name, sent after the making and with each change.
pub(super) fn patch_name(id: &str, name: &str) -> Value {
    patch(&json!([{"op": "replace", "value": {"id": id, "displayName": name}}]))
}

/// A member as Okta names it: id and user name.
pub(super) type Member = (String, String);

/// PATCH /Groups/{id}: removes and adds in one.
pub(super) fn patch_members(remove: &[Member], add: &[Member]) -> Value {
    let mut operations: Vec<Value> = remove
        .iter()
        .map(|(id, _)| json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")}))
        .collect();
    if !add.is_empty() {
        operations.push(json!({"op": "add", "path": "members", "value": members_value(add)}));
    }
    patch(&Value::Array(operations))
}

fn members_value(members: &[Member]) -> Value {
    members
        .iter()
        .map(|(id, name)| json!({"value": id, "display": name}))
        .collect()
}

fn patch(operations: &Value) -> Value {
    json!({"schemas": [PATCH], "Operations": operations})
}
