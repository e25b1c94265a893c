//! What a provider sees, and what it does not.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    directory::{Change, IdentityAlias, ManagedBy, PermissionLevel, RoleId, UserId, UserKind},
    scim::{
        Document,
        schema::{CORE_USER, ENTERPRISE_USER, STRONGDM_USER},
    },
    store::{Ending, MemoryStore, Snapshot, Store},
};

const BASE: &str = "https://x.io/scim/v2";

fn someone(number: u128, kind: UserKind) -> User {
    User {
        id: UserId(Uuid::from_u128(number)),
        kind,
        managed_by: ManagedBy::Provider(Provider::Okta),
        permission_level: PermissionLevel::Admin,
        user_name: format!("user{number}@x.io"),
        active: None,
        external_ids: BTreeMap::from([
            (Provider::Okta, "00u1".to_owned()),
            (Provider::Entra, "e-1".to_owned()),
        ]),
        aliases: Vec::new(),
        attributes: Document::new().into(),
        created: Timestamp::UNIX_EPOCH,
        last_modified: Timestamp::UNIX_EPOCH,
        version: 3,
    }
}

fn engineering() -> Role {
    Role {
        id: RoleId(Uuid::from_u128(9)),
        managed_by: ManagedBy::Provider(Provider::Okta),
        display_name: "Engineering".to_owned(),
        external_ids: BTreeMap::new(),
        attributes: Document::new(),
        provider_members: 1,
        local_members: 2,
        created: Timestamp::UNIX_EPOCH,
        last_modified: Timestamp::UNIX_EPOCH,
        version: 7,
    }
}

/// User 1 by the provider, user 2 and service account 3 attached by hand.
fn directory() -> MemoryStore {
    let store = MemoryStore::new();
    store
        .write(&mut |transaction| {
            let people = [
                (1, UserKind::Person, Origin::Provider),
                (2, UserKind::Person, Origin::Local),
                (3, UserKind::ServiceAccount, Origin::Local),
            ];
            let role = engineering();
            transaction.apply(&Change::PutRole {
                before: None,
                after: Box::new(role.clone()),
            })?;
            for (number, kind, origin) in people {
                let user = someone(number, kind);
                let membership = Membership {
                    role: role.id,
                    user: user.id,
                    origin,
                };
                transaction.apply(&Change::PutUser {
                    before: None,
                    after: Box::new(user),
                })?;
                transaction.apply(&Change::PutMembership(membership))?;
            }
            Ok(Ending::Commit)
        })
        .unwrap();
    store
}

fn seen_by(view: &dyn Snapshot, someone: &User, caller: Option<Provider>) -> Document {
    let shown = user(view, someone, caller, BASE, &RoleNames::default()).unwrap();
    shown.document().unwrap()
}

fn member_names(caller: Option<Provider>) -> Vec<String> {
    let store = directory();
    let snapshot = store.snapshot().unwrap();
    let engineering = engineering();
    let shown = role(&*snapshot, &engineering, caller, BASE, Members::Named).unwrap();
    let document = shown.document().unwrap();
    let members = document["members"].as_array().unwrap();
    let name = |member: &Value| member["display"].as_str().unwrap().to_owned();
    members.iter().map(name).collect()
}

#[test]
fn a_provider_never_sees_local_memberships_or_service_accounts() {
    assert_eq!(member_names(Some(Provider::Okta)), ["user1@x.io"]);
    assert_eq!(
        member_names(None),
        ["user1@x.io", "user2@x.io", "user3@x.io"]
    );
    let store = directory();
    let snapshot = store.snapshot().unwrap();
    let attached_by_hand = someone(2, UserKind::Person);
    let seen = |caller| seen_by(&*snapshot, &attached_by_hand, caller);
    assert!(!seen(Some(Provider::Okta)).contains_key("groups"));
    assert!(seen(None).contains_key("groups"));
}

#[test]
fn the_permission_level_is_nowhere() {
    let store = directory();
    let snapshot = store.snapshot().unwrap();
    let admin = someone(1, UserKind::Person);
    let document = seen_by(&*snapshot, &admin, Some(Provider::Okta));
    assert!(!json!(document).to_string().contains("admin"));
}

#[test]
fn each_provider_sees_its_own_external_id() {
    let store = MemoryStore::new();
    let snapshot = store.snapshot().unwrap();
    let someone = someone(1, UserKind::Person);
    for (caller, expected) in [
        (Some(Provider::Okta), Some("00u1")),
        (Some(Provider::Entra), Some("e-1")),
        (Some(Provider::Generic), None),
        (None, Some("00u1")),
    ] {
        let document = seen_by(&*snapshot, &someone, caller);
        let external_id = document.get("externalId").and_then(Value::as_str);
        assert_eq!(external_id, expected, "{caller:?}");
    }
}

#[test]
fn a_user_in_full() {
    let mut someone = someone(1, UserKind::Person);
    someone.active = Some(true);
    someone.aliases = vec![IdentityAlias::parse("rdp-set,alice").unwrap()];
    let attributes = json!({
        "name": {"givenName": "A"},
        ENTERPRISE_USER: {"employeeNumber": "7"},
    });
    someone.attributes = attributes.as_object().cloned().unwrap().into();
    let store = directory();
    let snapshot = store.snapshot().unwrap();
    let document = seen_by(&*snapshot, &someone, Some(Provider::Okta));
    let (id, role) = (someone.id, engineering().id);
    let version = document["meta"]["version"].as_str().unwrap();
    assert!(version.starts_with("W/\"3-"), "{version}");
    let expected = json!({
        "schemas": [CORE_USER, ENTERPRISE_USER, STRONGDM_USER],
        "id": id,
        "externalId": "00u1",
        "userName": "user1@x.io",
        "active": true,
        "name": {"givenName": "A"},
        ENTERPRISE_USER: {"employeeNumber": "7"},
        STRONGDM_USER: {"identityAliases": ["rdp-set,alice"]},
        "groups": [{
            "value": role,
            "$ref": format!("{BASE}/Groups/{role}"),
            "display": "Engineering",
            "type": "direct",
        }],
        "meta": {
            "resourceType": "User",
            "created": "1970-01-01T00:00:00Z",
            "lastModified": "1970-01-01T00:00:00Z",
            "version": version,
            "location": format!("{BASE}/Users/{id}"),
        },
    });
    assert_eq!(Value::Object(document), expected);
}

#[test]
fn a_role_without_members_has_none() {
    let store = directory();
    let snapshot = store.snapshot().unwrap();
    let caller = Some(Provider::Okta);
    let engineering = engineering();
    let shown = role(&*snapshot, &engineering, caller, BASE, Members::None).unwrap();
    let document = shown.document().unwrap();
    assert!(!document.contains_key("members"));
    assert_eq!(document["meta"]["version"], "W/\"7\"");
}

#[test]
fn a_role_of_many_members_is_the_same_in_pieces() {
    let engineering = engineering();
    let ids = |count: u128| (1..=count).map(|number| UserId(Uuid::from_u128(number)));
    let first = ids(1).next().unwrap();
    let (all, caller) = (Projection::default(), Some(Provider::Okta));
    for base_url in [BASE, &format!("https://{first}/{{\"value\":\"{first}\"")] {
        let without = with_members(&engineering, caller, base_url, Vec::new());
        for count in [0, 1, 2, 257, 1_000] {
            let named = ids(count).map(|id| (id, None)).collect();
            let whole = with_members(&engineering, caller, base_url, named);
            let whole = whole.text(&all).unwrap();
            let mut long =
                LongRole::of(&without, std::sync::Arc::new(ids(count).collect())).unwrap();
            let mut written = String::new();
            loop {
                assert_eq!(long.bytes_left(), whole.len() - written.len());
                let beginning = long.beginning(1_000);
                assert!(beginning.len() >= whole.len().min(1_000));
                assert!(whole.starts_with(&beginning));
                let piece = long.next_piece(10_000);
                if piece.is_empty() {
                    break;
                }
                assert!(piece.len() < 11_000);
                written.push_str(&piece);
            }
            assert_eq!(written, whole, "{count} members");
        }
    }
}

#[test]
fn the_ids_of_members_are_those_that_are_seen() {
    let store = directory();
    let snapshot = store.snapshot().unwrap();
    let seen = |caller| {
        let ids = member_ids(&*snapshot, engineering().id, caller).unwrap();
        ids.iter().map(|id| id.0.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(seen(Some(Provider::Okta)), [1]);
    assert_eq!(seen(None), [1, 2, 3]);
}

#[test]
fn a_users_length_is_told_closely() {
    let store = directory();
    let snapshot = store.snapshot().expect("a snapshot");
    let attributes = json!({"name": {"givenName": "Ann", "familyName": "Lee"}, "title": "Engineer",
        "emails": [{"value": "ann@x.io", "type": "work", "primary": true}]})
    .to_string();
    let ann = User {
        attributes: crate::directory::Attributes::stored(&attributes).expect("an object"),
        active: Some(true),
        created: "2026-11-30T12:19:01.977603Z".parse().expect("a time"),
        last_modified: "2026-11-30T12:19:01.977603Z".parse().expect("a time"),
        version: 12_345,
        ..someone(1, UserKind::Person)
    };
    let names = RoleNames::default();
    for number in [1, 7] {
        let ann = User {
            id: UserId(Uuid::from_u128(number)),
            ..ann.clone()
        };
        let shown = user(&*snapshot, &ann, Some(Provider::Okta), BASE, &names).expect("read");
        let text = shown.text(&Projection::default()).expect("JSON");
        let spare = shown.length().checked_sub(text.len());
        assert!(spare.is_some_and(|spare| spare < 100), "{spare:?}: {text}");
    }
}
