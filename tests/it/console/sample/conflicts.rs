//! The conflicts that the sample's server keeps.

use rolecall::{
    admin::row::{AttributePair, ConflictDetail, ConflictRow, JournalRow, NamedMember},
    directory::{
        Action, ConflictId, ConflictKind, ConflictState, ManagedBy, Provider, SubjectKind,
    },
};
use serde_json::{Value, json};

use super::{
    ago,
    directory::user_id,
    traffic::{entry, subject},
    uuid,
};

pub(in crate::console) fn conflicts_about(name: &str) -> Vec<ConflictRow> {
    let rows = conflicts().into_iter();
    rows.filter(|row| row.existing.name == name).collect()
}

pub(in crate::console) fn conflict_id(number: u128) -> ConflictId {
    ConflictId(uuid(4, number))
}

pub(in crate::console) fn conflicts() -> Vec<ConflictRow> {
    let row = |number, kind, name: &str, existing, state, tries, first, last| ConflictRow {
        id: conflict_id(number),
        kind,
        provider: Provider::Okta,
        name: name.to_owned(),
        existing,
        state,
        tries,
        first_seen: ago(first),
        last_seen: ago(last),
    };
    vec![
        row(
            1,
            ConflictKind::RoleName,
            "Finance",
            subject(SubjectKind::Role, "Finance"),
            ConflictState::Open,
            3,
            3_700,
            2,
        ),
        row(
            2,
            ConflictKind::UserName,
            "root@example.com",
            subject(SubjectKind::User, "root@example.com"),
            ConflictState::Open,
            1,
            300,
            300,
        ),
        row(
            3,
            ConflictKind::Alias,
            "rdp-set,bob",
            subject(SubjectKind::User, "bob@example.com"),
            ConflictState::Renamed,
            2,
            90_000,
            86_400,
        ),
    ]
}

fn clash(seq: u64, action: Action, row: &ConflictRow) -> JournalRow {
    let state = |tries| json!({"kind": row.kind, "state": "open", "tries": tries});
    let about = subject(SubjectKind::Conflict, &row.name);
    match action {
        Action::ConflictOpened => entry(seq, action, about, Value::Null, state(1)),
        _ => entry(seq, action, about, state(row.tries - 1), state(row.tries)),
    }
}

pub(in crate::console) fn conflict_detail(row: ConflictRow) -> ConflictDetail {
    let member = |name: &str| NamedMember {
        id: user_id(name).to_string(),
        user_name: Some(name.to_owned()),
    };
    let role = row.kind == ConflictKind::RoleName;
    let members = |names: &[&str]| {
        if role {
            names.iter().map(|name| member(name)).collect()
        } else {
            Vec::new()
        }
    };
    ConflictDetail {
        existing_managed_by: Some(ManagedBy::Local),
        attributes: if role {
            vec![AttributePair {
                name: "externalId".to_owned(),
                incoming: json!("00g1fin"),
                existing: Value::Null,
            }]
        } else {
            vec![AttributePair {
                name: "name.givenName".to_owned(),
                incoming: json!("Root"),
                existing: json!("Break"),
            }]
        },
        only_incoming: members(&["dora@example.com", "eve@example.com"]),
        only_existing: members(&["root@example.com"]),
        both: members(&["bob@example.com", "zoë.日本@example.com"]),
        history: vec![
            clash(8_806, Action::ConflictRepeated, &row),
            clash(8_001, Action::ConflictOpened, &row),
        ],
        row,
    }
}
