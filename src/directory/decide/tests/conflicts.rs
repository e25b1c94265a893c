use serde_json::json;

use super::world::*;
use crate::directory::{
    Action, Command, Conflict, ConflictId, ConflictState, ManagedBy, Origin, Outcome, Provider,
    Refusal, RoleId, UserId,
    comparison::{Comparison, compare},
};

fn link(world: &mut World, id: ConflictId) -> Result<Outcome, Refusal> {
    world.run(&operator(), &Command::LinkConflict { id })
}

fn rename(world: &mut World, id: ConflictId, name: &str) -> Result<Outcome, Refusal> {
    let name = name.to_owned();
    world.run(&operator(), &Command::RenameConflict { id, name })
}

fn dismiss(world: &mut World, id: ConflictId) -> Result<Outcome, Refusal> {
    world.run(&operator(), &Command::DismissConflict { id })
}

fn why(outcome: Result<Outcome, Refusal>) -> String {
    match outcome {
        Err(Refusal::ConflictNotResolvable { why, .. }) => why,
        other => panic!("resolvable: {other:?}"),
    }
}

/// A local role `Eng` with one of Okta's users, a local one and one of nobody; Okta has pushed a
/// group of that name with the first and a third.
struct Scene {
    world: World,
    eng: RoleId,
    ann: UserId,
    bob: UserId,
    carl: UserId,
    push: Command,
    conflict: ConflictId,
}

fn scene() -> Scene {
    let mut world = World::new();
    let ann = world.pushed_user(Provider::Okta, "ann@x.io");
    let bob = world.local_user("bob@x.io");
    let carl = world.pushed_user(Provider::Okta, "carl@x.io");
    let eng = world.local_role("Eng");
    world.attach(eng, ann).expect("attached");
    world.attach(eng, bob).expect("attached");
    let members = json!([{ "value": ann }, { "value": carl }, { "value": "nobody" }]);
    let push = create_role(json!({ "displayName": "eng", "externalId": "g1", "members": members }));
    let conflict = left_by(world.run(&okta(), &push));
    Scene {
        world,
        eng,
        ann,
        bob,
        carl,
        push,
        conflict,
    }
}

#[test]
fn the_same_push_repeats_its_conflict() {
    let mut scene = scene();
    let first = scene.world.conflict(scene.conflict);
    assert_eq!(
        left_by(scene.world.run(&okta(), &scene.push)),
        scene.conflict
    );
    assert_eq!(scene.world.actions(), ["conflict-repeated"]);
    let again = scene.world.conflict(scene.conflict);
    assert_eq!((first.tries, again.tries), (1, 2));
    assert_eq!(again.first_seen, first.first_seen);
    assert!(again.last_seen > first.last_seen);
    let elsewhere = scene.world.run(&entra(), &scene.push);
    assert_ne!(left_by(elsewhere), scene.conflict);
}

#[test]
fn linking_a_role_applies_the_members_and_the_retry_finds_it() {
    let mut scene = scene();
    let world = &mut scene.world;
    let linked = conflict_of(link(world, scene.conflict));
    assert_eq!(
        (linked.state, linked.settled),
        (ConflictState::Linked, false)
    );
    assert_eq!(
        world.actions(),
        [
            "conflict-linked",
            "role-taken-over",
            "role-updated",
            "members-moved",
            "members-added",
            "members-skipped"
        ]
    );
    assert_eq!(world.role(scene.eng).managed_by, OKTA);
    assert_eq!(world.origin(scene.eng, scene.ann), Some(Origin::Provider));
    assert_eq!(world.origin(scene.eng, scene.bob), Some(Origin::Local));
    assert_eq!(world.origin(scene.eng, scene.carl), Some(Origin::Provider));

    let (role, created) = role_of(world.run(&okta(), &scene.push));
    assert!(created && role.id == scene.eng);
    assert_eq!(role.display_name, "eng");
    assert_eq!(
        world.actions(),
        ["role-renamed", "members-skipped", "conflict-settled"]
    );
    assert_eq!(world.origin(scene.eng, scene.bob), Some(Origin::Local));

    let once_more = world.run(&okta(), &scene.push);
    assert_ne!(left_by(once_more), scene.conflict);
}

#[test]
fn linking_a_user_lets_the_retry_apply_the_attributes() {
    let mut world = World::new();
    let ann = world.local_user("ann@x.io");
    let push = create_user(json!({ "userName": "ann@x.io", "title": "Dr", "externalId": "00u1" }));
    let id = left_by(world.run(&okta(), &push));
    conflict_of(link(&mut world, id));
    assert_eq!(
        world.actions(),
        ["conflict-linked", "user-taken-over", "user-updated"]
    );
    let user = world.user(ann);
    assert_eq!(user.managed_by, OKTA);
    assert_eq!(user.external_ids[&Provider::Okta], "00u1");
    assert_eq!(user.attributes.get("title"), None);
    let (user, created) = user_of(world.run(&okta(), &push));
    assert!(created && user.id == ann);
    assert_eq!(user.attributes["title"], "Dr");
    assert_eq!(world.actions(), ["user-updated", "conflict-settled"]);
    assert_ne!(left_by(world.run(&okta(), &push)), id);
}

#[test]
fn linking_moves_management_between_providers() {
    let mut world = World::new();
    let ann = world.pushed_user(Provider::Entra, "ann@x.io");
    let eng = world.pushed_role(Provider::Entra, "Eng", &[ann]);
    let active = json!([{ "op": "replace", "value": { "active": false } }]);
    let user_conflict = left_by(world.run(&okta(), &patch_user(ann, active.clone())));
    let role_conflict = left_by(world.run(&okta(), &replace_role(eng, group("Eng", &[]))));
    for id in [user_conflict, role_conflict] {
        let linked = conflict_of(link(&mut world, id));
        assert_eq!(
            (linked.state, linked.settled),
            (ConflictState::Linked, true)
        );
    }
    assert!(world.user(ann).is_active());
    assert_eq!(
        (world.user(ann).managed_by, world.role(eng).managed_by),
        (OKTA, OKTA)
    );
    assert_eq!(world.origin(eng, ann), Some(Origin::Provider));
    user_of(world.run(&okta(), &patch_user(ann, active)));
    assert!(!world.user(ann).is_active());
    let back = world.run(&entra(), &delete_role(eng));
    assert!(matches!(
        back,
        Err(Refusal::ManagedByAnother { owner: OKTA, .. })
    ));
}

#[test]
fn renaming_makes_room_for_the_retry() {
    let mut scene = scene();
    let world = &mut scene.world;
    let renamed = conflict_of(rename(world, scene.conflict, "Engineers (local)"));
    assert_eq!(renamed.state, ConflictState::Renamed);
    assert_eq!(world.actions(), ["conflict-renamed", "role-renamed"]);
    let (role, created) = role_of(world.run(&okta(), &scene.push));
    assert!(created && role.id != scene.eng);
    assert_eq!(
        world.actions(),
        ["role-created", "members-added", "members-skipped"]
    );
}

#[test]
fn a_service_account_is_renamed_but_not_linked() {
    let mut world = World::new();
    let robot = world.service_account("robot");
    let push = create_user(json!({ "userName": "robot" }));
    let id = left_by(world.run(&okta(), &push));
    assert!(why(link(&mut world, id)).contains("service account"));
    conflict_of(rename(&mut world, id, "robot-2"));
    assert_eq!(world.user(robot).user_name, "robot-2");
    user_of(world.run(&okta(), &push));
}

#[test]
fn names_to_rename_to_are_checked() {
    let mut scene = scene();
    let world = &mut scene.world;
    world.local_role("Ops");
    for name in ["", "a\u{7}b"] {
        let refused = rename(world, scene.conflict, name);
        assert!(matches!(refused, Err(Refusal::BadValue { .. })));
    }
    for name in ["OPS", "Eng"] {
        let refused = rename(world, scene.conflict, name);
        assert!(matches!(refused, Err(Refusal::NameTaken { .. })));
    }
    world.pushed_role(Provider::Entra, "Theirs", &[]);
    let id = left_by(world.run(&okta(), &create_role(group("Theirs", &[]))));
    let refused = rename(world, id, "Free");
    assert!(matches!(
        refused,
        Err(Refusal::ManagedElsewhere {
            owner: Provider::Entra,
            ..
        })
    ));
}

#[test]
fn an_alias_conflict_is_renamed_at_the_holder() {
    let mut world = World::new();
    let holder = with_aliases("ann@x.io", &["rdp,a", "ssh,ann"]);
    let attributes = crate::scim::resource::UserAttributes::from_document(&document(holder));
    let command = Command::AddUser {
        kind: crate::directory::UserKind::Person,
        attributes: attributes.expect("a user"),
        level: crate::directory::PermissionLevel::User,
    };
    let ann = user_of(world.run(&operator(), &command)).0.id;
    let push = create_user(with_aliases("bob@x.io", &["ssh,ann"]));
    let id = left_by(world.run(&okta(), &push));
    assert!(why(link(&mut world, id)).contains("rename"));
    let same = rename(&mut world, id, "ann");
    assert!(matches!(
        same,
        Err(Refusal::AliasTaken { conflict: None, .. })
    ));
    conflict_of(rename(&mut world, id, "anna"));
    let aliases: Vec<String> = world
        .user(ann)
        .aliases
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(aliases, ["rdp,a", "ssh,anna"]);
    user_of(world.run(&okta(), &push));
}

#[test]
fn a_name_for_another_row_is_made_free_but_not_linked() {
    let mut world = World::new();
    let sales = world.local_role("Sales");
    let ann = world.local_user("ann@x.io");
    let team = world.pushed_role(Provider::Okta, "Team", &[]);
    let bob = world.pushed_user(Provider::Okta, "bob@x.io");
    let rename_team = json!([{ "op": "replace", "value": { "displayName": "sales" } }]);
    let pushes = [
        patch_role(team, rename_team),
        replace_user(bob, json!({ "userName": "Ann@x.io" })),
    ];
    for (push, free) in pushes.iter().zip(["Sales (local)", "ann.local@x.io"]) {
        let refused = world.run(&okta(), push);
        let sentence = refused.as_ref().expect_err("refused").to_string();
        assert!(sentence.contains("another name in Okta"), "{sentence}");
        assert!(!sentence.contains("Link Group"), "{sentence}");
        assert!(!sentence.contains("import"), "{sentence}");
        let id = left_by(refused);
        assert!(why(link(&mut world, id)).contains("rename the existing one"));
        assert_eq!(world.conflict(id).state, ConflictState::Open);
        conflict_of(rename(&mut world, id, free));
        world.run(&okta(), push).expect("free now");
    }
    assert_eq!(world.role(team).display_name, "sales");
    assert_eq!(world.user(bob).user_name, "Ann@x.io");
    assert_eq!(world.role(sales).managed_by, ManagedBy::Local);
    assert_eq!(world.user(ann).managed_by, ManagedBy::Local);
}

#[test]
fn pushes_for_different_rows_are_different_conflicts() {
    let mut world = World::new();
    world.local_role("Sales");
    world.local_user("ann@x.io");
    let aliased = create_user(with_aliases("dan@x.io", &["ssh,dan"]));
    user_of(world.run(&okta(), &aliased));
    let roles = ["A", "B"].map(|name| world.pushed_role(Provider::Okta, name, &[]));
    let users = ["a@x.io", "b@x.io"].map(|name| world.pushed_user(Provider::Okta, name));
    let pushes = [
        create_role(group("Sales", &[])),
        replace_role(roles[0], group("Sales", &[])),
        replace_role(roles[1], group("Sales", &[])),
        create_user(json!({ "userName": "ann@x.io" })),
        replace_user(users[0], json!({ "userName": "ann@x.io" })),
        replace_user(users[1], json!({ "userName": "ann@x.io" })),
        replace_user(users[0], with_aliases("a@x.io", &["ssh,dan"])),
        replace_user(users[1], with_aliases("b@x.io", &["ssh,dan"])),
        create_user(with_aliases("c@x.io", &["ssh,dan"])),
        create_user(with_aliases("d@x.io", &["ssh,dan"])),
    ];
    let opened = pushes
        .each_ref()
        .map(|push| left_by(world.run(&okta(), push)));
    let again = pushes
        .each_ref()
        .map(|push| left_by(world.run(&okta(), push)));
    assert_eq!(opened, again);
    assert_eq!(world.conflicts().len(), pushes.len());
    assert!(world.conflicts().iter().all(|conflict| conflict.tries == 2));
    for id in opened {
        assert!(compared(&world, &world.conflict(id)).attributes.len() < 4);
    }
}

#[test]
fn a_dismissed_conflict_stays_so_until_it_is_linked() {
    let mut scene = scene();
    let world = &mut scene.world;
    conflict_of(dismiss(world, scene.conflict));
    assert!(why(dismiss(world, scene.conflict)).contains("dismissed"));
    assert_eq!(left_by(world.run(&okta(), &scene.push)), scene.conflict);
    let conflict = world.conflict(scene.conflict);
    assert_eq!(
        (conflict.state, conflict.tries),
        (ConflictState::Dismissed, 2)
    );
    conflict_of(link(world, scene.conflict));
    assert!(why(dismiss(world, scene.conflict)).contains("linked"));
}

#[test]
fn ownership_is_linked_or_dismissed() {
    let mut world = World::new();
    let eng = world.pushed_role(Provider::Entra, "Eng", &[]);
    let id = left_by(world.run(&okta(), &delete_role(eng)));
    assert!(why(rename(&mut world, id, "Other")).contains("link"));
    conflict_of(dismiss(&mut world, id));
}

#[test]
fn conflicts_end_with_what_they_stood_on() {
    type Act = fn(&mut Scene);
    let acts: [(&str, Act); 4] = [
        ("the provider links by itself", |scene| {
            let push = replace_role(scene.eng, group("Eng", &[]));
            role_of(scene.world.run(&okta(), &push));
        }),
        ("the role gets another name", |scene| {
            let push = replace_role(scene.eng, group("Other", &[]));
            role_of(scene.world.run(&entra(), &push));
        }),
        ("the role goes", |scene| {
            role_of(
                scene
                    .world
                    .run(&entra(), &replace_role(scene.eng, group("Eng", &[]))),
            );
            scene
                .world
                .run(&entra(), &delete_role(scene.eng))
                .expect("deleted");
        }),
        ("another conflict about it is linked", |scene| {
            let id = left_by(scene.world.run(&okta(), &delete_role(scene.eng)));
            conflict_of(link(&mut scene.world, id));
        }),
    ];
    for (what, act) in acts {
        let mut scene = scene();
        act(&mut scene);
        let state = scene.world.conflict(scene.conflict).state;
        assert_eq!(state, ConflictState::Gone, "{what}");
        assert!(scene.world.actions().contains(&"conflict-gone"), "{what}");
        assert!(
            why(link(&mut scene.world, scene.conflict)).contains("gone"),
            "{what}"
        );
    }
}

#[test]
fn a_link_whose_role_is_gone_ends_when_the_name_is_free() {
    let mut scene = scene();
    let world = &mut scene.world;
    conflict_of(link(world, scene.conflict));
    world
        .run(&okta(), &delete_role(scene.eng))
        .expect("deleted");
    let (role, created) = role_of(world.run(&okta(), &scene.push));
    assert!(created && role.id != scene.eng);
    assert!(world.actions().contains(&"conflict-gone"));
    assert_eq!(world.conflict(scene.conflict).state, ConflictState::Gone);
}

#[test]
fn conflicts_that_do_not_exist_are_not_found() {
    let mut world = World::new();
    let id = ConflictId(uuid::Uuid::nil());
    let commands = [
        Command::LinkConflict { id },
        Command::DismissConflict { id },
        Command::RenameConflict {
            id,
            name: "x".to_owned(),
        },
    ];
    for command in commands {
        let refused = world.run(&operator(), &command);
        assert!(matches!(refused, Err(Refusal::NotFound { .. })));
    }
}

fn compared(world: &World, conflict: &Conflict) -> Comparison {
    compare(&*world.view(), conflict).expect("a comparison")
}

#[test]
fn both_sides_are_shown_next_to_each_other() {
    let scene = scene();
    let comparison = compared(&scene.world, &scene.world.conflict(scene.conflict));
    let ids = |members: &[crate::directory::comparison::MemberName]| {
        members.iter().map(|member| member.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(&comparison.only_incoming), [scene.carl]);
    assert_eq!(ids(&comparison.only_existing), [scene.bob]);
    assert_eq!(ids(&comparison.both), [scene.ann]);
    assert_eq!(comparison.both[0].user_name, "ann@x.io");
    assert_eq!(comparison.unknown_incoming, ["nobody"]);
    let names: Vec<&str> = comparison
        .attributes
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["displayName", "externalId"]);
}

#[test]
fn a_refused_patch_is_compared_as_if_it_were_applied() {
    let mut world = World::new();
    let ann = world.pushed_user(Provider::Entra, "ann@x.io");
    let operations =
        json!([{ "op": "replace", "value": { "active": false, "name.givenName": "Ann" } }]);
    let id = left_by(world.run(&okta(), &patch_user(ann, operations)));
    let comparison = compared(&world, &world.conflict(id));
    let rows: Vec<_> = comparison
        .attributes
        .iter()
        .map(|row| {
            (
                row.name.as_str(),
                row.incoming.clone(),
                row.existing.clone(),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("active", json!(false), json!(null)),
            ("name.givenName", json!("Ann"), json!(null)),
        ]
    );
}

#[test]
fn a_refused_patch_of_a_role_is_compared_so_too() {
    let mut world = World::new();
    let eng = world.pushed_role(Provider::Entra, "Eng", &[]);
    let rename = json!([{ "op": "replace", "path": "displayName", "value": "Engineering" }]);
    let id = left_by(world.run(&okta(), &patch_role(eng, rename)));
    let mut conflict = world.conflict(id);
    // A role has no title.
    let stray = json!({ "op": "replace", "path": "title", "value": "x" });
    let operations = conflict.payload["Operations"].as_array_mut();
    operations.expect("operations").push(stray);
    let rows = compared(&world, &conflict).attributes;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0].name, "displayName");
    assert_eq!(
        (&rows[0].incoming, &rows[0].existing),
        (&json!("Engineering"), &json!("Eng"))
    );
}

#[test]
fn the_journal_keeps_no_payload() {
    let mut scene = scene();
    let refused = scene.world.run(&okta(), &scene.push);
    left_by(refused);
    let event = scene.world.event(Action::ConflictRepeated);
    assert_eq!(event.before["tries"], 1);
    assert_eq!(event.after["tries"], 2);
    assert_eq!(event.after["existing"]["name"], "Eng");
    assert_eq!(event.after.get("payload"), None);
    assert_eq!(scene.world.conflicts().len(), 1);
    assert_eq!(scene.world.role(scene.eng).managed_by, ManagedBy::Local);
}
