//! Every read of two snapshots, compared.

use rolecall::{
    directory::Provider,
    store::{Snapshot, Start, Visible},
};

use super::step::NAMES;

/// Asserts that one read of both gives the same.
macro_rules! same {
    ($one:expr, $other:expr, $method:ident($($argument:expr),*)) => {
        assert_eq!(
            $one.$method($($argument),*).expect(stringify!($method)),
            $other.$method($($argument),*).expect(stringify!($method)),
            stringify!($method($($argument),*))
        )
    };
}

pub(super) fn assert_equal(one: &dyn Snapshot, other: &dyn Snapshot) {
    same!(one, other, totals());
    same!(one, other, tokens());
    same!(one, other, journal(0, usize::MAX));
    same!(one, other, journal(7, 5));
    same!(one, other, exchanges(3));
    same!(one, other, exchanges(usize::MAX));
    for name in NAMES {
        let email = format!("{}@EXAMPLE.com", name.to_uppercase());
        same!(one, other, user_named(name));
        same!(one, other, role_named(name));
        same!(one, other, users_by_email(&email));
    }
    for number in 0..4 {
        let (external_id, email) = (format!("e{number}"), format!("m{number}@example.com"));
        same!(one, other, users_by_email(&email));
        for provider in Provider::ALL {
            same!(one, other, provider(provider));
            same!(one, other, users_by_external_id(provider, &external_id));
            same!(one, other, roles_by_external_id(provider, &external_id));
        }
        for alias in 0..3 {
            let (set, alias) = (format!("set{number}"), format!("alias{alias}"));
            same!(one, other, alias_holder(&set, &alias));
        }
    }
    for token in one.tokens().expect("tokens") {
        same!(one, other, token(token.id));
        same!(one, other, token_by_hash(&token.hash));
        same!(one, other, token_use(token.id));
    }
    assert_equal_pages(one, other);
    assert_equal_conflicts(one, other);
}

fn assert_equal_pages(one: &dyn Snapshot, other: &dyn Snapshot) {
    let everything = Visible::Everything;
    let users = one.users(everything, Start::Offset(0), usize::MAX);
    let users = users.expect("users");
    let roles = one.roles(everything, Start::Offset(0), usize::MAX);
    let roles = roles.expect("roles");
    let to_providers = Provider::ALL.map(Visible::To);
    for visible in to_providers.into_iter().chain([everything]) {
        same!(one, other, users(visible, Start::Offset(0), usize::MAX));
        same!(one, other, roles(visible, Start::Offset(0), usize::MAX));
        for offset in 0..6 {
            same!(one, other, users(visible, Start::Offset(offset), 2));
            same!(one, other, roles(visible, Start::Offset(offset), 2));
        }
        for user in &users {
            same!(one, other, users(visible, Start::After(user.id), 2));
        }
        for role in &roles {
            same!(one, other, roles(visible, Start::After(role.id), 2));
        }
        assert_total_is_length(one, visible);
    }
    for user in &users {
        same!(one, other, user(user.id));
        same!(one, other, memberships_of(user.id));
    }
    for role in &roles {
        same!(one, other, role(role.id));
        same!(one, other, role_push(role.id));
        same!(one, other, members(role.id, None, usize::MAX));
        for user in &users {
            same!(one, other, membership(role.id, user.id));
            same!(one, other, members(role.id, Some(user.id), 1));
            same!(one, other, conflicts_about(&user.id.to_string()));
        }
        same!(one, other, conflicts_about(&role.id.to_string()));
    }
}

fn assert_total_is_length(snapshot: &dyn Snapshot, visible: Visible) {
    let totals = snapshot.totals().expect("totals");
    let users = snapshot.users(visible, Start::Offset(0), usize::MAX);
    let roles = snapshot.roles(visible, Start::Offset(0), usize::MAX);
    assert_eq!(
        (totals.visible_users(visible), totals.visible_roles(visible)),
        (
            users.expect("users").len() as u64,
            roles.expect("roles").len() as u64
        ),
        "{visible:?}"
    );
}

fn assert_equal_conflicts(one: &dyn Snapshot, other: &dyn Snapshot) {
    same!(one, other, conflicts(false, None, usize::MAX));
    same!(one, other, conflicts(true, None, usize::MAX));
    for conflict in one.conflicts(true, None, usize::MAX).expect("conflicts") {
        same!(one, other, conflict(conflict.id));
        same!(one, other, conflicts(false, Some(conflict.id), 2));
        same!(one, other, conflicts_about(&conflict.existing.id));
        same!(
            one,
            other,
            latest_conflict(conflict.provider, conflict.kind, &conflict.key)
        );
    }
}
