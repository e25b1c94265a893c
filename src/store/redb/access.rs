//! Access, safeguards and surveys: reading.

use std::ops::{Bound, RangeInclusive};

use jiff::Timestamp;
use redb::{Key, ReadableTable};
use serde::de::DeserializeOwned;

use super::{
    encoding::{self, FIRST, LAST, Prefix, pair, parse, second},
    read::{Rows, named, row},
    tables::{Bytes, Pair, ReadTables, Tables},
    unreadable,
};
use crate::{
    directory::{
        AccessView, Departure, ExchangeId, Grant, Hold, HoldId, Provider, Read, Resource,
        ResourceId, RoleId, SafeguardView, TemporaryAccess, UserId, safeguard::Population,
    },
    store::survey::{Survey, UnknownMembers},
};

impl<T: Tables> AccessView for Rows<T> {
    fn resource(&self, id: ResourceId) -> Read<Option<Resource>> {
        row(self.0.resources()?, id.as_bytes())
    }

    fn resource_named(&self, name: &str) -> Read<Option<Resource>> {
        named(self.0.resource_names()?, self.0.resources()?, name)
    }

    fn is_granted(&self, role: RoleId, resource: ResourceId) -> Read<bool> {
        let key = pair(role.as_bytes(), resource.as_bytes());
        Ok(self.0.grants()?.get(&key).map_err(unreadable)?.is_some())
    }

    fn resources_of_role(
        &self,
        role: RoleId,
        after: Option<ResourceId>,
        limit: usize,
    ) -> Read<Vec<ResourceId>> {
        let after = after.as_ref().map(ResourceId::as_bytes);
        let ids = seconds(self.0.grants()?, role.as_bytes(), after, limit)?;
        Ok(ids.into_iter().map(ResourceId::from_bytes).collect())
    }

    fn roles_reaching(
        &self,
        resource: ResourceId,
        after: Option<RoleId>,
        limit: usize,
    ) -> Read<Vec<RoleId>> {
        let after = after.as_ref().map(RoleId::as_bytes);
        let ids = seconds(self.0.granted()?, resource.as_bytes(), after, limit)?;
        Ok(ids.into_iter().map(RoleId::from_bytes).collect())
    }

    fn temporary_access(
        &self,
        user: UserId,
        resource: ResourceId,
    ) -> Read<Option<TemporaryAccess>> {
        let key = pair(user.as_bytes(), resource.as_bytes());
        row(self.0.temporary_access()?, &key)
    }

    fn temporary_access_of(
        &self,
        user: UserId,
        after: Option<ResourceId>,
        limit: usize,
    ) -> Read<Vec<TemporaryAccess>> {
        let after = after.as_ref().map(ResourceId::as_bytes);
        let range = within(user.as_bytes(), after);
        let rows = self
            .0
            .temporary_access()?
            .range::<&[u8; 32]>(range.as_ref());
        rows.map_err(unreadable)?
            .take(limit)
            .map(|entry| parse(entry.map_err(unreadable)?.1.value()))
            .collect()
    }

    fn temporary_access_to(
        &self,
        resource: ResourceId,
        after: Option<UserId>,
        limit: usize,
    ) -> Read<Vec<TemporaryAccess>> {
        let after = after.as_ref().map(UserId::as_bytes);
        let index = self.0.temporary_access_to()?;
        let mut found = Vec::new();
        for user in seconds(index, resource.as_bytes(), after, limit)? {
            found.extend(self.temporary_access(UserId::from_bytes(user), resource)?);
        }
        Ok(found)
    }

    fn access_due(&self, now: Timestamp, limit: usize) -> Read<Vec<TemporaryAccess>> {
        let last = encoding::due(now, &LAST, &LAST);
        let index = self.0.temporary_access_due()?;
        let keys = index.range::<&[u8]>(..=last.as_slice());
        let mut due = Vec::new();
        for entry in keys.map_err(unreadable)?.take(limit) {
            let key = encoding::last_ids(entry.map_err(unreadable)?.0.value())?;
            let access: Option<TemporaryAccess> = row(self.0.temporary_access()?, &key)?;
            due.extend(access);
        }
        Ok(due)
    }

    fn next_access_change(&self) -> Read<Option<Timestamp>> {
        let first = self.0.temporary_access_due()?.first();
        let first = first.map_err(unreadable)?;
        first
            .map(|(key, _)| encoding::first_moment(key.value()))
            .transpose()
    }
}

impl<T: Tables> SafeguardView for Rows<T> {
    fn population(&self, provider: Provider) -> Read<Population> {
        Ok(self.totals_by_now()?.population(provider))
    }

    fn active_admins(&self, limit: usize) -> Read<Vec<UserId>> {
        let admins = self.0.admins()?.range::<&[u8; 16]>(..);
        let admins = admins.map_err(unreadable)?.take(limit);
        admins
            .map(|entry| Ok(UserId::from_bytes(*entry.map_err(unreadable)?.0.value())))
            .collect()
    }

    fn departure(&self, user: UserId) -> Read<Option<Departure>> {
        row(self.0.departures()?, user.as_bytes())
    }

    fn departures(
        &self,
        provider: Provider,
        until: Timestamp,
        limit: usize,
    ) -> Read<Vec<Departure>> {
        let first = encoding::departure(provider, Timestamp::MIN, &FIRST);
        let last = encoding::departure(provider, until, &LAST);
        let index = self.0.departure_times()?;
        let keys = index.range::<&[u8]>(first.as_slice()..=last.as_slice());
        let mut departures = Vec::new();
        for entry in keys.map_err(unreadable)?.take(limit) {
            let user = encoding::last_id(entry.map_err(unreadable)?.0.value())?;
            departures.extend(self.departure(UserId::from_bytes(user))?);
        }
        Ok(departures)
    }

    fn hold(&self, id: HoldId) -> Read<Option<Hold>> {
        row(self.0.hold_rows()?, id.as_bytes())
    }

    fn live_hold(&self, provider: Provider) -> Read<Option<Hold>> {
        let live = self.0.live_holds()?;
        let id = live.get(encoding::provider_byte(provider));
        match id.map_err(unreadable)? {
            Some(id) => row(self.0.hold_rows()?, id.value()),
            None => Ok(None),
        }
    }
}

impl Survey for Rows<ReadTables> {
    fn resources(&self, after: Option<ResourceId>, limit: usize) -> Read<Vec<Resource>> {
        rows_after(
            self.0.resources()?,
            after.as_ref().map(ResourceId::as_bytes),
            limit,
        )
    }

    fn grants(&self, after: Option<Grant>, limit: usize) -> Read<Vec<Grant>> {
        let after = after.map(|grant| encoding::grant(grant).0);
        keys_after(self.0.grants()?, after.as_ref(), limit, |key| Grant {
            role: RoleId::from_bytes(encoding::first(key)),
            resource: ResourceId::from_bytes(second(key)),
        })
    }

    fn temporary_accesses(
        &self,
        after: Option<(UserId, ResourceId)>,
        limit: usize,
    ) -> Read<Vec<TemporaryAccess>> {
        let after = after.map(|(user, resource)| pair(user.as_bytes(), resource.as_bytes()));
        rows_after(self.0.temporary_access()?, after.as_ref(), limit)
    }

    fn holds(&self, all: bool, before: Option<HoldId>, limit: usize) -> Read<Vec<Hold>> {
        if !all {
            let mut live = Vec::new();
            for provider in Provider::ALL {
                live.extend(self.live_hold(provider)?);
            }
            live.sort_by_key(|hold| std::cmp::Reverse(hold.id));
            live.retain(|hold| before.is_none_or(|before| hold.id < before));
            live.truncate(limit);
            return Ok(live);
        }
        let end = match &before {
            Some(id) => Bound::Excluded(id.as_bytes()),
            None => Bound::Unbounded,
        };
        let rows = self.0.hold_rows()?;
        let older = rows.range::<&[u8; 16]>((Bound::Unbounded, end));
        let newest_first = older.map_err(unreadable)?.rev().take(limit);
        newest_first
            .map(|entry| parse(entry.map_err(unreadable)?.1.value()))
            .collect()
    }

    fn all_departures(&self, after: Option<UserId>, limit: usize) -> Read<Vec<Departure>> {
        rows_after(
            self.0.departures()?,
            after.as_ref().map(UserId::as_bytes),
            limit,
        )
    }

    fn suspended(&self, after: Option<UserId>, limit: usize) -> Read<Vec<UserId>> {
        let after = after.as_ref().map(UserId::as_bytes);
        keys_after(self.0.suspended_users()?, after, limit, |id| {
            UserId::from_bytes(*id)
        })
    }

    fn stale_roles(&self, before: Timestamp, limit: usize) -> Read<Vec<(RoleId, Timestamp)>> {
        let end = encoding::at(before, &FIRST);
        let index = self.0.managed_roles()?;
        let stale = index.range::<&[u8]>(..end.as_slice());
        let stale = stale.map_err(unreadable)?.take(limit);
        stale
            .map(|entry| {
                let (key, _) = entry.map_err(unreadable)?;
                let role = RoleId::from_bytes(encoding::last_id(key.value())?);
                Ok((role, encoding::first_moment(key.value())?))
            })
            .collect()
    }

    fn unknown_members(&self, after: Option<RoleId>, limit: usize) -> Read<Vec<UnknownMembers>> {
        let after = after.as_ref().map(RoleId::as_bytes);
        rows_after(self.0.unknown_members()?, after, limit)
    }

    fn identity_sets(&self, after: Option<&str>, limit: usize) -> Read<Vec<String>> {
        let aliases = self.0.aliases()?;
        let mut sets: Vec<String> = Vec::new();
        let mut last = after.map(str::to_owned);
        while sets.len() < limit {
            // Past every alias in the set: a length that no alias has.
            let start = last.map(|set| Prefix::of(&set).past_texts());
            let start = start.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            let mut rest = aliases
                .range::<&[u8]>((start, Bound::Unbounded))
                .map_err(unreadable)?;
            let Some(entry) = rest.next() else { break };
            let (set, _) = encoding::set_and_alias(entry.map_err(unreadable)?.0.value())?;
            last = Some(set.clone());
            sets.push(set);
        }
        Ok(sets)
    }

    fn aliases_in(
        &self,
        set: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Read<Vec<(String, UserId)>> {
        let after = after.map(|alias| encoding::alias(set, alias));
        let first = Prefix::of(set).bytes();
        let last = Prefix::of(set).past_texts();
        let start = match &after {
            Some(after) => Bound::Excluded(after.as_slice()),
            None => Bound::Included(first.as_slice()),
        };
        let range = (start, Bound::Included(last.as_slice()));
        let aliases = self.0.aliases()?.range::<&[u8]>(range);
        let aliases = aliases.map_err(unreadable)?.take(limit);
        aliases
            .map(|entry| {
                let (key, user) = entry.map_err(unreadable)?;
                let (_, alias) = encoding::set_and_alias(key.value())?;
                Ok((alias, UserId::from_bytes(*user.value())))
            })
            .collect()
    }

    fn exchanges_after(&self, after: Option<ExchangeId>, limit: usize) -> Read<Vec<String>> {
        self.exchanges_from(after, limit)
    }

    fn journal_first(&self) -> Read<u64> {
        let first = self.0.journal_entries()?.first().map_err(unreadable)?;
        match first {
            Some((seq, _)) => Ok(seq.value()),
            None => Ok(self.totals_by_now()?.journal_last + 1),
        }
    }
}

/// Every pair that begins with an id, or of them those after another.
fn within(first: &[u8; 16], after: Option<&[u8; 16]>) -> Within {
    let start = pair(first, after.unwrap_or(&FIRST));
    Within {
        range: start..=pair(first, &LAST),
        excluded: after.is_some(),
    }
}

struct Within {
    range: RangeInclusive<[u8; 32]>,
    excluded: bool,
}

impl Within {
    fn as_ref(&self) -> (Bound<&[u8; 32]>, Bound<&[u8; 32]>) {
        let start = if self.excluded {
            Bound::Excluded(self.range.start())
        } else {
            Bound::Included(self.range.start())
        };
        (start, Bound::Included(self.range.end()))
    }
}

/// The second ids of the pairs that begin with an id.
fn seconds(
    index: &impl ReadableTable<Pair, ()>,
    first: &[u8; 16],
    after: Option<&[u8; 16]>,
    limit: usize,
) -> Read<Vec<[u8; 16]>> {
    let range = within(first, after);
    let keys = index.range::<&[u8; 32]>(range.as_ref());
    let keys = keys.map_err(unreadable)?.take(limit);
    keys.map(|entry| Ok(second(entry.map_err(unreadable)?.0.value())))
        .collect()
}

/// The rows whose keys come after another.
fn rows_after<'k, K: Key + 'static, T: DeserializeOwned>(
    rows: &impl ReadableTable<K, Bytes>,
    after: Option<K::SelfType<'k>>,
    limit: usize,
) -> Read<Vec<T>> {
    let start = after.map_or(Bound::Unbounded, Bound::Excluded);
    rows.range::<K::SelfType<'k>>((start, Bound::Unbounded))
        .map_err(unreadable)?
        .take(limit)
        .map(|entry| parse(entry.map_err(unreadable)?.1.value()))
        .collect()
}

/// The keys after another.
fn keys_after<'k, K: Key + 'static, T>(
    index: &impl ReadableTable<K, ()>,
    after: Option<K::SelfType<'k>>,
    limit: usize,
    read: impl Fn(K::SelfType<'_>) -> T,
) -> Read<Vec<T>> {
    let start = after.map_or(Bound::Unbounded, Bound::Excluded);
    index
        .range::<K::SelfType<'k>>((start, Bound::Unbounded))
        .map_err(unreadable)?
        .take(limit)
        .map(|entry| Ok(read(entry.map_err(unreadable)?.0.value())))
        .collect()
}
