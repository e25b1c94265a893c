//! The half of a check that is about access, safeguards and what surveys look up.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::PAGE;
use crate::{
    directory::{
        Grant, PermissionLevel, Provider, Read, Resource, ResourceId, Role, RoleId, User, UserId,
    },
    store::{Snapshot, Totals},
};

/// What the rows of users and roles say that the lists must hold.
#[derive(Default)]
pub(super) struct Listed {
    admins: BTreeSet<UserId>,
    suspended: BTreeSet<UserId>,
    managed: BTreeMap<RoleId, Timestamp>,
}

impl Listed {
    pub(super) fn user(&mut self, user: &User) {
        let is_admin = user.permission_level == PermissionLevel::Admin;
        if !user.is_active() {
            self.suspended.insert(user.id);
        } else if is_admin && user.is_person() {
            self.admins.insert(user.id);
        }
    }

    pub(super) fn role(&mut self, snapshot: &dyn Snapshot, role: &Role) -> Read<()> {
        if role.managed_by.provider().is_some() {
            let pushed = snapshot.role_push(role.id)?.unwrap_or(role.created);
            self.managed.insert(role.id, pushed);
        }
        Ok(())
    }

    /// Whether the lists hold exactly that.
    pub(super) fn compare(&self, snapshot: &dyn Snapshot, found: &mut Vec<String>) -> Read<()> {
        let admins: BTreeSet<_> = snapshot.active_admins(usize::MAX)?.into_iter().collect();
        if admins != self.admins {
            found.push("The list of active admins is not what the users say.".to_owned());
        }
        let mut suspended = BTreeSet::new();
        walk(
            |after| snapshot.suspended(after, PAGE),
            |&user| user,
            |user| {
                suspended.insert(user);
                Ok(())
            },
        )?;
        if suspended != self.suspended {
            found.push("The list of suspended users is not what the users say.".to_owned());
        }
        let managed: BTreeMap<_, _> = snapshot
            .stale_roles(Timestamp::MAX, usize::MAX)?
            .into_iter()
            .collect();
        if managed != self.managed {
            found.push("The list of managed roles is not what the roles say.".to_owned());
        }
        Ok(())
    }
}

/// Resources, grants, temporary access, counted departures and holds.
pub(super) fn check(
    snapshot: &dyn Snapshot,
    counted: &mut Totals,
    found: &mut Vec<String>,
) -> Read<()> {
    resources(snapshot, counted, found)?;
    grants(snapshot, counted, found)?;
    temporary(snapshot, counted, found)?;
    departures(snapshot, counted, found)?;
    holds(snapshot, found)?;
    let page = |after| snapshot.unknown_members(after, PAGE);
    walk(
        page,
        |unknown| unknown.role,
        |unknown| {
            if snapshot.role(unknown.role)?.is_none() {
                let role = unknown.role;
                found.push(format!(
                    "Unknown members are noted of role {role}, which is not there."
                ));
            }
            Ok(())
        },
    )
}

fn resources(snapshot: &dyn Snapshot, counted: &mut Totals, found: &mut Vec<String>) -> Read<()> {
    let (mut reaching, mut given) = (0, 0);
    let page = |after| snapshot.resources(after, PAGE);
    walk(
        page,
        |resource: &Resource| resource.id,
        |resource| {
            counted.resources += 1;
            let id = resource.id;
            if snapshot.resource(id)?.as_ref() != Some(&resource)
                || snapshot
                    .resource_named(&resource.name)?
                    .map(|found| found.id)
                    != Some(id)
            {
                found.push(format!("Resource {id} is not found by its id or name."));
            }
            let roles = |after| snapshot.roles_reaching(id, after, PAGE);
            walk(
                roles,
                |&role| role,
                |role| {
                    reaching += 1;
                    if !snapshot.is_granted(role, id)? {
                        found.push(format!(
                            "Resource {id} is granted to role {role}, which does not know it."
                        ));
                    }
                    Ok(())
                },
            )?;
            let users = |after| snapshot.temporary_access_to(id, after, PAGE);
            walk(
                users,
                |access| access.user,
                |access| {
                    given += 1;
                    if snapshot.temporary_access(access.user, id)? != Some(access) {
                        found.push(format!(
                            "Resource {id} is given to {}, who does not know it.",
                            access.user
                        ));
                    }
                    Ok(())
                },
            )
        },
    )?;
    let totals = snapshot.totals()?;
    if (reaching, given) != (totals.grants, totals.temporary_access) {
        found.push(format!(
            "Resources are found to have {reaching} grants and {given} temporary accesses, not {} and {}.",
            totals.grants, totals.temporary_access
        ));
    }
    Ok(())
}

fn grants(snapshot: &dyn Snapshot, counted: &mut Totals, found: &mut Vec<String>) -> Read<()> {
    walk(
        |after| snapshot.grants(after, PAGE),
        |&grant| grant,
        |grant: Grant| {
            counted.grants += 1;
            let Grant { role, resource } = grant;
            if snapshot.role(role)?.is_none() || snapshot.resource(resource)?.is_none() {
                found.push(format!(
                    "Role {role} reaches {resource}, but one of both is not there."
                ));
            }
            Ok(())
        },
    )
}

fn temporary(snapshot: &dyn Snapshot, counted: &mut Totals, found: &mut Vec<String>) -> Read<()> {
    let page = |after: Option<(UserId, ResourceId)>| snapshot.temporary_accesses(after, PAGE);
    walk(
        page,
        |access| (access.user, access.resource),
        |access| {
            counted.temporary_access += 1;
            let (user, resource) = (access.user, access.resource);
            if snapshot.user(user)?.is_none() || snapshot.resource(resource)?.is_none() {
                found.push(format!(
                    "User {user} is given {resource}, but one of both is not there."
                ));
            }
            Ok(())
        },
    )?;
    let due = snapshot.access_due(Timestamp::MAX, usize::MAX)?.len() as u64;
    if due != counted.temporary_access {
        found.push(format!(
            "Of {} temporary accesses {due} are found by their time.",
            counted.temporary_access
        ));
    }
    Ok(())
}

fn departures(snapshot: &dyn Snapshot, counted: &mut Totals, found: &mut Vec<String>) -> Read<()> {
    let page = |after| snapshot.all_departures(after, PAGE);
    walk(
        page,
        |gone| gone.user,
        |gone| {
            counted.add_departure(&gone);
            let active = snapshot
                .user(gone.user)?
                .is_some_and(|user| user.is_active());
            if active || snapshot.departure(gone.user)? != Some(gone) {
                found.push(format!("User {} is wrongly counted as gone.", gone.user));
            }
            Ok(())
        },
    )?;
    for provider in Provider::ALL {
        let by_time = snapshot.departures(provider, Timestamp::MAX, usize::MAX)?;
        let counted = counted.departures.get(&provider).copied();
        if by_time.len() as u64 != counted.unwrap_or_default() {
            found.push(format!(
                "Not all users that {provider} let go are found by their time."
            ));
        }
    }
    Ok(())
}

fn holds(snapshot: &dyn Snapshot, found: &mut Vec<String>) -> Read<()> {
    let mut before = None;
    loop {
        let page = snapshot.holds(true, before, PAGE)?;
        for hold in &page {
            let id = hold.id;
            let live = snapshot.live_hold(hold.provider)?;
            if hold.ended.is_none() != live.is_some_and(|live| live.id == id) {
                found.push(format!("Hold {id} is not found by its provider."));
            }
            if snapshot.hold(id)?.as_ref() != Some(hold) {
                found.push(format!("Hold {id} is not found by its id."));
            }
        }
        before = page.last().map(|hold| hold.id);
        if page.len() < PAGE {
            return Ok(());
        }
    }
}

/// Visits every row, page after page.
fn walk<Row, Place: Copy>(
    page: impl Fn(Option<Place>) -> Read<Vec<Row>>,
    place: impl Fn(&Row) -> Place,
    mut visit: impl FnMut(Row) -> Read<()>,
) -> Read<()> {
    let mut after = None;
    loop {
        let rows = page(after)?;
        let full = rows.len() == PAGE;
        after = rows.last().map(&place);
        for row in rows {
            visit(row)?;
        }
        if !full {
            return Ok(());
        }
    }
}
