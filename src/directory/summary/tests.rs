//! What a line of the journal says, as a table.

use serde_json::json;

use super::*;

fn event(action: Action, kind: SubjectKind, name: &str, before: Value, after: Value) -> Event {
    Event {
        action,
        subject: Subject {
            kind,
            id: name.to_owned(),
            name: name.to_owned(),
        },
        before: before.into(),
        after: after.into(),
    }
}

fn user(action: Action, after: Value) -> Event {
    event(action, SubjectKind::User, "ann@x.io", Value::Null, after)
}

fn role(action: Action, before: Value, after: Value) -> Event {
    event(action, SubjectKind::Role, "Engineering", before, after)
}

fn conflict(action: Action, after: Value) -> Event {
    event(action, SubjectKind::Conflict, "Finance", Value::Null, after)
}

#[test]
fn says_what_happened() {
    let some = |count: usize| json!({ "members": vec![json!({ "origin": "provider" }); count] });
    let none = Value::Null;
    let role_kind = json!({ "kind": "role" });
    let reached = json!({ "resource": { "id": "1", "name": "db" } });
    let cases: &[(&[Event], &str)] = &[
        (&[], ""),
        (&[user(Action::UserCreated, json!({}))], "ann@x.io created"),
        (
            &[user(Action::UserSuspended, json!({}))],
            "ann@x.io suspended",
        ),
        (
            &[user(
                Action::UserUpdated,
                json!({ "name.givenName": "A", "urn:x:User:department": 1 }),
            )],
            "ann@x.io updated: name.givenName, department",
        ),
        (
            &[user(
                Action::UserUpdated,
                json!({ "a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1 }),
            )],
            "ann@x.io updated: a, b, c, d and 2 more",
        ),
        (
            &[
                user(Action::UserTakenOver, json!({})),
                user(Action::UserReinstated, json!({})),
            ],
            "ann@x.io taken over, reinstated",
        ),
        (
            &[user(
                Action::UserLevelChanged,
                json!({ "permission_level": "admin" }),
            )],
            "ann@x.io is now admin",
        ),
        (
            &[
                role(Action::MembersRemoved, some(1), none.clone()),
                user(Action::UserDeleted, none.clone()),
            ],
            "ann@x.io deleted; role Engineering −1",
        ),
        (
            &[
                role(Action::MembersAdded, none.clone(), some(3)),
                role(Action::MembersRemoved, some(1), none.clone()),
            ],
            "role Engineering +3 −1",
        ),
        (
            &[
                role(Action::RoleCreated, none.clone(), json!({})),
                role(Action::MembersAdded, none.clone(), some(3)),
                role(
                    Action::MembersSkipped,
                    none.clone(),
                    json!({ "unknown": ["a", "b"] }),
                ),
            ],
            "role Engineering created, 3 members, 2 unknown members left out",
        ),
        (
            &[
                role(
                    Action::RoleRenamed,
                    none.clone(),
                    json!({ "displayName": "Eng" }),
                ),
                role(Action::MembersMoved, some(1), some(1)),
                role(Action::MembersMoved, some(2), some(2)),
                role(Action::MembersSkipped, none.clone(), json!({ "kept": [1] })),
            ],
            "role Engineering renamed to Eng, 3 members now the provider's, 1 local member kept",
        ),
        (
            &[conflict(
                Action::ConflictRepeated,
                json!({ "kind": "role-name", "existing": role_kind }),
            )],
            "role Finance: name is taken",
        ),
        (
            &[conflict(
                Action::ConflictOpened,
                json!({ "kind": "ownership", "existing": role_kind }),
            )],
            "role Finance: managed elsewhere",
        ),
        (
            &[
                conflict(Action::ConflictGone, json!({})),
                role(Action::RoleDeleted, none.clone(), none.clone()),
            ],
            "role Engineering deleted",
        ),
        (
            &[
                role(Action::RoleCreated, none.clone(), json!({})),
                role(Action::MembersRemoved, some(2), none.clone()),
            ],
            "role Engineering created, −2",
        ),
        (
            &[role(Action::MembersAdded, none.clone(), some(2))],
            "role Engineering +2",
        ),
        (
            &[role(
                Action::MembersMoved,
                some(1),
                json!({ "members": [{ "origin": "local" }, { "origin": "local" }] }),
            )],
            "role Engineering 2 members now local",
        ),
        (
            &[conflict(Action::ConflictOpened, json!({ "kind": "alias" }))],
            "alias Finance is taken",
        ),
        (
            &[
                conflict(Action::ConflictLinked, json!({})),
                role(Action::RoleTakenOver, none.clone(), none.clone()),
                role(Action::MembersMoved, some(1), some(1)),
            ],
            "role Engineering taken over, 1 member now the provider's; conflict Finance linked",
        ),
        (
            &[
                conflict(Action::ConflictRenamed, json!({})),
                role(Action::MembersAdded, none.clone(), some(1)),
            ],
            "role Engineering +1; conflict Finance renamed",
        ),
        (
            &[conflict(Action::ConflictDismissed, json!({}))],
            "conflict Finance dismissed",
        ),
        (
            &[conflict(Action::ConflictSettled, json!({}))],
            "conflict Finance settled",
        ),
        (
            &[conflict(Action::ConflictGone, json!({}))],
            "conflict Finance gone",
        ),
        (
            &[role(Action::AccessGranted, none.clone(), reached.clone())],
            "role Engineering reaches db",
        ),
        (
            &[event(
                Action::AccessTaken,
                SubjectKind::User,
                "ann@x.io",
                reached.clone(),
                none.clone(),
            )],
            "ann@x.io access to db taken back",
        ),
    ];
    for (events, expected) in cases {
        assert_eq!(summarise(events), *expected);
    }
}

#[test]
fn a_line_has_a_bound() {
    let events: Vec<Event> = (0..9)
        .map(|number| {
            let name = format!("R{number}");
            event(
                Action::RoleDeleted,
                SubjectKind::Role,
                &name,
                Value::Null,
                Value::Null,
            )
        })
        .collect();
    assert_eq!(
        summarise(&events),
        "role R0 deleted; role R1 deleted; role R2 deleted; role R3 deleted; 5 more"
    );
}
