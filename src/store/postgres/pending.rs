//! What a transaction has changed and not sent yet: a row's last state counts, however often it changed.

use std::{collections::BTreeMap, mem};

use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    blocks::{self, Moved, list_of_role, list_of_user},
    link::{Step, step},
    table::{self, Kept, Table, UserKeys, role_keys},
};
use crate::{
    directory::{
        Change, Conflict, ConflictId, Departure, Grant, Hold, HoldId, JournalEntry, Membership,
        Origin, Provider, ProviderRecord, Resource, ResourceId, Role, RoleId, TemporaryAccess,
        Token, TokenId, User, UserId, fold,
    },
    store::{StoreError, UnknownMembers},
};

/// More changes than this are sent before the transaction ends, so that no memory is needed for them.
const MANY: usize = 2_000;

/// A row as it was before the transaction, as far as that was sent, and as it is to be.
#[derive(Debug)]
struct Touched<Row> {
    before: Option<Row>,
    now: Option<Row>,
}

/// Rows by their keys.
type Rows<Key, Row> = BTreeMap<Key, Touched<Row>>;

/// What is to be sent.
#[derive(Default)]
pub(super) struct Pending {
    changes: usize,
    users: Rows<UserId, User>,
    roles: Rows<RoleId, Role>,
    memberships: Rows<(RoleId, UserId), Origin>,
    providers: BTreeMap<Provider, ProviderRecord>,
    tokens: Rows<TokenId, Token>,
    conflicts: Rows<ConflictId, Conflict>,
    resources: Rows<ResourceId, Resource>,
    grants: Rows<Grant, Grant>,
    temporary: Rows<(UserId, ResourceId), TemporaryAccess>,
    departures: Rows<UserId, Departure>,
    /// Of which providers all departures go that were sent.
    forgotten_departures: Vec<Provider>,
    holds: Rows<HoldId, Hold>,
    unknown_members: BTreeMap<RoleId, UnknownMembers>,
    journal: Vec<JournalEntry>,
    /// Whether the blocks are moved with their rows.
    is_counting: bool,
}

impl Pending {
    /// The blocks count what is in the tables, or are behind and stay so.
    pub(super) fn counts_blocks(&mut self, is_counting: bool) {
        self.is_counting = is_counting;
    }

    /// Whether the blocks are moved with their rows.
    pub(super) fn is_counting(&self) -> bool {
        self.is_counting
    }

    /// Whether there is nothing to send.
    pub(super) fn is_empty(&self) -> bool {
        self.changes == 0
    }

    /// Whether it should be sent before more is added.
    pub(super) fn is_large(&self) -> bool {
        self.changes >= MANY
    }

    /// The first entry for the journal, to tell by whether it has become durable.
    pub(super) fn first_entry(&self) -> Option<&JournalEntry> {
        self.journal.first()
    }

    /// Adds an entry for the journal, and what it tells of unknown members of a role that is here.
    pub(super) fn append(&mut self, entry: JournalEntry, unknown: Option<UnknownMembers>) {
        self.changes += 1;
        if let Some(unknown) = unknown {
            self.unknown_members.insert(unknown.role, unknown);
        }
        self.journal.push(entry);
    }

    /// Adds a change.
    pub(super) fn apply(&mut self, change: &Change) -> Result<(), StoreError> {
        self.changes += 1;
        match change {
            Change::PutUser { before, after } => touch(
                &mut self.users,
                after.id,
                before.as_deref(),
                Some(&**after),
                "user",
            ),
            Change::DeleteUser(user) => {
                touch(&mut self.users, user.id, Some(&**user), None, "user")
            }
            Change::PutRole { before, after } => touch(
                &mut self.roles,
                after.id,
                before.as_deref(),
                Some(&**after),
                "role",
            ),
            Change::DeleteRole(role) => {
                self.unknown_members.remove(&role.id);
                touch(&mut self.roles, role.id, Some(&**role), None, "role")
            }
            Change::PutProvider(record) => {
                self.providers.insert(record.provider, record.clone());
                Ok(())
            }
            Change::PutToken { before, after } => touch(
                &mut self.tokens,
                after.id,
                before.as_deref(),
                Some(&**after),
                "token",
            ),
            Change::PutConflict { before, after } => touch(
                &mut self.conflicts,
                after.id,
                before.as_deref(),
                Some(&**after),
                "conflict",
            ),
            Change::PutHold { before, after } => touch(
                &mut self.holds,
                after.id,
                before.as_deref(),
                Some(&**after),
                "hold",
            ),
            other => {
                self.apply_pairs(other);
                Ok(())
            }
        }
    }

    fn apply_pairs(&mut self, change: &Change) {
        match change {
            Change::PutMembership(membership) => {
                put(
                    &mut self.memberships,
                    (membership.role, membership.user),
                    membership.origin,
                );
            }
            Change::DeleteMembership(membership) => {
                let key = (membership.role, membership.user);
                take(&mut self.memberships, key, membership.origin);
            }
            Change::PutResource(resource) => {
                put(&mut self.resources, resource.id, Resource::clone(resource));
            }
            Change::DeleteResource(resource) => {
                take(&mut self.resources, resource.id, Resource::clone(resource));
            }
            Change::PutGrant(grant) => put(&mut self.grants, *grant, *grant),
            Change::DeleteGrant(grant) => take(&mut self.grants, *grant, *grant),
            Change::PutTemporaryAccess { after, .. } => {
                put(&mut self.temporary, (after.user, after.resource), *after);
            }
            Change::DeleteTemporaryAccess(access) => {
                take(&mut self.temporary, (access.user, access.resource), *access);
            }
            Change::PutDeparture(gone) => put(&mut self.departures, gone.user, *gone),
            Change::DeleteDeparture(gone) => take(&mut self.departures, gone.user, *gone),
            Change::ForgetDepartures(provider) => {
                self.departures.retain(|_, touched| {
                    touched
                        .now
                        .or(touched.before)
                        .is_some_and(|gone| gone.provider != *provider)
                });
                self.forgotten_departures.push(*provider);
            }
            _ => {}
        }
    }

    /// What to send, in order: rows make room before others take it.
    pub(super) fn take_steps(&mut self) -> Result<Vec<Step>, StoreError> {
        let is_counting = self.is_counting;
        let pending = mem::replace(
            self,
            Self {
                is_counting,
                ..Self::default()
            },
        );
        let mut out = Outgoing::default();
        out.rows(
            &table::MEMBERSHIPS,
            pending.memberships,
            |(role, user), origin| {
                Membership {
                    role: *role,
                    user: *user,
                    origin: *origin,
                }
                .row()
            },
        )?;
        out.kept(&table::GRANTS, pending.grants)?;
        out.kept(&table::TEMPORARY_ACCESS, pending.temporary)?;
        for provider in pending.forgotten_departures {
            let provider: super::link::Value = Box::new(provider.as_str());
            let sql = "DELETE FROM rolecall.departures WHERE provider = $1";
            out.gone.push(step(sql, vec![provider]));
        }
        out.kept(&table::DEPARTURES, pending.departures)?;
        if is_counting {
            out.blocks(&pending.users, &pending.roles);
        }
        out.users(pending.users)?;
        out.roles(pending.roles)?;
        out.kept(&table::RESOURCES, pending.resources)?;
        out.kept(&table::TOKENS, pending.tokens)?;
        out.kept(&table::CONFLICTS, pending.conflicts)?;
        out.holds(pending.holds)?;
        out.replaced(&table::PROVIDERS, pending.providers.values())?;
        out.replaced(&table::UNKNOWN_MEMBERS, pending.unknown_members.values())?;
        let entries: Vec<Json> = pending
            .journal
            .iter()
            .map(Kept::row)
            .collect::<Result<_, _>>()?;
        if !entries.is_empty() {
            out.new.push(table::JOURNAL.insert(&entries)?);
        }
        Ok(out.steps())
    }
}

/// A row that a decision has read, or not found, changes.
fn touch<Key: Ord, Row: Clone>(
    rows: &mut Rows<Key, Row>,
    key: Key,
    before: Option<&Row>,
    now: Option<&Row>,
    what: &str,
) -> Result<(), StoreError> {
    match rows.get_mut(&key) {
        None => {
            let (before, now) = (before.cloned(), now.cloned());
            rows.insert(key, Touched { before, now });
        }
        Some(touched) => {
            if touched.now.is_some() != before.is_some() {
                let found = if before.is_some() {
                    "is not"
                } else {
                    "is already"
                };
                return Err(StoreError::Damaged(format!(
                    "a {what} that is to change {found} in the store"
                )));
            }
            touched.now = now.cloned();
        }
    }
    Ok(())
}

/// A row that may be there or not is to be like this.
fn put<Key: Ord, Row>(rows: &mut Rows<Key, Row>, key: Key, row: Row) {
    let touched = rows.entry(key).or_insert(Touched {
        before: None,
        now: None,
    });
    touched.now = Some(row);
}

/// A row goes.
fn take<Key: Ord, Row>(rows: &mut Rows<Key, Row>, key: Key, row: Row) {
    let touched = rows.entry(key).or_insert(Touched {
        before: None,
        now: None,
    });
    touched.before.get_or_insert(row);
    touched.now = None;
}

/// Statements by when they are due.
#[derive(Default)]
struct Outgoing {
    gone: Vec<Step>,
    new: Vec<Step>,
    last: Vec<Step>,
}

impl Outgoing {
    fn steps(self) -> Vec<Step> {
        let all = self.gone.into_iter().chain(self.new);
        all.chain(self.last).collect()
    }

    /// What has come into lists, and gone from them.
    fn blocks(&mut self, users: &Rows<UserId, User>, roles: &Rows<RoleId, Role>) {
        let (mut moved_users, mut moved_roles) = (Moved::default(), Moved::default());
        for (id, Touched { before, now }) in users {
            let [before, now] = [before, now].map(|user| user.as_ref().map(list_of_user));
            moved_users.note(id.0, before, now);
        }
        for (id, Touched { before, now }) in roles {
            let [before, now] = [before, now].map(|role| role.as_ref().map(list_of_role));
            moved_roles.note(id.0, before, now);
        }
        self.last.extend(moved_users.steps(&blocks::USERS));
        self.last.extend(moved_roles.steps(&blocks::ROLES));
    }

    /// Rows that may have been there before or not.
    fn rows<Key, Row>(
        &mut self,
        table: &'static Table,
        rows: Rows<Key, Row>,
        json: impl Fn(&Key, &Row) -> Result<Json, StoreError>,
    ) -> Result<(), StoreError> {
        let (mut gone, mut put) = (Vec::new(), Vec::new());
        for (key, touched) in rows {
            match (touched.before, touched.now) {
                (_, Some(now)) => put.push(json(&key, &now)?),
                (Some(before), None) => gone.push(json(&key, &before)?),
                (None, None) => {}
            }
        }
        if !gone.is_empty() {
            self.gone.push(table.delete(&gone)?);
        }
        if !put.is_empty() {
            self.new.push(table.replace(&put)?);
        }
        Ok(())
    }

    fn kept<Key, Row: Kept>(
        &mut self,
        table: &'static Table,
        rows: Rows<Key, Row>,
    ) -> Result<(), StoreError> {
        self.rows(table, rows, |_, row| row.row())
    }

    fn replaced<'a, Row: Kept + 'a>(
        &mut self,
        table: &'static Table,
        rows: impl Iterator<Item = &'a Row>,
    ) -> Result<(), StoreError> {
        let rows: Vec<Json> = rows.map(Kept::row).collect::<Result<_, _>>()?;
        if !rows.is_empty() {
            self.new.push(table.replace(&rows)?);
        }
        Ok(())
    }

    /// At most one hold of a provider is live: those that end come first.
    fn holds(&mut self, holds: Rows<HoldId, Hold>) -> Result<(), StoreError> {
        let all: Vec<Hold> = holds
            .into_values()
            .filter_map(|touched| touched.now)
            .collect();
        let (ended, live): (Vec<&Hold>, Vec<&Hold>) =
            all.iter().partition(|hold| hold.ended.is_some());
        self.replaced(&table::HOLDS, ended.into_iter())?;
        self.replaced(&table::HOLDS, live.into_iter())
    }

    fn users(&mut self, users: Rows<UserId, User>) -> Result<(), StoreError> {
        let mut keys = Keys::default();
        let mut aliases = Keys::default();
        let mut emails = Keys::default();
        let mut renamed: Vec<Uuid> = Vec::new();
        for (id, Touched { before, now }) in &users {
            let (old, new) = (UserKeys::of(before.as_ref()), UserKeys::of(now.as_ref()));
            keys.differ(&old.external_ids, new.external_ids);
            emails.differ(&old.emails, new.emails);
            aliases.differ(&old.aliases, new.aliases);
            if let (Some(before), Some(now)) = (before, now)
                && fold(&before.user_name) != fold(&now.user_name)
            {
                renamed.push(id.0);
            }
        }
        keys.send(self, &table::USER_EXTERNAL_IDS)?;
        emails.send(self, &table::USER_EMAILS)?;
        aliases.send(self, &table::IDENTITY_ALIASES)?;
        self.park(
            "UPDATE rolecall.users SET user_name_key = id::text WHERE id = ANY($1)",
            renamed,
        );
        self.rows_of(&table::USERS, users)
    }

    fn roles(&mut self, roles: Rows<RoleId, Role>) -> Result<(), StoreError> {
        let mut keys = Keys::default();
        let mut renamed: Vec<Uuid> = Vec::new();
        let mut gone: Vec<Uuid> = Vec::new();
        for (id, Touched { before, now }) in &roles {
            keys.differ(&role_keys(before.as_ref()), role_keys(now.as_ref()));
            match (before, now) {
                (Some(before), Some(now))
                    if fold(&before.display_name) != fold(&now.display_name) =>
                {
                    renamed.push(id.0);
                }
                (Some(_), None) => gone.push(id.0),
                _ => {}
            }
        }
        keys.send(self, &table::ROLE_EXTERNAL_IDS)?;
        if !gone.is_empty() {
            let sql = "DELETE FROM rolecall.unknown_members WHERE role = ANY($1)";
            self.gone.push(step(sql, vec![Box::new(gone)]));
        }
        self.park(
            "UPDATE rolecall.roles SET display_name_key = id::text WHERE id = ANY($1)",
            renamed,
        );
        self.rows_of(&table::ROLES, roles)
    }

    /// Frees the names of rows that get others, which may be each other's.
    fn park(&mut self, sql: &'static str, renamed: Vec<Uuid>) {
        if !renamed.is_empty() {
            self.gone.push(step(sql, vec![Box::new(renamed)]));
        }
    }

    /// Rows of which it is known whether they were there.
    fn rows_of<Key, Row: Kept>(
        &mut self,
        table: &'static Table,
        rows: Rows<Key, Row>,
    ) -> Result<(), StoreError> {
        let (mut gone, mut changed, mut new) = (Vec::new(), Vec::new(), Vec::new());
        for touched in rows.into_values() {
            match (touched.before, touched.now) {
                (None, Some(now)) => new.push(now.row()?),
                (Some(_), Some(now)) => changed.push(now.row()?),
                (Some(before), None) => gone.push(before.row()?),
                (None, None) => {}
            }
        }
        if !gone.is_empty() {
            self.gone.push(table.delete(&gone)?);
        }
        if !changed.is_empty() {
            self.new.push(table.replace(&changed)?);
        }
        if !new.is_empty() {
            self.new.push(table.insert(&new)?);
        }
        Ok(())
    }
}

/// Index rows that go and come.
#[derive(Default)]
struct Keys {
    gone: Vec<Json>,
    new: Vec<Json>,
}

impl Keys {
    fn differ(&mut self, old: &[Json], new: Vec<Json>) {
        self.gone
            .extend(old.iter().filter(|key| !new.contains(key)).cloned());
        self.new
            .extend(new.into_iter().filter(|key| !old.contains(key)));
    }

    fn send(self, out: &mut Outgoing, table: &'static Table) -> Result<(), StoreError> {
        if !self.gone.is_empty() {
            out.gone.push(table.delete(&self.gone)?);
        }
        if !self.new.is_empty() {
            out.new.push(table.replace(&self.new)?);
        }
        Ok(())
    }
}
