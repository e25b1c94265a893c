//! What a conflict stands on while it stands: the last try, and what is in the way now.

use serde_json::json;

use super::world::*;
use crate::directory::{Command, ConflictState, Provider};

#[test]
fn a_repeated_push_is_kept_as_it_was_sent_last() {
    let mut world = World::new();
    let ann = world.pushed_user(Provider::Entra, "ann@x.io");
    let push = |title: &str| {
        patch_user(
            ann,
            json!([{ "op": "replace", "path": "title", "value": title }]),
        )
    };
    let id = left_by(world.run(&okta(), &push("first")));
    assert_eq!(world.conflict(id).existing.name, "ann@x.io");
    let renamed = replace_user(ann, json!({ "userName": "anna@x.io" }));
    world.run(&entra(), &renamed).expect("renamed");
    assert_eq!(left_by(world.run(&okta(), &push("second"))), id);
    let conflict = world.conflict(id);
    assert_eq!(conflict.tries, 2);
    assert_eq!(conflict.existing.name, "anna@x.io");
    assert_eq!(conflict.payload["Operations"][0]["value"], "second");
}

#[test]
fn a_name_stays_taken_whoever_manages_it() {
    let mut world = World::new();
    let ann = world.pushed_user(Provider::Entra, "ann@x.io");
    let id = left_by(world.run(&okta(), &create_user(json!({ "userName": "ann@x.io" }))));
    let release = Command::ReleaseUser { id: ann };
    world.run(&operator(), &release).expect("released");
    assert_eq!(world.conflict(id).state, ConflictState::Open);
}

#[test]
fn an_alias_stays_taken_whatever_its_holder_is_called() {
    let mut world = World::new();
    let held = create_user(with_aliases("ann@x.io", &["rdp,ann"]));
    let (ann, _) = user_of(world.run(&okta(), &held));
    let push = create_user(with_aliases("bob@x.io", &["rdp,ann"]));
    let id = left_by(world.run(&entra(), &push));
    let renamed = replace_user(ann.id, with_aliases("anna@x.io", &["rdp,ann"]));
    world.run(&okta(), &renamed).expect("renamed");
    assert_eq!(world.conflict(id).state, ConflictState::Open);
    let other = replace_user(ann.id, with_aliases("anna@x.io", &["rdp,anna"]));
    world.run(&okta(), &other).expect("another alias");
    assert_eq!(world.conflict(id).state, ConflictState::Gone);
}

#[test]
fn a_providers_own_role_is_linked_to_what_it_pushes_again() {
    let mut world = World::new();
    let ann = world.pushed_user(Provider::Okta, "ann@x.io");
    let bob = world.pushed_user(Provider::Okta, "bob@x.io");
    let eng = world.pushed_role(Provider::Okta, "Eng", &[ann]);
    let id = left_by(world.run(&okta(), &create_role(group("eng", &[bob]))));
    let link = Command::LinkConflict { id };
    world.run(&operator(), &link).expect("linked");
    assert_eq!(world.conflict(id).state, ConflictState::Linked);
    assert!(world.origin(eng, ann).is_some() && world.origin(eng, bob).is_some());
}
