//! Any commands in any order: what [`World`] checks after each decision must hold.

use jiff::ToSpan;
use proptest::prelude::*;
use serde_json::json;

use super::world::*;
use crate::directory::{
    Command, ConflictId, PermissionLevel, Profile, Provider, ResourceId, RoleId, UserId, UserKind,
    access::{self, Reason, Via, reached_by, reaching},
};
use crate::scim::resource::UserAttributes;
use crate::store::{Start, Visible};

/// What to do, by whom, to which row, with which name and member.
type Step = (u8, bool, usize, usize, usize);

fn run(world: &mut World, (what, by_okta, row, name, member): Step) {
    let provider = if by_okta {
        Provider::Okta
    } else {
        Provider::Entra
    };
    let (users, roles, conflicts) = rows(world);
    let pick = |ids: &[UserId], index: usize| ids.get(index % ids.len().max(1)).copied();
    let user = pick(&users, row).unwrap_or(UserId(uuid::Uuid::nil()));
    let member = pick(&users, member).unwrap_or(user);
    let role = roles.get(row % roles.len().max(1)).copied();
    let role = role.unwrap_or(RoleId(uuid::Uuid::nil()));
    let conflict = conflicts.get(row % conflicts.len().max(1)).copied();
    let id = conflict.unwrap_or(ConflictId(uuid::Uuid::nil()));
    let user_name = format!("u{name}@x.io");
    let role_name = format!("R{name}");
    let alias = format!("set{},{name}", name % 2);
    let members = |op: &str| json!([{ "op": op, "path": "members", "value": ids(&[member]) }]);
    let (pushes, command) = match what {
        0 | 1 => (true, create_user(with_aliases(&user_name, &[&alias]))),
        2 => (
            true,
            replace_user(
                user,
                json!({ "userName": user_name, "active": name % 2 == 0 }),
            ),
        ),
        3 => (
            true,
            patch_user(
                user,
                json!([{ "op": "replace", "value": { "active": name % 2 == 0 } }]),
            ),
        ),
        4 => (true, delete_user(user)),
        5 | 6 => (true, create_role(group(&role_name, &[member]))),
        7 => (true, replace_role(role, group(&role_name, &[member]))),
        8 => (true, patch_role(role, members("add"))),
        9 => (true, patch_role(role, members("remove"))),
        10 => (true, patch_role(role, members("replace"))),
        11 => (true, delete_role(role)),
        12 => (false, Command::Attach { role, user: member }),
        13 => (false, Command::Detach { role, user: member }),
        14 => (
            false,
            Command::AddRole {
                display_name: role_name,
            },
        ),
        15 => (false, Command::LinkConflict { id }),
        16 => (
            false,
            Command::RenameConflict {
                id,
                name: user_name,
            },
        ),
        17 => (false, Command::DismissConflict { id }),
        18..40 => match operated(world, (what, by_okta, row, name), user, role) {
            Some(command) => (false, command),
            None => return,
        },
        _ => {
            let person = name % 2 == 0;
            let kind = if person {
                UserKind::Person
            } else {
                UserKind::ServiceAccount
            };
            let attributes = UserAttributes {
                user_name,
                ..UserAttributes::default()
            };
            let level = PermissionLevel::User;
            (
                false,
                Command::AddUser {
                    kind,
                    attributes,
                    level,
                },
            )
        }
    };
    let actor = if pushes { actor(provider) } else { operator() };
    let _ = world.run(&actor, &command);
}

/// The acts on local rows, on access and on holds.
fn operated(
    world: &World,
    (what, yes, row, name): (u8, bool, usize, usize),
    user: UserId,
    role: RoleId,
) -> Option<Command> {
    let view = world.view();
    let resources = view.resources(None, 100).expect("resources");
    let resource = resources.get(name % resources.len().max(1));
    let resource = resource.map_or(ResourceId(uuid::Uuid::nil()), |resource| resource.id);
    let later = |seconds: usize| {
        let seconds = i64::try_from(seconds).expect("few").seconds();
        world.now().checked_add(seconds).expect("a time")
    };
    let hold = || {
        let holds = view.holds(true, None, 100).expect("holds");
        holds.get(row % holds.len().max(1)).map(|hold| hold.id)
    };
    Some(match what {
        18 => Command::EditUser {
            id: user,
            profile: Profile {
                user_name: yes.then(|| format!("u{name}@x.io")),
                given_name: Some("A".repeat(name)),
                aliases: (!yes).then(|| vec![format!("set{},{name}", name % 2)]),
                ..Profile::default()
            },
        },
        19 | 20 if yes => Command::SuspendUser { id: user },
        19 | 20 => Command::ReinstateUser { id: user },
        21 => Command::RemoveUser { id: user },
        22 | 23 => Command::ReleaseUser { id: user },
        24 => Command::RenameRole {
            id: role,
            display_name: format!("R{name}"),
        },
        25 => Command::RemoveRole { id: role },
        26 | 27 => Command::ReleaseRole { id: role },
        28 => Command::AddResource {
            name: format!("r{name}"),
            kind: "ssh".to_owned(),
            tags: std::collections::BTreeMap::new(),
        },
        29 if name == 0 => Command::DeleteResource { id: resource },
        29..32 => Command::GrantAccess { role, resource },
        32 => Command::RevokeAccess { role, resource },
        33 | 34 => Command::GiveAccess {
            user,
            resource,
            from: yes.then(|| later(row)),
            until: later(row + 4),
        },
        35 => Command::TakeAccess { user, resource },
        36 => Command::SetPermissionLevel {
            id: user,
            level: PermissionLevel::ALL[name % 2],
        },
        37 if yes => Command::ApproveHold { id: hold()? },
        37 => Command::RefuseHold { id: hold()? },
        _ => Command::PassTime,
    })
}

/// Who reaches what by looking at every user and every resource, and why.
fn naive(world: &World) -> Vec<(UserId, ResourceId, Vec<Reason>)> {
    let (view, now) = (world.view(), world.now());
    let mut found = Vec::new();
    let users = view.users(Visible::Everything, Start::Offset(0), 100);
    for user in users.expect("users").iter().filter(|user| user.is_active()) {
        for resource in view.resources(None, 100).expect("resources") {
            let mut because = Vec::new();
            for role in view
                .roles(Visible::Everything, Start::Offset(0), 100)
                .expect("roles")
            {
                let is_member = view.membership(role.id, user.id).expect("a read").is_some();
                if is_member && view.is_granted(role.id, resource.id).expect("a read") {
                    because.push(Reason {
                        via: Via::Role,
                        role: Some(role.display_name),
                        role_id: Some(role.id),
                        until: None,
                    });
                }
            }
            let temporary = view.temporary_access(user.id, resource.id).expect("a read");
            because.extend(
                temporary
                    .filter(|given| given.holds(now))
                    .map(|given| Reason {
                        via: Via::Temporary,
                        role: None,
                        role_id: None,
                        until: Some(given.until),
                    }),
            );
            if !because.is_empty() {
                found.push((user.id, resource.id, because));
            }
        }
    }
    found
}

/// The lists of both sides, page by page, and each single check say what looking everywhere says.
fn check_access(world: &World) {
    let (view, now) = (world.view(), world.now());
    let naive = naive(world);
    let mut by_user = Vec::new();
    for user in view
        .users(Visible::Everything, Start::Offset(0), 100)
        .expect("users")
    {
        let mut after = None;
        loop {
            let page = reached_by(&*view, &user, now, after, 2).expect("a read");
            let Some(last) = page.last() else { break };
            after = Some(last.resource);
            by_user.extend(
                page.into_iter()
                    .map(|one| (user.id, one.resource, one.because)),
            );
        }
        for resource in view.resources(None, 100).expect("resources") {
            let found = access::check(&*view, &user, resource.id, now).expect("a read");
            let expected = naive
                .iter()
                .find(|(who, what, _)| (*who, *what) == (user.id, resource.id));
            assert_eq!(found.allowed, expected.is_some());
            assert_eq!(found.refused_because.is_none(), found.allowed);
            assert_eq!(
                Some(&found.because).filter(|because| !because.is_empty()),
                expected.map(|one| &one.2)
            );
        }
    }
    assert_eq!(by_user, naive);
    let mut by_resource = Vec::new();
    for resource in view.resources(None, 100).expect("resources") {
        let mut after = None;
        loop {
            let page = reaching(&*view, resource.id, now, after, 2).expect("a read");
            let Some(last) = page.last() else { break };
            after = Some(last.user.id);
            by_resource.extend(
                page.into_iter()
                    .map(|one| (one.user.id, resource.id, one.because)),
            );
        }
    }
    by_resource.sort_by_key(|&(user, resource, _)| (user, resource));
    assert_eq!(by_resource, naive);
}

fn rows(world: &World) -> (Vec<UserId>, Vec<RoleId>, Vec<ConflictId>) {
    let view = world.view();
    let users = view
        .users(Visible::Everything, Start::Offset(0), 100)
        .expect("users");
    let roles = view
        .roles(Visible::Everything, Start::Offset(0), 100)
        .expect("roles");
    (
        users.iter().map(|user| user.id).collect(),
        roles.iter().map(|role| role.id).collect(),
        world
            .conflicts()
            .iter()
            .map(|conflict| conflict.id)
            .collect(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn decisions_hold_in_any_order(
        steps in prop::collection::vec((0..44_u8, any::<bool>(), 0..6_usize, 0..4_usize, 0..6_usize), 1..80)
    ) {
        let mut world = World::new();
        // Few are many here, so that holds come about.
        world.policy.mass_suspension.minimum = 1 + steps.len() as u64 % 2;
        world.policy.mass_suspension.window = jiff::SignedDuration::from_secs(20);
        for step in steps {
            run(&mut world, step);
        }
        check_access(&world);
    }
}
