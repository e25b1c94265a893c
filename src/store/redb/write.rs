//! Writing: one row with its indexes, the journal, and what is noted beside the directory.

use jiff::Timestamp;
use redb::{ReadableTable, ReadableTableMetadata};

use super::{
    blocks,
    encoding::{self, Prefix},
    failed,
    read::Rows,
    rows,
    tables::{Id, Listed, Opened, WriteTables},
};
use crate::{
    directory::{
        Change, Conflict, ConflictState, Event, ExchangeId, JournalEntry, Membership, Provider,
        ProviderRecord, Role, RoleId, Token, User, View as _, event::Actor, fold,
    },
    store::{
        Observations, StoreError, TRIM_AT_ONCE, Totals, Transaction, first_exchange_since,
        is_undecided, survey::UnknownMembers,
    },
};

impl Transaction for Rows<WriteTables<'_>> {
    fn apply(&mut self, change: &Change) -> Result<(), StoreError> {
        match change {
            Change::PutUser { before, after } => self.put_user(before.as_deref(), after),
            Change::DeleteUser(user) => self.delete_user(user),
            Change::PutRole { before, after } => self.put_role(before.as_deref(), after),
            Change::DeleteRole(role) => self.delete_role(role),
            Change::PutMembership(membership) => self.put_membership(membership),
            Change::DeleteMembership(membership) => self.delete_membership(membership),
            Change::PutProvider(record) => self.put_provider(record),
            Change::PutToken { before, after } => self.put_token(before.as_deref(), after),
            Change::PutConflict { before, after } => self.put_conflict(before.as_deref(), after),
            other => self.keep(other),
        }?;
        self.kept_totals()?.apply(change);
        Ok(())
    }

    fn append(
        &mut self,
        at: Timestamp,
        actor: &Actor,
        exchange: Option<ExchangeId>,
        event: &Event,
    ) -> Result<JournalEntry, StoreError> {
        let entry = self.kept_totals()?.next_entry(at, actor, exchange, event);
        self.put_entry(&entry)?;
        Ok(entry)
    }

    fn restore(&mut self, entry: &JournalEntry) -> Result<(), StoreError> {
        self.kept_totals()?.take_number(entry.seq)?;
        self.put_entry(entry)
    }

    fn note(&mut self, observations: &Observations) -> Result<(), StoreError> {
        self.note_tokens(observations)?;
        self.note_roles(observations)?;
        self.keep_exchanges(&observations.exchanges)?;
        self.trim_exchanges_to(
            observations.keep_exchanges,
            observations.keep_exchange_bytes,
        )
    }
}

impl Rows<WriteTables<'_>> {
    /// Writes what is written once in a transaction: the totals, unless the journal tells all that has
    /// changed of them. Call it last, before the commit.
    pub(super) fn finish(&mut self) -> Result<(), StoreError> {
        let Some(totals) = self.0.kept.take() else {
            return Ok(());
        };
        let found = self.0.found.take().map(|found| Totals {
            journal_last: totals.journal_last,
            ..found
        });
        if found.as_ref() == Some(&totals) && self.newest_entry()? == Some(totals.journal_last) {
            return Ok(());
        }
        self.0.totals.put("totals", &encoding::row(&totals)?)?;
        Ok(())
    }

    fn kept_totals(&mut self) -> Result<&mut Totals, StoreError> {
        let stored = if let Some(totals) = self.0.kept.take() {
            totals
        } else {
            let stored = self.stored_totals()?;
            self.0.found = Some(stored.clone());
            stored
        };
        Ok(self.0.kept.insert(stored))
    }

    fn put_user(&mut self, before: Option<&User>, after: &User) -> Result<(), StoreError> {
        let tables = &mut self.0;
        let id = after.id.as_bytes();
        let there = tables.users.put(id, &rows::of_user(after)?)?;
        expect(there, before.is_some(), "user")?;
        let lists = (&mut tables.user_lists, &mut tables.user_blocks);
        let before_in = before.map(encoding::user_list);
        relist(lists, id, before_in, Some(encoding::user_list(after)))?;
        let name = fold(&after.user_name);
        let old_name = before.map(|before| fold(&before.user_name));
        if old_name.as_ref() != Some(&name) {
            if let Some(old) = old_name {
                forget(&mut tables.user_names, &old, id)?;
            }
            tables.user_names.put(&name, id)?;
        }
        replace(
            &mut tables.user_external_ids,
            before.map(|user| external_keys(&user.external_ids, id)),
            &external_keys(&after.external_ids, id),
        )?;
        replace(
            &mut tables.user_emails,
            before.map(email_keys),
            &email_keys(after),
        )?;
        let (old, new) = (
            before.map(alias_keys).unwrap_or_default(),
            alias_keys(after),
        );
        for key in old.iter().filter(|key| !new.contains(key)) {
            forget(&mut tables.aliases, key.as_slice(), id)?;
        }
        for key in new.iter().filter(|key| !old.contains(key)) {
            tables.aliases.put(key, id)?;
        }
        self.list_user(before, Some(after))
    }

    fn delete_user(&mut self, user: &User) -> Result<(), StoreError> {
        let tables = &mut self.0;
        let id = user.id.as_bytes();
        expect(tables.users.take(id)?, true, "user")?;
        let lists = (&mut tables.user_lists, &mut tables.user_blocks);
        relist(lists, id, Some(encoding::user_list(user)), None)?;
        forget(&mut tables.user_names, fold(&user.user_name).as_str(), id)?;
        let external_ids = external_keys(&user.external_ids, id);
        replace(&mut tables.user_external_ids, Some(external_ids), &[])?;
        replace(&mut tables.user_emails, Some(email_keys(user)), &[])?;
        for key in alias_keys(user) {
            forget(&mut tables.aliases, key.as_slice(), id)?;
        }
        self.list_user(Some(user), None)
    }

    fn put_role(&mut self, before: Option<&Role>, after: &Role) -> Result<(), StoreError> {
        if before.map(|before| before.managed_by) != Some(after.managed_by) {
            self.list_role(before, Some(after), None)?;
        }
        let tables = &mut self.0;
        let id = after.id.as_bytes();
        let there = tables.roles.put(id, &encoding::row(after)?)?;
        expect(there, before.is_some(), "role")?;
        let lists = (&mut tables.role_lists, &mut tables.role_blocks);
        let before_in = before.map(encoding::role_list);
        relist(lists, id, before_in, Some(encoding::role_list(after)))?;
        let name = fold(&after.display_name);
        let old_name = before.map(|before| fold(&before.display_name));
        if old_name.as_ref() != Some(&name) {
            if let Some(old) = old_name {
                forget(&mut tables.role_names, &old, id)?;
            }
            tables.role_names.put(&name, id)?;
        }
        replace(
            &mut tables.role_external_ids,
            before.map(|role| external_keys(&role.external_ids, id)),
            &external_keys(&after.external_ids, id),
        )
    }

    fn delete_role(&mut self, role: &Role) -> Result<(), StoreError> {
        self.list_role(Some(role), None, None)?;
        let tables = &mut self.0;
        let id = role.id.as_bytes();
        expect(tables.roles.take(id)?, true, "role")?;
        let lists = (&mut tables.role_lists, &mut tables.role_blocks);
        relist(lists, id, Some(encoding::role_list(role)), None)?;
        forget(
            &mut tables.role_names,
            fold(&role.display_name).as_str(),
            id,
        )?;
        tables.role_pushes.take(id)?;
        tables.unknown_members.take(id)?;
        let external_ids = external_keys(&role.external_ids, id);
        replace(&mut tables.role_external_ids, Some(external_ids), &[])
    }

    fn put_membership(&mut self, membership: &Membership) -> Result<(), StoreError> {
        let (by_role, by_user) = encoding::membership(membership);
        let origin = encoding::origin_byte(membership.origin);
        let there = self.0.members.put(&by_role, origin)?;
        expect(
            self.0.memberships.put(&by_user, origin)?,
            there,
            "membership",
        )
    }

    fn delete_membership(&mut self, membership: &Membership) -> Result<(), StoreError> {
        let (by_role, by_user) = encoding::membership(membership);
        expect(self.0.members.take(&by_role)?, true, "membership")?;
        expect(self.0.memberships.take(&by_user)?, true, "membership")
    }

    fn put_provider(&mut self, record: &ProviderRecord) -> Result<(), StoreError> {
        let key = encoding::provider_byte(record.provider);
        self.0.providers.put(key, &encoding::row(record)?)?;
        Ok(())
    }

    fn put_token(&mut self, before: Option<&Token>, after: &Token) -> Result<(), StoreError> {
        let id = after.id.as_bytes();
        let there = self.0.tokens.put(id, &encoding::row(after)?)?;
        expect(there, before.is_some(), "token")?;
        self.0.token_hashes.put(&after.hash.0, id)?;
        Ok(())
    }

    fn put_conflict(
        &mut self,
        before: Option<&Conflict>,
        after: &Conflict,
    ) -> Result<(), StoreError> {
        let tables = &mut self.0;
        let id = after.id.as_bytes();
        let there = tables.conflict_rows.put(id, &encoding::row(after)?)?;
        expect(there, before.is_some(), "conflict")?;
        if after.state == ConflictState::Open {
            tables.conflicts_open.put(id, ())?;
        } else {
            tables.conflicts_open.take(id)?;
        }
        let key = |conflict: &Conflict| {
            Prefix::conflict(conflict.provider, conflict.kind, &conflict.key).with(id)
        };
        replace(
            &mut tables.conflict_keys,
            before.map(|before| vec![key(before)]),
            &[key(after)],
        )?;
        let about = |conflict: &Conflict| {
            let undecided = is_undecided(conflict.state);
            let key = undecided.then(|| Prefix::of(&conflict.existing.id).with(id));
            key.into_iter().collect::<Vec<_>>()
        };
        replace(
            &mut tables.conflicts_existing,
            before.map(about),
            &about(after),
        )
    }

    fn note_tokens(&mut self, observations: &Observations) -> Result<(), StoreError> {
        let tables = &mut self.0;
        for (token, &(at, requests)) in &observations.token_uses {
            let id = token.as_bytes();
            if tables.tokens.read()?.get(id).map_err(failed)?.is_none() {
                continue;
            }
            let uses = tables.token_uses.write()?;
            let before = uses.get(id).map_err(failed)?.map(|row| row.value());
            let (last, count) = before.unwrap_or((i64::MIN, 0));
            let row = (
                last.max(at.as_microsecond()),
                count.saturating_add(requests),
            );
            uses.insert(id, row).map_err(failed)?;
        }
        Ok(())
    }

    fn note_roles(&mut self, observations: &Observations) -> Result<(), StoreError> {
        for (&id, at) in &observations.role_pushes {
            let Some(role) = self.role(id)? else {
                continue;
            };
            let before = self.role_push_noted(id)?;
            let last = before.unwrap_or(i64::MIN).max(at.as_microsecond());
            let pushed = encoding::moment(last)?;
            self.list_role(Some(&role), Some(&role), Some(pushed))?;
            self.0.role_pushes.put(id.as_bytes(), last)?;
        }
        Ok(())
    }

    fn role_push_noted(&self, role: RoleId) -> Result<Option<i64>, StoreError> {
        let found = self.0.role_pushes.read()?.get(role.as_bytes());
        Ok(found.map_err(failed)?.map(|at| at.value()))
    }

    /// Lets go of what is older, or more, than is to be kept; see [`Observations`].
    pub(super) fn trim(&mut self, observations: &Observations) -> Result<(), StoreError> {
        if let Some(since) = observations.exchanges_since {
            self.trim_exchanges_before(first_exchange_since(since))?;
        }
        self.trim_journal(observations.journal_since, observations.keep_journal)
    }

    fn trim_journal(
        &mut self,
        since: Option<Timestamp>,
        keep: Option<u64>,
    ) -> Result<(), StoreError> {
        if since.is_none() && keep.is_none() {
            return Ok(());
        }
        let entries = self.0.journal_entries.write()?;
        let kept = entries.len().map_err(failed)?;
        let beyond = keep.map_or(0, |keep| kept.saturating_sub(keep));
        // The newest stays: time and numbers go on from there.
        for number in 0..kept.saturating_sub(1).min(TRIM_AT_ONCE as u64) {
            if number >= beyond {
                let Some(since) = since else { break };
                let first = entries.first().map_err(failed)?;
                let first = first.map(|(_, json)| encoding::parse(json.value()));
                let first: Option<JournalEntry> = first.transpose()?;
                if first.is_none_or(|entry| entry.at >= since) {
                    break;
                }
            }
            entries.pop_first().map_err(failed)?;
        }
        Ok(())
    }

    fn put_entry(&mut self, entry: &JournalEntry) -> Result<(), StoreError> {
        let json = encoding::row(entry)?;
        let there = self.0.journal_entries.put(entry.seq, &json)?;
        expect(there, false, "journal entry")?;
        let unknown = UnknownMembers::told(entry.seq, entry.at, &entry.event);
        // An entry of a backup may be about a role that is long gone.
        if let Some(unknown) = unknown
            && self.role(unknown.role)?.is_some()
        {
            let row = encoding::row(&unknown)?;
            self.0.unknown_members.put(unknown.role.as_bytes(), &row)?;
        }
        Ok(())
    }
}

/// A row must be there exactly where the decision took it to be.
pub(super) fn expect(there: bool, expected: bool, row: &str) -> Result<(), StoreError> {
    if there == expected {
        return Ok(());
    }
    let found = if there { "is already" } else { "is not" };
    Err(StoreError::Damaged(format!(
        "a {row} that is to change {found} in the store"
    )))
}

/// Moves a row from one list to another.
fn relist(
    (rows, blocks): (&mut Opened<'_, Listed, ()>, &mut Opened<'_, Listed, u64>),
    id: &[u8; 16],
    from: Option<u8>,
    to: Option<u8>,
) -> Result<(), StoreError> {
    if from == to {
        return Ok(());
    }
    if let Some(from) = from {
        blocks::leave(rows, blocks, from, id)?;
    }
    if let Some(to) = to {
        blocks::enter(rows, blocks, to, id)?;
    }
    Ok(())
}

/// Takes a name away from the row, unless another row has taken it over in the same decision.
pub(super) fn forget<'k, K: redb::Key + 'static>(
    index: &mut Opened<'_, K, Id>,
    key: K::SelfType<'k>,
    id: &[u8; 16],
) -> Result<(), StoreError>
where
    K::SelfType<'k>: Clone,
{
    let holder = index.read()?.get(key.clone()).map_err(failed)?;
    if holder.is_some_and(|holder| holder.value() == id) {
        index.take(key)?;
    }
    Ok(())
}

/// Changes a row's keys in an index, touching only those that differ.
fn replace(
    index: &mut Opened<'_, super::tables::Bytes, ()>,
    old: Option<Vec<Vec<u8>>>,
    new: &[Vec<u8>],
) -> Result<(), StoreError> {
    let old = old.unwrap_or_default();
    for key in old.iter().filter(|key| !new.contains(key)) {
        index.take(key)?;
    }
    for key in new.iter().filter(|key| !old.contains(key)) {
        index.put(key, ())?;
    }
    Ok(())
}

fn external_keys(
    external_ids: &std::collections::BTreeMap<Provider, String>,
    id: &[u8; 16],
) -> Vec<Vec<u8>> {
    let keys = external_ids.iter();
    keys.map(|(&provider, external_id)| Prefix::external_id(provider, external_id).with(id))
        .collect()
}

/// The addresses by which the user is not found by its name already, as most are.
pub(super) fn email_keys(user: &User) -> Vec<Vec<u8>> {
    let name = fold(&user.user_name);
    let emails = user.folded_emails().into_iter();
    emails
        .filter(|email| *email != name)
        .map(|email| Prefix::of(&email).with(user.id.as_bytes()))
        .collect()
}

fn alias_keys(user: &User) -> Vec<Vec<u8>> {
    let aliases = user.aliases.iter();
    aliases
        .map(|held| encoding::alias(&held.set, &held.alias))
        .collect()
}
