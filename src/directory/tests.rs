//! What rows, events and the command line call things.

use std::{fmt::Display, str::FromStr};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

use super::*;

/// Everything is called the same in JSON, in sentences and on the command line.
fn has_one_name<Thing>(thing: &Thing, name: &str)
where
    Thing: Display + Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    assert_eq!(thing.to_string(), name);
    assert_eq!(format!("{thing:>30}"), format!("{name:>30}"), "in columns");
    assert_eq!(serde_json::to_value(thing).expect("JSON"), json!(name));
    let read: Thing = serde_json::from_value(json!(name)).expect(name);
    assert_eq!(&read, thing);
}

fn is_read_from_its_name<Thing: FromStr + PartialEq + std::fmt::Debug>(thing: &Thing, name: &str) {
    assert_eq!(name.parse().ok().as_ref(), Some(thing), "{name}");
    assert!("nothing of the kind".parse::<Thing>().is_err());
}

#[test]
fn everything_has_one_name() {
    let providers = ["okta", "entra", "onelogin", "jumpcloud", "generic"];
    for (provider, name) in Provider::ALL.into_iter().zip(providers) {
        has_one_name(&provider, name);
        is_read_from_its_name(&provider, name);
        let managed_by = ManagedBy::Provider(provider);
        has_one_name(&managed_by, name);
        is_read_from_its_name(&managed_by, name);
    }
    has_one_name(&ManagedBy::Local, "local");
    is_read_from_its_name(&ManagedBy::Local, "local");
    let levels = ["admin", "database-admin", "team-leader", "auditor", "user"];
    for (level, name) in PermissionLevel::ALL.into_iter().zip(levels) {
        has_one_name(&level, name);
        is_read_from_its_name(&level, name);
    }
    for (kind, name) in [
        (ConflictKind::RoleName, "role-name"),
        (ConflictKind::UserName, "user-name"),
        (ConflictKind::Ownership, "ownership"),
        (ConflictKind::Alias, "alias"),
    ] {
        has_one_name(&kind, name);
    }
    for (state, name) in [
        (ConflictState::Open, "open"),
        (ConflictState::Linked, "linked"),
        (ConflictState::Renamed, "renamed"),
        (ConflictState::Dismissed, "dismissed"),
        (ConflictState::Gone, "gone"),
    ] {
        has_one_name(&state, name);
        is_read_from_its_name(&state, name);
    }
    for (action, name) in [
        (Action::UserCreated, "user-created"),
        (Action::MembersMoved, "members-moved"),
        (Action::ConflictSettled, "conflict-settled"),
        (Action::AccessGiven, "access-given"),
        (Action::HoldEnded, "hold-ended"),
    ] {
        has_one_name(&action, name);
    }
}

#[test]
fn actors_are_told_apart() {
    let okta = Actor::Provider {
        provider: Provider::Okta,
        token: TokenId(uuid::Uuid::nil()),
    };
    let ann = Actor::Operator {
        name: "ann".to_owned(),
    };
    for (actor, words, provider) in [
        (okta, "okta", Some(Provider::Okta)),
        (ann, "operator ann", None),
        (Actor::System, "rolecall", None),
    ] {
        assert_eq!(actor.to_string(), words);
        assert_eq!(actor.provider(), provider);
    }
}

#[test]
fn a_refused_access_says_why() {
    use access::RefusedBecause;
    let from = "2026-01-31T12:00:00Z".parse().expect("a time");
    for (why, words) in [
        (RefusedBecause::Suspended, "suspended"),
        (
            RefusedBecause::NotYet { from },
            "temporary access starts at 2026-01-31T12:00:00Z",
        ),
        (
            RefusedBecause::NotGranted,
            "no role of the user grants it, and no temporary access",
        ),
    ] {
        assert_eq!(why.to_string(), words);
        assert_eq!(serde_json::to_value(&why).expect("JSON"), json!(words));
    }
}
