//! What operators do to users and roles, and what is not theirs to do.

use serde_json::json;

use super::world::*;
use crate::directory::{
    Action, Command, ManagedBy, Origin, Outcome, PermissionLevel, Profile, Provider, Refusal,
    RoleId, UserId, UserKind, undo,
};
use crate::scim::resource::UserAttributes;

fn edit(world: &mut World, id: UserId, profile: Profile) -> Result<Outcome, Refusal> {
    world.run(&operator(), &Command::EditUser { id, profile })
}

fn name(user_name: &str) -> Profile {
    Profile {
        user_name: Some(user_name.to_owned()),
        ..Profile::default()
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

#[test]
fn a_local_user_is_edited_part_by_part() {
    let mut world = World::new();
    let ann = world.local_user("ann@x.io");
    let profile = Profile {
        given_name: Some("Ann".to_owned()),
        family_name: Some(" Lee ".to_owned()),
        display_name: Some("Ann L.".to_owned()),
        emails: Some(texts(&["ann@x.io", "ANN@y.io", "Ann@X.io"])),
        aliases: Some(texts(&["rdp,ann"])),
        user_name: None,
    };
    let (user, created) = user_of(edit(&mut world, ann, profile.clone()));
    assert!(!created);
    assert_eq!(world.actions(), ["user-updated"]);
    assert_eq!(user.user_name, "ann@x.io");
    assert_eq!(
        user.attributes["name"],
        json!({ "givenName": "Ann", "familyName": "Lee" })
    );
    assert_eq!(
        user.attributes["emails"],
        json!([
            { "value": "ann@x.io", "type": "work", "primary": true },
            { "value": "ANN@y.io", "type": "work" },
        ])
    );
    assert_eq!(user.aliases[0].to_string(), "rdp,ann");
    edit(&mut world, ann, profile).expect("the same again");
    assert!(world.events.is_empty());

    let cleared = Profile {
        given_name: Some(String::new()),
        display_name: Some(String::new()),
        emails: Some(texts(&[])),
        aliases: Some(texts(&[])),
        ..Profile::default()
    };
    let (user, _) = user_of(edit(&mut world, ann, cleared));
    assert_eq!(user.attributes["name"], json!({ "familyName": "Lee" }));
    assert!(!user.attributes.contains_key("emails"));
    assert!(!user.attributes.contains_key("displayName"));
    assert!(user.aliases.is_empty());
}

#[test]
fn bad_edits_are_refused() {
    let mut world = World::new();
    let ann = world.local_user("ann@x.io");
    let bob = world.local_user("bob@x.io");
    let robot = world.service_account("robot");
    let aliases = |aliases: &[&str]| Profile {
        aliases: Some(texts(aliases)),
        ..Profile::default()
    };
    edit(&mut world, bob, aliases(&["rdp,bob"])).expect("an alias");
    let emails = Profile {
        emails: Some(texts(&["not an address"])),
        ..Profile::default()
    };
    let given = Profile {
        given_name: Some("R2".to_owned()),
        ..Profile::default()
    };
    let cases = [
        (ann, name("ann"), "must be an e-mail address"),
        (ann, name("BOB@x.io"), "is taken"),
        (ann, name(" "), "empty"),
        (ann, emails, "must be an e-mail address"),
        (ann, aliases(&["rdp"]), "set,alias"),
        (
            ann,
            aliases(&["rdp,a", "rdp,b"]),
            "one identity alias in a set",
        ),
        (ann, aliases(&["rdp,bob"]), "someone else's"),
        (robot, given, "only a name"),
        (robot, name("ann@x.io"), "is taken"),
    ];
    for (id, profile, says) in cases {
        let refusal = edit(&mut world, id, profile.clone()).expect_err("refused");
        assert!(refusal.to_string().contains(says), "{profile:?}: {refusal}");
    }
    let (robot, _) = user_of(edit(&mut world, robot, name("robot 2")));
    assert_eq!(robot.user_name, "robot 2");
}

#[test]
fn suspending_and_reinstating_twice_is_once() {
    let mut world = World::new();
    let ann = world.local_user("ann@x.io");
    let eng = world.local_role("Eng");
    world.attach(eng, ann).expect("attached");
    for (command, action) in [
        (Command::SuspendUser { id: ann }, Action::UserSuspended),
        (Command::ReinstateUser { id: ann }, Action::UserReinstated),
    ] {
        world.run(&operator(), &command).expect("done");
        assert_eq!(world.actions(), [action.as_str()]);
        world.run(&operator(), &command).expect("nothing to do");
        assert!(world.events.is_empty());
        assert_eq!(world.origin(eng, ann), Some(Origin::Local));
    }
}

/// Every act that a managed user or role refuses, and where it says the change is to be made.
#[test]
fn what_a_provider_manages_is_read_only() {
    let mut world = World::new();
    let ann = world.pushed_user(Provider::Okta, "ann@x.io");
    let eng = world.pushed_role(Provider::Okta, "Eng", &[ann]);
    let commands = [
        Command::EditUser {
            id: ann,
            profile: name("anna@x.io"),
        },
        Command::SuspendUser { id: ann },
        Command::ReinstateUser { id: ann },
        Command::RemoveUser { id: ann },
        Command::RenameRole {
            id: eng,
            display_name: "Engineering".to_owned(),
        },
        Command::RemoveRole { id: eng },
        Command::Detach {
            role: eng,
            user: ann,
        },
    ];
    for command in commands {
        let refusal = world.run(&operator(), &command).expect_err("refused");
        assert!(
            refusal.to_string().contains("in Okta") || refusal.to_string().contains("only Okta")
        );
        assert_eq!(refusal.to_scim().status, 403, "{command:?}");
    }
    let level = Command::SetPermissionLevel {
        id: ann,
        level: PermissionLevel::Admin,
    };
    world.run(&operator(), &level).expect("levels are set here");
}

#[test]
fn local_rows_are_renamed_and_removed() {
    let mut world = World::new();
    let ann = world.local_user("ann@x.io");
    let eng = world.pushed_role(Provider::Okta, "Eng", &[ann]);
    let ops = world.local_role("Ops");
    world.attach(ops, ann).expect("attached");
    let rename = |name: &str| Command::RenameRole {
        id: ops,
        display_name: name.to_owned(),
    };
    let taken = world.run(&operator(), &rename("ENG"));
    assert!(matches!(taken, Err(Refusal::NameTaken { .. })));
    world
        .run(&operator(), &rename("ops"))
        .expect("its own name");
    assert_eq!(world.actions(), ["role-renamed"]);
    world
        .run(&operator(), &Command::RemoveUser { id: ann })
        .expect("removed");
    assert_eq!(
        world.actions(),
        ["members-removed", "members-removed", "user-deleted"]
    );
    assert_eq!(world.role(eng).provider_members, 0);
    let removed = world.run(&operator(), &Command::RemoveRole { id: ops });
    assert_eq!(removed, Ok(Outcome::Deleted));
    let again = world.run(&operator(), &Command::RemoveRole { id: ops });
    assert!(matches!(again, Err(Refusal::NotFound { .. })));
}

/// Who is in which role before a release, what is released, and whose the membership is then.
#[test]
fn a_release_makes_memberships_local() {
    let cases = [
        (OKTA, OKTA, Origin::Provider),
        (ManagedBy::Local, OKTA, Origin::Provider),
        (ENTRA, OKTA, Origin::Provider),
    ];
    for (user_owner, role_owner, before) in cases {
        for releases_user in [true, false] {
            let mut world = World::new();
            let ann = match user_owner.provider() {
                Some(provider) => world.pushed_user(provider, "ann@x.io"),
                None => world.local_user("ann@x.io"),
            };
            let owner = role_owner.provider().expect("a provider");
            let eng = world.pushed_role(owner, "Eng", &[ann]);
            assert_eq!(world.origin(eng, ann), Some(before));
            let command = if releases_user {
                Command::ReleaseUser { id: ann }
            } else {
                Command::ReleaseRole { id: eng }
            };
            world.run(&operator(), &command).expect("released");
            let nothing_to_do = releases_user && user_owner == ManagedBy::Local;
            if nothing_to_do {
                assert!(world.events.is_empty());
                continue;
            }
            let action = if releases_user {
                Action::UserReleased
            } else {
                Action::RoleReleased
            };
            world.event(action);
            world.event(Action::MembersMoved);
            assert_eq!(world.origin(eng, ann), Some(Origin::Local));
            world.detach(eng, ann).expect("the operator's to end");
        }
    }
}

#[test]
fn what_was_released_is_taken_over_again() {
    let mut world = World::new();
    let ann = world.pushed_user(Provider::Okta, "ann@x.io");
    let eng = world.pushed_role(Provider::Okta, "Eng", &[ann]);
    for command in [
        Command::ReleaseUser { id: ann },
        Command::ReleaseRole { id: eng },
    ] {
        world.run(&operator(), &command).expect("released");
    }
    let refused = world.run(&okta(), &delete_user(ann));
    assert!(matches!(refused, Err(Refusal::ManagedByAnother { .. })));
    let body = json!({ "userName": "ann@x.io" });
    world
        .run(&okta(), &replace_user(ann, body))
        .expect("taken over");
    world.event(Action::UserTakenOver);
    assert_eq!(world.origin(eng, ann), Some(Origin::Local));
    let push = replace_role(eng, group("Eng", &[ann]));
    world.run(&okta(), &push).expect("taken over");
    world.event(Action::RoleTakenOver);
    assert_eq!(world.origin(eng, ann), Some(Origin::Provider));
    assert_eq!(world.role(eng).managed_by, OKTA);
}

/// What can be taken back is as it was before.
#[test]
fn acts_are_taken_back() {
    let mut world = World::new();
    let ann = world.local_user("ann@x.io");
    let eng = world.local_role("Eng");
    let profile = Profile {
        user_name: Some("anna@x.io".to_owned()),
        given_name: Some("Ann".to_owned()),
        family_name: Some("Lee".to_owned()),
        display_name: Some("A".to_owned()),
        emails: Some(texts(&["a@x.io", "ann@x.io"])),
        aliases: Some(texts(&["rdp,ann"])),
    };
    let level = PermissionLevel::Auditor;
    let commands = [
        Command::EditUser { id: ann, profile },
        Command::SetPermissionLevel { id: ann, level },
        Command::RenameRole {
            id: eng,
            display_name: "Engineering".to_owned(),
        },
        Command::Attach {
            role: eng,
            user: ann,
        },
    ];
    for command in commands {
        let before = (world.user(ann), world.role(eng), world.origin(eng, ann));
        world.run(&operator(), &command).expect("done");
        let inverse = undo::inverse(&world.events).expect("an inverse");
        world.run(&operator(), &inverse).expect("taken back");
        let after = (world.user(ann), world.role(eng), world.origin(eng, ann));
        assert_eq!(after.0.attributes, before.0.attributes, "{command:?}");
        assert_eq!(after.0.user_name, before.0.user_name);
        assert_eq!(after.0.aliases, before.0.aliases);
        assert_eq!(after.0.permission_level, before.0.permission_level);
        assert_eq!(after.1.display_name, before.1.display_name);
        assert_eq!(after.2, before.2);
        // And back again.
        let inverse = undo::inverse(&world.events).expect("an inverse");
        world.run(&operator(), &inverse).expect("done again");
        world.run(&operator(), &command).expect("no change");
        assert!(world.events.is_empty(), "{command:?}");
    }
    let suspend = Command::SuspendUser { id: ann };
    world.run(&operator(), &suspend).expect("suspended");
    let reinstate = Command::ReinstateUser { id: ann };
    assert_eq!(undo::inverse(&world.events), Some(reinstate));
    world
        .run(&operator(), &Command::RemoveUser { id: ann })
        .expect("removed");
    assert_eq!(undo::inverse(&world.events), None);
    assert_eq!(undo::inverse(&[]), None);
}

#[test]
fn what_is_not_here_is_not_found() {
    let mut world = World::new();
    let (user, role) = (UserId(uuid::Uuid::nil()), RoleId(uuid::Uuid::nil()));
    for command in [
        Command::SuspendUser { id: user },
        Command::ReleaseUser { id: user },
        Command::ReleaseRole { id: role },
    ] {
        let refused = world.run(&operator(), &command);
        assert!(matches!(refused, Err(Refusal::NotFound { .. })));
        let pushed = world.run(&okta(), &command);
        assert!(matches!(pushed, Err(Refusal::NotPermitted { .. })));
    }
}

#[test]
fn a_service_account_may_begin_suspended() {
    let mut world = World::new();
    let mut add = |name: &str, active| {
        let attributes = UserAttributes {
            user_name: name.to_owned(),
            active,
            ..UserAttributes::default()
        };
        let command = Command::AddUser {
            kind: UserKind::ServiceAccount,
            attributes,
            level: PermissionLevel::User,
        };
        user_of(world.run(&operator(), &command)).0.is_active()
    };
    assert!(add("robot", None));
    assert!(add("backup", Some(true)));
    assert!(!add("old", Some(false)));
}

#[test]
fn a_user_has_so_many_addresses() {
    let mut world = World::new();
    let ann = world.local_user("ann@x.io");
    let many = |count: usize| Profile {
        emails: Some((0..count).map(|n| format!("ann{n}@x.io")).collect()),
        ..Profile::default()
    };
    edit(&mut world, ann, many(20)).expect("so many");
    for count in [21, 22] {
        let refused = edit(&mut world, ann, many(count)).expect_err("too many");
        assert!(
            refused.to_string().contains("at most 20 e-mail addresses"),
            "{refused}"
        );
    }
}
