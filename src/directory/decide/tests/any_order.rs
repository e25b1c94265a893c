//! Any commands in any order: what [`World`] checks after each decision must hold.

use proptest::prelude::*;
use serde_json::json;

use super::world::*;
use crate::directory::{Command, ConflictId, PermissionLevel, Provider, RoleId, UserId, UserKind};
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
        steps in prop::collection::vec((0..20_u8, any::<bool>(), 0..6_usize, 0..4_usize, 0..6_usize), 1..60)
    ) {
        let mut world = World::new();
        for step in steps {
            run(&mut world, step);
        }
    }
}
