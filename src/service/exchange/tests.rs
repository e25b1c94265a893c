//! Events counted.

use serde_json::json;

use super::*;
use crate::directory::{Subject, SubjectKind};

/// A line of an exchange that did nothing.
pub(super) fn line() -> ExchangeLine {
    ExchangeLine {
        id: ExchangeId(uuid::Uuid::from_u128(1)),
        at: Timestamp::UNIX_EPOCH,
        provider: Some(Provider::Okta),
        method: "GET".to_owned(),
        target: "/scim/v2/Users".to_owned(),
        status: 200,
        micros: 10,
        summary: "users listed: 0 of 0".to_owned(),
        effect: Effect::default(),
        users: vec!["ann".to_owned()],
        roles: Vec::new(),
        journal: vec![7],
        conflict: None,
        node: None,
    }
}

fn event(action: Action, kind: SubjectKind, id: &str, before: Value, after: Value) -> Event {
    Event {
        action,
        subject: Subject {
            kind,
            id: id.to_owned(),
            name: format!("name of {id}"),
        },
        before: before.into(),
        after: after.into(),
    }
}

fn user(action: Action, id: &str) -> Event {
    event(action, SubjectKind::User, id, Value::Null, Value::Null)
}

#[test]
fn a_user_counts_as_updated_once_and_not_where_it_was_made() {
    let effect = Effect::from_events(&[
        user(Action::UserTakenOver, "1"),
        user(Action::UserUpdated, "1"),
        user(Action::UserUpdated, "2"),
        user(Action::UserCreated, "3"),
        user(Action::UserUpdated, "3"),
        user(Action::UserSuspended, "2"),
    ]);
    let expected = Effect {
        users_created: 1,
        users_updated: 2,
        users_suspended: 1,
        ..Effect::default()
    };
    assert_eq!(effect, expected);
}

#[test]
fn members_count_one_by_one() {
    let three = json!({ "members": [{}, {}, {}] });
    let two = json!({ "unknown": ["a", "b"], "kept": [] });
    let role = SubjectKind::Role;
    let effect = Effect::from_events(&[
        event(Action::MembersAdded, role, "r", Value::Null, three.clone()),
        event(Action::MembersRemoved, role, "r", three, Value::Null),
        event(Action::MembersSkipped, role, "r", Value::Null, two),
    ]);
    assert_eq!((effect.members_added, effect.members_removed), (3, 3));
    assert_eq!(effect.members_unknown, 2);
}

#[test]
fn a_refused_push_changes_nothing() {
    let conflict = SubjectKind::Conflict;
    let effect = Effect::from_events(&[
        event(
            Action::ConflictRepeated,
            conflict,
            "c",
            Value::Null,
            json!({}),
        ),
        event(
            Action::MembersSkipped,
            SubjectKind::Role,
            "r",
            Value::Null,
            json!({ "unknown": ["a"] }),
        ),
    ]);
    assert_eq!((effect.conflicts, effect.members_unknown), (1, 1));
    assert!(!effect.is_change());
    assert!(
        Effect {
            members_added: 1,
            ..effect
        }
        .is_change()
    );
}

#[test]
fn a_body_is_cut_between_characters() {
    let text = "ö".repeat(ANSWER_BYTES);
    let body = Body::record(&text, ANSWER_BYTES);
    assert_eq!((body.text.len(), body.cut), (ANSWER_BYTES, true));
    let text = format!("x{text}");
    let body = Body::record(&text, ANSWER_BYTES);
    assert_eq!(body.text.len(), ANSWER_BYTES - 1);
}
