//! One request's events in words, for lines in lists.

use std::fmt::Write as _;

use serde_json::Value;

use super::event::{Action, Event, Subject, SubjectKind};

/// How many subjects and attributes a line names before it counts the rest.
const NAMED: usize = 4;

/// What the events of one command say, in one line: `ann@x.io suspended`,
/// `role Engineering +3 −1`, `role Finance: name is taken`. Empty where nothing changed.
pub fn summarise(events: &[Event]) -> String {
    let mut groups = by_subject(events);
    groups.sort_by_key(|group| rank(group));
    let mut parts: Vec<String> = groups
        .iter()
        .filter(|group| rank(group) < ASIDE)
        .map(|group| words(group))
        .collect();
    if parts.is_empty() {
        parts = groups.iter().map(|group| words(group)).collect();
    }
    parts.retain(|part| !part.is_empty());
    let more = parts.len().saturating_sub(NAMED);
    parts.truncate(NAMED);
    if more > 0 {
        parts.push(format!("{more} more"));
    }
    parts.join("; ")
}

/// The events of each subject, in the order in which the subjects first come.
fn by_subject(events: &[Event]) -> Vec<Vec<&Event>> {
    let mut groups: Vec<Vec<&Event>> = Vec::new();
    for event in events {
        let known = groups.iter_mut().find(|group| {
            group
                .first()
                .is_some_and(|first| first.subject.id == event.subject.id)
        });
        match known {
            Some(group) => group.push(event),
            None => groups.push(vec![event]),
        }
    }
    groups
}

const ASIDE: u8 = 3;

/// What the command was about comes first, what followed from it later.
fn rank(group: &[&Event]) -> u8 {
    let least = group.iter().map(|event| match event.action {
        Action::ConflictGone | Action::ConflictSettled | Action::HoldEnded => ASIDE,
        Action::ConflictLinked | Action::ConflictRenamed => 2,
        Action::MembersAdded
        | Action::MembersRemoved
        | Action::MembersMoved
        | Action::MembersSkipped
        | Action::AccessRevoked
        | Action::AccessTaken => 1,
        _ => 0,
    });
    least.min().unwrap_or(ASIDE)
}

fn words(group: &[&Event]) -> String {
    let Some(first) = group.first() else {
        return String::new();
    };
    let subject = &first.subject;
    match subject.kind {
        SubjectKind::Conflict => group
            .last()
            .map_or_else(String::new, |event| conflict_words(event)),
        SubjectKind::Role => sentence(&named(subject), &role_words(group)),
        _ => sentence(
            &named(subject),
            &group
                .iter()
                .map(|event| plain_words(event))
                .collect::<Vec<_>>(),
        ),
    }
}

fn sentence(name: &str, pieces: &[String]) -> String {
    format!("{name} {}", pieces.join(", "))
}

/// A person needs no noun: the name is an e-mail address.
fn named(subject: &Subject) -> String {
    match subject.kind {
        SubjectKind::User => subject.name.clone(),
        kind => format!("{} {}", kind.words(), subject.name),
    }
}

/// What happened to anything but a role or a conflict.
fn plain_words(event: &Event) -> String {
    match event.action {
        Action::UserCreated | Action::RoleCreated => "created".to_owned(),
        Action::UserDeleted | Action::RoleDeleted | Action::ResourceDeleted => "deleted".to_owned(),
        Action::UserSuspended => "suspended".to_owned(),
        Action::UserReinstated => "reinstated".to_owned(),
        Action::UserTakenOver | Action::RoleTakenOver => "taken over".to_owned(),
        Action::UserUpdated | Action::RoleUpdated => updated(event),
        Action::UserLevelChanged => {
            format!("is now {}", text(&event.after, "permission_level"))
        }
        Action::RoleRenamed => format!("renamed to {}", text(&event.after, "displayName")),
        Action::ProviderActivated => "activated".to_owned(),
        Action::ProviderDeactivated => "deactivated".to_owned(),
        Action::TokenCreated => "made".to_owned(),
        Action::TokenRevoked => "revoked".to_owned(),
        Action::UserReleased | Action::RoleReleased => "released".to_owned(),
        Action::ResourceAdded => "added".to_owned(),
        Action::AccessGranted => format!("reaches {}", resource(&event.after)),
        Action::AccessRevoked => format!("no longer reaches {}", resource(&event.before)),
        Action::AccessGiven => {
            let until = text(&event.after, "until");
            format!("reaches {} until {until}", resource(&event.after))
        }
        Action::AccessStarted => format!("reaches {} from now on", resource(&event.after)),
        Action::AccessTaken => format!("access to {} taken back", resource(&event.before)),
        Action::AccessEnded => format!("access to {} is over", resource(&event.before)),
        Action::HoldOpened => "suspensions held".to_owned(),
        Action::HoldRepeated => format!("suspensions {}", text(&event.after, "state")),
        Action::HoldApproved => "approved".to_owned(),
        Action::HoldRefused => "refused".to_owned(),
        Action::HoldEnded => "over".to_owned(),
        other => other.as_str().to_owned(),
    }
}

fn role_words(group: &[&Event]) -> Vec<String> {
    let made = group
        .iter()
        .any(|event| event.action == Action::RoleCreated);
    let mut pieces = Vec::new();
    let (mut added, mut removed) = (0, 0);
    let (mut moved, mut rest) = (Vec::<(&str, usize)>::new(), Vec::new());
    for event in group {
        match event.action {
            Action::MembersAdded => added += event.after.count("members"),
            Action::MembersRemoved => removed += event.before.count("members"),
            Action::MembersMoved => {
                let (side, count) = (new_side(event), event.after.count("members"));
                match moved.iter_mut().find(|(known, _)| *known == side) {
                    Some((_, sum)) => *sum += count,
                    None => moved.push((side, count)),
                }
            }
            Action::MembersSkipped => rest.extend(skipped(event)),
            _ => pieces.push(plain_words(event)),
        }
    }
    if made && added > 0 {
        pieces.push(members(added, ""));
    } else if added + removed > 0 {
        pieces.push(delta(added, removed));
    }
    let moved = moved.into_iter();
    pieces.extend(moved.map(|(side, count)| format!("{} now {side}", members(count, ""))));
    pieces.extend(rest);
    pieces
}

fn delta(added: usize, removed: usize) -> String {
    let mut words = String::new();
    if added > 0 {
        let _ = write!(words, "+{added}");
    }
    if removed > 0 {
        let space = if words.is_empty() { "" } else { " " };
        let _ = write!(words, "{space}−{removed}");
    }
    words
}

fn new_side(event: &Event) -> &'static str {
    let made = event.after.members().and_then(<[_]>::first);
    let origin = made.map(|first| first.origin.as_str()).or_else(|| {
        let read = event.after.pointer("/members/0/origin");
        read.and_then(Value::as_str)
    });
    match origin {
        Some("local") => "local",
        _ => "the provider's",
    }
}

fn skipped(event: &Event) -> Vec<String> {
    let mut pieces = Vec::new();
    let unknown = event.after.count("unknown");
    if unknown > 0 {
        pieces.push(format!("{} left out", members(unknown, "unknown ")));
    }
    let kept = event.after.count("kept");
    if kept > 0 {
        pieces.push(format!("{} kept", members(kept, "local ")));
    }
    pieces
}

fn members(count: usize, which: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {which}member{plural}")
}

fn updated(event: &Event) -> String {
    let changed = event.after.as_object();
    let names: Vec<&str> = changed
        .into_iter()
        .flat_map(|changed| changed.keys())
        .map(|name| attribute(name))
        .collect();
    let mut shown = names
        .iter()
        .take(NAMED)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    let more = names.len().saturating_sub(NAMED);
    if more > 0 {
        let _ = write!(shown, " and {more} more");
    }
    format!("updated: {shown}")
}

/// An attribute's name without the URN of its extension.
fn attribute(name: &str) -> &str {
    if name.starts_with("external_ids.") {
        return "externalId";
    }
    name.rsplit_once(':').map_or(name, |(_, last)| last)
}

fn conflict_words(event: &Event) -> String {
    let name = &event.subject.name;
    let state = match event.action {
        Action::ConflictOpened | Action::ConflictRepeated => return clash_words(event),
        Action::ConflictLinked => "linked",
        Action::ConflictRenamed => "renamed",
        Action::ConflictDismissed => "dismissed",
        Action::ConflictSettled => "settled",
        _ => "gone",
    };
    format!("conflict {name} {state}")
}

fn clash_words(event: &Event) -> String {
    let name = &event.subject.name;
    let existing = event.after.get("existing").unwrap_or(&Value::Null);
    let noun = if text(existing, "kind") == "role" {
        "role "
    } else {
        ""
    };
    match text(&event.after, "kind") {
        "alias" => format!("alias {name} is taken"),
        "ownership" => format!("{noun}{name}: managed elsewhere"),
        _ => format!("{noun}{name}: name is taken"),
    }
}

fn resource(value: &Value) -> &str {
    text(value.get("resource").unwrap_or(&Value::Null), "name")
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value
        .get(member)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
