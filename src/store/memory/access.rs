//! Access, safeguards and surveys of the directory in memory, found by looking at every row.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Held, Holding, State, row};
use crate::{
    directory::{
        AccessView, Departure, ExchangeId, Grant, Hold, HoldId, PermissionLevel, Provider, Read,
        Resource, ResourceId, RoleId, SafeguardView, TemporaryAccess, User, UserId, fold,
        safeguard::Population,
    },
    store::survey::{Survey, UnknownMembers},
};

impl<S> AccessView for Held<S>
where
    Self: Holding,
{
    fn resource(&self, id: ResourceId) -> Read<Option<Resource>> {
        Ok(self.state().resources.get(&id).map(row))
    }

    fn resource_named(&self, name: &str) -> Read<Option<Resource>> {
        let mut resources = self.state().resources.values();
        let named = |resource: &&Arc<Resource>| fold(&resource.name) == fold(name);
        Ok(resources.find(named).map(row))
    }

    fn is_granted(&self, role: RoleId, resource: ResourceId) -> Read<bool> {
        Ok(self.state().grants.contains(&Grant { role, resource }))
    }

    fn resources_of_role(
        &self,
        role: RoleId,
        after: Option<ResourceId>,
        limit: usize,
    ) -> Read<Vec<ResourceId>> {
        let grants = self.state().grants.iter();
        let of_role = grants.filter(|grant| grant.role == role);
        let resources = of_role.map(|grant| grant.resource);
        Ok(page(resources, |&resource| resource, after, limit))
    }

    fn roles_reaching(
        &self,
        resource: ResourceId,
        after: Option<RoleId>,
        limit: usize,
    ) -> Read<Vec<RoleId>> {
        let grants = self.state().grants.iter();
        let of_resource = grants.filter(|grant| grant.resource == resource);
        let roles = of_resource.map(|grant| grant.role);
        Ok(page(roles, |&role| role, after, limit))
    }

    fn temporary_access(
        &self,
        user: UserId,
        resource: ResourceId,
    ) -> Read<Option<TemporaryAccess>> {
        Ok(self.state().temporary.get(&(user, resource)).copied())
    }

    fn temporary_access_of(
        &self,
        user: UserId,
        after: Option<ResourceId>,
        limit: usize,
    ) -> Read<Vec<TemporaryAccess>> {
        let all = self.state().temporary.values().copied();
        let of_user = all.filter(|access| access.user == user);
        Ok(page(of_user, |access| access.resource, after, limit))
    }

    fn temporary_access_to(
        &self,
        resource: ResourceId,
        after: Option<UserId>,
        limit: usize,
    ) -> Read<Vec<TemporaryAccess>> {
        let all = self.state().temporary.values().copied();
        let to_resource = all.filter(|access| access.resource == resource);
        Ok(page(to_resource, |access| access.user, after, limit))
    }

    fn access_due(&self, now: Timestamp, limit: usize) -> Read<Vec<TemporaryAccess>> {
        let all = self.state().temporary.values().copied();
        let mut due: Vec<_> = all.filter(|access| access.next_change() <= now).collect();
        due.sort_by_key(|access| (access.next_change(), access.user, access.resource));
        due.truncate(limit);
        Ok(due)
    }

    fn next_access_change(&self) -> Read<Option<Timestamp>> {
        let all = self.state().temporary.values();
        Ok(all.map(TemporaryAccess::next_change).min())
    }
}

impl<S> SafeguardView for Held<S>
where
    Self: Holding,
{
    fn population(&self, provider: Provider) -> Read<Population> {
        let state = self.state();
        let is_counted = |user: &&Arc<User>| {
            user.is_person() && user.is_active() && user.managed_by.provider() == Some(provider)
        };
        let gone = state.departures.values();
        Ok(Population {
            active: state.users.values().filter(is_counted).count() as u64,
            departed: gone.filter(|gone| gone.provider == provider).count() as u64,
        })
    }

    fn active_admins(&self, limit: usize) -> Read<Vec<UserId>> {
        let is_admin = |user: &&Arc<User>| {
            user.is_person() && user.is_active() && user.permission_level == PermissionLevel::Admin
        };
        let admins = self.state().users.values().filter(is_admin);
        Ok(admins.take(limit).map(|user| user.id).collect())
    }

    fn departure(&self, user: UserId) -> Read<Option<Departure>> {
        Ok(self.state().departures.get(&user).copied())
    }

    fn departures(
        &self,
        provider: Provider,
        until: Timestamp,
        limit: usize,
    ) -> Read<Vec<Departure>> {
        let all = self.state().departures.values().copied();
        let mut gone: Vec<_> = all
            .filter(|gone| gone.provider == provider && gone.at <= until)
            .collect();
        gone.sort_by_key(|gone| (gone.at, gone.user));
        gone.truncate(limit);
        Ok(gone)
    }

    fn hold(&self, id: HoldId) -> Read<Option<Hold>> {
        Ok(self.state().holds.get(&id).map(row))
    }

    fn live_hold(&self, provider: Provider) -> Read<Option<Hold>> {
        let mut holds = self.state().holds.values();
        let is_live = |hold: &&Arc<Hold>| hold.provider == provider && hold.ended.is_none();
        Ok(holds.find(is_live).map(row))
    }
}

impl Survey for Held<Arc<State>> {
    fn resources(&self, after: Option<ResourceId>, limit: usize) -> Read<Vec<Resource>> {
        let all = self.0.resources.values().map(row);
        Ok(page(all, |resource| resource.id, after, limit))
    }

    fn grants(&self, after: Option<Grant>, limit: usize) -> Read<Vec<Grant>> {
        let all = self.0.grants.iter().copied();
        Ok(page(all, |&grant| grant, after, limit))
    }

    fn temporary_accesses(
        &self,
        after: Option<(UserId, ResourceId)>,
        limit: usize,
    ) -> Read<Vec<TemporaryAccess>> {
        let all = self.0.temporary.values().copied();
        let key = |access: &TemporaryAccess| (access.user, access.resource);
        Ok(page(all, key, after, limit))
    }

    fn holds(&self, all: bool, before: Option<HoldId>, limit: usize) -> Read<Vec<Hold>> {
        let newest_first = self.0.holds.values().rev().map(row);
        Ok(newest_first
            .filter(|hold| before.is_none_or(|before| hold.id < before))
            .filter(|hold| all || hold.ended.is_none())
            .take(limit)
            .collect())
    }

    fn all_departures(&self, after: Option<UserId>, limit: usize) -> Read<Vec<Departure>> {
        let all = self.0.departures.values().copied();
        Ok(page(all, |gone| gone.user, after, limit))
    }

    fn suspended(&self, after: Option<UserId>, limit: usize) -> Read<Vec<UserId>> {
        let all = self.0.users.values();
        let suspended = all.filter(|user| !user.is_active()).map(|user| user.id);
        Ok(page(suspended, |&user| user, after, limit))
    }

    fn stale_roles(&self, before: Timestamp, limit: usize) -> Read<Vec<(RoleId, Timestamp)>> {
        let managed = self.0.roles.values();
        let mut stale: Vec<_> = managed
            .filter(|role| role.managed_by.provider().is_some())
            .map(|role| {
                let pushed = self.0.role_pushes.get(&role.id);
                (role.id, pushed.copied().unwrap_or(role.created))
            })
            .filter(|(_, at)| *at < before)
            .collect();
        stale.sort_by_key(|&(role, at)| (at, role));
        stale.truncate(limit);
        Ok(stale)
    }

    fn unknown_members(&self, after: Option<RoleId>, limit: usize) -> Read<Vec<UnknownMembers>> {
        let all = self.0.unknown_members.values().cloned();
        Ok(page(all, |unknown| unknown.role, after, limit))
    }

    fn identity_sets(&self, after: Option<&str>, limit: usize) -> Read<Vec<String>> {
        let users = self.0.users.values();
        let mut sets: Vec<String> = users
            .flat_map(|user| user.aliases.iter().map(|alias| alias.set.clone()))
            .filter(|set| after.is_none_or(|after| (after.len(), after) < (set.len(), set)))
            .collect();
        sets.sort_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
        sets.dedup();
        sets.truncate(limit);
        Ok(sets)
    }

    fn aliases_in(
        &self,
        set: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Read<Vec<(String, UserId)>> {
        let users = self.0.users.values();
        let held = users.flat_map(|user| user.aliases.iter().map(|alias| (alias, user.id)));
        let mut aliases: Vec<(String, UserId)> = held
            .filter(|(alias, _)| alias.set == set)
            .map(|(alias, user)| (alias.alias.clone(), user))
            .filter(|(alias, _)| {
                after.is_none_or(|after| (after.len(), after) < (alias.len(), alias))
            })
            .collect();
        aliases.sort_by(|(one, _), (other, _)| (one.len(), one).cmp(&(other.len(), other)));
        aliases.truncate(limit);
        Ok(aliases)
    }

    fn exchanges_after(&self, after: Option<ExchangeId>, limit: usize) -> Read<Vec<String>> {
        let kept = self.0.exchanges.iter();
        let later = kept.filter(|&(&id, _)| after.is_none_or(|after| id > after));
        Ok(later
            .take(limit)
            .map(|(_, json)| json.to_string())
            .collect())
    }

    fn journal_first(&self) -> Read<u64> {
        Ok(self.0.journal_trimmed + 1)
    }
}

/// Rows that are in order, those after `after`, at most `limit`.
fn page<Row, Key: Ord>(
    rows: impl Iterator<Item = Row>,
    key: impl Fn(&Row) -> Key,
    after: Option<Key>,
    limit: usize,
) -> Vec<Row> {
    match after {
        Some(after) => rows.filter(|row| key(row) > after).take(limit).collect(),
        None => rows.take(limit).collect(),
    }
}
