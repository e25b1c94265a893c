//! The way back from an operator's act, where there is one.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    command::{Command, Profile},
    event::{Action, Event, SubjectKind},
    id::{ResourceId, RoleId, UserId},
    membership::Origin,
};

/// The command that takes back what one command of an operator did, told by its journal entries'
/// events. `None` where nothing can: what was deleted, released, revoked or decided stays so.
pub fn inverse(events: &[Event]) -> Option<Command> {
    // A conflict that has ended with the act stays so, for the next push opens another.
    let mut acts = events
        .iter()
        .filter(|event| event.action != Action::ConflictGone);
    // A command that did several things is taken back only where one command undoes them all.
    let (Some(event), None) = (acts.next(), acts.next()) else {
        return None;
    };
    match event.subject.kind {
        SubjectKind::User | SubjectKind::ServiceAccount => of_user(event),
        SubjectKind::Role => of_role(event),
        SubjectKind::Resource => of_resource(event),
        SubjectKind::Provider => of_provider(event),
        SubjectKind::Token | SubjectKind::Conflict | SubjectKind::Hold => None,
    }
}

fn of_user(event: &Event) -> Option<Command> {
    let id: UserId = event.subject.id.parse().ok()?;
    match event.action {
        Action::UserCreated => Some(Command::RemoveUser { id }),
        Action::UserSuspended => Some(Command::ReinstateUser { id }),
        Action::UserReinstated => Some(Command::SuspendUser { id }),
        Action::UserUpdated => {
            let profile = profile(&event.before, &event.after)?;
            Some(Command::EditUser { id, profile })
        }
        Action::UserLevelChanged => {
            let level = event.before.get("permission_level")?.as_str()?;
            let level = level.parse().ok()?;
            Some(Command::SetPermissionLevel { id, level })
        }
        Action::AccessGiven if event.before.is_null() => {
            let resource = resource_of(&event.after)?;
            Some(Command::TakeAccess { user: id, resource })
        }
        Action::AccessGiven | Action::AccessTaken => {
            let moment = |name: &str| -> Option<Timestamp> {
                event.before.get(name)?.as_str()?.parse().ok()
            };
            Some(Command::GiveAccess {
                user: id,
                resource: resource_of(&event.before)?,
                from: moment("from"),
                until: moment("until")?,
            })
        }
        _ => None,
    }
}

fn of_role(event: &Event) -> Option<Command> {
    let id: RoleId = event.subject.id.parse().ok()?;
    match event.action {
        Action::RoleCreated => Some(Command::RemoveRole { id }),
        Action::RoleRenamed => {
            let display_name = event.before.get("displayName")?.as_str()?.to_owned();
            Some(Command::RenameRole { id, display_name })
        }
        Action::MembersAdded => {
            let user = attached(&event.after)?;
            Some(Command::Detach { role: id, user })
        }
        Action::MembersRemoved => {
            let user = attached(&event.before)?;
            Some(Command::Attach { role: id, user })
        }
        Action::AccessGranted => {
            let resource = resource_of(&event.after)?;
            Some(Command::RevokeAccess { role: id, resource })
        }
        Action::AccessRevoked => {
            let resource = resource_of(&event.before)?;
            Some(Command::GrantAccess { role: id, resource })
        }
        _ => None,
    }
}

fn of_resource(event: &Event) -> Option<Command> {
    let id: ResourceId = event.subject.id.parse().ok()?;
    let added = event.action == Action::ResourceAdded;
    added.then_some(Command::DeleteResource { id })
}

/// Deactivating alone: where it revoked tokens, there are more events.
fn of_provider(event: &Event) -> Option<Command> {
    let provider = event.subject.id.parse().ok()?;
    match event.action {
        Action::ProviderActivated => Some(Command::DeactivateProvider { provider }),
        Action::ProviderDeactivated => Some(Command::ActivateProvider { provider }),
        _ => None,
    }
}

fn resource_of(value: &Value) -> Option<ResourceId> {
    value.get("resource")?.get("id")?.as_str()?.parse().ok()
}

/// The one member that an operator attached or detached.
fn attached(value: &Value) -> Option<UserId> {
    let [member] = value.get("members")?.as_array()?.as_slice() else {
        return None;
    };
    let is_local = member.get("origin")?.as_str()? == Origin::Local.as_str();
    let id = member.get("id")?.as_str()?;
    is_local.then(|| id.parse().ok())?
}

/// The profile that puts `before` in the place of `after`; `None` where a profile cannot say it.
fn profile(before: &Value, after: &Value) -> Option<Profile> {
    let mut profile = Profile::default();
    for (name, value) in before.as_object()? {
        let text = || match value {
            Value::Null => Some(String::new()),
            Value::String(text) => Some(text.clone()),
            _ => None,
        };
        match name.as_str() {
            "userName" => profile.user_name = Some(text()?),
            "displayName" => profile.display_name = Some(text()?),
            "name" => {
                let part = |part: &str| {
                    let text = value.get(part).and_then(Value::as_str);
                    text.unwrap_or_default().to_owned()
                };
                profile.given_name = Some(part("givenName"));
                profile.family_name = Some(part("familyName"));
            }
            "name.givenName" => profile.given_name = Some(text()?),
            "name.familyName" => profile.family_name = Some(text()?),
            "emails" => profile.emails = Some(emails(value, after.get(name)?)?),
            "identityAliases" => profile.aliases = Some(texts(value)?),
            _ => return None,
        }
    }
    Some(profile)
}

/// The addresses to give, if giving them makes what was there before.
fn emails(before: &Value, after: &Value) -> Option<Vec<String>> {
    let none = Vec::new();
    let before = list(before, &none)?;
    let after = list(after, &none)?;
    let mut addresses = Vec::new();
    for (place, email) in before.iter().enumerate() {
        let address = email.get("value")?.as_str()?;
        let is_primary = email.get("primary").and_then(Value::as_bool) == Some(true);
        let is_plain = |email: &Value| {
            let parts = email.as_object().map_or(0, serde_json::Map::len);
            let kind = email.get("type").and_then(Value::as_str);
            kind == Some("work") && parts == 2 + usize::from(place == 0)
        };
        let stays = |other: &&Value| {
            let same = |part: &str| other.get(part) == email.get(part);
            same("value") && same("type") && same("display")
        };
        let can_be_made = is_plain(email) || after.iter().any(|other| stays(&other));
        if is_primary != (place == 0) || !can_be_made {
            return None;
        }
        addresses.push(address.to_owned());
    }
    Some(addresses)
}

fn list<'a>(value: &'a Value, none: &'a Vec<Value>) -> Option<&'a Vec<Value>> {
    match value {
        Value::Null => Some(none),
        value => value.as_array(),
    }
}

fn texts(value: &Value) -> Option<Vec<String>> {
    let none = Vec::new();
    let texts = list(value, &none)?.iter();
    texts.map(|text| text.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests;
