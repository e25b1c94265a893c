//! Reading: the same code for a snapshot and for a transaction that sees its own changes.

use std::{fmt, ops::Bound};

use jiff::Timestamp;
use redb::{Key, ReadableTable};

use super::{
    blocks,
    encoding::{self, FIRST, LAST, Prefix, parse},
    rows::{Row, UserName},
    tables::{Bytes, Id, Listed, ReadTables, Tables},
    unreadable,
};
use crate::{
    directory::{
        Conflict, ConflictId, ConflictKind, JournalEntry, Membership, Provider, ProviderRecord,
        Read, Role, RoleId, RoleName, Token, TokenHash, TokenId, User, UserId, View, fold,
    },
    store::{Snapshot, Start, Totals, Visible},
};

/// The tables as rows: a snapshot or, with tables that can be written, a transaction.
pub(super) struct Rows<T>(pub(super) T);

impl fmt::Debug for Rows<ReadTables> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rows")
    }
}

impl<T: Tables> Rows<T> {
    /// The totals as they were at the start of the transaction. Where a change moved nothing of them but
    /// the number of the newest entry, the journal alone tells that.
    pub(super) fn stored_totals(&self) -> Read<Totals> {
        let stored = self.0.totals()?.get("totals").map_err(unreadable)?;
        let mut totals: Totals = match stored {
            Some(json) => parse(json.value())?,
            None => Totals::default(),
        };
        let newest = self.newest_entry()?.unwrap_or_default();
        totals.journal_last = totals.journal_last.max(newest);
        Ok(totals)
    }

    /// The number of the newest journal entry that there is.
    pub(super) fn newest_entry(&self) -> Read<Option<u64>> {
        let last = self.0.journal_entries()?.last().map_err(unreadable)?;
        Ok(last.map(|(number, _)| number.value()))
    }

    /// The totals with what the transaction has changed.
    pub(super) fn totals_by_now(&self) -> Read<Totals> {
        match self.0.changed_totals() {
            Some(totals) => Ok(totals.clone()),
            None => self.stored_totals(),
        }
    }
}

impl<T: Tables> View for Rows<T> {
    fn user(&self, id: UserId) -> Read<Option<User>> {
        row(self.0.users()?, id.as_bytes())
    }

    fn user_name(&self, id: UserId) -> Read<Option<String>> {
        let name: Option<UserName> = row(self.0.users()?, id.as_bytes())?;
        Ok(name.map(|UserName(name)| name))
    }

    fn user_named(&self, user_name: &str) -> Read<Option<User>> {
        named(self.0.user_names()?, self.0.users()?, user_name)
    }

    fn role(&self, id: RoleId) -> Read<Option<Role>> {
        row(self.0.roles()?, id.as_bytes())
    }

    fn role_name(&self, id: RoleId) -> Read<Option<RoleName>> {
        row(self.0.roles()?, id.as_bytes())
    }

    fn role_named(&self, display_name: &str) -> Read<Option<Role>> {
        named(self.0.role_names()?, self.0.roles()?, display_name)
    }

    fn membership(&self, role: RoleId, user: UserId) -> Read<Option<Membership>> {
        let key = encoding::pair(role.as_bytes(), user.as_bytes());
        let Some(origin) = self.0.members()?.get(&key).map_err(unreadable)? else {
            return Ok(None);
        };
        let origin = encoding::origin(origin.value())?;
        Ok(Some(Membership { role, user, origin }))
    }

    fn members(&self, role: RoleId, after: Option<UserId>, limit: usize) -> Read<Vec<Membership>> {
        let first = encoding::pair(
            role.as_bytes(),
            after.as_ref().map_or(&FIRST, UserId::as_bytes),
        );
        let last = encoding::pair(role.as_bytes(), &LAST);
        let start = match after {
            Some(_) => Bound::Excluded(&first),
            None => Bound::Included(&first),
        };
        let range = (start, Bound::Included(&last));
        let members = self.0.members()?.range::<&[u8; 32]>(range);
        members
            .map_err(unreadable)?
            .take(limit)
            .map(|member| {
                let (key, origin) = member.map_err(unreadable)?;
                Ok(Membership {
                    role,
                    user: UserId::from_bytes(encoding::second(key.value())),
                    origin: encoding::origin(origin.value())?,
                })
            })
            .collect()
    }

    fn memberships_of(&self, user: UserId) -> Read<Vec<Membership>> {
        let first = encoding::pair(user.as_bytes(), &FIRST);
        let last = encoding::pair(user.as_bytes(), &LAST);
        let memberships = self.0.memberships()?.range::<&[u8; 32]>(&first..=&last);
        memberships
            .map_err(unreadable)?
            .map(|membership| {
                let (key, origin) = membership.map_err(unreadable)?;
                Ok(Membership {
                    role: RoleId::from_bytes(encoding::second(key.value())),
                    user,
                    origin: encoding::origin(origin.value())?,
                })
            })
            .collect()
    }

    fn alias_holder(&self, set: &str, alias: &str) -> Read<Option<UserId>> {
        let key = encoding::alias(set, alias);
        let holder = self.0.aliases()?.get(key.as_slice()).map_err(unreadable)?;
        Ok(holder.map(|id| UserId::from_bytes(*id.value())))
    }

    fn provider(&self, provider: Provider) -> Read<ProviderRecord> {
        let record = row(self.0.providers()?, encoding::provider_byte(provider))?;
        Ok(record.unwrap_or_else(|| ProviderRecord::unknown(provider)))
    }

    fn token(&self, id: TokenId) -> Read<Option<Token>> {
        row(self.0.tokens()?, id.as_bytes())
    }

    fn token_by_hash(&self, hash: &TokenHash) -> Read<Option<Token>> {
        match self.0.token_hashes()?.get(&hash.0).map_err(unreadable)? {
            Some(id) => row(self.0.tokens()?, id.value()),
            None => Ok(None),
        }
    }

    fn tokens(&self) -> Read<Vec<Token>> {
        page(self.0.tokens()?, Bound::Unbounded, usize::MAX)
    }

    fn conflict(&self, id: ConflictId) -> Read<Option<Conflict>> {
        row(self.0.conflict_rows()?, id.as_bytes())
    }

    fn latest_conflict(
        &self,
        provider: Provider,
        kind: ConflictKind,
        key: &str,
    ) -> Read<Option<Conflict>> {
        let (from, to) = Prefix::conflict(provider, kind, key).range();
        let keys = self.0.conflict_keys()?;
        let newest = keys
            .range::<&[u8]>(from.as_slice()..=to.as_slice())
            .map_err(unreadable)?
            .next_back();
        match newest {
            Some(entry) => {
                let id = encoding::last_id(entry.map_err(unreadable)?.0.value())?;
                row(self.0.conflict_rows()?, &id)
            }
            None => Ok(None),
        }
    }

    fn conflicts_about(&self, existing: &str) -> Read<Vec<Conflict>> {
        let rows = self.0.conflict_rows()?;
        let mut conflicts = Vec::new();
        for id in indexed(self.0.conflicts_existing()?, Prefix::of(existing))? {
            conflicts.extend(row(rows, &id)?);
        }
        Ok(conflicts)
    }
}

impl Snapshot for Rows<ReadTables> {
    fn totals(&self) -> Read<Totals> {
        self.stored_totals()
    }

    fn users(&self, visible: Visible, start: Start<UserId>, limit: usize) -> Read<Vec<User>> {
        let lists = (self.0.user_lists()?, self.0.user_blocks()?);
        let start = start.map(|id| *id.as_bytes());
        visible_page(self.0.users()?, lists, visible, start, limit)
    }

    fn roles(&self, visible: Visible, start: Start<RoleId>, limit: usize) -> Read<Vec<Role>> {
        let lists = (self.0.role_lists()?, self.0.role_blocks()?);
        let start = start.map(|id| *id.as_bytes());
        visible_page(self.0.roles()?, lists, visible, start, limit)
    }

    fn users_by_external_id(&self, provider: Provider, external_id: &str) -> Read<Vec<UserId>> {
        let prefix = Prefix::external_id(provider, external_id);
        let ids = indexed(self.0.user_external_ids()?, prefix)?;
        Ok(ids.into_iter().map(UserId::from_bytes).collect())
    }

    fn roles_by_external_id(&self, provider: Provider, external_id: &str) -> Read<Vec<RoleId>> {
        let prefix = Prefix::external_id(provider, external_id);
        let ids = indexed(self.0.role_external_ids()?, prefix)?;
        Ok(ids.into_iter().map(RoleId::from_bytes).collect())
    }

    fn users_by_email(&self, email: &str) -> Read<Vec<UserId>> {
        let email = fold(email);
        let ids = indexed(self.0.user_emails()?, Prefix::of(&email))?;
        let mut ids: Vec<_> = ids.into_iter().map(UserId::from_bytes).collect();
        let named = self.user_named(&email)?;
        if let Some(user) = named.filter(|user| user.folded_emails().contains(&email)) {
            ids.push(user.id);
            ids.sort();
        }
        Ok(ids)
    }

    fn conflicts(
        &self,
        all: bool,
        before: Option<ConflictId>,
        limit: usize,
    ) -> Read<Vec<Conflict>> {
        let end = match &before {
            Some(id) => Bound::Excluded(id.as_bytes()),
            None => Bound::Unbounded,
        };
        let range = (Bound::Unbounded, end);
        let rows = self.0.conflict_rows()?;
        if all {
            let newest_first = rows.range::<&[u8; 16]>(range).map_err(unreadable)?.rev();
            return newest_first
                .take(limit)
                .map(|entry| parse(entry.map_err(unreadable)?.1.value()))
                .collect();
        }
        let mut conflicts = Vec::new();
        let open = self.0.conflicts_open()?.range::<&[u8; 16]>(range);
        for id in open.map_err(unreadable)?.rev().take(limit) {
            let (id, _) = id.map_err(unreadable)?;
            conflicts.extend(row(rows, id.value())?);
        }
        Ok(conflicts)
    }

    fn journal(&self, after: u64, limit: usize) -> Read<Vec<JournalEntry>> {
        let range = (Bound::Excluded(after), Bound::Unbounded);
        let entries = self.0.journal_entries()?.range::<u64>(range);
        entries
            .map_err(unreadable)?
            .take(limit)
            .map(|entry| parse(entry.map_err(unreadable)?.1.value()))
            .collect()
    }

    fn token_use(&self, token: TokenId) -> Read<Option<(Timestamp, u64)>> {
        let found = self.0.token_uses()?.get(token.as_bytes());
        let Some(found) = found.map_err(unreadable)? else {
            return Ok(None);
        };
        let (at, requests) = found.value();
        Ok(Some((encoding::moment(at)?, requests)))
    }

    fn role_push(&self, role: RoleId) -> Read<Option<Timestamp>> {
        let found = self.0.role_pushes()?.get(role.as_bytes());
        let found = found.map_err(unreadable)?;
        found.map(|at| encoding::moment(at.value())).transpose()
    }

    fn exchanges(&self, limit: usize, bytes: usize) -> Read<Vec<String>> {
        self.newest_exchanges(limit, bytes)
    }
}

/// One row by its key.
pub(super) fn row<K, T>(
    table: &impl ReadableTable<K, Bytes>,
    key: K::SelfType<'_>,
) -> Read<Option<T>>
where
    K: Key + 'static,
    T: Row,
{
    let bytes = table.get(key).map_err(unreadable)?;
    bytes.map(|bytes| T::read(bytes.value())).transpose()
}

/// One row by its name, compared without case.
pub(super) fn named<T: Row>(
    names: &impl ReadableTable<&'static str, Id>,
    rows: &impl ReadableTable<Id, Bytes>,
    name: &str,
) -> Read<Option<T>> {
    match names.get(fold(name).as_str()).map_err(unreadable)? {
        Some(id) => row(rows, id.value()),
        None => Ok(None),
    }
}

/// The rows from a bound on, at most `limit`.
fn page<T: Row>(
    rows: &impl ReadableTable<Id, Bytes>,
    start: Bound<&[u8; 16]>,
    limit: usize,
) -> Read<Vec<T>> {
    rows.range::<&[u8; 16]>((start, Bound::Unbounded))
        .map_err(unreadable)?
        .take(limit)
        .map(|entry| T::read(entry.map_err(unreadable)?.1.value()))
        .collect()
}

/// The ids under a prefix, in order.
fn indexed(index: &impl ReadableTable<Bytes, ()>, prefix: Prefix) -> Read<Vec<[u8; 16]>> {
    let (from, to) = prefix.range();
    let keys = index.range::<&[u8]>(from.as_slice()..=to.as_slice());
    keys.map_err(unreadable)?
        .map(|entry| encoding::last_id(entry.map_err(unreadable)?.0.value()))
        .collect()
}

/// A page of what is visible, at most `limit` rows.
fn visible_page<T: Row>(
    rows: &impl ReadableTable<Id, Bytes>,
    (listed, blocks): (
        &impl ReadableTable<Listed, ()>,
        &impl ReadableTable<Listed, u64>,
    ),
    visible: Visible,
    start: Start<[u8; 16]>,
    limit: usize,
) -> Read<Vec<T>> {
    let lists = encoding::lists(visible);
    let start = match start {
        Start::After(id) => Bound::Excluded(id),
        Start::Offset(0) => Bound::Unbounded,
        Start::Offset(offset) => match blocks::find(listed, blocks, &lists, offset)? {
            Some(id) => Bound::Included(id),
            None => return Ok(Vec::new()),
        },
    };
    if visible == Visible::Everything {
        return page(rows, start.as_ref(), limit);
    }
    let mut page = Vec::new();
    for id in blocks::ids(listed, &lists, start)?.take(limit) {
        page.extend(row(rows, &id?)?);
    }
    Ok(page)
}
