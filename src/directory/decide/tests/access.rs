//! Resources, grants and temporary access: what is given, taken, due, and what it explains.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan};

use super::world::*;
use crate::directory::{
    Change, Command, Outcome, Provider, Refusal, Resource, ResourceId, RoleId, TemporaryAccess,
    UserId,
    access::{self, Explanation, RefusedBecause, Via, next_due},
    undo,
};

fn resource(world: &mut World, name: &str) -> ResourceId {
    let command = Command::AddResource {
        name: name.to_owned(),
        kind: "postgres".to_owned(),
        tags: BTreeMap::new(),
    };
    match world.run(&operator(), &command) {
        Ok(Outcome::Resource(resource)) => resource.id,
        other => panic!("no resource: {other:?}"),
    }
}

fn grant(world: &mut World, role: RoleId, resource: ResourceId) {
    let command = Command::GrantAccess { role, resource };
    world.run(&operator(), &command).expect("granted");
}

fn give(
    world: &mut World,
    user: UserId,
    resource: ResourceId,
    (from, until): (i64, i64),
) -> Result<Outcome, Refusal> {
    let at = |seconds: i64| world.now().checked_add(seconds.seconds()).expect("a time");
    let command = Command::GiveAccess {
        user,
        resource,
        from: (from != 0).then(|| at(from)),
        until: at(until),
    };
    world.run(&operator(), &command)
}

fn check(world: &World, user: UserId, resource: ResourceId) -> Explanation {
    let user = world.user(user);
    access::check(&*world.view(), &user, resource, world.now()).expect("a read")
}

fn pass(world: &mut World) -> Vec<&'static str> {
    let passed = world.run(&crate::directory::Actor::System, &Command::PassTime);
    assert_eq!(passed, Ok(Outcome::TimePassed { more: false }));
    world.actions()
}

fn due(world: &World) -> Option<Timestamp> {
    next_due(&*world.view()).expect("a read")
}

#[test]
fn every_yes_and_no_is_explained() {
    let mut world = World::new();
    let ann = world.pushed_user(Provider::Okta, "ann@x.io");
    let eng = world.pushed_role(Provider::Okta, "Eng", &[ann]);
    let ops = world.local_role("Ops");
    let db = resource(&mut world, "db");
    assert_eq!(
        check(&world, ann, db).refused_because,
        Some(RefusedBecause::NotGranted)
    );
    grant(&mut world, eng, db);
    grant(&mut world, ops, db);
    assert_eq!(world.actions(), ["access-granted"]);
    let found = check(&world, ann, db);
    assert!(found.allowed && found.refused_because.is_none());
    assert_eq!(found.because.len(), 1);
    assert_eq!(found.because[0].role.as_deref(), Some("Eng"));
    world.attach(ops, ann).expect("attached");
    give(&mut world, ann, db, (0, 60)).expect("given");
    let found = check(&world, ann, db);
    let ways: Vec<_> = found.because.iter().map(|reason| reason.via).collect();
    assert_eq!(ways, [Via::Role, Via::Role, Via::Temporary]);
    assert!(found.because[2].until.is_some());

    let suspend = patch_user(
        ann,
        serde_json::json!([{ "op": "replace", "value": { "active": false } }]),
    );
    world.run(&okta(), &suspend).expect("suspended");
    let found = check(&world, ann, db);
    assert!(!found.allowed && found.because.is_empty());
    assert_eq!(found.refused_because, Some(RefusedBecause::Suspended));
}

#[test]
fn temporary_access_starts_and_ends_on_time() {
    let mut world = World::new();
    let ann = world.local_user("ann@x.io");
    let db = resource(&mut world, "db");
    assert_eq!(due(&world), None);
    give(&mut world, ann, db, (5, 8)).expect("given");
    assert_eq!(world.actions(), ["access-given"]);
    let starts = due(&world).expect("a start");
    assert!(matches!(
        check(&world, ann, db).refused_because,
        Some(RefusedBecause::NotYet { from }) if from == starts
    ));
    assert!(pass(&mut world).is_empty());
    while world.now() < starts {
        assert!(!check(&world, ann, db).allowed);
        pass(&mut world);
    }
    // Whether the journal has said so or not.
    assert!(check(&world, ann, db).allowed);
    assert_eq!(world.actions(), ["access-started"]);
    let ends = due(&world).expect("an end");
    while world.now() < ends {
        assert!(check(&world, ann, db).allowed);
        pass(&mut world);
    }
    assert_eq!(world.actions(), ["access-ended"]);
    assert!(!check(&world, ann, db).allowed);
    assert_eq!(due(&world), None);
}

#[test]
fn what_is_over_is_not_to_come() {
    let mut world = World::new();
    let ann = world.local_user("ann@x.io");
    let db = resource(&mut world, "db");
    give(&mut world, ann, db, (0, 5)).expect("given");
    let until = due(&world).expect("an end");
    while world.now() < until {
        assert!(check(&world, ann, db).allowed);
        world.let_pass(1);
    }
    // At its very end it holds no longer, although the journal has not said so.
    assert_eq!(world.now(), until);
    let over = check(&world, ann, db);
    assert_eq!(
        (over.allowed, over.refused_because),
        (false, Some(RefusedBecause::NotGranted))
    );
}

#[test]
fn what_begins_later_replaces_what_holds_now() {
    let mut world = World::new();
    let ann = world.local_user("ann@x.io");
    let db = resource(&mut world, "db");
    give(&mut world, ann, db, (0, 60)).expect("given");
    let later = world.now().checked_add(31.seconds()).expect("a time");
    match give(&mut world, ann, db, (31, 90)) {
        Ok(Outcome::TemporaryAccess(access)) => {
            assert_eq!((access.from, access.started), (later, false));
        }
        other => panic!("not given: {other:?}"),
    }
    assert!(!check(&world, ann, db).allowed);
}

#[test]
fn the_journal_has_the_whole_of_a_resource() {
    let mut world = World::new();
    let tags = BTreeMap::from([("env".to_owned(), "prod".to_owned())]);
    let add = |name: &str, tags: &BTreeMap<String, String>| Command::AddResource {
        name: name.to_owned(),
        kind: "postgres".to_owned(),
        tags: tags.clone(),
    };
    world.run(&operator(), &add("db", &tags)).expect("added");
    let whole = serde_json::json!({"name": "db", "kind": "postgres", "tags": {"env": "prod"}});
    assert_eq!(world.events[0].after, whole);

    let many = |count: usize| {
        (0..count)
            .map(|n| (format!("tag{n}"), "x".to_owned()))
            .collect()
    };
    world
        .run(&operator(), &add("web", &many(50)))
        .expect("so many");
    let refused = world.run(&operator(), &add("ssh", &many(51)));
    let refused = refused.expect_err("too many").to_string();
    assert!(refused.contains("at most 50 tags, but 51"), "{refused}");
    world
        .run(&operator(), &add(&"n".repeat(256), &tags))
        .expect("as long as a name may be");
    let refused = world.run(&operator(), &add(&"n".repeat(257), &tags));
    let refused = refused.expect_err("too long").to_string();
    assert!(
        refused.contains("has 257 characters; give one of at most 256"),
        "{refused}"
    );
}

/// So many resources, each given to the user in 10,000 seconds for 5,000, all at once.
fn give_many(world: &mut World, user: UserId, count: u128) {
    let starts = world.now().checked_add(10_000.seconds()).expect("a time");
    let until = world.now().checked_add(15_000.seconds()).expect("a time");
    let changes = (0..count).flat_map(|number| {
        let resource = Resource {
            id: ResourceId(uuid::Uuid::from_u128(1_000 + number)),
            name: format!("db{number}"),
            kind: "postgres".to_owned(),
            tags: BTreeMap::new(),
            created: world.now(),
        };
        let after = TemporaryAccess {
            user,
            resource: resource.id,
            from: starts,
            until,
            started: false,
        };
        let before = None;
        let given = Change::PutTemporaryAccess { before, after };
        [Change::PutResource(Box::new(resource)), given]
    });
    world.put(changes.collect());
}

#[test]
fn more_than_a_page_is_reached() {
    let mut world = World::new();
    let id = world.local_user("ann@x.io");
    give_many(&mut world, id, 1_100);
    world.let_pass(12_000);
    let ann = world.user(id);
    for (limit, found) in [
        (10, 10),
        (512, 512),
        (600, 600),
        (1_024, 1_024),
        (2_000, 1_100),
    ] {
        let reached = access::reached_by(&*world.view(), &ann, world.now(), None, limit);
        assert_eq!(reached.expect("a read").len(), found, "{limit}");
    }
}

#[test]
fn so_much_time_passes_at_once() {
    let mut world = World::new();
    let ann = world.local_user("ann@x.io");
    give_many(&mut world, ann, 257);
    world.let_pass(20_000);
    let mut passed = || {
        let outcome = world.run(&crate::directory::Actor::System, &Command::PassTime);
        (outcome, world.actions().len())
    };
    assert_eq!(passed(), (Ok(Outcome::TimePassed { more: true }), 256));
    assert_eq!(passed(), (Ok(Outcome::TimePassed { more: false }), 1));
    assert_eq!(passed(), (Ok(Outcome::TimePassed { more: false }), 0));
}

#[test]
fn a_right_that_is_revoked_is_gone() {
    let mut world = World::new();
    let ann = world.pushed_user(Provider::Okta, "ann@x.io");
    let role = world.pushed_role(Provider::Okta, "Eng", &[ann]);
    let db = resource(&mut world, "db");
    grant(&mut world, role, db);
    let revoke = Command::RevokeAccess { role, resource: db };
    world.run(&operator(), &revoke).expect("revoked");
    assert_eq!(world.actions(), ["access-revoked"]);
    assert!(!check(&world, ann, db).allowed);
    let again = world.run(&operator(), &revoke);
    assert!(matches!(again, Err(Refusal::NoAccess { .. })));
}

#[test]
fn what_is_given_is_changed_and_taken_back() {
    let mut world = World::new();
    let ann = world.local_user("ann@x.io");
    let db = resource(&mut world, "db");
    let refused = give(&mut world, ann, db, (0, -1)).expect_err("over");
    assert!(refused.to_string().contains("over already"));
    let refused = give(&mut world, ann, db, (9, 5)).expect_err("ends first");
    assert!(refused.to_string().contains("before it starts"));
    give(&mut world, ann, db, (0, 60)).expect("given");
    let first = undo::inverse(&world.events);
    let take = Command::TakeAccess {
        user: ann,
        resource: db,
    };
    assert_eq!(first, Some(take.clone()));
    let from = check(&world, ann, db);
    give(&mut world, ann, db, (0, 600)).expect("extended");
    assert!(world.events[0].before["from"] == world.events[0].after["from"]);
    let inverse = undo::inverse(&world.events).expect("an inverse");
    world.run(&operator(), &inverse).expect("taken back");
    assert_eq!(check(&world, ann, db), from);
    world.run(&operator(), &take).expect("taken");
    assert_eq!(world.actions(), ["access-taken"]);
    assert!(!check(&world, ann, db).allowed);
    let again = world.run(&operator(), &take);
    assert!(matches!(again, Err(Refusal::NoAccess { .. })));
}

#[test]
fn nothing_dangles() {
    let mut world = World::new();
    let ann = world.local_user("ann@x.io");
    let eng = world.local_role("Eng");
    let (db, web) = (resource(&mut world, "db"), resource(&mut world, "web"));
    let taken = Command::AddResource {
        name: "DB".to_owned(),
        kind: "ssh".to_owned(),
        tags: BTreeMap::new(),
    };
    let taken = world.run(&operator(), &taken);
    assert!(matches!(taken, Err(Refusal::NameTaken { .. })));
    for resource in [db, web] {
        grant(&mut world, eng, resource);
        give(&mut world, ann, resource, (0, 60)).expect("given");
    }
    let delete = Command::DeleteResource { id: db };
    world.run(&operator(), &delete).expect("deleted");
    assert_eq!(
        world.actions(),
        ["access-revoked", "access-taken", "resource-deleted"]
    );
    let remove = Command::RemoveRole { id: eng };
    world.run(&operator(), &remove).expect("removed");
    assert_eq!(world.actions(), ["access-revoked", "role-deleted"]);
    let remove = Command::RemoveUser { id: ann };
    world.run(&operator(), &remove).expect("removed");
    assert_eq!(world.actions(), ["access-taken", "user-deleted"]);
    let totals = world.view().totals().expect("totals");
    assert_eq!((totals.resources, totals.grants), (1, 0));
    assert_eq!(totals.temporary_access, 0);
}

#[test]
fn a_page_of_who_reaches_a_resource_passes_over_the_suspended() {
    let mut world = World::new();
    let db = resource(&mut world, "db");
    let names = ["a@x.io", "b@x.io", "c@x.io", "d@x.io"];
    let users = names.map(|name| world.pushed_user(Provider::Okta, name));
    for user in users {
        give(&mut world, user, db, (0, 60)).expect("given");
    }
    let suspend = serde_json::json!([{ "op": "replace", "value": { "active": false } }]);
    let suspend = patch_user(users[1], suspend);
    world.run(&okta(), &suspend).expect("suspended");
    let page = |after, limit| -> Vec<UserId> {
        let found = access::reaching(&*world.view(), db, world.now(), after, limit);
        let found = found.expect("a read").into_iter();
        found.map(|reaching| reaching.user.id).collect()
    };
    assert_eq!(page(None, 2), [users[0], users[2]]);
    assert_eq!(page(Some(users[2]), 2), [users[3]]);
}
