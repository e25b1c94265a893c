use serde_json::{Value, json};

use super::world::*;
use crate::directory::{
    Action, Command, Condition, ManagedBy, Origin, PermissionLevel, Provider, Refusal, UserKind,
    etag, event::SubjectKind,
};
use crate::scim::{ScimType, resource::UserAttributes};

#[test]
fn a_push_makes_a_managed_user() {
    let mut world = World::new();
    let body = json!({
        "userName": "Ann@x.io", "externalId": "00u1", "active": true, "password": "secret",
        "name": { "givenName": "Ann", "familyName": "B" },
    });
    let (user, created) = user_of(world.run(&okta(), &create_user(body)));
    assert!(created);
    assert_eq!(
        (user.managed_by, user.permission_level),
        (OKTA, PermissionLevel::User)
    );
    assert_eq!(
        (user.user_name.as_str(), user.active),
        ("Ann@x.io", Some(true))
    );
    assert_eq!(user.external_ids[&Provider::Okta], "00u1");
    assert_eq!(world.actions(), ["user-created"]);
    let event = world.event(Action::UserCreated);
    assert_eq!(event.before, Value::Null);
    assert_eq!(event.after["name"]["givenName"], "Ann");
    assert!(!event.after.to_string().contains("secret"));
}

#[test]
fn what_a_post_does_to_a_taken_name() {
    // (who manages it, suspended, reinstated in place)
    let cases = [
        (Some(Provider::Okta), true, true),
        (Some(Provider::Okta), false, false),
        (Some(Provider::Entra), true, false),
        (Some(Provider::Entra), false, false),
        (None, false, false),
    ];
    for (owner, suspended, reinstated) in cases {
        let mut world = World::new();
        let id = match owner {
            Some(provider) => world.pushed_user(provider, "ann@x.io"),
            None => world.local_user("ann@x.io"),
        };
        if suspended {
            let provider = owner.expect("a provider");
            let off = json!({ "userName": "ann@x.io", "active": false });
            user_of(world.run(&actor(provider), &replace_user(id, off)));
        }
        let again = create_user(json!({ "userName": "ANN@x.io", "title": "Dr" }));
        let outcome = world.run(&okta(), &again);
        if reinstated {
            let (user, created) = user_of(outcome);
            assert!(created && user.id == id);
            assert_eq!((user.active, user.user_name.as_str()), (None, "ANN@x.io"));
            assert_eq!(world.actions(), ["user-updated", "user-reinstated"]);
        } else {
            let Err(Refusal::PushedNameTaken { managed_by, .. }) = outcome else {
                panic!("{outcome:?}");
            };
            let expected = owner.map_or(ManagedBy::Local, ManagedBy::Provider);
            assert_eq!(managed_by, Some(expected));
            assert_eq!(world.actions(), ["conflict-opened"]);
        }
    }
}

#[test]
fn a_service_account_is_nothing_a_provider_can_learn_of() {
    let mut world = World::new();
    let id = world.service_account("robot");
    let refused = world.run(&okta(), &create_user(json!({ "userName": "Robot" })));
    let Err(Refusal::PushedNameTaken {
        managed_by: None, ..
    }) = &refused
    else {
        panic!("{refused:?}");
    };
    let sentence = refused.expect_err("refused").to_string();
    for words in ["service", "import", "match"] {
        assert!(!sentence.contains(words), "{sentence}");
    }
    assert!(sentence.contains("another name in Okta"), "{sentence}");
    let commands = [
        replace_user(id, json!({ "userName": "robot" })),
        patch_user(
            id,
            json!([{ "op": "replace", "value": { "active": false } }]),
        ),
        delete_user(id),
    ];
    for command in commands {
        let refused = world.run(&okta(), &command);
        assert!(matches!(
            refused,
            Err(Refusal::NotFound {
                kind: SubjectKind::User,
                ..
            })
        ));
    }
}

#[test]
fn events_hold_what_changed_and_nothing_else() {
    let mut world = World::new();
    let body = json!({ "userName": "ann@x.io", "active": true, "title": "Dr",
        "name": { "givenName": "Ann", "familyName": "B" } });
    let id = user_of(world.run(&okta(), &create_user(body))).0.id;
    let body = json!({ "userName": "ann@x.io", "active": false, "nickName": "A",
        "name": { "givenName": "Anna", "familyName": "B" } });
    let (user, created) = user_of(world.run(&okta(), &replace_user(id, body)));
    assert!(!created);
    assert_eq!(user.version, 2);
    assert_eq!(world.actions(), ["user-updated", "user-suspended"]);
    let updated = world.event(Action::UserUpdated);
    assert_eq!(
        updated.before,
        json!({ "title": "Dr", "name.givenName": "Ann", "nickName": null })
    );
    assert_eq!(
        updated.after,
        json!({ "title": null, "name.givenName": "Anna", "nickName": "A" })
    );
    let suspended = world.event(Action::UserSuspended);
    assert_eq!(suspended.before, json!({ "active": true }));
    assert_eq!(suspended.after, json!({ "active": false }));
}

#[test]
fn active_moves_between_suspended_and_reinstated() {
    let mut world = World::new();
    let id = world.pushed_user(Provider::Okta, "ann@x.io");
    let steps: [(Value, &[&str]); 6] = [
        (json!(true), &["user-updated"]),
        (json!("False"), &["user-suspended"]),
        (json!(false), &[]),
        (json!("True"), &["user-reinstated"]),
        (json!(true), &[]),
        (json!(false), &["user-suspended"]),
    ];
    for (active, actions) in steps {
        let patch = patch_user(
            id,
            json!([{ "op": "replace", "value": { "active": active } }]),
        );
        user_of(world.run(&okta(), &patch));
        assert_eq!(world.actions(), actions, "{active}");
    }
    let removed = patch_user(id, json!([{ "op": "remove", "path": "active" }]));
    let (user, _) = user_of(world.run(&okta(), &removed));
    assert_eq!(user.active, None);
    assert_eq!(world.actions(), ["user-reinstated"]);
}

#[test]
fn nothing_changed_writes_nothing() {
    let mut world = World::new();
    let body = json!({ "userName": "ann@x.io", "active": true, "externalId": "00u1",
        "emails": [{ "value": "ann@x.io", "primary": true }] });
    let (before, _) = user_of(world.run(&okta(), &create_user(body.clone())));
    for command in [
        replace_user(before.id, body),
        patch_user(
            before.id,
            json!([{ "op": "replace", "value": { "active": true } }]),
        ),
    ] {
        let (after, _) = user_of(world.run(&okta(), &command));
        assert_eq!(after, before);
        assert!(world.events.is_empty());
    }
}

#[test]
fn a_local_user_is_taken_over_and_its_attachments_with_it() {
    let mut world = World::new();
    let ann = world.local_user("ann@x.io");
    let level = PermissionLevel::Admin;
    user_of(world.run(&operator(), &Command::SetPermissionLevel { id: ann, level }));
    let eng = world.pushed_role(Provider::Okta, "Eng", &[]);
    let ops = world.pushed_role(Provider::Entra, "Ops", &[]);
    let home = world.local_role("Home");
    for role in [eng, ops, home] {
        world.attach(role, ann).expect("attached");
    }
    let patch = patch_user(
        ann,
        json!([{ "op": "replace", "value": { "title": "Dr" } }]),
    );
    let (user, _) = user_of(world.run(&okta(), &patch));
    assert_eq!(
        (user.managed_by, user.permission_level),
        (OKTA, PermissionLevel::Admin)
    );
    assert_eq!(
        world.actions(),
        ["user-taken-over", "user-updated", "members-moved"]
    );
    let taken = world.event(Action::UserTakenOver);
    assert_eq!(taken.before, json!({ "managed_by": "local" }));
    assert_eq!(taken.after, json!({ "managed_by": "okta" }));
    assert_eq!(world.event(Action::MembersMoved).subject.name, "Eng");
    assert_eq!(world.origin(eng, ann), Some(Origin::Provider));
    assert_eq!(world.origin(ops, ann), Some(Origin::Local));
    assert_eq!(world.origin(home, ann), Some(Origin::Local));
}

#[test]
fn each_provider_has_its_own_external_id() {
    let mut world = World::new();
    let body = json!({ "userName": "ann@x.io", "externalId": "e1" });
    let id = user_of(world.run(&entra(), &create_user(body))).0.id;
    let conflict = left_by(world.run(
        &okta(),
        &create_user(json!({ "userName": "ann@x.io", "externalId": "o1" })),
    ));
    conflict_of(world.run(&operator(), &Command::LinkConflict { id: conflict }));
    let external = world.user(id).external_ids;
    assert_eq!(external[&Provider::Okta], "o1");
    assert_eq!(external[&Provider::Entra], "e1");
    user_of(world.run(
        &okta(),
        &replace_user(id, json!({ "userName": "ann@x.io" })),
    ));
    let external = world.user(id).external_ids;
    assert_eq!(external.get(&Provider::Okta), None);
    assert_eq!(external[&Provider::Entra], "e1");
    assert_eq!(
        world.event(Action::UserUpdated).before,
        json!({ "external_ids.okta": "o1" })
    );
}

#[test]
fn aliases_are_read_kept_and_replaced() {
    let mut world = World::new();
    let body = with_aliases("ann@x.io", &["ssh,ann", "rdp-set, alice"]);
    let (user, _) = user_of(world.run(&okta(), &create_user(body)));
    let aliases: Vec<String> = user.aliases.iter().map(ToString::to_string).collect();
    assert_eq!(aliases, ["rdp-set,alice", "ssh,ann"]);
    assert!(user.attributes.is_empty());
    let patch = patch_user(
        user.id,
        json!([{ "op": "replace", "value": { "title": "Dr" } }]),
    );
    assert_eq!(user_of(world.run(&okta(), &patch)).0.aliases, user.aliases);
    let replaced = replace_user(user.id, json!({ "userName": "ann@x.io", "title": "Dr" }));
    assert_eq!(user_of(world.run(&okta(), &replaced)).0.aliases, []);
    assert_eq!(
        world.event(Action::UserUpdated).before,
        json!({ "identityAliases": ["rdp-set,alice", "ssh,ann"] })
    );
}

#[test]
fn bad_aliases_are_named() {
    for (aliases, named) in [
        (&["nonsense"][..], "\"nonsense\""),
        (&["ssh,"], "\"ssh,\""),
        (&["ssh,ann", "ssh,anna"], "\"ssh,anna\""),
    ] {
        let mut world = World::new();
        let refused = world.run(&okta(), &create_user(with_aliases("ann@x.io", aliases)));
        let Err(Refusal::Invalid(error)) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(
            (error.status, error.scim_type),
            (400, Some(ScimType::InvalidValue))
        );
        assert!(error.detail.contains(named), "{}", error.detail);
    }
}

#[test]
fn an_alias_has_one_holder() {
    let mut world = World::new();
    let body = with_aliases("ann@x.io", &["ssh,ann"]);
    let ann = user_of(world.run(&entra(), &create_user(body.clone())))
        .0
        .id;
    let bob = world.pushed_user(Provider::Okta, "bob@x.io");
    let pushes = [
        create_user(with_aliases("carl@x.io", &["ssh,ann"])),
        replace_user(bob, with_aliases("bob@x.io", &["ssh,ann"])),
    ];
    let mut conflicts = Vec::new();
    for push in pushes {
        let refused = world.run(&okta(), &push);
        let sentence = refused.as_ref().expect_err("refused").to_string();
        assert!(
            sentence.contains("\"ssh\"") && sentence.contains("\"ann\""),
            "{sentence}"
        );
        assert!(!sentence.contains("ann@x.io"), "{sentence}");
        conflicts.push(left_by(refused));
    }
    assert_ne!(conflicts[0], conflicts[1], "two pushes");
    for conflict in conflicts {
        assert_eq!(world.conflict(conflict).existing.id, ann.to_string());
    }
    user_of(world.run(
        &entra(),
        &replace_user(ann, json!({ "userName": "ann@x.io" })),
    ));
    assert_eq!(
        world.actions(),
        ["user-updated", "conflict-gone", "conflict-gone"]
    );
    user_of(world.run(
        &okta(),
        &replace_user(bob, with_aliases("bob@x.io", &["ssh,ann"])),
    ));
}

#[test]
fn a_name_moves_only_to_a_free_one() {
    let mut world = World::new();
    let ann = world.pushed_user(Provider::Okta, "ann@x.io");
    let bob = world.pushed_user(Provider::Okta, "bob@x.io");
    let taken = world.run(
        &okta(),
        &replace_user(bob, json!({ "userName": "Ann@x.io" })),
    );
    assert_eq!(world.conflict(left_by(taken)).existing.id, ann.to_string());
    user_of(world.run(
        &okta(),
        &replace_user(ann, json!({ "userName": "ANN@x.io" })),
    ));
    assert_eq!(world.actions(), ["user-updated"]);
    user_of(world.run(
        &okta(),
        &replace_user(ann, json!({ "userName": "anna@x.io" })),
    ));
    assert_eq!(world.actions(), ["user-updated", "conflict-gone"]);
    user_of(world.run(
        &okta(),
        &replace_user(bob, json!({ "userName": "ann@x.io" })),
    ));
}

#[test]
fn a_condition_names_the_version_with_the_groups() {
    let mut world = World::new();
    let ann = world.pushed_user(Provider::Okta, "ann@x.io");
    let alone = etag::user(&world.user(ann), []);
    world.pushed_role(Provider::Okta, "Eng", &[ann]);
    let push = |tag: &str| Command::DeleteUser {
        id: ann,
        condition: Condition::OneOf(vec![tag.to_owned()]),
    };
    let refused = world.run(&okta(), &push(&alone));
    let Err(Refusal::VersionMismatch { current }) = refused else {
        panic!("{refused:?}");
    };
    assert_ne!(current, alone);
    world.run(&okta(), &push(&current)).expect("deleted");
}

#[test]
fn a_deleted_user_leaves_its_roles() {
    let mut world = World::new();
    let ann = world.pushed_user(Provider::Okta, "ann@x.io");
    let eng = world.pushed_role(Provider::Okta, "Eng", &[ann]);
    let home = world.local_role("Home");
    world.attach(home, ann).expect("attached");
    let version = world.role(eng).version;
    world.run(&okta(), &delete_user(ann)).expect("deleted");
    assert_eq!(
        world.actions(),
        ["members-removed", "members-removed", "user-deleted"]
    );
    assert_eq!(world.role(eng).version, version + 1);
    assert_eq!(
        (world.origin(eng, ann), world.origin(home, ann)),
        (None, None)
    );
    assert_eq!(
        world.event(Action::UserDeleted).before["userName"],
        "ann@x.io"
    );
    let again = world.run(&okta(), &delete_user(ann));
    assert!(matches!(again, Err(Refusal::NotFound { .. })));
}

#[test]
fn operators_add_people_and_service_accounts() {
    let accepted = [
        (UserKind::Person, " ann@x.io ", "ann@x.io"),
        (UserKind::ServiceAccount, "build robot", "build robot"),
    ];
    for (kind, given, kept) in accepted {
        let mut world = World::new();
        let (user, created) = user_of(world.run(&operator(), &add(kind, given)));
        assert!(created && user.kind == kind && user.user_name == kept);
        assert_eq!(user.managed_by, ManagedBy::Local);
        let emails = user
            .attributes
            .get("emails")
            .map(|emails| emails[0]["value"].clone());
        assert_eq!(emails, (kind == UserKind::Person).then(|| json!(kept)));
        let again = world.run(&operator(), &add(kind, kept));
        assert!(matches!(again, Err(Refusal::NameTaken { .. })));
    }
    let long = "x".repeat(257);
    let refused = [
        (UserKind::Person, "ann"),
        (UserKind::Person, "@x.io"),
        (UserKind::Person, "ann@"),
        (UserKind::Person, "ann@x@io"),
        (UserKind::Person, "an n@x.io"),
        (UserKind::ServiceAccount, " "),
        (UserKind::ServiceAccount, "a\u{1b}b"),
        (UserKind::ServiceAccount, &long),
    ];
    for (kind, given) in refused {
        let outcome = World::new().run(&operator(), &add(kind, given));
        assert!(matches!(outcome, Err(Refusal::BadValue { .. })), "{given}");
    }
}

fn add(kind: UserKind, name: &str) -> Command {
    let attributes = UserAttributes {
        user_name: name.to_owned(),
        ..UserAttributes::default()
    };
    let level = PermissionLevel::Auditor;
    Command::AddUser {
        kind,
        attributes,
        level,
    }
}

#[test]
fn a_level_is_set_once() {
    let mut world = World::new();
    let ann = world.pushed_user(Provider::Okta, "ann@x.io");
    let level = PermissionLevel::Admin;
    let set = Command::SetPermissionLevel { id: ann, level };
    assert_eq!(
        user_of(world.run(&operator(), &set)).0.permission_level,
        level
    );
    assert_eq!(world.actions(), ["user-level-changed"]);
    user_of(world.run(&operator(), &set));
    assert!(world.events.is_empty());
}

#[test]
fn each_side_asks_for_its_own_commands_only() {
    let mut world = World::new();
    let ann = world.pushed_user(Provider::Okta, "ann@x.io");
    let level = PermissionLevel::Admin;
    let by_provider = world.run(&okta(), &Command::SetPermissionLevel { id: ann, level });
    assert!(matches!(by_provider, Err(Refusal::NotPermitted { .. })));
    let by_operator = world.run(&operator(), &delete_user(ann));
    assert!(matches!(by_operator, Err(Refusal::NotPermitted { .. })));
}
