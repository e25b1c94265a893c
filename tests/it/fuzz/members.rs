//! What is decided about the members of a role costs what the request names and the role has, not
//! one times the other.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use rolecall::{
    directory::{
        Actor, Command, Condition, Policy, Provider, RoleId, Stamp, TokenId, UserId, decide::decide,
    },
    scim::{
        Dialect, Document, ResourceType,
        patch::Patch,
        resource::{GroupAttributes, UserAttributes},
    },
    store::{Ending, MemoryStore, Store},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::growth::{RATIO, spent};

fn pushing() -> Actor {
    Actor::Provider {
        provider: Provider::Okta,
        token: TokenId(Uuid::nil()),
    }
}

fn stamp(number: u128) -> Stamp {
    Stamp {
        now: Timestamp::UNIX_EPOCH,
        fresh: Uuid::from_u128(number),
        fresh_conflict: Uuid::from_u128(number << 64),
    }
}

fn document(value: Value) -> Document {
    match value {
        Value::Object(document) => document,
        other => panic!("{other} is no object"),
    }
}

/// A role of so many members.
fn role_of(members: u128) -> (MemoryStore, RoleId) {
    let users = (1..=members).map(|number| {
        let user = document(json!({"userName": format!("u{number}@x.io")}));
        let attributes = UserAttributes::from_document(&user).expect("a user");
        (number, Command::CreateUser { attributes })
    });
    let ids: Vec<_> = (1..=members)
        .map(|number| json!({"value": UserId(Uuid::from_u128(number)).to_string()}))
        .collect();
    let role = document(json!({"displayName": "Eng", "members": ids}));
    let attributes = GroupAttributes::from_document(&role).expect("a group");
    let role = (members + 1, Command::CreateRole { attributes });
    let store = MemoryStore::new();
    store
        .write(&mut |transaction| {
            for (number, command) in users.clone().chain([role.clone()]) {
                let (by, stamp) = (pushing(), stamp(number));
                let decision = decide(transaction, &by, &command, &stamp, &Policy::default());
                for change in &decision.expect("it is done").changes {
                    transaction.apply(change)?;
                }
            }
            Ok(Ending::Commit)
        })
        .expect("a commit");
    (store, RoleId(Uuid::from_u128(members + 1)))
}

/// The time for as many operations as there are members; each replaces all of them.
fn decided(members: u128) -> Duration {
    let (store, id) = role_of(members);
    let operations: Vec<_> = (1..=members)
        .map(|number| {
            let value = json!([{"value": UserId(Uuid::from_u128(number)).to_string()}]);
            json!({"op": "replace", "path": "members", "value": value})
        })
        .collect();
    let body = document(json!({ "Operations": operations }));
    let patch = Patch::parse(ResourceType::Group, &body, Dialect::STRICT).expect("a PATCH");
    let command = Command::PatchRole {
        id,
        patch,
        payload: Value::Object(body),
        condition: Condition::None,
    };
    let snapshot = store.snapshot().expect("a snapshot");
    let (by, stamp) = (pushing(), stamp(members + 2));
    let rounds = (0..3).map(|_| {
        let since = Instant::now();
        let start = spent(since);
        let decision = decide(&*snapshot, &by, &command, &stamp, &Policy::default());
        let taken = spent(since).saturating_sub(start);
        assert!(!decision.expect("it is done").changes.is_empty());
        taken
    });
    rounds.min().unwrap_or_default()
}

#[test]
fn replacing_all_members_again_and_again_walks_them_once() {
    let (short, long) = (decided(250), decided(1_000));
    println!("250 members: {short:.1?}, 1,000: {long:.1?}");
    assert!(long < short * RATIO, "{short:?} {long:?}");
}
