//! Reading: what decisions, requests and lists look up.

use std::ops::Bound;

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    link::step,
    rows::{
        LIVE_HOLDS, PROVIDERS, Rows, all_json, by_ids, cell, count, json, moment,
        oldest_departures, optional_json, unread, users,
    },
    table::key,
};
use crate::directory::{
    Conflict, ConflictId, ConflictKind, Departure, Hold, HoldId, Membership, Origin, Provider,
    ProviderRecord, Read, Role, RoleId, SafeguardView, Token, TokenHash, TokenId, User, UserId,
    View, fold, safeguard::Population,
};

pub(super) const ROLES_BY_ID: &str =
    "SELECT to_json(r)::text FROM rolecall.roles r WHERE r.id = ANY($1)";
pub(super) const USERS_BY_ID: &str = users!("WHERE u.id = ANY($1)");
pub(super) const USERS_BY_NAME: &str = users!("WHERE u.user_name_key = ANY($1)");
pub(super) const ROLES_BY_NAME: &str =
    "SELECT to_json(r)::text FROM rolecall.roles r WHERE r.display_name_key = ANY($1)";
pub(super) const ROLES_OF_USERS_BY_ID: &str = "SELECT to_json(r)::text FROM rolecall.roles r WHERE r.id IN \
    (SELECT m.role_id FROM rolecall.memberships m WHERE m.user_id = ANY($1))";
const ROLES_OF_USERS_BY_NAME: &str = "SELECT to_json(r)::text FROM rolecall.roles r WHERE r.id IN \
    (SELECT m.role_id FROM rolecall.memberships m JOIN rolecall.users u ON m.user_id = u.id \
    WHERE u.user_name_key = ANY($1))";
pub(super) const CONFLICTS_BY_KEY: &str = "SELECT DISTINCT ON (c.provider, c.kind, c.key) to_json(c)::text \
    FROM rolecall.conflicts c WHERE c.lookup_key = ANY($1) \
    ORDER BY c.provider, c.kind, c.key, c.id DESC";

impl Rows {
    /// Reads users by id with all that an answer shows of them, in one round trip.
    fn find_users(&self, ids: Vec<Uuid>) -> Read<()> {
        // Memberships may have changed of a user that has not been read.
        self.settle().map_err(|error| unread(&error))?;
        let mut steps = vec![by_ids(USERS_BY_ID, ids.clone())];
        steps.push(by_ids(ROLES_OF_USERS_BY_ID, ids.clone()));
        let found = self.each(steps)?;
        {
            let mut known = self.known.borrow_mut();
            for id in ids {
                known.users.insert(UserId(id), None);
            }
        }
        self.take_users(&found).map(drop)
    }

    /// Reads a user by name with all that an answer shows of it, in one round trip.
    fn find_user_named(&self, name: &str) -> Read<()> {
        self.settle().map_err(|error| unread(&error))?;
        let names = vec![key(name)];
        let steps = vec![
            step(USERS_BY_NAME, vec![Box::new(names.clone())]),
            step(ROLES_OF_USERS_BY_NAME, vec![Box::new(names)]),
        ];
        let found = self.each(steps)?;
        let mut known = self.known.borrow_mut();
        known.user_names.insert(name.to_owned(), None);
        drop(known);
        self.take_users(&found).map(drop)
    }

    /// What two such statements found: users, and the roles that they are in.
    fn take_users(&self, found: &[Vec<tokio_postgres::Row>]) -> Read<Vec<UserId>> {
        let [users, roles] = found else {
            return Ok(Vec::new());
        };
        self.note_roles(roles)?;
        self.note_users(users)
    }

    fn find_roles(&self, ids: Vec<Uuid>) -> Read<()> {
        let found = self.each(vec![by_ids(ROLES_BY_ID, ids.clone())])?;
        let mut known = self.known.borrow_mut();
        for id in ids {
            known.roles.insert(RoleId(id), None);
        }
        drop(known);
        found.iter().try_for_each(|roles| self.note_roles(roles))
    }

    /// Reads the latest conflicts of these keys.
    fn find_conflicts(&self, keys: &[String]) -> Read<()> {
        let lookup: Vec<String> = keys.iter().map(|text| key(text)).collect();
        let found = self.ask(CONFLICTS_BY_KEY, vec![Box::new(lookup)])?;
        let conflicts: Vec<Conflict> = all_json(&found)?;
        let mut known = self.known.borrow_mut();
        for conflict in conflicts {
            let place = (conflict.provider, conflict.kind, conflict.key.clone());
            known.latest_conflicts.insert(place, conflict);
        }
        known.conflict_keys.extend(keys.iter().cloned());
        Ok(())
    }
}

impl View for Rows {
    fn user(&self, id: UserId) -> Read<Option<User>> {
        if !self.known.borrow().users.contains_key(&id) {
            self.find_users(vec![id.0])?;
        }
        Ok(self.known.borrow().users.get(&id).cloned().flatten())
    }

    fn user_name(&self, id: UserId) -> Read<Option<String>> {
        let known = self.known.borrow();
        if let (None, Some(name)) = (known.users.get(&id), known.names_of.get(&id)) {
            return Ok(Some(name.clone()));
        }
        drop(known);
        Ok(self.user(id)?.map(|user| user.user_name))
    }

    fn user_named(&self, user_name: &str) -> Read<Option<User>> {
        let name = fold(user_name);
        if !self.known.borrow().user_names.contains_key(&name) {
            self.find_user_named(&name)?;
        }
        let id = self.known.borrow().user_names.get(&name).copied();
        match id.flatten() {
            Some(id) => self.user(id),
            None => Ok(None),
        }
    }

    fn role(&self, id: RoleId) -> Read<Option<Role>> {
        if !self.known.borrow().roles.contains_key(&id) {
            self.find_roles(vec![id.0])?;
        }
        Ok(self.known.borrow().roles.get(&id).cloned().flatten())
    }

    fn role_named(&self, display_name: &str) -> Read<Option<Role>> {
        let name = fold(display_name);
        if !self.known.borrow().role_names.contains_key(&name) {
            let names = vec![key(&name)];
            let found = self.each(vec![step(ROLES_BY_NAME, vec![Box::new(names)])])?;
            self.known
                .borrow_mut()
                .role_names
                .insert(name.clone(), None);
            found.iter().try_for_each(|roles| self.note_roles(roles))?;
        }
        let id = self.known.borrow().role_names.get(&name).copied();
        match id.flatten() {
            Some(id) => self.role(id),
            None => Ok(None),
        }
    }

    fn membership(&self, role: RoleId, user: UserId) -> Read<Option<Membership>> {
        let known = self.known.borrow().membership(role, user);
        let origin = if let Some(looked) = known {
            looked.origin
        } else {
            let sql = "SELECT to_json(origin)::text FROM rolecall.memberships \
                       WHERE role_id = $1 AND user_id = $2";
            let rows = self.each(vec![step(sql, vec![Box::new(role.0), Box::new(user.0)])])?;
            let origin: Option<Origin> = match rows.first().and_then(|rows| rows.first()) {
                Some(row) => optional_json(row, 0)?,
                None => None,
            };
            let mut known = self.known.borrow_mut();
            known.memberships.insert((role, user), origin);
            origin
        };
        Ok(origin.map(|origin| Membership { role, user, origin }))
    }

    fn members(&self, role: RoleId, after: Option<UserId>, limit: usize) -> Read<Vec<Membership>> {
        if let Some(all) = self.known.borrow().members_of.get(&role) {
            let after = after.map_or(Bound::Unbounded, Bound::Excluded);
            let some = all.range((after, Bound::Unbounded)).take(limit);
            return Ok(some
                .map(|(&user, &origin)| Membership { role, user, origin })
                .collect());
        }
        let sql = "SELECT user_id, origin = 'local' FROM rolecall.memberships \
                   WHERE role_id = $1 AND user_id > $2 ORDER BY user_id LIMIT $3";
        let after = after.map_or(Uuid::nil(), |user| user.0);
        let rows = self.ask(
            sql,
            vec![Box::new(role.0), Box::new(after), Box::new(count(limit))],
        )?;
        let membership = |row| {
            let origin = if cell(row, 1)? {
                Origin::Local
            } else {
                Origin::Provider
            };
            let user = UserId(cell(row, 0)?);
            Ok(Membership { role, user, origin })
        };
        rows.iter().map(membership).collect()
    }

    fn memberships_of(&self, user: UserId) -> Read<Vec<Membership>> {
        if !self.known.borrow().memberships_of.contains_key(&user) {
            let sql = "SELECT json_build_array(role_id, origin)::text FROM rolecall.memberships \
                       WHERE user_id = $1";
            // Who asks where a user is goes on to the roles.
            let steps = vec![
                step(sql, vec![Box::new(user.0)]),
                by_ids(ROLES_OF_USERS_BY_ID, vec![user.0]),
            ];
            self.settle().map_err(|error| unread(&error))?;
            let found = self.each(steps)?;
            let [pairs, roles] = found.as_slice() else {
                return Ok(Vec::new());
            };
            let pairs: Vec<(RoleId, Origin)> = all_json(pairs)?;
            self.note_roles(roles)?;
            let mut known = self.known.borrow_mut();
            known
                .memberships_of
                .insert(user, pairs.into_iter().collect());
        }
        let known = self.known.borrow();
        let all = known.memberships_of.get(&user).into_iter().flatten();
        Ok(all
            .map(|(&role, &origin)| Membership { role, user, origin })
            .collect())
    }

    fn alias_holder(&self, set: &str, alias: &str) -> Read<Option<UserId>> {
        let place = (set.to_owned(), alias.to_owned());
        if let Some(&holder) = self.known.borrow().aliases.get(&place) {
            return Ok(holder);
        }
        let sql =
            "SELECT user_id FROM rolecall.identity_aliases WHERE identity_set = $1 AND alias = $2";
        let values: Vec<super::link::Value> =
            vec![Box::new(set.to_owned()), Box::new(alias.to_owned())];
        let found = self.each(vec![step(sql, values)])?;
        let first = found.first().and_then(|rows| rows.first());
        let holder = first.map(|row| cell(row, 0).map(UserId)).transpose()?;
        self.known.borrow_mut().aliases.insert(place, holder);
        Ok(holder)
    }

    fn provider(&self, provider: Provider) -> Read<ProviderRecord> {
        if self.known.borrow().providers.is_none() {
            let rows = self.ask(PROVIDERS, Vec::new())?;
            self.note_providers(&rows)?;
        }
        let known = self.known.borrow();
        let record = known.providers.as_ref().and_then(|all| all.get(&provider));
        Ok(record
            .cloned()
            .unwrap_or_else(|| ProviderRecord::unknown(provider)))
    }

    fn token(&self, id: TokenId) -> Read<Option<Token>> {
        let sql = "SELECT to_json(t)::text FROM rolecall.tokens t WHERE id = $1";
        self.one(sql, vec![Box::new(id.0)])
    }

    fn token_by_hash(&self, hash: &TokenHash) -> Read<Option<Token>> {
        let hash = serde_json::to_value(hash).unwrap_or_default();
        let hash = hash.as_str().unwrap_or_default().to_owned();
        let sql = "SELECT to_json(t)::text FROM rolecall.tokens t WHERE hash = $1";
        // Who authenticates needs its provider, too.
        let steps = vec![step(sql, vec![Box::new(hash)]), step(PROVIDERS, Vec::new())];
        self.settle().map_err(|error| unread(&error))?;
        let found = self.each(steps)?;
        let [tokens, providers] = found.as_slice() else {
            return Ok(None);
        };
        self.note_providers(providers)?;
        tokens.first().map(|row| json(row, 0)).transpose()
    }

    fn tokens(&self) -> Read<Vec<Token>> {
        self.parsed(
            "SELECT to_json(t)::text FROM rolecall.tokens t ORDER BY id",
            Vec::new(),
        )
    }

    fn conflict(&self, id: ConflictId) -> Read<Option<Conflict>> {
        let sql = "SELECT to_json(c)::text FROM rolecall.conflicts c WHERE id = $1";
        self.one(sql, vec![Box::new(id.0)])
    }

    fn latest_conflict(
        &self,
        provider: Provider,
        kind: ConflictKind,
        key: &str,
    ) -> Read<Option<Conflict>> {
        if !self.known.borrow().conflict_keys.contains(key) {
            self.find_conflicts(&[key.to_owned()])?;
        }
        let place = (provider, kind, key.to_owned());
        let known = self.known.borrow();
        Ok(known.latest_conflicts.get(&place).cloned())
    }

    fn conflicts_about(&self, existing: &str) -> Read<Vec<Conflict>> {
        if let Some(conflicts) = self.known.borrow().conflicts_about.get(existing) {
            return Ok(conflicts.clone());
        }
        let sql = "SELECT to_json(c)::text FROM rolecall.conflicts c \
                   WHERE existing_id = $1 AND state IN ('open', 'dismissed') ORDER BY id";
        let conflicts: Vec<Conflict> = self.parsed(sql, vec![Box::new(existing.to_owned())])?;
        let mut known = self.known.borrow_mut();
        known
            .conflicts_about
            .insert(existing.to_owned(), conflicts.clone());
        Ok(conflicts)
    }
}

impl SafeguardView for Rows {
    fn population(&self, provider: Provider) -> Read<Population> {
        Ok(self.totals_by_now()?.population(provider))
    }

    fn active_admins(&self, limit: usize) -> Read<Vec<UserId>> {
        let sql = "SELECT id FROM rolecall.users WHERE permission_level = 'admin' \
                   AND kind = 'person' AND (active IS NULL OR active) ORDER BY id LIMIT $1";
        self.ids(sql, vec![Box::new(count(limit))])
    }

    fn departure(&self, user: UserId) -> Read<Option<Departure>> {
        if let Some(known) = self.known.borrow().departures.get(&user) {
            return Ok(*known);
        }
        let sql = "SELECT json_build_object('user', user_id, 'provider', provider, 'at', at)::text \
                   FROM rolecall.departures WHERE user_id = $1";
        let departure = self.one(sql, vec![Box::new(user.0)])?;
        self.known.borrow_mut().departures.insert(user, departure);
        Ok(departure)
    }

    fn departures(
        &self,
        provider: Provider,
        until: Timestamp,
        limit: usize,
    ) -> Read<Vec<Departure>> {
        if self.known.borrow().oldest_departures.is_none() {
            self.settle().map_err(|error| unread(&error))?;
            let rows = self.each(vec![oldest_departures()])?;
            self.note_oldest_departures(&rows.concat())?;
        }
        let known = self.known.borrow();
        let oldest = known.oldest_departures.as_ref();
        let oldest = oldest.and_then(|all| all.get(&provider).copied());
        drop(known);
        if oldest.is_none_or(|oldest| oldest > until) {
            return Ok(Vec::new());
        }
        let sql = "SELECT json_build_object('user', user_id, 'provider', provider, 'at', at)::text \
                   FROM rolecall.departures WHERE provider = $1 AND at <= $2::text::timestamptz \
                   ORDER BY at, user_id LIMIT $3";
        self.parsed(
            sql,
            vec![
                Box::new(provider.as_str()),
                Box::new(moment(until)),
                Box::new(count(limit)),
            ],
        )
    }

    fn hold(&self, id: HoldId) -> Read<Option<Hold>> {
        let sql = "SELECT to_json(h)::text FROM rolecall.holds h WHERE id = $1";
        self.one(sql, vec![Box::new(id.0)])
    }

    fn live_hold(&self, provider: Provider) -> Read<Option<Hold>> {
        if self.known.borrow().live_holds.is_none() {
            let rows = self.ask(LIVE_HOLDS, Vec::new())?;
            self.note_live_holds(&rows)?;
        }
        let known = self.known.borrow();
        let live = known.live_holds.as_ref();
        Ok(live.and_then(|all| all.get(&provider).cloned()))
    }
}
