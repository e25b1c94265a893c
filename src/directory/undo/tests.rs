//! The way back from every kind of event, as a table.

use serde_json::json;

use super::*;
use crate::directory::{PermissionLevel, Provider, Subject};

const ID: &str = "00000000-0000-0000-0000-000000000001";
const OTHER: &str = "00000000-0000-0000-0000-000000000002";

fn event(kind: SubjectKind, action: Action, before: Value, after: Value) -> Event {
    let id = match kind {
        SubjectKind::Provider => "okta",
        _ => ID,
    };
    let subject = Subject {
        kind,
        id: id.to_owned(),
        name: "n".to_owned(),
    };
    Event {
        action,
        subject,
        before: before.into(),
        after: after.into(),
    }
}

#[test]
fn every_act_that_has_a_way_back() {
    use SubjectKind::{Provider as Connection, Resource, Role, User};
    let (user, role): (UserId, RoleId) = (ID.parse().expect("an id"), ID.parse().expect("an id"));
    let made: ResourceId = ID.parse().expect("an id");
    let (resource, member) = (OTHER.parse().expect("an id"), OTHER.parse().expect("an id"));
    let reached = json!({"resource": {"id": OTHER, "name": "db"}});
    let mut timed = reached.clone();
    timed["until"] = json!("2026-01-31T12:00:00Z");
    let until = "2026-01-31T12:00:00Z".parse().expect("a time");
    let attached = json!({"members": [{"id": OTHER, "origin": "local"}]});
    let none = Value::Null;
    let provider = Provider::Okta;
    for (kind, action, before, after, expected) in [
        (
            User,
            Action::UserCreated,
            &none,
            &none,
            Command::RemoveUser { id: user },
        ),
        (
            User,
            Action::UserSuspended,
            &none,
            &none,
            Command::ReinstateUser { id: user },
        ),
        (
            User,
            Action::UserReinstated,
            &none,
            &none,
            Command::SuspendUser { id: user },
        ),
        (
            User,
            Action::UserLevelChanged,
            &json!({"permission_level": "auditor"}),
            &none,
            Command::SetPermissionLevel {
                id: user,
                level: PermissionLevel::Auditor,
            },
        ),
        (
            User,
            Action::AccessGiven,
            &none,
            &reached,
            Command::TakeAccess { user, resource },
        ),
        (
            User,
            Action::AccessTaken,
            &timed,
            &none,
            Command::GiveAccess {
                user,
                resource,
                from: None,
                until,
            },
        ),
        (
            User,
            Action::AccessGiven,
            &timed,
            &reached,
            Command::GiveAccess {
                user,
                resource,
                from: None,
                until,
            },
        ),
        (
            Role,
            Action::RoleCreated,
            &none,
            &none,
            Command::RemoveRole { id: role },
        ),
        (
            Role,
            Action::RoleRenamed,
            &json!({"displayName": "Old"}),
            &none,
            Command::RenameRole {
                id: role,
                display_name: "Old".to_owned(),
            },
        ),
        (
            Role,
            Action::MembersAdded,
            &none,
            &attached,
            Command::Detach { role, user: member },
        ),
        (
            Role,
            Action::MembersRemoved,
            &attached,
            &none,
            Command::Attach { role, user: member },
        ),
        (
            Role,
            Action::AccessGranted,
            &none,
            &reached,
            Command::RevokeAccess { role, resource },
        ),
        (
            Role,
            Action::AccessRevoked,
            &reached,
            &none,
            Command::GrantAccess { role, resource },
        ),
        (
            Resource,
            Action::ResourceAdded,
            &none,
            &none,
            Command::DeleteResource { id: made },
        ),
        (
            Connection,
            Action::ProviderActivated,
            &none,
            &none,
            Command::DeactivateProvider { provider },
        ),
        (
            Connection,
            Action::ProviderDeactivated,
            &none,
            &none,
            Command::ActivateProvider { provider },
        ),
    ] {
        let event = event(kind, action, before.clone(), after.clone());
        let ended = self::event(
            SubjectKind::Conflict,
            Action::ConflictGone,
            none.clone(),
            none.clone(),
        );
        assert_eq!(
            inverse(&[ended, event.clone()]),
            Some(expected),
            "{action:?}"
        );
        assert_eq!(
            inverse(&[event.clone(), event]),
            None,
            "two acts: {action:?}"
        );
    }
}

#[test]
fn what_has_no_way_back() {
    let pushed = json!({"members": [{"id": OTHER, "origin": "provider"}]});
    let two = json!({"members": [{"id": OTHER, "origin": "local"}, {"id": ID, "origin": "local"}]});
    let none = Value::Null;
    for (kind, action, before, after) in [
        (SubjectKind::User, Action::UserDeleted, &none, &none),
        (SubjectKind::User, Action::AccessTaken, &none, &none),
        (SubjectKind::Role, Action::RoleDeleted, &none, &none),
        (SubjectKind::Role, Action::MembersAdded, &none, &pushed),
        (SubjectKind::Role, Action::MembersAdded, &none, &two),
        (SubjectKind::Resource, Action::ResourceDeleted, &none, &none),
        (SubjectKind::Provider, Action::TokenRevoked, &none, &none),
        (SubjectKind::Token, Action::TokenCreated, &none, &none),
    ] {
        let event = event(kind, action, before.clone(), after.clone());
        assert_eq!(inverse(&[event]), None, "{kind:?} {action:?}");
    }
}

#[test]
fn a_profile_is_put_back_part_by_part() {
    let back = |before: &Value, after: &Value| {
        let event = event(
            SubjectKind::User,
            Action::UserUpdated,
            before.clone(),
            after.clone(),
        );
        match inverse(&[event])? {
            Command::EditUser { profile, .. } => Some(profile),
            other => panic!("{other:?}"),
        }
    };
    let profile = back(
        &json!({"userName": "a", "displayName": null, "name.givenName": "G", "name.familyName": null,
            "identityAliases": ["rdp,a"]}),
        &json!({}),
    );
    let text = |text: &str| Some(text.to_owned());
    let expected = Profile {
        user_name: text("a"),
        display_name: text(""),
        given_name: text("G"),
        family_name: text(""),
        aliases: Some(vec!["rdp,a".to_owned()]),
        ..Profile::default()
    };
    assert_eq!(profile, Some(expected));
    let whole = back(
        &json!({"name": {"familyName": "F"}}),
        &json!({"name": null}),
    );
    let whole = whole.expect("a name");
    assert_eq!((whole.given_name, whole.family_name), (text(""), text("F")));
    assert_eq!(back(&json!({"title": "T"}), &json!({})), None);
    assert_eq!(back(&json!({"userName": 1}), &json!({})), None);
}

#[test]
fn addresses_are_put_back_where_giving_them_makes_them_again() {
    let first = json!({"value": "a@x.io", "type": "work", "primary": true});
    let second = json!({"value": "b@x.io", "type": "work"});
    let home = json!({"value": "h@x.io", "type": "home", "primary": true});
    let named = json!({"value": "a@x.io", "type": "work", "primary": true, "display": "A"});
    let back = |before: Value, after: Value| {
        let (before, after) = (json!({ "emails": before }), json!({ "emails": after }));
        profile(&before, &after)?.emails
    };
    let given = |addresses: &[&str]| Some(addresses.iter().map(ToString::to_string).collect());
    assert_eq!(back(Value::Null, json!([first])), given(&[]));
    assert_eq!(
        back(json!([first, second]), Value::Null),
        given(&["a@x.io", "b@x.io"])
    );
    assert_eq!(
        back(json!([second, first]), Value::Null),
        None,
        "the first is primary"
    );
    assert_eq!(
        back(json!([home]), Value::Null),
        None,
        "no address at home can be made"
    );
    assert_eq!(
        back(json!([home]), json!([home, second])),
        given(&["h@x.io"])
    );
    assert_eq!(
        back(json!([named]), json!([first])),
        None,
        "nor one with a name"
    );
    let other = json!({"value": "a@x.io", "type": "home", "primary": true});
    assert_eq!(
        back(json!([named]), json!([other])),
        None,
        "nor from one of another kind"
    );
    let plain_home = json!({"value": "h@x.io", "type": "home", "primary": true, "display": "H"});
    assert_eq!(
        back(json!([home]), json!([plain_home])),
        None,
        "nor from a named one"
    );
    assert_eq!(back(json!([named]), json!([named])), given(&["a@x.io"]));
    assert_eq!(back(json!("a@x.io"), Value::Null), None);
}
