//! The last admin, and too many at once.

use jiff::SignedDuration;
use serde_json::json;

use super::world::*;
use crate::directory::{
    Actor, Command, Hold, HoldId, HoldState, Outcome, PermissionLevel, Provider, Refusal, UserId,
    access::next_due,
};

fn activity(user: UserId, active: bool) -> Command {
    patch_user(
        user,
        json!([{ "op": "replace", "value": { "active": active } }]),
    )
}

fn suspend(world: &mut World, user: UserId) -> Result<Outcome, Refusal> {
    world.run(&okta(), &activity(user, false))
}

fn level(world: &mut World, id: UserId, level: PermissionLevel) {
    let command = Command::SetPermissionLevel { id, level };
    world.run(&operator(), &command).expect("set");
}

#[test]
fn the_last_admin_stays() {
    let mut world = World::new();
    let ann = world.pushed_user(Provider::Okta, "ann@x.io");
    let bob = world.local_user("bob@x.io");
    let robot = world.service_account("robot");
    // Nobody can log in as a service account.
    level(&mut world, robot, PermissionLevel::Admin);
    level(&mut world, ann, PermissionLevel::Admin);
    let put = replace_user(ann, json!({ "userName": "ann@x.io", "active": false }));
    for command in [activity(ann, false), put, delete_user(ann)] {
        let refusal = world.run(&okta(), &command).expect_err("refused");
        assert!(matches!(refusal, Refusal::LastAdmin { .. }));
        assert_eq!(refusal.to_scim().status, 409);
        assert!(refusal.to_string().contains("Assign to People"));
    }
    // The rest of a push goes through, and a second admin frees the first.
    let renamed = replace_user(ann, json!({ "userName": "anna@x.io" }));
    world.run(&okta(), &renamed).expect("renamed");
    level(&mut world, bob, PermissionLevel::Admin);
    suspend(&mut world, ann).expect("another is left");
    // A takeover that suspends counts as well; what operators do is theirs to know.
    let taken = replace_user(bob, json!({ "userName": "bob@x.io", "active": "False" }));
    let refused = world.run(&okta(), &taken);
    assert!(matches!(refused, Err(Refusal::LastAdmin { .. })));
    let by_hand = Command::SuspendUser { id: bob };
    world.run(&operator(), &by_hand).expect("suspended");

    world.policy.last_admin = false;
    world
        .run(&operator(), &Command::ReinstateUser { id: bob })
        .expect("reinstated");
    world.run(&okta(), &taken).expect("switched off");
}

/// Okta's users, of whom three may leave within 100 seconds.
fn crowd(world: &mut World, size: usize) -> Vec<UserId> {
    world.policy.mass_suspension.minimum = 4;
    world.policy.mass_suspension.window = SignedDuration::from_secs(100);
    (0..size)
        .map(|number| world.pushed_user(Provider::Okta, &format!("u{number}@x.io")))
        .collect()
}

fn hold(world: &World) -> Hold {
    let hold = world.view().live_hold(Provider::Okta).expect("a read");
    hold.expect("a hold")
}

fn wait(world: &mut World, seconds: i32) -> Vec<&'static str> {
    let mut actions = Vec::new();
    for _ in 0..seconds {
        world
            .run(&Actor::System, &Command::PassTime)
            .expect("it passes");
        actions.extend(world.actions());
    }
    actions
}

#[test]
fn what_was_made_a_moment_ago_may_be_deleted_again() {
    let mut world = World::new();
    for user in crowd(&mut world, 10) {
        world.run(&okta(), &delete_user(user)).expect("new");
    }
    for user in &crowd(&mut world, 10)[..3] {
        suspend(&mut world, *user).expect("not counted before");
    }
}

#[test]
fn what_was_made_a_window_ago_counts() {
    let mut world = World::new();
    let users = crowd(&mut world, 10);
    for &user in &users[1..4] {
        suspend(&mut world, user).expect("few");
    }
    // One hundred seconds after it was made, to the second.
    let made = world.user(users[0]).created;
    let end = made
        .checked_add(SignedDuration::from_secs(99))
        .expect("a time");
    let seconds = end.duration_since(world.now()).as_secs();
    world.let_pass(seconds);
    world
        .run(&okta(), &delete_user(users[0]))
        .expect("not counted yet");
    assert_eq!(world.actions(), ["user-deleted"]);
}

#[test]
fn a_hold_names_whom_it_is_about() {
    let mut world = World::new();
    let users = crowd(&mut world, 60);
    world.policy.mass_suspension.percent = 1;
    wait(&mut world, 100);
    for &user in &users[..3] {
        suspend(&mut world, user).expect("few");
    }
    for &user in &users[3..] {
        suspend(&mut world, user).expect_err("held");
    }
    suspend(&mut world, users[3]).expect_err("held");
    let held = hold(&world);
    assert_eq!(held.attempts, 58);
    let named: Vec<_> = held.attempted.iter().map(|user| user.id.clone()).collect();
    let first: Vec<_> = users[3..53].iter().map(ToString::to_string).collect();
    assert_eq!(named, first);
    let said = &world.events[0].after;
    assert_eq!(said["attempts"], 58);
    assert_eq!(said["provider"], "okta");
    assert_eq!(said["state"], "held");

    let last = world.now();
    assert_eq!(
        held.until,
        last.checked_add(SignedDuration::from_secs(100))
            .expect("a time")
    );
    world.let_pass(50);
    world
        .run(&operator(), &Command::RefuseHold { id: held.id })
        .expect("refused");
    let refused = hold(&world);
    assert_eq!(refused.decided, Some(world.now()));
    let until = world.now().checked_add(SignedDuration::from_secs(100));
    assert_eq!(refused.until, until.expect("a time"));
}

#[test]
fn too_many_at_once_are_held_until_approved() {
    let mut world = World::new();
    let users = crowd(&mut world, 10);
    wait(&mut world, 100);
    for &user in &users[..3] {
        suspend(&mut world, user).expect("few");
    }
    let refusal = suspend(&mut world, users[3]).expect_err("held");
    assert_eq!(world.actions(), ["hold-opened"]);
    let scim = refusal.to_scim();
    assert_eq!((scim.status, refusal.retry_after()), (429, Some(100)));
    assert!(scim.detail.contains("3 of 10 users"), "{}", scim.detail);
    assert!(world.user(users[3]).is_active());
    let refused = world.run(&okta(), &delete_user(users[4]));
    assert!(matches!(refused, Err(Refusal::Held { .. })));
    suspend(&mut world, users[3]).expect_err("held");
    let held = hold(&world);
    assert_eq!((held.attempts, held.attempted.len()), (3, 2));
    assert_eq!((held.departed, held.active, held.allowed), (3, 10, 3));

    // Whatever takes nobody away goes through meanwhile, and so do others.
    world
        .run(&okta(), &activity(users[0], true))
        .expect("reinstated");
    let other = world.pushed_user(Provider::Entra, "other@x.io");
    world
        .run(&entra(), &activity(other, false))
        .expect("another's");

    let approve = Command::ApproveHold { id: held.id };
    world.run(&operator(), &approve).expect("approved");
    assert_eq!(world.actions(), ["hold-approved"]);
    for &user in &users[3..] {
        suspend(&mut world, user).expect("approved");
        assert_eq!(world.actions(), ["user-suspended"]);
    }
    let again = world.run(&operator(), &approve).expect_err("already");
    assert!(again.to_string().contains("approved already"));
    let due = next_due(&*world.view()).expect("a read");
    assert_eq!(due, Some(hold(&world).until));
    assert_eq!(wait(&mut world, 101), ["hold-ended"]);
    let late = world.run(&operator(), &Command::RefuseHold { id: held.id });
    assert!(matches!(late, Err(Refusal::HoldNotResolvable { .. })));
}

#[test]
fn a_refused_hold_turns_away_until_it_is_quiet() {
    let mut world = World::new();
    let users = crowd(&mut world, 10);
    for &user in &users[..3] {
        suspend(&mut world, user).expect("few");
    }
    suspend(&mut world, users[3]).expect_err("held");
    let id = hold(&world).id;
    world
        .run(&operator(), &Command::RefuseHold { id })
        .expect("refused");
    for _ in 0..3 {
        wait(&mut world, 60);
        let refusal = suspend(&mut world, users[3]).expect_err("refused");
        assert_eq!(refusal.to_scim().status, 403);
        assert_eq!(hold(&world).state, HoldState::Refused);
    }
    // Those from before are past by now, so that it is counted anew.
    wait(&mut world, 100);
    suspend(&mut world, users[3]).expect("one is not many");
    assert_eq!(
        world.view().live_hold(Provider::Okta).expect("a read"),
        None
    );
    let missing = HoldId(uuid::Uuid::nil());
    let refused = world.run(&operator(), &Command::ApproveHold { id: missing });
    assert!(matches!(refused, Err(Refusal::NotFound { .. })));
}

/// A hold that is over has no say, also where nobody has noted its end.
#[test]
fn an_unnoted_end_is_an_end() {
    let mut world = World::new();
    let users = crowd(&mut world, 10);
    for &user in &users[..3] {
        suspend(&mut world, user).expect("few");
    }
    suspend(&mut world, users[3]).expect_err("held");
    world.let_pass(200);
    suspend(&mut world, users[3]).expect("counted anew");
    assert_eq!(world.actions(), ["hold-ended", "user-suspended"]);
}

#[test]
fn those_who_come_back_or_are_long_gone_do_not_count() {
    let mut world = World::new();
    let users = crowd(&mut world, 10);
    for _ in 0..4 {
        for &user in &users[..3] {
            suspend(&mut world, user).expect("few");
        }
        for &user in &users[..3] {
            world.run(&okta(), &activity(user, true)).expect("back");
        }
    }
    for &user in &users {
        suspend(&mut world, user).expect("slowly");
        world.let_pass(60);
    }
    // Deleting whom it has just suspended is one departure, not two.
    let last = users[9];
    world.run(&okta(), &delete_user(last)).expect("deleted");
    assert_eq!(
        world
            .view()
            .population(Provider::Okta)
            .expect("a read")
            .departed,
        2
    );
}

#[test]
fn a_large_crowd_is_counted_by_its_share() {
    let mut world = World::new();
    let users = crowd(&mut world, 40);
    world.policy.mass_suspension.percent = 25;
    let done = users
        .iter()
        .take_while(|&&user| suspend(&mut world, user).is_ok())
        .count();
    assert_eq!(done, 10);
    world.policy.mass_suspension.enabled = false;
    for &user in &users {
        suspend(&mut world, user).expect("switched off");
    }
}
