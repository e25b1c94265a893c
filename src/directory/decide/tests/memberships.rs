use serde_json::json;

use super::world::*;
use crate::directory::{
    Action, ManagedBy, Membership, Origin, Outcome, Provider, Refusal, RoleId, UserId,
};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Who {
    Local,
    Service,
    Okta,
    Entra,
}

fn make(world: &mut World, who: Who) -> UserId {
    match who {
        Who::Local => world.local_user("ann@x.io"),
        Who::Service => world.service_account("robot"),
        Who::Okta => world.pushed_user(Provider::Okta, "ann@x.io"),
        Who::Entra => world.pushed_user(Provider::Entra, "ann@x.io"),
    }
}

#[test]
fn what_operators_may_attach_and_detach() {
    let cases = [
        (Who::Local, ManagedBy::Local, true),
        (Who::Local, OKTA, true),
        (Who::Service, ManagedBy::Local, true),
        (Who::Service, OKTA, true),
        (Who::Okta, ManagedBy::Local, true),
        (Who::Okta, OKTA, false),
        (Who::Entra, OKTA, false),
    ];
    for (who, owner, allowed) in cases {
        let mut world = World::new();
        let user = make(&mut world, who);
        let role = match owner.provider() {
            None => world.local_role("Eng"),
            Some(provider) => world.pushed_role(provider, "Eng", &[]),
        };
        let outcome = world.attach(role, user);
        if !allowed {
            assert!(
                matches!(outcome, Err(Refusal::MembershipManagedElsewhere { .. })),
                "{who:?}"
            );
            continue;
        }
        let membership = Membership {
            role,
            user,
            origin: Origin::Local,
        };
        assert_eq!(outcome, Ok(Outcome::Membership(membership)));
        assert_eq!(world.actions(), ["members-added"]);
        assert_eq!(
            world.attach(role, user),
            Ok(Outcome::Membership(membership))
        );
        assert!(world.events.is_empty());
        world.detach(role, user).expect("detached");
        assert_eq!(world.actions(), ["members-removed"]);
        let again = world.detach(role, user);
        assert!(matches!(again, Err(Refusal::NotAMember { .. })));
    }
}

#[test]
fn a_provider_s_membership_is_not_the_operator_s_to_end() {
    let mut world = World::new();
    let ann = world.local_user("ann@x.io");
    let eng = world.pushed_role(Provider::Okta, "Eng", &[ann]);
    assert_eq!(world.origin(eng, ann), Some(Origin::Provider));
    assert!(matches!(world.attach(eng, ann), Ok(Outcome::Membership(_))));
    let refused = world.detach(eng, ann);
    let Err(Refusal::MembershipManagedElsewhere {
        owner: Provider::Okta,
        ..
    }) = refused
    else {
        panic!("{refused:?}");
    };
}

/// An attachment made before both came under different providers stays the operator's to end.
#[test]
fn every_membership_can_be_ended_by_one_side() {
    let mut world = World::new();
    let ann = world.pushed_user(Provider::Entra, "ann@x.io");
    let eng = world.local_role("Eng");
    world.attach(eng, ann).expect("attached");
    role_of(world.run(&okta(), &replace_role(eng, group("Eng", &[]))));
    assert_eq!(world.origin(eng, ann), Some(Origin::Local));
    world.detach(eng, ann).expect("detached");
}

/// Two attached locally, two by the provider, two not at all.
struct Scene {
    world: World,
    role: RoleId,
    local: UserId,
    service: UserId,
    pushed: UserId,
    other: UserId,
    free: UserId,
}

fn scene() -> Scene {
    let mut world = World::new();
    let local = world.local_user("local@x.io");
    let service = world.service_account("robot");
    let pushed = world.pushed_user(Provider::Okta, "pushed@x.io");
    let other = world.pushed_user(Provider::Okta, "other@x.io");
    let free = world.pushed_user(Provider::Okta, "free@x.io");
    let role = world.pushed_role(Provider::Okta, "Eng", &[pushed, other]);
    world.attach(role, local).expect("attached");
    world.attach(role, service).expect("attached");
    Scene {
        world,
        role,
        local,
        service,
        pushed,
        other,
        free,
    }
}

impl Scene {
    fn patch(&mut self, operations: serde_json::Value) -> Vec<&'static str> {
        role_of(self.world.run(&okta(), &patch_role(self.role, operations)));
        self.world.actions()
    }

    /// The origins of local, service, pushed, other and free: `p`, `l` or `-` each.
    fn origins(&self) -> String {
        [self.local, self.service, self.pushed, self.other, self.free]
            .into_iter()
            .map(|user| match self.world.origin(self.role, user) {
                Some(Origin::Provider) => 'p',
                Some(Origin::Local) => 'l',
                None => '-',
            })
            .collect()
    }
}

#[test]
fn what_each_member_operation_does() {
    let Scene {
        local,
        service,
        pushed,
        other,
        free,
        ..
    } = scene();
    let add = |who: &[UserId]| json!({ "op": "add", "path": "members", "value": ids(who) });
    let remove = |who: &[UserId]| json!({ "op": "remove", "path": "members", "value": ids(who) });
    let replace = |who: &[UserId]| json!({ "op": "replace", "path": "members", "value": ids(who) });
    let all = json!({ "op": "remove", "path": "members" });
    let one = |id: UserId| json!({ "op": "remove", "path": format!("members[value eq \"{id}\"]") });
    let named =
        |name: &str| json!({ "op": "remove", "path": format!("members[display sw \"{name}\"]") });
    let cases = [
        (json!([add(&[free])]), "llppp", &["members-added"][..]),
        (json!([add(&[pushed, pushed])]), "llpp-", &[]),
        (json!([add(&[local])]), "plpp-", &["members-moved"]),
        (json!([add(&[service])]), "llpp-", &["members-skipped"]),
        (json!([remove(&[pushed])]), "ll-p-", &["members-removed"]),
        (json!([one(pushed)]), "ll-p-", &["members-removed"]),
        (json!([remove(&[free])]), "llpp-", &[]),
        (json!([remove(&[local])]), "llpp-", &["members-skipped"]),
        (json!([remove(&[service])]), "llpp-", &[]),
        (json!([all]), "ll---", &["members-removed"]),
        (json!([replace(&[])]), "ll---", &["members-removed"]),
        (
            json!([replace(&[free, pushed])]),
            "llp-p",
            &["members-added", "members-removed"],
        ),
        (
            json!([replace(&[local])]),
            "pl---",
            &["members-moved", "members-removed"],
        ),
        (json!([replace(&[pushed, other])]), "llpp-", &[]),
        (json!([named("other")]), "llp--", &["members-removed"]),
        (json!([named("local")]), "llpp-", &[]),
        (json!([one(pushed), add(&[pushed])]), "llpp-", &[]),
        (json!([add(&[free]), remove(&[free])]), "llpp-", &[]),
        (
            json!([remove(&[local]), add(&[local])]),
            "plpp-",
            &["members-moved"],
        ),
        (
            json!([add(&[free]), all, add(&[other])]),
            "ll-p-",
            &["members-removed"],
        ),
    ];
    for (operations, origins, actions) in cases {
        let mut scene = scene();
        let version = scene.world.role(scene.role).version;
        assert_eq!(scene.patch(operations.clone()), actions, "{operations}");
        assert_eq!(scene.origins(), origins, "{operations}");
        let changed = u64::from(origins != "llpp-");
        assert_eq!(
            scene.world.role(scene.role).version,
            version + changed,
            "{operations}"
        );
    }
}

#[test]
fn a_put_sets_the_provider_s_members_only() {
    let mut scene = scene();
    let body = group("Eng", &[scene.free, scene.local]);
    role_of(scene.world.run(&okta(), &replace_role(scene.role, body)));
    assert_eq!(scene.origins(), "pl--p");
    let absent = json!({ "displayName": "Eng" });
    role_of(scene.world.run(&okta(), &replace_role(scene.role, absent)));
    assert_eq!(scene.origins(), "-l---");
}

#[test]
fn unknown_members_are_left_out_and_reported() {
    let mut scene = scene();
    let value = json!([{ "value": "nobody" }, { "value": scene.free }, { "value": scene.service }]);
    let actions = scene.patch(json!([{ "op": "add", "path": "members", "value": value }]));
    assert_eq!(actions, ["members-added", "members-skipped"]);
    let skipped = &scene.world.event(Action::MembersSkipped).after;
    let unknown = json!([scene.service.to_string(), "nobody"]);
    assert_eq!(skipped, &json!({ "unknown": unknown }));
    let added = &scene.world.event(Action::MembersAdded).after;
    let entry = json!({ "id": scene.free, "user_name": "free@x.io", "origin": "provider" });
    assert_eq!(added, &json!({ "members": [entry] }));
}

#[test]
fn a_kept_local_member_is_reported() {
    let mut scene = scene();
    let value = ids(&[scene.local]);
    scene.patch(json!([{ "op": "remove", "path": "members", "value": value }]));
    let skipped = &scene.world.event(Action::MembersSkipped).after;
    let entry = json!({ "id": scene.local, "user_name": "local@x.io", "origin": "local" });
    assert_eq!(skipped, &json!({ "kept": [entry] }));
}

#[test]
fn a_generic_client_learns_of_unknown_members() {
    let mut world = World::new();
    let generic = actor(Provider::Generic);
    let ann = world.pushed_user(Provider::Generic, "ann@x.io");
    let mut members = vec![json!({ "value": ann })];
    members.extend((0..7).map(|number| json!({ "value": format!("nobody-{number}") })));
    let body = json!({ "displayName": "Eng", "members": members });
    let refused = world.run(&generic, &create_role(body.clone()));
    let Err(Refusal::UnknownMembers { ids, count: 7 }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(ids.len(), 5);
    let eng = world.pushed_role(Provider::Generic, "Eng", &[]);
    let value = &body["members"];
    let patch = patch_role(
        eng,
        json!([{ "op": "add", "path": "members", "value": value }]),
    );
    assert!(matches!(
        world.run(&generic, &patch),
        Err(Refusal::UnknownMembers { .. })
    ));
    assert_eq!(world.origin(eng, ann), None);
}
