//! Reading: access, and what lists, warnings and backups walk through.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    link::{Value, step},
    rows::{LIVE_HOLDS, Rows, cell, count, json, moment, natural, unread},
    table::key,
};
use crate::{
    directory::{
        AccessView, Departure, ExchangeId, Grant, Hold, HoldId, Read, Resource, ResourceId, RoleId,
        TemporaryAccess, UserId, fold,
    },
    store::survey::{Survey, UnknownMembers},
};

/// Temporary access as JSON, with the rest of the statement.
macro_rules! temporary {
    ($rest:literal) => {
        concat!(
            "SELECT json_build_object('user', user_id, 'resource', resource, 'from', \"from\", ",
            "'until', until, 'started', started)::text FROM rolecall.temporary_access ",
            $rest
        )
    };
}
pub(super) use temporary;

fn after(id: Option<impl Into<Uuid>>) -> Value {
    Box::new(id.map_or(Uuid::nil(), Into::into))
}

impl AccessView for Rows {
    fn resource(&self, id: ResourceId) -> Read<Option<Resource>> {
        let sql = "SELECT to_json(r)::text FROM rolecall.resources r WHERE id = $1";
        self.one(sql, vec![Box::new(id.0)])
    }

    fn resource_named(&self, name: &str) -> Read<Option<Resource>> {
        let sql = "SELECT to_json(r)::text FROM rolecall.resources r WHERE name_key = $1";
        self.one(sql, vec![Box::new(key(&fold(name)))])
    }

    fn is_granted(&self, role: RoleId, resource: ResourceId) -> Read<bool> {
        let sql = "SELECT role FROM rolecall.grants WHERE role = $1 AND resource = $2";
        let found: Vec<RoleId> = self.ids(sql, vec![Box::new(role.0), Box::new(resource.0)])?;
        Ok(!found.is_empty())
    }

    fn resources_of_role(
        &self,
        role: RoleId,
        after_resource: Option<ResourceId>,
        limit: usize,
    ) -> Read<Vec<ResourceId>> {
        let sql = "SELECT resource FROM rolecall.grants WHERE role = $1 AND resource > $2 \
                   ORDER BY resource LIMIT $3";
        let values: Vec<Value> = vec![
            Box::new(role.0),
            after(after_resource),
            Box::new(count(limit)),
        ];
        self.ids(sql, values)
    }

    fn roles_reaching(
        &self,
        resource: ResourceId,
        after_role: Option<RoleId>,
        limit: usize,
    ) -> Read<Vec<RoleId>> {
        let sql = "SELECT role FROM rolecall.grants WHERE resource = $1 AND role > $2 \
                   ORDER BY role LIMIT $3";
        let values: Vec<Value> = vec![
            Box::new(resource.0),
            after(after_role),
            Box::new(count(limit)),
        ];
        self.ids(sql, values)
    }

    fn temporary_access(
        &self,
        user: UserId,
        resource: ResourceId,
    ) -> Read<Option<TemporaryAccess>> {
        let sql = temporary!("WHERE user_id = $1 AND resource = $2");
        self.one(sql, vec![Box::new(user.0), Box::new(resource.0)])
    }

    fn temporary_access_of(
        &self,
        user: UserId,
        after_resource: Option<ResourceId>,
        limit: usize,
    ) -> Read<Vec<TemporaryAccess>> {
        if let Some(all) = self.known.borrow().temporary_of.get(&user) {
            let later =
                |access: &&TemporaryAccess| after_resource.is_none_or(|id| access.resource > id);
            return Ok(all.iter().filter(later).take(limit).copied().collect());
        }
        let sql = temporary!("WHERE user_id = $1 AND resource > $2 ORDER BY resource LIMIT $3");
        let values: Vec<Value> = vec![
            Box::new(user.0),
            after(after_resource),
            Box::new(count(limit)),
        ];
        self.parsed(sql, values)
    }

    fn temporary_access_to(
        &self,
        resource: ResourceId,
        after_user: Option<UserId>,
        limit: usize,
    ) -> Read<Vec<TemporaryAccess>> {
        let sql = temporary!("WHERE resource = $1 AND user_id > $2 ORDER BY user_id LIMIT $3");
        let values: Vec<Value> = vec![
            Box::new(resource.0),
            after(after_user),
            Box::new(count(limit)),
        ];
        self.parsed(sql, values)
    }

    fn access_due(&self, now: Timestamp, limit: usize) -> Read<Vec<TemporaryAccess>> {
        let sql = temporary!(
            "WHERE next_change <= $1::text::timestamptz \
             ORDER BY next_change, user_id, resource LIMIT $2"
        );
        self.parsed(sql, vec![Box::new(moment(now)), Box::new(count(limit))])
    }

    fn next_access_change(&self) -> Read<Option<Timestamp>> {
        let sql = "SELECT to_json(next_change)::text FROM rolecall.temporary_access \
                   ORDER BY next_change LIMIT 1";
        // Who waits for what is due asks for the holds, too.
        let steps = vec![step(sql, Vec::new()), step(LIVE_HOLDS, Vec::new())];
        self.settle().map_err(|error| unread(&error))?;
        let found = self.each(steps)?;
        let [next, holds] = found.as_slice() else {
            return Ok(None);
        };
        if self.known.borrow().live_holds.is_none() {
            self.note_live_holds(holds)?;
        }
        next.first().map(|row| json(row, 0)).transpose()
    }
}

impl Survey for Rows {
    fn resources(&self, after_resource: Option<ResourceId>, limit: usize) -> Read<Vec<Resource>> {
        let sql = "SELECT to_json(r)::text FROM rolecall.resources r WHERE id > $1 \
                   ORDER BY id LIMIT $2";
        self.parsed(sql, vec![after(after_resource), Box::new(count(limit))])
    }

    fn grants(&self, after_grant: Option<Grant>, limit: usize) -> Read<Vec<Grant>> {
        let sql = "SELECT to_json(g)::text FROM rolecall.grants g WHERE (role, resource) > ($1, $2) \
                   ORDER BY role, resource LIMIT $3";
        let values: Vec<Value> = vec![
            after(after_grant.map(|grant| grant.role)),
            after(after_grant.map(|grant| grant.resource)),
            Box::new(count(limit)),
        ];
        self.parsed(sql, values)
    }

    fn temporary_accesses(
        &self,
        after_access: Option<(UserId, ResourceId)>,
        limit: usize,
    ) -> Read<Vec<TemporaryAccess>> {
        let sql =
            temporary!("WHERE (user_id, resource) > ($1, $2) ORDER BY user_id, resource LIMIT $3");
        let values: Vec<Value> = vec![
            after(after_access.map(|(user, _)| user)),
            after(after_access.map(|(_, resource)| resource)),
            Box::new(count(limit)),
        ];
        self.parsed(sql, values)
    }

    fn holds(&self, all: bool, before: Option<HoldId>, limit: usize) -> Read<Vec<Hold>> {
        let sql = if all {
            "SELECT to_json(h)::text FROM rolecall.holds h WHERE id < $1 ORDER BY id DESC LIMIT $2"
        } else {
            "SELECT to_json(h)::text FROM rolecall.holds h WHERE id < $1 AND ended IS NULL \
             ORDER BY id DESC LIMIT $2"
        };
        let before = before.map_or(Uuid::max(), |id| id.0);
        self.parsed(sql, vec![Box::new(before), Box::new(count(limit))])
    }

    fn all_departures(&self, after_user: Option<UserId>, limit: usize) -> Read<Vec<Departure>> {
        let sql = "SELECT json_build_object('user', user_id, 'provider', provider, 'at', at)::text \
                   FROM rolecall.departures WHERE user_id > $1 ORDER BY user_id LIMIT $2";
        self.parsed(sql, vec![after(after_user), Box::new(count(limit))])
    }

    fn suspended(&self, after_user: Option<UserId>, limit: usize) -> Read<Vec<UserId>> {
        let sql = "SELECT id FROM rolecall.users WHERE active = false AND id > $1 \
                   ORDER BY id LIMIT $2";
        self.ids(sql, vec![after(after_user), Box::new(count(limit))])
    }

    fn stale_roles(&self, before: Timestamp, limit: usize) -> Read<Vec<(RoleId, Timestamp)>> {
        let sql = "SELECT json_build_array(id, coalesce(last_push, created))::text \
                   FROM rolecall.roles WHERE managed_by <> 'local' \
                   AND coalesce(last_push, created) < $1::text::timestamptz \
                   ORDER BY coalesce(last_push, created), id LIMIT $2";
        self.parsed(sql, vec![Box::new(moment(before)), Box::new(count(limit))])
    }

    fn unknown_members(
        &self,
        after_role: Option<RoleId>,
        limit: usize,
    ) -> Read<Vec<UnknownMembers>> {
        let sql = "SELECT to_json(u)::text FROM rolecall.unknown_members u WHERE role > $1 \
                   ORDER BY role LIMIT $2";
        self.parsed(sql, vec![after(after_role), Box::new(count(limit))])
    }

    fn identity_sets(&self, after_set: Option<&str>, limit: usize) -> Read<Vec<String>> {
        let sql = "SELECT identity_set FROM rolecall.identity_aliases \
                   WHERE (octet_length(identity_set), identity_set) > ($1, $2) \
                   GROUP BY octet_length(identity_set), identity_set \
                   ORDER BY octet_length(identity_set), identity_set LIMIT $3";
        self.texts(sql, after_set, limit)
    }

    fn aliases_in(
        &self,
        set: &str,
        after_alias: Option<&str>,
        limit: usize,
    ) -> Read<Vec<(String, UserId)>> {
        let sql = "SELECT alias, user_id FROM rolecall.identity_aliases WHERE identity_set = $1 \
                   AND (octet_length(alias), alias) > ($2, $3) \
                   ORDER BY octet_length(alias), alias LIMIT $4";
        let (length, alias) = by_length(after_alias);
        let values: Vec<Value> = vec![
            Box::new(set.to_owned()),
            Box::new(length),
            Box::new(alias),
            Box::new(count(limit)),
        ];
        let rows = self.ask(sql, values)?;
        rows.iter()
            .map(|row| Ok((cell(row, 0)?, UserId(cell(row, 1)?))))
            .collect()
    }

    fn exchanges_after(&self, after_id: Option<ExchangeId>, limit: usize) -> Read<Vec<String>> {
        let sql =
            "SELECT exchange::text FROM rolecall.exchanges WHERE id > $1 ORDER BY id LIMIT $2";
        let rows = self.ask(sql, vec![after(after_id), Box::new(count(limit))])?;
        rows.iter().map(|row| cell(row, 0)).collect()
    }

    fn journal_first(&self) -> Read<u64> {
        let rows = self.ask(
            "SELECT seq FROM rolecall.journal ORDER BY seq LIMIT 1",
            Vec::new(),
        )?;
        match rows.first() {
            Some(row) => Ok(natural(cell(row, 0)?)),
            None => Ok(self.totals_by_now()?.journal_last + 1),
        }
    }
}

impl Rows {
    fn texts(&self, sql: &'static str, after: Option<&str>, limit: usize) -> Read<Vec<String>> {
        let (length, text) = by_length(after);
        let values: Vec<Value> = vec![Box::new(length), Box::new(text), Box::new(count(limit))];
        let rows = self.ask(sql, values)?;
        rows.iter().map(|row| cell(row, 0)).collect()
    }
}

/// A text and its length, by which texts are in order; before all of them where there is none.
fn by_length(text: Option<&str>) -> (i32, String) {
    match text {
        Some(text) => (
            i32::try_from(text.len()).unwrap_or(i32::MAX),
            text.to_owned(),
        ),
        None => (-1, String::new()),
    }
}
