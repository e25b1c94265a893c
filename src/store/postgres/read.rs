//! Reading: what decisions, requests and lists look up.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    link::step,
    rows::{
        LIVE_HOLDS, OLDEST_DEPARTURES, PROVIDERS, Rows, all_json, by_ids, cell, count, json,
        natural, number, optional_json, role, unread, users,
    },
    table::key,
};
use crate::{
    directory::{
        Conflict, ConflictId, ConflictKind, Departure, Hold, HoldId, JournalEntry, Membership,
        Origin, Provider, ProviderRecord, Read, Role, RoleId, SafeguardView, Token, TokenHash,
        TokenId, User, UserId, View, fold, safeguard::Population,
    },
    store::{Snapshot, Start, Totals, Visible},
};

pub(super) const ROLES_BY_ID: &str =
    "SELECT to_json(r)::text FROM rolecall.roles r WHERE r.id = ANY($1)";
pub(super) const USERS_BY_ID: &str = users!("WHERE u.id = ANY($1)");
pub(super) const USERS_BY_NAME: &str = users!("WHERE u.user_name_key = ANY($1)");
pub(super) const ROLES_BY_NAME: &str =
    "SELECT to_json(r)::text FROM rolecall.roles r WHERE r.display_name_key = ANY($1)";
const ROLES_OF_USERS_BY_ID: &str = "SELECT to_json(r)::text FROM rolecall.roles r WHERE r.id IN \
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
            known.latest_conflicts.insert(place, Some(conflict));
        }
        known.conflict_keys.extend(keys.iter().cloned());
        Ok(())
    }

    fn page_of_users(&self, sql: &'static str, values: Vec<super::link::Value>) -> Read<Vec<User>> {
        // Whoever walks through everything shall not keep it.
        self.known.borrow_mut().forget_rows();
        let rows = self.ask(sql, values)?;
        let ids = self.note_users(&rows)?;
        let steps = vec![by_ids(
            ROLES_OF_USERS_BY_ID,
            ids.iter().map(|id| id.0).collect(),
        )];
        for roles in self.each(steps)? {
            self.note_roles(&roles)?;
        }
        let known = self.known.borrow();
        let users = ids.iter().filter_map(|id| known.users.get(id).cloned());
        Ok(users.flatten().collect())
    }
}

impl View for Rows {
    fn user(&self, id: UserId) -> Read<Option<User>> {
        if !self.known.borrow().users.contains_key(&id) {
            self.find_users(vec![id.0])?;
        }
        Ok(self.known.borrow().users.get(&id).cloned().flatten())
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
        let sql = "SELECT json_build_object('role', role_id, 'user', user_id, 'origin', origin)::text \
                   FROM rolecall.memberships WHERE role_id = $1 AND user_id > $2 \
                   ORDER BY user_id LIMIT $3";
        let after = after.map_or(Uuid::nil(), |user| user.0);
        self.parsed(
            sql,
            vec![Box::new(role.0), Box::new(after), Box::new(count(limit))],
        )
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
        Ok(known.latest_conflicts.get(&place).cloned().flatten())
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
        let totals = self.totals_by_now()?;
        let of = |counts: &std::collections::BTreeMap<Provider, u64>| {
            counts.get(&provider).copied().unwrap_or_default()
        };
        Ok(Population {
            active: of(&totals.users_managed_active),
            departed: of(&totals.departures),
        })
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
            let rows = self.ask(OLDEST_DEPARTURES, Vec::new())?;
            self.note_oldest_departures(&rows)?;
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

/// A moment as the database takes it, with what lies outside its times brought to their ends.
pub(super) fn moment(moment: Timestamp) -> String {
    if moment == Timestamp::MAX {
        "infinity".to_owned()
    } else if moment == Timestamp::MIN {
        "-infinity".to_owned()
    } else {
        moment.to_string()
    }
}

/// The users that are visible, from a place on: the ids first, from the index alone.
const VISIBLE_USERS: &str = users!(
    "JOIN (SELECT id FROM ( \
     (SELECT id FROM rolecall.users WHERE kind = 'person' AND managed_by = 'local' AND id > $1 \
     ORDER BY id LIMIT $3) UNION ALL \
     (SELECT id FROM rolecall.users WHERE kind = 'person' AND managed_by = $2 AND id > $1 \
     ORDER BY id LIMIT $3)) listed ORDER BY id OFFSET $4 LIMIT $5) page ON page.id = u.id ORDER BY u.id"
);
const ALL_USERS: &str = users!(
    "JOIN (SELECT id FROM rolecall.users WHERE id > $1 ORDER BY id OFFSET $2 LIMIT $3) page \
     ON page.id = u.id ORDER BY u.id"
);
const VISIBLE_ROLES: &str = "SELECT to_json(r)::text FROM rolecall.roles r \
    JOIN (SELECT id FROM ( \
    (SELECT id FROM rolecall.roles WHERE managed_by = 'local' AND id > $1 ORDER BY id LIMIT $3) \
    UNION ALL \
    (SELECT id FROM rolecall.roles WHERE managed_by = $2 AND id > $1 ORDER BY id LIMIT $3)) listed \
    ORDER BY id OFFSET $4 LIMIT $5) page ON page.id = r.id ORDER BY r.id";
const ALL_ROLES: &str = "SELECT to_json(r)::text FROM rolecall.roles r \
    JOIN (SELECT id FROM rolecall.roles WHERE id > $1 ORDER BY id OFFSET $2 LIMIT $3) page \
    ON page.id = r.id ORDER BY r.id";

/// The values of such a statement.
fn placed(visible: Visible, start: Start<Uuid>, limit: usize) -> Vec<super::link::Value> {
    let (after, offset) = match start {
        Start::After(id) => (id, 0),
        Start::Offset(rows) => (Uuid::nil(), number(rows)),
    };
    let limit = count(limit);
    match visible {
        Visible::Everything => vec![Box::new(after), Box::new(offset), Box::new(limit)],
        Visible::To(provider) => vec![
            Box::new(after),
            Box::new(provider.as_str()),
            Box::new(offset.saturating_add(limit)),
            Box::new(offset),
            Box::new(limit),
        ],
    }
}

impl Snapshot for Rows {
    fn totals(&self) -> Read<Totals> {
        self.totals_by_now()
    }

    fn users(&self, visible: Visible, start: Start<UserId>, limit: usize) -> Read<Vec<User>> {
        let sql = match visible {
            Visible::Everything => ALL_USERS,
            Visible::To(_) => VISIBLE_USERS,
        };
        self.page_of_users(sql, placed(visible, start.map(|id| id.0), limit))
    }

    fn roles(&self, visible: Visible, start: Start<RoleId>, limit: usize) -> Read<Vec<Role>> {
        let sql = match visible {
            Visible::Everything => ALL_ROLES,
            Visible::To(_) => VISIBLE_ROLES,
        };
        self.known.borrow_mut().forget_rows();
        let rows = self.ask(sql, placed(visible, start.map(|id| id.0), limit))?;
        rows.iter().map(role).collect()
    }

    fn users_by_external_id(&self, provider: Provider, external_id: &str) -> Read<Vec<UserId>> {
        let sql = "SELECT user_id FROM rolecall.user_external_ids \
                   WHERE provider = $1 AND external_id = $2 ORDER BY user_id";
        self.ids(
            sql,
            vec![Box::new(provider.as_str()), Box::new(key(external_id))],
        )
    }

    fn roles_by_external_id(&self, provider: Provider, external_id: &str) -> Read<Vec<RoleId>> {
        let sql = "SELECT role_id FROM rolecall.role_external_ids \
                   WHERE provider = $1 AND external_id = $2 ORDER BY role_id";
        self.ids(
            sql,
            vec![Box::new(provider.as_str()), Box::new(key(external_id))],
        )
    }

    fn users_by_email(&self, email: &str) -> Read<Vec<UserId>> {
        let sql = "SELECT user_id FROM rolecall.user_emails WHERE email = $1 ORDER BY user_id";
        self.ids(sql, vec![Box::new(key(&fold(email)))])
    }

    fn conflicts(
        &self,
        all: bool,
        before: Option<ConflictId>,
        limit: usize,
    ) -> Read<Vec<Conflict>> {
        let sql = if all {
            "SELECT to_json(c)::text FROM rolecall.conflicts c WHERE id < $1 ORDER BY id DESC LIMIT $2"
        } else {
            "SELECT to_json(c)::text FROM rolecall.conflicts c WHERE id < $1 AND state = 'open' \
             ORDER BY id DESC LIMIT $2"
        };
        let before = before.map_or(Uuid::max(), |id| id.0);
        self.parsed(sql, vec![Box::new(before), Box::new(count(limit))])
    }

    fn journal(&self, after: u64, limit: usize) -> Read<Vec<JournalEntry>> {
        let sql = "SELECT to_json(j)::text FROM rolecall.journal j WHERE seq > $1 \
                   ORDER BY seq LIMIT $2";
        self.parsed(sql, vec![Box::new(number(after)), Box::new(count(limit))])
    }

    fn token_use(&self, token: TokenId) -> Read<Option<(Timestamp, u64)>> {
        let sql = "SELECT json_build_array(last_used, requests)::text FROM rolecall.tokens \
                   WHERE id = $1 AND last_used IS NOT NULL";
        self.one(sql, vec![Box::new(token.0)])
    }

    fn role_push(&self, role: RoleId) -> Read<Option<Timestamp>> {
        let sql = "SELECT to_json(last_push)::text FROM rolecall.roles \
                   WHERE id = $1 AND last_push IS NOT NULL";
        self.one(sql, vec![Box::new(role.0)])
    }

    fn exchanges(&self, limit: usize, bytes: usize) -> Read<Vec<String>> {
        let sql = "SELECT exchange::text FROM ( \
                   SELECT id, exchange, sum(bytes) OVER (ORDER BY id DESC) - bytes AS before FROM ( \
                   SELECT id, exchange, bytes FROM rolecall.exchanges ORDER BY id DESC LIMIT $1) newest \
                   ) counted WHERE before <= $2::bigint ORDER BY id";
        let rows = self.ask(sql, vec![Box::new(count(limit)), Box::new(count(bytes))])?;
        rows.iter().map(|row| cell(row, 0)).collect()
    }

    fn exchanges_stored(&self, mark: u64, limit: usize) -> Read<Vec<(u64, String)>> {
        let sql = "SELECT stored, exchange::text FROM rolecall.exchanges WHERE stored > $1 \
                   ORDER BY stored LIMIT $2";
        let rows = self.ask(sql, vec![Box::new(number(mark)), Box::new(count(limit))])?;
        rows.iter()
            .map(|row| Ok((natural(cell(row, 0)?), cell(row, 1)?)))
            .collect()
    }

    fn exchange_mark(&self) -> Read<u64> {
        let rows = self.ask(
            "SELECT stored FROM rolecall.exchange_head WHERE single",
            Vec::new(),
        )?;
        rows.first().map_or(Ok(0), |row| cell(row, 0).map(natural))
    }
}
