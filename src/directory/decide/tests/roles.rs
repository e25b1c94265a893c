use serde_json::{Value, json};

use super::world::*;
use crate::directory::{
    Action, Command, Condition, Event, ManagedBy, Origin, Provider, Refusal,
    conflict::ConflictKind, event::SubjectKind, summary::summarise,
};

#[test]
fn a_push_makes_a_managed_role_with_its_members() {
    let mut world = World::new();
    let ann = world.pushed_user(Provider::Okta, "ann@x.io");
    let bob = world.local_user("bob@x.io");
    let body = json!({ "displayName": "Eng", "externalId": "g1", "members": ids(&[ann, bob]) });
    let (role, created) = role_of(world.run(&okta(), &create_role(body)));
    assert!(created);
    assert_eq!((role.managed_by, role.version), (OKTA, 1));
    assert_eq!((role.provider_members, role.local_members), (2, 0));
    assert_eq!(role.external_ids[&Provider::Okta], "g1");
    assert_eq!(world.actions(), ["role-created", "members-added"]);
    let event = world.event(Action::RoleCreated);
    assert_eq!(event.after["displayName"], "Eng");
    assert_eq!(event.after.get("members"), None);
}

#[test]
fn a_taken_name_is_a_conflict_whoever_manages_it() {
    for owner in [ManagedBy::Local, OKTA, ENTRA] {
        let mut world = World::new();
        let id = match owner.provider() {
            None => world.local_role("Eng"),
            Some(provider) => world.pushed_role(provider, "Eng", &[]),
        };
        let refused = world.run(&okta(), &create_role(group("ENG", &[])));
        let Err(Refusal::PushedNameTaken {
            managed_by,
            kind: SubjectKind::Role,
            ..
        }) = &refused
        else {
            panic!("{refused:?}");
        };
        assert_eq!(*managed_by, Some(owner));
        let sentence = refused.as_ref().expect_err("refused").to_string();
        let seen = owner != ENTRA;
        assert_eq!(sentence.contains("Refresh App Groups"), seen, "{sentence}");
        assert_eq!(sentence.contains("Link Group"), seen, "{sentence}");
        assert_eq!(
            sentence.contains("another name in Okta"),
            !seen,
            "{sentence}"
        );
        let conflict = world.conflict(left_by(refused));
        assert_eq!(conflict.kind, ConflictKind::RoleName);
        assert_eq!(
            (conflict.name.as_str(), conflict.key.as_str()),
            ("ENG", "eng")
        );
        assert_eq!(conflict.existing.id, id.to_string());
    }
}

#[test]
fn a_local_role_is_taken_over_and_local_members_stay() {
    let ann_s_patch = |ann| json!([{ "op": "add", "path": "members", "value": ids(&[ann]) }]);
    for put in [false, true] {
        let mut world = World::new();
        let ann = world.pushed_user(Provider::Okta, "ann@x.io");
        let bob = world.pushed_user(Provider::Okta, "bob@x.io");
        let eve = world.pushed_user(Provider::Entra, "eve@x.io");
        let robot = world.service_account("robot");
        let eng = world.local_role("Eng");
        for user in [bob, eve, robot] {
            world.attach(eng, user).expect("attached");
        }
        let push = if put {
            replace_role(eng, group("Eng", &[ann, bob]))
        } else {
            patch_role(eng, ann_s_patch(ann))
        };
        let (role, created) = role_of(world.run(&okta(), &push));
        assert!(!created);
        assert_eq!(role.managed_by, OKTA);
        assert_eq!(
            world.actions(),
            ["role-taken-over", "members-moved", "members-added"]
        );
        assert_eq!(world.origin(eng, ann), Some(Origin::Provider));
        assert_eq!(world.origin(eng, bob), Some(Origin::Provider));
        assert_eq!(world.origin(eng, eve), Some(Origin::Local));
        assert_eq!(world.origin(eng, robot), Some(Origin::Local));
        let moved = world.event(Action::MembersMoved);
        assert_eq!(moved.before["members"][0]["origin"], "local");
        assert_eq!(moved.after["members"][0]["origin"], "provider");
    }
}

#[test]
fn a_role_is_renamed_to_a_free_name_and_to_its_own() {
    let mut world = World::new();
    let eng = world.pushed_role(Provider::Okta, "Eng", &[]);
    world.pushed_role(Provider::Okta, "Ops", &[]);
    role_of(world.run(&okta(), &replace_role(eng, group("Eng", &[]))));
    assert!(world.events.is_empty());
    let echo = json!([{ "op": "replace", "value": { "id": eng, "displayName": "Eng" } }]);
    role_of(world.run(&okta(), &patch_role(eng, echo)));
    assert!(world.events.is_empty());
    role_of(world.run(&okta(), &replace_role(eng, group("ENG", &[]))));
    assert_eq!(world.actions(), ["role-renamed"]);
    let name = json!([{ "op": "replace", "value": { "id": eng, "displayName": "Engineering" } }]);
    role_of(world.run(&okta(), &patch_role(eng, name)));
    let renamed = world.event(Action::RoleRenamed);
    assert_eq!(renamed.subject.name, "ENG");
    assert_eq!(renamed.after, json!({ "displayName": "Engineering" }));
    let taken = world.run(&okta(), &replace_role(eng, group("ops", &[])));
    assert_eq!(world.conflict(left_by(taken)).kind, ConflictKind::RoleName);
    assert_eq!(world.role(eng).display_name, "Engineering");
}

#[test]
fn another_provider_s_role_is_not_touched() {
    let mut world = World::new();
    let eng = world.pushed_role(Provider::Entra, "Eng", &[]);
    let before = world.role(eng);
    let operations = json!([{ "op": "replace", "value": { "displayName": "Mine" } }]);
    let pushes = [
        replace_role(eng, group("Mine", &[])),
        patch_role(eng, operations),
        delete_role(eng),
    ];
    let mut seen = Vec::new();
    for push in pushes {
        let refused = world.run(&okta(), &push);
        let Err(Refusal::ManagedByAnother { owner, .. }) = &refused else {
            panic!("{refused:?}");
        };
        assert_eq!(*owner, ENTRA);
        seen.push(left_by(refused));
        assert_eq!(world.role(eng), before);
    }
    seen.dedup();
    assert_eq!(seen.len(), 1);
    assert_eq!(world.conflict(seen[0]).tries, 3);
}

#[test]
fn a_deleted_role_detaches_everyone() {
    let mut world = World::new();
    let ann = world.pushed_user(Provider::Okta, "ann@x.io");
    let robot = world.service_account("robot");
    let eng = world.pushed_role(Provider::Okta, "Eng", &[ann]);
    world.attach(eng, robot).expect("attached");
    world.run(&okta(), &delete_role(eng)).expect("deleted");
    assert_eq!(world.actions(), ["members-removed", "role-deleted"]);
    let removed = world.event(Action::MembersRemoved).before["members"].clone();
    assert_eq!(removed.as_array().map(Vec::len), Some(2));
    assert_eq!(world.event(Action::RoleDeleted).after, Value::Null);
    assert_eq!(
        (world.origin(eng, ann), world.origin(eng, robot)),
        (None, None)
    );
    let again = world.run(&okta(), &delete_role(eng));
    assert!(matches!(again, Err(Refusal::NotFound { .. })));
}

#[test]
fn no_journal_entry_names_more_than_a_thousand_members() {
    let mut world = World::new();
    let people: Vec<_> = (0..1_050)
        .map(|number| world.pushed_user(Provider::Okta, &format!("user{number}@x.io")))
        .collect();
    let eng = world.pushed_role(Provider::Okta, "Eng", &people);
    assert_eq!(
        world.actions(),
        ["role-created", "members-added", "members-added"]
    );
    world.run(&okta(), &delete_role(eng)).expect("deleted");
    let gone = |event: &Event| event.before.count("members");
    let events = world.events.iter();
    let removed = events.filter(|event| event.action == Action::MembersRemoved);
    assert_eq!(removed.map(gone).collect::<Vec<_>>(), [1_000, 50]);
    assert_eq!(summarise(&world.events), "role Eng deleted, −1050");
}

#[test]
fn what_operators_made_is_linked_before_it_is_deleted() {
    let mut world = World::new();
    let eng = world.local_role("Eng");
    let ann = world.local_user("ann@x.io");
    for push in [delete_role(eng), delete_user(ann)] {
        let refused = world.run(&okta(), &push);
        let Err(Refusal::ManagedByAnother {
            owner: ManagedBy::Local,
            ..
        }) = &refused
        else {
            panic!("{refused:?}");
        };
        assert_eq!(refused.expect_err("refused").to_scim().status, 409);
    }
    role_of(world.run(&okta(), &replace_role(eng, group("Eng", &[]))));
    assert_eq!(world.actions(), ["role-taken-over", "conflict-gone"]);
    world.run(&okta(), &delete_role(eng)).expect("deleted");
}

#[test]
fn a_condition_names_the_version() {
    let mut world = World::new();
    let eng = world.pushed_role(Provider::Okta, "Eng", &[]);
    let push = |tags: &[&str]| Command::DeleteRole {
        id: eng,
        condition: Condition::OneOf(tags.iter().map(ToString::to_string).collect()),
    };
    let refused = world.run(&okta(), &push(&["7"]));
    assert!(matches!(refused, Err(Refusal::VersionMismatch { current }) if current == "1"));
    world.run(&okta(), &push(&["7", "1"])).expect("deleted");
}

#[test]
fn operators_add_roles_with_a_free_name() {
    let mut world = World::new();
    world.local_role("Eng");
    assert_eq!(world.actions(), ["role-created"]);
    let add = |name: &str| Command::AddRole {
        display_name: name.to_owned(),
    };
    let taken = world.run(&operator(), &add(" eng "));
    assert!(matches!(taken, Err(Refusal::NameTaken { .. })));
    let empty = world.run(&operator(), &add(" "));
    assert!(matches!(empty, Err(Refusal::BadValue { .. })));
}

#[test]
fn the_journal_has_the_whole_of_a_role() {
    let mut world = World::new();
    let push = create_role(json!({ "displayName": "Eng", "externalId": "g1" }));
    world.run(&okta(), &push).expect("pushed");
    let pushed = &world.event(Action::RoleCreated).after;
    assert_eq!(pushed["external_ids"], json!({ "okta": "g1" }));
    world.local_role("Ops");
    let local = &world.event(Action::RoleCreated).after;
    assert_eq!(
        *local,
        json!({ "displayName": "Ops", "managed_by": "local" })
    );
}

#[test]
fn a_role_is_seen_by_its_provider_or_by_all() {
    let mut world = World::new();
    let pushed = world.pushed_role(Provider::Okta, "Eng", &[]);
    let local = world.local_role("Ops");
    for (role, provider, seen) in [
        (pushed, Provider::Okta, true),
        (pushed, Provider::Entra, false),
        (local, Provider::Okta, true),
        (local, Provider::Entra, true),
    ] {
        assert_eq!(world.role(role).is_seen_by(provider), seen);
    }
}
