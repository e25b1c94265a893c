//! Journal entries in words.

use serde_json::Value;

use crate::{admin::row::JournalRow, directory::Action};

/// One change as a sentence: what happened to what, and from what to what where that says more.
pub(super) fn change(row: &JournalRow) -> String {
    let name = &row.subject.name;
    let kind = row.subject.kind.words();
    match row.action {
        Action::UserCreated | Action::RoleCreated => format!("{kind} {name} added"),
        Action::UserUpdated | Action::RoleUpdated => {
            format!("{kind} {name} updated: {}", differences(row))
        }
        Action::UserSuspended => format!("{kind} {name} suspended"),
        Action::UserReinstated => format!("{kind} {name} reinstated"),
        Action::UserDeleted | Action::RoleDeleted => format!("{kind} {name} deleted"),
        Action::UserTakenOver | Action::RoleTakenOver => {
            format!("{kind} {name} taken over: {}", differences(row))
        }
        Action::UserLevelChanged => format!("{kind} {name}: {}", differences(row)),
        Action::RoleRenamed => {
            let side = |side| text(side, "displayName").unwrap_or(name);
            format!("role {} renamed to {}", side(&row.before), side(&row.after))
        }
        Action::MembersAdded => format!("role {name}: added {}", members(&row.after)),
        Action::MembersRemoved => format!("role {name}: removed {}", members(&row.before)),
        Action::MembersMoved => format!("role {name}: origin changed of {}", members(&row.after)),
        Action::MembersSkipped => format!("role {name}: part of the push was left out"),
        Action::ProviderActivated => format!("provider {name} activated"),
        Action::ProviderDeactivated => format!("provider {name} deactivated"),
        Action::TokenCreated => format!("token {name} created"),
        Action::TokenRevoked => format!("token {name} revoked"),
        Action::ConflictOpened => format!("conflict about {name} opened"),
        Action::ConflictRepeated => format!("conflict about {name} repeated"),
        Action::ConflictLinked => format!("conflict about {name} linked"),
        Action::ConflictRenamed => format!("conflict about {name} resolved by a new name"),
        Action::ConflictDismissed => format!("conflict about {name} dismissed"),
        Action::ConflictGone => format!("conflict about {name} is gone"),
        Action::ConflictSettled => format!("conflict about {name} settled by the retry"),
        Action::UserReleased | Action::RoleReleased => {
            format!("{kind} {name} released: {}", differences(row))
        }
        Action::ResourceAdded => format!("resource {name} added"),
        Action::ResourceDeleted => format!("resource {name} deleted"),
        Action::AccessGranted => format!("role {name} reaches {}", resource(&row.after)),
        Action::AccessRevoked => format!("role {name} no longer reaches {}", resource(&row.before)),
        Action::AccessGiven => format!("{kind} {name} given access to {}", period(&row.after)),
        Action::AccessStarted => format!("{kind} {name}: access to {} begins", period(&row.after)),
        Action::AccessTaken => format!("{kind} {name}: access to {} taken", period(&row.before)),
        Action::AccessEnded => format!("{kind} {name}: access to {} is over", period(&row.before)),
        Action::HoldOpened => format!("suspensions by {name} are held"),
        Action::HoldRepeated => format!("another suspension by {name} is held"),
        Action::HoldApproved => format!("held suspensions by {name} approved"),
        Action::HoldRefused => format!("held suspensions by {name} refused"),
        Action::HoldEnded => format!("the hold of suspensions by {name} is over"),
    }
}

/// The name of the resource that an entry about access is about.
fn resource(side: &Value) -> &str {
    let name = side
        .get("resource")
        .and_then(|resource| resource.get("name"));
    name.and_then(Value::as_str).unwrap_or("a resource")
}

/// A resource with the times of temporary access.
fn period(side: &Value) -> String {
    let time = |name: &str| side.get(name).and_then(Value::as_str).unwrap_or("?");
    let resource = resource(side);
    format!("{resource} from {} until {}", time("from"), time("until"))
}

/// How many names a sentence lists before it only counts.
const NAMES: usize = 5;

fn text<'a>(side: &'a Value, key: &str) -> Option<&'a str> {
    side.get(key)?.as_str()
}

fn members(side: &Value) -> String {
    let members = side
        .get("members")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let names: Vec<&str> = members
        .iter()
        .take(NAMES)
        .filter_map(|member| {
            member
                .get("user_name")
                .or_else(|| member.get("name"))
                .or_else(|| member.get("id"))
                .and_then(Value::as_str)
        })
        .collect();
    shortened(&names, members.len())
}

/// The first of these names, and how many more there are.
pub(super) fn listed(names: &[&str]) -> String {
    shortened(names.get(..NAMES).unwrap_or(names), names.len())
}

fn shortened(shown: &[&str], all: usize) -> String {
    match all.saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// `key before → after` for each key of either side.
fn differences(row: &JournalRow) -> String {
    let (before, after) = (row.before.as_object(), row.after.as_object());
    let keys = before.into_iter().chain(after).flat_map(|side| side.keys());
    let mut parts: Vec<String> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for key in keys {
        if seen.contains(&key.as_str()) {
            continue;
        }
        seen.push(key);
        let side = |object: Option<&serde_json::Map<String, Value>>| {
            object
                .and_then(|object| object.get(key))
                .map_or_else(|| "nothing".to_owned(), value)
        };
        parts.push(format!(
            "{} {} → {}",
            key.replace('_', " "),
            side(before),
            side(after)
        ));
    }
    parts.join(", ")
}

/// The longest value in a sentence, in characters.
const VALUE: usize = 60;

fn value(value: &Value) -> String {
    let text = match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) if values.iter().all(Value::is_string) => {
            let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            texts.join(" ")
        }
        other => other.to_string(),
    };
    match text.char_indices().nth(VALUE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::directory::event::{Subject, SubjectKind};

    fn row(action: Action, before: Value, after: Value) -> JournalRow {
        JournalRow {
            seq: 1,
            at: jiff::Timestamp::UNIX_EPOCH,
            actor: "operator ann".to_owned(),
            action,
            subject: Subject {
                kind: SubjectKind::Role,
                id: "1".to_owned(),
                name: "Finance".to_owned(),
            },
            before,
            after,
            exchange: None,
        }
    }

    #[test]
    fn a_change_says_from_what_to_what() {
        for (action, before, after, sentence) in [
            (
                Action::RoleRenamed,
                json!({"displayName": "Money"}),
                json!({"displayName": "Finance"}),
                "role Money renamed to Finance",
            ),
            (
                Action::RoleCreated,
                Value::Null,
                json!({}),
                "role Finance added",
            ),
            (
                Action::MembersAdded,
                Value::Null,
                json!({"members": [{"id": "7", "name": "ann@x.io"}, {"id": "8"}]}),
                "role Finance: added ann@x.io, 8",
            ),
            (
                Action::RoleUpdated,
                Value::Null,
                json!({"external_id": "x"}),
                "role Finance updated: external id nothing → x",
            ),
            (
                Action::RoleUpdated,
                json!({"identityAliases": ["db,ann", "rdp,al"]}),
                json!({"identityAliases": null}),
                "role Finance updated: identityAliases db,ann rdp,al → nothing",
            ),
        ] {
            assert_eq!(change(&row(action, before, after)), sentence);
        }
    }
}
