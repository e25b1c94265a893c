//! Every read of two snapshots, compared.

use jiff::{Timestamp, ToSpan as _};
use rolecall::{
    directory::Provider,
    store::{Snapshot, Start, Visible},
};

use super::step::{alias, external_id, names};

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
    same!(one, other, exchanges(3, usize::MAX));
    same!(one, other, exchanges(9, 1));
    same!(one, other, exchanges(usize::MAX, usize::MAX));
    for name in names() {
        let email = format!("{}@EXAMPLE.com", name.to_uppercase());
        same!(one, other, user_named(name));
        same!(one, other, role_named(name));
        same!(one, other, users_by_email(&email));
        same!(one, other, users_by_email(name));
    }
    for number in 0..4 {
        let (external_id, email) = (external_id(number), format!("m{number}@example.com"));
        same!(one, other, users_by_email(&email));
        for provider in Provider::ALL {
            same!(one, other, provider(provider));
            same!(one, other, users_by_external_id(provider, &external_id));
            same!(one, other, roles_by_external_id(provider, &external_id));
        }
        for name in 0..3 {
            let (set, alias) = alias(number, name);
            same!(one, other, alias_holder(&set, &alias));
        }
    }
    for token in one.tokens().expect("tokens") {
        same!(one, other, token(token.id));
        same!(one, other, token_by_hash(&token.hash));
        same!(one, other, token_use(token.id));
    }
    assert_equal_access(one, other);
    assert_equal_surveys(one, other);
    assert_equal_pages(one, other);
    assert_equal_conflicts(one, other);
}

fn assert_equal_access(one: &dyn Snapshot, other: &dyn Snapshot) {
    const ALL: usize = usize::MAX;
    same!(one, other, resources(None, ALL));
    same!(one, other, grants(None, ALL));
    same!(one, other, temporary_accesses(None, ALL));
    same!(one, other, next_access_change());
    for ticks in [0, 20, 80, 300] {
        let now = Timestamp::UNIX_EPOCH + ticks.microseconds();
        same!(one, other, access_due(now, 3));
        same!(one, other, access_due(now, ALL));
    }
    for resource in one.resources(None, ALL).expect("resources") {
        same!(one, other, resource(resource.id));
        same!(one, other, resource_named(&resource.name.to_uppercase()));
        same!(one, other, resources(Some(resource.id), 1));
        same!(one, other, roles_reaching(resource.id, None, ALL));
        same!(one, other, temporary_access_to(resource.id, None, ALL));
    }
    for grant in one.grants(None, ALL).expect("grants") {
        same!(one, other, grants(Some(grant), 2));
        same!(one, other, is_granted(grant.role, grant.resource));
        same!(one, other, resources_of_role(grant.role, None, ALL));
        same!(
            one,
            other,
            resources_of_role(grant.role, Some(grant.resource), 1)
        );
        same!(
            one,
            other,
            roles_reaching(grant.resource, Some(grant.role), 1)
        );
    }
    for given in one.temporary_accesses(None, ALL).expect("access") {
        let (user, resource) = (given.user, given.resource);
        same!(one, other, temporary_accesses(Some((user, resource)), 1));
        same!(one, other, temporary_access(user, resource));
        same!(one, other, temporary_access_of(user, None, ALL));
        same!(one, other, temporary_access_of(user, Some(resource), 1));
        same!(one, other, temporary_access_to(resource, Some(user), 1));
    }
}

fn assert_equal_surveys(one: &dyn Snapshot, other: &dyn Snapshot) {
    const ALL: usize = usize::MAX;
    same!(one, other, journal_first());
    same!(one, other, active_admins(1));
    same!(one, other, active_admins(ALL));
    same!(one, other, suspended(None, ALL));
    same!(one, other, unknown_members(None, ALL));
    same!(one, other, all_departures(None, ALL));
    same!(one, other, holds(true, None, ALL));
    same!(one, other, holds(false, None, ALL));
    same!(one, other, identity_sets(None, 1));
    same!(one, other, identity_sets(None, ALL));
    for set in one.identity_sets(None, ALL).expect("sets") {
        same!(one, other, identity_sets(Some(&set), ALL));
        same!(one, other, aliases_in(&set, None, ALL));
        same!(one, other, aliases_in(&set, Some("alias0"), 1));
    }
    for ticks in [10, 40, 300] {
        let moment = Timestamp::UNIX_EPOCH + ticks.microseconds();
        same!(one, other, stale_roles(moment, ALL));
        same!(one, other, stale_roles(moment, 1));
        for provider in Provider::ALL {
            same!(one, other, departures(provider, moment, 2));
        }
    }
    for provider in Provider::ALL {
        same!(one, other, population(provider));
        same!(one, other, live_hold(provider));
        same!(one, other, departures(provider, Timestamp::MAX, ALL));
    }
    for hold in one.holds(true, None, ALL).expect("holds") {
        same!(one, other, hold(hold.id));
        same!(one, other, holds(true, Some(hold.id), 2));
        same!(one, other, holds(false, Some(hold.id), 2));
    }
    for user in one.suspended(None, ALL).expect("users") {
        same!(one, other, suspended(Some(user), 1));
        same!(one, other, departure(user));
        same!(one, other, all_departures(Some(user), 1));
    }
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
